//! The authorization endpoint's rules: what a request asks for, whether a page must be shown first, and what the answer
//! says (RFC 6749 §4.1, OpenID Connect Core §3.1.2).

mod claims_request;
mod consent;
mod decision;
mod destination;
mod prompt;
mod request;
pub mod request_object;
mod requested_acr;

pub use claims_request::ClaimsRequest;
pub use consent::{ConsentedScope, RememberedConsent};
pub use decision::{AccountChoice, Decision, Page, Situation, code_for, decide};
pub use destination::{AnswerTo, Destination, DeviceLink, ResponseMode, destination};
pub use prompt::Prompt;
pub use request::{AuthorizationRequest, Parameters};
pub use requested_acr::RequestedAcr;
