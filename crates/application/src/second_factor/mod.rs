//! Second factors: codes are checked, apps and passkeys enrolled, whichever page asks.

mod begun;
mod code;
mod enrolment;
mod passkey;

pub use begun::BegunFactor;
pub use enrolment::{RecoveryCodes, TotpSetUp};
pub use passkey::{PasskeyAnswer, PasskeyOffer};
