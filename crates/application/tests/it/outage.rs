//! Storage is away: every use case says so and none refuses, because clients would throw good credentials away; what
//! needs no storage goes on for a while.

use grantor_application::admin::{
    ApplyFile, ApplyOptions, KeyChanges, NewClient, NewUser, RevokeTarget, Rotation, SecretRotation,
};
use grantor_application::{ConsentDecision, Next};
use grantor_domain::error::Reason;
use grantor_domain::grant::TokenRequest;
use grantor_domain::grant::client_credentials::Parameters;
use grantor_domain::user::Username;
use grantor_ports::{Clock as _, GrantScope, ImportMode};

use crate::fixture::*;

/// What can be presented while storage is away.
struct Held {
    access_token: String,
    code: String,
    refresh_token: String,
}

async fn held(world: &World) -> Held {
    let answer = world.granted("a", "openid read").await;
    Held {
        code: world.code("a", "openid").await,
        refresh_token: refresh_token(&answer),
        access_token: answer.access_token,
    }
}

#[tokio::test]
async fn the_endpoints_of_clients_are_unavailable_and_nothing_is_lost() {
    let world = World::new().await;
    let Held { access_token, code, refresh_token: token } = held(&world).await;
    let here = &*world.here;
    for client in ["a", "legacy", "api"] {
        here.allows_origin(client, "https://a.example").await;
    }
    world.storage.set_available(false);

    assert_unavailable("code", redeem(here, "a", &code).await);
    assert_unavailable("refresh", refresh(here, "a", &token).await);
    assert_unavailable("refresh that narrows", refresh_asking(here, "a", &token, Some("read")).await);
    assert_unavailable("password", password(here, "legacy", "alice", &password_of("alice")).await);
    assert_unavailable("wrong password", password(here, "legacy", "nobody", "wrong").await);
    assert_unavailable("exchange", exchange(here, "a", exchange_of(&access_token)).await);
    assert_unavailable("introspection", introspect(here, "api", &access_token).await);
    assert_unavailable("introspection of a refresh token", introspect(here, "a", &token).await);
    assert_unavailable("revocation", revoke(here, "a", &access_token).await);
    assert_unavailable("revocation of a refresh token", revoke(here, "a", &token).await);
    assert_unavailable("userinfo", userinfo(here, &access_token).await);
    assert_unavailable("a client that is not cached", client_credentials(here, "web").await);
    assert_unavailable("a client that nobody knows", client_credentials(here, "nobody").await);

    world.storage.set_available(true);
    assert!(is_active(here, &access_token).await);
    issued(redeem(here, "a", &code).await);
    issued(refresh(here, "a", &token).await);
}

/// A redemption that was on its way when storage went may have taken effect, and its replica takes it back in seconds:
/// until then nobody is blamed for it. Afterwards a second use is a second use.
#[tokio::test]
async fn a_code_found_redeemed_right_after_an_outage_is_asked_for_again() {
    let world = World::new().await;
    let code = world.code("web", "openid read").await;
    let answer = issued(redeem(&world.here, "web", &code).await);
    world.storage.set_available(false);
    assert!(world.here.poll().await.is_err());
    world.storage.set_available(true);
    world.here.poll().await.unwrap();
    assert_unavailable("a second use", redeem(&world.here, "web", &code).await);
    assert!(is_active(&world.here, &answer.access_token).await, "nothing is ended yet");
    for _ in 0..6 {
        world.clock.advance(SECOND);
        world.here.poll().await.unwrap();
    }
    assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::CodeReused);
    assert!(!is_active(&world.here, &answer.access_token).await);
}

/// One connection that swallows everything is enough for that; nothing else sees an outage.
#[tokio::test]
async fn a_code_is_asked_for_again_though_one_request_alone_met_an_outage() {
    let world = World::new().await;
    let code = world.code("web", "openid read").await;
    let unheard = issued(redeem(&world.here, "web", &code).await);
    let storage = world.storage.clone();
    world.storage.before("Grants::open", async move { storage.set_available(false) });
    assert_unavailable("told of an outage", redeem(&world.here, "web", &code).await);
    world.storage.set_available(true);
    assert_unavailable("tried again", redeem(&world.here, "web", &code).await);
    assert!(is_active(&world.here, &unheard.access_token).await, "nothing is ended yet");
    world.clock.advance(SECOND * 16);
    assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::CodeReused);
    assert!(!is_active(&world.here, &unheard.access_token).await);
}

#[tokio::test]
async fn an_assertion_is_unavailable_and_can_be_used_afterwards() {
    let world = World::new().await;
    let mut asks = call("signing", TokenRequest::ClientCredentials(Parameters::default()));
    asks.credentials = signed_credentials("signing", "jti-1", world.clock.now().plus(MINUTE).as_secs());
    assert!(!world.here.allows_origin("signing", "https://signing.example").await);
    world.storage.set_available(false);
    assert_unavailable("assertion", world.here.token(&asks).await);
    world.storage.set_available(true);
    issued(world.here.token(&asks).await);
}

