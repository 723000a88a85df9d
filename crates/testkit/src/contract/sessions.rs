//! Sessions: whose cookie is good, and for how long.

use std::time::Duration;

use grantor_domain::session::{Authentication, Session};
use grantor_domain::time::Timestamp;
use grantor_ports::{ListedSession, NewSession, SessionOrigin, SignedIn};

use super::UnderTest;
use super::fixture::{DAY, HOUR, SECOND, claims_of, key_of, password, subject};

async fn opened(store: &UnderTest, name: &str) -> NewSession {
    let session = store.session(&store.user(name).await);
    assert!(store.sessions.open(&session).await.unwrap());
    session
}

async fn find(store: &UnderTest, session: &NewSession, now: Timestamp) -> Option<SignedIn> {
    store.sessions.find(session.session.id, &session.secret_hash, now).await.unwrap()
}

/// A session comes back as it was, with the user's claims.
pub async fn a_session_comes_back_as_it_was(store: UnderTest) {
    let session = opened(&store, "alice").await;
    let expect = SignedIn { session: session.session.clone(), claims: claims_of("alice") };
    assert_eq!(find(&store, &session, store.now).await, Some(expect));
}

/// Knowing a session's identifier is worth nothing: clients learn it as `sid`.
pub async fn a_session_is_found_by_its_secret_only(store: UnderTest) {
    let session = opened(&store, "alice").await;
    let guessed = NewSession { secret_hash: store.random.bytes(), ..session.clone() };
    assert_eq!(find(&store, &guessed, store.now).await, None);
    let mut other = session;
    other.session.id = store.session_id();
    assert_eq!(find(&store, &other, store.now).await, None);
}

/// Signing in again in the same browser replaces the secret, the authentication and the expiry, and keeps the
/// identifier: the old cookie is worth nothing, the grants of the session go on.
pub async fn signing_in_again_replaces_the_secret(store: UnderTest) {
    let old = opened(&store, "alice").await;
    let mut grant = store.grant(&old.session.subject);
    grant.terms.session = Some(old.session.id);
    store.open(&grant).await;
    let later = store.now.plus(HOUR);
    let new = NewSession {
        session: Session {
            authentication: Authentication { time: later, acr: None, amr: vec!["otp".to_owned()] },
            expires_at: later.plus(DAY),
            ..old.session.clone()
        },
        secret_hash: store.random.bytes(),
        origin: old.origin.clone(),
    };
    assert!(store.sessions.open(&new).await.unwrap());
    assert_eq!(find(&store, &old, later).await, None);
    assert_eq!(find(&store, &new, later).await.map(|found| found.session), Some(new.session));
    assert!(store.grants.find(&key_of(&grant), later).await.unwrap().is_some());
}

/// Nobody takes over the session of another person.
pub async fn a_session_of_another_person_is_left_alone(store: UnderTest) {
    let alices = opened(&store, "alice").await;
    let mut bobs = store.session(&store.user("bob").await);
    bobs.session.id = alices.session.id;
    assert!(!store.sessions.open(&bobs).await.unwrap());
    assert_eq!(find(&store, &bobs, store.now).await, None);
    assert_eq!(find(&store, &alices, store.now).await.map(|found| found.session), Some(alices.session));
}

/// From the moment of its expiry a session is not found; its grants go on.
pub async fn an_expired_session_is_not_found(store: UnderTest) {
    let session = opened(&store, "alice").await;
    let mut grant = store.grant(&session.session.subject);
    grant.terms.session = Some(session.session.id);
    store.open(&grant).await;
    let expiry = session.session.expires_at;
    assert!(find(&store, &session, expiry.minus(Duration::from_millis(1))).await.is_some());
    assert_eq!(find(&store, &session, expiry).await, None);
    assert!(store.grants.find(&key_of(&grant), expiry).await.unwrap().is_some());
}

