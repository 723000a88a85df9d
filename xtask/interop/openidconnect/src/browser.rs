//! A person with a browser that has cookies but no JavaScript, walking the real pages (see `xtask/interop/README.md`).

use std::collections::HashMap;

use anyhow::{Context, bail};
use openidconnect::url::Url;
use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;

use crate::report::User;

/// A browser with a person before it who signs in and agrees to everything.
pub(crate) struct Browser<'a> {
    client: Client,
    issuer: Url,
    user: &'a User,
}

/// Where an authorization request ended.
pub(crate) struct Walked {
    /// The query with which the client is called back.
    pub(crate) callback: HashMap<String, String>,
    /// The pages that were shown.
    pub(crate) pages: Vec<&'static str>,
}

/// Where a walk ended.
enum Ended {
    /// At a page that asks nothing.
    AtPage(String),
    /// At the client.
    CalledBack(Walked),
}

impl<'a> Browser<'a> {
    /// `issuer` says whose pages these are: what lies elsewhere is the client's.
    pub(crate) fn new(issuer: &str, user: &'a User) -> anyhow::Result<Self> {
        let client = Client::builder().redirect(Policy::none()).cookie_store(true).build()?;
        Ok(Self { client, issuer: Url::parse(issuer)?, user })
    }

    /// Opens an authorization request and does what the pages ask.
    pub(crate) fn authorize(&self, address: Url) -> anyhow::Result<Walked> {
        match self.walk(self.client.get(address))? {
            Ended::CalledBack(walked) => Ok(walked),
            Ended::AtPage(page) => bail!("the pages lead nowhere: {page}"),
        }
    }

    /// Types the code that a device shows, and allows what it asks: what the last page says.
    pub(crate) fn connect_device(&self, address: &str) -> anyhow::Result<String> {
        let response = self.client.get(address).send()?;
        let (address, page) = (response.url().clone(), response.text()?);
        let (action, code) = (attribute(&page, "<form ", "action")?, attribute(&page, "name=\"user_code\"", "value")?);
        match self.walk(self.client.post(address.join(&action)?).form(&[("user_code", code)]))? {
            Ended::AtPage(page) => Ok(page),
            Ended::CalledBack(walked) => bail!("nobody is called back for a device: {:?}", walked.callback),
        }
    }

    /// Opens the address that signs the person out: where it leads at once.
    pub(crate) fn sign_out(&self, address: Url) -> anyhow::Result<String> {
        let response = self.client.get(address).send()?;
        let location = response.headers().get(LOCATION).context("it leads nowhere")?;
        Ok(location.to_str()?.to_owned())
    }

    /// Does what the pages ask, until the client is called back or a page asks nothing.
    fn walk(&self, mut request: RequestBuilder) -> anyhow::Result<Ended> {
        let mut pages = Vec::new();
        for _step in 0..10 {
            let response = request.send()?;
            let (status, address) = (response.status(), response.url().clone());
            if status == StatusCode::SEE_OTHER {
                let location = response.headers().get(LOCATION).context("a redirect to nowhere")?.to_str()?;
                let location = address.join(location)?;
                if location.origin() != self.issuer.origin() {
                    let callback = location.query_pairs().into_owned().collect();
                    return Ok(Ended::CalledBack(Walked { callback, pages }));
                }
                request = self.client.get(location);
                continue;
            }
            let page = response.text()?;
            request = if page.contains("name=\"password\"") {
                pages.push("sign-in");
                let fields = [("username", self.user.username.as_str()), ("password", &self.user.password)];
                self.submit(&address, &page, &fields)?
            } else if page.contains("name=\"decision\"") {
                pages.push("consent");
                self.submit(&address, &page, &[("decision", "allow")])?
            } else {
                return Ok(Ended::AtPage(page));
            };
        }
        bail!("the pages lead in circles")
    }

    /// Sends the form of a page: its hidden field, and what the person fills in.
    fn submit(&self, address: &Url, page: &str, fields: &[(&str, &str)]) -> anyhow::Result<RequestBuilder> {
        let action = attribute(page, "<form ", "action")?;
        let hidden = attribute(page, "name=\"request\"", "value")?;
        let mut form = vec![("request", hidden.as_str())];
        form.extend_from_slice(fields);
        Ok(self.client.post(address.join(&action)?).form(&form))
    }
}

/// The attribute of the first element that contains `marker`, as it was before it was escaped.
fn attribute(page: &str, marker: &str, name: &str) -> anyhow::Result<String> {
    let mut elements = page.split_inclusive('>').filter_map(|text| text.rfind('<').map(|start| &text[start..]));
    let element = elements.find(|element| element.contains(marker));
    let start = format!("{name}=\"");
    let value = element.and_then(|element| element.split_once(&start)).and_then(|(_, rest)| rest.split_once('"'));
    let (value, _) = value.with_context(|| format!("no {name} in {page}"))?;
    let escapes = [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Ok(escapes.into_iter().fold(value.to_owned(), |text, (escape, is)| text.replace(escape, is)))
}
