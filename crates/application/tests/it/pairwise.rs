//! Pairwise subjects (OpenID Connect Core §8): what each client is told, and what comes back from there.

use grantor_application::admin::{ApplyFile, ApplyOptions, KeyChanges, NewClient, NotRetired, Retirement, Rotation};
use grantor_application::{UserInfoBody, admin::InvalidEntry};
use grantor_domain::authorization::Parameters;
use grantor_domain::error::Reason;
use grantor_domain::grant::token_exchange;
use grantor_domain::logout::LogoutParameters;
use grantor_ports::{KeyPurpose, Keys as _};
use serde_json::{Value, json};

use crate::fixture::*;

const SECTOR: &str = "https://sector.example/uris";
const TOLD: &str = "https://apart.example/backchannel";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A client that is told pairwise subjects, changed as `change` says.
fn pairwise(id: &str, change: Value) -> Value {
    let mut client = client(id, json!({ "subject_type": "pairwise", "first_party": true }));
    client.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    client
}

/// The usual clients, one with a sector of its own, one of opaque tokens that exchanges, and two of one sector.
async fn world() -> World {
    let world = World::new().await;
    world.storage.web.answer(SECTOR, 200, json!(["https://one.example/cb", "https://two.example/cb"]).to_string());
    let exchanging = json!({
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", EXCHANGE],
        "exchange": { "audiences": [API], "impersonation": true, "delegation": true, "id_tokens": true },
        "id_token_claims": ["scope"],
        "audiences": ["urn:service:exchanges"],
        "access_token_format": "opaque",
    });
    let clients = json!([
        pairwise("apart", json!({ "backchannel_logout_uri": TOLD })),
        pairwise("exchanges", exchanging),
        pairwise("one", json!({ "sector_identifier_uri": SECTOR })),
        pairwise("two", json!({ "sector_identifier_uri": SECTOR })),
    ]);
    world.apply(json!({ "clients": clients })).await;
    world
}

async fn sub_at(world: &World, client: &str, access_token: &str) -> String {
    let info = userinfo(&world.here, access_token).await.unwrap();
    assert_eq!(info.client_id.as_str(), client);
    let UserInfoBody::Json(claims) = info.body else { panic!("{info:?}") };
    assert_eq!(claims.get("name"), Some(&json!("alice of Wonderland")), "whoever it is");
    claims["sub"].as_str().unwrap().to_owned()
}

/// What `client` is told of Alice, which is everywhere the same.
async fn told(world: &World, client: &str) -> String {
    let granted = world.granted(client, "openid profile offline_access").await;
    let sub = claims(granted.id_token.as_deref().unwrap()).text("sub").unwrap().to_owned();
    assert_eq!(sub_at(world, client, &granted.access_token).await, sub);
    for token in [granted.access_token.as_str(), granted.refresh_token.as_deref().unwrap()] {
        let seen = introspect(&world.here, client, token).await.unwrap();
        assert_eq!((&seen["sub"], seen.get("account")), (&json!(sub), None));
    }
    let refreshed = issued(refresh(&world.here, client, &refresh_token(&granted)).await);
    assert_eq!(claims(refreshed.id_token.as_deref().unwrap()).text("sub"), Some(sub.as_str()));
    sub
}

#[tokio::test]
async fn each_sector_knows_a_person_by_a_name_of_its_own() {
    let world = world().await;
    assert_eq!(told(&world, "web").await, "alice");
    let (apart, one, two) = (told(&world, "apart").await, told(&world, "one").await, told(&world, "two").await);
    assert_eq!(one, two, "one sector");
    assert_ne!(one, apart);
    assert!(one.len() == 43 && one != "alice" && apart != "alice");
    let code = Tab::open(&world.here).obtains_code(&world.here, &request("one", "openid"), "bob").await;
    let bob = issued(redeem(&world.here, "one", &code).await).id_token.unwrap();
    assert_ne!(claims(&bob).text("sub"), Some(one.as_str()));
}

