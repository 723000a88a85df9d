//! What a file does with client secrets and passwords: it replaces what differs, and ends none that it does not name.

use grantor_application::admin::{ApplyOptions, Change, Difference, InvalidEntry, SecretRotation};
use grantor_domain::client::StoredSecret;
use grantor_domain::error::Reason;
use grantor_domain::new_password::WeakPassword;
use grantor_ports::Clients as _;
use serde_json::{Value, json};

use super::{applied, apply, clients, users};
use crate::fixture::*;

async fn stored_secrets(world: &World, id: &str) -> Vec<StoredSecret> {
    world.storage.find(&client_id(id)).await.unwrap().unwrap().secrets
}

/// The fields that applying a client changes.
async fn fields(world: &World, entry: Value) -> Vec<String> {
    let applied = applied(world, clients([entry]), ApplyOptions::default()).await.unwrap();
    match &applied.objects[0].change {
        Change::Updated(changed) => changed.iter().map(|Difference { field, .. }| field.clone()).collect(),
        change => panic!("not updated: {change:?}"),
    }
}

fn without_secret(mut client: Value) -> Value {
    client.as_object_mut().unwrap().remove("client_secret");
    client
}

/// A client that authenticates without a secret.
fn public(id: &str) -> Value {
    let settings = json!({ "token_endpoint_auth_methods": ["none"], "grant_types": ["authorization_code"] });
    without_secret(client(id, settings))
}

#[tokio::test]
async fn a_secret_that_signs_is_long_enough() {
    let world = World::new().await;
    let signing = |secret: &str| {
        let settings = json!({ "client_secret": secret, "token_endpoint_auth_methods": ["client_secret_jwt"] });
        clients([client("new", settings)])
    };
    let too_short = Err(InvalidEntry::SecretTooShort("new".to_owned()));
    assert_eq!(apply(&world, signing(&"x".repeat(31))).await, too_short);
    assert_eq!(apply(&world, signing(&"x".repeat(32))).await, Ok(vec!["created"]));
}

#[tokio::test]
async fn a_new_secret_replaces_the_old_one_and_none_keeps_it() {
    let world = World::new().await;
    let silent = without_secret(client("web", json!({ "client_name": "Web" })));
    assert_eq!(apply(&world, clients([silent])).await, Ok(vec!["updated"]));
    world.here.poll().await.unwrap();
    issued(client_credentials(&world.here, "web").await);
    let another = client("web", json!({ "client_name": "Web", "client_secret": "another" }));
    assert_eq!(apply(&world, clients([another.clone()])).await, Ok(vec!["updated"]));
    assert_eq!(apply(&world, clients([another])).await, Ok(vec!["unchanged"]));
    world.here.poll().await.unwrap();
    assert_eq!(refused(client_credentials(&world.here, "web").await), Reason::ClientAuthenticationFailed);
}

#[tokio::test]
async fn a_client_that_begins_to_sign_with_its_secret_needs_it_in_the_file() {
    let world = World::new().await;
    let mut signing = client("web", json!({ "id_token_signed_response_alg": "HS256" }));
    signing.as_object_mut().unwrap().remove("client_secret");
    assert!(apply(&world, clients([signing.clone()])).await.is_err(), "only a hash of it is kept, which cannot sign");
    signing["client_secret"] = json!(secret_of("web"));
    assert_eq!(apply(&world, clients([signing.clone()])).await, Ok(vec!["updated"]));
    signing.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(apply(&world, clients([signing])).await, Ok(vec!["unchanged"]));
}

#[tokio::test]
async fn a_second_secret_outlives_a_file_that_names_the_first() {
    let world = World::new().await;
    let id = client_id("web");
    let rotated = world.here.rotate_client_secret(&id, &SecretRotation::Add(None)).await.unwrap().unwrap();
    let both = stored_secrets(&world, "web").await;
    assert_eq!(both.len(), 2);
    let old = client("web", json!({ "client_name": "Web" }));
    assert_eq!(fields(&world, old).await, ["client_name"]);
    assert_eq!(stored_secrets(&world, "web").await, both);
    let new = client("web", json!({ "client_secret": rotated.generated.unwrap().expose() }));
    assert_eq!(fields(&world, new).await, ["client_name"]);
    assert_eq!(stored_secrets(&world, "web").await, both);
    let third = client("web", json!({ "client_secret": "a-third-one" }));
    assert_eq!(fields(&world, third).await, ["client_secret"], "what replaces them is told");
    assert_eq!(stored_secrets(&world, "web").await.len(), 1);
}

