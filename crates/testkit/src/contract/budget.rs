//! How many statements each call may send. Stores that do not count are not checked.
//!
//! The bounds are those of docs/architecture.md, told by port: an endpoint's budget is the sum of the calls it makes.

use grantor_domain::grant::NewGrant;
use grantor_domain::user::Username;
use grantor_ports::{FailedAttempt, FailureKeys, GrantScope, KeyPurpose, StoreFuture, TokenDependencies};

use super::UnderTest;
use super::fixture::{
    CLASSES, DAY, HOUR, client, client_record, credentials, key_of, key_record, passkey, rotation_of, scope, scopes_of,
    subject, totp,
};

/// The call sends at least one statement (or nothing was counted) and at most `bound`.
async fn check<T>(store: &UnderTest, what: &str, bound: u64, call: StoreFuture<'_, T>) -> T {
    let before = store.statements();
    let answer = call.await.unwrap();
    if let (Some(before), Some(after)) = (before, store.statements()) {
        let sent = after - before;
        assert!((1..=bound).contains(&sent), "{what} sent {sent} statements, and may send {bound}");
    }
    answer
}

/// Opening a grant: one statement, two if the code was used before, three if its user may not be served: that looks like an
/// opening that nobody heard of and that is taken back between two statements.
pub async fn opening_a_grant(store: UnderTest) {
    let alice = store.user("alice").await;
    for class in CLASSES {
        let grant = store.grant_in(class, &alice);
        check(&store, "open", 1, store.grants.open(&grant)).await;
        let second = NewGrant { secret_hash: store.random.bytes(), ..grant };
        check(&store, "open a second time", 2, store.grants.open(&second)).await;
        let refused = store.grant_in(class, &subject("nobody"));
        check(&store, "open for nobody", 3, store.grants.open(&refused)).await;
    }
}

/// Rotating a grant: one statement, two for a token that was spent or is refused.
pub async fn rotating_a_grant(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    check(&store, "rotate", 1, store.grants.rotate(&rotation_of(&grant, 0, store.now))).await;
    check(&store, "rotate a spent token", 2, store.grants.rotate(&rotation_of(&grant, 0, store.now))).await;
    let unknown = store.grant(&alice);
    check(&store, "rotate nothing", 2, store.grants.rotate(&rotation_of(&unknown, 0, store.now))).await;
}

/// Reading a grant, however much a token rests on: one statement.
pub async fn reading_grants(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    check(&store, "find", 1, store.grants.find(&key_of(&grant), store.now)).await;
    let mut grants = vec![grant.terms.reference];
    for class in CLASSES {
        let other = store.grant_in(class, &alice);
        store.open(&other).await;
        grants.push(other.terms.reference);
    }
    let tokens = [store.token_id(), store.token_id(), store.token_id()];
    let token = TokenDependencies { grants: &grants, tokens: &tokens, claims_of: Some("alice") };
    check(&store, "liveness", 1, store.grants.liveness(token, store.now)).await;
}

/// Ending a grant or a token: one statement; all of a scope: one a table, and one more for each piece of it, unless there is an
/// index on it.
pub async fn ending_grants(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    check(&store, "revoke_held", 1, store.grants.revoke_held(&key_of(&grant), store.now)).await;
    check(&store, "revoke", 1, store.grants.revoke(grant.terms.reference, store.now)).await;
    check(&store, "revoke_token", 1, store.grants.revoke_token(store.token_id(), store.now.plus(HOUR))).await;
    for scope in scopes_of(&grant.terms) {
        let budget = if matches!(scope, GrantScope::Subject(_)) { 2 } else { 4 };
        check(&store, "revoke_all", budget, store.grants.revoke_all(&scope, store.now)).await;
    }
}

