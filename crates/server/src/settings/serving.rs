//! What a server for others needs besides a configuration that can be read: that nothing it is told goes over a network
//! in the clear. `dev` and the commands that administer do not ask this.

use super::{DatabaseTls, Settings, SettingsError};

impl Settings {
    /// Refuses to serve others in a way that would be unsafe, or that they could not reach. What [`Self::check`] refuses is
    /// another matter.
    ///
    /// # Errors
    /// [`SettingsError::IssuerMissing`], or [`SettingsError::Unsafe`], which names the key.
    pub fn check_serving(&self) -> Result<(), SettingsError> {
        let issuer = self.issuer.as_deref().ok_or(SettingsError::IssuerMissing)?;
        self.check_listener(issuer.starts_with("https:"))?;
        self.check_database_tls()
    }

    /// What is worth a second look, but may be meant.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let has_proxies = !self.http.trusted_proxies.0.is_empty();
        if !self.has_tls() && !has_proxies && !self.is_local() {
            warnings.push(
                "http.trusted_proxies is empty: every request seems to come from the proxy in front, and the log and the \
                 record of failed sign-ins cannot tell people apart"
                    .to_owned(),
            );
        }
        let url = &self.database.url;
        let mode = url.parameter("sslmode");
        let verified =
            mode.as_deref().map_or(self.database.tls == Some(DatabaseTls::VerifyFull), |mode| mode == "verify-full");
        // Whoever says that there is none knows why.
        let is_meant = mode.is_none() && self.database.tls == Some(DatabaseTls::Disable);
        if url.is_remote() && !verified && !is_meant {
            warnings.push(
                "database.tls is not \"verify_full\": nothing keeps out who can change traffic on the way to Postgres"
                    .to_owned(),
            );
        }
        if self.metrics.listen.is_some_and(|address| !address.ip().is_loopback()) {
            warnings
                .push("metrics.listen is not on loopback: make sure that only the monitoring reaches it".to_owned());
        }
        warnings
    }

    /// Whether the server ends TLS itself.
    #[must_use]
    pub const fn has_tls(&self) -> bool {
        self.tls.certificate_file.is_some()
    }

    fn check_listener(&self, is_https: bool) -> Result<(), SettingsError> {
        let listen = self.http.listen;
        if self.has_tls() && !is_https {
            let problem = "names http, but tls.certificate_file makes the server speak https: name the https address";
            return Err(SettingsError::unsafe_value("issuer", problem));
        }
        if self.http.trusted_proxies.has_everybody() {
            let problem = "must not hold everybody (/0): anybody could choose the address that is recorded for them";
            return Err(SettingsError::unsafe_value("http.trusted_proxies", problem));
        }
        let in_the_clear = !listen.ip().is_loopback() && !self.has_tls();
        if in_the_clear && !is_https {
            let problem = format!(
                "{listen} can be reached from elsewhere, where the issuer is http on this machine alone: listen on \
                 loopback, or name the https address as issuer"
            );
            return Err(SettingsError::unsafe_value("http.listen", problem));
        }
        if in_the_clear && !self.http.trusted_proxies.has_others() {
            let problem = format!(
                "{listen} would take passwords and tokens in the clear: set tls.certificate_file and tls.key_file, or, \
                 behind a proxy that ends TLS, name its address in http.trusted_proxies or listen on loopback"
            );
            return Err(SettingsError::unsafe_value("http.listen", problem));
        }
        if self.metrics.listen == Some(listen) {
            let problem = format!("{listen} is where requests are answered (http.listen): give metrics an own port");
            return Err(SettingsError::unsafe_value("metrics.listen", problem));
        }
        Ok(())
    }

    fn check_database_tls(&self) -> Result<(), SettingsError> {
        let database = &self.database;
        if !database.url.is_remote() || database.url.has_parameter("sslmode") {
            return Ok(());
        }
        match database.tls {
            None => {
                let problem = "must be said, because Postgres is on another machine: \"verify_full\" with \
                               database.tls_root_file; or \"prefer\" or \"disable\" on a network that only you can reach";
                Err(SettingsError::unsafe_value("database.tls", problem))
            }
            Some(DatabaseTls::VerifyFull)
                if database.tls_root_file.is_none() && !database.url.has_parameter("sslrootcert") =>
            {
                let problem = "is missing: database.tls = \"verify_full\" needs the root certificates to check against, \
                               such as \"/etc/ssl/certs/ca-certificates.crt\"";
                Err(SettingsError::unsafe_value("database.tls_root_file", problem))
            }
            Some(_) => Ok(()),
        }
    }
}

