//! What happens next with an authorization request: a page, a code, or a refusal (RFC 6749 §4.1.2, OpenID Connect Core
//! §3.1.2.3 to §3.1.2.6).

use serde::{Deserialize, Serialize};

use crate::authorization::{AnswerTo, AuthorizationRequest, ConsentedScope, RememberedConsent};
use crate::client::Client;
use crate::error::{Reason, Refusal};
use crate::grant::{GrantRef, is_refreshable};
use crate::id::{GrantId, SessionId};
use crate::scope::ScopeSet;
use crate::session::{Authentication, Session};
use crate::time::Timestamp;
use crate::token::authorization_code::{AuthorizationCode, MAX_CONTENT};
use crate::token::lifetime::Lifetimes;
use crate::user::Subject;

/// What is known when the decision is made: what a service loads before it calls [`decide`] (OpenID Connect Core §3.1.2.3,
/// §3.1.2.4).
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Who asks, as registered now.
    pub client: &'a Client,
    /// Who is signed in in this browser, if anybody (OpenID Connect Core §3.1.2.3).
    pub session: Option<&'a Session>,
    /// What the client is told instead of their subject, if its subjects are pairwise (Core §8.1).
    pub pairwise: Option<&'a Subject>,
    /// What they allowed this client before, if anything (Core §3.1.2.4).
    pub remembered: Option<&'a RememberedConsent>,
    /// What they chose on the page that `prompt=select_account` asks for (Core §3.1.2.1), if they saw it.
    pub choice: Option<AccountChoice>,
}

/// What a person chose where they may choose an account (Core §3.1.2.1 `select_account`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountChoice {
    /// To sign in as somebody else.
    #[serde(rename = "a")]
    Another,
    /// To go on with this session.
    #[serde(rename = "s")]
    Session(SessionId),
}

/// A page that must be shown first (Core §3.1.2.3, §3.1.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Let the person choose an account (Core §3.1.2.1).
    ChooseAccount,
    /// Ask for consent (Core §3.1.2.4).
    Consent {
        /// The part of the scope that was not allowed before; empty if the client wants the page all the same
        /// (`prompt=consent`, Core §3.1.2.1).
        new: ScopeSet,
    },
    /// Ask whoever is signed in for a second factor (`acr_values`, Core §3.1.2.1).
    SecondFactor,
    /// Ask for sign-in (Core §3.1.2.3).
    SignIn,
}

/// What happens next with an authorization request (RFC 6749 §4.1.2, OpenID Connect Core §3.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make a code of this scope, by [`code_for`] (RFC 6749 §4.1.2).
    Answer(ConsentedScope),
    /// Tell the client no, at its redirect URI (RFC 6749 §4.1.2.1, Core §3.1.2.6).
    Refuse(Refusal),
    /// Show a page, then decide again.
    Show(Page),
}

/// Decides what happens next: sign-in, then a second factor where one is demanded, then consent, then a code; with `prompt=none` a refusal in place of a page (Core
/// §3.1.2.1). Deciding again after the page was answered leads on to the next step. `examples/code_flow.rs` goes through
/// one.
#[must_use]
pub fn decide(request: &AuthorizationRequest, situation: Situation<'_>) -> Decision {
    let Some(session) = situation.session.filter(|session| is_fresh_enough(request, session)) else {
        return unless_silent(request, Page::SignIn, Reason::LoginRequired);
    };
    let known_as = situation.pairwise.unwrap_or(&session.subject);
    if !request.required_subjects.iter().all(|named| named.iter().any(|subject| subject == known_as.as_str())) {
        // Who signed in for its sake and is somebody else would be asked for ever.
        let is_told = request.prompt.none || is_new(request, session);
        let refusal = Decision::Refuse(Refusal::new(Reason::LoginRequired));
        return if is_told { refusal } else { Decision::Show(Page::SignIn) };
    }
    if request.prompt.select_account {
        match situation.choice {
            Some(AccountChoice::Session(chosen)) if chosen == session.id => {}
            Some(AccountChoice::Session(_)) => return Decision::Show(Page::ChooseAccount),
            Some(AccountChoice::Another) | None if is_new(request, session) => {}
            Some(AccountChoice::Another) => return Decision::Show(Page::SignIn),
            None => return Decision::Show(Page::ChooseAccount),
        }
    }
    if !request.acr.is_met_by(session.authentication.level()) {
        return unless_silent(request, Page::SecondFactor, Reason::LoginRequired);
    }
    let asked = request.consent_scope();
    let consented = ConsentedScope::without_asking(&asked, situation.client, situation.remembered);
    match consented {
        Some(consented) if !request.prompt.consent => Decision::Answer(consented),
        _ => {
            let before = situation.remembered.map(|RememberedConsent(scope)| scope.clone()).unwrap_or_default();
            unless_silent(request, Page::Consent { new: asked.difference(&before) }, Reason::ConsentRequired)
        }
    }
}

