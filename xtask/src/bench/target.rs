//! Decides what is measured: a server at a port, what it is asked for a work, and what of its costs can be counted.

use anyhow::{Context, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::database::Database;
use super::figures::to_f64;
use super::generator::{Template, Values};
use super::http::{self, Request};
use super::mint::Mint;
use super::proc::Tree;
use super::server::Server;
use super::settings::{CLIENT, SECRET};
use super::work::{Endpoint, VALUE, Work, encoded};

/// Grantor's token endpoint, as it is configured by default.
pub(super) const TOKEN_PATH: &str = "/oauth/token";

/// Where a server answers what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    pub(crate) token: String,
    #[serde(default)]
    pub(crate) introspection: String,
    #[serde(default)]
    pub(super) revocation: String,
    #[serde(default)]
    pub(super) userinfo: String,
    #[serde(default)]
    pub(super) jwks: String,
    #[serde(default)]
    pub(super) discovery: String,
}

impl Paths {
    /// Grantor's defaults.
    pub(super) fn of_grantor() -> Self {
        Self {
            token: TOKEN_PATH.to_owned(),
            introspection: "/oauth/introspect".to_owned(),
            revocation: "/oauth/revoke".to_owned(),
            userinfo: "/oauth/userinfo".to_owned(),
            jwks: "/oauth/jwks".to_owned(),
            discovery: "/.well-known/openid-configuration".to_owned(),
        }
    }

    pub(super) fn of(&self, endpoint: Endpoint) -> &str {
        match endpoint {
            // Its request is the signed-in browser's, see `Mint::authorization`.
            Endpoint::Authorization => "",
            Endpoint::Discovery => &self.discovery,
            Endpoint::Introspection => &self.introspection,
            Endpoint::Jwks => &self.jwks,
            Endpoint::Revocation => &self.revocation,
            Endpoint::Token => &self.token,
            Endpoint::Userinfo => &self.userinfo,
        }
    }
}

/// A server, and what it is asked.
pub(super) struct Target<'a> {
    pub(super) port: u16,
    /// Its processes, where they are known.
    pub(super) tree: Option<Tree>,
    /// Whether the server is none of our own processes.
    pub(super) foreign: bool,
    /// Counts statements and write-ahead log, whoever the server is.
    pub(super) database: Option<&'a Database<'a>>,
    /// Grantor itself: it counts its own statements on SQLite, and its log is emptied between runs.
    pub(super) grantor: Option<&'a Server>,
    /// Other replicas of it, whose costs count with its own.
    pub(super) replicas: &'a [Server],
    pub(super) work: Work,
    pub(super) template: Template,
    /// What must be refused once a value is spent, where the answer to the work does not tell (RFC 7009 §2.2).
    pub(super) spent: Option<Template>,
}

/// Where the values of each run come from.
pub(super) trait Supply {
    /// Values for a run: at least `count`; nothing for a work that needs none.
    fn supply(&mut self, count: usize) -> anyhow::Result<Option<Values>>;
}

/// No values.
pub(super) struct Nothing;

impl Supply for Nothing {
    fn supply(&mut self, _count: usize) -> anyhow::Result<Option<Values>> {
        Ok(None)
    }
}

/// The client's `Authorization` header (RFC 6749 §2.3.1). Its id and its secret are the same before and after they are decoded
/// as a form: of the peers some do that and some do not.
pub(super) fn credentials() -> String {
    format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")))
}

/// The request of a work, with further parameters in its form.
fn template(work: Work, paths: &Paths, parameters: Option<&str>) -> Template {
    let mut form = work.form();
    if let (Some(form), Some(parameters)) = (form.as_mut(), parameters) {
        // Before the value, which the script takes to be the last.
        *form = format!("{parameters}&{form}");
    }
    let headers = match work.endpoint() {
        Endpoint::Userinfo => vec![("Authorization", format!("Bearer {VALUE}"))],
        Endpoint::Authorization | Endpoint::Discovery | Endpoint::Jwks => Vec::new(),
        Endpoint::Introspection | Endpoint::Revocation | Endpoint::Token => vec![("Authorization", credentials())],
    };
    let path = paths.of(work.endpoint()).to_owned();
    Template { path, headers, form, usage: Some(work.usage()), pattern: work.pattern() }
}

