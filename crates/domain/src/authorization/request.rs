//! An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1): everything that is answered at its
//! [`Destination`], which is found before.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::authorization::decision::check_size;
use crate::authorization::{AnswerTo, ClaimsRequest, Destination, DeviceLink, Prompt, RequestedAcr, ResponseMode};
use crate::client::{Client, ClientId};
use crate::error::{Reason, Refusal};
use crate::grant::device_code::{DeviceRequest, UserCode};
use crate::grant::{GrantType, read_scope};
use crate::jwt::peek_claims;
use crate::pkce::CodeChallenge;
use crate::redirect_uri::match_redirect_uri;
use crate::resource::{Audience, read_resources};
use crate::scope::ScopeSet;
use crate::session::Acr;
use crate::time::Timestamp;
use crate::ui_locales::UiLocales;

/// Longest `state`, `nonce`, `login_hint`, `claims` and `redirect_uri` together, in bytes.
const MAX_OWN_WORDS: usize = 4096;

/// What the client sent (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), as it came. Parameters that are not here are
/// ignored (RFC 6749 §3.1).
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// `response_type` (RFC 6749 §4.1.1).
    pub response_type: Option<String>,
    /// `client_id` (RFC 6749 §4.1.1).
    pub client_id: Option<String>,
    /// `redirect_uri` (RFC 6749 §4.1.1).
    pub redirect_uri: Option<String>,
    /// `scope` (RFC 6749 §4.1.1).
    pub scope: Option<String>,
    /// `state` (RFC 6749 §4.1.1).
    pub state: Option<String>,
    /// `response_mode` (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
    pub response_mode: Option<String>,
    /// `nonce` (OpenID Connect Core §3.1.2.1).
    pub nonce: Option<String>,
    /// `prompt` (Core §3.1.2.1).
    pub prompt: Option<String>,
    /// `max_age` (Core §3.1.2.1, in seconds).
    pub max_age: Option<String>,
    /// `acr_values` (Core §3.1.2.1).
    pub acr_values: Option<String>,
    /// `login_hint` (Core §3.1.2.1).
    pub login_hint: Option<String>,
    /// `ui_locales` (Core §3.1.2.1).
    pub ui_locales: Option<String>,
    /// `id_token_hint` (Core §3.1.2.1).
    pub id_token_hint: Option<String>,
    /// `claims` (Core §5.5, JSON).
    pub claims: Option<String>,
    /// `code_challenge` (RFC 7636 §4.3).
    pub code_challenge: Option<String>,
    /// `code_challenge_method` (RFC 7636 §4.3).
    pub code_challenge_method: Option<String>,
    /// `resource` (RFC 8707 §2.1; may repeat).
    pub resource: Vec<String>,
    /// `request` (OpenID Connect Core §6.1): a request object by value, which [`request_object`](super::request_object) reads
    /// before anything else.
    pub request: Option<String>,
    /// `request_uri` (Core §6.2): refused.
    pub request_uri: Option<String>,
    /// `registration` (Core §7.2.1): refused.
    pub registration: Option<String>,
    /// What is wrong with the request as a whole, for example a repeated parameter (RFC 6749 §3.1): told at the destination,
    /// if that is known.
    pub malformed: Option<Refusal>,
}

