//! What holds for any file: applied twice it changes nothing, a dry run changes nothing, and pruning removes just what
//! the owner owns.

use std::collections::{BTreeMap, BTreeSet};

use grantor_application::admin::{Applied, ApplyFile, ApplyOptions, Change};
use grantor_domain::registry::Owner;
use grantor_ports::{Clients as _, Declarations as _, Mentioned, Users as _};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::word;
use crate::fixture::*;

/// Some of the names that a kind has here, each with one of a few contents.
fn some(names: &'static [&'static str]) -> impl Strategy<Value = BTreeMap<&'static str, u8>> {
    proptest::collection::btree_map(proptest::sample::select(names), 0..3_u8, 0..=names.len())
}

const SCOPES: &[&str] = &["alpha", "beta", "gamma"];
const RESOURCES: &[&str] = &["urn:one", "urn:two", "urn:three"];
const CLIENTS: &[&str] = &["client-1", "client-2", "client-3", "client-4"];
const USERS: &[&str] = &["user-1", "user-2", "user-3"];

/// A file of the owner `team`.
fn file() -> impl Strategy<Value = Value> {
    (some(SCOPES), some(RESOURCES), some(CLIENTS), some(USERS)).prop_map(|(scopes, resources, clients, users)| {
        let scope =
            |(name, content): (&str, u8)| json!({ "name": name, "description": format!("Description {content}") });
        let resource = |(identifier, content): (&str, u8)| {
            let scopes = &SCOPES[..usize::from(content)];
            json!({ "identifier": identifier, "name": format!("Name {content}"), "scopes": scopes })
        };
        let a_client = |(id, content): (&str, u8)| match content {
            0 => client(id, json!({})),
            1 => client(id, json!({ "client_name": "Named", "scope": "read openid" })),
            _ => client(id, json!({ "client_secret": "another-secret-of-more-than-thirty-two-octets" })),
        };
        let a_user = |(name, content): (&str, u8)| {
            let mut user = user(name);
            match content {
                0 => {}
                1 => user["claims"] = json!({ "nickname": "Nick" }),
                _ => user["password"] = json!("another-one-of-theirs"),
            }
            user
        };
        json!({
            "owner": "team",
            "scopes": scopes.into_iter().map(scope).collect::<Vec<_>>(),
            "resources": resources.into_iter().map(resource).collect::<Vec<_>>(),
            "clients": clients.into_iter().map(a_client).collect::<Vec<_>>(),
            "users": users.into_iter().map(a_user).collect::<Vec<_>>(),
        })
    })
}

fn read(file: &Value) -> ApplyFile {
    serde_json::from_value(file.clone()).unwrap()
}

async fn apply(world: &World, file: &Value, dry_run: bool, prune: bool) -> Applied {
    world.here.apply(&read(file), ApplyOptions { dry_run, prune }, &|_| {}).await.unwrap().unwrap()
}

/// The names in a file, with their kinds.
fn declared(file: &Value) -> BTreeSet<String> {
    let keys = [("scopes", "name"), ("resources", "identifier"), ("clients", "client_id"), ("users", "subject")];
    let names = keys.iter().flat_map(|(kind, key)| {
        file[*kind].as_array().unwrap().iter().map(move |entry| format!("{kind} {}", entry[*key].as_str().unwrap()))
    });
    names.collect()
}

/// Everything that an owner owns and that is there, named likewise.
async fn owned(world: &World, owner: &str) -> BTreeSet<String> {
    let owner = Owner::try_from(owner.to_owned()).unwrap();
    let survey = world.storage.survey(&Mentioned::default(), &owner).await.unwrap();
    let mine = survey.owned.into_iter().filter(|owned| owned.owner == owner);
    mine.map(|owned| format!("{}s {}", owned.kind.as_str(), owned.name)).collect()
}

/// Everything that there is, named likewise.
async fn stored(world: &World) -> BTreeSet<String> {
    let mut stored = BTreeSet::new();
    stored.extend(
        world.storage.list().await.unwrap().iter().map(|record| format!("clients {}", record.settings.client_id)),
    );
    let scopes = SCOPES.iter().filter_map(|name| serde_json::from_value(json!(name)).ok()).collect();
    let resources = RESOURCES.iter().filter_map(|name| serde_json::from_value(json!(name)).ok()).collect();
    let mentioned = Mentioned { scopes, resources, ..Mentioned::default() };
    let survey = world.storage.survey(&mentioned, &Owner::default()).await.unwrap();
    stored.extend(survey.scopes.iter().map(|scope| format!("scopes {}", scope.name)));
    stored.extend(survey.resources.iter().map(|resource| format!("resources {}", resource.identifier.as_str())));
    for name in USERS.iter().chain(&["alice", "bob"]) {
        if world.storage.by_subject(&subject(name)).await.unwrap().is_some() {
            stored.insert(format!("users {name}"));
        }
    }
    stored
}

/// Runs a case that waits.
fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(case);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn applied_twice_the_second_time_changes_nothing(before in file(), file in file(), prune in any::<bool>()) {
        run(async {
            let world = World::new().await;
            apply(&world, &before, false, false).await;
            apply(&world, &file, false, prune).await;
            let state = world.storage.state();
            world.storage.forget_calls();
            let again = apply(&world, &file, false, prune).await;
            assert!(again.objects.iter().all(|object| object.change == Change::Unchanged), "{again:#?}");
            assert_eq!(world.storage.calls(), if declared(&file).is_empty() && !prune { vec![] } else { vec!["Declarations::survey"] });
            assert_eq!(world.storage.state(), state);
        });
    }

    #[test]
    fn a_dry_run_changes_nothing_and_tells_what_would(before in file(), file in file(), prune in any::<bool>()) {
        run(async {
            let world = World::new().await;
            apply(&world, &before, false, false).await;
            let state = world.storage.state();
            let told = apply(&world, &file, true, prune).await;
            assert_eq!(world.storage.state(), state);
            assert_eq!(told, apply(&world, &file, false, prune).await);
        });
    }

    #[test]
    fn pruning_leaves_just_the_file_and_what_is_not_the_owners(before in file(), file in file()) {
        run(async {
            let world = World::new().await;
            let others = stored(&world).await;
            apply(&world, &before, false, false).await;
            let applied = apply(&world, &file, false, true).await;
            assert_eq!(owned(&world, "team").await, declared(&file));
            assert_eq!(stored(&world).await, others.union(&declared(&file)).cloned().collect());
            let removed = applied.objects.iter().filter(|object| object.change == Change::Removed);
            let removed: BTreeSet<_> = removed.map(|object| format!("{}s {}", object.kind.as_str(), object.name)).collect();
            assert_eq!(removed, declared(&before).difference(&declared(&file)).cloned().collect());
        });
    }

    #[test]
    fn another_owner_changes_and_removes_nothing(first in file(), second in file()) {
        run(async {
            let world = World::new().await;
            apply(&world, &first, false, false).await;
            let before = world.storage.state();
            let mut foreign = second.clone();
            foreign["owner"] = json!("another");
            let outcome = world.here.apply(&read(&foreign), ApplyOptions { dry_run: false, prune: true }, &|_| {}).await.unwrap();
            let (ours, theirs) = (declared(&first), declared(&second));
            if ours.is_disjoint(&theirs) {
                let applied = outcome.unwrap();
                assert!(applied.objects.iter().all(|object| word(&object.change) == "created"), "{applied:#?}");
                assert_eq!(owned(&world, "team").await, ours);
                assert!(stored(&world).await.is_superset(&ours));
            } else {
                assert!(outcome.is_err());
                assert_eq!(world.storage.state(), before);
            }
        });
    }
}
