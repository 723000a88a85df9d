//! Expired rows go, a bounded number a statement, and nothing goes that still means something.

use std::time::Duration;

use grantor_domain::client::ClientId;
use grantor_domain::grant::device_code::DeviceRequest;
use grantor_domain::id::GrantId;
use grantor_domain::id::{SessionId, TokenId};
use grantor_domain::scope::ScopeSet;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::{
    Attempts, Changes, Clients, Devices, FailedAttempt, Grants, Liveness, NewDeviceRequest, OpenOutcome, Registered,
    Registration, Registrations, ReplayGuard, Sessions, Spend, TokenDependencies,
};
use grantor_store::Engine;
use grantor_testkit::contract::{UnderTest, client_record, rotation_of};

use crate::setup::{DAY, NOW, Place, Watch, on_both_engines, retention};

on_both_engines!(
    what_expired_is_deleted_in_bounded_statements,
    what_still_means_something_stays,
    what_is_over_goes,
    clients_that_registered_themselves_and_were_not_used_go
);

async fn what_expired_is_deleted_in_bounded_statements(place: Place) {
    const EXPIRED: u64 = 2500;
    let watch = Watch::on(&place);
    let store = place.store();
    let digest = match place.engine {
        Engine::Postgres => "'\\x01'::bytea",
        Engine::Sqlite => "X'01'",
    };
    place.client().run(&format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {EXPIRED})
         INSERT INTO replay_guard (expires_at, digest) SELECT n, {digest} FROM numbers"
    ));
    assert_eq!(store.maintain(NOW, &retention()).await.unwrap().deleted, EXPIRED);
    assert_eq!(place.client().number("SELECT count(*) FROM replay_guard"), 0);
    let deletes = watch.seen().sent.into_iter().filter(|sql| sql.starts_with("DELETE FROM replay_guard"));
    assert!(deletes.count() > 1, "all went in one statement");
}

async fn what_still_means_something_stays(place: Place) {
    let store = place.store();
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let grant = ports.opened(&alice).await;
    let mut short = ports.grant(&alice);
    short.terms.reference.class = LifetimeClass::Short;
    ports.open(&short).await;
    let (session, token) = (SessionId::new(NOW, &[1; 10]), TokenId::new(NOW, &[2; 10]));
    store.end(session, NOW.plus(400 * DAY), &[]).await.unwrap();
    store.revoke_token(token, NOW.plus(DAY)).await.unwrap();
    assert_eq!(store.spend(&[3; 32], NOW.plus(DAY)).await.unwrap(), Spend::First);

    let later = NOW.plus(DAY / 2);
    store.maintain(later, &retention()).await.unwrap();
    let token = TokenDependencies { tokens: &[token], ..TokenDependencies::default() };
    assert_eq!(store.liveness(token, later).await.unwrap(), Liveness::Dead);
    assert_eq!(store.spend(&[3; 32], NOW.plus(DAY)).await.unwrap(), Spend::Replayed);
    let grants = [grant.terms.reference, short.terms.reference];
    let token = TokenDependencies { grants: &grants, ..TokenDependencies::default() };
    assert_ne!(store.liveness(token, later).await.unwrap(), Liveness::Dead);

    let months_later = NOW.plus(29 * DAY);
    store.maintain(months_later, &retention()).await.unwrap();
    assert!(Grants::find(&*store, &rotation_of(&grant, 0, months_later).key, months_later).await.unwrap().is_some());
    let mut of_ended = ports.grant(&alice);
    of_ended.terms.session = Some(session);
    assert_eq!(Grants::open(&*store, &of_ended).await.unwrap(), OpenOutcome::SubjectRefused);
}

async fn what_is_over_goes(place: Place) {
    let store = place.store();
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    for class in [LifetimeClass::Long, LifetimeClass::Short] {
        let mut grant = ports.grant(&alice);
        grant.terms.reference.class = class;
        ports.open(&grant).await;
        let session = grant.terms.session.unwrap();
        store.note_client(session, &grant.terms.client_id).await.unwrap();
        store.end(session, NOW.plus(400 * DAY), &[]).await.unwrap();
    }
    let request = DeviceRequest {
        grant: GrantId::new(NOW, &[5; 10]),
        client_id: ClientId::parse("tv").unwrap(),
        scope: ScopeSet::default(),
        resources: Vec::new(),
    };
    let interval = Duration::from_secs(5);
    let request = NewDeviceRequest { request, user_code_key: [6; 32], interval, expires_at: NOW.plus(DAY) };
    assert!(Devices::open(&*store, &request).await.unwrap());
    store.revoke_token(TokenId::new(NOW, &[2; 10]), NOW.plus(DAY)).await.unwrap();
    store.spend(&[3; 32], NOW.plus(DAY)).await.unwrap();
    store.record(&FailedAttempt { username_key: [4; 32], place_key: None, address: None, at: NOW }).await.unwrap();
    assert!(store.put(&client_record("client-1"), NOW).await.unwrap());
    assert_eq!(store.since(NOW).await.unwrap().len(), 1);

    while store.maintain(NOW.plus(900 * DAY), &retention()).await.unwrap().is_more_left {}
    let mut client = place.client();
    for table in [
        "grants_long",
        "grants_short",
        "revoked_tokens",
        "replay_guard",
        "ended_sessions",
        "session_clients",
        "device_requests",
        "attempts",
        "changes",
    ] {
        assert_eq!(client.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(client.number("SELECT count(*) FROM clients"), 1);
    assert_eq!(client.number("SELECT count(*) FROM users"), 1);
}

async fn clients_that_registered_themselves_and_were_not_used_go(place: Place) {
    const UNUSED: i64 = 1500;
    let store = place.store();
    let ports = UnderTest::new(&store, NOW);
    let later = NOW.plus(DAY);
    let register = async |number: i64| {
        let id = format!("registered-{number}");
        let mut fingerprint = [0; 32];
        fingerprint[..8].copy_from_slice(&number.to_be_bytes());
        let registration = Registration {
            client_id: ClientId::parse(&id).unwrap(),
            fingerprint,
            token_hash: fingerprint,
            registered_at: NOW,
            expires_at: Some(later),
        };
        assert_eq!(store.register(&client_record(&id), &registration, None, 10_000).await.unwrap(), Registered::Done);
    };
    for number in 0..UNUSED {
        register(number).await;
    }
    store.complete(&ClientId::parse("registered-7").unwrap()).await.unwrap();
    assert!(store.put(&client_record("by-hand"), NOW).await.unwrap());
    store.maintain(later.plus(DAY / 48), &retention()).await.unwrap();
    let mut client = place.client();
    assert_eq!(client.number("SELECT count(*) FROM clients"), UNUSED + 1, "clocks differ");

    let over = later.plus(DAY / 12);
    assert!(store.maintain(over, &retention()).await.unwrap().deleted >= UNUSED.unsigned_abs() - 1);
    assert_eq!(client.number("SELECT count(*) FROM clients"), 2);
    assert_eq!(client.number("SELECT count(*) FROM registrations"), 1);
    assert_eq!(client.number("SELECT count(*) FROM principals WHERE kind = 'client'"), 2);
    let changed = ports.changes.since(over).await.unwrap();
    assert_eq!(changed.len() as u64, UNUSED.unsigned_abs() - 1, "every replica hears of it");
    register(UNUSED + 1).await;
}
