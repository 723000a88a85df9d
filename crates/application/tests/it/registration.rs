//! Clients that register themselves (RFC 7591), and look after that (RFC 7592), in virtual time.

use std::time::Duration;

use grantor_application::{
    AuditKind, InitialTokenUse, Outcome, PresentedCredentials, RegistrationAccess, RegistrationAnswer,
    RegistrationCall, RegistrationSettings, TokenCall,
};
use grantor_domain::authorization::Parameters;
use grantor_domain::client::RegistrationPolicy;
use grantor_domain::error::Reason;
use grantor_domain::grant::TokenRequest;
use grantor_domain::secret::Secret;
use grantor_ports::{Clients, Registrations};
use serde_json::{Value, json};

use crate::fixture::*;

const SECTOR: &str = "https://sector.example/uris";

fn settings(access: RegistrationAccess) -> RegistrationSettings {
    RegistrationSettings {
        access,
        policy: RegistrationPolicy::default(),
        unused_lifetime: 24 * HOUR,
        per_address: 5,
        most: 8,
    }
}

async fn world(access: RegistrationAccess) -> World {
    World::with(|world| world.registration = Some(settings(access))).await
}

async fn open() -> World {
    world(RegistrationAccess::Open).await
}

/// An application by this name, its keys those that the test ring has.
fn metadata(name: &str, change: Value) -> Value {
    let mut metadata = json!({
        "client_name": name,
        "redirect_uris": [format!("https://{name}.example/cb")],
        "grant_types": ["authorization_code", "refresh_token"],
        "id_token_signed_response_alg": "ES256",
    });
    metadata.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    metadata
}

fn object(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn register_from(
    world: &World,
    address: &str,
    token: Option<&Secret>,
    metadata: &Value,
) -> Outcome<RegistrationAnswer> {
    let (metadata, address) = (object(metadata), Some(address.to_owned()));
    world.here.register(&RegistrationCall { token: token.cloned(), metadata, address }).await
}

async fn register(world: &World, metadata: &Value) -> RegistrationAnswer {
    register_from(world, "192.0.2.7", None, metadata).await.unwrap()
}

fn id_of(answer: &RegistrationAnswer) -> String {
    answer.settings.client_id.to_string()
}

/// Asks for tokens with the code that Alice lets it have.
async fn is_given_tokens(world: &World, answer: &RegistrationAnswer) -> bool {
    let redirect_uri = answer.settings.redirect_uris.first().cloned();
    let asking =
        Parameters { client_id: Some(id_of(answer)), redirect_uri: redirect_uri.clone(), ..request("web", "openid") };
    let code = Tab::open(&world.here).obtains_code(&world.here, &asking, "alice").await;
    let credentials = PresentedCredentials {
        client_id: asking.client_id,
        client_secret: answer.client_secret.clone(),
        ..PresentedCredentials::default()
    };
    let redemption = grantor_domain::grant::authorization_code::Parameters { redirect_uri, ..redemption("web", &code) };
    let (request, path) = (TokenRequest::AuthorizationCode(redemption), "/oauth/token".to_owned());
    world.here.token(&TokenCall { credentials, request, path, address: None }).await.is_ok()
}

#[tokio::test]
async fn a_client_that_registered_itself_is_a_client() {
    let world = open().await;
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let answer = register(&world, &metadata("app", json!({ "token_endpoint_auth_method": method }))).await;
        assert_eq!(answer.client_secret.is_some(), method != "none");
        assert_eq!(answer.uri, format!("{ISSUER}/oauth/register/{}", id_of(&answer)));
        if method != "client_secret_basic" {
            assert!(is_given_tokens(&world, &answer).await, "{method}");
        }
    }
    let events = world.here.reading().audit_events;
    assert!(events.contains(&(AuditKind::ClientRegistration, 3)));
}

#[tokio::test]
async fn where_nobody_may_register_nobody_does() {
    let world = World::new().await;
    let refused = refused(register_from(&world, "192.0.2.7", None, &metadata("app", json!({}))).await);
    assert_eq!(refused, Reason::RegistrationUnsupported);
}

