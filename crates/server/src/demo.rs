//! The demo set: clients and users to try everything with, loaded once into a new database and offered by the playground,
//! and the paths under which the three systems that we replace had their token endpoint.

use std::path::Path;

use anyhow::Context;
use grantor_application::admin::{ApplyFile, ClientEntry};
use grantor_domain::client::AuthMethod;
use grantor_http::{DemoClient, DemoUser, PLAYGROUND_CALLBACK_PATH, Playground};

use crate::apply_file::{self, Format};

/// Token endpoints of the systems that we replace.
pub(crate) const TOKEN_PATHS: [&str; 4] = ["/oauth/token", "/token", "/v1/token", "/wcf/oauth-token/"];

/// The demo set as `cargo xtask seed` applies it.
const DEMO_SET: &str = include_str!("../../../deploy/demo.toml");

/// The issuer that its addresses of our own pages are written for.
const ISSUER: &str = "http://127.0.0.1:8080";

/// Reads the demo set for a server with this issuer, with the machine's key from the data directory, which is made unless it
/// is there.
///
/// # Errors
/// If the key file cannot be read or made.
pub(crate) fn read(data_dir: &Path, issuer: Option<&str>) -> anyhow::Result<ApplyFile> {
    let demo_set = DEMO_SET.replace(ISSUER, issuer.unwrap_or(ISSUER));
    let read = || apply_file::parse(&demo_set, Format::Toml, data_dir).context("the demo set");
    let (file, new_keys) = read()?;
    if new_keys.is_empty() {
        return Ok(file);
    }
    for key in &new_keys {
        key.make()?;
    }
    // Another process may have been faster: its key counts.
    Ok(read()?.0)
}

/// What a playground knows of the demo set: every client but those that prove themselves by a key, and its user.
pub(crate) fn playground(file: &ApplyFile) -> Playground {
    let user = file.users.first().and_then(|user| {
        Some(DemoUser { username: user.username.as_str().to_owned(), password: user.password.clone()? })
    });
    Playground { clients: file.clients.iter().filter_map(demo_client).collect(), user }
}

fn demo_client(entry: &ClientEntry) -> Option<DemoClient> {
    let settings = &entry.settings;
    let is_public = settings.token_endpoint_auth_methods.contains(&AuthMethod::None);
    (is_public || entry.client_secret.is_some()).then(|| DemoClient {
        client_id: settings.client_id.to_string(),
        client_secret: entry.client_secret.clone(),
        grants: settings.grant_types.clone(),
        has_callback: settings.redirect_uris.iter().any(|uri| uri.ends_with(PLAYGROUND_CALLBACK_PATH)),
        scope: settings.scope.to_string(),
        audience: settings.exchange.as_ref().and_then(|exchange| exchange.audiences.first()).map(ToString::to_string),
    })
}

#[cfg(test)]
mod tests {
    use grantor_domain::client::{Client, lint};
    use grantor_domain::grant::GrantType;

    use super::*;

    #[test]
    fn every_demo_client_passes_and_asks_consent() {
        let data_dir = tempfile::tempdir().unwrap();
        let file = read(data_dir.path(), None).unwrap();
        let ids: Vec<_> = file.clients.iter().map(|entry| entry.settings.client_id.as_str()).collect();
        assert_eq!(ids, ["demo-a", "demo-b", "1000000042", "demo-spa", "demo-machine", "demo-api"]);
        for entry in file.clients {
            entry.settings.refuse_unknown_keys().unwrap();
            let client = Client::try_from(entry.settings).unwrap();
            assert!(!client.first_party, "{}", client.id);
        }
        assert!(
            file.scopes.is_empty() && file.resources.is_empty() && file.policies.is_empty(),
            "a new database is given clients and users only"
        );
        assert_eq!(file.users.len(), 1);
        assert_eq!(file.users[0].claims.name(), Some("Alice Liddell"));
    }

    #[test]
    fn the_system_clients_are_what_they_stand_for() {
        let data_dir = tempfile::tempdir().unwrap();
        let clients: Vec<_> = read(data_dir.path(), None)
            .unwrap()
            .clients
            .into_iter()
            .map(|e| Client::try_from(e.settings).unwrap())
            .collect();
        assert!(GrantType::ALL.into_iter().all(|grant| clients[1].may_use(grant)), "demo-b has every grant");
        let rules: Vec<_> = lint(&clients[2], &[]).iter().map(|warning| warning.rule).collect();
        let expect =
            ["password-grant", "password-without-secret", "pkce-optional", "pkce-plain", "hs256", "refresh-fixed"];
        assert_eq!(rules, expect, "system C has every legacy choice");
        assert!(lint(&clients[3], &[]).is_empty(), "the application in the browser has none");
    }

    #[test]
    fn the_playground_works_at_once_at_whatever_issuer() {
        let data_dir = tempfile::tempdir().unwrap();
        let file = read(data_dir.path(), Some("https://id.example")).unwrap();
        let callback = "https://id.example/playground/callback".to_owned();
        let has = |entry: &ClientEntry| entry.settings.redirect_uris.contains(&callback);
        assert_eq!(file.clients.iter().filter(|entry| has(entry)).count(), 2);
        let playground = playground(&file);
        let with_callback = playground.clients.iter().filter(|client| client.has_callback);
        assert_eq!(with_callback.map(|client| client.client_id.as_str()).collect::<Vec<_>>(), ["demo-b", "demo-spa"]);
        assert_eq!(playground.clients.len(), 5, "the machine has no secret to type");
        assert_eq!(playground.user.unwrap().username, "alice");
    }
}
