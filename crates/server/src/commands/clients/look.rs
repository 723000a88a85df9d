//! What is told about clients that are looked at, and what is unwise about them.

use std::fmt;

use grantor_application::admin::{ClientReport, SecretReport};
use grantor_domain::client::{ClientSettings, Warning};
use serde::Serialize;
use serde_json::Value;

use crate::commands::fields::shown;
use crate::output;

/// Every client as registered, its secrets counted.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct List(Vec<Listed>);

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    settings: ClientSettings,
    secrets: usize,
}

impl From<Vec<ClientReport>> for List {
    fn from(clients: Vec<ClientReport>) -> Self {
        let listed = |client: ClientReport| Listed { settings: client.settings, secrets: client.secrets.len() };
        Self(clients.into_iter().map(listed).collect())
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no clients");
        }
        let rows: Vec<_> = self.0.iter().map(row).collect();
        output::write_table(f, ["client", "name", "authenticates by", "secrets", "grants"], &rows)
    }
}

fn row(Listed { settings, secrets }: &Listed) -> [String; 5] {
    let methods: Vec<_> = settings.token_endpoint_auth_methods.iter().map(|method| method.as_str()).collect();
    let grants: Vec<_> = settings.grant_types.iter().map(|grant| grant.as_str()).collect();
    [
        settings.client_id.to_string(),
        settings.client_name.clone().unwrap_or_default(),
        methods.join(" "),
        secrets.to_string(),
        grants.join(" "),
    ]
}

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

/// What is unwise, client by client.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Findings(Vec<ClientFinding>);

#[derive(Serialize)]
struct ClientFinding {
    client_id: String,
    #[serde(flatten)]
    finding: Finding,
}

/// One thing that is unwise about a client.
#[derive(Serialize)]
pub(super) struct Finding {
    rule: &'static str,
    message: &'static str,
    section: &'static str,
}

/// Everything that is unwise about a client.
pub(super) fn findings(client: &ClientReport) -> Vec<Finding> {
    let finding =
        |warning: &Warning| Finding { rule: warning.rule, message: warning.message, section: warning.section };
    client.warnings.iter().map(finding).collect()
}

impl From<Vec<ClientReport>> for Findings {
    fn from(clients: Vec<ClientReport>) -> Self {
        let of_client = |client: ClientReport| {
            let client_id = client.settings.client_id.to_string();
            findings(&client).into_iter().map(move |finding| ClientFinding { client_id: client_id.clone(), finding })
        };
        Self(clients.into_iter().flat_map(of_client).collect())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule, self.message, self.section)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing to warn about");
        }
        self.0.iter().try_for_each(|ClientFinding { client_id, finding }| writeln!(f, "{client_id}: {finding}"))
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::client::{Client, lint};
    use serde_json::json;

    use super::*;

    fn clients() -> Vec<ClientReport> {
        let settings: ClientSettings = serde_json::from_value(json!({
            "client_id": "demo", "client_name": "Demo", "grant_types": ["password", "refresh_token"], "scope": "b a",
            "refresh_token_policy": "fixed",
        }))
        .unwrap();
        let warnings = lint(&Client::try_from(settings.clone()).unwrap(), &[]);
        vec![ClientReport { settings, secrets: vec![SecretReport { estimated_bits: 90, signs: false }], warnings }]
    }

    #[test]
    fn the_list_shows_no_secret() {
        insta::assert_snapshot!(List::from(clients()), @"
        CLIENT  NAME  AUTHENTICATES BY                        SECRETS  GRANTS
        demo    Demo  client_secret_basic client_secret_post  1        password refresh_token
        ");
        insta::assert_snapshot!(output::json(&List::from(clients())).unwrap(), @r#"
        [
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
            "secrets": 1
          }
        ]
        "#);
        assert_eq!(List::from(Vec::new()).to_string(), "no clients");
    }

    #[test]
    fn findings_name_client_rule_and_section() {
        insta::assert_snapshot!(Findings::from(clients()), @"
        demo: password-grant: the client handles people's passwords (RFC 9700 section 2.4)
        demo: refresh-fixed: a stolen refresh token stays unnoticed (RFC 9700 section 4.14.2)
        ");
        insta::assert_snapshot!(output::json(&Findings::from(clients())).unwrap(), @r#"
        [
          {
            "client_id": "demo",
            "rule": "password-grant",
            "message": "the client handles people's passwords",
            "section": "RFC 9700 section 2.4"
          },
          {
            "client_id": "demo",
            "rule": "refresh-fixed",
            "message": "a stolen refresh token stays unnoticed",
            "section": "RFC 9700 section 4.14.2"
          }
        ]
        "#);
        assert_eq!(Findings::from(Vec::new()).to_string(), "nothing to warn about");
    }

    #[test]
    fn a_client_is_shown_whole_but_for_its_secrets() {
        let shown = clients().pop().map(Shown::from).unwrap();
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
