//! A person with a browser that has cookies but no JavaScript.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};

use super::http::{Answer, send};
use super::{Http, Https, Server};

/// The challenge and verifier of RFC 7636 appendix B.
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An authorization request to vary.
#[derive(Clone, Debug)]
pub(crate) struct Authorization(pub(crate) BTreeMap<&'static str, String>);

impl Authorization {
    /// A code request of a demo client, with PKCE.
    pub(crate) fn of(client_id: &str, redirect_uri: &str, scope: &str) -> Self {
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("state", "af0ifjsldkj"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        Self(parameters.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }

    /// The request of the public client `demo-spa`.
    pub(crate) fn of_spa(scope: &str) -> Self {
        Self::of("demo-spa", "http://127.0.0.1:5173/callback", scope)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.insert(name, value.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub(crate) fn only(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| names.contains(name));
        self
    }

    /// Its path and query.
    pub(crate) fn path(&self) -> String {
        let query = reqwest::Url::parse_with_params("http://x/oauth/authorize", &self.0).unwrap();
        format!("/oauth/authorize?{}", query.query().unwrap_or_default())
    }
}

/// Where a client was told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirected {
    /// The redirect URI without the query.
    pub(crate) uri: String,
    /// The query.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Redirected {
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

/// What a person reads our pages with.
#[derive(Clone)]
enum Browser {
    /// In the clear.
    Plain(reqwest::Client),
    /// Over TLS, through a proxy.
    Tls(Arc<Https>),
}

impl Browser {
    async fn get(&self, url: &str) -> Answer {
        match self {
            Self::Plain(client) => send(client.get(url)).await,
            Self::Tls(https) => https.get(path(url, https)).await,
        }
    }

    async fn post(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        match self {
            Self::Plain(client) => send(client.post(url).form(form)).await,
            Self::Tls(https) => https.post(path(url, https), &[], form).await,
        }
    }
}

/// The path and query of an address of this origin's; another is a mistake of the pages.
fn path<'a>(url: &'a str, https: &Https) -> &'a str {
    url.strip_prefix(&https.base()).unwrap_or_else(|| panic!("{url} leads away"))
}

/// A person and their browser.
#[derive(Clone)]
pub(crate) struct Person {
    browser: Browser,
    base: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Person {
    /// Alice of the demo set, with a fresh browser.
    pub(crate) fn alice(server: &Server) -> Self {
        Self::at(&server.http, "alice", "wonderland-42")
    }

    /// Alice, with a browser that says that she reads these languages.
    pub(crate) fn alice_reading(server: &Server, accept_language: &'static str) -> Self {
        let languages = (ACCEPT_LANGUAGE, HeaderValue::from_static(accept_language));
        Self::with_headers(&server.http, ("alice", "wonderland-42"), HeaderMap::from_iter([languages]))
    }

    pub(crate) fn at(http: &Http, username: &str, password: &str) -> Self {
        Self::with_headers(http, (username, password), HeaderMap::new())
    }

    fn with_headers(http: &Http, (username, password): (&str, &str), headers: HeaderMap) -> Self {
        let client = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .timeout(Duration::from_secs(60))
            // Well below what the server keeps idle connections: a request must not meet one that is just being closed.
            .pool_idle_timeout(Duration::from_secs(1))
            .no_proxy()
            .build()
            .unwrap();
        Self {
            browser: Browser::Plain(client),
            base: http.url(""),
            username: username.to_owned(),
            password: password.to_owned(),
        }
    }

    /// Somebody on the other side of a proxy that ends TLS.
    pub(crate) fn over_tls(https: Arc<Https>, username: &str, password: &str) -> Self {
        let base = https.base();
        Self { browser: Browser::Tls(https), base, username: username.to_owned(), password: password.to_owned() }
    }

    /// The same browser, before another server at the same host: cookies do not tell ports apart.
    pub(crate) fn at_server(&self, server: &Server) -> Self {
        Self { base: server.http.url(""), ..self.clone() }
    }

    /// The same browser, used by somebody else.
    pub(crate) fn used_by(&self, username: &str, password: &str) -> Self {
        Self { username: username.to_owned(), password: password.to_owned(), ..self.clone() }
    }

    /// Opens an address, absolute or a path.
    pub(crate) async fn open(&self, address: &str) -> Answer {
        self.browser.get(&self.absolute(address)).await
    }

    /// Posts a form that stands on no page of ours.
    pub(crate) async fn post(&self, address: &str, form: &[(&str, &str)]) -> Answer {
        self.browser.post(&self.absolute(address), form).await
    }

    /// Sends the form of a page, with these fields beside its hidden ones.
    pub(crate) async fn submit(&self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let action = attribute(&page.text, "<form", "action");
        let hidden = attribute(&page.text, "name=\"request\"", "value");
        let mut form = vec![("request", hidden.as_str())];
        form.extend_from_slice(fields);
        self.browser.post(&self.absolute(&action), &form).await
    }

    /// Presses the button of a page that switches to this language.
    pub(crate) async fn switch(&self, page: &Answer, tag: &str) -> Answer {
        let return_to = attribute(&page.text, "name=\"return_to\"", "value");
        self.post("/language", &[("return_to", &return_to), ("locale", tag)]).await
    }

    /// Does what the pages ask, agreeing to everything, until the client is told something.
    pub(crate) async fn authorize(&self, request: &Authorization) -> Redirected {
        self.walk(self.open(&request.path()).await).await
    }

    /// Goes on from an answer, agreeing to everything, until the client is told something.
    pub(crate) async fn walk(&self, mut answer: Answer) -> Redirected {
        for _step in 0..10 {
            answer = if answer.status == 303 {
                let location = answer.header("location").to_owned();
                if !(location.starts_with('/') || location.starts_with(&self.base)) {
                    return redirected(&location);
                }
                self.open(&location).await
            } else if answer.text.contains("name=\"password\"") {
                self.submit(&answer, &[("username", &self.username), ("password", &self.password)]).await
            } else if answer.text.contains("id=\"allow\"") {
                self.submit(&answer, &[("decision", "allow")]).await
            } else {
                panic!("the pages lead nowhere: {} {}", answer.status, answer.text)
            };
        }
        panic!("the pages lead in circles");
    }

    fn absolute(&self, address: &str) -> String {
        if address.starts_with('/') { format!("{}{address}", self.base) } else { address.to_owned() }
    }
}

/// Splits a redirect into what it says.
pub(crate) fn redirected(location: &str) -> Redirected {
    let (uri, _) = location.split_once('?').unwrap_or((location, ""));
    let url = reqwest::Url::parse(location).unwrap();
    let parameters = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    Redirected { uri: uri.to_owned(), parameters }
}

/// The attribute of the element that contains `marker`.
pub(crate) fn attribute(html: &str, marker: &str, name: &str) -> String {
    let element = html
        .split('<')
        .map(|element| format!("<{element}"))
        .find(|element| element.contains(marker))
        .unwrap_or_default();
    let value = element.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    value
        .map(|(value, _)| value.replace("&amp;", "&").replace("&#x2f;", "/"))
        .unwrap_or_else(|| panic!("no {name} in {html}"))
}
