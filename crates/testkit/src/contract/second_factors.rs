//! Second factors: found as they were enrolled, and spent once.

use std::sync::Arc;

use grantor_domain::registry::Owner;
use grantor_domain::user::Subject;
use grantor_ports::{
    Commitment, DeclarationPlan, EnrolledFactors, ObjectKind, RecoveryCodeHash, StoredPasskey, StoredTotp, UserWrite,
};

use super::fixture::{CALLERS, SECOND, credentials, passkey, subject, totp};
use super::{UnderTest, race};

/// `count` recovery codes that are nobody's.
fn codes(store: &UnderTest, count: usize) -> Vec<RecoveryCodeHash> {
    (0..count).map(|_| store.random.bytes()).collect()
}

async fn check(
    store: &UnderTest,
    subject: &Subject,
    totp: Option<&StoredTotp>,
    passkeys: &[&StoredPasskey],
    codes: u64,
) {
    let passkeys = passkeys.iter().map(|passkey| (*passkey).clone()).collect();
    let expect = EnrolledFactors { totp: totp.cloned(), passkeys, recovery_codes: codes };
    assert_eq!(store.second_factors.of(subject).await.unwrap(), expect);
}

/// What is enrolled is found again as it was, by its owner and by nobody else; the oldest passkey first.
pub async fn what_is_enrolled_is_found_as_it_was(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let factors = &store.second_factors;
    check(&store, &alice, None, &[], 0).await;
    let app = StoredTotp { last_step: 58_000_000, ..totp(1) };
    let new = passkey(&store, "Grüner Schlüssel", store.now.plus(SECOND));
    let old = StoredPasskey { used_at: Some(store.now), id: vec![0, 255], ..passkey(&store, "", store.now) };
    assert!(factors.enrol_passkey(&alice, &new, Some(&codes(&store, 10))).await.unwrap());
    assert!(factors.enrol_passkey(&alice, &old, None).await.unwrap());
    assert!(factors.enrol_totp(&alice, &app, None).await.unwrap());
    check(&store, &alice, Some(&app), &[&old, &new], 10).await;
    check(&store, &bob, None, &[], 0).await;
    check(&store, &subject("nobody"), None, &[], 0).await;
    for passkey in [&new, &old] {
        let found = factors.passkey(&passkey.id).await.unwrap();
        assert_eq!(found, Some((alice.clone(), passkey.clone())));
    }
    for unknown in [&[][..], &[0], &[0, 255, 0]] {
        assert_eq!(factors.passkey(unknown).await.unwrap(), None);
    }
    assert!(!factors.of(&alice).await.unwrap().is_empty());
}

/// An app takes the place of the one before; codes take the place of those before only if there are new ones.
pub async fn enrolling_an_app_replaces_the_one_before(store: UnderTest) {
    let alice = store.user("alice").await;
    let factors = &store.second_factors;
    let (old, new) = (codes(&store, 2), codes(&store, 3));
    assert!(factors.enrol_totp(&alice, &StoredTotp { last_step: 9, ..totp(1) }, Some(&old)).await.unwrap());
    assert!(factors.enrol_totp(&alice, &StoredTotp { last_step: 5, ..totp(2) }, None).await.unwrap());
    check(&store, &alice, Some(&StoredTotp { last_step: 5, ..totp(2) }), &[], 2).await;
    assert!(factors.enrol_totp(&alice, &totp(3), Some(&new)).await.unwrap());
    check(&store, &alice, Some(&totp(3)), &[], 3).await;
    assert!(!factors.spend_recovery_code(&alice, &old[0]).await.unwrap());
    assert!(factors.spend_recovery_code(&alice, &new[0]).await.unwrap());
    assert!(factors.enrol_totp(&alice, &totp(4), Some(&[])).await.unwrap());
    check(&store, &alice, Some(&totp(4)), &[], 0).await;
}

/// Nothing is enrolled for a user who is not there, nor waits for one who comes.
pub async fn nobody_enrols_for_a_user_who_is_not_there(store: UnderTest) {
    let nobody = subject("alice");
    let factors = &store.second_factors;
    let (passkey, codes) = (passkey(&store, "phone", store.now), codes(&store, 2));
    assert!(!factors.enrol_totp(&nobody, &totp(1), Some(&codes)).await.unwrap());
    assert!(!factors.enrol_passkey(&nobody, &passkey, Some(&codes)).await.unwrap());
    assert!(!factors.replace_recovery_codes(&nobody, &codes).await.unwrap());
    assert!(!factors.remove_totp(&nobody).await.unwrap());
    assert!(!factors.remove_passkey(&nobody, &passkey.id).await.unwrap());
    assert!(!factors.reset(&nobody).await.unwrap());
    let alice = store.user("alice").await;
    check(&store, &alice, None, &[], 0).await;
    assert_eq!(factors.passkey(&passkey.id).await.unwrap(), None);
}

