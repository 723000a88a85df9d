//! `grantor client`: what is registered, and what is unwise about it.

use std::fmt;

use grantor_application::admin::ClientReport;
use grantor_domain::client::ClientSettings;
use serde::Serialize;

use crate::cli::{ClientCommand, Storage};
use crate::output;

/// Lists or lints, and prints.
pub(super) fn run(storage: &Storage, command: &ClientCommand) -> anyhow::Result<()> {
    let clients = super::administer(storage, async |service| Ok(service.list_clients().await?))?;
    match command {
        ClientCommand::List(output) => output::print(*output, &List::from(clients)),
        ClientCommand::Lint(output) => output::print(*output, &Findings::from(clients)),
    }
}

/// Every client as registered, its secrets counted.
#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<Listed>);

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    settings: ClientSettings,
    secrets: usize,
}

impl From<Vec<ClientReport>> for List {
    fn from(clients: Vec<ClientReport>) -> Self {
        Self(clients.into_iter().map(|ClientReport { settings, secrets, .. }| Listed { settings, secrets }).collect())
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

/// What is unwise, client by client.
#[derive(Serialize)]
#[serde(transparent)]
struct Findings(Vec<Finding>);

#[derive(Serialize)]
struct Finding {
    client_id: String,
    rule: &'static str,
    message: &'static str,
    section: &'static str,
}

impl From<Vec<ClientReport>> for Findings {
    fn from(clients: Vec<ClientReport>) -> Self {
        let mut findings = Vec::new();
        for ClientReport { settings, warnings, .. } in clients {
            findings.extend(warnings.into_iter().map(|warning| Finding {
                client_id: settings.client_id.to_string(),
                rule: warning.rule,
                message: warning.message,
                section: warning.section,
            }));
        }
        Self(findings)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing to warn about");
        }
        self.0.iter().try_for_each(|Finding { client_id, rule, message, section }| {
            writeln!(f, "{client_id}: {rule}: {message} ({section})")
        })
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
        vec![ClientReport { settings, secrets: 1, warnings }]
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
}
