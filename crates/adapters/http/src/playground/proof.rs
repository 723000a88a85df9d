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

/// What is wrong with what was filled in to sign with, in a sentence.
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
            let key = entry.private_key.clone().ok_or(NotProven::Key(KeyProblem::PrivateKey(NO_KEY)))?;
            ClientSigningKey::Private(key)
        }
        Authentication::SecretJwt => {
            let secret = entry.client_secret.clone().ok_or(NotProven::Key(KeyProblem::Secret(NO_SECRET)))?;
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
        UnusableKey::Public => PUBLIC,
        UnusableKey::TooShort => TOO_SHORT,
        UnusableKey::Unreadable => UNREADABLE,
        UnusableKey::Unsupported => UNSUPPORTED,
    };
    match key {
        ClientSigningKey::Private(_) => KeyProblem::PrivateKey(message),
        ClientSigningKey::Secret(_) => KeyProblem::Secret(message),
    }
}

const NO_KEY: &str = "Please paste the client's private key.";
const NO_SECRET: &str = "Please fill in the client's secret.";
const PUBLIC: &str = "This is the public part, with which signatures are checked. To sign, the private key is needed.";
const TOO_SHORT: &str = "To sign with HS256 a secret must have at least 32 bytes (RFC 7518 §3.2).";
const UNREADABLE: &str = "This cannot be read: it is neither a JWK nor PKCS#8 in PEM, or its numbers are missing, too small or \
                          not of one key.";
const UNSUPPORTED: &str = "This key cannot sign here. Keys on P-256, of Ed25519 and of RSA can (2048 to 8192 bits), unless they \
                           are encrypted or say that they are for something else.";