/// A step counts once, and none before it after that; a gap does not matter.
pub async fn a_step_counts_once_and_none_before_it(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let factors = &store.second_factors;
    assert!(!factors.spend_step(&alice, 10).await.unwrap(), "there is no app");
    for user in [&alice, &bob] {
        assert!(factors.enrol_totp(user, &StoredTotp { last_step: 7, ..totp(1) }, None).await.unwrap());
    }
    for (step, expect) in [(7, false), (6, false), (8, true), (8, false), (12, true), (11, false), (13, true)] {
        assert_eq!(factors.spend_step(&alice, step).await.unwrap(), expect, "step {step}");
    }
    check(&store, &alice, Some(&StoredTotp { last_step: 13, ..totp(1) }), &[], 0).await;
    check(&store, &bob, Some(&StoredTotp { last_step: 7, ..totp(1) }), &[], 0).await;
}

/// Of many who spend one step, one does.
pub async fn one_of_64_concurrent_spends_of_a_step_counts(store: UnderTest) {
    let alice = store.user("alice").await;
    assert!(store.second_factors.enrol_totp(&alice, &totp(1), None).await.unwrap());
    let spent = race(CALLERS, |_| {
        let (factors, alice) = (Arc::clone(&store.second_factors), alice.clone());
        async move { factors.spend_step(&alice, 58_000_000).await.unwrap() }
    })
    .await;
    assert_eq!(spent.into_iter().filter(|spent| *spent).count(), 1);
}

/// A recovery code counts once, and only for whom it was made.
pub async fn a_recovery_code_counts_once_and_for_its_owner(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let factors = &store.second_factors;
    let (alices, bobs) = (codes(&store, 2), codes(&store, 2));
    for (user, codes) in [(&alice, &alices), (&bob, &bobs)] {
        assert!(factors.enrol_totp(user, &totp(1), Some(codes)).await.unwrap());
    }
    assert!(!factors.spend_recovery_code(&alice, &bobs[0]).await.unwrap());
    assert!(!factors.spend_recovery_code(&alice, &store.random.bytes()).await.unwrap());
    check(&store, &alice, Some(&totp(1)), &[], 2).await;
    check(&store, &bob, Some(&totp(1)), &[], 2).await;
    assert!(factors.spend_recovery_code(&alice, &alices[0]).await.unwrap());
    assert!(!factors.spend_recovery_code(&alice, &alices[0]).await.unwrap());
    assert!(factors.spend_recovery_code(&alice, &alices[1]).await.unwrap());
    check(&store, &alice, Some(&totp(1)), &[], 0).await;
    check(&store, &bob, Some(&totp(1)), &[], 2).await;
}

/// Of many who spend one recovery code, one does.
pub async fn one_of_64_concurrent_spends_of_a_recovery_code_counts(store: UnderTest) {
    let (alice, codes) = (store.user("alice").await, codes(&store, 2));
    assert!(store.second_factors.enrol_totp(&alice, &totp(1), Some(&codes)).await.unwrap());
    let spent = race(CALLERS, |_| {
        let (factors, alice, code) = (Arc::clone(&store.second_factors), alice.clone(), codes[0]);
        async move { factors.spend_recovery_code(&alice, &code).await.unwrap() }
    })
    .await;
    assert_eq!(spent.into_iter().filter(|spent| *spent).count(), 1);
    check(&store, &alice, Some(&totp(1)), &[], 1).await;
}

/// Nobody gets a passkey of an ID that somebody has; a refusal changes nothing of either.
pub async fn a_passkeys_id_is_nobody_elses(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let factors = &store.second_factors;
    let first = passkey(&store, "phone", store.now);
    let again = StoredPasskey { name: "again".to_owned(), ..first.clone() };
    let (old, new) = (codes(&store, 1), codes(&store, 2));
    assert!(factors.enrol_passkey(&alice, &first, Some(&old)).await.unwrap());
    assert!(factors.enrol_totp(&bob, &totp(1), Some(&old)).await.unwrap(), "a code may be two people's");
    for user in [&alice, &bob] {
        assert!(!factors.enrol_passkey(user, &again, Some(&new)).await.unwrap());
    }
    check(&store, &alice, None, &[&first], 1).await;
    check(&store, &bob, Some(&totp(1)), &[], 1).await;
    assert_eq!(factors.passkey(&first.id).await.unwrap(), Some((alice, first)));
    assert!(factors.spend_recovery_code(&bob, &old[0]).await.unwrap());
}

