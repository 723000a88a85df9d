//! The key ring: rotated whole or not at all, by one replica at a time.

use std::sync::Arc;

use grantor_domain::jwt::JwsAlgorithm;
use grantor_ports::{Change, KeyPurpose, KeyRecord};

use super::fixture::{CALLERS, DAY, SECOND, key_record};
use super::{UnderTest, race};

const SIGN: KeyPurpose = KeyPurpose::Sign(JwsAlgorithm::ES256);

/// A ring of one sealing and one signing key.
async fn ring(store: &UnderTest) -> Vec<KeyRecord> {
    let ring = vec![key_record(1, KeyPurpose::Seal, store.now), key_record(2, SIGN, store.now)];
    assert!(store.keys.rotate(&ring, &[], store.now).await.unwrap());
    ring
}

async fn recorded(store: &UnderTest) -> usize {
    let changes = store.changes.since(store.now).await.unwrap();
    changes.into_iter().filter(|(_, change)| *change == Change::Keys).count()
}

/// A key of every purpose comes back as it was, by number.
pub async fn keys_come_back_as_they_were_by_number(store: UnderTest) {
    assert_eq!(store.keys.list().await.unwrap(), []);
    let plain = [KeyPurpose::ClientSecretHash, KeyPurpose::ClientSecretSeal, KeyPurpose::RefreshMac, KeyPurpose::Seal];
    let purposes = plain.into_iter().chain(JwsAlgorithm::ALL.map(KeyPurpose::Sign));
    let mut keys: Vec<KeyRecord> = purposes.zip(1..).map(|(purpose, n)| key_record(n, purpose, store.now)).collect();
    keys[0].retires_at = Some(store.now.plus(DAY));
    keys[1].secret_id = 3_000_000_000;
    keys.push(key_record(3_000_000_000, KeyPurpose::Seal, store.now));
    let mut shuffled = keys.clone();
    shuffled.reverse();
    assert!(store.keys.rotate(&shuffled, &[], store.now).await.unwrap());
    assert_eq!(store.keys.list().await.unwrap(), keys);
}

/// A rotation adds the new keys, retires those they succeed, and is recorded for the other replicas.
pub async fn a_rotation_adds_and_retires(store: UnderTest) {
    let mut expect = ring(&store).await;
    assert_eq!(recorded(&store).await, 1);
    let (new, at) = (key_record(3, SIGN, store.now), store.now.plus(DAY));
    assert!(store.keys.rotate(std::slice::from_ref(&new), &[(2, at)], store.now.plus(SECOND)).await.unwrap());
    expect[1].retires_at = Some(at);
    expect.push(new);
    assert_eq!(store.keys.list().await.unwrap(), expect);
    assert_eq!(recorded(&store).await, 2);
    assert_eq!(store.changes.since(store.now.plus(2 * SECOND)).await.unwrap(), []);
}

/// A rotation that comes too late does nothing at all: no other key is added, none retired, nothing recorded.
pub async fn a_rotation_under_a_taken_number_does_nothing(store: UnderTest) {
    let ring = ring(&store).await;
    let late = [key_record(3, KeyPurpose::Seal, store.now), key_record(2, SIGN, store.now.plus(SECOND))];
    assert!(!store.keys.rotate(&late, &[(1, store.now)], store.now).await.unwrap());
    assert_eq!(store.keys.list().await.unwrap(), ring);
    assert_eq!(recorded(&store).await, 1);
}

/// A rotation that would retire a key which is gone was planned on another ring, and does nothing at all.
pub async fn a_rotation_of_a_key_that_is_gone_does_nothing(store: UnderTest) {
    let ring = ring(&store).await;
    let new = key_record(4, SIGN, store.now);
    assert!(!store.keys.rotate(&[new], &[(1, store.now), (3, store.now)], store.now).await.unwrap());
    assert_eq!(store.keys.list().await.unwrap(), ring);
    assert_eq!(recorded(&store).await, 1);
}

/// A rotation that meets a replacement takes effect whole or says that it did not: a predecessor that stayed accepted
/// after a rotation was called done would be so for ever.
pub async fn a_rotation_that_meets_a_replacement_is_not_lost(store: UnderTest) {
    ring(&store).await;
    for round in 0..32 {
        let seen = store.keys.list().await.unwrap();
        let (predecessor, number) = (seen[seen.len() - 1].number, 3 + round);
        let outcomes = race(2, |caller| {
            let (keys, now, seen) = (Arc::clone(&store.keys), store.now, seen.clone());
            async move {
                let done = if caller == 0 {
                    keys.rotate(&[key_record(number, SIGN, now)], &[(predecessor, now)], now).await
                } else {
                    let wrapped_anew = |key: &KeyRecord| KeyRecord { secret_id: number, ..key.clone() };
                    keys.replace(&seen, &seen.iter().map(wrapped_anew).collect::<Vec<_>>(), now).await
                };
                (caller, done.unwrap())
            }
        })
        .await;
        let [rotated, replaced] = [0, 1].map(|caller| outcomes.contains(&(caller, true)));
        let found = store.keys.list().await.unwrap();
        assert!(rotated, "round {round}: whoever comes second finds every key and retires it");
        let mut expect = seen.clone();
        for key in expect.iter_mut().filter(|_| replaced) {
            key.secret_id = number;
        }
        expect.last_mut().unwrap().retires_at = Some(store.now);
        expect.push(key_record(number, SIGN, store.now));
        assert_eq!(found, expect, "round {round}, replaced: {replaced}");
    }
}

