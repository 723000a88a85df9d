//! What the pages say, in each language: decides which text a message has, and how what is filled in gets into it.
//!
//! The texts are Project Fluent files, so that a translator needs no Rust. What is filled in never passes through Fluent: a message
//! is formatted with a mark in the place of each argument, its text is escaped, and only then do the arguments take the places
//! of the marks. So neither a translator's text nor a client's name can become markup.

mod load;
mod negotiate;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::resolver::ResolverError;
use fluent_bundle::resolver::errors::ReferenceKind;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};

pub(super) use load::{MessageFile, MessagesError};
pub(crate) use negotiate::accepted;

/// What stands in a formatted message for its first argument; those after it stand for the others. Private use, plane 15.
const FIRST_MARK: u32 = 0xf_0000;

/// The message that says what a language is called in itself.
pub(super) const NAME: &str = "language-name";

/// A language that the pages are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language(usize);

impl Language {
    /// English: always there, and what is shown where nothing else is wanted.
    pub const ENGLISH: Self = Self(0);
}

/// The messages of every language. English is the first.
pub(super) struct Messages(Vec<Translation>);

/// The messages of one language.
struct Translation {
    /// Its tag (BCP 47).
    tag: String,
    bundle: FluentBundle<FluentResource>,
}

impl Messages {
    /// Every language.
    pub(super) fn languages(&self) -> impl Iterator<Item = Language> {
        (0..self.0.len()).map(Language)
    }

    /// Its tag (BCP 47).
    pub(super) fn tag(&self, language: Language) -> &str {
        self.0.get(language.0).map_or("en", |translation| &translation.tag)
    }

    /// Whether the language has a message of its own of this name.
    pub(super) fn has(&self, language: Language, key: &str) -> bool {
        self.0.get(language.0).is_some_and(|translation| translation.bundle.has_message(key))
    }

    /// A message with its arguments filled in as they are; `write` takes what stands between them. Where the language does not
    /// have it, English does.
    ///
    /// # Errors
    /// If there is no such message, or something it wants filled in is not among the arguments.
    pub(super) fn fill(
        &self,
        language: Language,
        key: &str,
        arguments: &[(String, String)],
        write: fn(&mut String, &str),
    ) -> Result<String, MessageError> {
        let mut marks = FluentArgs::new();
        for ((name, _), mark) in arguments.iter().zip(FIRST_MARK..) {
            marks.set(name.as_str(), char::from_u32(mark).map(String::from).unwrap_or_default());
        }
        let (text, errors) = self.format(language, key, &marks)?;
        if let Some(error) = errors.first() {
            return Err(MessageError { key: key.to_owned(), problem: error.to_string() });
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest: &str = &text;
        while let Some((position, mark, argument)) = first_mark(rest, arguments) {
            let (before, after) = rest.split_at(position);
            write(&mut filled, before);
            filled.push_str(argument);
            rest = after.get(mark.len_utf8()..).unwrap_or_default();
        }
        write(&mut filled, rest);
        Ok(filled)
    }

    /// What a message wants filled in.
    fn variables(&self, language: Language, key: &str) -> Result<BTreeSet<String>, MessageError> {
        let (_, errors) = self.format(language, key, &FluentArgs::new())?;
        let wanted = errors.into_iter().map(|error| match error {
            FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable { id })) => Ok(id),
            error => Err(MessageError { key: key.to_owned(), problem: error.to_string() }),
        });
        wanted.collect()
    }

    /// The message in this language, or else in English; and what Fluent found wrong.
    fn format<'a>(
        &'a self,
        language: Language,
        key: &str,
        arguments: &FluentArgs<'_>,
    ) -> Result<(Cow<'a, str>, Vec<FluentError>), MessageError> {
        let translations = [self.0.get(language.0), self.0.first()];
        let found = translations.into_iter().flatten().find_map(|Translation { bundle, .. }| {
            let pattern = bundle.get_message(key)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
            Some((text, errors))
        });
        found.ok_or_else(|| MessageError { key: key.to_owned(), problem: "there is no such message".to_owned() })
    }
}

/// Where the first argument goes, its mark, and the argument.
fn first_mark<'a>(text: &str, arguments: &'a [(String, String)]) -> Option<(usize, char, &'a str)> {
    text.char_indices().find_map(|(position, character)| {
        let index = usize::try_from(u32::from(character).checked_sub(FIRST_MARK)?).ok()?;
        arguments.get(index).map(|(_, argument)| (position, character, argument.as_str()))
    })
}

/// A message cannot be shown.
#[derive(Debug)]
pub(super) struct MessageError {
    key: String,
    problem: String,
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}: {}", self.key, self.problem)
    }
}

impl std::error::Error for MessageError {}