/// A request that may be answered with a code (RFC 6749 §4.1.1), if the person agrees. It travels sealed while they decide,
/// which is Grantor's own, as are the one-letter names of serde.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks: `client_id` (RFC 6749 §4.1.1).
    #[serde(rename = "c")]
    pub client_id: ClientId,
    /// Where the answer goes (RFC 6749 §4.1.2).
    #[serde(rename = "d")]
    pub answer_to: AnswerTo,
    /// What for (RFC 6749 §3.3): allowed to the client, not yet by the person.
    #[serde(rename = "s")]
    pub scope: ScopeSet,
    /// For which resources (RFC 8707 §2.1), each allowed to the client.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Audience>,
    /// What the verifier must match (RFC 7636 §4.3).
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// `nonce`: echoed in the ID token (OpenID Connect Core §3.1.2.1).
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What to show, or not to show (Core §3.1.2.1).
    #[serde(rename = "p")]
    pub prompt: Prompt,
    /// `max_age`, or the client's `default_max_age`: how long ago the sign-in may be (Core §3.1.2.1).
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
    /// How well who answers must have proved who they are (Core §3.1.2.1 `acr_values`).
    #[serde(rename = "g", default, skip_serializing_if = "RequestedAcr::is_nothing")]
    pub acr: RequestedAcr,
    /// `login_hint`: fills in the sign-in form (Core §3.1.2.1).
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// `ui_locales`: in which language the pages are shown (Core §3.1.2.1).
    #[serde(rename = "l", default, skip_serializing_if = "UiLocales::is_empty")]
    pub ui_locales: UiLocales,
    /// Whom the client named, by `claims` (Core §5.5.1) and by `id_token_hint` (§3.1.2.1): only who is in all of them may
    /// answer.
    #[serde(rename = "u", default, skip_serializing_if = "Vec::is_empty")]
    pub required_subjects: Vec<Vec<String>>,
    /// Single claims asked for (Core §5.5), less those whose scope the client may not have.
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimsRequest>,
    /// When it arrived: a sign-in after this is fresh. Grantor's own.
    #[serde(rename = "t")]
    pub received_at: Timestamp,
}

impl AuthorizationRequest {
    /// Reads everything that is answered at the destination (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.2). `context` is the
    /// issuer and the time.
    ///
    /// # Errors
    /// One of RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6, sent to the destination.
    pub fn read(
        parameters: &Parameters,
        client: &Client,
        destination: Destination,
        context: (&Audience, Timestamp),
    ) -> Result<Self, Refusal> {
        let (issuer, now) = context;
        if let Some(malformed) = &parameters.malformed {
            return Err(malformed.clone());
        }
        refuse_oversized(parameters)?;
        refuse_unsupported(parameters)?;
        if !client.may_use(GrantType::AuthorizationCode) {
            return Err(Refusal::new(Reason::GrantTypeNotAllowed));
        }
        let claims = parameters.claims.as_deref().and_then(ClaimsRequest::parse);
        let acr = RequestedAcr::read(parameters.acr_values.as_deref(), claims.as_ref(), client)?;
        let claimed = claims.as_ref().map(ClaimsRequest::subjects).unwrap_or_default();
        let claims = claims.map(|claims| claims.limited_to(&client.scope));
        let hinted = parameters.id_token_hint.as_deref().and_then(|hint| hinted_subject(hint, issuer));
        let request = Self {
            client_id: client.id.clone(),
            scope: read_scope(parameters.scope.as_deref(), &client.scope, &client.default_scope)?,
            resources: read_resources(&parameters.resource, |resource| client.may_target(resource, issuer.as_str()))?,
            challenge: CodeChallenge::read(
                parameters.code_challenge.as_deref(),
                parameters.code_challenge_method.as_deref(),
                client.pkce,
            )?,
            nonce: parameters.nonce.clone(),
            prompt: Prompt::parse(parameters.prompt.as_deref())?,
            max_age: parameters.max_age.as_deref().map(read_max_age).transpose()?.or(client.default_max_age),
            acr,
            login_hint: parameters.login_hint.clone(),
            ui_locales: parameters.ui_locales.as_deref().map(UiLocales::parse).unwrap_or_default(),
            required_subjects: claimed.into_iter().chain(hinted.map(|subject| vec![subject])).collect(),
            claims,
            received_at: now,
            answer_to: AnswerTo::Redirect(destination),
        };
        check_size(&request, client, now)?;
        Ok(request)
    }
}

