//! Token exchange with tokens that somebody else made (RFC 8693 §2.1): JWTs of issuers whom the policy trusts, and what validators
//! say.

use std::sync::{Arc, LazyLock};

use grantor_application::{Failure, Outcome, TokenAnswer};
use grantor_crypto::{EncryptionSecrets, KeyRing, OsRandom, initial_keys};
use grantor_domain::error::Reason;
use grantor_domain::grant::token_exchange::Parameters;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_ports::Signer as _;
use grantor_testkit::Asked;
use serde_json::{Value, json};

use crate::fixture::*;

const OTHER: &str = "https://other.example";
const JWKS: &str = "https://other.example/keys";
const VALIDATOR: &str = "https://devices.example/check";
const DEVICE_TICKET: &str = "urn:example:device-ticket";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// The keys of the other issuer.
static THEIRS: LazyLock<KeyRing> = LazyLock::new(|| {
    let secrets = EncryptionSecrets::parse(&EncryptionSecrets::generate_file(&OsRandom)).unwrap();
    let keys = initial_keys(&[JwsAlgorithm::ES256], &secrets, &OsRandom, Default::default()).unwrap();
    KeyRing::new(secrets, keys, Arc::new(OsRandom)).unwrap()
});

/// A gateway that exchanges what `trust` names.
async fn world(trust: Value) -> World {
    let world = World::new().await;
    let mut exchange = json!({ "audiences": [API], "impersonation": true, "delegation": true });
    exchange.as_object_mut().unwrap().extend(trust.as_object().unwrap().clone());
    let grants = ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"];
    let gateway = client("gateway", json!({ "grant_types": grants, "exchange": exchange, "resources": [API] }));
    world.apply(json!({ "clients": [gateway] })).await;
    world.storage.web.answer(JWKS, 200, THEIRS.jwks(world.now()).to_string());
    world
}

fn trusting(change: Value) -> Value {
    let mut trusted = json!({ "issuer": OTHER, "map": { "subject_prefix": "other/", "scope": "read write" } });
    trusted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({ "trusted_issuers": [trusted] })
}

/// A token of theirs, for us.
fn theirs(world: &World, change: Value) -> String {
    theirs_of(JwtType::AccessToken, world, change)
}

fn theirs_of(kind: JwtType, world: &World, change: Value) -> String {
    let now = world.now().as_secs();
    let mut claims = json!({ "iss": OTHER, "aud": ISSUER, "sub": "alice", "exp": now + 120, "iat": now });
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    THEIRS.sign(JwsAlgorithm::ES256, kind, claims.to_string().as_bytes(), world.now()).unwrap()
}

async fn exchanges(world: &World, kind: &str, token: &str) -> Outcome<TokenAnswer> {
    let parameters =
        Parameters { subject_token_type: Some(kind.to_owned()), audience: vec![API.to_owned()], ..exchange_of(token) };
    exchange(&world.here, "gateway", parameters).await
}

fn is_outage<T>(outcome: Outcome<T>) -> bool {
    matches!(outcome, Err(Failure::Unavailable(_)))
}

#[tokio::test]
async fn a_jwt_of_a_trusted_issuer_is_exchanged_by_its_policy() {
    let world = world(trusting(json!({ "jwks_uri": JWKS }))).await;
    let answer = issued(exchanges(&world, JWT, &theirs(&world, json!({}))).await);
    assert_eq!((answer.scope.to_string().as_str(), answer.expires_in), ("read write", 120), "no longer than theirs");
    let seen = introspect(&world.here, "api", &answer.access_token).await.unwrap();
    assert_eq!((&seen["sub"], &seen["aud"], &seen["active"]), (&json!("other/alice"), &json!(API), &json!(true)));
    assert_eq!(world.storage.web.asked().len(), 1);
    issued(exchanges(&world, JWT, &theirs(&world, json!({}))).await);
    assert_eq!(world.storage.web.asked().len(), 1, "their keys are kept");
    let parameters = Parameters { scope: Some("read".to_owned()), ..exchange_of(&theirs(&world, json!({}))) };
    let parameters = Parameters { subject_token_type: Some(JWT.to_owned()), ..parameters };
    assert_eq!(issued(exchange(&world.here, "gateway", parameters).await).scope.to_string(), "read");
}