/// Whether the sign-in is as recent as the request wants it.
fn is_fresh_enough(request: &AuthorizationRequest, session: &Session) -> bool {
    let signed_in = session.authentication.time;
    let young = request.max_age.is_none_or(|max_age| signed_in.plus(max_age) >= request.received_at);
    is_new(request, session) || (!request.prompt.login && young)
}

/// Whether the sign-in happened after the request arrived, and so for its sake: it is recent, and its account was chosen.
fn is_new(request: &AuthorizationRequest, session: &Session) -> bool {
    session.authentication.time >= request.received_at
}

fn unless_silent(request: &AuthorizationRequest, page: Page, reason: Reason) -> Decision {
    if request.prompt.none { Decision::Refuse(Refusal::new(reason)) } else { Decision::Show(page) }
}

/// Refuses a request whose code would be too large whoever signs in, before anybody is asked to.
pub(super) fn check_size(request: &AuthorizationRequest, client: &Client, now: Timestamp) -> Result<(), Refusal> {
    let anybody = Session {
        id: SessionId::from_bytes([0; 16]),
        subject: Subject::longest(),
        authentication: Authentication::by_password(now),
        expires_at: now,
    };
    let context = (GrantId::from_bytes([0; 16]), now, &Lifetimes::default());
    code_for(request, &anybody, &ConsentedScope::given(&request.consent_scope()), client, context).map(|_code| ())
}

