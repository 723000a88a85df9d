//! Token exchange of our own tokens: chains, and what ends them.

use grantor_domain::error::Reason;
use grantor_domain::grant::token_exchange::{Parameters, TokenType};
use grantor_ports::Sessions as _;
use serde_json::{Value, json};

use crate::fixture::*;

/// A token that the client `a` was granted for itself, and two exchanged from it one after the other: by `a` for `b`, then
/// by `b` for the resource server.
async fn chain(world: &World) -> [String; 3] {
    let first = world.granted("a", "read write").await.access_token;
    let second = exchanged(&world.here, "a", &first, "urn:service:b", None).await;
    let third = exchanged(&world.here, "b", &second, API, None).await;
    [first, second, third]
}

/// A token of the client itself.
async fn own(world: &World, client: &str) -> String {
    issued(client_credentials(&world.here, client).await).access_token
}

async fn are_active(world: &World, tokens: &[String; 3]) -> [bool; 3] {
    let mut found = [false; 3];
    for (token, found) in tokens.iter().zip(&mut found) {
        *found = is_active(&world.here, token).await;
    }
    found
}

#[tokio::test]
async fn a_chain_keeps_its_subject_and_changes_its_audience() {
    let world = World::new().await;
    let [first, second, third] = chain(&world).await;
    let seen = |token: &str| {
        let claims = claims(token);
        let texts = ["sub", "client_id", "scope"].map(|name| claims.text(name).unwrap().to_owned());
        (texts, claims.audience().into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let expect = |client: &str, audience: &str| {
        (["alice".to_owned(), client.to_owned(), "read write".to_owned()], vec![audience.to_owned()])
    };
    assert_eq!(seen(&first), expect("a", ISSUER));
    assert_eq!(seen(&second), expect("a", "urn:service:b"));
    assert_eq!(seen(&third), expect("b", API));
    assert_eq!(claims(&first).time("auth_time"), claims(&third).time("auth_time"));
}

#[tokio::test]
async fn revoking_any_ancestor_ends_the_child() {
    for (revoked, expect) in [(0, [false; 3]), (1, [true, false, false]), (2, [true, true, false])] {
        let world = World::new().await;
        let tokens = chain(&world).await;
        assert_eq!(are_active(&world, &tokens).await, [true; 3]);
        let holder = ["a", "a", "b"][revoked];
        revoke(&world.here, holder, &tokens[revoked]).await.unwrap();
        assert_eq!(are_active(&world, &tokens).await, expect, "{revoked}");
    }
}

#[tokio::test]
async fn the_end_of_the_grant_the_user_or_the_session_ends_them_all() {
    for how in ["grant", "user", "session"] {
        let world = World::new().await;
        let mut tab = Tab::open(&world.here);
        let code = tab.obtains_code(&world.here, &request("a", "read"), "alice").await;
        let granted = issued(redeem(&world.here, "a", &code).await);
        let second = exchanged(&world.here, "a", &granted.access_token, "urn:service:b", None).await;
        let third = exchanged(&world.here, "b", &second, API, None).await;
        world.clock.advance(SECOND);
        match how {
            "grant" => revoke(&world.here, "a", &refresh_token(&granted)).await.unwrap(),
            "user" => assert!(world.here.disable_user(&subject("alice")).await.unwrap()),
            _ => world.storage.end(tab.session(), grantor_domain::time::Timestamp::default(), &[]).await.unwrap(),
        }
        assert_eq!(are_active(&world, &[granted.access_token, second.clone(), third]).await, [false; 3], "{how}");
        assert_eq!(refused(exchange(&world.here, "b", exchange_of(&second)).await), Reason::SubjectTokenInvalid);
    }
}

#[tokio::test]
async fn actors_stand_in_a_chain_the_current_one_outside() {
    let world = World::new().await;
    let first = world.granted("a", "read").await.access_token;
    let second = exchanged(&world.here, "a", &first, "urn:service:b", Some(&own(&world, "a").await)).await;
    let third = exchanged(&world.here, "b", &second, API, Some(&own(&world, "b").await)).await;
    let act = |token: &str| claims(token).get("act").cloned();
    let by_a = json!({ "sub": "a", "client_id": "a" });
    assert_eq!(act(&first), None);
    assert_eq!(act(&second), Some(by_a.clone()));
    assert_eq!(act(&third), Some(json!({ "sub": "b", "client_id": "b", "act": by_a })));
    let shown = introspect(&world.here, "api", &third).await.unwrap();
    assert_eq!((shown["sub"].as_str(), &shown["act"]["act"]["sub"]), (Some("alice"), &json!("a")));
}

#[tokio::test]
async fn a_chain_of_actors_is_of_bounded_depth() {
    let world = World::new().await;
    let mut token = world.granted("a", "read").await.access_token;
    let actor = own(&world, "a").await;
    for _ in 0..world.here.settings().lifetimes.max_actors {
        token = exchanged(&world.here, "a", &token, API, Some(&actor)).await;
    }
    let one_more = Parameters {
        actor_token: Some(secret(&actor)),
        actor_token_type: Some(TokenType::AccessToken.as_str().to_owned()),
        ..exchange_of(&token)
    };
    assert_eq!(refused(exchange(&world.here, "a", one_more).await), Reason::SubjectTokenInvalid);
    issued(exchange(&world.here, "a", exchange_of(&token)).await);
}

#[tokio::test]
async fn the_end_of_the_actor_ends_what_it_does() {
    let world = World::new().await;
    let subject = world.granted("a", "read").await.access_token;
    let (own, person) = (own(&world, "a").await, world.granted("a", "read").await);
    for actor in [&own, &person.access_token] {
        let token = exchanged(&world.here, "a", &subject, API, Some(actor)).await;
        assert!(is_active(&world.here, &token).await);
        revoke(&world.here, "a", actor).await.unwrap();
        assert!(!is_active(&world.here, &token).await);
        let again = Parameters {
            actor_token: Some(secret(actor)),
            actor_token_type: Some(TokenType::AccessToken.as_str().to_owned()),
            ..exchange_of(&subject)
        };
        assert_eq!(refused(exchange(&world.here, "a", again).await), Reason::ActorTokenInvalid);
    }
    assert!(is_active(&world.here, &subject).await);
}

#[tokio::test]
async fn no_exchange_outlives_the_tokens_it_came_from() {
    let world = World::new().await;
    let subject = world.granted("a", "read").await.access_token;
    world.clock.advance(HOUR - MINUTE);
    let answer = issued(exchange(&world.here, "a", exchange_of(&subject)).await);
    assert_eq!(claims(&answer.access_token).time("exp"), claims(&subject).time("exp"));
    assert_eq!((answer.expires_in, answer.refresh_token), (60, None));
    world.clock.advance(MINUTE);
    assert_eq!(refused(exchange(&world.here, "a", exchange_of(&subject)).await), Reason::SubjectTokenInvalid);
}

#[tokio::test]
async fn only_who_holds_a_token_or_is_its_audience_exchanges_it() {
    let world = World::new().await;
    let [first, second, _] = chain(&world).await;
    let check = async |client: &str, parameters: Parameters, expect: Reason| {
        assert_eq!(refused(exchange(&world.here, client, parameters).await), expect, "{client}");
    };
    check("b", exchange_of(&first), Reason::SubjectTokenInvalid).await;
    check("web", exchange_of(&second), Reason::GrantTypeNotAllowed).await;
    let elsewhere = vec!["https://elsewhere.example".to_owned()];
    check("b", Parameters { audience: elsewhere, ..exchange_of(&second) }, Reason::ResourceNotAllowed).await;
    let wider = Some("read write openid".to_owned());
    check("b", Parameters { scope: wider, ..exchange_of(&second) }, Reason::ScopeWidened).await;
    check("b", exchange_of("garbage"), Reason::SubjectTokenInvalid).await;
}

/// What `kind` of token of its own the client may exchange.
async fn exchange_kind(world: &World, client: &str, token: &str, kind: TokenType) -> Result<Value, Reason> {
    let parameters = Parameters { subject_token_type: Some(kind.as_str().to_owned()), ..exchange_of(token) };
    match exchange(&world.here, client, parameters).await {
        Ok(answer) => Ok(json!([claims(&answer.access_token).text("sub"), answer.scope.to_string()])),
        refusal => Err(refused(refusal)),
    }
}

#[tokio::test]
async fn an_id_token_counts_only_where_the_policy_says_so() {
    let world = World::new().await;
    let check = async |client: &str, expect: Result<Value, Reason>| {
        let id_token = world.granted(client, "openid read").await.id_token.unwrap();
        assert_eq!(exchange_kind(&world, client, &id_token, TokenType::IdToken).await, expect, "{client}");
        let as_access = exchange_kind(&world, client, &id_token, TokenType::AccessToken).await;
        assert_eq!(as_access, Err(Reason::SubjectTokenInvalid), "it is no access token, whoever says so");
    };
    check("a", Err(Reason::TokenTypeUnsupported)).await;
    check("reads-id-tokens", Ok(json!(["alice", "openid read"]))).await;
    let granted = world.granted("reads-id-tokens", "openid read").await;
    let access = exchange_kind(&world, "reads-id-tokens", &granted.access_token, TokenType::IdToken).await;
    assert_eq!(access, Err(Reason::SubjectTokenInvalid));
    revoke(&world.here, "reads-id-tokens", &refresh_token(&granted)).await.unwrap();
    let dead = exchange_kind(&world, "reads-id-tokens", &granted.id_token.unwrap(), TokenType::IdToken).await;
    assert_eq!(dead, Err(Reason::SubjectTokenInvalid), "it names its grant, which has ended");
}

#[tokio::test]
async fn a_refresh_token_stands_for_its_grant_and_is_not_spent() {
    let world = World::new().await;
    let first = refresh_token(&world.granted("a", "read").await);
    let check = async |client: &str, token: &str, expect: Result<Value, Reason>| {
        assert_eq!(exchange_kind(&world, client, token, TokenType::RefreshToken).await, expect);
    };
    check("a", &first, Ok(json!(["alice", "read"]))).await;
    check("b", &first, Err(Reason::SubjectTokenInvalid)).await;
    let second = refresh_token(&issued(refresh(&world.here, "a", &first).await));
    check("a", &first, Err(Reason::SubjectTokenInvalid)).await;
    check("a", &second, Ok(json!(["alice", "read"]))).await;
    issued(refresh(&world.here, "a", &second).await);
}
