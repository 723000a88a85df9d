//! Decides how a person signs in and consents, once, so that the session and the consent can be used under load: by the
//! real pages, with cookies and without JavaScript.

use anyhow::{Context, bail};

use super::http::{Answer, Request, send};
use super::work::{CHALLENGE, REDIRECT_URI, encoded};

/// Pages and redirects between the request and the client, at most.
const STEPS: usize = 10;

/// A signed-in browser.
pub(super) struct Session {
    /// The value of the header `Cookie`.
    pub(super) cookie: String,
    /// Path and query of the authorization request that this browser needs no page for any more.
    pub(super) request: String,
}

/// Walks an authorization request of `client` for `scope` to its end.
pub(super) fn sign_in(
    port: u16,
    client: &str,
    scope: &str,
    [username, password]: [&str; 2],
) -> anyhow::Result<Session> {
    let request = format!(
        "/oauth/authorize?response_type=code&client_id={client}&redirect_uri={}&scope={}&state=s&\
         code_challenge={CHALLENGE}&code_challenge_method=S256",
        encoded(REDIRECT_URI),
        encoded(scope)
    );
    let mut browser = Browser { port, cookies: Vec::new() };
    let mut answer = browser.send(&request, None)?;
    for _step in 0..STEPS {
        answer = if let Some(target) = answer.header("location") {
            if target.starts_with(REDIRECT_URI) {
                anyhow::ensure!(target.contains("code="), "the client was told {target}");
                return Ok(Session { cookie: browser.cookie(), request });
            }
            let target = path_of(target).to_owned();
            browser.send(&target, None)?
        } else if answer.body.contains("name=\"password\"") {
            browser.submit(&answer, &format!("username={}&password={}", encoded(username), encoded(password)))?
        } else if answer.body.contains("name=\"decision\"") {
            browser.submit(&answer, "decision=allow")?
        } else {
            bail!("the pages lead nowhere: status {}: {}", answer.status, answer.body);
        };
    }
    bail!("the pages lead in circles")
}

struct Browser {
    port: u16,
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn send(&mut self, path: &str, form: Option<&str>) -> anyhow::Result<Answer> {
        let cookie = self.cookie();
        let headers = [("Cookie", cookie.as_str())];
        let headers = if cookie.is_empty() { &[] } else { headers.as_slice() };
        let answer = send(self.port, Request { path, headers, form })?;
        for set in answer.headers("set-cookie") {
            let pair = set.split(';').next().and_then(|pair| pair.split_once('='));
            let (name, value) = pair.with_context(|| format!("no cookie: {set}"))?;
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        Ok(answer)
    }

    /// Sends the form of a page: its hidden field, and what the person fills in.
    fn submit(&mut self, page: &Answer, fields: &str) -> anyhow::Result<Answer> {
        let action = attribute(&page.body, "<form", "action")?;
        let hidden = attribute(&page.body, "name=\"request\"", "value")?;
        self.send(path_of(&action), Some(&format!("request={}&{fields}", encoded(&hidden))))
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

/// The path and query of an address of this server's.
fn path_of(address: &str) -> &str {
    let after_host = address.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    after_host.unwrap_or(address)
}

/// The attribute of the first element that contains `marker`, as it was before it was escaped.
fn attribute(page: &str, marker: &str, name: &str) -> anyhow::Result<String> {
    let element = page.split('<').map(|rest| format!("<{rest}")).find(|element| element.contains(marker));
    let start = format!("{name}=\"");
    let value = element.as_deref().and_then(|element| element.split_once(&start));
    let value = value.and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value);
    let value = value.with_context(|| format!("no {name} in {page}"))?;
    let escapes = [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Ok(escapes.into_iter().fold(value.to_owned(), |text, (escape, is)| text.replace(escape, is)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn a_form_is_taken_apart() {
        let page = "<form method=\"post\" action=\"&#x2f;login\">\n<input name=\"request\" value=\"a&amp;b\">";
        assert_eq!(attribute(page, "<form", "action").unwrap(), "/login");
        assert_eq!(attribute(page, "name=\"request\"", "value").unwrap(), "a&b");
        assert!(attribute(page, "name=\"other\"", "value").is_err());
    }

    #[test]
    fn addresses_become_paths() {
        assert_eq!(path_of("http://127.0.0.1:1/a?b=c"), "/a?b=c");
        assert_eq!(path_of("/a"), "/a");
    }
}