/// The code that answers the request (RFC 6749 §4.1.2), still unsealed. `context` is an identifier made for this code, the
/// time, and how long things live.
///
/// # Errors
/// `invalid_request` (RFC 6749 §4.1.2.1) if what the code must carry is larger than [`MAX_CONTENT`].
pub fn code_for(
    request: &AuthorizationRequest,
    session: &Session,
    consented: &ConsentedScope,
    client: &Client,
    context: (GrantId, Timestamp, &Lifetimes),
) -> Result<AuthorizationCode, Refusal> {
    let (id, now, lifetimes) = context;
    let (redirect_uri, redirect_uri_sent) = match &request.answer_to {
        AnswerTo::Redirect(destination) => {
            (destination.redirect_uri.as_str().to_owned(), destination.redirect_uri.was_sent())
        }
        AnswerTo::Device(_) | AnswerTo::Account => (String::new(), false),
    };
    let told = request.acr.told(session.authentication.level());
    let (class, _) = lifetimes.grant(client, is_refreshable(client));
    let code = AuthorizationCode {
        grant: GrantRef { class, id },
        client_id: client.id.clone(),
        redirect_uri,
        redirect_uri_sent,
        challenge: request.challenge.clone(),
        scope: request.scope.intersection(consented.scope()),
        resources: request.resources.clone(),
        subject: session.subject.clone(),
        session: session.id,
        nonce: request.nonce.clone(),
        authentication: Authentication { acr: Some(told.as_str().to_owned()), ..session.authentication.clone() },
        claims: request.claims.clone(),
        expires_at: now.plus(lifetimes.authorization_code),
    };
    let size = serde_json::to_vec(&code).map_or(usize::MAX, |bytes| bytes.len());
    if size > MAX_CONTENT {
        Err(Refusal::because(Reason::ParameterInvalid, "the request is too large for a code"))
    } else {
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::authorization::{Parameters, Prompt, destination};
    use crate::grant::testing::{OPENED, client};
    use crate::id::SessionId;
    use crate::resource::Audience;
    use crate::session::Authentication;
    use crate::user::Subject;

    fn request(change: impl Fn(&mut Parameters)) -> AuthorizationRequest {
        let mut parameters = Parameters {
            response_type: Some("code".into()),
            redirect_uri: Some("https://app.example/cb".into()),
            scope: Some("openid a".into()),
            code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()),
            code_challenge_method: Some("S256".into()),
            ..Parameters::default()
        };
        change(&mut parameters);
        let issuer = Audience::parse("https://op.example").unwrap();
        AuthorizationRequest::read(
            &parameters,
            &client(),
            destination(&parameters, &client()).unwrap(),
            (&issuer, OPENED),
        )
        .unwrap()
    }

    /// A session that began `ago` before the request arrived.
    fn session(ago: Duration) -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            subject: Subject::parse("alice").unwrap(),
            authentication: Authentication::by_password(OPENED.minus(ago)),
            expires_at: OPENED.plus(Duration::from_secs(1000)),
        }
    }

    const AGO: Duration = Duration::from_secs(100);

    fn check(change: impl Fn(&mut Parameters), session: Option<&Session>, remembered: Option<&str>, expect: &str) {
        check_choice(change, session, (remembered, None), expect);
    }

    fn check_choice(
        change: impl Fn(&mut Parameters),
        session: Option<&Session>,
        (remembered, choice): (Option<&str>, Option<AccountChoice>),
        expect: &str,
    ) {
        let remembered = remembered.map(|scope| RememberedConsent(ScopeSet::parse(scope).unwrap()));
        let situation =
            Situation { client: &client(), session, pairwise: None, remembered: remembered.as_ref(), choice };
        let found = match decide(&request(change), situation) {
            Decision::Answer(_) => "code".to_owned(),
            Decision::Refuse(refusal) => refusal.reason.wire().code.as_str().to_owned(),
            Decision::Show(Page::ChooseAccount) => "choose".to_owned(),
            Decision::Show(Page::SecondFactor) => "second factor".to_owned(),
            Decision::Show(Page::SignIn) => "sign-in".to_owned(),
            Decision::Show(Page::Consent { new }) => format!("consent to {new}"),
        };
        assert_eq!(found, expect);
    }

    #[test]
    fn sign_in_then_consent_then_code() {
        check(|_| {}, None, None, "sign-in");
        check(|_| {}, Some(&session(AGO)), None, "consent to openid a");
        check(|_| {}, Some(&session(AGO)), Some("openid"), "consent to a");
        check(|_| {}, Some(&session(AGO)), Some("openid a b"), "code");
    }

    #[test]
    fn prompt_none_shows_nothing() {
        let none = |p: &mut Parameters| p.prompt = Some("none".into());
        check(none, None, None, "login_required");
        check(none, Some(&session(AGO)), None, "consent_required");
        check(none, Some(&session(AGO)), Some("openid a"), "code");
    }

    #[test]
    fn prompt_login_and_max_age_want_a_fresh_sign_in() {
        let login = |p: &mut Parameters| p.prompt = Some("login".into());
        check(login, Some(&session(AGO)), Some("openid a"), "sign-in");
        check(login, Some(&session(Duration::ZERO)), Some("openid a"), "code");
        let max_age = |text: &'static str| move |p: &mut Parameters| p.max_age = Some(text.into());
        check(max_age("100"), Some(&session(AGO)), Some("openid a"), "code");
        check(max_age("99"), Some(&session(AGO)), Some("openid a"), "sign-in");
        check(max_age("10000"), Some(&session(AGO)), Some("openid a"), "code");
        check(max_age("0"), Some(&session(Duration::ZERO)), Some("openid a"), "code");
    }

    #[test]
    fn an_account_is_chosen_before_anything_is_agreed_to() {
        let select = |p: &mut Parameters| p.prompt = Some("select_account".into());
        let check = |session: &Session, choice: Option<AccountChoice>, expect: &str| {
            check_choice(select, Some(session), (Some("openid a"), choice), expect);
        };
        let (old, new) = (session(AGO), session(Duration::ZERO));
        check(&old, None, "choose");
        check(&old, Some(AccountChoice::Session(old.id)), "code");
        check(&old, Some(AccountChoice::Session(SessionId::from_bytes([2; 16]))), "choose");
        check(&old, Some(AccountChoice::Another), "sign-in");
        check(&new, None, "code");
        check(&new, Some(AccountChoice::Another), "code");
        check(&new, Some(AccountChoice::Session(SessionId::from_bytes([2; 16]))), "choose");
        check_choice(select, None, (None, None), "sign-in");
        let both = |p: &mut Parameters| p.prompt = Some("login select_account".into());
        check_choice(both, Some(&old), (None, Some(AccountChoice::Session(old.id))), "sign-in");
    }

    #[test]
    fn a_second_factor_is_asked_for_before_anything_is_agreed_to() {
        let mfa = |p: &mut Parameters| p.acr_values = Some("urn:grantor:acr:mfa".into());
        let password = session(AGO);
        let both = Session { authentication: password.authentication.clone().and_code(), ..password.clone() };
        check(mfa, None, None, "sign-in");
        check(mfa, Some(&password), Some("openid a"), "second factor");
        check(mfa, Some(&both), None, "consent to openid a");
        check(mfa, Some(&both), Some("openid a"), "code");
        check(|_| {}, Some(&both), Some("openid a"), "code");
        let silently = |p: &mut Parameters| {
            (p.acr_values, p.prompt) = (Some("urn:grantor:acr:mfa".into()), Some("none".into()));
        };
        check(silently, Some(&password), Some("openid a"), "login_required");
        let afresh = |p: &mut Parameters| {
            (p.acr_values, p.prompt) = (Some("urn:grantor:acr:mfa".into()), Some("login".into()));
        };
        check(afresh, Some(&both), Some("openid a"), "sign-in");
        let named = |p: &mut Parameters| {
            p.acr_values = Some("urn:grantor:acr:mfa".into());
            p.claims = Some(r#"{"id_token":{"sub":{"value":"bob"}}}"#.into());
        };
        check(named, Some(&password), Some("openid a"), "sign-in");
    }

    #[test]
    fn prompt_consent_asks_again() {
        check(|p| p.prompt = Some("consent".into()), Some(&session(AGO)), Some("openid a"), "consent to ");
    }

    #[test]
    fn claims_asked_for_by_name_are_agreed_to_like_their_scope() {
        let claims = |p: &mut Parameters| p.claims = Some(r#"{"userinfo":{"email":null}}"#.into());
        check(claims, Some(&session(AGO)), Some("openid a"), "consent to email");
        check(claims, Some(&session(AGO)), Some("openid a email"), "code");
    }

    #[test]
    fn a_named_person_must_be_the_one_signed_in() {
        let claims = |p: &mut Parameters| p.claims = Some(r#"{"id_token":{"sub":{"value":"bob"}}}"#.into());
        check(claims, Some(&session(AGO)), Some("openid a"), "sign-in");
        let silently = |p: &mut Parameters| {
            (p.claims, p.prompt) = (Some(r#"{"id_token":{"sub":{"value":"bob"}}}"#.into()), Some("none".into()));
        };
        check(silently, Some(&session(AGO)), Some("openid a"), "login_required");
    }

    #[test]
    fn a_person_is_named_as_the_client_knows_them() {
        let claims = |p: &mut Parameters| p.claims = Some(r#"{"id_token":{"sub":{"value":"bob"}}}"#.into());
        let (bob, client, session) = (Subject::parse("bob").unwrap(), client(), session(AGO));
        let remembered = RememberedConsent(ScopeSet::parse("openid a").unwrap());
        let (session, remembered) = (Some(&session), Some(&remembered));
        let situation = Situation { client: &client, session, pairwise: Some(&bob), remembered, choice: None };
        assert!(matches!(decide(&request(claims), situation), Decision::Answer(_)), "alice, whom it knows as bob");
    }

    #[test]
    fn a_code_that_would_be_too_large_is_refused() {
        let make = |nonce: usize| {
            let request = AuthorizationRequest { nonce: Some("n".repeat(nonce)), ..request(|_| {}) };
            let consented = ConsentedScope::given(&request.scope);
            code_for(
                &request,
                &session(AGO),
                &consented,
                &client(),
                (GrantId::from_bytes([1; 16]), OPENED, &Lifetimes::default()),
            )
        };
        assert!(make(100).is_ok());
        assert_eq!(make(3000).unwrap_err().reason, Reason::ParameterInvalid);
    }

    #[test]
    fn a_request_survives_its_travels() {
        let request = request(|p| {
            (p.prompt, p.max_age, p.state) = (Some("login consent".into()), Some("5".into()), Some("s".into()));
        });
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<AuthorizationRequest>(&text).unwrap(), request);
        assert_eq!(request.prompt, Prompt { login: true, consent: true, ..Prompt::default() });
    }
}
