//! Users made, changed, imported with the hashes they had elsewhere, and let in again.

use grantor_application::admin::{ImportedUser, KeyChanges, NameProblem, NewUser, UserProblem};
use grantor_domain::error::Reason;
use grantor_domain::user::Username;
use grantor_ports::{Clock as _, ImportMode, Imported, PasswordScheme, UnusableHash, Users as _};
use serde_json::{Value, json};

use crate::fixture::*;

fn set(pairs: &[(&str, &str)]) -> KeyChanges {
    let set = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    KeyChanges { set: set.collect(), unset: Vec::new() }
}

fn new(username: &str, subject_text: Option<&str>, password: Option<&str>) -> NewUser {
    NewUser {
        username: Username::parse(username).unwrap(),
        subject: subject_text.map(subject),
        claims: set(&[("name", "Carol"), ("email_verified", "true")]),
        password: password.map(secret),
    }
}

fn imported(name: &str, hash: &str) -> ImportedUser {
    let line = json!({ "subject": format!("sub-of-{name}"), "username": name, "password_hash": hash });
    serde_json::from_value(line).unwrap()
}

async fn scheme_of(world: &World, name: &str) -> Option<PasswordScheme> {
    world.here.show_user(name).await.unwrap().unwrap().password.map(Result::unwrap)
}

#[tokio::test]
async fn a_new_user_signs_in_at_once() {
    let world = World::new().await;
    let carol = world.here.create_user(new("Carol", None, Some("carol-password"))).await.unwrap().unwrap();
    assert_eq!((carol.username.as_str(), carol.subject.as_str().len()), ("carol", 36));
    assert_eq!(Value::Object(carol.claims.into()), json!({ "name": "Carol", "email_verified": true }));
    issued(password(&world.here, "legacy", "carol", "carol-password").await);
    let without = world.here.create_user(new("dave", Some("sub-of-dave"), None)).await.unwrap().unwrap();
    assert_eq!(without.subject, subject("sub-of-dave"));
    assert_eq!(refused(password(&world.here, "legacy", "dave", "").await), Reason::CredentialsInvalid);
    assert_eq!(scheme_of(&world, "dave").await, None);
    assert_eq!(scheme_of(&world, "carol").await, Some(PasswordScheme::Argon2id));
}

#[tokio::test]
async fn a_name_that_is_taken_is_told_apart() {
    let world = World::new().await;
    let refused = async |new: NewUser| world.here.create_user(new).await.unwrap().unwrap_err();
    let alice = Username::parse("alice").unwrap();
    assert_eq!(refused(new("ALICE", None, None)).await, UserProblem::UsernameTaken(alice));
    assert_eq!(refused(new("carol", Some("alice"), None)).await, UserProblem::SubjectTaken(subject("alice")));
    assert_eq!(refused(new("carol", Some("web"), None)).await, UserProblem::SubjectTaken(subject("web")));
    world.here.delete_client(&client_id("web")).await.unwrap().unwrap();
    assert_eq!(refused(new("carol", Some("web"), None)).await, UserProblem::SubjectTaken(subject("web")));
    let wrong = NewUser { claims: set(&[("email_verified", "yes")]), ..new("carol", None, None) };
    assert!(matches!(refused(wrong).await, UserProblem::Claims(_)));
    let unknown = Err(NameProblem::Unknown("carol".to_owned()));
    assert_eq!(world.here.find_user("carol").await.unwrap(), unknown);
}

#[tokio::test]
async fn two_administrators_lose_nothing_of_each_other() {
    let world = World::new().await;
    let (other, alice) = (world.replica().await, subject("alice"));
    world.storage.before("Users::replace_claims", async move {
        other.update_user(&subject("alice"), &set(&[("nickname", "Al")])).await.unwrap().unwrap().unwrap();
    });
    let changed = world.here.update_user(&alice, &set(&[("locale", "en")])).await.unwrap().unwrap().unwrap();
    assert_eq!(changed.len(), 1);
    let claims = world.here.show_user("alice").await.unwrap().unwrap().user.claims;
    let claims = Value::Object(claims.into());
    assert_eq!((&claims["nickname"], &claims["locale"]), (&json!("Al"), &json!("en")));
    assert_eq!(world.here.update_user(&alice, &set(&[("locale", "en")])).await.unwrap().unwrap(), Ok(Vec::new()));
    assert!(world.here.update_user(&subject("nobody"), &set(&[])).await.unwrap().is_none());
}

#[tokio::test]
async fn failures_are_counted_and_forgotten_however_the_user_is_named() {
    let world = World::new().await;
    for name in ["alice", "ALICE", "bob"] {
        refused(password(&world.here, "legacy", name, "wrong").await);
    }
    let failures = async |name: &str| world.here.show_user(name).await.unwrap().unwrap().recent_failures;
    assert_eq!((failures("alice").await, failures("bob").await), (2, 1));
    assert_eq!(world.here.unlock_user(" Alice").await.unwrap(), Ok((subject("alice"), 2)));
    assert_eq!((failures("alice").await, failures("bob").await), (0, 1));
    let unknown = Err(NameProblem::Unknown("nobody".to_owned()));
    assert_eq!(world.here.unlock_user("nobody").await.unwrap(), unknown);
    world.clock.advance(25 * HOUR);
    assert_eq!(failures("bob").await, 0, "only recent ones are told");
}

