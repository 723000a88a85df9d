//! The assertion by which a client proves itself (RFC 7523 §2.2): which key makes it, and what is said where that key was to
//! be filled in if it cannot.

use grantor_application::{Failure, NoAssertion, Service};
use grantor_domain::client::ClientId;
use grantor_domain::secret::Secret;
use grantor_ports::{ClientSigningKey, UnusableKey};

use super::entry::{Authentication, Entry};

/// Why there is none.
pub(crate) enum NotProven {
    /// Something on our side failed.
    Failed(Failure),
    /// Nothing can be signed with what was filled in.
    Key(KeyProblem),
    /// It is not known whose it would be.
    NoClient,
}

/// The message that says what is wrong with what was filled in to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyProblem {
    /// Of the private key.
    PrivateKey(&'static str),
    /// Of the client's secret.
    Secret(&'static str),
}

/// Makes the assertion that this entry needs, if it needs one.
pub(crate) fn prove(service: &Service, entry: &Entry) -> Result<Option<Secret>, NotProven> {
    let key = match entry.authentication {
        Authentication::PrivateKeyJwt => {
            let key = entry
                .private_key
                .clone()
                .ok_or(NotProven::Key(KeyProblem::PrivateKey("playground-private-key-missing")))?;
            ClientSigningKey::Private(key)
        }
        Authentication::SecretJwt => {
            let secret = entry
                .client_secret
                .clone()
                .ok_or(NotProven::Key(KeyProblem::Secret("playground-client-secret-missing")))?;
            ClientSigningKey::Secret(secret)
        }
        Authentication::Basic | Authentication::None | Authentication::Post => return Ok(None),
    };
    let client_id = ClientId::parse(&entry.client_id).ok_or(NotProven::NoClient)?;
    match service.new_client_assertion(&client_id, &key) {
        Ok(assertion) => Ok(Some(Secret::new(assertion))),
        Err(NoAssertion::Failed(failure)) => Err(NotProven::Failed(failure)),
        Err(NoAssertion::Key(unusable)) => Err(NotProven::Key(problem(&key, unusable))),
    }
}

const fn problem(key: &ClientSigningKey, unusable: UnusableKey) -> KeyProblem {
    let message = match unusable {
        UnusableKey::Public => "playground-private-key-public",
        UnusableKey::TooShort => "playground-client-secret-too-short",
        UnusableKey::Unreadable => "playground-private-key-unreadable",
        UnusableKey::Unsupported => "playground-private-key-unsupported",
    };
    match key {
        ClientSigningKey::Private(_) => KeyProblem::PrivateKey(message),
        ClientSigningKey::Secret(_) => KeyProblem::Secret(message),
    }
}