#[tokio::test]
async fn the_name_outlives_every_change_of_keys() {
    let world = world().await;
    let before = told(&world, "apart").await;
    world.here.rotate_keys(&[], Rotation::Now).await.unwrap();
    world.here.rotate_keys(&[KeyPurpose::PairwiseSalt], Rotation::Now).await.unwrap();
    world.here.rewrap_keys().await.unwrap();
    let keys = world.storage.list().await.unwrap();
    let salts: Vec<_> = keys.iter().filter(|key| key.purpose == KeyPurpose::PairwiseSalt).collect();
    let [salt] = salts.as_slice() else { panic!("{salts:?}") };
    let retired = world.here.retire_key(salt.number, Retirement::Now).await.unwrap();
    assert_eq!(retired, Err(NotRetired::KeepsSubjects));
    world.here.poll().await.unwrap();
    assert_eq!(told(&world, "apart").await, before);
}

#[tokio::test]
async fn a_hint_names_the_person_as_the_client_knows_them() {
    let world = world().await;
    let mut tab = Tab::open(&world.here);
    let code = tab.obtains_code(&world.here, &request("apart", "openid"), "alice").await;
    let id_token = issued(redeem(&world.here, "apart", &code).await).id_token.unwrap();
    let sub = claims(&id_token).text("sub").unwrap().to_owned();
    let asks = async |change: Parameters| {
        let silently = Parameters { prompt: Some("none".to_owned()), ..change };
        Stands::from(&tab.asks(&world.here, &silently).await)
    };
    let asked_for = |sub: &str| Parameters {
        claims: Some(json!({ "id_token": { "sub": { "value": sub } } }).to_string()),
        ..request("apart", "openid")
    };
    let hinted = Parameters { id_token_hint: Some(id_token), ..request("apart", "openid") };
    assert_eq!(asks(hinted).await, Stands::Code);
    assert_eq!(asks(asked_for(&sub)).await, Stands::Code);
    assert_eq!(asks(asked_for("alice")).await, Stands::Refused(Reason::LoginRequired));
}

#[tokio::test]
async fn a_logout_token_says_it_too() {
    let world = world().await;
    world.storage.web.answer(TOLD, 200, "");
    let mut tab = Tab::open(&world.here);
    let code = tab.obtains_code(&world.here, &request("apart", "openid"), "alice").await;
    let id_token = issued(redeem(&world.here, "apart", &code).await).id_token.unwrap();
    let parameters = LogoutParameters { id_token_hint: Some(id_token.clone()), ..LogoutParameters::default() };
    let outcome = world.here.logout(&parameters, &tab.browser, tab.cookie.as_ref()).await.unwrap();
    assert!(matches!(outcome, grantor_application::LogoutOutcome::Done(_)), "{outcome:?}");
    assert_eq!(world.here.deliver_due_notices().await.unwrap(), 1);
    let asked = world.storage.web.asked();
    let told = asked.iter().find(|asked| asked.url == TOLD).unwrap();
    let (told, known) = (claims(&told.form[0].1), claims(&id_token));
    assert_eq!((told.text("sub"), told.text("sid")), (known.text("sub"), known.text("sid")));
}

#[tokio::test]
async fn each_sector_knows_a_session_by_a_name_of_its_own() {
    let world = world().await;
    let mut tab = Tab::open(&world.here);
    let mut sid_at = async |client: &str| {
        let code = tab.obtains_code(&world.here, &request(client, "openid"), "alice").await;
        let id_token = issued(redeem(&world.here, client, &code).await).id_token.unwrap();
        claims(&id_token).text("sid").unwrap().to_owned()
    };
    let (public, apart, one, two) =
        (sid_at("web").await, sid_at("apart").await, sid_at("one").await, sid_at("two").await);
    assert_eq!(one, two);
    let distinct: std::collections::BTreeSet<_> = [public, apart, one].into();
    assert_eq!(distinct.len(), 3);
}

