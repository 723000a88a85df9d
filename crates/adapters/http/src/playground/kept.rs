//! What a step hands to the next, through the browser: who the client is, and what it was given. Sealed for that browser
//! by [`grantor_application::Service::seal_playground`], so that nobody else reads it or makes it up.

use grantor_application::{Browser, Failure, PlaygroundStep, Service};
use grantor_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use super::entry::Authentication;

/// What every form of the playground carries.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    #[serde(rename = "i")]
    pub(crate) client_id: String,
    #[serde(rename = "s", with = "opened", skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret: Option<Secret>,
    #[serde(rename = "m")]
    pub(crate) authentication: Authentication,
    /// What the next ID token must carry.
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(rename = "a", with = "opened", skip_serializing_if = "Option::is_none")]
    pub(crate) access_token: Option<Secret>,
    #[serde(rename = "r", with = "opened", skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<Secret>,
    #[serde(rename = "d", with = "opened", skip_serializing_if = "Option::is_none")]
    pub(crate) device_code: Option<Secret>,
}

/// What waits in a cookie while a person is on the real pages.
#[derive(Serialize, Deserialize)]
pub(crate) struct Waiting {
    #[serde(rename = "k")]
    pub(crate) kept: Kept,
    #[serde(rename = "s")]
    pub(crate) state: String,
    #[serde(rename = "v", with = "opened")]
    pub(crate) verifier: Option<Secret>,
    /// The request that was sent: path and query.
    #[serde(rename = "q")]
    pub(crate) address: String,
}

/// Longest value that browsers keep in a cookie, its name and attributes left room for (RFC 6265bis §5.6).
const MAX_COOKIE: usize = 3800;

impl Kept {
    /// Seals it for a form. What was given is left out where it is too long for that.
    pub(crate) fn seal(&self, service: &Service, browser: &Browser) -> Result<PlaygroundStep, Failure> {
        service.seal_playground(self, browser).or_else(|_too_long| {
            let bare = Self { access_token: None, refresh_token: None, device_code: None, ..self.clone() };
            service.seal_playground(&bare, browser)
        })
    }
}

impl Waiting {
    /// Seals it for a cookie; none if no cookie can hold it.
    pub(crate) fn seal(&self, service: &Service, browser: &Browser) -> Option<PlaygroundStep> {
        service.seal_playground(self, browser).ok().filter(|step| step.as_str().len() <= MAX_COOKIE)
    }
}

/// Secrets, which serde does not tell otherwise, as text below a seal.
mod opened {
    use grantor_domain::secret::Secret;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(Secret::expose).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
    }
}
