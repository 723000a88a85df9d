//! What is told about a user who was made or changed.

use std::fmt;

use grantor_application::admin::FieldChange;
use grantor_domain::user::{Subject, User, Username};
use serde::Serialize;

use crate::commands::fields::Field;

/// A user who was made.
#[derive(Serialize)]
pub(super) struct Created {
    change: &'static str,
    subject: Subject,
    username: Username,
    has_password: bool,
}

impl Created {
    pub(super) fn new(user: User, has_password: bool) -> Self {
        Self { change: "created", subject: user.subject, username: user.username, has_password }
    }
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, username, .. } = self;
        write!(f, "user {username}: created with the subject {subject}")?;
        if self.has_password { Ok(()) } else { f.write_str("; `grantor user set-password` gives them a password") }
    }
}

/// A user whose claims were changed, or were as wanted.
#[derive(Serialize)]
pub(super) struct Updated {
    subject: Subject,
    change: &'static str,
    fields: Vec<Field>,
}

impl Updated {
    pub(super) fn new(subject: Subject, fields: Vec<FieldChange>) -> Self {
        let change = if fields.is_empty() { "unchanged" } else { "updated" };
        Self { subject, change, fields: fields.into_iter().map(Field::from).collect() }
    }
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.subject, self.change)?;
        self.fields.iter().try_for_each(|field| writeln!(f, "  {field}"))
    }
}

/// What was done to whom.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) subject: Subject,
    pub(super) done: Done,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    Disabled,
    Enabled,
    PasswordSet,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match self.done {
            Done::Disabled => write!(f, "{subject} is disabled; whatever they authenticated is void"),
            Done::Enabled => write!(f, "{subject} is enabled and may sign in again"),
            Done::PasswordSet => write!(f, "{subject} has a new password; whatever they authenticated is void"),
        }
    }
}

/// A user whose failed sign-ins are forgotten.
#[derive(Serialize)]
pub(super) struct Unlocked {
    pub(super) subject: Subject,
    /// How many there were.
    pub(super) forgotten: u64,
}

impl fmt::Display for Unlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.forgotten {
            0 => write!(f, "{} had no failed sign-ins", self.subject),
            1 => write!(f, "{}: 1 failed sign-in is forgotten", self.subject),
            forgotten => write!(f, "{}: {forgotten} failed sign-ins are forgotten", self.subject),
        }
    }
}

/// A user who signs in with a password alone again.
#[derive(Serialize)]
pub(super) struct FactorReset {
    pub(super) subject: Subject,
    /// Whether they had a second factor.
    pub(super) had_some: bool,
}

impl fmt::Display for FactorReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.had_some {
            write!(
                f,
                "{}: second factors and recovery codes are gone, and whatever they authenticated is void; their password is \
                 enough until they set a factor up",
                self.subject
            )
        } else {
            write!(f, "{} had no second factor", self.subject)
        }
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::time::Timestamp;
    use grantor_domain::user::StandardClaims;
    use serde_json::json;

    use super::*;
    use crate::output;

    fn alice() -> Subject {
        Subject::parse("alice").unwrap()
    }

    /// Both forms, the texts joined by line.
    fn forms<T: fmt::Display + Serialize>(all: &[T]) -> (String, String) {
        let text: Vec<_> = all.iter().map(ToString::to_string).collect();
        (text.join("\n"), output::json(&all).unwrap())
    }

    #[test]
    fn a_new_user_is_told_with_their_subject() {
        let user = User {
            subject: alice(),
            username: Username::parse("Alice L").unwrap(),
            claims: StandardClaims::default(),
            disabled_at: None,
            not_before: Timestamp::default(),
        };
        let (text, json) = forms(&[Created::new(user.clone(), true), Created::new(user, false)]);
        insta::assert_snapshot!(text, @"
        user alice l: created with the subject alice
        user alice l: created with the subject alice; `grantor user set-password` gives them a password
        ");
        insta::assert_snapshot!(json, @r#"
        [
          {
            "change": "created",
            "subject": "alice",
            "username": "alice l",
            "has_password": true
          },
          {
            "change": "created",
            "subject": "alice",
            "username": "alice l",
            "has_password": false
          }
        ]
        "#);
    }

    #[test]
    fn an_update_says_what_was_and_is() {
        let field = FieldChange { key: "name".to_owned(), from: json!("Al"), to: json!("Alice") };
        let (text, json) = forms(&[Updated::new(alice(), vec![field]), Updated::new(alice(), Vec::new())]);
        insta::assert_snapshot!(text, @"
        alice: updated
          name: Al → Alice

        alice: unchanged
        ");
        insta::assert_snapshot!(json, @r#"
        [
          {
            "subject": "alice",
            "change": "updated",
            "fields": [
              {
                "key": "name",
                "from": "Al",
                "to": "Alice"
              }
            ]
          },
          {
            "subject": "alice",
            "change": "unchanged",
            "fields": []
          }
        ]
        "#);
    }

    #[test]
    fn each_outcome_is_told() {
        let report = |done| Report { subject: alice(), done };
        let (text, json) = forms(&[Done::Disabled, Done::Enabled, Done::PasswordSet].map(report));
        insta::assert_snapshot!(text, @"
        alice is disabled; whatever they authenticated is void
        alice is enabled and may sign in again
        alice has a new password; whatever they authenticated is void
        ");
        insta::assert_snapshot!(json, @r#"
        [
          {
            "subject": "alice",
            "done": "disabled"
          },
          {
            "subject": "alice",
            "done": "enabled"
          },
          {
            "subject": "alice",
            "done": "password_set"
          }
        ]
        "#);
        let (text, json) = forms(&[0, 1, 2].map(|forgotten| Unlocked { subject: alice(), forgotten }));
        insta::assert_snapshot!(text, @"
        alice had no failed sign-ins
        alice: 1 failed sign-in is forgotten
        alice: 2 failed sign-ins are forgotten
        ");
        insta::assert_snapshot!(json, @r#"
        [
          {
            "subject": "alice",
            "forgotten": 0
          },
          {
            "subject": "alice",
            "forgotten": 1
          },
          {
            "subject": "alice",
            "forgotten": 2
          }
        ]
        "#);
    }
}
