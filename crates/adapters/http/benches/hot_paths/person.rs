//! The user in their browser: signs in, allows what the client asks, and brings it codes.

use grantor_application::{Browser, ConsentDecision, Next, Service, SessionCookie, SignInForm, SignInOutcome};
use grantor_domain::authorization::Parameters;
use grantor_domain::secret::Secret;
use grantor_ports::SessionOrigin;

use crate::installation::{CLIENT, PASSWORD, REDIRECT_URI, USER};

/// The pair of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser, signed in or not yet.
pub(crate) struct Person<'a> {
    service: &'a Service,
    browser: Browser,
    cookie: Option<SessionCookie>,
}

impl<'a> Person<'a> {
    /// Somebody who has just opened their browser.
    pub(crate) fn new(service: &'a Service) -> Self {
        Self { service, browser: service.new_browser(), cookie: None }
    }

    /// Goes through whatever pages there are: a code for the client.
    pub(crate) async fn obtains_code(&mut self, scope: &str) -> String {
        let mut next = self.service.authorize(&request(scope), &self.browser, self.cookie.as_ref()).await.unwrap();
        loop {
            next = match next {
                Next::Code { code, .. } => return code.expose().to_owned(),
                Next::Consent(pending) => {
                    let (browser, cookie) = (Some(&self.browser), self.cookie.as_ref());
                    self.service.consent(&pending, ConsentDecision::Allow, browser, cookie).await.unwrap()
                }
                Next::SignIn(interaction) => {
                    let form = SignInForm {
                        interaction,
                        username: USER.to_owned(),
                        password: Secret::new(PASSWORD),
                        origin: SessionOrigin::default(),
                        known_browser: None,
                    };
                    self.signs_in(&form).await
                }
                next @ (Next::Account
                | Next::ChooseAccount(_)
                | Next::DeviceDecided { .. }
                | Next::EnrolFactor(_)
                | Next::Leave { .. }
                | Next::Refusal { .. }
                | Next::SecondFactor(_)) => {
                    panic!("not asked for: {next:?}")
                }
            };
        }
    }

    async fn signs_in(&mut self, form: &SignInForm) -> Next {
        match self.service.sign_in(form, Some(&self.browser), self.cookie.as_ref()).await.unwrap() {
            SignInOutcome::Right { cookie, next, .. } => {
                self.cookie = cookie;
                next
            }
            SignInOutcome::Wrong { failure, .. } => panic!("not signed in: {failure:?}"),
        }
    }
}

fn request(scope: &str) -> Parameters {
    Parameters {
        response_type: Some("code".to_owned()),
        client_id: Some(CLIENT.to_owned()),
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        scope: Some(scope.to_owned()),
        state: Some("state".to_owned()),
        nonce: Some("nonce".to_owned()),
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..Parameters::default()
    }
}
