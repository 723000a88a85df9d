//! Applying a file of clients and users: twice changes nothing, and what is invalid changes nothing at all.

mod overtaken;
mod owners;
mod properties;
mod secrets;

use grantor_application::admin::{Applied, ApplyFile, ApplyOptions, Change, InvalidEntry};
use grantor_domain::error::Reason;
use serde_json::{Value, json};

use crate::fixture::*;

async fn applied(world: &World, file: Value, options: ApplyOptions) -> Result<Applied, InvalidEntry> {
    let file: ApplyFile = serde_json::from_value(file).unwrap();
    world.here.apply(&file, options, &|_| {}).await.unwrap()
}

/// What became of each object, without what differed.
async fn apply(world: &World, file: Value) -> Result<Vec<&'static str>, InvalidEntry> {
    let applied = applied(world, file, ApplyOptions::default()).await?;
    Ok(applied.objects.iter().map(|object| word(&object.change)).collect())
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Adopted => "adopted",
        Change::Created => "created",
        Change::Removed => "removed",
        Change::Unchanged => "unchanged",
        Change::Updated(_) => "updated",
    }
}

fn clients<const N: usize>(clients: [Value; N]) -> Value {
    json!({ "clients": clients.to_vec() })
}

fn users<const N: usize>(users: [Value; N]) -> Value {
    json!({ "users": users.to_vec() })
}

/// Calls that write.
fn writes(world: &World) -> Vec<&'static str> {
    let reads = ["Declarations::survey"];
    world.storage.calls().into_iter().filter(|call| !reads.contains(call)).collect()
}

#[tokio::test]
async fn the_second_time_nothing_changes() {
    let world = World::new().await;
    let applied = world.here.apply(&registry(), ApplyOptions::default(), &|_| {}).await.unwrap().unwrap();
    assert!(applied.objects.iter().all(|object| object.change == Change::Unchanged), "{applied:?}");
    assert_eq!(applied.objects.len(), registry().clients.len() + registry().users.len());
    assert_eq!(writes(&world), [""; 0]);
}

#[tokio::test]
async fn what_is_new_is_created_and_what_differs_is_updated() {
    let world = World::new().await;
    let renamed = client("web", json!({ "client_name": "Web" }));
    let file = clients([client("new", json!({})), renamed.clone(), client("other", json!({}))]);
    assert_eq!(apply(&world, file).await, Ok(vec!["created", "updated", "unchanged"]));
    assert_eq!(apply(&world, clients([renamed])).await, Ok(vec!["unchanged"]));
    let mut alice = user("alice");
    alice["claims"]["name"] = json!("Alice Liddell");
    assert_eq!(apply(&world, users([user("carol"), alice])).await, Ok(vec!["created", "updated"]));
}

#[tokio::test]
async fn an_invalid_entry_changes_nothing() {
    let world = World::new().await;
    let invalid = [
        client("bad", json!({ "default_scope": "unregistered" })),
        client("bad", json!({ "unheard_of": 1 })),
        client("bad", json!({ "redirect_uris": ["javascript:alert(1)"] })),
        client("bad", json!({ "client_secret": "short", "id_token_signed_response_alg": "HS256" })),
    ];
    for bad in invalid {
        let refused = apply(&world, clients([client("new", json!({})), bad.clone()])).await;
        assert!(refused.is_err(), "{bad}");
        assert_eq!(world.storage.calls(), [""; 0], "{bad}");
    }
    assert_eq!(refused(client_credentials(&world.here, "new").await), Reason::ClientAuthenticationFailed);
}

#[tokio::test]
async fn clients_and_subjects_are_one_namespace() {
    let world = World::new().await;
    let taken = |name: &str| Err(InvalidEntry::NameTaken(name.to_owned()));
    assert_eq!(apply(&world, clients([client("alice", json!({}))])).await, taken("alice"));
    let mut carol = user("carol");
    carol["subject"] = json!("web");
    assert_eq!(apply(&world, users([carol])).await, taken("web"));
    let mut carol = user("carol");
    carol["username"] = json!("ALICE");
    assert_eq!(apply(&world, users([carol])).await, taken("alice"));
    let mut renamed = user("alice");
    renamed["username"] = json!("carol");
    assert_eq!(apply(&world, users([renamed])).await, Err(InvalidEntry::Renamed("alice".to_owned())));
}

#[tokio::test]
async fn a_new_password_signs_its_user_out_and_the_same_does_not() {
    let world = World::new().await;
    let granted = world.granted("web", "read").await;
    world.clock.advance(SECOND);
    assert_eq!(apply(&world, users([user("alice")])).await, Ok(vec!["unchanged"]));
    assert!(is_active(&world.here, &granted.access_token).await);
    let mut alice = user("alice");
    alice["password"] = json!("a-new-one-of-hers");
    assert_eq!(apply(&world, users([alice])).await, Ok(vec!["updated"]));
    assert!(!is_active(&world.here, &granted.access_token).await);
}

#[tokio::test]
async fn a_name_that_is_there_twice_changes_nothing() {
    let world = World::new().await;
    let twice = client("twice", json!({}));
    let repeated = Err(InvalidEntry::Repeated("twice".to_owned()));
    assert_eq!(apply(&world, clients([twice.clone(), twice])).await, repeated);
    assert_eq!(writes(&world), [""; 0]);
}