/// A session that ended is found no more and opened no more, however often it is ended.
pub async fn an_ended_session_is_over_for_good(store: UnderTest) {
    let session = opened(&store, "alice").await;
    for _again in 0..2 {
        store.sessions.end(session.session.id, store.now.plus(400 * DAY), &[]).await.unwrap();
        assert_eq!(find(&store, &session, store.now).await, None);
    }
    assert!(!store.sessions.open(&session).await.unwrap());
    assert_eq!(find(&store, &session, store.now).await, None);
}

/// Ending a session that was never stored (its row may be gone) keeps it from ever being opened.
pub async fn a_session_never_stored_can_be_ended(store: UnderTest) {
    let session = store.session(&store.user("alice").await);
    store.sessions.end(session.session.id, store.now.plus(400 * DAY), &[]).await.unwrap();
    assert!(!store.sessions.open(&session).await.unwrap());
    assert_eq!(find(&store, &session, store.now).await, None);
}

/// Nobody who does not exist is signed in.
pub async fn an_unknown_user_gets_no_session(store: UnderTest) {
    let session = store.session(&subject("nobody"));
    assert!(!store.sessions.open(&session).await.unwrap());
    assert_eq!(find(&store, &session, store.now).await, None);
}

/// A disabled user has no session and gets none; the old one stays dead after the user is enabled again.
pub async fn a_disabled_users_session_stays_dead(store: UnderTest) {
    let session = opened(&store, "alice").await;
    let user = &session.session.subject;
    store.users.disable(user, store.now.plus(SECOND)).await.unwrap();
    assert_eq!(find(&store, &session, store.now).await, None);
    let mut new = store.session(user);
    new.session.authentication.time = store.now.plus(HOUR);
    assert!(!store.sessions.open(&new).await.unwrap());
    store.users.enable(user).await.unwrap();
    assert_eq!(find(&store, &session, store.now).await, None);
    assert!(!store.sessions.open(&session).await.unwrap(), "it was authenticated before the user was disabled");
    assert!(store.sessions.open(&new).await.unwrap());
    assert!(find(&store, &new, store.now).await.is_some());
}

/// A password change ends the sessions before it.
pub async fn a_password_change_ends_sessions(store: UnderTest) {
    let session = opened(&store, "alice").await;
    let user = &session.session.subject;
    store.users.set_password(user, &password("second"), store.now.plus(SECOND)).await.unwrap();
    assert_eq!(find(&store, &session, store.now).await, None);
}

/// The sessions of a person are found until they end, also when they may not be served any more.
pub async fn the_sessions_of_a_person_are_found_until_they_end(store: UnderTest) {
    let (one, of_bob) = (opened(&store, "alice").await, opened(&store, "bob").await);
    let alice = &one.session.subject;
    let other = store.session(alice);
    assert!(store.sessions.open(&other).await.unwrap());
    let ids = async |now: Timestamp| {
        let mut found: Vec<_> =
            store.sessions.of(alice, now).await.unwrap().into_iter().map(|listed| listed.session.id).collect();
        found.sort();
        found
    };
    let mut both = vec![one.session.id, other.session.id];
    both.sort();
    assert_eq!(ids(store.now).await, both);
    let bob = &of_bob.session;
    let listed = ListedSession { session: bob.clone(), origin: of_bob.origin.clone() };
    assert_eq!(store.sessions.of(&bob.subject, store.now).await.unwrap(), [listed]);
    let elsewhere = SessionOrigin { address: None, user_agent: Some("Another".to_owned()) };
    let again = NewSession { origin: elsewhere.clone(), ..of_bob.clone() };
    assert!(store.sessions.open(&again).await.unwrap());
    assert_eq!(store.sessions.of(&bob.subject, store.now).await.unwrap()[0].origin, elsewhere, "where they were last");
    store.users.disable(alice, store.now.plus(SECOND)).await.unwrap();
    assert_eq!(ids(store.now).await, both);
    store.sessions.end(one.session.id, store.now.plus(HOUR), &[]).await.unwrap();
    assert_eq!(ids(store.now).await, [other.session.id]);
    assert!(ids(other.session.expires_at).await.is_empty());
}
