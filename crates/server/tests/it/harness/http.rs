//! Plain HTTP, as a client library sends it: no redirects followed, nothing retried.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read to the end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A text member of the JSON body; empty if it is not there.
    pub(crate) fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    /// Status and `error`, as `400 invalid_grant`; just the status of a success.
    pub(crate) fn outcome(&self) -> String {
        format!("{} {}", self.status, self.member("error")).trim().to_owned()
    }

    /// A header; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The names of the JSON members, sorted.
    pub(crate) fn members(&self) -> Vec<String> {
        let mut names: Vec<_> = self.json().as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
        names.sort();
        names
    }
}

/// A client's view of one server.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    base: String,
}

impl Http {
    pub(crate) fn new(base: String) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            // Well below what the server keeps idle connections: a request must not meet one that is just being closed.
            .pool_idle_timeout(Duration::from_secs(1))
            .no_proxy()
            .build()
            .unwrap();
        Self { client, base }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request to vary before it is sent with [`send`].
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request("GET", path)).await
    }

    /// Like [`Self::get`], but nobody need be there.
    pub(crate) async fn try_get(&self, path: &str) -> Option<Answer> {
        try_send(self.request("GET", path)).await.ok()
    }

    /// Posts a form.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        send(self.request("POST", path).form(form)).await
    }

    /// Posts a form, the client authenticated in the header.
    pub(crate) async fn post_as(&self, path: &str, client: (&str, &str), form: &[(&str, &str)]) -> Answer {
        send(self.request("POST", path).basic_auth(client.0, Some(client.1)).form(form)).await
    }

    /// A token request, the client authenticated in the header.
    pub(crate) async fn token_as(&self, client: (&str, &str), form: &[(&str, &str)]) -> Answer {
        self.post_as("/oauth/token", client, form).await
    }

    /// A token request, everything in the body.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.post("/oauth/token", form).await
    }

    pub(crate) async fn introspect(&self, client: (&str, &str), token: &str) -> Answer {
        self.post_as("/oauth/introspect", client, &[("token", token)]).await
    }
}

/// Sends a request; nobody listening fails the test.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    try_send(request).await.unwrap()
}

/// Sends a request that may meet nobody.
pub(crate) async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}