#[tokio::test]
async fn an_exchange_finds_the_person_again() {
    let world = world().await;
    let (own, public) = (told(&world, "exchanges").await, world.granted("exchanges", "openid read").await);
    let sub_of = async |token: &str| introspect(&world.here, "api", token).await.unwrap()["sub"].clone();
    let of_opaque = exchanged(&world.here, "exchanges", &public.access_token, API, None).await;
    assert_eq!(sub_of(&of_opaque).await, json!(own), "still the same client");
    let again = exchanged(&world.here, "exchanges", &of_opaque, API, None).await;
    assert_eq!(sub_of(&again).await, json!(own), "and is not hidden twice");
    let by_id_token = token_exchange::Parameters {
        subject_token_type: Some(ID_TOKEN.to_owned()),
        ..exchange_of(public.id_token.as_deref().unwrap())
    };
    let of_id_token = issued(exchange(&world.here, "exchanges", by_id_token).await).access_token;
    assert_eq!(sub_of(&of_id_token).await, json!(own));
    let own_token = issued(client_credentials(&world.here, "exchanges").await).access_token;
    let acting = exchanged(&world.here, "exchanges", &public.access_token, API, Some(&own_token)).await;
    let seen = introspect(&world.here, "api", &acting).await.unwrap();
    assert_eq!((&seen["sub"], &seen["act"]["sub"]), (&json!(own), &json!("exchanges")), "a client has no other name");
    let by_person = exchanged(&world.here, "exchanges", &own_token, API, Some(&public.access_token)).await;
    let seen = introspect(&world.here, "api", &by_person).await.unwrap();
    assert_eq!((&seen["sub"], &seen["act"]["sub"]), (&json!("exchanges"), &json!(own)));
}

#[tokio::test]
async fn a_token_of_a_pairwise_client_is_exchanged_for_one_that_says_who_it_is() {
    let world = world().await;
    let change = json!({ "default_audience": "urn:service:b" });
    world.apply(json!({ "clients": [pairwise("calls-b", change)] })).await;
    let token = world.granted("calls-b", "openid read").await.access_token;
    assert_ne!(claims(&token).text("sub"), Some("alice"));
    let exchanged = exchanged(&world.here, "b", &token, API, None).await;
    assert_eq!(claims(&exchanged).text("sub"), Some("alice"));
}

#[tokio::test]
async fn a_sector_must_name_its_clients() {
    let world = World::new().await;
    let of_sector = |uris: Value| pairwise("s", json!({ "sector_identifier_uri": SECTOR, "redirect_uris": uris }));
    let applies = async |uris: Value| {
        let file: ApplyFile = serde_json::from_value(json!({ "clients": [of_sector(uris)] })).unwrap();
        let applied = world.here.apply(&file, ApplyOptions::default(), &|_| {}).await.unwrap();
        applied.map(|_applied| ()).map_err(|invalid| invalid.to_string())
    };
    let (a, b) = ("https://a.example/cb", "https://b.example/cb");
    let away = "client \"s\": what is at sector_identifier_uri cannot be had: nobody is there";
    assert_eq!(applies(json!([a])).await, Err(away.to_owned()));
    world.storage.web.answer(SECTOR, 404, "");
    assert!(applies(json!([a])).await.unwrap_err().ends_with("it answers with status 404"));
    world.storage.web.answer(SECTOR, 200, json!([a]).to_string());
    assert!(applies(json!([a, b])).await.unwrap_err().contains("names every one of redirect_uris"));
    assert_eq!(applies(json!([a])).await, Ok(()));
    world.storage.web.go_away(SECTOR);
    assert_eq!(applies(json!([a])).await, Ok(()), "what is known is not asked again");
    let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let uris = set("redirect_uris", &json!([b]).to_string());
    let changes = KeyChanges { set: vec![uris.clone()], unset: Vec::new() };
    let refused = world.here.update_client(&client_id("s"), &changes, None).await.unwrap().unwrap_err();
    assert!(refused.to_string().ends_with("nobody is there"), "{refused}");
    let mut new = KeyChanges { set: vec![uris, set("sector_identifier_uri", SECTOR)], unset: Vec::new() };
    new.set.extend([set("grant_types", r#"["authorization_code"]"#), set("subject_type", "pairwise")]);
    new.set.push(set("id_token_signed_response_alg", "ES256"));
    let new = NewClient { changes: new, ..NewClient::default() };
    let refused = world.here.create_client(&new).await.unwrap().unwrap_err();
    let grantor_application::admin::ClientProblem::Invalid(InvalidEntry::Sector(..)) = refused else {
        panic!("{refused:?}")
    };
}
