//! Replicas on one database race as callers of one store do: what is decided once is decided by the database.

use std::sync::Arc;

use grantor_domain::grant::NewGrant;
use grantor_ports::{Grants, KeyPurpose, KeyRecord, Keys, OpenOutcome, ReplayGuard, RotateOutcome, Spend};
use grantor_store::Store;
use grantor_testkit::contract::{UnderTest, key_record, race, rotation_of};

use crate::setup::{DAY, NOW, Place, on_both_engines};

on_both_engines!(one_caller_of_one_replica_wins, what_one_replica_writes_another_reads);

const CALLERS: usize = 48;

fn replicas(place: &Place) -> [Arc<Store>; 3] {
    [place.store(), place.store(), place.store()]
}

async fn one_caller_of_one_replica_wins(place: Place) {
    let replicas = replicas(&place);
    let ports = UnderTest::new(&replicas[0], NOW);
    let alice = ports.user("alice").await;
    let (code, grant) = (ports.grant(&alice), ports.opened(&alice).await);
    let won = race(CALLERS, |caller| {
        let store = Arc::clone(&replicas[caller % 3]);
        let hash = [u8::try_from(caller).unwrap(); 32];
        let (own, rotation) = (NewGrant { secret_hash: hash, ..code.clone() }, rotation_of(&grant, 0, NOW));
        // Told apart by its wrapped bytes.
        let key = KeyRecord { wrapped: hash.to_vec(), ..key_record(1, KeyPurpose::ClientSecretHash, NOW) };
        async move {
            let opened = matches!(store.open(&own).await.unwrap(), OpenOutcome::Opened(_));
            let rotated = matches!(Grants::rotate(&*store, &rotation).await.unwrap(), RotateOutcome::Rotated(_));
            let first = store.spend(&[1; 32], NOW.plus(DAY)).await.unwrap() == Spend::First;
            let keyed = Keys::rotate(&*store, &[key], &[], NOW).await.unwrap();
            [opened, rotated, first, keyed].map(usize::from)
        }
    })
    .await;
    let wins = won.into_iter().fold([0; 4], |sum, won| std::array::from_fn(|what| sum[what] + won[what]));
    assert_eq!(wins, [1; 4], "openings, rotations, values, keys");
}

async fn what_one_replica_writes_another_reads(place: Place) {
    let [one, two, three] = replicas(&place);
    let ports = UnderTest::new(&one, NOW);
    let grant = ports.opened(&ports.user("alice").await).await;
    let rotated = Grants::rotate(&*two, &rotation_of(&grant, 0, NOW)).await.unwrap();
    assert!(matches!(rotated, RotateOutcome::Rotated(_)), "{rotated:?}");
    let spent = Grants::rotate(&*three, &rotation_of(&grant, 0, NOW)).await.unwrap();
    assert!(matches!(spent, RotateOutcome::Past(_)), "{spent:?}");
    assert!(three.revoke(grant.terms.reference, NOW).await.unwrap());
    assert!(Grants::find(&*one, &rotation_of(&grant, 0, NOW).key, NOW).await.unwrap().is_none());
}
