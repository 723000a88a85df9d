//! Decides what an answer of a token endpoint is: tokens, a refusal, or no answer at all; and how it is named in a report, where
//! answers that say the same count as the same and nothing that might be a token is repeated.

use std::io::{self, ErrorKind};

use serde_json::Value;

use super::response::Answer;

/// A description is cut here.
const DESCRIPTION_MAX: usize = 120;

/// Words of this length with a digit in them are taken for tokens, identifiers or references.
const OPAQUE_MIN: usize = 16;

/// What a success hands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 200 with an access token.
    Tokens(Tokens),
    /// Any other answer.
    Refused {
        status: u16,
        label: String,
        /// It says when to try again.
        has_retry_after: bool,
    },
    /// No answer: the connection was refused, ended or silent.
    Unreachable(String),
}

impl Outcome {
    /// What the result of an exchange is.
    pub(crate) fn of(result: io::Result<Answer>) -> Self {
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => return Self::Unreachable(format!("network: {}", complaint(&error))),
        };
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if answer.status == 200
            && let Some(access) = text("access_token")
        {
            return Self::Tokens(Tokens {
                access: access.to_owned(),
                refresh: text("refresh_token").map(str::to_owned),
            });
        }
        let said = match (text("error"), text("error_description")) {
            (Some(error), Some(description)) => format!("{}: {}", cleaned(error), cleaned(description)),
            (Some(error), None) => cleaned(error),
            (None, _) if body.is_object() => "JSON without an error code".to_owned(),
            (None, _) => "not JSON".to_owned(),
        };
        Self::Refused {
            status: answer.status,
            label: format!("{} {said}", answer.status),
            has_retry_after: answer.retry_after.is_some(),
        }
    }

    pub(crate) fn tokens(&self) -> Option<&Tokens> {
        if let Self::Tokens(tokens) = self { Some(tokens) } else { None }
    }

    /// Whether the server says that the request, and not the server, is at fault (4xx).
    pub(crate) fn blames_the_client(&self) -> bool {
        matches!(self, Self::Refused { status: 400..500, .. })
    }

    /// How it is counted.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Tokens(_) => "200",
            Self::Refused { label, .. } | Self::Unreachable(label) => label,
        }
    }
}

/// What kept an answer from coming.
pub(crate) fn complaint(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "closed without an answer".to_owned(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "no answer in time".to_owned(),
        ErrorKind::InvalidData => error.to_string(),
        kind => kind.to_string(),
    }
}

/// A server's words, without what is different each time or might be a secret.
fn cleaned(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().map(|word| if is_opaque(word) { "…" } else { word }).collect();
    words.join(" ").chars().filter(|letter| !letter.is_control()).take(DESCRIPTION_MAX).collect()
}

fn is_opaque(word: &str) -> bool {
    word.len() >= OPAQUE_MIN && word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Outcome {
        Outcome::of(Ok(Answer { status, body: body.to_owned(), ..Answer::default() }))
    }

    #[test]
    fn tokens_are_taken_out() {
        let outcome = of(200, r#"{"access_token":"a","refresh_token":"r"}"#);
        assert_eq!(outcome.tokens().unwrap(), &Tokens { access: "a".into(), refresh: Some("r".into()) });
        assert_eq!(outcome.label(), "200");
        assert_eq!(of(200, r#"{"access_token":"a"}"#).tokens().unwrap().refresh, None);
    }

    #[test]
    fn a_200_without_a_token_is_no_success() {
        assert_eq!(of(200, r#"{"refresh_token":"r"}"#).label(), "200 JSON without an error code");
        assert_eq!(of(200, "<html>").label(), "200 not JSON");
    }

    #[test]
    fn refusals_are_counted_by_what_they_say() {
        let outcome = of(400, r#"{"error":"invalid_grant","error_description":"spent"}"#);
        assert_eq!(outcome.label(), "400 invalid_grant: spent");
        assert!(outcome.blames_the_client());
        assert_eq!(of(503, r#"{"error":"temporarily_unavailable"}"#).label(), "503 temporarily_unavailable");
        assert!(!of(503, "").blames_the_client());
    }

    #[test]
    fn what_might_be_a_token_is_not_repeated() {
        let outcome = of(400, r#"{"error":"x","error_description":"token ory_rt_0123456789abcdef is\n spent"}"#);
        assert_eq!(outcome.label(), "400 x: token … is spent");
        assert_eq!(of(400, &format!(r#"{{"error":"{}"}}"#, "x".repeat(999))).label().len(), 4 + DESCRIPTION_MAX);
    }

    #[test]
    fn no_answer_is_a_network_error() {
        let label = |kind: ErrorKind| Outcome::of(Err(kind.into())).label().to_owned();
        assert_eq!(label(ErrorKind::ConnectionRefused), "network: connection refused");
        assert_eq!(label(ErrorKind::UnexpectedEof), "network: closed without an answer");
        assert_eq!(label(ErrorKind::WouldBlock), "network: no answer in time");
    }
}
