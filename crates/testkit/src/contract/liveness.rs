//! Whether an access token may still be used: all or nothing over everything that it rests on.

use grantor_domain::authorization::ClaimsRequest;
use grantor_domain::grant::{GrantRef, NewGrant};
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_domain::user::{StandardClaims, Subject};
use grantor_ports::{Liveness, TokenDependencies};
use serde_json::json;

use super::UnderTest;
use super::fixture::{CLASSES, DAY, IDLE, SECOND, claims, claims_of, resting_on};

fn plain() -> Liveness {
    Liveness::Live { claims: StandardClaims::default(), requested: None }
}

/// Four grants of `subject`, two of each table, opened.
async fn several(store: &UnderTest, subject: &Subject) -> Vec<NewGrant> {
    let mut grants = Vec::new();
    for class in CLASSES.into_iter().chain(CLASSES) {
        let grant = store.grant_in(class, subject);
        store.open(&grant).await;
        grants.push(grant);
    }
    grants
}

fn references(grants: &[NewGrant]) -> Vec<GrantRef> {
    grants.iter().map(|grant| grant.terms.reference).collect()
}

async fn check(store: &UnderTest, token: TokenDependencies<'_>, expect: Liveness) {
    assert_eq!(store.grants.liveness(token, store.now).await.unwrap(), expect);
}

/// A token that rests on nothing (client_credentials) is live until it is revoked itself.
pub async fn a_token_that_rests_on_nothing_is_live(store: UnderTest) {
    check(&store, TokenDependencies::default(), plain()).await;
    let tokens = [store.token_id()];
    check(&store, TokenDependencies { tokens: &tokens, ..TokenDependencies::default() }, plain()).await;
}

/// All grants of either table must be live: each one that is revoked is enough, wherever it stands.
pub async fn one_revoked_grant_of_many_is_enough(store: UnderTest) {
    let alice = store.user("alice").await;
    for revoked in 0..4 {
        let grants = references(&several(&store, &alice).await);
        check(&store, resting_on(&grants), plain()).await;
        assert!(store.grants.revoke(grants[revoked], store.now).await.unwrap());
        check(&store, resting_on(&grants), Liveness::Dead).await;
    }
}

/// A grant without a row is dead, beside others or alone, and the other table's row does not stand in for it.
pub async fn a_missing_grant_is_dead(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut grants = references(&several(&store, &alice).await);
    for class in CLASSES {
        check(&store, resting_on(&[store.grant_ref(class)]), Liveness::Dead).await;
    }
    let elsewhere = GrantRef { class: LifetimeClass::Short, ..grants[0] };
    check(&store, resting_on(&[elsewhere]), Liveness::Dead).await;
    grants.push(store.grant_ref(LifetimeClass::Long));
    check(&store, resting_on(&grants), Liveness::Dead).await;
}

/// A grant named twice (subject and actor came from one) counts as what it is.
pub async fn a_grant_named_twice_is_live(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let grant = store.grant_in(class, &alice);
        store.open(&grant).await;
        check(&store, resting_on(&[grant.terms.reference; 2]), plain()).await;
    }
}

/// A revoked token is dead, and with it all that were exchanged from it; revoking is idempotent and hits no other.
pub async fn a_revoked_ancestor_is_enough(store: UnderTest) {
    let alice = store.user("alice").await;
    let grants = references(&several(&store, &alice).await);
    let (own, parent, revoked) = (store.token_id(), store.token_id(), store.token_id());
    for _again in 0..2 {
        store.grants.revoke_token(revoked, store.now.plus(DAY)).await.unwrap();
    }
    let rests = resting_on(&grants);
    check(&store, TokenDependencies { tokens: &[own, parent], ..rests }, plain()).await;
    check(&store, TokenDependencies { tokens: &[revoked], ..rests }, Liveness::Dead).await;
    for tokens in [[revoked, own, parent], [own, revoked, parent], [own, parent, revoked]] {
        check(&store, TokenDependencies { tokens: &tokens, ..rests }, Liveness::Dead).await;
    }
    check(&store, TokenDependencies { tokens: &[revoked], ..TokenDependencies::default() }, Liveness::Dead).await;
}

/// The claims of the user asked for come along, as they are now; a client has none.
pub async fn the_claims_asked_for_come_along(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let grants = references(&several(&store, &alice).await);
    let live = |claims| Liveness::Live { claims, requested: None };
    let asking = |name| TokenDependencies { grants: &grants, tokens: &[], claims_of: Some(name) };
    check(&store, asking("alice"), live(claims_of("alice"))).await;
    check(&store, asking(bob.as_str()), live(claims_of("bob"))).await;
    check(&store, asking("demo client"), plain()).await;
    let renamed = claims(json!({ "name": "Alice Hargreaves" }));
    store.users.set_claims(&alice, &renamed).await.unwrap();
    check(&store, asking("alice"), live(renamed)).await;
}

/// The `claims` parameter of the first grant comes along, of whichever table it is.
pub async fn the_claims_parameter_of_the_first_grant_comes_along(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut grants = Vec::new();
    for (class, text) in CLASSES.into_iter().zip([r#"{"userinfo":{"name":null}}"#, r#"{"userinfo":{"email":null}}"#]) {
        let mut grant = store.grant_in(class, &alice);
        grant.terms.claims = ClaimsRequest::parse(text);
        store.open(&grant).await;
        grants.push(grant);
    }
    for _order in 0..2 {
        let requested = grants[0].terms.claims.clone();
        let expect = Liveness::Live { claims: claims_of("alice"), requested };
        let asked = TokenDependencies { claims_of: Some("alice"), ..TokenDependencies::default() };
        check(&store, TokenDependencies { grants: &references(&grants), ..asked }, expect).await;
        grants.reverse();
    }
}

/// An access token outlives the idle expiry of its grant, but not the absolute one.
pub async fn the_absolute_expiry_ends_a_token(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let at = async |now| store.grants.liveness(resting_on(&[grant.terms.reference]), now).await.unwrap();
    assert_eq!(at(store.now.plus(IDLE)).await, plain());
    assert_eq!(at(grant.terms.absolute_expires_at).await, Liveness::Dead);
}

/// Tokens of a disabled user are dead, in either table, and stay dead after the user is enabled again.
pub async fn tokens_of_a_disabled_user_stay_dead(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let grants = references(&several(&store, &alice).await);
    let others = references(&several(&store, &bob).await);
    store.users.disable(&alice, store.now.plus(SECOND)).await.unwrap();
    for _enabled in [false, true] {
        for grant in &grants {
            check(&store, resting_on(&[*grant]), Liveness::Dead).await;
        }
        check(&store, resting_on(&[others[0], grants[1]]), Liveness::Dead).await;
        store.users.enable(&alice).await.unwrap();
    }
    check(&store, resting_on(&others), plain()).await;
}

/// A logout ends the tokens of grants that end with the session, in either table, and no others.
pub async fn a_logout_ends_the_tokens_of_the_session(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let ending = store.grant_in(class, &alice);
        let mut staying = store.grant_in(class, &alice);
        staying.terms.session = ending.terms.session;
        staying.terms.ends_with_session = false;
        store.open(&ending).await;
        store.open(&staying).await;
        store.sessions.end(ending.terms.session.unwrap(), store.now.plus(400 * DAY), &[]).await.unwrap();
        check(&store, resting_on(&[ending.terms.reference]), Liveness::Dead).await;
        check(&store, resting_on(&[staying.terms.reference]), plain()).await;
    }
}
