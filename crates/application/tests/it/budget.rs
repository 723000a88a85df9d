//! How many calls to storage a request may take (docs/architecture.md, "Budget"); each is one statement or, where its port
//! says so, one and a look at what was there instead. The stores count their own statements.

use grantor_application::Service;
use grantor_domain::grant::TokenRequest;
use grantor_domain::grant::client_credentials::Parameters;
use grantor_ports::Clock as _;

use crate::fixture::*;

const CLIENTS: [&str; 8] = ["web", "other", "legacy", "signing", "api", "a", "b", "spa"];

/// An installation whose clients are in the cache.
async fn warm() -> World {
    let world = World::new().await;
    for client in CLIENTS {
        world.here.allows_origin(client, "https://web.example").await;
    }
    world
}

/// Requires `work` to take just these calls.
async fn check<T>(world: &World, work: impl Future<Output = T>, expect: &[&str]) -> T {
    world.storage.forget_calls();
    let answer = work.await;
    assert_eq!(world.storage.calls(), expect);
    answer
}

fn here(world: &World) -> &Service {
    &world.here
}

#[tokio::test]
async fn client_credentials_take_none() {
    let world = warm().await;
    issued(check(&world, client_credentials(here(&world), "web"), &[]).await);
    let mut asks = call("signing", TokenRequest::ClientCredentials(Parameters::default()));
    asks.credentials = signed_credentials("signing", "jti-1", world.clock.now().plus(MINUTE).as_secs());
    issued(check(&world, here(&world).token(&asks), &["ReplayGuard::spend"]).await);
}

#[tokio::test]
async fn a_code_takes_one_and_its_reuse_two() {
    let world = warm().await;
    let code = world.code("web", "openid").await;
    let redeeming = || redeem(here(&world), "web", &code);
    issued(check(&world, redeeming(), &["Grants::open"]).await);
    refused(check(&world, redeeming(), &["Grants::open", "Grants::revoke"]).await);
    world.clock.advance(2 * MINUTE);
    refused(check(&world, redeeming(), &["Grants::revoke"]).await);
    refused(check(&world, redeem(here(&world), "other", &code), &[]).await);
}

#[tokio::test]
async fn a_refresh_takes_one_or_two_and_at_most_three() {
    let world = warm().await;
    let first = refresh_token(&world.granted("web", "openid read").await);
    let refreshing = || refresh(here(&world), "web", &first);
    let asking = |scope| refresh_asking(here(&world), "web", &first, Some(scope));
    issued(check(&world, refreshing(), &["Grants::rotate"]).await);
    issued(check(&world, refreshing(), &["Grants::rotate"]).await);
    issued(check(&world, asking("read"), &["Grants::find"]).await);
    refused(check(&world, asking("read write"), &["Grants::find"]).await);
    world.clock.advance(2 * WINDOW);
    refused(check(&world, asking("read"), &["Grants::find", "Grants::revoke"]).await);
    refused(check(&world, refreshing(), &["Grants::rotate"]).await);
}

#[tokio::test]
async fn introspection_userinfo_and_revocation_take_one() {
    let world = warm().await;
    let answer = world.granted("web", "openid").await;
    let (access, token) = (answer.access_token.clone(), refresh_token(&answer));
    check(&world, introspect(here(&world), "api", &access), &["Grants::liveness"]).await.unwrap();
    check(&world, introspect(here(&world), "web", &token), &["Grants::find"]).await.unwrap();
    check(&world, introspect(here(&world), "web", "garbage"), &[]).await.unwrap();
    check(&world, introspect(here(&world), "other", &access), &[]).await.unwrap();
    check(&world, userinfo(here(&world), &access), &["Grants::liveness"]).await.unwrap();
    check(&world, revoke(here(&world), "web", &access), &["Grants::revoke_token"]).await.unwrap();
    check(&world, revoke(here(&world), "web", &token), &["Grants::revoke_held"]).await.unwrap();
    check(&world, revoke(here(&world), "web", "garbage"), &[]).await.unwrap();
}

#[tokio::test]
async fn an_exchange_takes_one_for_each_token() {
    let world = warm().await;
    let subject = world.granted("a", "read").await.access_token;
    let actor = issued(client_credentials(here(&world), "a").await).access_token;
    let live = "Grants::liveness";
    check(&world, exchanged(here(&world), "a", &subject, API, None), &[live]).await;
    check(&world, exchanged(here(&world), "a", &subject, API, Some(&actor)), &[live, live]).await;
}

#[tokio::test]
async fn a_password_takes_three_and_one_more_for_a_stale_hash_or_earlier_failures() {
    let world = warm().await;
    let right = password_of("alice");
    let signs_in = |service, typed: &str| {
        let typed = typed.to_owned();
        async move { password(service, "legacy", "alice", &typed).await }
    };
    issued(
        check(&world, signs_in(here(&world), &right), &["Users::signing_in", "Attempts::tally", "Grants::open"]).await,
    );
    let failing = signs_in(here(&world), "wrong");
    refused(check(&world, failing, &["Users::signing_in", "Attempts::tally", "Attempts::record"]).await);
    let rehashing = world.replica_hashing_with(password_pool(2)).await;
    rehashing.allows_origin("legacy", "https://legacy.example").await;
    let forgiven = ["Users::signing_in", "Attempts::tally", "Attempts::forgive", "Grants::open"];
    issued(check(&world, signs_in(here(&world), &right), &forgiven).await);
    let expect = ["Users::signing_in", "Attempts::tally", "Users::rehash", "Grants::open"];
    issued(check(&world, signs_in(&rehashing, &right), &expect).await);
}
