//! The end of a session, and who is told of it, in virtual time.

use std::time::Duration;

use grantor_application::admin::Rotation;
use grantor_application::{AuditKind, LogoutOutcome, SignedOut};
use grantor_domain::authorization::Parameters;
use grantor_domain::error::Reason;
use grantor_domain::logout::LogoutParameters;
use grantor_testkit::Asked;
use serde_json::json;

use crate::fixture::*;

const THERE: &str = "https://told.example/backchannel";

/// Two clients that want to be told, each its own way.
async fn telling() -> World {
    let world = World::new().await;
    let told = client("told", json!({ "backchannel_logout_uri": THERE, "first_party": true }));
    let shown =
        client("shown", json!({ "frontchannel_logout_uri": "https://shown.example/out?x=1", "first_party": true }));
    world.apply(json!({ "clients": [told, shown] })).await;
    world
}

/// Alice goes to these clients, and then one of them signs her out.
async fn signs_out(world: &World, clients: &[&str]) -> (String, SignedOut) {
    let mut tab = Tab::open(&world.here);
    let mut id_token = None;
    for client in clients {
        let code = tab.obtains_code(&world.here, &request(client, "openid"), "alice").await;
        id_token = issued(redeem(&world.here, client, &code).await).id_token;
    }
    let parameters = LogoutParameters { id_token_hint: id_token, ..LogoutParameters::default() };
    let outcome = world.here.logout(&parameters, &tab.browser, tab.cookie.as_ref()).await.unwrap();
    let LogoutOutcome::Done(done) = outcome else { panic!("{outcome:?}") };
    (tab.session().to_string(), done)
}

#[tokio::test]
async fn clients_are_told_too_when_an_operator_ends_what_a_person_has() {
    let world = telling().await;
    world.storage.web.answer(THERE, 200, "");
    let alice = subject("alice");
    let told = async || {
        let before = world.storage.web.asked().len();
        world.here.deliver_due_notices().await.unwrap();
        world.storage.web.asked().len() - before
    };
    for _browser in 0..2 {
        Tab::open(&world.here).obtains_code(&world.here, &request("told", "openid"), "alice").await;
    }
    Tab::open(&world.here).obtains_code(&world.here, &request("told", "openid"), "bob").await;
    let sets_password = async || {
        world.clock.advance(SECOND);
        assert!(world.here.set_password(&alice, secret(&password_of("alice"))).await.unwrap().unwrap());
    };
    sets_password().await;
    assert_eq!(told().await, 2, "of each of her sessions");
    sets_password().await;
    assert_eq!(told().await, 0, "once");
    Tab::open(&world.here).obtains_code(&world.here, &request("told", "openid"), "alice").await;
    world.clock.advance(SECOND);
    assert!(world.here.disable_user(&alice).await.unwrap());
    assert_eq!(told().await, 1);
    assert!(!world.here.disable_user(&subject("nobody")).await.unwrap());
}

#[tokio::test]
async fn who_had_a_code_in_the_session_is_told() {
    let world = telling().await;
    world.storage.web.answer(THERE, 200, "");
    let (session, done) = signs_out(&world, &["told", "shown", "web", "told"]).await;
    let frames: Vec<_> = done.frames.iter().map(|frame| frame.as_str().to_owned()).collect();
    let iss = ISSUER.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(frames, [format!("https://shown.example/out?x=1&iss={iss}&sid={session}")]);
    assert_eq!(world.here.deliver_due_notices().await.unwrap(), 1);
    let asked = world.storage.web.asked();
    let [Asked { url, form }] = asked.as_slice() else { panic!("{asked:?}") };
    let [(name, token)] = form.as_slice() else { panic!("{form:?}") };
    assert_eq!((url.as_str(), name.as_str()), (THERE, "logout_token"));
    let claims = claims(token);
    assert_eq!((claims.text("sub"), claims.text("sid")), (Some("alice"), Some(session.as_str())));
    assert_eq!((claims.text("iss"), claims.audience()), (Some(ISSUER), vec!["told"]));
    assert!(claims.has("events") && !claims.has("nonce"));
    assert_eq!(grantor_domain::jwt::JoseHeader::peek(token).unwrap().kind.as_deref(), Some("logout+jwt"));
    assert_eq!(world.here.deliver_due_notices().await.unwrap(), 0, "once is enough");
}

#[tokio::test]
async fn an_id_token_is_a_hint_as_long_as_its_session_lasts_whichever_key_signed_it() {
    let world = telling().await;
    let mut tab = Tab::open(&world.here);
    let code = tab.obtains_code(&world.here, &request("told", "openid"), "alice").await;
    let id_token = issued(redeem(&world.here, "told", &code).await).id_token;
    world.here.rotate_keys(&[], Rotation::Now).await.unwrap();
    world.clock.advance(world.here.settings().lifetimes.session - SECOND);
    world.here.poll().await.unwrap();
    let parameters = LogoutParameters { id_token_hint: id_token, ..LogoutParameters::default() };
    let outcome = world.here.logout(&parameters, &tab.browser, tab.cookie.as_ref()).await.unwrap();
    assert!(matches!(outcome, LogoutOutcome::Done(_)), "nobody is asked: {outcome:?}");
}

