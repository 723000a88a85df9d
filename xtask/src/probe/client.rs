//! Decides what the probe asks, and as whom: form requests (RFC 6749 §4.1.3, §4.4.2, §6; RFC 7009; RFC 7662) of one client, whose
//! secret leaves this module only inside a request.

use std::fmt;
use std::path::Path;

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use url::form_urlencoded;

use super::endpoint::Endpoint;

/// How the client proves itself (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Authentication {
    /// The Authorization header
    Basic,
    /// client_id and client_secret in the form
    Post,
}

/// A client of the server that is tried. Without a secret it is a public one.
#[derive(Clone)]
pub(crate) struct Client {
    id: String,
    secret: Option<String>,
    authentication: Authentication,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(id: &str, secret: Option<String>, authentication: Authentication) -> Self {
        Self { id: id.to_owned(), secret, authentication }
    }

    /// A form request of this client's.
    pub(crate) fn post(&self, endpoint: &Endpoint, form: &[(&str, &str)]) -> Vec<u8> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let mut authorization = String::new();
        match (&self.secret, self.authentication) {
            (Some(secret), Authentication::Basic) => {
                let credentials = STANDARD.encode(format!("{}:{}", encoded(&self.id), encoded(secret)));
                authorization = format!("Authorization: Basic {credentials}\r\n");
            }
            (Some(secret), Authentication::Post) => {
                body.extend_pairs([("client_id", &self.id), ("client_secret", secret)]);
            }
            (None, _) => {
                body.append_pair("client_id", &self.id);
            }
        }
        let body = body.finish();
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: grantor-probe\r\nAccept: application/json\r\n{authorization}Content-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            endpoint.path,
            endpoint.host,
            body.len()
        )
        .into_bytes()
    }
}

/// "encoded using the 'application/x-www-form-urlencoded' encoding algorithm" (RFC 6749 §2.3.1), but only what decoding would change or
/// what separates: the rest means the same to who decodes, and some servers do not.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'%' | b'+' | b':' => format!("%{byte:02X}"),
        b'!'..=b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The client's secret: from a file (its first line) or from a variable of the environment.
///
/// # Errors
///
/// If the one that is named cannot be read or is empty. The error never repeats what was read.
pub(crate) fn read_secret(file: Option<&Path>, variable: Option<&str>) -> anyhow::Result<Option<String>> {
    let secret = match (file, variable) {
        (Some(file), _) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        (None, Some(variable)) => std::env::var_os(variable)
            .and_then(|value| value.into_string().ok())
            .with_context(|| format!("the variable {variable} is not set, or not text"))?,
        (None, None) => return Ok(None),
    };
    ensure!(!secret.is_empty(), "the client's secret is empty");
    Ok(Some(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: Option<&str>, authentication: Authentication, expect: &[&str]) {
        let client = Client::new("a:b", secret.map(str::to_owned), authentication);
        let endpoint = Endpoint::parse("http://127.0.0.1:81/token", false).unwrap();
        let request = String::from_utf8(client.post(&endpoint, &[("code", "x&y")])).unwrap();
        for part in expect {
            assert!(request.contains(part), "{request}");
        }
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{request}");
        assert!(!format!("{client:?}").contains("hush"));
    }

    #[test]
    fn each_way_of_authentication_has_its_form() {
        // base64 of `a%3Ab:hu&%2Bsh`
        check(Some("hu&+sh"), Authentication::Basic, &["Authorization: Basic YSUzQWI6aHUmJTJCc2g=\r\n", "code=x%26y"]);
        check(Some("hu&sh"), Authentication::Post, &["\r\n\r\ncode=x%26y&client_id=a%3Ab&client_secret=hu%26sh"]);
        check(
            None,
            Authentication::Basic,
            &["POST /token HTTP/1.1\r\nHost: 127.0.0.1:81\r\n", "code=x%26y&client_id=a%3Ab"],
        );
    }

    #[test]
    fn a_secret_comes_from_where_others_do_not_see_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, "hush\n").unwrap();
        assert_eq!(read_secret(Some(&file), None).unwrap().as_deref(), Some("hush"));
        assert_eq!(read_secret(None, None).unwrap(), None);
        std::fs::write(&file, "\n").unwrap();
        assert!(read_secret(Some(&file), None).is_err());
        let missing = read_secret(None, Some("GRANTOR_PROBE_NO_SUCH_VARIABLE")).unwrap_err();
        assert!(missing.to_string().contains("GRANTOR_PROBE_NO_SUCH_VARIABLE"));
    }
}
