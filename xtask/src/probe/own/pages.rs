//! Decides how a person walks our pages: a browser with cookies and without JavaScript, who signs in once and agrees to everything.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use url::form_urlencoded;

use crate::probe::endpoint::Endpoint;
use crate::probe::http::Lane;
use crate::probe::response::Answer;

/// More steps than any way through the pages has.
const STEPS_MAX: usize = 10;

/// A person and their browser.
pub(super) struct Person {
    server: Endpoint,
    lane: Lane,
    cookies: BTreeMap<String, String>,
    username: &'static str,
    password: &'static str,
}

impl Person {
    pub(super) fn new(server: &Endpoint, username: &'static str, password: &'static str, patience: Duration) -> Self {
        let lane = Lane::new(server.address, patience);
        Self { server: server.clone(), lane, cookies: BTreeMap::new(), username, password }
    }

    /// Opens an authorization request and does what the pages ask, until the client is told something: that address.
    pub(super) fn authorize(&mut self, path: &str) -> anyhow::Result<String> {
        let mut answer = self.get(path)?;
        for _step in 0..STEPS_MAX {
            answer = if answer.status == 303 {
                let location = answer.location.context("a redirect to nowhere")?;
                match self.own_path(&location) {
                    Some(path) => self.get(&path)?,
                    None => return Ok(location),
                }
            } else if answer.body.contains("name=\"password\"") {
                self.submit(&answer.body, &[("username", self.username), ("password", self.password)])?
            } else if answer.body.contains("id=\"allow\"") {
                self.submit(&answer.body, &[("decision", "allow")])?
            } else {
                bail!("the pages lead nowhere: {} {}", answer.status, answer.body);
            };
        }
        bail!("the pages lead in circles")
    }

    /// The path at this server; `None` for an address elsewhere.
    fn own_path(&self, address: &str) -> Option<String> {
        let path = address.strip_prefix(&format!("http://{}", self.server.host)).unwrap_or(address);
        path.starts_with('/').then(|| path.to_owned())
    }

    fn submit(&mut self, page: &str, fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let action = attribute(page, "<form", "action")?;
        let path = self.own_path(&action).context("a form that leads away")?;
        let hidden = attribute(page, "name=\"request\"", "value")?;
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("request", &hidden)
            .extend_pairs(fields)
            .finish();
        let head = format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len());
        self.send("POST", &path, &head, &body)
    }

    fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.send("GET", path, "", "")
    }

    fn send(&mut self, method: &str, path: &str, head: &str, body: &str) -> anyhow::Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{cookies}{head}\r\n{body}", self.server.host);
        let answer = self.lane.exchange(request.as_bytes()).with_context(|| format!("{method} of a page"))?;
        for cookie in &answer.cookies {
            let (name, value) = cookie.split_once('=').unwrap_or((cookie, ""));
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
    }
}

/// The attribute of the element that contains `marker`.
fn attribute(html: &str, marker: &str, name: &str) -> anyhow::Result<String> {
    let mut elements = html.split('<').map(|element| format!("<{element}"));
    let element = elements.find(|element| element.contains(marker)).unwrap_or_default();
    let value = element.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    let (value, _) = value.with_context(|| format!("a page without {marker} {name}"))?;
    Ok(value.replace("&amp;", "&").replace("&#x2f;", "/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::testing::Listener;

    const FORM: &str = r#"<form method="post" action="/next"><input name="request" value="sealed&amp;">"#;

    fn page(body: &str) -> Option<String> {
        Some(format!(
            "HTTP/1.1 200 OK\r\nSet-Cookie: browser=1; Path=/\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    #[test]
    fn the_pages_are_walked_to_their_end() {
        let listener = Listener::start(|body, _nth| match body {
            "" => page(&format!(r#"{FORM}<input name="password">"#)),
            body if body.contains("password=") => page(&format!(r#"{FORM}<button id="allow">"#)),
            body => {
                assert_eq!(body, "request=sealed%26&decision=allow");
                Some(
                    "HTTP/1.1 303 S\r\nLocation: http://client.example/?code=c\r\nContent-Length: 0\r\n\r\n".to_owned(),
                )
            }
        });
        let mut person = Person::new(&listener.endpoint("/"), "u", "p", Duration::from_secs(5));
        assert_eq!(person.authorize("/authorize").unwrap(), "http://client.example/?code=c");
        assert_eq!(person.cookies["browser"], "1");
    }

    #[test]
    fn a_page_that_is_none_of_ours_is_an_error() {
        let listener = Listener::start(|_body, _nth| page("<p>Sorry"));
        let mut person = Person::new(&listener.endpoint("/"), "u", "p", Duration::from_secs(5));
        assert!(person.authorize("/authorize").unwrap_err().to_string().contains("nowhere"));
    }
}