#[tokio::test]
async fn an_initial_access_token_lets_register_as_often_as_it_says() {
    let world = world(RegistrationAccess::InitialToken).await;
    let token = |lifetime, usage| world.here.new_initial_token(lifetime, usage).unwrap();
    let attempt = async |token: Option<&Secret>, name: &str| {
        register_from(&world, "192.0.2.7", token, &metadata(name, json!({}))).await
    };
    assert_eq!(refused(attempt(None, "a").await), Reason::AccessTokenMissing);
    assert_eq!(refused(attempt(Some(&secret("no token")), "a").await), Reason::AccessTokenInvalid);
    let once = token(HOUR, InitialTokenUse::Once).unwrap();
    let wrong = register_from(&world, "192.0.2.7", Some(&once), &json!({ "redirect_uris": ["x"] })).await;
    assert_eq!(refused(wrong), Reason::RegistrationUriInvalid, "which uses nothing up");
    attempt(Some(&once), "a").await.unwrap();
    assert_eq!(refused(attempt(Some(&once), "b").await), Reason::AccessTokenInvalid);
    attempt(Some(&once), "a").await.unwrap();
    let many = token(HOUR, InitialTokenUse::Many).unwrap();
    for name in ["c", "d"] {
        attempt(Some(&many), name).await.unwrap();
    }
    world.clock.advance(HOUR);
    assert_eq!(refused(attempt(Some(&many), "e").await), Reason::AccessTokenInvalid);
    let too_long = world.here.settings().lifetimes.grant_max + Duration::from_secs(1);
    assert!(token(too_long, InitialTokenUse::Once).is_err());
}

#[tokio::test]
async fn an_initial_access_token_that_many_use_at_once_registers_one_client() {
    let world = world(RegistrationAccess::InitialToken).await;
    let token = world.here.new_initial_token(HOUR, InitialTokenUse::Once).unwrap().unwrap();
    let here = world.here.clone();
    let answers = grantor_testkit::contract::race(16, |caller| {
        let (here, token) = (here.clone(), token.clone());
        let metadata = object(&metadata(&format!("app{caller}"), json!({})));
        async move { here.register(&RegistrationCall { token: Some(token), metadata, address: None }).await.is_ok() }
    })
    .await;
    assert_eq!(answers.into_iter().filter(|is_ok| *is_ok).count(), 1);
}

#[tokio::test]
async fn an_address_registers_so_many_an_hour_and_all_together_so_many() {
    let world = open().await;
    let attempt =
        async |address: &str, name: &str| register_from(&world, address, None, &metadata(name, json!({}))).await;
    let first = attempt("2001:db8::0", "a0").await.unwrap();
    for number in 1..5 {
        // Of IPv6 a subscriber has 64 bits: they are one place.
        attempt(&format!("2001:db8::{number}"), &format!("a{number}")).await.unwrap();
    }
    assert_eq!(refused(attempt("2001:db8::9", "b").await), Reason::RegistrationQuotaReached);
    for (address, name) in [("192.0.2.1", "c"), ("192.0.2.2", "d"), ("192.0.2.3", "e")] {
        attempt(address, name).await.unwrap();
    }
    assert_eq!(refused(attempt("192.0.2.4", "f").await), Reason::RegistrationQuotaReached, "eight are there");
    world.here.delete_registration(&id_of(&first), Some(&first.token)).await.unwrap();
    world.clock.advance(HOUR + SECOND);
    attempt("2001:db8::9", "b").await.unwrap();
}

#[tokio::test]
async fn whoever_registers_with_the_same_token_again_gets_the_same_client() {
    let world = world(RegistrationAccess::InitialToken).await;
    let token = world.here.new_initial_token(HOUR, InitialTokenUse::Once).unwrap().unwrap();
    let attempt = async || register_from(&world, "192.0.2.7", Some(&token), &metadata("app", json!({}))).await;
    let first = attempt().await.unwrap();
    world.clock.advance(MINUTE);
    let second = attempt().await.unwrap();
    assert_eq!(id_of(&first), id_of(&second));
    let reads = async |answer: &RegistrationAnswer| {
        world.here.read_registration(&id_of(answer), Some(&answer.token)).await.map(|_read| ())
    };
    assert_eq!(refused(reads(&first).await), Reason::AccessTokenInvalid, "nobody had it");
    reads(&second).await.unwrap();
    assert!(is_given_tokens(&world, &second).await, "with the new secret");
    assert_eq!(refused(attempt().await), Reason::AccessTokenInvalid, "that one is in use");
}

