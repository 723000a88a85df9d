//! Opening a grant: single use, own attempts recognised, and who may not be served.

use std::sync::Arc;
use std::time::Duration;

use grantor_domain::authorization::ClaimsRequest;
use grantor_domain::grant::NewGrant;
use grantor_domain::resource::Audience;
use grantor_domain::session::Authentication;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{LiveGrant, OpenOutcome};

use super::fixture::{CALLERS, CLASSES, DAY, SECOND, claims_of, key_of, scope, subject};
use super::{UnderTest, race};

async fn check_refused(store: &UnderTest, grant: &NewGrant) {
    assert_eq!(store.grants.open(grant).await.unwrap(), OpenOutcome::SubjectRefused);
    assert!(!store.grants.revoke(grant.terms.reference, store.now).await.unwrap(), "a refused opening left a row");
}

/// Opening answers with the user's claims, in either table.
pub async fn opening_brings_the_users_claims(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let grant = store.grant_in(class, &alice);
        assert_eq!(store.grants.open(&grant).await.unwrap(), OpenOutcome::Opened(claims_of("alice")));
    }
}

/// Whatever a grant says comes back as it was.
pub async fn an_opened_grant_comes_back_as_it_was(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut full = store.grant(&alice);
    full.terms.resources = ["https://api.example.test", "urn:two"].map(|text| Audience::parse(text).unwrap()).into();
    full.terms.claims = ClaimsRequest::parse(r#"{"userinfo":{"name":{"essential":true},"email":null}}"#);
    full.terms.sender = Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned());
    full.terms.authentication.amr = vec!["pwd".to_owned(), "otp".to_owned()];
    full.terms.ends_with_session = false;
    let mut bare = store.grant(&alice);
    bare.terms.session = None;
    bare.terms.scope = scope("");
    bare.terms.authentication = Authentication { time: store.now, acr: None, amr: Vec::new() };

    for grant in [full, bare] {
        store.open(&grant).await;
        let found = store.grants.find(&key_of(&grant), store.now).await.unwrap();
        assert_eq!(found, Some(LiveGrant { grant: grant.opened(), claims: claims_of("alice") }));
    }
}

/// Of many callers that redeem one code, each with a secret of its own, exactly one opens the grant.
pub async fn one_of_64_concurrent_callers_opens_a_grant(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let grant = store.grant_in(class, &alice);
        let outcomes = race(CALLERS, |_| {
            let mut own = grant.clone();
            own.secret_hash = store.random.bytes();
            let grants = Arc::clone(&store.grants);
            async move { (own.secret_hash, grants.open(&own).await.unwrap()) }
        })
        .await;

        let (opened, refused): (Vec<_>, Vec<_>) =
            outcomes.into_iter().partition(|(_, outcome)| matches!(outcome, OpenOutcome::Opened(_)));
        assert_eq!(opened.len(), 1, "exactly one caller may open a grant");
        assert!(refused.iter().all(|(_, outcome)| *outcome == OpenOutcome::AlreadyRedeemed), "{refused:?}");
        let winner = NewGrant { secret_hash: opened[0].0, ..grant };
        assert!(store.grants.find(&key_of(&winner), store.now).await.unwrap().is_some(), "the row is the winner's");
    }
}

/// A request that repeats its own attempt, because the answer was lost, is no second redemption.
pub async fn an_own_repeated_attempt_is_recognised(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let grant = store.grant_in(class, &alice);
        for _attempt in 0..3 {
            assert_eq!(store.grants.open(&grant).await.unwrap(), OpenOutcome::Opened(claims_of("alice")));
        }
    }
}

/// Own attempts may also overtake each other.
pub async fn own_attempts_that_race_are_all_recognised(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.grant(&alice);
    let outcomes = race(CALLERS, |_| {
        let (grants, grant) = (Arc::clone(&store.grants), grant.clone());
        async move { grants.open(&grant).await.unwrap() }
    })
    .await;
    assert!(outcomes.iter().all(|outcome| *outcome == OpenOutcome::Opened(claims_of("alice"))), "{outcomes:?}");
}

/// A second redemption is noticed whatever became of the grant or its user: it must revoke what the first one got.
pub async fn a_second_redemption_is_noticed_whatever_happened_since(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let second = NewGrant { secret_hash: store.random.bytes(), ..grant.clone() };
    assert_eq!(store.grants.open(&second).await.unwrap(), OpenOutcome::AlreadyRedeemed);
    store.users.disable(&alice, store.now.plus(SECOND)).await.unwrap();
    assert_eq!(store.grants.open(&second).await.unwrap(), OpenOutcome::AlreadyRedeemed);
    store.grants.revoke(grant.terms.reference, store.now).await.unwrap();
    assert_eq!(store.grants.open(&second).await.unwrap(), OpenOutcome::AlreadyRedeemed);
}

/// The two tables are apart: a code names its own, and never meets the other.
pub async fn the_two_tables_are_apart(store: UnderTest) {
    let alice = store.user("alice").await;
    let long = store.opened(&alice).await;
    let mut short = NewGrant { secret_hash: store.random.bytes(), ..long.clone() };
    short.terms.reference.class = LifetimeClass::Short;
    store.open(&short).await;
    assert!(store.grants.revoke(short.terms.reference, store.now).await.unwrap());
    assert!(store.grants.find(&key_of(&long), store.now).await.unwrap().is_some());
}

/// Nobody's grant is opened for a user who does not exist.
pub async fn opening_is_refused_for_an_unknown_user(store: UnderTest) {
    for class in CLASSES {
        check_refused(&store, &store.grant_in(class, &subject("nobody"))).await;
    }
}

/// A disabled user's code is refused, and stays refused after the user is enabled again; a new sign-in is served.
pub async fn opening_is_refused_for_a_disabled_user(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let mut grant = store.grant_in(class, &alice);
        let disabled_at = store.now.plus(SECOND);
        store.users.disable(&alice, disabled_at).await.unwrap();
        check_refused(&store, &grant).await;
        grant.terms.authentication.time = disabled_at.plus(SECOND);
        check_refused(&store, &grant).await;

        store.users.enable(&alice).await.unwrap();
        grant.terms.authentication.time = disabled_at.minus(Duration::from_millis(1));
        check_refused(&store, &grant).await;
        grant.terms.authentication.time = disabled_at;
        store.open(&grant).await;
    }
}

/// A code of a session that ended is refused, whether or not its grant would end with the session.
pub async fn opening_is_refused_for_an_ended_session(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        for ends_with_session in [true, false] {
            let mut grant = store.grant_in(class, &alice);
            grant.terms.ends_with_session = ends_with_session;
            let session = grant.terms.session.unwrap();
            store.sessions.end(session, store.now.plus(400 * DAY), &[]).await.unwrap();
            check_refused(&store, &grant).await;
        }
    }
}

/// However a redemption and a logout cross, nothing survives.
pub async fn nothing_survives_a_logout_that_crosses_a_redemption(store: UnderTest) {
    let alice = store.user("alice").await;
    for _round in 0..32 {
        let grant = store.grant(&alice);
        race(2, |caller| {
            let (grants, sessions, grant) = (Arc::clone(&store.grants), Arc::clone(&store.sessions), grant.clone());
            let keep_until = store.now.plus(400 * DAY);
            async move {
                if caller == 0 {
                    grants.open(&grant).await.unwrap();
                } else {
                    sessions.end(grant.terms.session.unwrap(), keep_until, &[]).await.unwrap();
                }
            }
        })
        .await;
        assert_eq!(store.grants.find(&key_of(&grant), store.now).await.unwrap(), None);
    }
}