impl<'a> Target<'a> {
    /// Some server's, asked for a work, of which nothing is known but its port.
    pub(super) fn new(port: u16, work: Work, paths: &Paths, parameters: Option<&str>) -> Self {
        Self {
            port,
            tree: None,
            foreign: false,
            database: None,
            grantor: None,
            replicas: &[],
            work,
            template: template(work, paths, parameters),
            spent: (work == Work::Revoke).then(|| template(Work::Refresh, paths, None)),
        }
    }

    /// Grantor, set up for a work.
    pub(super) fn of_grantor(server: &'a Server, work: Work, database: Option<&'a Database<'a>>, mint: &Mint) -> Self {
        let target = Self::of_server(server, work, database);
        let template = match work.endpoint() {
            Endpoint::Authorization => mint.authorization(),
            _ => target.template,
        };
        Self { template, ..target }
    }

    /// Grantor, asked for a work that needs no browser.
    pub(super) fn of_server(server: &'a Server, work: Work, database: Option<&'a Database<'a>>) -> Self {
        let target = Self::new(server.port(), work, &Paths::of_grantor(), work.parameters());
        Self { tree: Some(server.tree()), database, grantor: Some(server), ..target }
    }

    /// All of Grantor's servers.
    pub(super) fn grantors(&self) -> impl Iterator<Item = &'a Server> {
        self.grantor.into_iter().chain(self.replicas)
    }

    /// Processor time of the server, with all its replicas.
    pub(super) fn server_seconds(&self) -> anyhow::Result<Option<f64>> {
        self.sum(Tree::cpu_seconds)
    }

    /// Memory of the server, with all its replicas.
    pub(super) fn resident_kib(&self) -> anyhow::Result<Option<f64>> {
        self.sum(|tree| tree.resident_kib().map(to_f64))
    }

    fn sum(&self, of: impl Fn(Tree) -> anyhow::Result<f64>) -> anyhow::Result<Option<f64>> {
        let Some(tree) = self.tree else { return Ok(None) };
        let others = self.replicas.iter().map(Server::tree);
        std::iter::once(tree).chain(others).map(of).sum::<anyhow::Result<f64>>().map(Some)
    }

    /// Processor time of everything that belongs to the measurement.
    pub(super) fn our_seconds(&self) -> anyhow::Result<f64> {
        let foreign = self.tree.filter(|_| self.foreign).map(Tree::cpu_seconds).transpose()?;
        Ok(Tree::ours().cpu_seconds()? + foreign.unwrap_or_default())
    }

    /// Sends one request, and fails unless its answer is what the work is about; gives the length of the answer's body.
    pub(super) fn check(&self, value: Option<&str>) -> anyhow::Result<usize> {
        let value = value.unwrap_or_default();
        let answer = self.send(&self.template, value)?;
        check_answer(self.work, &answer)
            .with_context(|| format!("{}: status {}: {}", self.work.name(), answer.status, answer.body))?;
        if let Some(template) = &self.spent {
            let again = self.send(template, value)?.status;
            ensure!((400..500).contains(&again), "{}: what was spent is still good: status {again}", self.work.name());
        }
        Ok(answer.body.len())
    }

    fn send(&self, template: &Template, value: &str) -> anyhow::Result<http::Answer> {
        let filled: Vec<(&str, String)> =
            template.headers.iter().map(|(name, text)| (*name, text.replace(VALUE, value))).collect();
        let headers: Vec<(&str, &str)> = filled.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let form = template.form.as_ref().map(|form| form.replace(VALUE, &encoded(value)));
        http::send(self.port, Request { path: &template.path, headers: &headers, form: form.as_deref() })
    }
}

fn check_answer(work: Work, answer: &http::Answer) -> anyhow::Result<()> {
    if work == Work::Authorize {
        let target = answer.header("location").context("no redirect")?;
        ensure!(target.contains("code="), "the client was told {target}");
        return Ok(());
    }
    ensure!(answer.status == 200, "the request was refused");
    if work.members().is_empty() {
        return Ok(());
    }
    let body: Value = serde_json::from_str(&answer.body).context("the answer is no JSON")?;
    for member in work.members() {
        match body.get(member) {
            None | Some(Value::Null | Value::Bool(false)) => bail!("the answer has no {member}"),
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn the_value_stays_last_in_the_form() {
        let template = template(Work::Refresh, &Paths::of_grantor(), Some("resource=urn:api"));
        assert_eq!(template.form.unwrap(), "resource=urn:api&grant_type=refresh_token&refresh_token=@");
        assert_eq!(template.path, "/oauth/token");
    }
}
