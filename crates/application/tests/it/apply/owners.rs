//! Whose an object is decides who may change and who may remove it.

use grantor_application::admin::{ApplyOptions, Change, InvalidEntry};
use grantor_domain::error::Reason;
use grantor_domain::registry::Owner;
use grantor_domain::user::Subject;
use grantor_ports::{Clients as _, ObjectKind, Users as _};
use serde_json::{Value, json};

use super::{applied, apply, clients, users, word};
use crate::fixture::*;

const PRUNE: ApplyOptions = ApplyOptions { dry_run: false, prune: true };

fn owned(owner: &str, mut file: Value) -> Value {
    file["owner"] = json!(owner);
    file
}

async fn prune(world: &World, file: Value) -> Vec<String> {
    let applied = applied(world, file, PRUNE).await.unwrap();
    applied.objects.iter().map(|object| format!("{} {}", word(&object.change), object.name)).collect()
}

#[tokio::test]
async fn what_another_owner_declared_is_left_to_them() {
    let world = World::new().await;
    let file = clients([client("web", json!({ "client_name": "Taken over" })), client("new", json!({}))]);
    let refused = apply(&world, owned("team", file)).await.unwrap_err();
    let expect = InvalidEntry::Owned(ObjectKind::Client, "web".to_owned(), Owner::default());
    assert_eq!(refused, expect);
    assert!(refused.to_string().contains("belongs to \"apply\"") && refused.to_string().contains("--prune"));
    assert!(world.storage.find(&client_id("new")).await.unwrap().is_none(), "nothing of it is applied");
}

#[tokio::test]
async fn what_nobody_owns_is_adopted() {
    let world = World::new().await;
    let mut record = world.storage.find(&client_id("web")).await.unwrap().unwrap();
    record.settings.client_id = client_id("made-by-hand");
    assert!(world.storage.put(&record, world.now()).await.unwrap());
    let file = |change| owned("team", clients([client("made-by-hand", change)]));
    let as_it_is = json!({ "client_secret": secret_of("web"), "redirect_uris": ["https://web.example/cb"] });
    assert_eq!(apply(&world, file(as_it_is.clone())).await, Ok(vec!["adopted"]));
    assert_eq!(apply(&world, file(as_it_is)).await, Ok(vec!["unchanged"]));
    assert_eq!(prune(&world, owned("team", json!({}))).await, ["removed made-by-hand"]);
}

#[tokio::test]
async fn pruning_removes_what_the_owner_no_longer_declares() {
    let world = World::new().await;
    let everything = json!({
        "owner": "team",
        "scopes": [{ "name": "letters", "description": "Read your letters" }],
        "resources": [{ "identifier": "urn:letters", "name": "Letters" }],
        "clients": [client("team-client", json!({})), client("team-other", json!({}))],
        "users": [user("carol")],
    });
    apply(&world, everything).await.unwrap();
    let rest = owned("team", clients([client("team-other", json!({}))]));
    assert_eq!(apply(&world, rest.clone()).await, Ok(vec!["unchanged"]), "without being told to, nothing is removed");
    let removed = prune(&world, rest).await;
    let expect =
        ["unchanged team-other", "removed team-client", "removed urn:letters", "removed letters", "removed carol"];
    assert_eq!(removed, expect);
    world.here.poll().await.unwrap();
    let refused = refused(client_credentials(&world.here, "team-client").await);
    assert_eq!(refused, Reason::ClientAuthenticationFailed);
    issued(client_credentials(&world.here, "web").await);
    assert!(world.storage.by_subject(&subject("alice")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_that_names_no_owner_prunes_nothing() {
    let world = World::new().await;
    let before = world.storage.state();
    let file = clients([client("web", json!({}))]);
    for dry_run in [true, false] {
        let refused = applied(&world, file.clone(), ApplyOptions { dry_run, prune: true }).await;
        assert_eq!(refused, Err(InvalidEntry::OwnerMissing), "other files without one declared the rest");
    }
    assert_eq!(world.storage.state(), before);
    let removed = prune(&world, owned("apply", file)).await;
    assert!(removed.contains(&"removed other".to_owned()), "the same owner by its name: {removed:?}");
}

#[tokio::test]
async fn a_removed_clients_grants_end_and_do_not_come_back_with_it() {
    let world = World::new().await;
    let file = || owned("team", clients([client("team-client", json!({}))]));
    apply(&world, file()).await.unwrap();
    let granted = world.granted("team-client", "openid").await;
    assert!(is_active(&world.here, &granted.access_token).await);
    prune(&world, owned("team", json!({}))).await;
    assert!(!is_active(&world.here, &granted.access_token).await);
    apply(&world, file()).await.unwrap();
    world.clock.advance(2 * SECOND);
    world.here.poll().await.unwrap();
    let refreshed = refresh(&world.here, "team-client", &refresh_token(&granted)).await;
    assert_eq!(refused(refreshed), Reason::RefreshTokenInvalid);
}

#[tokio::test]
async fn a_removed_users_sign_ins_do_not_come_back_with_their_subject() {
    let world = World::new().await;
    let file = || owned("team", users([user("carol")]));
    apply(&world, file()).await.unwrap();
    let mut tab = Tab::open(&world.here);
    let code = tab.obtains_code(&world.here, &request("web", "openid"), "carol").await;
    let granted = issued(redeem(&world.here, "web", &code).await);
    world.clock.advance(SECOND);
    prune(&world, owned("team", json!({}))).await;
    assert!(!is_active(&world.here, &granted.access_token).await);
    apply(&world, file()).await.unwrap();
    assert!(!is_active(&world.here, &granted.access_token).await);
    assert_eq!(refused(refresh(&world.here, "web", &refresh_token(&granted)).await), Reason::RefreshTokenInvalid);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    assert_eq!(Stands::from(&next), Stands::SignIn, "the browser is signed out");
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "carol").await), Stands::Consent, "and asked anew");
}

