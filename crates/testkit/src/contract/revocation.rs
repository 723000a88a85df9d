//! Ending grants: one, one by its holder, or all of a client, a person or a session.

use std::sync::Arc;

use grantor_domain::grant::refresh_token::GrantKey;
use grantor_domain::grant::{GrantTerms, NewGrant};
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{GrantScope, Liveness, OpenOutcome};

use super::fixture::{CALLERS, CLASSES, DAY, SECOND, client, key_of, resting_on, scopes_of};
use super::{UnderTest, race};

async fn is_live(store: &UnderTest, grant: &NewGrant) -> bool {
    let liveness = store.grants.liveness(resting_on(&[grant.terms.reference]), store.now).await.unwrap();
    liveness != Liveness::Dead
}

/// Revoking says whether it ended the grant: the first time only, and never for one that is not there.
pub async fn revoking_says_whether_it_ended_the_grant(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let grant = store.grant_in(class, &alice);
        assert!(!store.grants.revoke(grant.terms.reference, store.now).await.unwrap(), "there is none yet");
        store.open(&grant).await;
        assert!(is_live(&store, &grant).await);
        assert!(store.grants.revoke(grant.terms.reference, store.now).await.unwrap());
        assert!(!store.grants.revoke(grant.terms.reference, store.now.plus(SECOND)).await.unwrap());
        assert!(!is_live(&store, &grant).await);
    }
}

/// Of many that revoke one grant, exactly one ended it.
pub async fn one_of_64_concurrent_revocations_ends_the_grant(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    let ended = race(CALLERS, |_| {
        let (grants, reference, now) = (Arc::clone(&store.grants), grant.terms.reference, store.now);
        async move { grants.revoke(reference, now).await.unwrap() }
    })
    .await;
    assert_eq!(ended.into_iter().filter(|ended| *ended).count(), 1);
}

/// The holder of a refresh token ends its grant; nobody else does, whichever part of the key is wrong.
pub async fn a_holder_revokes_only_what_it_holds(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut grant = store.grant(&alice);
    grant.terms.sender = Some("thumbprint-1".to_owned());
    store.open(&grant).await;
    let key = key_of(&grant);
    let mut elsewhere = key.clone();
    elsewhere.reference.class = LifetimeClass::Short;
    let wrong = [
        GrantKey { client_id: client("client-2"), ..key.clone() },
        GrantKey { secret_hash: store.random.bytes(), ..key.clone() },
        GrantKey { sender: Some("thumbprint-2".to_owned()), ..key.clone() },
        GrantKey { reference: store.grant_ref(LifetimeClass::Long), ..key.clone() },
        elsewhere,
    ];
    for wrong in wrong {
        assert!(!store.grants.revoke_held(&wrong, store.now).await.unwrap(), "{wrong:?}");
        assert!(is_live(&store, &grant).await);
    }
    assert!(store.grants.revoke_held(&key, store.now).await.unwrap());
    assert!(!is_live(&store, &grant).await);
    assert!(!store.grants.revoke_held(&key, store.now).await.unwrap(), "it was ended already");
}

/// The holder of a token ends its grant also while its user is disabled, so that it stays dead for good.
pub async fn a_holder_revokes_whatever_state_the_grant_is_in(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    store.users.disable(&alice, store.now.plus(SECOND)).await.unwrap();
    store.sessions.end(grant.terms.session.unwrap(), store.now.plus(400 * DAY), &[]).await.unwrap();
    assert!(store.grants.revoke_held(&key_of(&grant), store.now.plus(SECOND)).await.unwrap());
}

/// Revoking by client, by person or by session ends just those, in both tables, and counts what it ended.
pub async fn revoking_by_scope_ends_just_those(store: UnderTest) {
    for (number, by) in (0..).zip(["client", "subject", "session"]) {
        let alice = store.user(&format!("alice-{number}")).await;
        let bob = store.user(&format!("bob-{number}")).await;
        let mut meant = CLASSES.map(|class| store.grant_in(class, &alice));
        let session = meant[0].terms.session;
        for grant in &mut meant {
            grant.terms.session = session;
            grant.terms.client_id = client(&format!("client-of-{number}"));
        }
        let mut revoked = store.grant(&alice);
        revoked.terms = GrantTerms { reference: revoked.terms.reference, ..meant[0].terms.clone() };
        let other = store.grant(&bob);
        for grant in meant.iter().chain([&revoked, &other]) {
            store.open(grant).await;
        }
        store.grants.revoke(revoked.terms.reference, store.now).await.unwrap();

        let scope = &scopes_of(&meant[0].terms)[number];
        assert_eq!(store.grants.revoke_all(scope, store.now).await.unwrap(), 2, "by {by}");
        assert_eq!(store.grants.revoke_all(scope, store.now).await.unwrap(), 0, "by {by}, again");
        assert!(!is_live(&store, &meant[0]).await && !is_live(&store, &meant[1]).await, "by {by}");
        assert!(is_live(&store, &other).await, "another's grant ended by {by}");
    }
}

/// However many there are, every one of a client's grants ends, and none of another's that lie between them.
pub async fn all_of_many_grants_end(store: UnderTest) {
    const PAIRS: usize = 2600;
    let alice = store.user("alice").await;
    let clients = [client("one"), client("other")];
    for _ in 0..PAIRS / 100 {
        let opened = race(200, |caller| {
            let mut grant = store.grant(&alice);
            grant.terms.client_id = clients[caller % 2].clone();
            let grants = Arc::clone(&store.grants);
            async move { grants.open(&grant).await.unwrap() }
        })
        .await;
        assert!(opened.iter().all(|outcome| matches!(outcome, OpenOutcome::Opened(_))));
    }
    for client in clients {
        let scope = GrantScope::Client(client);
        assert_eq!(store.grants.revoke_all(&scope, store.now).await.unwrap(), PAIRS as u64);
        assert_eq!(store.grants.revoke_all(&scope, store.now).await.unwrap(), 0);
    }
}
