//! What is told about a client that was made, changed or deleted.

use std::fmt;

use grantor_application::admin::{CreatedClient, SecretsChange, UpdatedClient};
use grantor_domain::client::ClientId;
use serde::Serialize;

use super::lint::{Finding, findings};
use super::show::Shown;
use crate::commands::fields::Field;

/// A client that was made. Its new secret is told here and never again.
#[derive(Serialize)]
pub(super) struct Created {
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    client: Shown,
}

impl From<CreatedClient> for Created {
    fn from(CreatedClient { client, generated }: CreatedClient) -> Self {
        let client_secret = generated.map(|secret| secret.expose().to_owned());
        Self { change: "created", client_secret, client: Shown::from(client) }
    }
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "client {}: created", self.client.id())?;
        if let Some(secret) = &self.client_secret {
            writeln!(f, "secret: {secret}\nThis is the only time that the secret is shown.")?;
        }
        self.client.write_warnings(f)
    }
}

/// A client that was changed, or was as wanted.
#[derive(Serialize)]
pub(super) struct Updated {
    client_id: ClientId,
    change: &'static str,
    fields: Vec<Field>,
    secrets: &'static str,
    warnings: Vec<Finding>,
}

impl From<UpdatedClient> for Updated {
    fn from(UpdatedClient { client, fields, secrets }: UpdatedClient) -> Self {
        let is_unchanged = fields.is_empty() && secrets == SecretsChange::Kept;
        Self {
            change: if is_unchanged { "unchanged" } else { "updated" },
            fields: fields.into_iter().map(Field::from).collect(),
            secrets: match secrets {
                SecretsChange::Kept => "kept",
                SecretsChange::Removed => "removed",
                SecretsChange::Replaced => "replaced",
            },
            warnings: findings(&client),
            client_id: client.settings.client_id,
        }
    }
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "client {}: {}", self.client_id, self.change)?;
        self.fields.iter().try_for_each(|field| writeln!(f, "  {field}"))?;
        if self.secrets != "kept" {
            writeln!(f, "  secrets: {}", self.secrets)?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

/// A client that was deleted.
#[derive(Serialize)]
pub(super) struct Deleted {
    client_id: ClientId,
    change: &'static str,
    grants: u64,
}

impl Deleted {
    pub(super) const fn new(client_id: ClientId, grants: u64) -> Self {
        Self { client_id, change: "deleted", grants }
    }
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grants = if self.grants == 1 { "grant" } else { "grants" };
        write!(f, "client {}: deleted; {} {grants} ended", self.client_id, self.grants)
    }
}

#[cfg(test)]
mod tests {
    use grantor_application::admin::{ClientReport, FieldChange, SecretReport};
    use grantor_domain::client::{Client, ClientSettings, lint};
    use grantor_domain::secret::Secret;
    use serde_json::json;

    use super::*;
    use crate::output;

    fn client() -> ClientReport {
        let settings: ClientSettings =
            serde_json::from_value(json!({ "client_id": "demo", "grant_types": ["password"] })).unwrap();
        let warnings = lint(&Client::try_from(settings.clone()).unwrap(), &[]);
        ClientReport { settings, secrets: vec![SecretReport { estimated_bits: 210, signs: true }], warnings }
    }

    #[test]
    fn a_new_secret_is_told_once() {
        let created = |generated: Option<&str>| {
            Created::from(CreatedClient { client: client(), generated: generated.map(Secret::new) })
        };
        insta::assert_snapshot!(created(Some("the-new-secret")), @"
        client demo: created
        secret: the-new-secret
        This is the only time that the secret is shown.
        warning: password-grant: the client handles people's passwords (RFC 9700 section 2.4)
        ");
        insta::assert_snapshot!(created(None), @"
        client demo: created
        warning: password-grant: the client handles people's passwords (RFC 9700 section 2.4)
        ");
        insta::assert_snapshot!(output::json(&created(Some("the-new-secret"))).unwrap(), @r#"
        {
          "change": "created",
          "client_secret": "the-new-secret",
          "client": {
            "client_id": "demo",
            "application_type": "web",
            "token_endpoint_auth_methods": [
              "client_secret_basic",
              "client_secret_post"
            ],
            "grant_types": [
              "password"
            ],
            "redirect_uris": [],
            "scope": "",
            "default_scope": "",
            "require_pkce": true,
            "allow_plain_pkce": false,
            "access_token_format": "jwt",
            "access_token_signed_response_alg": "ES256",
            "refresh_token_policy": "rotate",
            "id_token_signed_response_alg": "RS256",
            "id_token_claims": [],
            "resources": [],
            "audiences": [],
            "introspect": "own",
            "password_without_secret": false,
            "first_party": false,
            "secrets": [
              {
                "estimated_bits": 210,
                "signs": true
              }
            ],
            "warnings": [
              {
                "rule": "password-grant",
                "message": "the client handles people's passwords",
                "section": "RFC 9700 section 2.4"
              }
            ]
          }
        }
        "#);
        assert!(!output::json(&created(None)).unwrap().contains("client_secret\":"));
    }

    #[test]
    fn an_update_says_what_was_and_is() {
        let change = |key: &str, from, to| FieldChange { key: key.to_owned(), from, to };
        let fields = vec![
            change("client_name", json!(null), json!("Demo")),
            change("redirect_uris", json!(["https://a.example/cb", "https://b.example/cb"]), json!([])),
            change("require_pkce", json!(true), json!(false)),
        ];
        let updated = Updated::from(UpdatedClient { client: client(), fields, secrets: SecretsChange::Replaced });
        insta::assert_snapshot!(updated, @"
        client demo: updated
          client_name: (none) → Demo
          redirect_uris: https://a.example/cb https://b.example/cb → (none)
          require_pkce: true → false
          secrets: replaced
        warning: password-grant: the client handles people's passwords (RFC 9700 section 2.4)
        ");
        insta::assert_snapshot!(output::json(&updated).unwrap(), @r#"
        {
          "client_id": "demo",
          "change": "updated",
          "fields": [
            {
              "key": "client_name",
              "from": null,
              "to": "Demo"
            },
            {
              "key": "redirect_uris",
              "from": [
                "https://a.example/cb",
                "https://b.example/cb"
              ],
              "to": []
            },
            {
              "key": "require_pkce",
              "from": true,
              "to": false
            }
          ],
          "secrets": "replaced",
          "warnings": [
            {
              "rule": "password-grant",
              "message": "the client handles people's passwords",
              "section": "RFC 9700 section 2.4"
            }
          ]
        }
        "#);
        let mut quiet = client();
        quiet.warnings.clear();
        let unchanged = UpdatedClient { client: quiet, fields: Vec::new(), secrets: SecretsChange::Kept };
        insta::assert_snapshot!(Updated::from(unchanged), @"client demo: unchanged");
    }

    #[test]
    fn a_deletion_says_what_ended() {
        let all = [0, 1].map(|grants| Deleted::new(ClientId::parse("demo").unwrap(), grants));
        let text: Vec<_> = all.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        client demo: deleted; 0 grants ended
        client demo: deleted; 1 grant ended
        ");
        insta::assert_snapshot!(output::json(&all).unwrap(), @r#"
        [
          {
            "client_id": "demo",
            "change": "deleted",
            "grants": 0
          },
          {
            "client_id": "demo",
            "change": "deleted",
            "grants": 1
          }
        ]
        "#);
    }
}
