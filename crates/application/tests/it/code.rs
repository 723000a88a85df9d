//! Redeeming a code: once, by its client, for a person who may still be served; and what a second use ends.

use grantor_application::UserInfoBody;
use grantor_application::admin::Rotation;
use grantor_domain::error::Reason;
use grantor_domain::grant::{TokenRequest, authorization_code::Parameters};
use grantor_ports::{Clock as _, KeyPurpose, Sessions as _};

use crate::fixture::*;

/// Redeems what `change` makes of the right request.
async fn redeem_with(world: &World, code: &str, change: impl FnOnce(&mut Parameters)) -> Reason {
    let mut parameters = redemption("web", code);
    change(&mut parameters);
    refused(world.here.token(&call("web", TokenRequest::AuthorizationCode(parameters))).await)
}

#[tokio::test]
async fn a_code_is_redeemed() {
    let world = World::new().await;
    let answer = world.granted("web", "openid email read").await;
    assert_eq!(answer.scope.to_string(), "openid email read");
    assert!(answer.refresh_token.is_some());
    let (access, id) = (claims(&answer.access_token), claims(answer.id_token.as_ref().unwrap()));
    assert_eq!((access.text("sub"), access.text("client_id")), (Some("alice"), Some("web")));
    assert_eq!((id.text("sub"), id.audience()), (Some("alice"), vec!["web"]));
    assert_eq!((id.text("nonce"), id.text("email")), (Some("nonce"), None));
    let info = userinfo(&world.here, &answer.access_token).await.unwrap();
    let UserInfoBody::Json(claims) = info.body else { panic!("{info:?}") };
    assert_eq!(claims["email"], "alice@example.test");
}

#[tokio::test]
async fn a_second_use_revokes_what_the_first_gave() {
    let world = World::new().await;
    let code = world.code("web", "openid read").await;
    let answer = issued(redeem(&world.here, "web", &code).await);
    world.clock.advance(SECOND);
    assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::CodeReused);
    assert!(!is_active(&world.here, &answer.access_token).await);
    assert_eq!(refused(userinfo(&world.here, &answer.access_token).await), Reason::AccessTokenInvalid);
    assert_eq!(refused(refresh(&world.here, "web", &refresh_token(&answer)).await), Reason::RefreshTokenInvalid);
}

#[tokio::test]
async fn a_second_use_after_the_codes_expiry_revokes_too() {
    let world = World::new().await;
    let code = world.code("web", "read").await;
    let answer = issued(redeem(&world.here, "web", &code).await);
    world.clock.advance(10 * MINUTE);
    assert_eq!(redeem_with(&world, &code, |p| p.code_verifier = None).await, Reason::CodeVerifierMismatch);
    assert!(is_active(&world.here, &answer.access_token).await, "who cannot prove the code is theirs ends nothing");
    assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::CodeInvalid);
    assert!(!is_active(&world.here, &answer.access_token).await);
    assert_eq!(refused(refresh(&world.here, "web", &refresh_token(&answer)).await), Reason::RefreshTokenInvalid);
}

#[tokio::test]
async fn racing_redemptions_give_one_success() {
    let world = World::new().await;
    let services = [world.here.clone(), world.replica().await, world.replica().await];
    for _ in 0..5 {
        let code = world.code("web", "read").await;
        let answers = race(&services, 10, |service| {
            let code = code.clone();
            async move { redeem(&service, "web", &code).await }
        });
        let mut answers = answers.await;
        answers.sort_by_key(Result::is_err);
        let first = issued(answers.remove(0));
        assert!(answers.into_iter().map(refused).all(|reason| reason == Reason::CodeReused));
        assert!(!is_active(&world.here, &first.access_token).await, "the replays ended it");
    }
}

#[tokio::test]
async fn a_code_expires_and_an_expired_one_opens_nothing() {
    let world = World::new().await;
    let (late, in_time) = (world.code("web", "read").await, world.code("web", "read").await);
    world.clock.advance(MINUTE - MILLISECOND);
    issued(redeem(&world.here, "web", &in_time).await);
    world.clock.advance(MILLISECOND);
    assert_eq!(refused(redeem(&world.here, "web", &late).await), Reason::CodeInvalid);
}

#[tokio::test]
async fn refused_redemptions_do_not_burn_the_code() {
    let world = World::new().await;
    let code = world.code("web", "read").await;
    let stranger = refused(redeem(&world.here, "other", &code).await);
    assert_eq!(stranger, Reason::CodeInvalid);
    let check = |reason: Reason, expect: Reason| assert_eq!(reason, expect);
    check(redeem_with(&world, &code, |p| p.code_verifier = None).await, Reason::CodeVerifierMismatch);
    check(
        redeem_with(&world, &code, |p| p.code_verifier = Some(secret(&"x".repeat(43)))).await,
        Reason::CodeVerifierMismatch,
    );
    check(redeem_with(&world, &code, |p| p.redirect_uri = None).await, Reason::CodeInvalid);
    check(
        redeem_with(&world, &code, |p| p.redirect_uri = Some("https://web.example/other".to_owned())).await,
        Reason::CodeInvalid,
    );
    check(redeem_with(&world, &code, |p| p.resource = vec![API.to_owned()]).await, Reason::ResourceNotAllowed);
    check(redeem_with(&world, &code, |p| p.code = Some(secret("gac_no_code"))).await, Reason::CodeInvalid);
    issued(redeem(&world.here, "web", &code).await);
}

#[tokio::test]
async fn a_code_of_a_disabled_user_is_refused_for_good() {
    let world = World::new().await;
    let code = world.code("web", "read").await;
    world.clock.advance(SECOND);
    world.here.disable_user(&subject("alice")).await.unwrap();
    assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::SubjectRefused);
    world.here.enable_user(&subject("alice")).await.unwrap();
    assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::SubjectRefused);
}

#[tokio::test]
async fn a_code_of_an_ended_session_is_refused_whatever_it_asks() {
    let world = World::new().await;
    for scope in ["read", "openid offline_access"] {
        let mut tab = Tab::open(&world.here);
        let code = tab.obtains_code(&world.here, &request("web", scope), "alice").await;
        world.storage.end(tab.session(), world.clock.now().plus(HOUR), &[]).await.unwrap();
        assert_eq!(refused(redeem(&world.here, "web", &code).await), Reason::SubjectRefused, "{scope}");
    }
}

#[tokio::test]
async fn a_code_outlives_a_rotation_of_the_sealing_key() {
    let world = World::new().await;
    let code = world.code("web", "read").await;
    world.here.rotate_keys(&[KeyPurpose::Seal], Rotation::Now).await.unwrap();
    world.here.poll().await.unwrap();
    let newer = world.code("web", "read").await;
    // A replica that has not heard of the new key derives it from its number.
    let elsewhere = world.replica().await;
    issued(redeem(&elsewhere, "web", &code).await);
    issued(redeem(&world.here, "web", &newer).await);
}