#[tokio::test]
async fn nobody_is_given_another_s_client() {
    let world = open().await;
    let asked = metadata("app", json!({}));
    let attempt = async |address: &str| register_from(&world, address, None, &asked).await;
    let mut ids = std::collections::BTreeSet::new();
    for _alike in 0..5 {
        ids.insert(id_of(&attempt("192.0.2.7").await.unwrap()));
    }
    assert_eq!(ids.len(), 5, "what one of a household has no other may take over");
    world.clock.advance(2 * HOUR);
    assert_eq!(refused(attempt("192.0.2.7").await), Reason::RegistrationQuotaReached, "five alike that nobody uses");
    ids.insert(id_of(&attempt("192.0.2.8").await.unwrap()));
    let other = metadata("app", json!({ "software_version": "2" }));
    ids.insert(id_of(&register(&world, &other).await));
    assert_eq!(ids.len(), 7);
}

#[tokio::test]
async fn a_client_that_was_given_tokens_stays() {
    let world = open().await;
    let (used, unused) =
        (register(&world, &metadata("used", json!({}))).await, register(&world, &metadata("unused", json!({}))).await);
    assert!(is_given_tokens(&world, &used).await);
    world.storage.forget_calls();
    assert!(is_given_tokens(&world, &used).await);
    assert!(!world.storage.calls().contains(&"Registrations::complete"), "which is known by now");
    let expires = async |answer: &RegistrationAnswer| {
        let found = Registrations::find(&*world.storage, &answer.settings.client_id).await.unwrap();
        found.unwrap().expires_at
    };
    assert_eq!(expires(&used).await, None);
    assert_eq!(expires(&unused).await, Some(world.now().plus(24 * HOUR)));
}

#[tokio::test]
async fn a_client_reads_changes_and_deletes_itself() {
    let world = open().await;
    let answer = register(&world, &metadata("app", json!({ "client_uri": "https://app.example/" }))).await;
    let (id, token) = (id_of(&answer), Some(&answer.token));
    let read = world.here.read_registration(&id, token).await.unwrap();
    assert_eq!((read.settings.clone(), read.client_secret.is_none()), (answer.settings.clone(), true));
    let change = async |change: Value| {
        let mut all = metadata("renamed", json!({ "client_id": id }));
        all.as_object_mut().unwrap().extend(object(&change));
        world.here.update_registration(&id, token, &object(&all)).await
    };
    let updated = change(json!({ "client_secret": answer.client_secret.as_ref().unwrap().expose() })).await.unwrap();
    assert_eq!(updated.settings.client_name.as_deref(), Some("renamed"));
    assert_eq!(updated.settings.client_uri, None, "what is not said is not kept");
    assert!(updated.client_secret.is_none(), "its secret is still good");
    for (wrong, member) in [
        (json!({ "client_id": "another" }), "client_id"),
        (json!({ "client_secret": "another" }), "client_secret"),
        (json!({ "registration_access_token": "x" }), "registration_access_token"),
        (json!({ "logo_uri": "x" }), "logo_uri"),
    ] {
        let failure = change(wrong).await.map(|_answer| ()).unwrap_err();
        assert!(failure.description().ends_with(member), "{}", failure.description());
    }
    let public = change(json!({ "token_endpoint_auth_method": "none" })).await.unwrap();
    assert!(public.client_secret.is_none());
    let confidential = change(json!({})).await.unwrap();
    assert!(confidential.client_secret.is_some(), "it needs one again");
    assert!(is_given_tokens(&world, &RegistrationAnswer { client_secret: confidential.client_secret, ..public }).await);
    let others = register(&world, &metadata("other", json!({}))).await;
    for strange in [None, Some(&others.token), Some(&secret("x"))] {
        let reason = refused(world.here.read_registration(&id, strange).await);
        assert!(matches!(reason, Reason::AccessTokenInvalid | Reason::AccessTokenMissing));
    }
    assert_eq!(refused(world.here.read_registration("web", token).await), Reason::AccessTokenInvalid);
    world.here.delete_registration(&id, token).await.unwrap();
    assert_eq!(refused(world.here.read_registration(&id, token).await), Reason::AccessTokenInvalid);
    assert_eq!(Clients::find(&*world.storage, &client_id(&id)).await.unwrap(), None);
}

