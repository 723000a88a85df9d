//! Users: who there is, how they prove it, and since when they may be served.

use std::sync::Arc;

use grantor_domain::registry::Owner;
use grantor_domain::user::{StandardClaims, Subject, Username};
use grantor_ports::{
    Commitment, DeclarationPlan, FailureKeys, ImportMode, Imported, ObjectKind, SigningIn, UserCredentials, UserWrite,
};
use serde_json::json;

use super::fixture::{CALLERS, HOUR, SECOND, claims, client_record, credentials, passkey, password, subject, totp};
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

/// Users come by the page, by subject as bytes sort; a page ends where the next begins.
pub async fn users_are_listed_by_the_page(store: UnderTest) {
    for (number, name) in ["b", "a", "A", "10", "9", "aa"].into_iter().enumerate() {
        let mut user = credentials(&format!("user-{number}"));
        user.user.subject = subject(name);
        assert!(store.users.insert(&user).await.unwrap());
    }
    let page = async |after: Option<&str>, limit| {
        let users = store.users.page(after.map(subject).as_ref(), limit).await.unwrap();
        users.into_iter().map(|user| user.subject.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 100).await, ["10", "9", "A", "a", "aa", "b"]);
    assert_eq!(page(None, 2).await, ["10", "9"]);
    assert_eq!(page(Some("9"), 2).await, ["A", "a"]);
    assert_eq!(page(Some("aZ"), 2).await, ["aa", "b"], "after one that is not there");
    assert_eq!(page(Some("b"), 2).await, [""; 0]);
    let whole = store.users.page(Some(&subject("aa")), 1).await.unwrap();
    assert_eq!(whole, [stored(&store, &subject("b")).await.user]);
}

/// An import takes those whose names are free and says of each what became of them; a refused one takes no name, and
/// whoever is there already stays as they are.
pub async fn an_import_says_what_became_of_each(store: UnderTest) {
    use Imported::{Inserted, NameTaken, Unchanged};
    let alice = store.user("alice").await;
    assert!(store.clients.put(&client_record("client"), store.now).await.unwrap());
    let named = |name: &str, username: &str| {
        let mut user = credentials(name);
        user.user.username = Username::parse(username).unwrap();
        user.password = None;
        user
    };
    let before = stored(&store, &alice).await;
    let batch = [
        credentials("zoe"),
        named("alice", "alice"),
        named("alice", "other"),
        named("free", "alice"),
        credentials("client"),
        credentials("bob"),
    ];
    let expect = [Inserted, Unchanged, NameTaken, NameTaken, NameTaken, Inserted];
    assert_eq!(store.users.import(&batch, ImportMode::Commit).await.unwrap(), expect);
    assert_eq!(stored(&store, &alice).await, before);
    for new in [&batch[0], &batch[5]] {
        assert_eq!(stored(&store, &new.user.subject).await, *new);
    }
    assert!(store.clients.put(&client_record("free"), store.now).await.unwrap(), "the refused user holds no name");
    let again = store.users.import(&batch, ImportMode::Commit).await.unwrap();
    assert_eq!(again, [Unchanged, Unchanged, NameTaken, NameTaken, NameTaken, Unchanged]);
    assert_eq!(store.users.import(&[], ImportMode::Commit).await.unwrap(), []);
}

/// A removed user's subject may be imported again, as it may be given in any other way; a refusal leaves the subject as
/// taken as it was.
pub async fn an_import_may_give_a_removed_users_subject_again(store: UnderTest) {
    let owner = Owner::try_from("team".to_owned()).unwrap();
    let plan = |users, remove| DeclarationPlan { owner: owner.clone(), users, remove, ..DeclarationPlan::default() };
    let bob = credentials("bob");
    let create = plan(vec![UserWrite::Create(credentials("alice"))], Vec::new());
    let remove = plan(Vec::new(), vec![(ObjectKind::User, "alice".to_owned())]);
    for plan in [create, remove] {
        assert_eq!(store.declarations.commit(&plan, store.now).await.unwrap(), Commitment::Done);
    }
    assert!(store.users.insert(&bob).await.unwrap());
    let mut same_username = credentials("alice");
    same_username.user.username = bob.user.username.clone();
    let refused = store.users.import(&[same_username, bob.clone()], ImportMode::Commit).await.unwrap();
    assert_eq!(refused, [Imported::NameTaken, Imported::Unchanged]);
    assert!(!store.clients.put(&client_record("alice"), store.now).await.unwrap(), "a client would pose as the user");
    let batch = [credentials("alice"), bob];
    for mode in [ImportMode::Rehearse, ImportMode::Commit] {
        let outcomes = store.users.import(&batch, mode).await.unwrap();
        assert_eq!(outcomes, [Imported::Inserted, Imported::Unchanged]);
    }
    assert_eq!(stored(&store, &batch[0].user.subject).await, batch[0]);
    assert_eq!(store.users.import(&batch, ImportMode::Commit).await.unwrap(), [Imported::Unchanged; 2]);
}