#[tokio::test]
async fn a_secret_that_takes_another_form_is_told() {
    let world = World::new().await;
    let signing = client("web", json!({ "id_token_signed_response_alg": "HS256" }));
    assert_eq!(fields(&world, signing.clone()).await, ["id_token_signed_response_alg", "client_secret"]);
    assert_eq!(apply(&world, clients([signing])).await, Ok(vec!["unchanged"]));
    let sealed = stored_secrets(&world, "web").await;
    assert_eq!(fields(&world, client("web", json!({}))).await, ["id_token_signed_response_alg"]);
    assert_eq!(stored_secrets(&world, "web").await, sealed, "one that can sign can be compared too");
}

#[tokio::test]
async fn a_client_that_becomes_public_keeps_no_secret_that_would_work_again() {
    let world = World::new().await;
    let told = fields(&world, public("web")).await;
    assert!(told.contains(&"client_secret".to_owned()), "{told:?}");
    assert_eq!(stored_secrets(&world, "web").await, []);
    let back = without_secret(client("web", json!({})));
    let missing = Err(InvalidEntry::SecretMissing("web".to_owned()));
    assert_eq!(apply(&world, clients([back])).await, missing);
}

#[tokio::test]
async fn a_secret_goes_with_a_method_that_uses_it() {
    let world = World::new().await;
    let missing = Err(InvalidEntry::SecretMissing("new".to_owned()));
    assert_eq!(apply(&world, clients([without_secret(client("new", json!({})))])).await, missing);
    let mut with_secret = public("new");
    with_secret["client_secret"] = json!("hush");
    assert_eq!(apply(&world, clients([with_secret])).await, Err(InvalidEntry::SecretUnused("new".to_owned())));
    assert!(world.storage.find(&client_id("new")).await.unwrap().is_none());
    assert_eq!(apply(&world, clients([public("new")])).await, Ok(vec!["created"]));
}

#[tokio::test]
async fn what_is_empty_lets_nobody_in() {
    let world = World::new().await;
    let empty = clients([client("new", json!({ "client_secret": "" }))]);
    assert_eq!(apply(&world, empty).await, Err(InvalidEntry::SecretEmpty("new".to_owned())));
    let mut carol = user("carol");
    carol["password"] = json!("");
    let empty = Err(InvalidEntry::PasswordEmpty("carol".to_owned()));
    assert_eq!(apply(&world, users([carol.clone()])).await, empty);
    carol.as_object_mut().unwrap().remove("password");
    carol["password_hash"] = json!("");
    let unusable = apply(&world, users([carol])).await.unwrap_err();
    assert!(matches!(unusable, InvalidEntry::PasswordHash(..)), "{unusable}");
    assert_eq!(world.storage.calls(), [""; 0]);
}

#[tokio::test]
async fn a_password_is_no_longer_than_can_be_hashed() {
    let world = World::new().await;
    let mut carol = user("carol");
    carol["password"] = json!("x".repeat(1025));
    let dry = ApplyOptions { dry_run: true, prune: false };
    let too_long = Err(InvalidEntry::PasswordTooLong("carol".to_owned(), 1024));
    assert_eq!(applied(&world, users([carol.clone()]), dry).await, too_long);
    carol["password"] = json!(format!("as long as it may be {}", "x".repeat(1003)));
    assert_eq!(apply(&world, users([carol])).await, Ok(vec!["created"]));
}

#[tokio::test]
async fn a_password_is_not_taken_that_is_guessed_early() {
    let world = World::new().await;
    for (password, weak) in [
        ("rabbit", WeakPassword::TooShort(8)),
        ("password1", WeakPassword::Common),
        ("carol1990", WeakPassword::Common),
    ] {
        let mut carol = user("carol");
        carol["password"] = json!(password);
        let refused = apply(&world, users([carol])).await;
        assert_eq!(refused, Err(InvalidEntry::PasswordWeak("carol".to_owned(), weak)), "{password}");
    }
    let lenient = World::with(|settings| settings.password_rules.refuse_common = false).await;
    let mut carol = user("carol");
    carol["password"] = json!("password1");
    assert_eq!(apply(&lenient, users([carol])).await, Ok(vec!["created"]));
}
