//! `grantor user`: disabled, enabled, given a new password. Passwords come from standard input, never from the command
//! line, where every process of the machine could read them.

use std::fmt;
use std::io::{self, IsTerminal as _};

use anyhow::{Context, ensure};
use grantor_application::Service;
use grantor_crypto::MAX_PASSWORD_BYTES;
use grantor_domain::secret::Secret;
use grantor_domain::user::Subject;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::{Storage, UserArgs, UserCommand};
use crate::output;

/// Does it and prints what was done.
pub(super) fn run(storage: &Storage, command: UserCommand) -> anyhow::Result<()> {
    let (UserArgs { name, output }, done, password) = match command {
        UserCommand::Disable(args) => (args, Done::Disabled, None),
        UserCommand::Enable(args) => (args, Done::Enabled, None),
        UserCommand::SetPassword(args) => {
            let password = read_password(&args.name)?;
            (args, Done::PasswordSet, Some(password))
        }
    };
    let subject = super::administer(storage, async |service| {
        let subject = find(service, &name).await?;
        let found = match (done, password) {
            (Done::Disabled, _) => service.disable_user(&subject).await?,
            (Done::PasswordSet, Some(password)) => service.set_password(&subject, password).await?,
            _ => service.enable_user(&subject).await?,
        };
        ensure!(found, "the user {name:?} was removed a moment ago");
        Ok(subject)
    })?;
    output::print(output, &Report { subject, done })
}

/// The subject of a user whom an operator names.
pub(super) async fn find(service: &Service, name: &str) -> anyhow::Result<Subject> {
    let found = service.find_user(name).await?;
    found.with_context(|| format!("there is no user whose username or subject is {name:?}"))
}

/// One line of standard input.
fn read_password(name: &str) -> anyhow::Result<Secret> {
    if io::stdin().is_terminal() {
        eprintln!("Type the new password for {name} and press Enter; the terminal shows it:");
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().read_line(&mut line).context("the password cannot be read from standard input")?;
    password(&line)
}

fn password(line: &str) -> anyhow::Result<Secret> {
    let password = line.strip_suffix('\n').unwrap_or(line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    ensure!(!password.is_empty(), "standard input has no password: write it there as one line");
    ensure!(password.len() <= MAX_PASSWORD_BYTES, "the password is longer than {MAX_PASSWORD_BYTES} bytes");
    Ok(Secret::new(password))
}

/// What was done to whom.
#[derive(Serialize)]
struct Report {
    subject: Subject,
    done: Done,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Done {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_without_its_end() {
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(password(line).ok().as_ref().map(Secret::expose), expect, "{line:?}");
        };
        check("hush\n", Some("hush"));
        check("hush\r\n", Some("hush"));
        check(" hush ", Some(" hush "));
        check("\n", None);
        check("", None);
        check(&"a".repeat(MAX_PASSWORD_BYTES), Some(&"a".repeat(MAX_PASSWORD_BYTES)));
        check(&"a".repeat(MAX_PASSWORD_BYTES + 1), None);
    }

    #[test]
    fn each_outcome_is_told() {
        let report = |done| Report { subject: Subject::parse("alice").unwrap(), done };
        let all = [Done::Disabled, Done::Enabled, Done::PasswordSet].map(report);
        let text: Vec<_> = all.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        alice is disabled; whatever they authenticated is void
        alice is enabled and may sign in again
        alice has a new password; whatever they authenticated is void
        ");
        insta::assert_snapshot!(output::json(&all).unwrap(), @r#"
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
    }
}
