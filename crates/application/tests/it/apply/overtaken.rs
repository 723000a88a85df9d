//! Several administrators at once: a plan is made anew until nobody overtakes it, and nothing is lost or half done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_application::admin::{ApplyFile, ApplyOptions, Progress, Stage};
use grantor_domain::time::Timestamp;
use grantor_ports::{Clients as _, PortFuture, Users as _};
use serde_json::{Value, json};

use super::clients;
use crate::fixture::*;

fn read(file: Value) -> ApplyFile {
    serde_json::from_value(file).unwrap()
}

/// Somebody renames the client `web` just before each of the next `times` commits.
fn overtakes(storage: Arc<Storage>, times: usize, now: Timestamp) -> PortFuture<'static, ()> {
    Box::pin(async move {
        let mut record = storage.find(&client_id("web")).await.unwrap().unwrap();
        record.settings.client_name = Some(format!("renamed by hand, {times} to come"));
        assert!(storage.put(&record, now).await.unwrap());
        if times > 1 {
            storage.before("Declarations::commit", overtakes(Arc::clone(&storage), times - 1, now));
        }
    })
}

async fn name_of_web(world: &World) -> Option<String> {
    world.storage.find(&client_id("web")).await.unwrap().unwrap().settings.client_name
}

fn commits(world: &World) -> usize {
    world.storage.calls().into_iter().filter(|call| *call == "Declarations::commit").count()
}

#[tokio::test]
async fn an_overtaken_plan_is_made_anew() {
    let world = World::new().await;
    world.storage.before("Declarations::commit", overtakes(world.storage.clone(), 4, world.now()));
    let file = read(clients([client("web", json!({ "client_name": "Web" })), client("new", json!({}))]));
    let applied = world.here.apply(&file, ApplyOptions::default(), &|_| {}).await.unwrap().unwrap();
    assert_eq!(commits(&world), 5);
    assert_eq!(name_of_web(&world).await.as_deref(), Some("Web"));
    let changed = format!("{:?}", applied.objects[0].change);
    assert!(changed.contains("1 to come"), "what it tells is what it found in the end: {changed}");
}

#[tokio::test]
async fn a_plan_that_is_always_overtaken_gives_up_and_writes_nothing() {
    let world = World::new().await;
    world.storage.before("Declarations::commit", overtakes(world.storage.clone(), 5, world.now()));
    let file = read(clients([client("web", json!({ "client_name": "Web" })), client("new", json!({}))]));
    let failure = world.here.apply(&file, ApplyOptions::default(), &|_| {}).await.unwrap_err();
    assert!(failure.cause().contains("nothing was written"), "{}", failure.cause());
    assert_eq!(commits(&world), 5);
    assert_eq!(name_of_web(&world).await.as_deref(), Some("renamed by hand, 1 to come"));
    assert!(world.storage.find(&client_id("new")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_password_is_hashed_once_however_often_the_plan_is_made() {
    let world = World::new().await;
    world.storage.before("Declarations::commit", overtakes(world.storage.clone(), 3, world.now()));
    let mut file = clients([client("web", json!({ "client_name": "Web" }))]);
    file["users"] = json!([user("carol"), user("dave")]);
    let hashed = AtomicUsize::new(0);
    let progress = |progress: Progress| {
        if progress.stage == Stage::HashingPasswords {
            hashed.fetch_add(1, Ordering::Relaxed);
        }
    };
    world.here.apply(&read(file), ApplyOptions::default(), &progress).await.unwrap().unwrap();
    assert_eq!((commits(&world), hashed.into_inner()), (4, 2));
}

/// Somebody else created the user meanwhile, with the same password: that is no reason to set it again.
#[tokio::test]
async fn what_was_hashed_for_an_overtaken_plan_is_not_set_without_need() {
    let world = World::new().await;
    let (elsewhere, storage) = (world.replica().await, world.storage.clone());
    let same = read(json!({ "users": [user("carol")] }));
    let other = same.clone();
    storage.before("Declarations::commit", async move {
        elsewhere.apply(&other, ApplyOptions::default(), &|_| {}).await.unwrap().unwrap();
    });
    let mut renamed = user("carol");
    renamed["claims"]["name"] = json!("Carol");
    let file = read(json!({ "users": [renamed] }));
    let applied = world.here.apply(&file, ApplyOptions::default(), &|_| {}).await.unwrap().unwrap();
    let told = format!("{:?}", applied.objects[0].change);
    assert!(told.contains("claims.name") && !told.contains("password"), "{told}");
    let carol = world.storage.by_subject(&subject("carol")).await.unwrap().unwrap();
    assert_eq!(carol.user.claims.name(), Some("Carol"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_applied_at_once_all_count() {
    let world = World::new().await;
    let services = [world.here.clone(), world.replica().await, world.replica().await];
    let number = AtomicUsize::new(0);
    let applied = race(&services, 3, |service| {
        let own = format!("own-{}", number.fetch_add(1, Ordering::Relaxed));
        let file = read(clients([client("web", json!({ "client_name": own })), client(&own, json!({}))]));
        async move { service.apply(&file, ApplyOptions::default(), &|_| {}).await }
    })
    .await;
    assert!(applied.into_iter().all(|outcome| outcome.is_ok_and(|applied| applied.is_ok())));
    for own in ["own-0", "own-1", "own-2"] {
        assert!(world.storage.find(&client_id(own)).await.unwrap().is_some(), "{own}");
    }
    assert!(name_of_web(&world).await.unwrap().starts_with("own-"));
}
