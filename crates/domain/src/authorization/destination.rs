//! Where an answer may go, and how it travels there (RFC 6749 §3.1.2, §4.1.2): found before anything else of a request is read.

use serde::{Deserialize, Serialize};

use crate::authorization::Parameters;
use crate::client::Client;
use crate::error::Refusal;
use crate::grant::device_code::UserCode;
use crate::id::GrantId;
use crate::redirect_uri::{MatchedRedirectUri, match_redirect_uri};
use crate::scope::standard;

/// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode §2).
    #[serde(rename = "form_post")]
    FormPost,
    /// In the fragment of the redirect (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
    #[serde(rename = "fragment")]
    Fragment,
    /// In the query of the redirect: the default for a code (RFC 6749 §4.1.2).
    #[serde(rename = "query")]
    Query,
}

impl ResponseMode {
    /// Every mode: `response_modes_supported` (RFC 8414 §2).
    pub const ALL: [Self; 3] = [Self::FormPost, Self::Fragment, Self::Query];

    /// The name in requests and discovery (RFC 8414 §2).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FormPost => "form_post",
            Self::Fragment => "fragment",
            Self::Query => "query",
        }
    }

    /// Reads `response_mode`; `None` for one that we do not have.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Where the answer goes (RFC 6749 §4.1.2), once it is known to be the client's own place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The client's redirect URI, found among those registered.
    #[serde(rename = "r")]
    pub redirect_uri: MatchedRedirectUri,
    /// How the answer travels there.
    #[serde(rename = "m")]
    pub response_mode: ResponseMode,
    /// `state`: echoed as it came, "the exact value received from the client" (RFC 6749 §4.1.2).
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// Where the answer to a request goes (RFC 6749 §4.1.2, RFC 8628 §3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AnswerTo {
    /// To the client, by the browser (RFC 6749 §4.1.2).
    Redirect(Destination),
    /// To a device that asks for it again and again (RFC 8628 §3.4).
    Device(DeviceLink),
    /// Nowhere: the person looks at their own account here. Grantor's own.
    Account,
}

/// The device that a person allows something (RFC 8628 §3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLink {
    /// The grant that its device code stands for. Grantor's own.
    #[serde(rename = "i")]
    pub grant: GrantId,
    /// What it shows: the person compares (RFC 8628 §5.4).
    #[serde(rename = "u")]
    pub user_code: UserCode,
}

/// Finds where an answer to this request may go (RFC 6749 §3.1.2.3), before anything else is read. A `response_mode` that we
/// do not have is refused later, and told in the query.
///
/// # Errors
/// A redirect URI that is missing or not the client's: shown on a page, never sent anywhere (RFC 6749 §4.1.2.1).
pub fn destination(parameters: &Parameters, client: &Client) -> Result<Destination, Refusal> {
    let openid =
        parameters.scope.as_deref().is_some_and(|scope| scope.split(' ').any(|value| value == standard::OPENID));
    Ok(Destination {
        redirect_uri: match_redirect_uri(&client.redirect_uris, parameters.redirect_uri.as_deref(), openid)?,
        response_mode: parameters.response_mode.as_deref().and_then(ResponseMode::parse).unwrap_or(ResponseMode::Query),
        state: parameters.state.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Reason;
    use crate::grant::testing::client;

    #[test]
    fn a_place_that_is_not_the_clients_is_no_destination() {
        let parameters = Parameters { redirect_uri: Some("https://evil.example/cb".into()), ..Parameters::default() };
        assert_eq!(destination(&parameters, &client()).unwrap_err().reason, Reason::RedirectUriMismatch);
    }
}
