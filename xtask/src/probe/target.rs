//! Decides what is asked of the server that is tried: the endpoints, the client, and what every token request carries besides.

use std::time::Duration;

use anyhow::Context;

use super::client::Client;
use super::endpoint::Endpoint;
use super::http::Connection;

/// What a token request presents.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grant<'a> {
    ClientCredentials,
    Code(&'a str),
    Refresh(&'a str),
}

/// The server that is tried.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) token: Endpoint,
    pub(crate) introspection: Option<Endpoint>,
    pub(crate) revocation: Option<Endpoint>,
    pub(crate) client: Client,
    /// Sent with a code: redirect_uri, code_verifier.
    pub(crate) with_code: Vec<(String, String)>,
    /// Sent with every token request.
    pub(crate) always: Vec<(String, String)>,
    /// How long one step of an exchange may take.
    pub(crate) patience: Duration,
}

impl Target {
    /// Fails if nobody listens at the token endpoint: then nothing is worth spending a value on.
    pub(crate) fn require_reachable(&self) -> anyhow::Result<()> {
        let connected = Connection::open(self.token.address, self.patience);
        connected.with_context(|| format!("cannot connect to {}", self.token.shown()))?;
        Ok(())
    }

    /// A token request.
    pub(crate) fn redeem(&self, grant: Grant<'_>) -> Vec<u8> {
        let mut form = match grant {
            Grant::ClientCredentials => vec![("grant_type", "client_credentials")],
            Grant::Code(code) => vec![("grant_type", "authorization_code"), ("code", code)],
            Grant::Refresh(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token)],
        };
        let with_code = self.with_code.iter().filter(|_| matches!(grant, Grant::Code(_)));
        form.extend(with_code.chain(&self.always).map(|(name, value)| (name.as_str(), value.as_str())));
        self.client.post(&self.token, &form)
    }

    /// A question about a token, or its revocation.
    pub(crate) fn about(&self, endpoint: &Endpoint, token: &str) -> Vec<u8> {
        self.client.post(endpoint, &[("token", token)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::client::Authentication;

    fn target(token_url: &str) -> Target {
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        Target {
            token: Endpoint::parse(token_url, false).unwrap(),
            introspection: None,
            revocation: None,
            client: Client::new("c", None, Authentication::Basic),
            with_code: pair("code_verifier", "v"),
            always: pair("audience", "a"),
            patience: Duration::from_secs(1),
        }
    }

    #[test]
    fn what_belongs_to_the_code_stays_with_it() {
        let target = target("http://127.0.0.1:81/token");
        let body = |grant| {
            let request = String::from_utf8(target.redeem(grant)).unwrap();
            request.split_once("\r\n\r\n").unwrap().1.to_owned()
        };
        let code = "grant_type=authorization_code&code=x&code_verifier=v&audience=a&client_id=c";
        assert_eq!(body(Grant::Code("x")), code);
        assert_eq!(body(Grant::Refresh("x")), "grant_type=refresh_token&refresh_token=x&audience=a&client_id=c");
        assert_eq!(body(Grant::ClientCredentials), "grant_type=client_credentials&audience=a&client_id=c");
    }

    #[test]
    fn a_server_that_is_not_there_is_told_by_its_url() {
        let port = crate::loopback::free_port().unwrap();
        let refused = target(&format!("http://127.0.0.1:{port}/token")).require_reachable().unwrap_err();
        assert_eq!(refused.to_string(), format!("cannot connect to http://127.0.0.1:{port}/token"));
    }
}
