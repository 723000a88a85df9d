//! What is told about users that are looked at.

use std::fmt;

use grantor_application::admin::{UserPage, UserReport};
use grantor_domain::time::Timestamp;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::commands::fields::shown;
use crate::output;
use crate::rfc3339::ShownTime;

/// A page of users.
#[derive(Serialize)]
pub(super) struct List {
    users: Vec<Listed>,
    /// Where the next page begins, if there is one.
    next_after: Option<Subject>,
}

#[derive(Serialize)]
struct Listed {
    subject: Subject,
    username: Username,
    claims: StandardClaims,
    disabled_at: Option<ShownTime>,
    not_before: ShownTime,
}

impl From<User> for Listed {
    fn from(user: User) -> Self {
        Self {
            subject: user.subject,
            username: user.username,
            claims: user.claims,
            disabled_at: user.disabled_at.map(ShownTime),
            not_before: ShownTime(user.not_before),
        }
    }
}

impl From<UserPage> for List {
    fn from(UserPage { users, more }: UserPage) -> Self {
        let last = users.last().map(|user| user.subject.clone());
        Self { next_after: last.filter(|_| more), users: users.into_iter().map(Listed::from).collect() }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.users.is_empty() {
            return f.write_str("no users");
        }
        let rows: Vec<_> = self.users.iter().map(row).collect();
        output::write_table(f, ["subject", "username", "name", "disabled since"], &rows)?;
        match &self.next_after {
            Some(subject) => write!(f, "there are more: --after {subject}"),
            None => Ok(()),
        }
    }
}