#[tokio::test]
async fn people_are_asked_again_about_a_client_that_is_not_what_they_allowed() {
    let world = open().await;
    let answer = register(&world, &metadata("app", json!({}))).await;
    let redirect_uri = answer.settings.redirect_uris.first().cloned();
    let asking = Parameters { client_id: Some(id_of(&answer)), redirect_uri, ..request("web", "openid") };
    let mut tab = Tab::open(&world.here);
    tab.obtains_code(&world.here, &asking, "alice").await;
    let stands = async |tab: &Tab| Stands::from(&tab.asks(&world.here, &asking).await);
    assert_eq!(stands(&tab).await, Stands::Code, "which is remembered");
    let change = async |change: Value| {
        let mut all = metadata("app", json!({ "client_id": id_of(&answer) }));
        all.as_object_mut().unwrap().extend(object(&change));
        world.here.update_registration(&id_of(&answer), Some(&answer.token), &object(&all)).await.unwrap();
    };
    change(json!({ "software_version": "2" })).await;
    assert_eq!(stands(&tab).await, Stands::Code);
    change(json!({ "client_name": "Your Bank" })).await;
    assert_eq!(stands(&tab).await, Stands::Consent);
}

#[tokio::test]
async fn a_client_stays_from_its_first_code_on() {
    let world = open().await;
    let answer = register(&world, &metadata("app", json!({}))).await;
    let redirect_uri = answer.settings.redirect_uris.first().cloned();
    let asking = Parameters { client_id: Some(id_of(&answer)), redirect_uri, ..request("web", "openid") };
    Tab::open(&world.here).obtains_code(&world.here, &asking, "alice").await;
    let found = Registrations::find(&*world.storage, &answer.settings.client_id).await.unwrap();
    assert_eq!(found.unwrap().expires_at, None, "though nobody redeemed it");
}

#[tokio::test]
async fn whom_an_administrator_vouches_for_changes_nothing_any_more() {
    let world = open().await;
    let answer = register(&world, &metadata("app", json!({}))).await;
    let id = client_id(&id_of(&answer));
    let vouch = grantor_application::admin::KeyChanges { unset: vec!["self_registered".to_owned()], set: Vec::new() };
    world.here.update_client(&id, &vouch, None).await.unwrap().unwrap();
    let read = world.here.read_registration(&id_of(&answer), Some(&answer.token)).await;
    assert_eq!(refused(read), Reason::AccessTokenInvalid);
}

#[tokio::test]
async fn a_sector_that_does_not_name_the_client_is_refused() {
    let world = open().await;
    let asked = metadata("app", json!({ "subject_type": "pairwise", "sector_identifier_uri": SECTOR }));
    let attempt = async || register_from(&world, "192.0.2.7", None, &asked).await;
    assert_eq!(refused(attempt().await), Reason::ClientMetadataInvalid, "nobody is there");
    world.storage.web.answer(SECTOR, 200, json!(["https://other.example/cb"]).to_string());
    assert_eq!(refused(attempt().await), Reason::RegistrationUriInvalid);
    world.storage.web.answer(SECTOR, 200, json!(["https://app.example/cb"]).to_string());
    attempt().await.unwrap();
    let unsigned = metadata("ps", json!({ "id_token_signed_response_alg": "PS256" }));
    assert_eq!(refused(register_from(&world, "192.0.2.7", None, &unsigned).await), Reason::ClientMetadataInvalid);
}

#[tokio::test]
async fn people_are_led_to_no_client_that_nobody_vouches_for_unless_they_signed_in() {
    let world = open().await;
    let answer = register(&world, &metadata("app", json!({}))).await;
    let redirect_uri = answer.settings.redirect_uris.first().cloned();
    let asking = |scope: &str, prompt: Option<&str>| Parameters {
        client_id: Some(id_of(&answer)),
        redirect_uri: redirect_uri.clone(),
        prompt: prompt.map(str::to_owned),
        ..request("web", scope)
    };
    let mut tab = Tab::open(&world.here);
    let stands = async |tab: &Tab, asking: &Parameters| Stands::from(&tab.asks(&world.here, asking).await);
    assert_eq!(stands(&tab, &asking("admin", None)).await, Stands::Leave(Reason::ScopeInvalid));
    assert_eq!(stands(&tab, &asking("admin", Some("none"))).await, Stands::Refused(Reason::ScopeInvalid));
    assert_eq!(stands(&tab, &asking("openid", Some("none"))).await, Stands::Refused(Reason::LoginRequired));
    assert_eq!(stands(&tab, &request("web", "admin")).await, Stands::Refused(Reason::ScopeInvalid), "an operator's");
    tab.obtains_code(&world.here, &asking("openid", None), "alice").await;
    assert_eq!(stands(&tab, &asking("admin", None)).await, Stands::Refused(Reason::ScopeInvalid));
}
