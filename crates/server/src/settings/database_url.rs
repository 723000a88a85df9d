//! The database's address, whose password never shows: `Debug` and `Display` leave out everything but the place.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use url::form_urlencoded;

use super::serving::is_remote_host;

/// The scheme of an embedded database; a path follows.
const SQLITE: &str = "sqlite:";

/// `postgres://…`, `postgresql://…` or `sqlite:PATH`. May hold a password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Wraps the text; whether it is an address the store decides.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The embedded database in this file.
    #[must_use]
    pub fn sqlite(path: &Path) -> Self {
        Self(format!("{SQLITE}{}", path.display()))
    }

    /// The address itself, password included.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same database, its path (if it is a relative one) taken from `directory`.
    #[must_use]
    pub fn relative_to(&self, directory: &Path) -> Self {
        let Some(path) = self.0.strip_prefix(SQLITE) else { return self.clone() };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') { self.clone() } else { Self::sqlite(&directory.join(path)) }
    }

    /// Whether it is a file of this machine's.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.0.starts_with(SQLITE)
    }

    /// The file of an embedded database.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        let path = self.0.strip_prefix(SQLITE)?;
        Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
    }

    /// Whether it is a Postgres on another machine, or may be: one of several hosts, or libpq's own environment, may name
    /// another. An address that cannot be read counts as one.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        if self.is_embedded() {
            return false;
        }
        let hosts = match ["hostaddr", "host"].into_iter().find_map(|name| self.parameter(name)) {
            Some(named) => named,
            None => percent_decoded(self.hosts()),
        };
        if hosts.is_empty() {
            return ["PGHOSTADDR", "PGHOST"]
                .into_iter()
                .filter_map(|name| std::env::var(name).ok())
                .any(|hosts| any_remote(&hosts));
        }
        self.has_parameter("service") || any_remote(&hosts)
    }

    /// Whether it has a parameter of libpq's.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameter(name).is_some()
    }

    /// The value of a parameter of libpq's; the last counts.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.0.split_once('?')?;
        form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == name)
            .last()
            .map(|(_, value)| value.into_owned())
    }

    /// Where the text names hosts: between the user and the path.
    fn hosts(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts)
    }
}

/// Whether one of several hosts, each maybe with a port, is another machine.
fn any_remote(hosts: &str) -> bool {
    hosts.split(',').any(|host| is_remote_host(without_port(host)))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// A socket's directory is percent-encoded where a host would stand.
fn percent_decoded(host: &str) -> String {
    host.replace("%2F", "/").replace("%2f", "/")
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_embedded() {
            return f.write_str(&self.0);
        }
        let Some((scheme @ ("postgres" | "postgresql"), rest)) = self.0.split_once("://") else {
            return f.write_str("(an address that cannot be shown)");
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let path = rest.strip_prefix(authority).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
        if authority.matches('@').count() > 1 || path.contains('@') {
            return f.write_str("(an address that cannot be shown)");
        }
        write!(f, "{scheme}://")?;
        if let Some((user, _)) = authority.rsplit_once('@').map(|(user, _)| user.split_once(':').unwrap_or((user, "")))
        {
            write!(f, "{user}@")?;
        }
        write!(f, "{}{path}", self.hosts())?;
        self.parameter("host").map_or(Ok(()), |host| write!(f, "?host={host}"))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_shows() {
        let check = |url: &str, expect: &str| {
            let url = DatabaseUrl::new(url);
            assert_eq!(url.to_string(), expect);
            assert!(!format!("{url:?}").contains("hush"), "{url:?}");
        };
        check("postgres://u:hush@db.example:6432/grantor?password=hush", "postgres://u@db.example:6432/grantor");
        check("postgres://db.example/grantor", "postgres://db.example/grantor");
        check("postgres:///grantor?host=/run/postgresql&password=hush", "postgres:///grantor?host=/run/postgresql");
        check("postgres://u:hush@a:5432,b:5432/grantor", "postgres://u@a:5432,b:5432/grantor");
        check("postgres://u:hu@sh@h/grantor", "(an address that cannot be shown)");
        check("postgres://u:hush/@h/grantor", "(an address that cannot be shown)");
        check("postgres:hush@", "(an address that cannot be shown)");
        check("hush", "(an address that cannot be shown)");
        check("sqlite:grantor.db", "sqlite:grantor.db");
    }

    #[test]
    fn only_a_relative_path_moves() {
        let check = |url: &str, expect: &str| {
            assert_eq!(DatabaseUrl::new(url).relative_to(Path::new("/data")).expose(), expect);
        };
        check("sqlite:grantor.db", "sqlite:/data/grantor.db");
        check("sqlite:/other/grantor.db", "sqlite:/other/grantor.db");
        check("sqlite:///other/grantor.db", "sqlite:/other/grantor.db");
        check("postgres://h/d", "postgres://h/d");
    }
}