impl AuthorizationRequest {
    /// Checks that the client may still ask this. People take their time on the pages, and administrators do not wait.
    /// Grantor's own; see docs/architecture.md.
    ///
    /// # Errors
    /// What the client may not ask any more; shown on a page, because even the redirect URI may be gone.
    pub fn recheck(&self, client: &Client) -> Result<(), Refusal> {
        let grant_type = match &self.answer_to {
            AnswerTo::Redirect(destination) => {
                match_redirect_uri(&client.redirect_uris, Some(destination.redirect_uri.as_str()), true)?;
                GrantType::AuthorizationCode
            }
            AnswerTo::Device(_) => GrantType::DeviceCode,
            AnswerTo::Account => return Ok(()),
        };
        if !client.may_use(grant_type) {
            return Err(Refusal::new(Reason::GrantTypeNotAllowed));
        }
        if self.consent_scope().is_subset(&client.scope) { Ok(()) } else { Err(Refusal::new(Reason::ScopeInvalid)) }
    }

    /// What a device asked for, once somebody typed its user code: the page that asks is always shown (RFC 8628 §5.4).
    ///
    /// # Errors
    /// `invalid_request` (RFC 6749 §5.2) if what an approval must carry is larger than that may be.
    pub fn of_device(
        request: &DeviceRequest,
        user_code: UserCode,
        client: &Client,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let request = Self {
            client_id: request.client_id.clone(),
            answer_to: AnswerTo::Device(DeviceLink { grant: request.grant, user_code }),
            scope: request.scope.clone(),
            resources: request.resources.clone(),
            challenge: None,
            nonce: None,
            prompt: Prompt { consent: true, ..Prompt::default() },
            max_age: client.default_max_age,
            acr: RequestedAcr::of_client(client),
            login_hint: None,
            ui_locales: UiLocales::default(),
            required_subjects: Vec::new(),
            claims: None,
            received_at: now,
        };
        check_size(&request, client, now)?;
        Ok(request)
    }

    /// What somebody needs to have done who looks at their own account: signed in recently, and as well as they can. The client
    /// stands for the page. Grantor's own.
    #[must_use]
    pub fn of_account(client: &Client, max_age: Duration, least: Acr, now: Timestamp) -> Self {
        Self {
            client_id: client.id.clone(),
            answer_to: AnswerTo::Account,
            scope: ScopeSet::default(),
            resources: Vec::new(),
            challenge: None,
            nonce: None,
            prompt: Prompt::default(),
            max_age: Some(max_age),
            acr: RequestedAcr::at_least(least),
            login_hint: None,
            ui_locales: UiLocales::default(),
            required_subjects: Vec::new(),
            claims: None,
            received_at: now,
        }
    }

    /// Whether the answer to this request may be given, or given again, without a page: any other program could pose as a
    /// native client (RFC 8252 §8.6), and anybody can send a user code (RFC 8628 §5.4).
    #[must_use]
    pub fn remembers_consent(&self, client: &Client) -> bool {
        match &self.answer_to {
            AnswerTo::Redirect(destination) => client.remembers_consent(destination.redirect_uri.is_native()),
            AnswerTo::Device(_) | AnswerTo::Account => false,
        }
    }

    /// What the person must agree to: the scope asked for, and that of the claims asked for by name (Core §5.5).
    #[must_use]
    pub fn consent_scope(&self) -> ScopeSet {
        self.claims.as_ref().map_or_else(|| self.scope.clone(), |claims| self.scope.union(&claims.scope()))
    }
}

/// Whom an `id_token_hint` of ours names. Nobody checks its signature, and nobody need: the hint can only keep others
/// from answering, so forging one gains nothing, and one whose key has retired, or that was signed with the client's
/// secret, still counts. What names nobody is ignored.
fn hinted_subject(hint: &str, issuer: &Audience) -> Option<String> {
    let claims = peek_claims(hint).filter(|claims| claims.text("iss") == Some(issuer.as_str()))?;
    claims.text("sub").map(str::to_owned)
}