/// Whether this host is another machine; a path is a socket of this one's.
pub(super) fn is_remote_host(host: &str) -> bool {
    match host {
        "" | "localhost" => false,
        host if host.starts_with('/') || host.starts_with('@') => false,
        host => !host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DatabaseUrl;

    fn good() -> Settings {
        Settings { issuer: Some("https://id.example".to_owned()), ..Settings::default() }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Settings), key: Option<&str>) {
        let mut settings = good();
        settings.check_serving().unwrap();
        change(&mut settings);
        let refused = settings.check_serving().err().map(|error| error.to_string());
        let named = refused.as_deref().and_then(|text| text.split(':').next());
        assert_eq!(named, key, "{refused:?}");
    }

    fn with_tls(settings: &mut Settings) {
        settings.tls.certificate_file = Some("c.pem".into());
        settings.tls.key_file = Some("k.pem".into());
    }

    #[test]
    fn nothing_is_taken_in_the_clear() {
        let everywhere = "0.0.0.0:8080".parse().unwrap();
        check(|settings| settings.http.listen = everywhere, Some("http.listen"));
        check(
            |settings| {
                settings.http.listen = everywhere;
                with_tls(settings);
            },
            None,
        );
        check(
            |settings| {
                settings.http.listen = everywhere;
                settings.http.trusted_proxies.0.push("10.0.0.1/32".parse().unwrap());
            },
            None,
        );
        check(
            |settings| {
                settings.issuer = Some("http://localhost:8080".to_owned());
                with_tls(settings);
            },
            Some("issuer"),
        );
        check(
            |settings| {
                settings.issuer = Some("http://localhost:8080".to_owned());
                settings.http.listen = everywhere;
            },
            Some("http.listen"),
        );
        check(
            |settings| {
                settings.http.listen = everywhere;
                settings.http.trusted_proxies.0.push("127.0.0.1/32".parse().unwrap());
            },
            Some("http.listen"),
        );
        check(
            |settings| settings.http.trusted_proxies.0.push("0.0.0.0/0".parse().unwrap()),
            Some("http.trusted_proxies"),
        );
        let mut settings = good();
        settings.issuer = None;
        assert!(settings.check_serving().unwrap_err().to_string().contains("GRANTOR__ISSUER"));
    }

    #[test]
    fn metrics_have_a_port_of_their_own() {
        check(|settings| settings.metrics.listen = Some(settings.http.listen), Some("metrics.listen"));
        check(|settings| settings.metrics.listen = Some("127.0.0.1:9090".parse().unwrap()), None);
    }

    #[test]
    fn a_database_elsewhere_needs_a_word_about_tls() {
        let at = |url: &str, tls, root: Option<&str>| {
            let (url, root) = (DatabaseUrl::new(url), root.map(Into::into));
            move |settings: &mut Settings| {
                settings.database.url = url;
                settings.database.tls = tls;
                settings.database.tls_root_file = root;
            }
        };
        let remote = "postgres://u:p@db.example/grantor";
        check(at(remote, None, None), Some("database.tls"));
        check(at(remote, Some(DatabaseTls::VerifyFull), None), Some("database.tls_root_file"));
        check(at(remote, Some(DatabaseTls::VerifyFull), Some("ca.pem")), None);
        check(at(remote, Some(DatabaseTls::Disable), None), None);
        check(at("postgres://u:p@db.example/grantor?sslmode=require", None, None), None);
        check(at("postgres://u:p@h/grantor?host=10.0.0.7", None, None), Some("database.tls"));
        check(at("postgres:///grantor?host=/run/postgresql,db.example", None, None), Some("database.tls"));
        check(at("postgres:///grantor?host=/run/postgresql&host=db.example", None, None), Some("database.tls"));
        check(at("postgres://u:p@127.0.0.1:5432,db.example:5432/grantor", None, None), Some("database.tls"));
        for local in [
            "postgres://u:p@127.0.0.1/grantor",
            "postgres://u:p@[::1]:5433/grantor",
            "postgres://u@localhost/grantor",
            "postgres:///grantor?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/grantor",
            "sqlite:grantor.db",
        ] {
            check(at(local, None, None), None);
        }
    }

    #[test]
    fn what_may_be_meant_is_a_warning() {
        let mut settings = good();
        assert_eq!(settings.warnings().len(), 1, "a proxy on this machine that is not trusted");
        with_tls(&mut settings);
        assert!(settings.warnings().is_empty());
        settings.database.url = DatabaseUrl::new("postgres://db.example/grantor");
        settings.database.tls = Some(DatabaseTls::Prefer);
        settings.metrics.listen = Some("0.0.0.0:9090".parse().unwrap());
        let warnings = settings.warnings();
        assert!(warnings[0].starts_with("database.tls") && warnings[1].starts_with("metrics.listen"), "{warnings:?}");
        settings.database.url = DatabaseUrl::new("postgres://db.example/grantor?sslmode=require");
        assert_eq!(settings.warnings().len(), 2);
        settings.database.url = DatabaseUrl::new("postgres://db.example/grantor?sslmode=verify-full");
        assert_eq!(settings.warnings().len(), 1);
    }
}
