//! What was begun to set a factor up, or to use a passkey: it travels sealed, and storage knows nothing of it until it is done.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::sha256;
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{Sealed, Spend};
use serde::{Deserialize, Serialize};

use crate::authorize::Browser;
use crate::browser_text::browser_text;
use crate::failure::Outcome;
use crate::service::Service;

browser_text! {
    /// The sealed text of what was begun. Worth nothing in another browser, for another person, or after a while.
    BegunFactor
}

/// What was begun.
#[derive(Serialize, Deserialize)]
pub(super) enum Begun {
    /// To share this secret with an app.
    #[serde(rename = "t")]
    Totp(String),
    /// To make a passkey.
    #[serde(rename = "r")]
    Registration {
        #[serde(rename = "h")]
        user_handle: [u8; 16],
        #[serde(rename = "s")]
        state: String,
    },
    /// To use one.
    #[serde(rename = "a")]
    Authentication(String),
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Content {
    #[serde(rename = "c")]
    begun: Begun,
    #[serde(rename = "b")]
    browser: [u8; 32],
    /// Who began it; none if that is what it is to show.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(rename = "t")]
    at: Timestamp,
}

impl Service {
    /// Seals what this person began in the browser with this hash.
    pub(super) fn seal_begun(
        &self,
        begun: Begun,
        subject: Option<&Subject>,
        browser: [u8; 32],
    ) -> Outcome<BegunFactor> {
        let content = Content { begun, browser, subject: subject.cloned(), at: self.now() };
        let content = serde_json::to_vec(&content)?;
        Ok(BegunFactor(self.ports.sealer.seal(Sealed::SecondFactor, &content, self.now())?))
    }

    /// Opens what [`Self::seal_begun`] made for this person, in this browser and not too long ago.
    pub(super) fn open_begun(
        &self,
        text: &BegunFactor,
        subject: Option<&Subject>,
        browser: Option<&Browser>,
    ) -> Result<Begun, Refusal> {
        let content: Content = self.open_sealed(Sealed::SecondFactor, &text.0, Reason::RequestExpired)?;
        self.check_browser(browser, &content.browser, content.at)?;
        match content.subject.as_ref() == subject {
            true => Ok(content.begun),
            false => Err(Refusal::because(Reason::RequestExpired, "somebody else began it")),
        }
    }

    /// Sees to it that what was begun is finished once: an answer that was overheard is worth nothing.
    pub(super) async fn finish_once(&self, text: &BegunFactor) -> Outcome<()> {
        let expires_at = self.now().plus(self.settings.lifetimes.interaction);
        match self.ports.replay_guard.spend(&sha256(text.0.as_bytes()), expires_at).await? {
            Spend::First => Ok(()),
            Spend::Replayed => Err(Refusal::because(Reason::RequestExpired, "it was finished before").into()),
        }
    }
}