/// Of many who enrol a passkey of one ID, one does.
pub async fn one_of_64_concurrent_enrolments_gets_the_id(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let phone = passkey(&store, "phone", store.now);
    let enrolled = race(CALLERS, |caller| {
        let user = if caller % 2 == 0 { alice.clone() } else { bob.clone() };
        let (factors, passkey) = (Arc::clone(&store.second_factors), phone.clone());
        async move { factors.enrol_passkey(&user, &passkey, Some(&[[7; 32]])).await.unwrap().then_some(user) }
    })
    .await;
    let owners: Vec<_> = enrolled.into_iter().flatten().collect();
    assert_eq!(owners.len(), 1);
    assert_eq!(store.second_factors.passkey(&phone.id).await.unwrap(), Some((owners[0].clone(), phone)));
}

/// The use of a passkey is noted on it alone.
pub async fn the_use_of_a_passkey_is_noted(store: UnderTest) {
    let alice = store.user("alice").await;
    let factors = &store.second_factors;
    let [mut used, other] = ["phone", "key"].map(|name| passkey(&store, name, store.now));
    let gone = passkey(&store, "gone", store.now);
    for passkey in [&used, &other] {
        assert!(factors.enrol_passkey(&alice, passkey, None).await.unwrap());
    }
    for seconds in [1, 2] {
        let now = store.now.plus(SECOND * seconds);
        used = StoredPasskey { record: format!("counted {seconds}"), used_at: Some(now), ..used };
        for _ in 0..2 {
            factors.use_passkey(&used.id, &used.record, now).await.unwrap();
            assert_eq!(factors.passkey(&used.id).await.unwrap(), Some((alice.clone(), used.clone())));
        }
    }
    factors.use_passkey(&gone.id, &gone.record, store.now).await.unwrap();
    assert_eq!(factors.passkey(&gone.id).await.unwrap(), None);
    assert_eq!(factors.passkey(&other.id).await.unwrap(), Some((alice, other)));
}

/// The last factor that goes takes the recovery codes along; one of two does not, whichever goes first.
pub async fn the_last_factor_takes_the_recovery_codes(store: UnderTest) {
    let factors = &store.second_factors;
    let codes = codes(&store, 2);
    for app_first in [true, false] {
        let alice = store.user(if app_first { "alice" } else { "bob" }).await;
        let [phone, key] = ["phone", "key"].map(|name| passkey(&store, name, store.now));
        assert!(factors.enrol_totp(&alice, &totp(1), Some(&codes)).await.unwrap());
        for passkey in [&phone, &key] {
            assert!(factors.enrol_passkey(&alice, passkey, None).await.unwrap());
        }
        assert!(factors.remove_passkey(&alice, &phone.id).await.unwrap());
        assert!(!factors.remove_passkey(&alice, &phone.id).await.unwrap());
        check(&store, &alice, Some(&totp(1)), &[&key], 2).await;
        let remove_app = async || assert!(factors.remove_totp(&alice).await.unwrap());
        let remove_key = async || assert!(factors.remove_passkey(&alice, &key.id).await.unwrap());
        if app_first {
            remove_app().await;
            check(&store, &alice, None, &[&key], 2).await;
            remove_key().await;
        } else {
            remove_key().await;
            check(&store, &alice, Some(&totp(1)), &[], 2).await;
            remove_app().await;
        }
        check(&store, &alice, None, &[], 0).await;
        assert!(!factors.spend_recovery_code(&alice, &codes[0]).await.unwrap());
        assert!(!factors.remove_totp(&alice).await.unwrap());
    }
}

/// Of two who take the last two factors away at once, the later takes the recovery codes.
pub async fn concurrent_removals_leave_no_recovery_codes(store: UnderTest) {
    let (alice, codes) = (store.user("alice").await, codes(&store, 2));
    for _ in 0..8 {
        let phone = passkey(&store, "phone", store.now);
        assert!(store.second_factors.enrol_totp(&alice, &totp(1), Some(&codes)).await.unwrap());
        assert!(store.second_factors.enrol_passkey(&alice, &phone, None).await.unwrap());
        let removed = race(2, |caller| {
            let (factors, alice, id) = (Arc::clone(&store.second_factors), alice.clone(), phone.id.clone());
            async move {
                if caller == 0 { factors.remove_totp(&alice).await } else { factors.remove_passkey(&alice, &id).await }
            }
        })
        .await;
        assert!(removed.into_iter().all(|removed| removed.unwrap()));
        check(&store, &alice, None, &[], 0).await;
    }
}