/// What signing in and its pages ask for: one statement each.
pub async fn signing_in(store: UnderTest) {
    let alice = store.user("alice").await;
    store.clients.put(&client_record("client-1"), store.now).await.unwrap();
    let username = Username::parse("alice").unwrap();
    check(&store, "by_username", 1, store.users.by_username(&username)).await;
    let attempt = FailedAttempt { username_key: store.random.bytes(), place_key: None, address: None, at: store.now };
    check(&store, "record", 1, store.attempts.record(&attempt)).await;
    let keys = FailureKeys { username: store.random.bytes(), place: Some(store.random.bytes()) };
    check(&store, "signing_in", 1, store.users.signing_in(Some(&username), &keys, store.now)).await;
    check(&store, "tally", 1, store.attempts.tally(&keys, store.now)).await;
    check(&store, "forgive", 1, store.attempts.forgive(&keys)).await;
    let session = store.session(&alice);
    check(&store, "sessions.open", 1, store.sessions.open(&session)).await;
    check(&store, "sessions.find", 1, store.sessions.find(session.session.id, &session.secret_hash, store.now)).await;
    let (client, asked) = (client("client-1"), scope("a b"));
    check(&store, "consents.find", 1, store.consents.find(&alice, &client)).await;
    check(&store, "consents.of", 1, store.consents.of(&alice)).await;
    check(&store, "withdraw", 1, store.consents.withdraw(&alice, &client)).await;
    check(&store, "remember", 2, store.consents.remember(&alice, &client, &asked, store.now)).await;
    check(&store, "sessions.end", 1, store.sessions.end(session.session.id, store.now.plus(DAY), &[])).await;
}

/// A second factor: one statement to read all, one to spend; a change holds the user and looks at what is left.
pub async fn proving_a_second_factor(store: UnderTest) {
    let alice = store.user("alice").await;
    let factors = &store.second_factors;
    let (passkey, codes) = (passkey(&store, "phone", store.now), [[1; 32], [2; 32]]);
    check(&store, "enrol_totp", 4, factors.enrol_totp(&alice, &totp(1), Some(&codes))).await;
    check(&store, "enrol_passkey", 4, factors.enrol_passkey(&alice, &passkey, Some(&codes))).await;
    check(&store, "of", 1, factors.of(&alice)).await;
    check(&store, "spend_step", 1, factors.spend_step(&alice, 5)).await;
    check(&store, "spend_step again", 1, factors.spend_step(&alice, 5)).await;
    check(&store, "passkey", 1, factors.passkey(&passkey.id)).await;
    check(&store, "use_passkey", 1, factors.use_passkey(&passkey.id, "{}", store.now)).await;
    check(&store, "spend_recovery_code", 1, factors.spend_recovery_code(&alice, &codes[0])).await;
    check(&store, "replace_recovery_codes", 4, factors.replace_recovery_codes(&alice, &codes)).await;
    check(&store, "remove_totp", 3, factors.remove_totp(&alice)).await;
    check(&store, "remove_passkey", 3, factors.remove_passkey(&alice, &passkey.id)).await;
    check(&store, "reset", 4, factors.reset(&alice)).await;
}

/// What every token request may ask for beside its grant: one statement each.
pub async fn proving_a_client(store: UnderTest) {
    let record = client_record("client-1");
    assert!(store.clients.put(&record, store.now).await.unwrap());
    check(&store, "clients.find", 1, store.clients.find(&record.settings.client_id)).await;
    check(&store, "clients.find an unknown one", 1, store.clients.find(&client("unknown"))).await;
    check(&store, "spend", 1, store.replay.spend(&[7; 32], store.now.plus(HOUR))).await;
    check(&store, "spend again", 1, store.replay.spend(&[7; 32], store.now.plus(HOUR))).await;
}

/// What replicas poll: one statement each.
pub async fn polling(store: UnderTest) {
    let user = credentials("alice");
    assert!(store.users.insert(&user).await.unwrap());
    let key = key_record(1, KeyPurpose::Seal, store.now);
    assert!(store.keys.rotate(&[key], &[], store.now).await.unwrap());
    check(&store, "changes.since", 1, store.changes.since(store.now)).await;
    check(&store, "keys.list", 1, store.keys.list()).await;
}