#[tokio::test]
async fn whatever_is_wrong_with_it_is_refused() {
    let world = world(trusting(json!({ "jwks_uri": JWKS }))).await;
    let refused = async |token: &str| refused(exchanges(&world, JWT, token).await);
    let invalid = Reason::SubjectTokenInvalid;
    for change in [
        json!({ "iss": "https://another.example" }),
        json!({ "aud": "https://another.example" }),
        json!({ "exp": world.now().as_secs() }),
        json!({ "sub": null }),
        json!({ "may_act": { "sub": "another" } }),
        json!({ "act": { "sub": "another" } }),
        json!({ "events": {} }),
    ] {
        assert_eq!(refused(&theirs(&world, change.clone())).await, invalid, "{change}");
    }
    assert_eq!(refused(&theirs_of(JwtType::LogoutToken, &world, json!({}))).await, invalid);
    let good = theirs(&world, json!({}));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let forged = theirs(&world, json!({ "sub": "bob" }));
    assert_eq!(refused(&format!("{signed}.{}", forged.rsplit_once('.').unwrap().1)).await, invalid);
    let parts: Vec<_> = good.split('.').collect();
    let unsigned = ["eyJhbGciOiJub25lIn0", parts[1], ""].join(".");
    assert_eq!(refused(&unsigned).await, invalid);
    // It calls itself ours: then only our keys count.
    assert_eq!(refused(&theirs(&world, json!({ "iss": ISSUER }))).await, invalid);
    let of_another =
        exchange(&world.here, "a", Parameters { subject_token_type: Some(JWT.to_owned()), ..exchange_of(&good) });
    assert_eq!(crate::fixture::refused(of_another.await), invalid, "whose policy names nobody");
}

#[tokio::test]
async fn their_keys_are_found_where_their_metadata_say() {
    let world = world(trusting(json!({}))).await;
    let metadata = "https://other.example/.well-known/openid-configuration";
    let token = theirs(&world, json!({}));
    assert!(is_outage(exchanges(&world, JWT, &token).await), "nobody is there: that says nothing about the token");
    world.clock.advance(MINUTE);
    world.storage.web.answer(metadata, 200, json!({ "issuer": "https://x.example", "jwks_uri": JWKS }).to_string());
    assert!(
        is_outage(exchanges(&world, JWT, &theirs(&world, json!({}))).await),
        "one issuer does not speak for another"
    );
    world.clock.advance(HOUR);
    world.storage.web.answer(metadata, 200, json!({ "issuer": OTHER, "jwks_uri": JWKS }).to_string());
    issued(exchanges(&world, JWT, &theirs(&world, json!({}))).await);
}

#[tokio::test]
async fn a_subject_without_prefix_is_a_user_of_ours() {
    let map = json!({ "jwks_uri": JWKS, "map": { "subject_prefix": "", "scope": "read openid" } });
    let world = world(trusting(map)).await;
    let answer = issued(exchanges(&world, JWT, &theirs(&world, json!({}))).await);
    assert_eq!((claims(&answer.access_token).text("sub"), answer.scope.to_string().as_str()), (Some("alice"), "read"));
    let nobody = exchanges(&world, JWT, &theirs(&world, json!({ "sub": "nobody" }))).await;
    assert_eq!(refused(nobody), Reason::SubjectTokenInvalid);
    let refuses = async |change: Value| {
        let outcome = exchanges(&world, JWT, &theirs(&world, change)).await;
        assert_eq!(refused(outcome), Reason::SubjectTokenInvalid);
    };
    refuses(json!({ "iat": null })).await;
    let made_before = json!({ "iat": world.now().as_secs() });
    world.clock.advance(MINUTE);
    issued(exchanges(&world, JWT, &theirs(&world, made_before.clone())).await);
    assert!(world.here.set_password(&subject("alice"), secret("a-new-one-of-hers")).await.unwrap().unwrap());
    refuses(made_before).await;
    issued(exchanges(&world, JWT, &theirs(&world, json!({}))).await);
    assert!(world.here.disable_user(&subject("alice")).await.unwrap());
    refuses(json!({})).await;
}

