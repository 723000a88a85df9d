//! A pending authorization request, sealed for its travels through the browser.

use grantor_domain::authorization::{AccountChoice, AnswerTo, AuthorizationRequest};
use grantor_domain::client::Client;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::id::SessionId;
use grantor_domain::secret::{same_bytes, sha256};
use grantor_domain::time::Timestamp;
use grantor_domain::ui_locales::UiLocales;
use grantor_ports::Sealed;
use serde::{Deserialize, Serialize};

use crate::authorize::second_factor::Proven;
use crate::browser_text::browser_text;
use crate::failure::Outcome;
use crate::service::Service;

browser_text! {
    /// The sealed text of a pending request. Worth nothing in another browser.
    Interaction
}

browser_text! {
    /// The random value of the cookie that tells browsers apart before anybody has signed in.
    Browser
}

impl Browser {
    /// What stands for the browser in what travels through it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

/// A page that asks a session something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AskingPage {
    #[serde(rename = "a")]
    AccountChooser,
    #[serde(rename = "c")]
    Consent,
    #[serde(rename = "f")]
    SecondFactor,
}

/// What an interaction carries.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    #[serde(rename = "r")]
    pub(super) request: AuthorizationRequest,
    #[serde(rename = "b")]
    browser: [u8; 32],
    /// The page that asks: what one was asked is no answer to another.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    page: Option<AskingPage>,
    /// The session that it asks: nobody answers for somebody else.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    asked: Option<SessionId>,
    /// The account that was chosen, where one had to be.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) choice: Option<AccountChoice>,
    /// Whose password was right, and whose second factor is waited for.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(super) proven: Option<Proven>,
}

impl Pending {
    pub(crate) fn new(request: AuthorizationRequest, browser: &Browser) -> Self {
        Self { request, browser: browser.hash(), page: None, asked: None, choice: None, proven: None }
    }

    pub(super) fn asking(self, page: AskingPage, session: SessionId) -> Self {
        Self { page: Some(page), asked: Some(session), ..self }
    }

    /// The session that this page asked.
    pub(super) fn asked_by(&self, page: AskingPage) -> Option<SessionId> {
        self.asked.filter(|_| self.page == Some(page))
    }

    /// The same, of somebody whose password was right.
    pub(super) fn proving(self, proven: Proven) -> Self {
        Self { proven: Some(proven), ..self }
    }

    /// The same, of nobody: what the password was good for is done, or in vain.
    pub(super) fn without_proof(self) -> Self {
        Self { proven: None, ..self }
    }

    /// The hash of the browser that it is bound to.
    pub(super) const fn browser(&self) -> [u8; 32] {
        self.browser
    }

    /// What whoever asks is called; none if the person looks at their own account.
    pub(super) fn asks_for(&self, client: &Client) -> Option<String> {
        match self.request.answer_to {
            AnswerTo::Account => None,
            AnswerTo::Redirect(_) | AnswerTo::Device(_) => Some(client.name.clone()),
        }
    }

    pub(super) fn choosing(self, choice: Option<AccountChoice>) -> Self {
        Self { choice, ..self }
    }
}

impl Service {
    /// A value for the cookie of a browser that has none.
    #[must_use]
    pub fn new_browser(&self) -> Browser {
        let random: [u8; 16] = self.ports.random.array();
        Browser(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(super) fn seal(&self, pending: &Pending) -> Outcome<Interaction> {
        let content = serde_json::to_vec(pending)?;
        Ok(Interaction(self.ports.sealer.seal(Sealed::Interaction, &content, self.now())?))
    }

    /// Opens what [`Self::seal`] made, if it is this browser's and not too old.
    pub(super) fn unseal(&self, interaction: &Interaction, browser: Option<&Browser>) -> Result<Pending, Refusal> {
        let pending: Pending = self.open_sealed(Sealed::Interaction, &interaction.0, Reason::RequestExpired)?;
        self.check_browser(browser, &pending.browser, pending.request.received_at)?;
        Ok(pending)
    }

    /// The same pending request, to be shown in the language that the person chose instead of those that the client asked for.
    ///
    /// # Errors
    /// If it is not pending in this browser.
    pub fn with_language(
        &self,
        interaction: &Interaction,
        language: &str,
        browser: Option<&Browser>,
    ) -> Outcome<Interaction> {
        let mut pending = self.unseal(interaction, browser)?;
        pending.request.ui_locales = UiLocales::parse(language);
        self.seal(&pending)
    }

    /// Checks that what was begun at `since` in a browser with this hash is gone on with there, and in time.
    pub(crate) fn check_browser(
        &self,
        browser: Option<&Browser>,
        hash: &[u8; 32],
        since: Timestamp,
    ) -> Result<(), Refusal> {
        let refuse = |cause: &'static str| Err(Refusal::because(Reason::RequestExpired, cause));
        match browser {
            None => refuse("the browser sent no cookie"),
            Some(browser) if !same_bytes(hash, &browser.hash()) => refuse("it was started in another browser"),
            Some(_) if self.now() >= since.plus(self.settings.lifetimes.interaction) => refuse("it took too long"),
            Some(_) => Ok(()),
        }
    }
}
