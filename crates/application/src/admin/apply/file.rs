//! What a file may hold, whichever way it is written.

use std::collections::{BTreeMap, BTreeSet};

use grantor_domain::client::{ClientId, ExchangeSettings};
use grantor_domain::registry::{Owner, RegisteredResource, RegisteredScope};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ClientEntry, UserEntry};

/// The file. Exchange policies that it keeps apart from their clients are part of them by now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "WrittenFile")]
pub struct ApplyFile {
    /// Who declares all this, if the file says so.
    pub owner: Option<Owner>,
    /// Scope values.
    pub scopes: Vec<RegisteredScope>,
    /// Resources.
    pub resources: Vec<RegisteredResource>,
    /// Exchange policies of clients that are not in the file.
    pub policies: BTreeMap<ClientId, ExchangeSettings>,
    /// Clients.
    pub clients: Vec<ClientEntry>,
    /// Users.
    pub users: Vec<UserEntry>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    #[serde(default)]
    owner: Option<Owner>,
    #[serde(default)]
    scopes: Vec<RegisteredScope>,
    #[serde(default)]
    resources: Vec<RegisteredResource>,
    #[serde(default)]
    exchange_policies: Vec<PolicyEntry>,
    #[serde(default)]
    clients: Vec<ClientEntry>,
    #[serde(default)]
    users: Vec<UserEntry>,
}

/// An exchange policy, kept apart from its client.
#[derive(Deserialize)]
#[serde(try_from = "Map<String, Value>")]
struct PolicyEntry {
    client_id: ClientId,
    policy: ExchangeSettings,
}

impl TryFrom<Map<String, Value>> for PolicyEntry {
    type Error = String;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, Self::Error> {
        let id = members.remove("client_id").ok_or("an exchange policy needs a client_id")?;
        let client_id = id.as_str().and_then(ClientId::parse);
        let client_id =
            client_id.ok_or("client_id of an exchange policy must be 1 to 255 printable ASCII characters")?;
        let policy = serde_json::from_value(Value::Object(members));
        let policy = policy.map_err(|error| {
            let message = error.to_string();
            // The parser quotes a value that is of another type than it should be.
            let expected = message.strip_prefix("invalid ").and_then(|rest| rest.rsplit_once(", expected "));
            let problem = expected.map_or(message.clone(), |(_, expected)| format!("expected {expected}"));
            format!("exchange policy of client {:?}: {problem}", client_id.as_str())
        })?;
        Ok(Self { client_id, policy })
    }
}

impl TryFrom<WrittenFile> for ApplyFile {
    type Error = String;

    fn try_from(written: WrittenFile) -> Result<Self, Self::Error> {
        let WrittenFile { owner, scopes, resources, exchange_policies, mut clients, users } = written;
        let mut policies = BTreeMap::new();
        for PolicyEntry { client_id, policy } in exchange_policies {
            if policies.insert(client_id.clone(), policy).is_some() {
                return Err(format!("exchange_policies: client {:?} is there twice", client_id.as_str()));
            }
        }
        for ClientEntry { settings, .. } in &mut clients {
            let Some(policy) = policies.remove(&settings.client_id) else { continue };
            if settings.exchange.is_some() {
                let id = settings.client_id.as_str();
                return Err(format!(
                    "client {id:?}: its exchange table and an entry of exchange_policies exclude each other"
                ));
            }
            settings.exchange = Some(policy);
        }
        Ok(Self { owner, scopes, resources, policies, clients, users })
    }
}

impl ApplyFile {
    /// Who declares all this.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner.clone().unwrap_or_default()
    }

    /// A name that two entries share: one of them was copied and not renamed, and would silently replace the other.
    /// Clients and users have their names in common.
    pub(super) fn repeated(&self) -> Option<&str> {
        fn twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
            let mut seen = BTreeSet::new();
            names.into_iter().find(|name| !seen.insert(*name))
        }
        let clients = self.clients.iter().map(|entry| entry.settings.client_id.as_str());
        twice(self.scopes.iter().map(|scope| scope.name.as_str()))
            .or_else(|| twice(self.resources.iter().map(|resource| resource.identifier.as_str())))
            .or_else(|| twice(clients.chain(self.users.iter().map(|entry| entry.subject.as_str()))))
            .or_else(|| twice(self.users.iter().map(|entry| entry.username.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

    fn read(file: Value) -> Result<ApplyFile, String> {
        serde_json::from_value(file).map_err(|error| error.to_string())
    }

    #[test]
    fn a_policy_becomes_part_of_its_client() {
        let client = json!({ "client_id": "b", "grant_types": [EXCHANGE] });
        let policy = json!({ "client_id": "b", "audiences": ["urn:api"], "impersonation": true, "scope": "read" });
        let elsewhere = json!({ "client_id": "stored", "delegation": true });
        let file = read(json!({ "clients": [client], "exchange_policies": [policy, elsewhere] })).unwrap();
        let merged = file.clients[0].settings.exchange.as_ref().unwrap();
        assert!(merged.impersonation && merged.scope.as_ref().is_some_and(|scope| scope.contains("read")));
        assert_eq!(file.policies.keys().map(ClientId::as_str).collect::<Vec<_>>(), ["stored"]);
    }

    #[test]
    fn a_policy_stands_once_and_not_beside_a_table() {
        let policy = || json!({ "client_id": "b", "impersonation": true });
        let twice = read(json!({ "exchange_policies": [policy(), policy()] })).unwrap_err();
        assert!(twice.contains("\"b\" is there twice"), "{twice}");
        let client = json!({ "client_id": "b", "grant_types": [EXCHANGE], "exchange": {} });
        let beside = read(json!({ "clients": [client], "exchange_policies": [policy()] })).unwrap_err();
        assert!(beside.contains("exclude each other"), "{beside}");
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let check = |file: Value, key: &str| {
            let error = read(file).unwrap_err();
            assert!(error.contains(&format!("`{key}`")), "{error}");
        };
        check(json!({ "servers": [] }), "servers");
        check(json!({ "scopes": [{ "name": "a", "description": "b", "colour": 1 }] }), "colour");
        check(json!({ "resources": [{ "identifier": "urn:a", "name": "b", "scope": "a" }] }), "scope");
        check(json!({ "exchange_policies": [{ "client_id": "b", "audience": "urn:a" }] }), "audience");
        check(json!({ "users": [{ "subject": "a", "username": "a", "name": "A" }] }), "name");
    }
}