/// What a request says in its own words travels sealed in an address of ours, and servers in between cut long ones.
fn refuse_oversized(parameters: &Parameters) -> Result<(), Refusal> {
    let own_words = [
        (&parameters.state, "state"),
        (&parameters.nonce, "nonce"),
        (&parameters.login_hint, "login_hint"),
        (&parameters.claims, "claims"),
        (&parameters.redirect_uri, "redirect_uri"),
    ];
    let mut room = MAX_OWN_WORDS;
    for (text, name) in own_words {
        room = room
            .checked_sub(text.as_ref().map_or(0, String::len))
            .ok_or(Refusal::parameter(Reason::ParameterInvalid, name))?;
    }
    Ok(())
}

fn refuse_unsupported(parameters: &Parameters) -> Result<(), Refusal> {
    let unsupported = [
        (&parameters.request_uri, Reason::RequestUriUnsupported),
        (&parameters.registration, Reason::RegistrationUnsupported),
    ];
    if let Some((_, reason)) = unsupported.into_iter().find(|(parameter, _)| parameter.is_some()) {
        return Err(Refusal::new(reason));
    }
    match parameters.response_type.as_deref() {
        Some("code") => {}
        Some(_) => return Err(Refusal::new(Reason::ResponseTypeUnsupported)),
        None => return Err(Refusal::parameter(Reason::ParameterMissing, "response_type")),
    }
    match parameters.response_mode.as_deref() {
        Some(mode) if ResponseMode::parse(mode).is_none() => Err(Refusal::new(Reason::ResponseModeUnsupported)),
        _ => Ok(()),
    }
}