/// Nobody takes a passkey of somebody else away.
pub async fn a_passkey_is_removed_by_its_owner(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let factors = &store.second_factors;
    let [alices, bobs] = ["phone", "key"].map(|name| passkey(&store, name, store.now));
    assert!(factors.enrol_passkey(&alice, &alices, Some(&codes(&store, 2))).await.unwrap());
    assert!(factors.enrol_passkey(&bob, &bobs, Some(&codes(&store, 2))).await.unwrap());
    assert!(!factors.remove_passkey(&bob, &alices.id).await.unwrap());
    check(&store, &alice, None, &[&alices], 2).await;
    check(&store, &bob, None, &[&bobs], 2).await;
}

/// Recovery codes are replaced whole, and only of somebody whom they can help.
pub async fn recovery_codes_are_replaced_for_who_has_a_factor(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let factors = &store.second_factors;
    let (old, new) = (codes(&store, 3), codes(&store, 2));
    assert!(!factors.replace_recovery_codes(&bob, &new).await.unwrap());
    check(&store, &bob, None, &[], 0).await;
    assert!(!factors.spend_recovery_code(&bob, &new[0]).await.unwrap());
    let phone = passkey(&store, "phone", store.now);
    assert!(factors.enrol_totp(&alice, &totp(1), Some(&old)).await.unwrap());
    assert!(factors.enrol_passkey(&bob, &phone, Some(&old)).await.unwrap());
    for _ in 0..2 {
        assert!(factors.replace_recovery_codes(&alice, &new).await.unwrap());
        check(&store, &alice, Some(&totp(1)), &[], 2).await;
    }
    assert!(!factors.spend_recovery_code(&alice, &old[0]).await.unwrap());
    assert!(factors.spend_recovery_code(&alice, &new[0]).await.unwrap());
    assert!(factors.replace_recovery_codes(&bob, &new).await.unwrap());
    check(&store, &bob, None, &[&phone], 2).await;
}

/// A reset takes everything of one person.
pub async fn a_reset_takes_everything(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let factors = &store.second_factors;
    let codes = codes(&store, 2);
    let [alices, bobs] = ["phone", "key"].map(|name| passkey(&store, name, store.now));
    for (user, passkey) in [(&alice, &alices), (&bob, &bobs)] {
        assert!(factors.enrol_totp(user, &totp(1), Some(&codes)).await.unwrap());
        assert!(factors.enrol_passkey(user, passkey, None).await.unwrap());
    }
    assert!(factors.reset(&alice).await.unwrap());
    check(&store, &alice, None, &[], 0).await;
    assert_eq!(factors.passkey(&alices.id).await.unwrap(), None);
    assert!(!factors.spend_step(&alice, 1).await.unwrap());
    assert!(!factors.spend_recovery_code(&alice, &codes[0]).await.unwrap());
    check(&store, &bob, Some(&totp(1)), &[&bobs], 2).await;
    assert!(!factors.reset(&alice).await.unwrap());
    assert!(factors.enrol_passkey(&alice, &alices, None).await.unwrap());
    assert!(factors.reset(&alice).await.unwrap(), "a passkey alone is something too");
}

/// An enrolment that meets the removal of its user either goes with them or is refused: the next of that subject has nothing.
pub async fn an_enrolment_that_meets_a_removal_leaves_nothing(store: UnderTest) {
    let owner = Owner::try_from("team".to_owned()).unwrap();
    let plan = |users, remove| DeclarationPlan { owner: owner.clone(), users, remove, ..DeclarationPlan::default() };
    for number in 0..8 {
        let user = credentials(&format!("user-{number}"));
        let subject = user.user.subject.clone();
        let create = plan(vec![UserWrite::Create(user)], Vec::new());
        assert_eq!(store.declarations.commit(&create, store.now).await.unwrap(), Commitment::Done);
        let remove = plan(Vec::new(), vec![(ObjectKind::User, subject.to_string())]);
        let phone = passkey(&store, "phone", store.now);
        race(3, |caller| {
            let (factors, declarations) = (Arc::clone(&store.second_factors), Arc::clone(&store.declarations));
            let (subject, remove, phone, now) = (subject.clone(), remove.clone(), phone.clone(), store.now);
            async move {
                match caller {
                    0 => {
                        factors.enrol_totp(&subject, &totp(1), Some(&[[7; 32]])).await.unwrap();
                    }
                    1 => {
                        factors.enrol_passkey(&subject, &phone, None).await.unwrap();
                    }
                    _ => assert_eq!(declarations.commit(&remove, now).await.unwrap(), Commitment::Done),
                }
            }
        })
        .await;
        check(&store, &subject, None, &[], 0).await;
        assert_eq!(store.second_factors.passkey(&phone.id).await.unwrap(), None);
    }
}
