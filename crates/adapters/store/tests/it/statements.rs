//! What really goes over the wire, seen through diesel's own instrumentation: the store counts what it sends, and sends
//! a statement's text once a connection.

use grantor_ports::{Clients, Grants, Liveness, Sessions, TokenDependencies};
use grantor_testkit::contract::{UnderTest, client_record, rotation_of};

use crate::setup::{NOW, Place, Watch, on_both_engines};

on_both_engines!(the_store_counts_what_it_sends, statements_are_prepared_once);

async fn the_store_counts_what_it_sends(place: Place) {
    let watch = Watch::on(&place);
    let store = place.store_of(1);
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let grant = ports.opened(&alice).await;
    for presented in [0, 0, 1] {
        Grants::rotate(&*store, &rotation_of(&grant, presented, NOW)).await.unwrap();
    }
    assert!(store.put(&client_record("client-1"), NOW).await.unwrap());
    Sessions::end(&*store, grant.terms.session.unwrap(), NOW, &[]).await.unwrap();
    let sent = watch.seen().sent;
    assert_eq!(u64::try_from(sent.len()).unwrap(), store.statements(), "{sent:#?}");
}

async fn statements_are_prepared_once(place: Place) {
    let watch = Watch::on(&place);
    let store = place.store_of(1);
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let round = async || {
        let grant = ports.opened(&alice).await;
        for presented in [0, 0, 1] {
            Grants::rotate(&*store, &rotation_of(&grant, presented, NOW)).await.unwrap();
        }
        assert!(Grants::find(&*store, &rotation_of(&grant, 0, NOW).key, NOW).await.unwrap().is_some());
        let token = TokenDependencies { grants: &[grant.terms.reference], ..TokenDependencies::default() };
        assert_ne!(store.liveness(token, NOW).await.unwrap(), Liveness::Dead);
        assert!(store.revoke(grant.terms.reference, NOW).await.unwrap());
        assert!(Clients::find(&*store, &client_record("none").settings.client_id).await.unwrap().is_none());
    };
    round().await;
    let prepared = watch.seen().prepared;
    assert!(prepared.iter().any(|sql| sql.contains("grants_long")), "hot statements are prepared: {prepared:#?}");
    for _again in 0..3 {
        round().await;
    }
    assert_eq!(watch.seen().prepared, prepared, "something was prepared anew");
    // Were one not prepared at all, it would be sent whole each time: everything sent was prepared.
    let sent = watch.seen().sent;
    let unprepared: Vec<&String> =
        sent.iter().filter(|sent| !prepared.iter().any(|sql| sent.starts_with(sql.as_str()))).collect();
    assert!(unprepared.is_empty(), "{unprepared:#?}");
}
