//! What the playground asks of the service: one-time values and assertions for a client that it plays, a seal for what
//! travels through the browser between two steps, and a word on a signature. Nothing of it is stored. Grantor's own.

use grantor_domain::client::{ClientId, NewClientAssertion};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::jwt::{JoseHeader, JwsAlgorithm};
use grantor_domain::pkce;
use grantor_domain::secret::Secret;
use grantor_domain::time::Timestamp;
use grantor_ports::{ClientSigningKey, Sealed, UnusableKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::authorize::Browser;
use crate::browser_text::browser_text;
use crate::failure::{Failure, Outcome};
use crate::service::Service;

browser_text! {
    /// The sealed text of a step. Worth nothing in another browser, nor after a while.
    PlaygroundStep
}

/// What a client makes up before it sends a person to the authorization endpoint.
pub struct CodeFlow {
    /// `state` (RFC 6749 §10.12).
    pub state: String,
    /// `nonce` (OpenID Connect Core §3.1.2.1).
    pub nonce: String,
    /// `code_verifier` (RFC 7636 §4.1).
    pub verifier: Secret,
    /// `code_challenge` of method `S256` (RFC 7636 §4.2).
    pub challenge: String,
}

/// Why there is no assertion.
#[derive(Debug)]
pub enum NoAssertion {
    /// Something on our side failed.
    Failed(Failure),
    /// The key cannot sign.
    Key(UnusableKey),
}

/// What is sealed, and for whom.
#[derive(Serialize, Deserialize)]
struct Step<T> {
    #[serde(rename = "b")]
    browser: [u8; 32],
    #[serde(rename = "t")]
    made_at: Timestamp,
    #[serde(rename = "c")]
    content: T,
}

impl Service {
    /// Seals what a step of the playground hands to the next, for this browser alone.
    ///
    /// # Errors
    /// If it is too long to be sealed.
    pub fn seal_playground(&self, content: &impl Serialize, browser: &Browser) -> Outcome<PlaygroundStep> {
        let made_at = self.now();
        let step = Step { browser: browser.hash(), made_at, content };
        let content = serde_json::to_vec(&step)?;
        Ok(PlaygroundStep(self.ports.sealer.seal(Sealed::Playground, &content, made_at)?))
    }

    /// Opens what [`Self::seal_playground`] made.
    ///
    /// # Errors
    /// If it is not ours, of another browser or too old.
    pub fn open_playground<T: DeserializeOwned>(
        &self,
        step: &PlaygroundStep,
        browser: Option<&Browser>,
    ) -> Result<T, Refusal> {
        let step: Step<T> = self.open_sealed(Sealed::Playground, step.as_str(), Reason::RequestExpired)?;
        self.check_browser(browser, &step.browser, step.made_at)?;
        Ok(step.content)
    }

    /// New one-time values for a code flow.
    #[must_use]
    pub fn new_code_flow(&self) -> CodeFlow {
        let draw = || Secret::generate(&self.ports.random.array());
        let verifier = draw();
        CodeFlow {
            state: draw().expose().to_owned(),
            nonce: draw().expose().to_owned(),
            challenge: pkce::s256(&verifier),
            verifier,
        }
    }

    /// A new assertion with which this client proves itself to us (RFC 7523 §2.2, OpenID Connect Core §9). The key is used for it
    /// and forgotten.
    ///
    /// # Errors
    /// If nothing can be signed with the key.
    pub fn new_client_assertion(&self, client_id: &ClientId, key: &ClientSigningKey) -> Result<String, NoAssertion> {
        let jti = Secret::generate(&self.ports.random.array());
        let time = (self.now(), self.settings.assertion_max_lifetime);
        let claims = NewClientAssertion::new(client_id, &self.settings.issuer, jti.expose(), time);
        let claims = serde_json::to_vec(&claims).map_err(|error| NoAssertion::Failed(error.into()))?;
        self.ports.client_keys.sign(key, &claims).map_err(NoAssertion::Key)
    }

    /// Whether the signature of a client's assertion holds, by its secret or a key that it registered.
    ///
    /// # Errors
    /// If that cannot be told right now.
    pub async fn check_assertion_signature(&self, jwt: &str, client_id: &str) -> Outcome<bool> {
        let algorithm = JoseHeader::peek(jwt).and_then(|header| header.algorithm);
        match (self.registered(client_id).await?, algorithm) {
            (Some(registered), Some(algorithm)) => {
                Ok(self.verify_by_client(&registered, algorithm, jwt).await?.is_some())
            }
            _ => Ok(false),
        }
    }

    /// Whether the signature of a JWT holds: by our published keys or, if it is HS256, by the secret of this client.
    ///
    /// # Errors
    /// If that cannot be told right now.
    pub async fn check_signature(&self, jwt: &str, client_id: &str) -> Outcome<bool> {
        let algorithm = JoseHeader::peek(jwt).and_then(|header| header.algorithm);
        if algorithm == Some(JwsAlgorithm::HS256) {
            return self.check_assertion_signature(jwt, client_id).await;
        }
        match self.verify_own_jwt(jwt).await {
            Ok(_verified) => Ok(true),
            Err(Failure::Refused(_)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// The time by which a client judges what it got.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.now()
    }
}
