//! Which language somebody reads: decides what a tag that is asked for finds among the languages there are (RFC 4647 §3.4, BCP 47).

use super::{Language, Messages};

/// Codes that were replaced, as older systems still send them (IANA language subtag registry, `Preferred-Value`).
const REPLACED: [(&str, &str); 3] = [("in", "id"), ("iw", "he"), ("ji", "yi")];

impl Messages {
    /// The first of these tags that there is a language for, most wanted first.
    pub(crate) fn negotiate<'a>(&self, wanted: impl Iterator<Item = &'a str>) -> Option<Language> {
        wanted.into_iter().find_map(|tag| self.find(tag))
    }

    /// The language of a tag: "progressively truncated from the end until a matching language tag is located" (RFC 4647 §3.4).
    pub(super) fn find(&self, tag: &str) -> Option<Language> {
        let tag = modern(tag);
        let mut range = tag.as_str();
        loop {
            let found = self.languages().find(|language| self.tag(*language).eq_ignore_ascii_case(range));
            if found.is_some() {
                return found;
            }
            range = range.rsplit_once('-')?.0;
        }
    }
}

/// The tag with the code of today for its language.
fn modern(tag: &str) -> String {
    let (language, rest) = tag.split_once('-').map_or((tag, None), |(language, rest)| (language, Some(rest)));
    let replaced = REPLACED.iter().find(|(old, _)| old.eq_ignore_ascii_case(language));
    let language = replaced.map_or(language, |(_, new)| new);
    rest.map_or_else(|| language.to_owned(), |rest| format!("{language}-{rest}"))
}

/// The tags of `Accept-Language`, most wanted first (RFC 9110 §12.5.4, §12.4.2). One that is not wanted, and what is malformed, is
/// left out; so is `*`, which wants nothing in particular.
pub(crate) fn accepted(header: &str) -> Vec<&str> {
    let mut tags: Vec<(&str, f32)> = header.split(',').filter_map(weighed).collect();
    // Stable: of two that are wanted as much, the first goes first.
    tags.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

/// A tag and how much it is wanted, if it is.
fn weighed(item: &str) -> Option<(&str, f32)> {
    let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
    let (name, value) = weight.trim().split_once('=')?;
    let weight = value.trim().parse().ok().filter(|weight| (0.0..=1.0).contains(weight) && *weight > 0.0)?;
    let tag = tag.trim();
    (name.trim().eq_ignore_ascii_case("q") && !tag.is_empty() && tag != "*").then_some((tag, weight))
}
