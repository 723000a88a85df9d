//! Decides how Grantor is set up for a work: its defaults, but for what the work itself asks of the client, and for codes that
//! live long enough to be made before they are redeemed.

use super::server::Plan;
use super::work::{EXCHANGE_AUDIENCE, REDIRECT_URI, Work};

/// The database where no other is named, in the server's directory.
pub(super) const SQLITE_FILE: &str = "grantor.db";

/// The client, for Grantor and for peers.
pub(crate) const CLIENT: &str = "bench";

/// Its secret.
pub(crate) const SECRET: &str = "bench-secret-bench-secret-bench-secret-bench!";

/// The person, and the password.
pub(super) const PERSON: [&str; 2] = ["alice", "wonderland-42"];

/// The configuration file, with the ports to listen on, for metrics, and of the issuer.
pub(super) fn configuration([port, metrics_port, issuer_port]: [u16; 3], plan: &Plan) -> String {
    let own = format!("sqlite:{SQLITE_FILE}");
    let url = plan.database_url.unwrap_or(&own);
    let lifetime = plan.access_token.map(|life| format!("access_token = \"{life}\"\n")).unwrap_or_default();
    let keys = match plan.work {
        Work::ClientCredentialsEddsa => "\n[keys]\nalgorithms = [\"ES256\", \"RS256\", \"EdDSA\"]\n",
        _ => "",
    };
    format!(
        "issuer = \"http://127.0.0.1:{issuer_port}\"\n\n[http]\nlisten = \"127.0.0.1:{port}\"\n\n[database]\nurl = \"{url}\"\n\n\
         [lifetimes]\nauthorization_code = \"10m\"\n{lifetime}\n[metrics]\nlisten = \"127.0.0.1:{metrics_port}\"\n{keys}"
    )
}

/// The file for `grantor apply`.
pub(super) fn contents(work: Work) -> String {
    let [username, password] = PERSON;
    let format = match work {
        Work::ClientCredentialsOpaque | Work::CodeOpaque | Work::RefreshOpaque | Work::IntrospectOpaque => "opaque",
        _ => "jwt",
    };
    let algorithm = match work {
        Work::ClientCredentialsEddsa => "EdDSA",
        Work::ClientCredentialsRs256 => "RS256",
        _ => "ES256",
    };
    format!(
        r#"[[scopes]]
name = "read"
description = "Read"

[[clients]]
client_id = "{CLIENT}"
client_secret = "{SECRET}"
grant_types = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "password",
    "urn:ietf:params:oauth:grant-type:token-exchange",
]
redirect_uris = ["{REDIRECT_URI}"]
scope = "openid read"
access_token_format = "{format}"
access_token_signed_response_alg = "{algorithm}"
id_token_signed_response_alg = "ES256"

[clients.exchange]
audiences = ["{EXCHANGE_AUDIENCE}"]
impersonation = true

[[users]]
subject = "{username}"
username = "{username}"
password = "{password}"
"#
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn both_files_are_toml_for_every_work() {
        for work in Work::ALL {
            let contents: toml::Table = contents(work).parse().unwrap();
            assert!(contents.contains_key("clients"));
            let plan = Plan { work, database_url: None, beside: None, access_token: Some("12h") };
            let configuration: toml::Table = configuration([1, 2, 3], &plan).parse().unwrap();
            assert_eq!(configuration.get("issuer").and_then(toml::Value::as_str), Some("http://127.0.0.1:3"));
        }
    }
}