#[tokio::test]
async fn the_pages_are_unavailable() {
    let world = World::new().await;
    let here = &*world.here;
    let mut tab = Tab::open(here);
    let sign_in = tab.asks(here, &request("web", "openid")).await;
    let consent = tab.signs_in(here, &sign_in, "alice").await;
    let (Next::SignIn(signing_in), Next::Consent(consenting)) = (&sign_in, &consent) else { panic!("{consent:?}") };
    let (browser, cookie) = (Some(&tab.browser), tab.cookie.as_ref());
    world.storage.set_available(false);

    // The place to tell the client is known without storage, so the client is told.
    let asked = here.authorize(&request("web", "openid"), &tab.browser, cookie).await.unwrap();
    let Next::Refusal { refusal, .. } = asked else { panic!("{asked:?}") };
    assert_eq!(refusal.reason, Reason::TemporarilyUnavailable);
    assert_unavailable("authorize", here.authorize(&request("other", "openid"), &tab.browser, None).await);
    assert_unavailable("sign-in page", here.sign_in_page(signing_in, browser, cookie).await);
    assert_unavailable("sign-in", here.sign_in(&Tab::form(&sign_in, "alice"), browser, None).await);
    assert_unavailable("consent page", here.consent_page(consenting, browser, cookie).await);
    for decision in [ConsentDecision::Allow, ConsentDecision::Deny] {
        assert_unavailable("consent", here.consent(consenting, decision, browser, cookie).await);
    }

    world.storage.set_available(true);
    assert!(matches!(tab.answers(here, &consent, ConsentDecision::Allow).await, Next::Code { .. }));
}

#[tokio::test]
async fn administration_is_unavailable() {
    let world = World::new().await;
    let (here, alice) = (&*world.here, subject("alice"));
    let carol = NewUser {
        username: Username::parse("carol").unwrap(),
        subject: None,
        claims: KeyChanges::default(),
        password: Some(secret("a-new-one-of-hers")),
    };
    world.storage.set_available(false);

    assert_unavailable("list clients", here.list_clients().await);
    let web = client_id("web");
    let rename = KeyChanges { set: vec![("client_name".to_owned(), "Web".to_owned())], unset: Vec::new() };
    let settings = [("grant_types", "[]"), ("id_token_signed_response_alg", "ES256")];
    let set = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let new = NewClient { changes: KeyChanges { set, unset: Vec::new() }, ..NewClient::default() };
    assert_unavailable("create a client", here.create_client(&new).await);
    assert_unavailable("show a client", here.show_client(&web).await);
    assert_unavailable("update a client", here.update_client(&web, &rename, None).await);
    assert_unavailable("rotate a secret", here.rotate_client_secret(&web, &SecretRotation::Add(None)).await);
    assert_unavailable("delete a client", here.delete_client(&web).await);
    assert_unavailable("list keys", here.list_keys().await);
    assert_unavailable("rotate keys", here.rotate_keys(&[], Rotation::Now).await);
    assert_unavailable("find", here.find_user("alice").await);
    assert_unavailable("create a user", here.create_user(carol).await);
    assert_unavailable("list users", here.list_users(None, 10).await);
    assert_unavailable("show a user", here.show_user("alice").await);
    assert_unavailable("update a user", here.update_user(&alice, &rename).await);
    assert_unavailable("unlock a user", here.unlock_user("alice").await);
    assert_unavailable("import users", here.import_users(&[], ImportMode::Commit).await);
    assert_unavailable("disable", here.disable_user(&alice).await);
    assert_unavailable("enable", here.enable_user(&alice).await);
    assert_unavailable("set password", here.set_password(&alice, secret("a-new-one-of-hers")).await);
    for target in [
        RevokeTarget::Before(world.clock.now()),
        RevokeTarget::Scope(GrantScope::Subject(alice)),
        RevokeTarget::Scope(GrantScope::Client(client_id("web"))),
    ] {
        assert_unavailable("revoke grants", here.revoke_grants(&target).await);
    }
    assert_unavailable("apply", here.apply(&registry(), ApplyOptions::default(), &|_| {}).await);
    let nothing = here.apply(&ApplyFile::default(), ApplyOptions::default(), &|_| {}).await.unwrap().unwrap();
    assert_eq!(nothing.objects, [], "nothing asks for nothing");
    assert!(here.check_storage().await.is_err());
}

#[tokio::test]
async fn a_cached_client_is_served_until_its_cache_is_too_old() {
    let world = World::new().await;
    let here = &*world.here;
    issued(client_credentials(here, "web").await);
    world.clock.advance(MINUTE);
    here.poll().await.unwrap();
    issued(client_credentials(here, "web").await);
    world.storage.set_available(false);
    let max_stale = here.settings().cache_max_stale;
    world.clock.advance(max_stale);
    assert_unavailable("poll", here.poll().await);
    issued(client_credentials(here, "web").await);
    world.clock.advance(MILLISECOND);
    assert_unavailable("a cache that is too old", client_credentials(here, "web").await);
    world.storage.set_available(true);
    issued(client_credentials(here, "web").await);
}

#[tokio::test]
async fn a_token_whose_key_cannot_be_looked_up_is_not_called_bad() {
    let world = World::new().await;
    let elsewhere = world.replica().await;
    world.clock.advance(SECOND);
    elsewhere.rotate_keys(&[], Rotation::Now).await.unwrap();
    elsewhere.poll().await.unwrap();
    let token = issued(client_credentials(&elsewhere, "web").await).access_token;
    assert!(!world.here.allows_origin("api", "https://api.example").await);
    world.storage.set_available(false);
    for _ in 0..2 {
        assert_unavailable("introspection", introspect(&world.here, "api", &token).await);
    }
    world.storage.set_available(true);
    assert!(is_active(&world.here, &token).await);
}
