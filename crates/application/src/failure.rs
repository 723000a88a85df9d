//! Why a use case did not do what was asked: a refusal, an outage, or a defect. The three are never mixed up.

use std::fmt;
use std::time::Duration;

use grantor_domain::error::{Reason, Refusal};
use grantor_ports::{CryptoFailure, Unavailable};

/// What a use case gives.
pub type Outcome<T> = Result<T, Failure>;

/// Why a use case failed.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong on our side that trying again will not mend.
    Defect(CryptoFailure),
    /// The request is refused by a rule.
    Refused(Refusal),
    /// Storage, or a pool, cannot answer right now: never a refusal.
    Unavailable(Unavailable),
}

impl Failure {
    /// What the wire says.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Defect(_) => Reason::InternalFailure,
            Self::Refused(refusal) => refusal.reason,
            Self::Unavailable(_) => Reason::TemporarilyUnavailable,
        }
    }

    /// The text for `error_description`.
    #[must_use]
    pub fn description(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.description(),
            Self::Defect(_) | Self::Unavailable(_) => self.reason().wire().description.to_owned(),
        }
    }

    /// When the same request may be made again, where that was worked out.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::Defect(_) | Self::Unavailable(_) => None,
        }
    }

    /// What exactly went wrong, for the log alone.
    #[must_use]
    pub fn cause(&self) -> String {
        match self {
            Self::Defect(failure) => failure.to_string(),
            Self::Refused(refusal) => refusal.cause.as_deref().unwrap_or_default().to_owned(),
            Self::Unavailable(unavailable) => unavailable.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description())
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Defect(failure) => Some(failure),
            Self::Refused(refusal) => Some(refusal),
            Self::Unavailable(unavailable) => Some(unavailable),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unavailable> for Failure {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<CryptoFailure> for Failure {
    fn from(failure: CryptoFailure) -> Self {
        Self::Defect(failure)
    }
}

/// Content of ours that could not be written as JSON: impossible by its types, but never a panic.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Defect(CryptoFailure::because("content could not be encoded", error))
    }
}
