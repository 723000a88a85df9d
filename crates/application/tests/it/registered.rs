//! Registered scopes and resources: what tokens carry, what people read, what discovery lists, and how replicas follow.

use std::sync::Arc;

use grantor_application::{Service, TokenAnswer};
use grantor_domain::grant::{TokenRequest, client_credentials as for_itself, refresh_token as by_refresh_token};
use serde_json::{Value, json};

use crate::fixture::*;

/// Two resources that know one scope value each.
fn declared() -> Value {
    json!({
        "scopes": [{ "name": "read", "description": "Read your letters" }, { "name": "email", "description": "Write to you" }],
        "resources": [
            { "identifier": API, "name": "Letters", "scopes": ["read"] },
            { "identifier": "urn:service:b", "name": "Photographs", "scopes": ["write"] },
        ],
    })
}

async fn declaring() -> World {
    let world = World::new().await;
    world.apply(declared()).await;
    world.here.poll().await.unwrap();
    world
}

async fn for_resources(on: &Service, resources: &[&str]) -> TokenAnswer {
    let resource = resources.iter().map(|resource| (*resource).to_owned()).collect();
    let parameters = for_itself::Parameters { scope: Some("read write".to_owned()), resource };
    issued(on.token(&call("a", TokenRequest::ClientCredentials(parameters))).await)
}

/// The scope of an answer, after checking that its token says the same.
fn scope_of(answer: &TokenAnswer) -> String {
    let scope = answer.scope.to_string();
    assert_eq!(claims(&answer.access_token).text("scope").unwrap_or_default(), scope);
    scope
}

#[tokio::test]
async fn a_token_carries_what_its_resources_know() {
    let world = declaring().await;
    let check = async |resources: &[&str], expect: &str| {
        assert_eq!(scope_of(&for_resources(&world.here, resources).await), expect, "{resources:?}");
    };
    check(&[], "read write").await;
    check(&[API], "read").await;
    check(&["urn:service:b"], "write").await;
    check(&[API, "urn:service:b"], "read write").await;
    check(&[API, ISSUER], "read write").await;
}

#[tokio::test]
async fn a_narrowed_token_leaves_the_grant_as_it_is() {
    let world = declaring().await;
    let mut parameters = request("a", "openid read write");
    parameters.resource = vec![API.to_owned(), "urn:service:b".to_owned()];
    let code = Tab::open(&world.here).obtains_code(&world.here, &parameters, "alice").await;
    let redemption = redemption("a", &code);
    let narrowed =
        grantor_domain::grant::authorization_code::Parameters { resource: vec![API.to_owned()], ..redemption };
    let answer = issued(world.here.token(&call("a", TokenRequest::AuthorizationCode(narrowed))).await);
    assert_eq!(scope_of(&answer), "openid read");
    let whole = issued(refresh(&world.here, "a", &refresh_token(&answer)).await);
    assert_eq!(scope_of(&whole), "openid read write");
    let parameters = by_refresh_token::Parameters {
        refresh_token: Some(secret(&refresh_token(&whole))),
        scope: None,
        resource: vec!["urn:service:b".to_owned()],
    };
    let other = issued(world.here.token(&call("a", TokenRequest::RefreshToken(parameters))).await);
    assert_eq!(scope_of(&other), "openid write");
}

#[tokio::test]
async fn an_exchanged_token_carries_what_its_audience_knows() {
    let world = declaring().await;
    let token = for_resources(&world.here, &[]).await.access_token;
    let exchanged = exchanged(&world.here, "a", &token, API, None).await;
    assert_eq!(claims(&exchanged).text("scope"), Some("read"));
}

#[tokio::test]
async fn people_read_what_was_registered() {
    let world = declaring().await;
    let mut tab = Tab::open(&world.here);
    let mut parameters = request("a", "openid email read write");
    parameters.resource = vec![API.to_owned(), "https://op.example".to_owned()];
    let next = tab.asks(&world.here, &parameters).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    let view = world.here.consent_page(&pending(&next), Some(&tab.browser), tab.cookie.as_ref()).await.unwrap();
    let view = view.unwrap_or_else(|next| panic!("no page: {next:?}"));
    let described: Vec<_> = view.descriptions.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    assert_eq!(described, ["email: Write to you", "read: Read your letters"]);
    assert_eq!(view.resources, ["Letters"]);
}

#[tokio::test]
async fn discovery_lists_what_is_registered() {
    let world = World::new().await;
    let listed = |on: &Arc<Service>| on.discovery()["scopes_supported"].clone();
    let standard = json!(["openid", "profile", "email", "address", "phone", "offline_access"]);
    assert_eq!(listed(&world.here), standard);
    world.apply(declared()).await;
    assert_eq!(listed(&world.here), standard, "a replica follows by its poll");
    world.here.poll().await.unwrap();
    let mut expect = standard.as_array().unwrap().clone();
    expect.push(json!("read"));
    assert_eq!(listed(&world.here), Value::Array(expect.clone()));
    assert_eq!(listed(&world.replica().await), Value::Array(expect), "one that starts now reads it at once");
}

#[tokio::test]
async fn a_registry_that_cannot_be_read_leaves_the_last_one_in_force() {
    let world = declaring().await;
    world.clock.advance(2 * MINUTE);
    world.apply(json!({ "resources": [{ "identifier": API, "name": "Letters", "scopes": ["write"] }] })).await;
    let storage = world.storage.clone();
    world.storage.before("Declarations::registry", async move { storage.set_available(false) });
    assert_unavailable("poll", world.here.poll().await);
    world.storage.set_available(true);
    assert_eq!(scope_of(&for_resources(&world.here, &[API]).await), "read");
    // The change itself is out of sight by then.
    for _second in 0..120 {
        world.clock.advance(SECOND);
        world.here.poll().await.unwrap();
    }
    assert_eq!(scope_of(&for_resources(&world.here, &[API]).await), "write");
}

#[tokio::test]
async fn nobody_starts_without_the_registry() {
    let world = declaring().await;
    let storage = world.storage.clone();
    world.storage.before("Declarations::registry", async move { storage.set_available(false) });
    assert_unavailable("start", world.try_replica().await);
    world.storage.set_available(true);
    assert_eq!(scope_of(&for_resources(&world.try_replica().await.unwrap(), &[API]).await), "read");
}

#[tokio::test]
async fn a_replica_that_was_away_for_long_reads_the_registry_again() {
    let world = World::new().await;
    world.apply(declared()).await;
    world.clock.advance(10 * MINUTE);
    world.here.poll().await.unwrap();
    assert_eq!(scope_of(&for_resources(&world.here, &[API]).await), "read");
}