fn row(user: &Listed) -> [String; 4] {
    [
        user.subject.to_string(),
        user.username.to_string(),
        user.claims.name().unwrap_or_default().to_owned(),
        user.disabled_at.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

/// A user, and how they sign in.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    user: Listed,
    /// What made their password's hash; null if they have no password, or one that is of no use.
    password: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_problem: Option<String>,
    /// In the last 24 hours.
    recent_failed_sign_ins: u64,
}

impl From<UserReport> for Shown {
    fn from(UserReport { user, password, recent_failures }: UserReport) -> Self {
        let (password, password_problem) = match password {
            Some(Ok(scheme)) => (Some(scheme.as_str()), None),
            Some(Err(problem)) => (None, Some(problem.to_string())),
            None => (None, None),
        };
        Self { user: user.into(), password, password_problem, recent_failed_sign_ins: recent_failures }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listed { subject, username, claims, disabled_at, not_before } = &self.user;
        writeln!(f, "subject: {subject}\nusername: {username}")?;
        for (key, value) in Map::<String, Value>::from(claims.clone()) {
            writeln!(f, "{key}: {}", shown(&value))?;
        }
        match disabled_at {
            Some(since) => writeln!(f, "disabled since {since}")?,
            None => writeln!(f, "enabled")?,
        }
        // For a new user it is the beginning of time.
        if not_before.0 > Timestamp::from_secs(0) {
            writeln!(f, "what they authenticated before {not_before} is void")?;
        }
        match (&self.password, &self.password_problem) {
            (Some(scheme), _) => writeln!(f, "password: kept with {scheme}")?,
            (None, Some(problem)) => writeln!(f, "password: of no use: {problem}")?,
            (None, None) => writeln!(f, "password: none; `grantor user set-password` gives one")?,
        }
        write!(f, "failed sign-ins in the last 24 hours: {}", self.recent_failed_sign_ins)
    }
}

#[cfg(test)]
mod tests {
    use grantor_ports::{PasswordScheme, UnusableHash};
    use serde_json::json;

    use super::*;

    fn user(name: &str, disabled_at: Option<i64>) -> User {
        User {
            subject: Subject::parse(&format!("sub-of-{name}")).unwrap(),
            username: Username::parse(name).unwrap(),
            claims: serde_json::from_value(json!({ "name": "Alice", "address": { "country": "Wonderland" } })).unwrap(),
            disabled_at: disabled_at.map(Timestamp::from_secs),
            not_before: Timestamp::from_secs(disabled_at.unwrap_or(0)),
        }
    }

    #[test]
    fn a_page_says_where_the_next_begins() {
        let list = List::from(UserPage { users: vec![user("alice", None), user("bob", Some(60))], more: true });
        insta::assert_snapshot!(list, @"
        SUBJECT       USERNAME  NAME   DISABLED SINCE
        sub-of-alice  alice     Alice
        sub-of-bob    bob       Alice  1970-01-01T00:01:00Z
        there are more: --after sub-of-bob
        ");
        insta::assert_snapshot!(output::json(&list).unwrap(), @r#"
        {
          "users": [
            {
              "subject": "sub-of-alice",
              "username": "alice",
              "claims": {
                "name": "Alice",
                "address": {
                  "country": "Wonderland"
                }
              },
              "disabled_at": null,
              "not_before": "1970-01-01T00:00:00Z"
            },
            {
              "subject": "sub-of-bob",
              "username": "bob",
              "claims": {
                "name": "Alice",
                "address": {
                  "country": "Wonderland"
                }
              },
              "disabled_at": "1970-01-01T00:01:00Z",
              "not_before": "1970-01-01T00:01:00Z"
            }
          ],
          "next_after": "sub-of-bob"
        }
        "#);
        let last = List::from(UserPage { users: vec![user("alice", None)], more: false });
        insta::assert_snapshot!(last, @"
        SUBJECT       USERNAME  NAME   DISABLED SINCE
        sub-of-alice  alice     Alice
        ");
        assert_eq!(List::from(UserPage { users: Vec::new(), more: false }).to_string(), "no users");
    }

    #[test]
    fn a_user_is_shown_whole_but_for_their_hash() {
        let shown = |disabled_at, password| {
            Shown::from(UserReport { user: user("alice", disabled_at), password, recent_failures: 3 })
        };
        let bcrypt = shown(None, Some(Ok(PasswordScheme::Bcrypt)));
        insta::assert_snapshot!(bcrypt, @r#"
        subject: sub-of-alice
        username: alice
        name: Alice
        address: {"country":"Wonderland"}
        enabled
        password: kept with bcrypt
        failed sign-ins in the last 24 hours: 3
        "#);
        insta::assert_snapshot!(output::json(&bcrypt).unwrap(), @r#"
        {
          "subject": "sub-of-alice",
          "username": "alice",
          "claims": {
            "name": "Alice",
            "address": {
              "country": "Wonderland"
            }
          },
          "disabled_at": null,
          "not_before": "1970-01-01T00:00:00Z",
          "password": "bcrypt",
          "recent_failed_sign_ins": 3
        }
        "#);
        let unusable = shown(Some(60), Some(Err(UnusableHash::Damaged(PasswordScheme::Argon2id))));
        insta::assert_snapshot!(unusable, @r#"
        subject: sub-of-alice
        username: alice
        name: Alice
        address: {"country":"Wonderland"}
        disabled since 1970-01-01T00:01:00Z
        what they authenticated before 1970-01-01T00:01:00Z is void
        password: of no use: the password hash begins like argon2id but is damaged
        failed sign-ins in the last 24 hours: 3
        "#);
        insta::assert_snapshot!(output::json(&unusable).unwrap(), @r#"
        {
          "subject": "sub-of-alice",
          "username": "alice",
          "claims": {
            "name": "Alice",
            "address": {
              "country": "Wonderland"
            }
          },
          "disabled_at": "1970-01-01T00:01:00Z",
          "not_before": "1970-01-01T00:01:00Z",
          "password": null,
          "password_problem": "the password hash begins like argon2id but is damaged",
          "recent_failed_sign_ins": 3
        }
        "#);
        insta::assert_snapshot!(shown(None, None), @r#"
        subject: sub-of-alice
        username: alice
        name: Alice
        address: {"country":"Wonderland"}
        enabled
        password: none; `grantor user set-password` gives one
        failed sign-ins in the last 24 hours: 3
        "#);
    }
}
