//! Settings that are one of a few words.

use std::fmt;

use grantor_http::ForwardedHeader;
use grantor_store::PostgresTls;
use serde::Deserialize;

use super::key::{Setting, quoted};

/// What a log line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    #[default]
    Text,
}

/// The header in which the proxies in front name the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
}

/// How connections to Postgres are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseTls {
    /// Not at all.
    Disable,
    /// Against nobody in particular: encrypted if the server offers it.
    Prefer,
    /// Encrypted, and the server's certificate names the host and holds.
    VerifyFull,
}

/// Who may register a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Whoever shows an initial access token (RFC 7591 §3).
    InitialToken,
    /// Nobody.
    #[default]
    Off,
    /// Anybody.
    Open,
}

/// Gives the enum its words in messages, the reference and `config print`: those that serde reads.
macro_rules! words {
    ($($Type:ty { $($Variant:ident = $word:literal),+ })+) => {
        $(
            impl fmt::Display for $Type {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(match self { $(Self::$Variant => $word,)+ })
                }
            }

            impl Setting for $Type {
                const KIND: &'static str = words!(@kind $($word),+);

                fn shown(&self) -> Option<String> {
                    quoted(&self.to_string())
                }
            }
        )+
    };
    (@kind $first:literal $(, $word:literal)*) => { concat!("`", $first, "`" $(, " or `", $word, "`")*) };
}

words! {
    DatabaseTls { Disable = "disable", Prefer = "prefer", VerifyFull = "verify_full" }
    LogFormat { Json = "json", Text = "text" }
    ProxyHeader { Forwarded = "forwarded", XForwardedFor = "x-forwarded-for" }
    RegistrationMode { InitialToken = "initial_token", Off = "off", Open = "open" }
}

impl From<ProxyHeader> for ForwardedHeader {
    fn from(header: ProxyHeader) -> Self {
        match header {
            ProxyHeader::Forwarded => Self::Forwarded,
            ProxyHeader::XForwardedFor => Self::XForwardedFor,
        }
    }
}

impl From<DatabaseTls> for PostgresTls {
    fn from(tls: DatabaseTls) -> Self {
        match tls {
            DatabaseTls::Disable => Self::Disable,
            DatabaseTls::Prefer => Self::Prefer,
            DatabaseTls::VerifyFull => Self::VerifyFull,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_reads_back() {
        fn check<T: serde::de::DeserializeOwned + fmt::Display + PartialEq + fmt::Debug>(values: &[T]) {
            for value in values {
                let read: T = serde_json::from_value(value.to_string().into()).unwrap();
                assert_eq!(read, *value);
            }
        }
        check(&[DatabaseTls::Disable, DatabaseTls::Prefer, DatabaseTls::VerifyFull]);
        check(&[LogFormat::Json, LogFormat::Text]);
        check(&[ProxyHeader::Forwarded, ProxyHeader::XForwardedFor]);
        check(&[RegistrationMode::InitialToken, RegistrationMode::Off, RegistrationMode::Open]);
        assert_eq!(DatabaseTls::KIND, "`disable` or `prefer` or `verify_full`");
    }
}
