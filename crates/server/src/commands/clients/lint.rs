//! What is unwise about clients.

use std::fmt;

use grantor_application::admin::ClientReport;
use grantor_domain::client::Warning;
use serde::Serialize;

/// What is unwise, client by client.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Findings(Vec<ClientFinding>);

#[derive(Serialize)]
struct ClientFinding {
    client_id: String,
    #[serde(flatten)]
    finding: Finding,
}

/// One thing that is unwise about a client.
#[derive(Serialize)]
pub(super) struct Finding {
    rule: &'static str,
    message: &'static str,
    section: &'static str,
}

/// Everything that is unwise about a client.
pub(super) fn findings(client: &ClientReport) -> Vec<Finding> {
    let finding =
        |warning: &Warning| Finding { rule: warning.rule, message: warning.message, section: warning.section };
    client.warnings.iter().map(finding).collect()
}

impl From<Vec<ClientReport>> for Findings {
    fn from(clients: Vec<ClientReport>) -> Self {
        let of_client = |client: ClientReport| {
            let client_id = client.settings.client_id.to_string();
            findings(&client).into_iter().map(move |finding| ClientFinding { client_id: client_id.clone(), finding })
        };
        Self(clients.into_iter().flat_map(of_client).collect())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule, self.message, self.section)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing to warn about");
        }
        self.0.iter().try_for_each(|ClientFinding { client_id, finding }| writeln!(f, "{client_id}: {finding}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::legacy_client;
    use super::*;
    use crate::output;

    #[test]
    fn findings_name_client_rule_and_section() {
        insta::assert_snapshot!(Findings::from(vec![legacy_client()]), @"
        demo: password-grant: the client handles people's passwords (RFC 9700 section 2.4)
        demo: refresh-fixed: a stolen refresh token stays unnoticed (RFC 9700 section 4.14.2)
        ");
        insta::assert_snapshot!(output::json(&Findings::from(vec![legacy_client()])).unwrap(), @r#"
        [
          {
            "client_id": "demo",
            "rule": "password-grant",
            "message": "the client handles people's passwords",
            "section": "RFC 9700 section 2.4"
          },
          {
            "client_id": "demo",
            "rule": "refresh-fixed",
            "message": "a stolen refresh token stays unnoticed",
            "section": "RFC 9700 section 4.14.2"
          }
        ]
        "#);
        assert_eq!(Findings::from(Vec::new()).to_string(), "nothing to warn about");
    }
}
