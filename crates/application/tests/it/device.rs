//! Devices without a browser, in virtual time: how often one may ask, and for how long.

use std::time::Duration;

use grantor_application::{ConsentDecision, DeviceAnswer, DeviceCall, DeviceEntry};
use grantor_domain::error::Reason;
use grantor_domain::grant::TokenRequest;
use grantor_domain::grant::device_code::{AuthorizationParameters, Parameters};
use serde_json::json;

use crate::fixture::*;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn with_a_tv() -> World {
    let world = World::new().await;
    let tv = client("tv", json!({ "grant_types": [GRANT, "refresh_token"], "redirect_uris": [] }));
    world.apply(json!({ "clients": [tv] })).await;
    world
}

async fn asked(world: &World) -> DeviceAnswer {
    let parameters = AuthorizationParameters { scope: Some("openid read".to_owned()), resource: Vec::new() };
    world.here.authorize_device(&DeviceCall { credentials: credentials("tv"), parameters }).await.unwrap()
}

async fn poll(world: &World, answer: &DeviceAnswer) -> Result<(), Reason> {
    let parameters = Parameters { device_code: Some(answer.device_code.clone()) };
    match world.here.token(&call("tv", TokenRequest::DeviceCode(parameters))).await {
        Ok(_) => Ok(()),
        failed => Err(refused(failed)),
    }
}

async fn decides(world: &World, answer: &DeviceAnswer, decision: ConsentDecision) {
    let mut tab = Tab::open(&world.here);
    let typed = answer.user_code.to_string();
    let entry = world.here.enter_user_code(&typed, None, &tab.browser, None).await.unwrap();
    let DeviceEntry::Next(next) = entry else { panic!("{entry:?}") };
    let next = tab.signs_in(&world.here, &next, "alice").await;
    let decided = tab.answers(&world.here, &next, decision).await;
    assert_eq!(Stands::from(&decided), Stands::DeviceDecided(decision == ConsentDecision::Allow));
}

#[tokio::test]
async fn a_device_waits_its_interval_and_longer_when_it_did_not() {
    let world = with_a_tv().await;
    let answer = asked(&world).await;
    for (seconds, expect) in [
        (0, Reason::AuthorizationPending),
        (5, Reason::AuthorizationPending),
        (1, Reason::SlowDown),
        (6, Reason::SlowDown),
        (15, Reason::AuthorizationPending),
    ] {
        world.clock.advance(Duration::from_secs(seconds));
        assert_eq!(poll(&world, &answer).await, Err(expect), "after {seconds}");
    }
    decides(&world, &answer, ConsentDecision::Allow).await;
    assert_eq!(poll(&world, &answer).await, Ok(()), "whoever may go on is not told to wait");
}

#[tokio::test]
async fn after_ten_minutes_it_is_over_for_both() {
    let world = with_a_tv().await;
    let (answer, decided) = (asked(&world).await, asked(&world).await);
    decides(&world, &decided, ConsentDecision::Allow).await;
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(poll(&world, &answer).await, Err(Reason::DeviceCodeExpired));
    assert_eq!(poll(&world, &decided).await, Err(Reason::DeviceCodeExpired));
    let browser = world.here.new_browser();
    let entry = world.here.enter_user_code(&answer.user_code.to_string(), None, &browser, None).await.unwrap();
    assert!(matches!(entry, DeviceEntry::Wrong));
}

#[tokio::test]
async fn typed_codes_are_forgotten_after_a_while_and_are_one_places_own() {
    let world = with_a_tv().await;
    let browser = world.here.new_browser();
    let enter = async |address: &str| world.here.enter_user_code("BBBB-BBBB", Some(address), &browser, None).await;
    for _ in 0..20 {
        assert!(matches!(enter("192.0.2.1").await.unwrap(), DeviceEntry::Wrong));
    }
    assert_eq!(refused(enter("192.0.2.1").await), Reason::TooManyAttempts);
    assert!(matches!(enter("192.0.2.2").await.unwrap(), DeviceEntry::Wrong));
    for host in 0..20 {
        assert!(matches!(enter(&format!("2001:db8::{host:x}")).await.unwrap(), DeviceEntry::Wrong));
    }
    assert_eq!(refused(enter("2001:db8::ffff:1").await), Reason::TooManyAttempts, "one subscriber's");
    assert!(matches!(enter("2001:db8:0:1::1").await.unwrap(), DeviceEntry::Wrong));
    world.clock.advance(Duration::from_secs(601));
    assert!(matches!(enter("192.0.2.1").await.unwrap(), DeviceEntry::Wrong));
}

#[tokio::test]
async fn an_answer_takes_two_calls_and_a_poll_one() {
    let world = with_a_tv().await;
    let answer = asked(&world).await;
    assert_eq!(world.calls_of(poll(&world, &answer)).await, 1);
    decides(&world, &answer, ConsentDecision::Allow).await;
    assert_eq!(world.calls_of(poll(&world, &answer)).await, 2);
}

#[tokio::test]
async fn an_outage_is_no_answer() {
    let world = with_a_tv().await;
    let answer = asked(&world).await;
    world.storage.set_available(false);
    let parameters = Parameters { device_code: Some(answer.device_code.clone()) };
    assert_unavailable("a poll", world.here.token(&call("tv", TokenRequest::DeviceCode(parameters))).await);
    let browser = world.here.new_browser();
    let typed = answer.user_code.to_string();
    assert_unavailable("a code", world.here.enter_user_code(&typed, None, &browser, None).await);
}