/// Two of a batch with one name do not both come in.
pub async fn an_import_gives_a_name_once(store: UnderTest) {
    let mut same_username = credentials("alice");
    same_username.user.subject = subject("another");
    let outcomes = store.users.import(&[credentials("alice"), same_username], ImportMode::Commit).await.unwrap();
    assert_eq!(outcomes.into_iter().filter(|outcome| *outcome == Imported::Inserted).count(), 1);
}

/// A rehearsal says what an import would, and leaves no trace.
pub async fn a_rehearsal_leaves_no_trace(store: UnderTest) {
    store.user("alice").await;
    let mut taken = credentials("alice");
    taken.user.subject = subject("another");
    let batch = [credentials("bob"), taken];
    for _ in 0..2 {
        let outcomes = store.users.import(&batch, ImportMode::Rehearse).await.unwrap();
        assert_eq!(outcomes, [Imported::Inserted, Imported::NameTaken]);
    }
    assert_eq!(store.users.by_subject(&subject("bob")).await.unwrap(), None);
    assert!(store.clients.put(&client_record("bob"), store.now).await.unwrap(), "nobody holds the name");
}

/// Imports of the same people at once: each is inserted once.
pub async fn concurrent_imports_insert_everybody_once(store: UnderTest) {
    let outcomes = race(8, |caller| {
        let mut batch: Vec<_> = (0..40).map(|number| credentials(&format!("user-{number}"))).collect();
        // In another order each, so that they would wait for each other.
        batch.rotate_left(caller * 5);
        let users = Arc::clone(&store.users);
        async move { users.import(&batch, ImportMode::Commit).await.unwrap() }
    })
    .await;
    let outcomes: Vec<_> = outcomes.into_iter().flatten().collect();
    assert!(!outcomes.contains(&Imported::NameTaken));
    assert_eq!(outcomes.into_iter().filter(|outcome| *outcome == Imported::Inserted).count(), 40);
}

/// Claims are replaced only as they were read, and nothing else with them.
pub async fn claims_are_replaced_only_as_they_were_read(store: UnderTest) {
    let alice = store.user("alice").await;
    let mut expect = stored(&store, &alice).await;
    let read = expect.user.claims.clone();
    let (mine, theirs) = (claims(json!({ "nickname": "Al" })), claims(json!({ "nickname": "Ally" })));
    assert!(store.users.replace_claims(&alice, &read, &theirs).await.unwrap());
    assert!(!store.users.replace_claims(&alice, &read, &mine).await.unwrap(), "another read before");
    assert!(store.users.replace_claims(&alice, &read, &theirs).await.unwrap(), "they are as wanted already");
    expect.user.claims = theirs;
    assert_eq!(stored(&store, &alice).await, expect);
    assert!(!store.users.replace_claims(&subject("nobody"), &read, &mine).await.unwrap());
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

/// Who knows a password replaces it, and nobody who knows one that was changed meanwhile; it voids what was before.
pub async fn a_password_is_replaced_only_as_it_was_known(store: UnderTest) {
    let alice = store.user("alice").await;
    let (first, second, third) = (password("first"), password("second"), password("third"));
    let replace = async |old: Option<&grantor_ports::PasswordHash>, new: &grantor_ports::PasswordHash| {
        store.users.replace_password(&alice, old, new, store.now).await.unwrap()
    };
    assert!(replace(Some(&first), &second).await);
    let changed = stored(&store, &alice).await;
    assert_eq!((changed.password, changed.user.not_before), (Some(second.clone()), store.now));
    for known in [None, Some(&first)] {
        assert!(!replace(known, &third).await, "{known:?}");
    }
    assert_eq!(stored(&store, &alice).await.password, Some(second));
    assert!(!store.users.replace_password(&subject("nobody"), None, &third, store.now).await.unwrap());
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

/// Who signs in comes with whether they have a second factor: an app or a passkey.
pub async fn signing_in_says_whether_there_is_a_second_factor(store: UnderTest) {
    let [alice, bob] = [store.user("alice").await, store.user("bob").await];
    let keys = FailureKeys { username: store.random.bytes(), place: None };
    let check = async |name: &str, expect: bool| {
        let username = Username::parse(name).unwrap();
        let (found, _) = store.users.signing_in(Some(&username), &keys, store.now).await.unwrap();
        let expect = SigningIn { credentials: stored(&store, &subject(name)).await, has_second_factor: expect };
        assert_eq!(found, Some(expect));
    };
    let factors = &store.second_factors;
    let (phone, key) = (passkey(&store, "phone", store.now), passkey(&store, "key", store.now));
    check("alice", false).await;
    assert!(factors.enrol_totp(&alice, &totp(1), Some(&[[1; 32]])).await.unwrap());
    check("alice", true).await;
    assert!(factors.enrol_passkey(&alice, &phone, None).await.unwrap());
    assert!(factors.enrol_passkey(&alice, &key, None).await.unwrap());
    check("alice", true).await;
    assert!(factors.remove_totp(&alice).await.unwrap());
    check("alice", true).await;
    for passkey in [&phone, &key] {
        assert!(factors.remove_passkey(&alice, &passkey.id).await.unwrap());
    }
    check("alice", false).await;
    // Codes stand in for a factor, and are none.
    assert!(!factors.replace_recovery_codes(&bob, &[[2; 32]]).await.unwrap());
    check("bob", false).await;
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