#[tokio::test]
async fn another_person_who_signs_in_ends_the_session_that_was_there() {
    let world = telling().await;
    world.storage.web.answer(THERE, 200, "");
    let mut tab = Tab::open(&world.here);
    let code = tab.obtains_code(&world.here, &request("told", "openid"), "alice").await;
    let token = issued(redeem(&world.here, "told", &code).await).refresh_token.unwrap();
    let (session, cookie) = (tab.session().to_string(), tab.cookie.clone());
    let login = Parameters { prompt: Some("login".to_owned()), ..request("web", "openid") };
    let next = tab.asks(&world.here, &login).await;
    tab.signs_in(&world.here, &next, "alice").await;
    assert_eq!(tab.session().to_string(), session, "the same person goes on");
    assert_eq!(world.here.deliver_due_notices().await.unwrap(), 0);
    world.clock.advance(MILLISECOND);
    let next = tab.asks(&world.here, &login).await;
    tab.signs_in(&world.here, &next, "bob").await;
    assert_eq!(world.here.deliver_due_notices().await.unwrap(), 1);
    let [Asked { form, .. }] = world.storage.web.asked().try_into().unwrap();
    assert_eq!(claims(&form[0].1).text("sid"), Some(session.as_str()));
    assert_eq!(refused(refresh(&world.here, "told", &token).await), Reason::RefreshTokenInvalid);
    let former = Tab { cookie, ..Tab::open(&world.here) };
    assert_eq!(Stands::from(&former.asks(&world.here, &request("told", "openid")).await), Stands::SignIn);
}

#[tokio::test]
async fn who_had_no_code_in_the_session_is_told_nothing() {
    let world = telling().await;
    signs_out(&world, &["told"]).await;
    world.here.deliver_due_notices().await.unwrap();
    let before = world.storage.web.asked().len();
    let (_, done) = signs_out(&world, &["web"]).await;
    assert!(done.frames.is_empty() && world.here.deliver_due_notices().await.unwrap() == 0);
    assert_eq!(world.storage.web.asked().len(), before);
}

#[tokio::test]
async fn whoever_is_away_is_told_later_but_not_for_ever() {
    let world = telling().await;
    world.storage.web.answer(THERE, 503, "");
    signs_out(&world, &["told"]).await;
    let attempts = async || {
        world.here.deliver_due_notices().await.unwrap();
        world.storage.web.asked().len()
    };
    assert_eq!(attempts().await, 1);
    assert_eq!(attempts().await, 1, "not at once");
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(attempts().await, 2);
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(attempts().await, 2, "each pause is longer than the one before");
    for _ in 0..20 {
        world.clock.advance(Duration::from_secs(24 * 3600));
        attempts().await;
    }
    assert_eq!(attempts().await, 9, "given up");
    let events = world.here.reading().audit_events;
    let undelivered = events.iter().find(|(kind, _)| *kind == AuditKind::LogoutUndelivered);
    assert_eq!(undelivered, Some(&(AuditKind::LogoutUndelivered, 1)), "and said so");
    let jti = |asked: &Asked| claims(&asked.form[0].1).text("jti").unwrap().to_owned();
    let all: Vec<_> = world.storage.web.asked().iter().map(jti).collect();
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "one notice has one jti: {all:?}");
}

#[tokio::test]
async fn another_replica_delivers_what_a_dead_one_had_taken() {
    let world = telling().await;
    signs_out(&world, &["told"]).await;
    let now = world.now();
    let taken = grantor_ports::LogoutNotices::claim(&*world.storage, now, now.plus(MINUTE), 1).await.unwrap();
    assert_eq!(taken.len(), 1);
    world.storage.web.answer(THERE, 200, "");
    let other = world.replica().await;
    assert_eq!(other.deliver_due_notices().await.unwrap(), 0);
    world.clock.advance(MINUTE);
    assert_eq!(other.deliver_due_notices().await.unwrap(), 1);
    assert_eq!(world.storage.web.asked().len(), 1);
}

#[tokio::test]
async fn a_session_that_cannot_be_ended_is_not_called_ended() {
    let world = telling().await;
    let mut tab = Tab::open(&world.here);
    let code = tab.obtains_code(&world.here, &request("told", "openid"), "alice").await;
    let id_token_hint = issued(redeem(&world.here, "told", &code).await).id_token;
    let parameters = LogoutParameters { id_token_hint, ..LogoutParameters::default() };
    world.storage.set_available(false);
    assert_unavailable("logout", world.here.logout(&parameters, &tab.browser, tab.cookie.as_ref()).await);
}
