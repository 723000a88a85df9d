//! Requests of devices: found by their user code, decided once, polled at their interval.

use std::sync::Arc;
use std::time::Duration;

use grantor_domain::grant::device_code::{DeviceDecision, DeviceRequest};
use grantor_domain::grant::{GrantRef, NewGrant};
use grantor_domain::id::GrantId;
use grantor_domain::token::authorization_code::AuthorizationCode;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{DevicePoll, NewDeviceRequest};

use super::fixture::{CALLERS, SECOND, client, scope};
use super::{UnderTest, race};

const LIFETIME: Duration = Duration::from_secs(600);
const INTERVAL: Duration = Duration::from_secs(5);

fn request(store: &UnderTest) -> NewDeviceRequest {
    NewDeviceRequest {
        request: DeviceRequest {
            grant: GrantId::new(store.now, &store.random.bytes()),
            client_id: client("tv"),
            scope: scope("openid read"),
            resources: vec!["urn:api".to_owned().try_into().unwrap()],
        },
        user_code_key: store.random.bytes(),
        interval: INTERVAL,
        expires_at: store.now.plus(LIFETIME),
    }
}

async fn opened(store: &UnderTest) -> NewDeviceRequest {
    let request = request(store);
    assert!(store.devices.open(&request).await.unwrap());
    request
}

/// What Alice said yes to.
async fn approval(store: &UnderTest, request: &NewDeviceRequest) -> DeviceDecision {
    let subject = store.user("alice").await;
    let NewGrant { terms, .. } = store.grant(&subject);
    DeviceDecision::Allowed(Box::new(AuthorizationCode {
        grant: GrantRef { class: LifetimeClass::Long, id: request.request.grant },
        client_id: request.request.client_id.clone(),
        redirect_uri: String::new(),
        redirect_uri_sent: false,
        challenge: None,
        scope: request.request.scope.clone(),
        resources: request.request.resources.clone(),
        session: terms.session.unwrap(),
        subject,
        nonce: None,
        authentication: terms.authentication,
        claims: None,
        expires_at: store.now.plus(SECOND),
    }))
}

/// A request is found by its user code, as it was, until it is over.
pub async fn a_request_is_found_by_its_user_code(store: UnderTest) {
    let (one, other) = (opened(&store).await, opened(&store).await);
    let last = store.now.plus(LIFETIME - SECOND);
    assert_eq!(store.devices.find(&one.user_code_key, last).await.unwrap(), Some(one.request.clone()));
    assert_eq!(store.devices.find(&other.user_code_key, last).await.unwrap(), Some(other.request));
    assert_eq!(store.devices.find(&one.user_code_key, one.expires_at).await.unwrap(), None, "over");
    assert_eq!(store.devices.find(&store.random.bytes(), store.now).await.unwrap(), None);
}

/// A user code that somebody has is not given out again.
pub async fn a_user_code_is_given_once(store: UnderTest) {
    let first = opened(&store).await;
    let second = NewDeviceRequest { user_code_key: first.user_code_key, ..request(&store) };
    assert!(!store.devices.open(&second).await.unwrap());
    assert_eq!(store.devices.poll(second.request.grant, store.now).await.unwrap(), None);
    assert_eq!(store.devices.find(&first.user_code_key, store.now).await.unwrap(), Some(first.request));
}

/// The device learns what was decided, whole, and nothing before.
pub async fn a_device_learns_what_was_decided(store: UnderTest) {
    let (allowed, denied) = (opened(&store).await, opened(&store).await);
    let poll = |decision| Some(DevicePoll { decision, is_too_fast: false });
    let grant = allowed.request.grant;
    assert_eq!(store.devices.poll(grant, store.now).await.unwrap(), poll(DeviceDecision::Pending));
    let yes = approval(&store, &allowed).await;
    assert!(store.devices.decide(grant, &yes, store.now).await.unwrap());
    assert!(store.devices.decide(denied.request.grant, &DeviceDecision::Denied, store.now).await.unwrap());
    let later = store.now.plus(INTERVAL);
    assert_eq!(store.devices.poll(grant, later).await.unwrap(), poll(yes));
    assert_eq!(store.devices.poll(denied.request.grant, later).await.unwrap(), poll(DeviceDecision::Denied));
    assert_eq!(store.devices.find(&allowed.user_code_key, later).await.unwrap(), None, "decided");
}

/// Nobody decides again, nor too late.
pub async fn a_decision_is_made_once_and_in_time(store: UnderTest) {
    let (decided, late) = (opened(&store).await, opened(&store).await);
    let yes = approval(&store, &decided).await;
    assert!(store.devices.decide(decided.request.grant, &DeviceDecision::Denied, store.now).await.unwrap());
    assert!(!store.devices.decide(decided.request.grant, &yes, store.now).await.unwrap());
    assert!(!store.devices.decide(late.request.grant, &yes, late.expires_at).await.unwrap());
    assert!(!store.devices.decide(GrantId::new(store.now, &store.random.bytes()), &yes, store.now).await.unwrap());
    let poll = store.devices.poll(decided.request.grant, store.now).await.unwrap().unwrap();
    assert_eq!(poll.decision, DeviceDecision::Denied);
}

/// Of many who decide at once one does.
pub async fn one_of_64_concurrent_decisions_counts(store: UnderTest) {
    let request = opened(&store).await;
    let (grant, yes) = (request.request.grant, approval(&store, &request).await);
    let decided = race(CALLERS, |caller| {
        let decision = if caller % 2 == 0 { yes.clone() } else { DeviceDecision::Denied };
        let (devices, now) = (Arc::clone(&store.devices), store.now);
        async move { devices.decide(grant, &decision, now).await.unwrap().then_some(decision) }
    })
    .await;
    let won: Vec<_> = decided.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(store.devices.poll(grant, store.now).await.unwrap().unwrap().decision, won[0]);
}

/// A device that asks too soon waits five seconds longer from then on; a second more or less does not count, nor does the same
/// moment twice: a lost answer is asked for again.
pub async fn a_device_that_asks_too_often_is_slowed_down(store: UnderTest) {
    let grant = opened(&store).await.request.grant;
    let mut now = store.now;
    for (seconds, expect) in
        [(0, false), (0, false), (5, false), (4, false), (3, true), (9, false), (8, true), (13, true), (19, false)]
    {
        now = now.plus(Duration::from_secs(seconds));
        let poll = store.devices.poll(grant, now).await.unwrap().unwrap();
        assert_eq!(poll.is_too_fast, expect, "after {seconds}");
    }
}
