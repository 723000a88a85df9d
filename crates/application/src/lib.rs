//! Use cases of Grantor: each loads what a decision needs, lets the domain decide, and commits the outcome in one
//! storage call. Nothing here knows HTTP, SQL or a cryptographic library.
//!
//! [`Service`] holds the ports; every use case is a method on it, one file per endpoint or grant type.

mod account;
pub mod admin;
mod attempts;
mod audit;
mod authorize;
mod browser_text;
mod cache;
mod client_authentication;
mod device;
mod discovery;
mod failure;
mod follow;
mod introspect;
mod issue;
mod key_sets;
mod logout;
mod measures;
mod outage;
mod pairwise;
mod playground;
mod presented;
mod register;
mod revoke;
mod second_factor;
mod sector;
mod service;
mod settings;
mod sign_in;
mod token;
mod unknown_key;
mod userinfo;

pub use account::{
    AccountAction, AccountApplication, AccountChange, AccountForm, AccountGrant, AccountProblem, MyAccountView,
};
pub use audit::{AUDIT_TARGET, AuditField, AuditKind, Object, Origin, Verdict, record_administration};
pub use authorize::{
    AccountDecision, AccountView, Browser, ConsentDecision, ConsentView, EnrolmentOutcome, EnrolmentView, Interaction,
    KnownBrowserCookie, Next, PasskeyForm, SecondFactorForm, SecondFactorOutcome, SecondFactorProof, SecondFactorView,
    SessionCookie, SignInForm, SignInOutcome, SignInView,
};
pub use client_authentication::{BasicCredentials, PresentedAssertion, PresentedCredentials};
pub use device::{DEVICE_PAGE, DeviceAnswer, DeviceCall, DeviceEntry};
pub use failure::{Failure, Outcome};
pub use follow::{POLL_INTERVAL, follow};
pub use introspect::IntrospectionRequest;
pub use issue::TokenAnswer;
pub use logout::{LogoutOutcome, LogoutView, PendingLogout, SignedOut, deliver_logout_notices};
pub use measures::{CacheLookup, CacheReading, ServiceReading};
pub use playground::{CodeFlow, NoAssertion, PlaygroundStep};
pub use register::{
    InitialTokenUse, LifetimeTooLong, RegistrationAccess, RegistrationAnswer, RegistrationCall, RegistrationSettings,
};
pub use revoke::RevocationRequest;
pub use second_factor::{BegunFactor, PasskeyAnswer, PasskeyOffer, RecoveryCodes, TotpSetUp};
pub use service::{Ports, Service};
pub use settings::{Endpoints, Settings};
pub use token::TokenCall;
pub use userinfo::{UserInfo, UserInfoBody};
