//! Where the messages come from: decides between the embedded texts and a deployment's own, and refuses files that cannot mean
//! what their owner intended.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use fluent_syntax::ast::Entry;
use grantor_domain::error::Reason;
use unic_langid::LanguageIdentifier;

use super::{Language, Messages, NAME, Translation};
use crate::pages::reason_key;

/// English, by its tag.
const ENGLISH: (&str, &str) = ("en", include_str!("../../../messages/en.ftl"));

/// The embedded languages by tag, English first.
const EMBEDDED: [(&str, &str); 3] =
    [ENGLISH, ("de", include_str!("../../../messages/de.ftl")), ("id", include_str!("../../../messages/id.ftl"))];

/// The names of messages, and what may be filled into each.
type Known = BTreeMap<String, BTreeSet<String>>;

/// A deployment's own messages in one language.
pub(crate) struct MessageFile {
    /// The language's tag: the file's name without `.ftl`.
    pub(crate) tag: String,
    /// Its content.
    pub(crate) text: String,
}

impl Messages {
    /// What comes with the server, with the messages of these files in place of ours, and their languages besides.
    ///
    /// # Errors
    /// A file that is no Fluent, is named for no language, replaces no message, wants something filled in that the English
    /// message does not, or brings a language without its name.
    pub(crate) fn load(own: &[MessageFile]) -> Result<Self, MessagesError> {
        let mut messages = Self(Vec::new());
        for embedded in EMBEDDED {
            messages.add(&MessageFile::from(embedded))?;
        }
        let known = messages.known()?;
        for file in own {
            let keys = messages.add(file)?;
            messages.check(file, &keys, &known)?;
        }
        Ok(messages)
    }

    /// What there is to say, and what may be filled in there: the embedded English, and a message for each reason.
    fn known(&self) -> Result<Known, MessagesError> {
        let english = MessageFile::from(ENGLISH);
        let reasons = Reason::ALL.iter().map(|reason| (reason_key(*reason), BTreeSet::new()));
        let messages = english.parse()?.1.into_iter().map(|key| {
            let variables =
                self.variables(Language::ENGLISH, &key).map_err(|error| english.broken(error.to_string()))?;
            Ok((key, variables))
        });
        reasons.map(Ok).chain(messages).collect()
    }

    /// Adds a file to its language, which begins with it if there is none yet. Gives the names of its messages.
    fn add(&mut self, file: &MessageFile) -> Result<Vec<String>, MessagesError> {
        let (resource, keys) = file.parse()?;
        let known = self.0.iter().position(|known| known.tag.eq_ignore_ascii_case(&file.tag));
        match known.and_then(|index| self.0.get_mut(index)) {
            Some(translation) => translation.bundle.add_resource_overriding(resource),
            None => {
                let tag: LanguageIdentifier = file
                    .tag
                    .parse()
                    .map_err(|error| file.broken(format!("its name is no language tag (BCP 47): {error}")))?;
                let mut bundle = FluentBundle::new_concurrent(vec![tag.clone()]);
                // What is filled in is isolated by whoever fills it in.
                bundle.set_use_isolating(false);
                bundle.add_resource_overriding(resource);
                self.0.push(Translation { tag: tag.to_string(), bundle });
            }
        }
        Ok(keys)
    }

    /// Checks what a deployment's file says against what there is to say.
    fn check(&self, file: &MessageFile, keys: &[String], known: &Known) -> Result<(), MessagesError> {
        let language = self.find(&file.tag).unwrap_or(Language::ENGLISH);
        if !self.has(language, NAME) {
            return Err(file.broken(format!("{NAME} is missing")));
        }
        for key in keys {
            let allowed = known.get(key).ok_or_else(|| file.broken(format!("{key} replaces no message")))?;
            let wanted = self.variables(language, key).map_err(|error| file.broken(error.to_string()))?;
            if let Some(unknown) = wanted.difference(allowed).next() {
                return Err(file.broken(format!("{key} has nothing to fill in for ${unknown}")));
            }
        }
        Ok(())
    }
}

/// The names of the messages of a file, or one that is there twice or has no text.
fn keys_of(resource: &FluentResource) -> Result<Vec<String>, &str> {
    let mut keys = BTreeSet::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry
            && (message.value.is_none() || !keys.insert(message.id.name.to_owned()))
        {
            return Err(message.id.name);
        }
    }
    Ok(keys.into_iter().collect())
}

/// The number of the line at this byte, from 1.
fn line_at(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

impl MessageFile {
    /// Reads it: what Fluent makes of it, and the names of its messages.
    fn parse(&self) -> Result<(FluentResource, Vec<String>), MessagesError> {
        let resource = FluentResource::try_new(self.text.clone()).map_err(|(_, errors)| {
            let error = errors.first();
            let line = error.map_or(1, |error| line_at(&self.text, error.pos.start));
            self.broken(format!("line {line}: {}", error.map(ToString::to_string).unwrap_or_default()))
        })?;
        let keys = keys_of(&resource).map_err(|key| self.broken(format!("{key} is there twice, or has no text")))?;
        Ok((resource, keys))
    }

    fn broken(&self, problem: String) -> MessagesError {
        MessagesError { tag: self.tag.clone(), problem }
    }
}

impl From<(&str, &str)> for MessageFile {
    fn from((tag, text): (&str, &str)) -> Self {
        Self { tag: tag.to_owned(), text: text.to_owned() }
    }
}

/// A file of messages is broken.
#[derive(Debug)]
pub struct MessagesError {
    tag: String,
    problem: String,
}

impl fmt::Display for MessagesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "messages/{}.ftl is broken: {}", self.tag, self.problem)
    }
}

impl Error for MessagesError {}

/// The names of an embedded language's messages.
#[cfg(test)]
pub(super) fn keys(tag: &str) -> Vec<String> {
    let embedded = EMBEDDED.into_iter().find(|(known, _)| *known == tag);
    embedded.and_then(|embedded| MessageFile::from(embedded).parse().ok()).map(|(_, keys)| keys).unwrap_or_default()
}
