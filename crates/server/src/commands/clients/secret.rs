//! What is told about a client whose secret was rotated.

use std::fmt;

use grantor_application::admin::RotatedSecret;
use grantor_domain::client::ClientId;
use serde::Serialize;

/// A step of a rotation. The new secret is told here and never again.
#[derive(Serialize)]
pub(super) struct Rotated {
    client_id: ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    secrets: usize,
    ended: usize,
}

impl Rotated {
    pub(super) fn new(client_id: ClientId, RotatedSecret { live, ended, generated }: RotatedSecret) -> Self {
        Self { client_id, client_secret: generated.map(|secret| secret.expose().to_owned()), secrets: live, ended }
    }
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client_id, client_secret, secrets, ended } = self;
        match (secrets, ended) {
            (2.., _) => writeln!(
                f,
                "client {client_id}: two secrets are good now; end the older one with --finish once nobody uses it"
            )?,
            (0, _) => writeln!(f, "client {client_id}: it has no secret")?,
            (_, 0) => writeln!(f, "client {client_id}: one secret is good, and nothing ended")?,
            (_, 1) => writeln!(f, "client {client_id}: one secret is good; the other ended")?,
            (_, ended) => writeln!(f, "client {client_id}: one secret is good; {ended} others ended")?,
        }
        match client_secret {
            Some(secret) => write!(f, "secret: {secret}\nThis is the only time that the secret is shown."),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use grantor_domain::secret::Secret;

    use super::*;
    use crate::output;

    #[test]
    fn each_step_is_told() {
        let rotated = |live, ended, generated: Option<&str>| {
            let rotated = RotatedSecret { live, ended, generated: generated.map(Secret::new) };
            Rotated::new(ClientId::parse("demo").unwrap(), rotated)
        };
        let all = [rotated(2, 0, Some("x")), rotated(1, 1, None), rotated(1, 0, None), rotated(1, 2, Some("y"))];
        let text: Vec<_> = all.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        client demo: two secrets are good now; end the older one with --finish once nobody uses it
        secret: x
        This is the only time that the secret is shown.
        client demo: one secret is good; the other ended

        client demo: one secret is good, and nothing ended

        client demo: one secret is good; 2 others ended
        secret: y
        This is the only time that the secret is shown.
        ");
        insta::assert_snapshot!(output::json(&all).unwrap(), @r#"
        [
          {
            "client_id": "demo",
            "client_secret": "x",
            "secrets": 2,
            "ended": 0
          },
          {
            "client_id": "demo",
            "secrets": 1,
            "ended": 1
          },
          {
            "client_id": "demo",
            "secrets": 1,
            "ended": 0
          },
          {
            "client_id": "demo",
            "client_secret": "y",
            "secrets": 1,
            "ended": 2
          }
        ]
        "#);
    }
}