#[tokio::test]
async fn a_subject_with_a_prefix_is_nobody_of_ours() {
    let map = json!({ "jwks_uri": JWKS, "map": { "subject_prefix": "ali", "scope": "read" } });
    let world = world(trusting(map)).await;
    issued(exchanges(&world, JWT, &theirs(&world, json!({ "sub": "en" }))).await);
    let a_user = exchanges(&world, JWT, &theirs(&world, json!({ "sub": "ce" }))).await;
    assert_eq!(refused(a_user), Reason::SubjectTokenInvalid);
    world.apply(json!({ "clients": [client("aliases", json!({}))] })).await;
    let a_client = exchanges(&world, JWT, &theirs(&world, json!({ "sub": "ases" }))).await;
    assert_eq!(refused(a_client), Reason::SubjectTokenInvalid);
}

#[tokio::test]
async fn whoever_exchanges_it_next_is_told_a_pairwise_subject() {
    let map = json!({ "jwks_uri": JWKS, "map": { "subject_prefix": "", "scope": "read" } });
    let world = world(trusting(map)).await;
    let grants = ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"];
    let exchange = json!({ "audiences": [API], "impersonation": true, "subject_clients": ["gateway"] });
    let apart = client("apart", json!({ "grant_types": grants, "exchange": exchange, "subject_type": "pairwise" }));
    world.apply(json!({ "clients": [apart] })).await;
    let token = issued(exchanges(&world, JWT, &theirs(&world, json!({}))).await).access_token;
    assert_eq!(claims(&token).text("sub"), Some("alice"));
    let told = exchanged(&world.here, "apart", &token, API, None).await;
    assert_ne!(claims(&told).text("sub"), Some("alice"));
}

#[tokio::test]
async fn a_foreign_token_may_act_for_one_of_ours() {
    let world = world(trusting(json!({ "jwks_uri": JWKS }))).await;
    let own = issued(client_credentials(&world.here, "gateway").await).access_token;
    let acting = theirs(&world, json!({ "sub": "robot" }));
    let parameters =
        Parameters { actor_token: Some(secret(&acting)), actor_token_type: Some(JWT.to_owned()), ..exchange_of(&own) };
    let answer = issued(exchange(&world.here, "gateway", parameters).await);
    assert_eq!(claims(&answer.access_token).get("act").unwrap()["sub"], json!("other/robot"));
}

#[tokio::test]
async fn a_validator_is_asked_about_tokens_of_its_type() {
    let map = json!({ "subject_prefix": "device/", "scope": "read write", "scope_claim": "scope" });
    let validator = json!({ "subject_token_type": DEVICE_TICKET, "url": VALIDATOR, "map": map });
    let world = world(json!({ "validators": [validator] })).await;
    assert!(is_outage(exchanges(&world, DEVICE_TICKET, "ticket").await), "nobody is there");
    for (status, body) in [(500, "{}"), (200, "ok"), (302, "{\"active\":true}")] {
        world.storage.web.answer(VALIDATOR, status, body);
        assert!(is_outage(exchanges(&world, DEVICE_TICKET, "ticket").await), "{status} {body}");
    }
    world.storage.web.answer(VALIDATOR, 200, json!({ "active": false }).to_string());
    assert_eq!(refused(exchanges(&world, DEVICE_TICKET, "ticket").await), Reason::SubjectTokenInvalid);
    let exp = world.now().as_secs() + 30;
    let good = json!({ "active": true, "sub": "7", "scope": "read delete", "exp": exp });
    world.storage.web.answer(VALIDATOR, 200, good.to_string());
    let answer = issued(exchanges(&world, DEVICE_TICKET, "ticket").await);
    assert_eq!((answer.scope.to_string().as_str(), answer.expires_in), ("read", 30));
    assert_eq!(claims(&answer.access_token).text("sub"), Some("device/7"));
    let form =
        vec![("token".to_owned(), "ticket".to_owned()), ("token_type_hint".to_owned(), DEVICE_TICKET.to_owned())];
    assert_eq!(world.storage.web.asked().last(), Some(&Asked { url: VALIDATOR.to_owned(), form }));
    let unknown = exchanges(&world, "urn:example:other", "ticket").await;
    assert_eq!(refused(unknown), Reason::TokenTypeUnsupported);
}