#[tokio::test]
async fn a_name_of_two_users_is_neither() {
    let world = World::new().await;
    let find = async |name: &str| world.here.find_user(name).await.unwrap();
    world.here.create_user(new("bob-2", Some("carol"), None)).await.unwrap().unwrap();
    world.here.create_user(new("carol", Some("sub-of-carol"), None)).await.unwrap().unwrap();
    let ambiguous = NameProblem::Ambiguous { name: "carol".to_owned(), username_of: subject("sub-of-carol") };
    assert_eq!(find("carol").await, Err(ambiguous.clone()));
    assert_eq!(world.here.show_user("carol").await.unwrap().unwrap_err(), ambiguous);
    assert_eq!(world.here.unlock_user("carol").await.unwrap(), Err(ambiguous));
    assert_eq!(find("sub:carol").await, Ok(subject("carol")));
    assert_eq!(find("sub:sub-of-carol").await, Ok(subject("sub-of-carol")));
    assert_eq!((find("bob-2").await, find("Alice").await), (Ok(subject("carol")), Ok(subject("alice"))));
    assert_eq!(find("sub:bob-2").await, Err(NameProblem::UnknownSubject("bob-2".to_owned())));
    world.here.create_user(new("sub:alice", Some("mallory"), None)).await.unwrap().unwrap();
    assert_eq!(
        find("sub:alice").await,
        Ok(subject("alice")),
        "the prefix means the subject, whoever chose such a name"
    );
}

#[tokio::test]
async fn imported_users_sign_in_with_the_password_they_had_and_are_rehashed() {
    let world = World::new().await;
    let old = world.storage.by_username(&Username::parse("alice").unwrap()).await.unwrap().unwrap().password.unwrap();
    let all = [
        // All of the password `U*U`.
        ("bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", PasswordScheme::Bcrypt),
        (
            "phc",
            "$pbkdf2-sha256$i=10$c2FsdHNhbHQ$mbfIlkXBcmSFHZcwO1YB5O0qPn3QhojELzIbK6+ZlNg",
            "U*U",
            PasswordScheme::Pbkdf2Sha256,
        ),
        (
            "django",
            "pbkdf2_sha256$10$saltsalt$mbfIlkXBcmSFHZcwO1YB5O0qPn3QhojELzIbK6+ZlNg=",
            "U*U",
            PasswordScheme::Pbkdf2Sha256,
        ),
        ("argon2", old.expose(), &password_of("alice"), PasswordScheme::Argon2id),
    ];
    let users: Vec<_> =
        all.iter().map(|(name, hash, ..)| world.here.read_imported(imported(name, hash)).unwrap()).collect();
    let rehearsed = world.here.import_users(&users, ImportMode::Rehearse).await.unwrap();
    assert_eq!(rehearsed, [Imported::Inserted; 4]);
    assert!(world.here.find_user("bcrypt").await.unwrap().is_err());
    assert_eq!(world.here.import_users(&users, ImportMode::Commit).await.unwrap(), [Imported::Inserted; 4]);
    for (name, _, typed, scheme) in all {
        assert_eq!(scheme_of(&world, name).await, Some(scheme), "{name}");
        assert_eq!(refused(password(&world.here, "legacy", name, "wrong").await), Reason::CredentialsInvalid);
        assert_eq!(scheme_of(&world, name).await, Some(scheme), "{name}");
        let answer = issued(password(&world.here, "legacy", name, typed).await);
        assert_eq!(claims(&answer.id_token.unwrap()).text("sub"), Some(format!("sub-of-{name}").as_str()));
        assert_eq!(scheme_of(&world, name).await, Some(PasswordScheme::Argon2id), "{name}");
        issued(password(&world.here, "legacy", name, typed).await);
    }
    assert_eq!(world.here.import_users(&users, ImportMode::Commit).await.unwrap(), [Imported::Unchanged; 4]);
    assert_eq!(
        scheme_of(&world, "bcrypt").await,
        Some(PasswordScheme::Argon2id),
        "importing again brings no old hash back"
    );
}

#[tokio::test]
async fn what_an_import_cannot_use_is_refused_before_it_is_written() {
    let world = World::new().await;
    let refused = |hash: &str| world.here.read_imported(imported("carol", hash)).unwrap_err();
    assert_eq!(refused("secret"), UnusableHash::Foreign);
    assert_eq!(refused("$2b$10$abc"), UnusableHash::Damaged(PasswordScheme::Bcrypt));
    let costly = refused("$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    assert_eq!(costly.to_string(), "the password hash is too costly to check: the most is bcrypt cost 14");
    let disabled = json!({ "subject": "carol", "username": "carol", "disabled": true });
    let carol = world.here.read_imported(serde_json::from_value(disabled).unwrap()).unwrap();
    assert_eq!((carol.user.disabled_at, carol.password), (Some(world.clock.now()), None));
    assert!(serde_json::from_value::<ImportedUser>(json!({ "subject": "a", "username": "a", "passwd": "x" })).is_err());
    assert!(!format!("{:?}", imported("carol", "$2b$hush")).contains("hush"));
}

#[tokio::test]
async fn users_come_by_the_page() {
    let world = World::new().await;
    let page = world.here.list_users(None, 1).await.unwrap();
    assert_eq!((page.users.len(), page.users[0].subject.as_str(), page.more), (1, "alice", true));
    let page = world.here.list_users(Some(&subject("alice")), 1).await.unwrap();
    assert_eq!((page.users.len(), page.users[0].subject.as_str(), page.more), (1, "bob", false));
}
