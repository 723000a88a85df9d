//! The authorization endpoint and its pages (RFC 6749 §4.1, OpenID Connect Core §3.1.2).
//!
//! The pages hold no state: what is pending travels sealed through the browser as an [`Interaction`], bound to a cookie
//! of that browser, so that nobody can put a form of theirs before somebody else. Every step decides anew from the
//! request, the session and what was allowed before.

mod account;
mod consent;
mod enrolment;
mod interaction;
mod known_browser;
mod request;
mod request_object;
mod second_factor;
mod session;
mod sign_in;

pub use account::{AccountDecision, AccountView};
pub use consent::{ConsentDecision, ConsentView};
pub(crate) use enrolment::RECENT;
pub use enrolment::{EnrolmentOutcome, EnrolmentView};
pub(crate) use interaction::Pending;
pub use interaction::{Browser, Interaction};
pub(crate) use known_browser::KnownBrowser;
pub use known_browser::KnownBrowserCookie;
pub use second_factor::{SecondFactorForm, SecondFactorOutcome, SecondFactorProof, SecondFactorView};
pub use session::SessionCookie;
pub use sign_in::{PasskeyForm, SignInForm, SignInOutcome, SignInView};

use std::sync::Arc;

use grantor_domain::authorization::Destination;
use grantor_domain::client::{Client, ClientId};
use grantor_domain::error::Refusal;

/// What the browser must do next.
#[derive(Clone, Debug)]
pub enum Next {
    /// Show the person their own account.
    Account,
    /// Go to the account chooser.
    ChooseAccount(Interaction),
    /// Go to the consent page.
    Consent(Interaction),
    /// Say that the device goes on by itself, or does not.
    DeviceDecided {
        /// Whether the person allowed it.
        allowed: bool,
    },
    /// Go back to the client with this code.
    Code {
        /// Where to.
        destination: Destination,
        /// `code`.
        code: grantor_domain::secret::Secret,
    },
    /// Say no here: nobody vouches for the client, and the person may not want to go there.
    Leave {
        /// Who asked.
        client: Arc<Client>,
        /// Where it wants to be told.
        destination: Destination,
        /// Why.
        refusal: Refusal,
    },
    /// Go to the page on which a second factor is set up.
    EnrolFactor(Interaction),
    /// Go back to the client with this error.
    Refusal {
        /// Whom it is told.
        client_id: ClientId,
        /// Where to.
        destination: Destination,
        /// Why.
        refusal: Refusal,
    },
    /// Go to the page that asks for a second factor.
    SecondFactor(Interaction),
    /// Go to the sign-in page.
    SignIn(Interaction),
}
