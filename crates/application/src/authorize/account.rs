//! The account chooser (OpenID Connect Core §3.1.2.1, `prompt=select_account`): shown, and answered.

use grantor_domain::authorization::AccountChoice;
use grantor_domain::ui_locales::UiLocales;

use crate::authorize::interaction::AskingPage;
use crate::authorize::second_factor::session_of;
use crate::authorize::{Browser, Interaction, Next, SessionCookie};
use crate::failure::Outcome;
use crate::service::Service;

/// What the account chooser shows.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// Who asks; none if the person looks at their own account.
    pub client_name: Option<String>,
    /// Who is signed in: their name, or else their subject.
    pub subject_name: String,
    /// The languages that it is to be shown in, if we have them.
    pub ui_locales: UiLocales,
    /// What is pending, for the form.
    pub interaction: Interaction,
}

/// What the person pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountDecision {
    /// `another`: sign in as somebody else.
    Another,
    /// `continue`: go on as who is signed in.
    Continue,
}

impl Service {
    /// What the account chooser shows; or, if there is nothing to choose, where the request stands.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn account_page(
        &self,
        interaction: &Interaction,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Result<AccountView, Next>> {
        let pending = self.unseal(interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let signed_in = self.signed_in(cookie).await?;
        let (ui_locales, client_name) = (pending.request.ui_locales.clone(), pending.asks_for(&client));
        let next = self.step(pending, &client, session_of(signed_in.as_ref())).await?;
        let (Next::ChooseAccount(interaction), Some(signed_in)) = (&next, signed_in) else { return Ok(Err(next)) };
        Ok(Ok(AccountView {
            client_name,
            subject_name: signed_in.name().to_owned(),
            ui_locales,
            interaction: interaction.clone(),
        }))
    }

    /// Takes the person's choice. To go on counts only for the session that the page showed.
    ///
    /// # Errors
    /// If nothing is pending in this browser, or storage is away.
    pub async fn choose_account(
        &self,
        interaction: &Interaction,
        decision: AccountDecision,
        browser: Option<&Browser>,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<Next> {
        let pending = self.unseal(interaction, browser)?;
        let client = self.pending_client(&pending).await?;
        let choice = match decision {
            AccountDecision::Another => Some(AccountChoice::Another),
            AccountDecision::Continue => pending.asked_by(AskingPage::AccountChooser).map(AccountChoice::Session),
        };
        let signed_in = self.signed_in(cookie).await?;
        self.step(pending.choosing(choice), &client, session_of(signed_in.as_ref())).await
    }
}
