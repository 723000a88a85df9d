//! What is told about one client: everything but its secrets.

use std::fmt;

use grantor_application::admin::{ClientReport, SecretReport};
use grantor_domain::client::ClientSettings;
use serde::Serialize;
use serde_json::Value;

use super::lint::{Finding, findings};
use crate::commands::fields::shown;

/// A client as registered, what may be told about its secrets, and what is unwise about it.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    settings: ClientSettings,
    secrets: Vec<ShownSecret>,
    warnings: Vec<Finding>,
}

#[derive(Serialize)]
struct ShownSecret {
    /// At most so many bits of guessing work.
    estimated_bits: u32,
    /// Kept so that it can sign.
    signs: bool,
}

impl Shown {
    pub(super) fn id(&self) -> &str {
        self.settings.client_id.as_str()
    }

    pub(super) fn write_warnings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

impl From<ClientReport> for Shown {
    fn from(client: ClientReport) -> Self {
        let warnings = findings(&client);
        let told = |SecretReport { estimated_bits, signs }| ShownSecret { estimated_bits, signs };
        let ClientReport { settings, secrets, .. } = client;
        Self { settings, secrets: secrets.into_iter().map(told).collect(), warnings }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = serde_json::to_value(&self.settings).unwrap_or_default();
        for (key, value) in settings.as_object().into_iter().flatten() {
            writeln!(f, "{key}: {}", shown(value))?;
        }
        let secrets: Vec<_> = self.secrets.iter().map(ToString::to_string).collect();
        writeln!(f, "secrets: {}", shown(&Value::String(secrets.join(", then "))))?;
        self.write_warnings(f)
    }
}

impl fmt::Display for ShownSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = if self.signs { "sealed, so that it can sign" } else { "hashed" };
        write!(f, "at most {} bits ({kept})", self.estimated_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::legacy_client;
    use super::*;
    use crate::output;

    #[test]
    fn a_client_is_shown_whole_but_for_its_secrets() {
        let shown = Shown::from(legacy_client());
        insta::assert_snapshot!(shown, @"
        client_id: demo
        client_name: Demo
        application_type: web
        token_endpoint_auth_methods: client_secret_basic client_secret_post
        grant_types: password refresh_token
        redirect_uris: (none)
        scope: b a
        default_scope: (none)
        require_pkce: true
        allow_plain_pkce: false
        access_token_format: jwt
        access_token_signed_response_alg: ES256
        refresh_token_policy: fixed
        id_token_signed_response_alg: RS256
        id_token_claims: (none)
        resources: (none)
        audiences: (none)
        introspect: own
        password_without_secret: false
        first_party: false
        secrets: at most 90 bits (hashed)
        warning: password-grant: the client handles people's passwords (RFC 9700 section 2.4)
        warning: refresh-fixed: a stolen refresh token stays unnoticed (RFC 9700 section 4.14.2)
        ");
        insta::assert_snapshot!(output::json(&shown).unwrap(), @r#"
        {
          "client_id": "demo",
          "client_name": "Demo",
          "application_type": "web",
          "token_endpoint_auth_methods": [
            "client_secret_basic",
            "client_secret_post"
          ],
          "grant_types": [
            "password",
            "refresh_token"
          ],
          "redirect_uris": [],
          "scope": "b a",
          "default_scope": "",
          "require_pkce": true,
          "allow_plain_pkce": false,
          "access_token_format": "jwt",
          "access_token_signed_response_alg": "ES256",
          "refresh_token_policy": "fixed",
          "id_token_signed_response_alg": "RS256",
          "id_token_claims": [],
          "resources": [],
          "audiences": [],
          "introspect": "own",
          "password_without_secret": false,
          "first_party": false,
          "secrets": [
            {
              "estimated_bits": 90,
              "signs": false
            }
          ],
          "warnings": [
            {
              "rule": "password-grant",
              "message": "the client handles people's passwords",
              "section": "RFC 9700 section 2.4"
            },
            {
              "rule": "refresh-fixed",
              "message": "a stolen refresh token stays unnoticed",
              "section": "RFC 9700 section 4.14.2"
            }
          ]
        }
        "#);
    }
}
