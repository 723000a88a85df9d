//! Rows that cannot be read: the error names table, column and row, and none is taken for "no".

use std::fmt::Debug;

use grantor_domain::client::StoredSecret;
use grantor_domain::id::SessionId;
use grantor_domain::session::{Authentication, Session};
use grantor_domain::user::Username;
use grantor_ports::{
    Clients, Grants, KeyPurpose, Keys, NewSession, SecondFactors, SessionOrigin, Sessions, StoredPasskey, StoredTotp,
    Unavailable, Users,
};
use grantor_store::Engine;
use grantor_testkit::contract::{UnderTest, client_record, key_record, rotation_of};

use crate::setup::{DAY, NOW, Place, on_both_engines};

on_both_engines!(
    corrupt_grants_are_named,
    corrupt_clients_are_named,
    corrupt_users_are_named,
    corrupt_keys_are_named,
    corrupt_sessions_are_named,
    corrupt_second_factors_are_named,
);

#[track_caller]
fn check<T: Debug>(answer: Result<T, Unavailable>, names: [&str; 3]) {
    let error = answer.expect_err("a corrupt row was read").to_string();
    for name in names {
        assert!(error.contains(name), "{error:?} does not name {name:?}");
    }
}

async fn corrupt_grants_are_named(place: Place) {
    let store = place.store();
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let columns = [("scope", "'a \"b'"), ("resources", "'{'"), ("claims", "'['"), ("amr", "'x'"), ("generation", "-5")];
    for (column, garbage) in columns {
        let grant = ports.opened(&alice).await;
        let mut client = place.client();
        client.run(&format!("UPDATE grants_long SET {column} = {garbage}"));
        let id = grant.terms.reference.id.to_string();
        let rotation = rotation_of(&grant, 0, NOW);
        check(Grants::find(&*store, &rotation.key, NOW).await, ["grants_long", column, &id]);
        client.run("DELETE FROM grants_long");
    }
}

async fn corrupt_clients_are_named(place: Place) {
    let store = place.store();
    for (column, garbage) in [("settings", "{"), ("secrets", "{}")] {
        let record = client_record(&format!("client-with-bad-{column}"));
        assert!(store.put(&record, NOW).await.unwrap());
        let id = record.settings.client_id;
        place.client().run(&format!("UPDATE clients SET {column} = '{garbage}' WHERE id = '{id}'"));
        check(Clients::find(&*store, &id).await, ["clients", column, id.as_str()]);
    }
}

async fn corrupt_users_are_named(place: Place) {
    let store = place.store();
    let alice = UnderTest::new(&store, NOW).user("alice").await;
    place.client().run("UPDATE users SET claims = '{\"unheard_of\": 1}'");
    check(store.by_subject(&alice).await, ["users", "claims", "alice"]);
    check(store.by_username(&Username::parse("alice").unwrap()).await, ["users", "claims", "alice"]);
}

async fn corrupt_keys_are_named(place: Place) {
    let store = place.store();
    assert!(Keys::rotate(&*store, &[key_record(17, KeyPurpose::Seal, NOW)], &[], NOW).await.unwrap());
    place.client().run("UPDATE keys SET purpose = 'unheard_of'");
    check(Keys::list(&*store).await, ["keys", "purpose", "17"]);
}

async fn corrupt_sessions_are_named(place: Place) {
    let store = place.store();
    let alice = UnderTest::new(&store, NOW).user("alice").await;
    let session = NewSession {
        session: Session {
            id: SessionId::new(NOW, &[3; 10]),
            subject: alice,
            authentication: Authentication::by_password(NOW),
            expires_at: NOW.plus(DAY),
        },
        secret_hash: [5; 32],
        origin: SessionOrigin::default(),
    };
    assert!(Sessions::open(&*store, &session).await.unwrap());
    place.client().run("UPDATE sessions SET amr = '{'");
    let id = session.session.id;
    check(Sessions::find(&*store, id, &[5; 32], NOW).await, ["sessions", "amr", &id.to_string()]);
}

async fn corrupt_second_factors_are_named(place: Place) {
    let store = place.store();
    let alice = UnderTest::new(&store, NOW).user("alice").await;
    let secret = StoredSecret::Sealed { key: 1, sealed: "sealed".to_owned(), estimated_bits: 160 };
    let totp = StoredTotp { secret, last_step: 0 };
    for (column, garbage) in [("secret", "'{'"), ("last_step", "-1")] {
        assert!(store.enrol_totp(&alice, &totp, None).await.unwrap());
        place.client().run(&format!("UPDATE totps SET {column} = {garbage}"));
        check(SecondFactors::of(&*store, &alice).await, ["totps", column, "alice"]);
    }
    assert!(store.remove_totp(&alice).await.unwrap());
    let passkey = StoredPasskey {
        id: vec![0xfe, 0xdc],
        user_handle: [3; 16],
        name: "phone".to_owned(),
        record: "{}".to_owned(),
        added_at: NOW,
        used_at: None,
    };
    assert!(store.enrol_passkey(&alice, &passkey, None).await.unwrap());
    let short = match place.engine {
        Engine::Postgres => "'\\x01'::bytea",
        Engine::Sqlite => "X'01'",
    };
    place.client().run(&format!("UPDATE passkeys SET user_handle = {short}"));
    check(SecondFactors::of(&*store, &alice).await, ["passkeys", "user_handle", "fe, dc"]);
    check(store.passkey(&passkey.id).await, ["passkeys", "user_handle", "fe, dc"]);
}