fn read_max_age(text: &str) -> Result<Duration, Refusal> {
    text.parse()
        .map(Duration::from_secs)
        .map_err(|_not_a_number: std::num::ParseIntError| Refusal::parameter(Reason::ParameterInvalid, "max_age"))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::authorization::destination;
    use crate::grant::testing::{OPENED, client};
    use crate::id::GrantId;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parameters() -> Parameters {
        Parameters {
            response_type: Some("code".into()),
            client_id: Some("c".into()),
            redirect_uri: Some("https://app.example/cb".into()),
            scope: Some("openid a".into()),
            code_challenge: Some(CHALLENGE.into()),
            code_challenge_method: Some("S256".into()),
            ..Parameters::default()
        }
    }

    fn check(change: impl Fn(&mut Parameters), expect: Result<(), Reason>) {
        let mut parameters = parameters();
        change(&mut parameters);
        let destination = destination(&parameters, &client()).unwrap();
        let issuer = Audience::parse("https://op.example").unwrap();
        let found = AuthorizationRequest::read(&parameters, &client(), destination, (&issuer, OPENED));
        assert_eq!(found.map(|_| ()).map_err(|r| r.reason), expect);
    }

    #[test]
    fn each_parameter_is_checked() {
        check(|_| {}, Ok(()));
        check(|p| p.response_type = None, Err(Reason::ParameterMissing));
        check(|p| p.response_type = Some("token".into()), Err(Reason::ResponseTypeUnsupported));
        for mode in ["query", "fragment", "form_post"] {
            check(|p| p.response_mode = Some(mode.into()), Ok(()));
        }
        check(|p| p.response_mode = Some("web_message".into()), Err(Reason::ResponseModeUnsupported));
        check(|p| p.scope = Some("unknown".into()), Err(Reason::ScopeInvalid));
        check(|p| p.code_challenge = None, Err(Reason::CodeChallengeRequired));
        check(|p| p.prompt = Some("none login".into()), Err(Reason::ParameterInvalid));
        check(|p| p.max_age = Some("soon".into()), Err(Reason::ParameterInvalid));
        check(|p| p.max_age = Some("10000".into()), Ok(()));
        check(|p| p.resource = vec!["urn:api".into()], Err(Reason::ResourceNotAllowed));
        check(|p| p.request_uri = Some("urn:x".into()), Err(Reason::RequestUriUnsupported));
        check(|p| p.registration = Some("{}".into()), Err(Reason::RegistrationUnsupported));
        check(|p| p.claims = Some("not json".into()), Ok(()));
        let acr = r#"{"id_token":{"acr":{"essential":true,"value":"urn:x"}}}"#;
        check(|p| p.claims = Some(acr.into()), Err(Reason::AcrUnmet));
        check(|p| p.acr_values = Some("urn:x".into()), Ok(()));
        check(|p| p.ui_locales = Some("no tag ".repeat(5000)), Ok(()));
        check(|p| p.state = Some("s".repeat(4000)), Ok(()));
        check(|p| p.state = Some("s".repeat(5000)), Err(Reason::ParameterInvalid));
        check(|p| p.nonce = Some("n".repeat(1000)), Ok(()));
        check(|p| p.nonce = Some("n".repeat(2000)), Err(Reason::ParameterInvalid));
    }

    #[test]
    fn a_client_may_have_a_max_age_of_its_own() {
        let client = Client { default_max_age: Some(Duration::from_secs(60)), ..client() };
        let max_age = |asked: Option<&str>| {
            let parameters = Parameters { max_age: asked.map(str::to_owned), ..parameters() };
            let issuer = Audience::parse("https://op.example").unwrap();
            let destination = destination(&parameters, &client).unwrap();
            AuthorizationRequest::read(&parameters, &client, destination, (&issuer, OPENED)).unwrap().max_age
        };
        assert_eq!(max_age(None), Some(Duration::from_secs(60)));
        assert_eq!(max_age(Some("0")), Some(Duration::ZERO));
        assert_eq!(max_age(Some("100")), Some(Duration::from_secs(100)), "what a request says is what counts");
        let asked = DeviceRequest {
            grant: GrantId::from_bytes([1; 16]),
            client_id: client.id.clone(),
            scope: ScopeSet::default(),
            resources: Vec::new(),
        };
        let user_code = UserCode::parse("WDJB-MJHT").unwrap();
        let of_device = AuthorizationRequest::of_device(&asked, user_code, &client, OPENED).unwrap();
        assert_eq!(of_device.max_age, Some(Duration::from_secs(60)), "a device can say nothing");
    }

    #[test]
    fn a_hint_names_the_only_one_who_may_answer() {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let hint = |issuer: &str| {
            let payload = format!(r#"{{"iss":"{issuer}","sub":"bob"}}"#);
            format!("{}.{}.c2ln", encode(r#"{"alg":"RS256"}"#), encode(&payload))
        };
        let check = |hint: &str, expect: Option<&str>| {
            let parameters = Parameters { id_token_hint: Some(hint.to_owned()), ..parameters() };
            let issuer = Audience::parse("https://op.example").unwrap();
            let destination = destination(&parameters, &client()).unwrap();
            let found = AuthorizationRequest::read(&parameters, &client(), destination, (&issuer, OPENED)).unwrap();
            let expect: Vec<_> = expect.into_iter().map(|subject| vec![subject.to_owned()]).collect();
            assert_eq!(found.required_subjects, expect);
        };
        check(&hint("https://op.example"), Some("bob"));
        check(&hint("https://other.example"), None);
        check("garbage", None);
    }

    #[test]
    fn what_a_client_loses_while_a_person_decides_is_lost() {
        let parameters = parameters();
        let (issuer, destination) =
            (Audience::parse("https://op.example").unwrap(), destination(&parameters, &client()).unwrap());
        let request = AuthorizationRequest::read(&parameters, &client(), destination, (&issuer, OPENED)).unwrap();
        let check = |change: fn(&mut Client), expect: Result<(), Reason>| {
            let mut client = client();
            change(&mut client);
            assert_eq!(request.recheck(&client).map_err(|refusal| refusal.reason), expect);
        };
        check(|_| {}, Ok(()));
        check(|client| client.redirect_uris.clear(), Err(Reason::RedirectUriMismatch));
        check(|client| client.grant_types.clear(), Err(Reason::GrantTypeNotAllowed));
        check(|client| client.scope = ScopeSet::default(), Err(Reason::ScopeInvalid));
    }
}
