//! Users: who there is, how they prove it, and since when they may be served.

use std::sync::Arc;

use grantor_domain::user::{StandardClaims, Subject, Username};
use grantor_ports::UserCredentials;
use serde_json::json;

use super::fixture::{CALLERS, HOUR, SECOND, claims, credentials, password, subject};
use super::{UnderTest, race};

async fn stored(store: &UnderTest, subject: &Subject) -> UserCredentials {
    store.users.by_subject(subject).await.unwrap().expect("the user is there")
}

/// A user comes back as they were, by name and by subject.
pub async fn a_user_comes_back_as_they_were(store: UnderTest) {
    let mut full = credentials("alice");
    full.user.subject = subject("0192-imported|sub");
    full.user.claims = claims(json!({
        "name": "Alice Ünïcode", "updated_at": 1_700_000_000, "address": { "country": "Wonderland" },
    }));
    full.user.disabled_at = Some(store.now);
    full.user.not_before = store.now.plus(SECOND);
    let mut bare = credentials("bob");
    bare.user.claims = StandardClaims::default();
    bare.password = None;
    for user in [full, bare] {
        assert!(store.users.insert(&user).await.unwrap());
        assert_eq!(store.users.by_subject(&user.user.subject).await.unwrap(), Some(user.clone()));
        assert_eq!(store.users.by_username(&user.user.username).await.unwrap(), Some(user));
    }
}

/// Nobody is found under a name or a subject that is not theirs.
pub async fn an_unknown_user_is_not_found(store: UnderTest) {
    let mut alice = credentials("alice");
    alice.user.subject = subject("subject-of-alice");
    assert!(store.users.insert(&alice).await.unwrap());
    assert_eq!(store.users.by_subject(&subject("alice")).await.unwrap(), None);
    assert_eq!(store.users.by_subject(&subject("Subject-of-alice")).await.unwrap(), None);
    assert_eq!(store.users.by_username(&Username::parse("subject-of-alice").unwrap()).await.unwrap(), None);
}

/// A subject or a username is given once; a refused insert changes nothing of the one who holds it.
pub async fn a_subject_and_a_username_are_given_once(store: UnderTest) {
    let alice = credentials("alice");
    assert!(store.users.insert(&alice).await.unwrap());
    let mut same_subject = credentials("alice");
    same_subject.user.username = Username::parse("somebody").unwrap();
    same_subject.password = None;
    let mut same_username = credentials("alice");
    same_username.user.subject = subject("somebody");
    same_username.password = None;
    for taken in [same_subject, same_username, alice.clone()] {
        assert!(!store.users.insert(&taken).await.unwrap());
    }
    assert_eq!(stored(&store, &alice.user.subject).await, alice);
    assert_eq!(store.users.by_subject(&subject("somebody")).await.unwrap(), None);
    assert_eq!(store.users.by_username(&Username::parse("somebody").unwrap()).await.unwrap(), None);
}

/// Of many that ask for one username, exactly one gets it.
pub async fn one_of_64_concurrent_inserts_gets_the_username(store: UnderTest) {
    let inserted = race(CALLERS, |caller| {
        let mut user = credentials("alice");
        user.user.subject = subject(&format!("subject-{caller}"));
        let users = Arc::clone(&store.users);
        async move { users.insert(&user).await.unwrap() }
    })
    .await;
    assert_eq!(inserted.into_iter().filter(|inserted| *inserted).count(), 1);
}

/// Claims are replaced as a whole, and nothing else with them.
pub async fn set_claims_replaces_just_the_claims(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut expect = stored(&store, &alice).await;
    expect.user.claims = claims(json!({ "nickname": "Al" }));
    assert!(store.users.set_claims(&alice, &expect.user.claims).await.unwrap());
    assert_eq!(stored(&store, &alice).await, expect);
}

/// Disabling says since when and voids what was before; enabling lifts the one and leaves the other.
pub async fn enabling_leaves_not_before(store: UnderTest) {
    let alice = store.user("alice").await;
    let at = store.now.plus(SECOND);
    assert!(store.users.disable(&alice, at).await.unwrap());
    let disabled = stored(&store, &alice).await.user;
    assert_eq!((disabled.disabled_at, disabled.not_before), (Some(at), at));
    assert!(store.users.enable(&alice).await.unwrap());
    let enabled = stored(&store, &alice).await.user;
    assert_eq!((enabled.disabled_at, enabled.not_before), (None, at));
}

/// `not_before` never moves back, though another replica's clock is behind.
pub async fn not_before_never_moves_back(store: UnderTest) {
    let alice = store.user("alice").await;
    let (ahead, behind) = (store.now.plus(HOUR), store.now);
    assert!(store.users.sign_out_everywhere(&alice, ahead).await.unwrap());
    assert!(store.users.sign_out_everywhere(&alice, behind).await.unwrap());
    assert!(store.users.set_password(&alice, &password("second"), behind).await.unwrap());
    assert!(store.users.disable(&alice, behind).await.unwrap());
    assert_eq!(store.users.sign_out_everyone_before(behind).await.unwrap(), 0);
    assert_eq!(stored(&store, &alice).await.user.not_before, ahead);
}

/// A new password takes the old one's place and voids what was before.
pub async fn set_password_moves_not_before(store: UnderTest) {
    let alice = store.user("alice").await;
    assert!(store.users.set_password(&alice, &password("second"), store.now).await.unwrap());
    let changed = stored(&store, &alice).await;
    assert_eq!(changed.password, Some(password("second")));
    assert_eq!(changed.user.not_before, store.now);
}

/// A hash is renewed without any other effect, and only if it is still the one that was checked.
pub async fn a_rehash_brings_no_old_password_back(store: UnderTest) {
    let alice = store.user("alice").await;
    let before = stored(&store, &alice).await;
    store.users.rehash(&alice, &password("first"), &password("first-renewed")).await.unwrap();
    let renewed = UserCredentials { password: Some(password("first-renewed")), ..before };
    assert_eq!(stored(&store, &alice).await, renewed);
    store.users.set_password(&alice, &password("second"), store.now).await.unwrap();
    store.users.rehash(&alice, &password("first-renewed"), &password("first-again")).await.unwrap();
    assert_eq!(stored(&store, &alice).await.password, Some(password("second")));
    store.users.rehash(&subject("nobody"), &password("first"), &password("second")).await.unwrap();
}

/// Signing everyone out before a time moves just those who are behind it, and says how many.
pub async fn signing_everyone_out_counts_who_moved(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    store.users.sign_out_everywhere(&bob, store.now.plus(HOUR)).await.unwrap();
    assert_eq!(store.users.sign_out_everyone_before(store.now).await.unwrap(), 1);
    assert_eq!(store.users.sign_out_everyone_before(store.now).await.unwrap(), 0);
    assert_eq!(stored(&store, &alice).await.user.not_before, store.now);
    assert_eq!(stored(&store, &bob).await.user.not_before, store.now.plus(HOUR));
}

/// Changing somebody who is not there says so.
pub async fn changing_an_unknown_user_says_so(store: UnderTest) {
    let nobody = subject("nobody");
    assert!(!store.users.disable(&nobody, store.now).await.unwrap());
    assert!(!store.users.enable(&nobody).await.unwrap());
    assert!(!store.users.set_claims(&nobody, &StandardClaims::default()).await.unwrap());
    assert!(!store.users.set_password(&nobody, &password("first"), store.now).await.unwrap());
    assert!(!store.users.sign_out_everywhere(&nobody, store.now).await.unwrap());
    assert_eq!(store.users.by_subject(&nobody).await.unwrap(), None);
}
