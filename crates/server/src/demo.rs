//! The demo set: clients and users to try everything with, loaded once into a new database, and the paths under which
//! the three systems that we replace had their token endpoint.

use std::path::Path;

use anyhow::Context;
use grantor_application::admin::ApplyFile;

use crate::apply_file::{self, Format};

/// Token endpoints of the systems that we replace.
pub(crate) const TOKEN_PATHS: [&str; 4] = ["/oauth/token", "/token", "/v1/token", "/wcf/oauth-token/"];

/// The demo set as `cargo xtask seed` applies it.
const DEMO_SET: &str = include_str!("../../../deploy/demo.toml");

/// Reads the demo set, with the machine's key from the data directory, which is made unless it is there.
///
/// # Errors
/// If the key file cannot be read or made.
pub(crate) fn read(data_dir: &Path) -> anyhow::Result<ApplyFile> {
    let read = || apply_file::parse(DEMO_SET, Format::Toml, data_dir).context("the demo set");
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

#[cfg(test)]
mod tests {
    use grantor_domain::client::{Client, lint};
    use grantor_domain::grant::GrantType;

    use super::*;

    #[test]
    fn every_demo_client_passes_and_asks_consent() {
        let data_dir = tempfile::tempdir().unwrap();
        let file = read(data_dir.path()).unwrap();
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
        let clients: Vec<_> =
            read(data_dir.path()).unwrap().clients.into_iter().map(|e| Client::try_from(e.settings).unwrap()).collect();
        assert!(GrantType::ALL.into_iter().all(|grant| clients[1].may_use(grant)), "demo-b has every grant");
        let rules: Vec<_> = lint(&clients[2], &[]).iter().map(|warning| warning.rule).collect();
        let expect =
            ["password-grant", "password-without-secret", "pkce-optional", "pkce-plain", "hs256", "refresh-fixed"];
        assert_eq!(rules, expect, "system C has every legacy choice");
        assert!(lint(&clients[3], &[]).is_empty(), "the application in the browser has none");
    }
}
