//! What is told about all clients.

use std::fmt;

use grantor_application::admin::ClientReport;
use grantor_domain::client::ClientSettings;
use serde::Serialize;

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

#[cfg(test)]
mod tests {
    use super::super::fixture::legacy_client;
    use super::*;

    #[test]
    fn the_list_shows_no_secret() {
        insta::assert_snapshot!(List::from(vec![legacy_client()]), @"
        CLIENT  NAME  AUTHENTICATES BY                        SECRETS  GRANTS
        demo    Demo  client_secret_basic client_secret_post  1        password refresh_token
        ");
        insta::assert_snapshot!(output::json(&List::from(vec![legacy_client()])).unwrap(), @r#"
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
}