/// Of many replicas that rotate at once, exactly one does.
pub async fn one_of_64_concurrent_rotations_succeeds(store: UnderTest) {
    ring(&store).await;
    let rotated = race(CALLERS, |caller| {
        let keys = Arc::clone(&store.keys);
        let now = store.now;
        let at = now.plus(DAY).plus(SECOND * u32::try_from(caller).unwrap());
        // Told apart by when they retire: what is stored must be the winner's, both in the new key and the old one.
        let new = KeyRecord { activates_at: at, ..key_record(3, SIGN, now) };
        async move { (at, keys.rotate(&[new], &[(2, at)], now).await.unwrap()) }
    })
    .await;
    let winners: Vec<_> = rotated.into_iter().filter(|(_, rotated)| *rotated).map(|(at, _)| at).collect();
    assert_eq!(winners.len(), 1);
    let keys = store.keys.list().await.unwrap();
    assert_eq!(keys.len(), 3);
    assert_eq!((keys[1].retires_at, keys[2].activates_at), (Some(winners[0]), winners[0]));
    assert_eq!(recorded(&store).await, 2);
}

/// A key that was retired because it leaked stays so, whatever a rotation that was planned before says.
pub async fn a_retirement_never_moves_later(store: UnderTest) {
    ring(&store).await;
    let (at, later) = (store.now.plus(SECOND), store.now.plus(DAY));
    assert!(store.keys.rotate(&[], &[(2, at)], store.now).await.unwrap());
    assert!(store.keys.rotate(&[key_record(3, SIGN, store.now)], &[(2, later)], store.now).await.unwrap());
    assert_eq!(store.keys.list().await.unwrap()[1].retires_at, Some(at));
    assert!(store.keys.rotate(&[], &[(2, store.now)], store.now).await.unwrap());
    assert_eq!(store.keys.list().await.unwrap()[1].retires_at, Some(store.now));
}

/// A ring takes the other's place whole: keys go, change and come, and the other replicas are told.
pub async fn replacing_puts_the_ring_in_place(store: UnderTest) {
    let seen = ring(&store).await;
    let wrapped_anew = KeyRecord { secret_id: 2, wrapped: vec![9; 60], ..seen[1].clone() };
    let wanted = vec![wrapped_anew, key_record(3, KeyPurpose::Seal, store.now)];
    assert!(store.keys.replace(&seen, &wanted, store.now.plus(SECOND)).await.unwrap());
    assert_eq!(store.keys.list().await.unwrap(), wanted);
    assert_eq!(recorded(&store).await, 2);
}

/// A ring that somebody changed since it was seen is left as it is.
pub async fn a_ring_that_changed_is_not_replaced(store: UnderTest) {
    let seen = ring(&store).await;
    let mut wanted = seen.clone();
    wanted[0].secret_id = 2;
    let missing = &seen[..1];
    let more = [seen.clone(), vec![key_record(3, SIGN, store.now)]].concat();
    let mut other = seen.clone();
    other[1].retires_at = Some(store.now);
    for not_so in [missing, &more, &other, &[]] {
        assert!(!store.keys.replace(not_so, &wanted, store.now).await.unwrap());
    }
    assert_eq!(store.keys.list().await.unwrap(), seen);
    assert_eq!(recorded(&store).await, 1);
}

/// Of many that replace one ring at once, and one that rotates it, exactly one does.
pub async fn one_of_racing_replacements_succeeds(store: UnderTest) {
    let seen = ring(&store).await;
    let replaced = race(CALLERS, |caller| {
        let (keys, seen, now) = (Arc::clone(&store.keys), seen.clone(), store.now);
        let new = key_record(3, SIGN, now);
        let mut wanted = seen.clone();
        wanted[0].secret_id = u32::try_from(caller).unwrap();
        wanted.push(new.clone());
        async move {
            match caller {
                0 => keys.rotate(&[new], &[], now).await.unwrap(),
                _ => keys.replace(&seen, &wanted, now).await.unwrap(),
            }
        }
    })
    .await;
    assert_eq!(replaced.into_iter().filter(|replaced| *replaced).count(), 1);
    assert_eq!(store.keys.list().await.unwrap().len(), 3);
    assert_eq!(recorded(&store).await, 2);
}