#[tokio::test]
async fn a_username_may_pass_on_in_one_file() {
    let world = World::new().await;
    apply(&world, owned("team", users([user("carol")]))).await.unwrap();
    let mut successor = user("carol");
    successor["subject"] = json!("carol-2");
    let file = owned("team", users([successor]));
    let taken = Err(InvalidEntry::NameTaken("carol".to_owned()));
    assert_eq!(apply(&world, file.clone()).await, taken, "as long as the first is there");
    assert_eq!(prune(&world, file).await, ["created carol-2", "removed carol"]);
    let now = world.storage.by_subject(&Subject::parse("carol-2").unwrap()).await.unwrap();
    assert_eq!(now.unwrap().user.username.as_str(), "carol");
}

#[tokio::test]
async fn a_name_stays_a_clients_or_a_users() {
    let world = World::new().await;
    apply(&world, owned("team", json!({ "clients": [client("gone", json!({}))], "users": [user("carol")] })))
        .await
        .unwrap();
    prune(&world, owned("team", json!({}))).await;
    let taken = |name: &str| Err(InvalidEntry::NameTaken(name.to_owned()));
    assert_eq!(apply(&world, users([user("gone")])).await, taken("gone"));
    assert_eq!(apply(&world, clients([client("carol", json!({}))])).await, taken("carol"));
    assert_eq!(apply(&world, clients([client("gone", json!({}))])).await, Ok(vec!["created"]));
    assert_eq!(apply(&world, users([user("carol")])).await, Ok(vec!["created"]));
}

#[tokio::test]
async fn a_policy_of_a_client_elsewhere_changes_just_that() {
    let world = World::new().await;
    let policy =
        |id: &str| json!({ "exchange_policies": [{ "client_id": id, "impersonation": true, "scope": "read" }] });
    let missing = Err(InvalidEntry::PolicyWithoutClient("nobody".to_owned()));
    assert_eq!(apply(&world, policy("nobody")).await, missing);
    let without_grant = apply(&world, policy("web")).await.unwrap_err();
    assert!(matches!(without_grant, InvalidEntry::Settings(..)), "{without_grant}");
    let foreign = apply(&world, owned("team", policy("a"))).await.unwrap_err();
    assert!(matches!(foreign, InvalidEntry::Owned(..)), "{foreign}");
    assert_eq!(apply(&world, policy("a")).await, Ok(vec!["updated"]));
    assert_eq!(apply(&world, policy("a")).await, Ok(vec!["unchanged"]));
    let settings = world.storage.find(&client_id("a")).await.unwrap().unwrap().settings;
    let exchange = settings.exchange.unwrap();
    assert!(exchange.impersonation && !exchange.delegation);
    assert_eq!(settings.resources.len(), 2, "all else stays");
}

#[tokio::test]
async fn differences_are_told_by_field_and_secrets_only_as_changed() {
    let world = World::new().await;
    let mut alice = user("alice");
    alice["password"] = json!("another-one-of-theirs");
    alice["claims"]["name"] = json!("Alice Liddell");
    let file = json!({
        "clients": [client("web", json!({ "client_name": "Web", "client_secret": "hush-hush" }))],
        "users": [alice],
    });
    let dry = applied(&world, file, ApplyOptions { dry_run: true, prune: false }).await.unwrap();
    let told: Vec<_> = dry.objects.iter().map(|object| format!("{:?}", object.change)).collect();
    assert!(told.iter().all(|told| !told.contains("hush") && !told.contains("another")), "{told:?}");
    let fields: Vec<_> = dry
        .objects
        .iter()
        .flat_map(|object| match &object.change {
            Change::Updated(changed) => {
                changed.iter().map(|change| (change.field.as_str(), change.values.is_some())).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    let expect = [("client_name", true), ("client_secret", false), ("claims.name", true), ("password", false)];
    assert_eq!(fields, expect);
}
