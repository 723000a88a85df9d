//! Form encoding (WHATWG URL §5.1), read strictly: valid UTF-8, and no parameter twice.

use std::borrow::Cow;
use std::collections::HashSet;

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::Secret;
use percent_encoding::percent_decode;

/// The parameters that may be sent more than once (RFC 8707 §2, RFC 8693 §2.1).
const REPEATABLE: [&str; 2] = ["audience", "resource"];

/// Parameters of a request. Those without a value are left out (RFC 6749 §3.1).
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form body or a query string.
    ///
    /// # Errors
    /// If it is not UTF-8, or a parameter is repeated (RFC 6749 §3.2).
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let (form, repeated) = Self::parse_once(bytes)?;
        if repeated.is_empty() { Ok(form) } else { Err(Refusal::new(Reason::ParameterRepeated)) }
    }

    /// Reads likewise, but leaves parameters that are repeated out, and names them beside: who asked may still have to
    /// be told.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub(crate) fn parse_once(bytes: &[u8]) -> Result<(Self, HashSet<String>), Refusal> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        let names = parameters.iter().map(|(name, _)| name.as_str());
        // Sorted, since nobody bounds their number.
        let mut names: Vec<&str> = names.filter(|name| !REPEATABLE.contains(name)).collect();
        names.sort_unstable();
        let alike = names.chunk_by(|one, next| one == next).filter(|alike| alike.len() > 1);
        let repeated: HashSet<String> =
            alike.filter_map(|alike| alike.first()).map(|name| (*name).to_owned()).collect();
        parameters.retain(|(name, _)| !repeated.contains(name));
        Ok((Self(parameters), repeated))
    }

    /// Every parameter that is left.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Takes a parameter out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(index).1)
    }

    /// Takes a parameter out that must not be seen.
    pub(crate) fn take_secret(&mut self, name: &str) -> Option<Secret> {
        self.take(name).map(Secret::new)
    }

    /// Takes every value of a repeatable parameter out, in order.
    pub(crate) fn take_all(&mut self, name: &str) -> Vec<String> {
        if self.0.iter().all(|(known, _)| known != name) {
            return Vec::new();
        }
        let (taken, left) = std::mem::take(&mut self.0).into_iter().partition::<Vec<_>, _>(|(known, _)| known == name);
        self.0 = left;
        taken.into_iter().map(|(_, value)| value).collect()
    }
}

/// Decodes one name or value: `+` is a space, `%XX` a byte.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    let spaced: Cow<'_, [u8]> = if bytes.contains(&b'+') {
        bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
    } else {
        Cow::Borrowed(bytes)
    };
    let text = percent_decode(&spaced).decode_utf8();
    text.map(Cow::into_owned)
        .map_err(|error| Refusal::because(Reason::ParameterEncodingInvalid, format!("not UTF-8: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, Reason> {
        Form::parse(text.as_bytes()).map(|form| form.0).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn pairs_are_decoded_and_empty_values_left_out() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("a=1&b=x+y%2B%C3%A9&c=&d&&=&e=f=g"),
            Ok(vec![pair("a", "1"), pair("b", "x y+é"), pair("e", "f=g")])
        );
    }

    #[test]
    fn a_repeated_parameter_is_refused_whatever_it_is() {
        assert_eq!(read("a=1&a=1"), Err(Reason::ParameterRepeated));
        assert_eq!(read("a=1&%61=2"), Err(Reason::ParameterRepeated));
        assert!(read("a=&a=1").is_ok(), "an empty value counts as omitted");
        assert!(read("resource=1&resource=2&audience=1&audience=2").is_ok());
    }

    #[test]
    fn a_repeated_parameter_counts_as_neither_of_its_values() {
        let (form, repeated) = Form::parse_once(b"a=1&b=2&a=1&resource=3&resource=4").unwrap();
        assert_eq!(form.0.len(), 3);
        assert_eq!(repeated, HashSet::from(["a".to_owned()]));
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        assert_eq!(read("a=%ff"), Err(Reason::ParameterEncodingInvalid));
        assert_eq!(read("a=%zz").unwrap()[0].1, "%zz", "a stray percent sign is itself");
    }

    #[test]
    fn every_value_of_a_repeatable_parameter_comes_in_order() {
        let mut form = Form::parse(b"resource=1&x=2&resource=3").unwrap();
        assert_eq!(
            (form.take_all("resource"), form.take("x"), form.take("x")),
            (vec!["1".into(), "3".into()], Some("2".into()), None)
        );
    }
}
