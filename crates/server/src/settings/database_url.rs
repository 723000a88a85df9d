//! The database's address, whose password never shows: `Debug` and `Display` leave out everything but the place.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use url::{Url, form_urlencoded};

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

    /// Whether it is a Postgres on another machine. Several hosts, or an address that cannot be read, count as one.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        if self.0.starts_with(SQLITE) {
            return false;
        }
        let Ok(url) = Url::parse(&self.0) else { return true };
        let named = ["hostaddr", "host"].into_iter().find_map(|name| self.parameter(name));
        let host = named.or_else(|| url.host_str().map(percent_decoded));
        is_remote_host(host.as_deref())
    }

    /// Whether it has a parameter of libpq's.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameter(name).is_some()
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.0.split_once('?')?;
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// A socket's directory is percent-encoded where a host would stand.
fn percent_decoded(host: &str) -> String {
    host.replace("%2F", "/").replace("%2f", "/")
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with(SQLITE) {
            return f.write_str(&self.0);
        }
        let Some(url) = Url::parse(&self.0).ok().filter(Url::has_host) else {
            return f.write_str("(an address that cannot be shown)");
        };
        write!(f, "{}://", url.scheme())?;
        if !url.username().is_empty() {
            write!(f, "{}@", url.username())?;
        }
        f.write_str(url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())
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
