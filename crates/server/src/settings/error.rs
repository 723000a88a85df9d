//! Why a configuration is refused. Each message names the key and says what to do; none holds a value that could be a
//! secret.

use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

use config::ConfigError;

use super::Settings;

/// Why a configuration is refused.
#[derive(Debug)]
pub enum SettingsError {
    /// A variable of ours in the environment is not Unicode text.
    EnvironmentNotText(String),
    /// A variable of ours in the environment names no key, or is not in capitals.
    EnvironmentUnknown {
        /// The variable.
        variable: String,
        /// The key that it would stand for.
        key: String,
    },
    /// A command needs the issuer, and nothing names it.
    IssuerMissing,
    /// A value that cannot be, or a key that nobody knows.
    Invalid(String),
    /// The file is not TOML.
    NotToml {
        /// Which file.
        path: PathBuf,
        /// The line, counted from 1, if the parser knows it.
        line: Option<usize>,
        /// What the parser says, without the text of the line: it may be the one with a secret.
        message: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A value that would make the service unsafe or of no use.
    Unsafe {
        /// Which key.
        key: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl SettingsError {
    /// An unsafe value of this key.
    pub(super) fn unsafe_value(key: &'static str, problem: impl Into<String>) -> Self {
        Self::Unsafe { key, problem: problem.into() }
    }

    /// What the configuration library found.
    pub(super) fn invalid(error: ConfigError) -> Self {
        Self::Invalid(describe(error))
    }
}

/// The library's message, without the value where it is of another type than it should be.
fn describe(error: ConfigError) -> String {
    match error {
        ConfigError::Type { expected, key, origin, .. } => {
            format!("{}: expected {expected}{}", key.unwrap_or_default(), found_in(origin))
        }
        ConfigError::At { error, origin, key: Some(key) } => {
            let said = describe(*error);
            let said = expectation(&key, &said).unwrap_or(said);
            format!("{key}: {said}{}", found_in(origin))
        }
        ConfigError::At { error, origin, key: None } => format!("{}{}", describe(*error), found_in(origin)),
        ConfigError::Message(message) => without_value(&message),
        other => other.to_string(),
    }
}

/// What a key expects, where the library says it in words of its own.
fn expectation(key: &str, said: &str) -> Option<String> {
    let of_the_library = ["variant", "socket address", "sequence", "nonzero", "unknown algorithm"];
    if !of_the_library.iter().any(|word| said.contains(word)) {
        return None;
    }
    // An item of a list is named by its place.
    let key = key.split('[').next().unwrap_or(key);
    let kind = Settings::default().keys().into_iter().find(|known| known.name == key)?.kind;
    Some(match kind {
        "address and port" => "expected an address and a port, such as \"127.0.0.1:8080\"".to_owned(),
        "list of algorithms" => "expected a list of ES256, RS256, PS256 and EdDSA".to_owned(),
        "number" => "expected a number of at least 1".to_owned(),
        kind if kind.starts_with("list") => format!("expected a {kind}, such as [\"…\"]"),
        kind => format!("expected {kind}"),
    })
}

/// What deserializing complains about, without quoting the value.
pub(crate) fn without_value(message: &str) -> String {
    match message.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => {
            let expected = if expected.starts_with("struct ") { "a section of its own" } else { expected };
            format!("expected {expected}")
        }
        _ => message.to_owned(),
    }
}

fn found_in(origin: Option<String>) -> String {
    origin.map(|origin| format!(" (in {origin})")).unwrap_or_default()
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EnvironmentNotText(name) => write!(f, "the environment variable {name} is not Unicode text"),
            Self::EnvironmentUnknown { variable, key } if *variable == variable.to_uppercase() => {
                write!(f, "the environment variable {variable}: there is no key {key}; `grantor config print` shows those there are")
            }
            Self::EnvironmentUnknown { variable, .. } => {
                write!(f, "the environment variable {variable} must be in capitals: {}", variable.to_uppercase())
            }
            Self::IssuerMissing => f.write_str(
                "no issuer is configured: set `issuer` in the configuration file (--config FILE, or grantor.toml in --data-dir \
                 DIR) or in the environment (GRANTOR__ISSUER); to try things out, start `grantor dev`",
            ),
            Self::Invalid(message) => write!(f, "the configuration is not valid: {message}"),
            Self::NotToml { path, line: Some(line), message } => {
                write!(f, "{} is not TOML: line {line}: {message}", path.display())
            }
            Self::NotToml { path, line: None, message } => write!(f, "{} is not TOML: {message}", path.display()),
            Self::Unreadable { path, .. } => write!(f, "cannot read {}", path.display()),
            Self::Unsafe { key, problem } => write!(f, "{key}: {problem}"),
        }
    }
}

impl Error for SettingsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}
