//! Logout that a client asks for (OpenID Connect RP-Initiated Logout §2): whether the person is asked first, and where they
//! go then.

use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientId};
use crate::error::{Reason, Refusal};
use crate::id::SessionId;
use crate::jwt::Claims;
use crate::resource::Audience;
use crate::session::Session;
use crate::ui_locales::UiLocales;
use crate::user::Subject;

/// What the client sent (OpenID Connect RP-Initiated Logout §2), as it came; all of it is optional, and what is not here is
/// ignored.
#[derive(Clone, Debug, Default)]
pub struct LogoutParameters {
    /// An ID token of ours: who is to be signed out, and who asks for it.
    pub id_token_hint: Option<String>,
    /// Who asks for it.
    pub client_id: Option<String>,
    /// Where to go then.
    pub post_logout_redirect_uri: Option<String>,
    /// Goes there too, as it came.
    pub state: Option<String>,
    /// The languages that the person reads best.
    pub ui_locales: Option<String>,
}

/// What an `id_token_hint` says whose signature was checked (RP-Initiated Logout §2). It may have expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutHint {
    /// The client that the ID token was issued to: `aud`.
    pub client_id: ClientId,
    subject: String,
    session: Option<SessionId>,
}

impl LogoutHint {
    /// Reads the claims of an ID token. `None` if another issuer made it, or it is for anything but one client.
    #[must_use]
    pub fn from_claims(claims: &Claims, issuer: &Audience) -> Option<Self> {
        let [client] = claims.audience()[..] else { return None };
        // A signed UserInfo response has neither time (OpenID Connect Core §2, §5.3.2).
        let is_id_token = claims.time("iat").is_some() && claims.time("exp").is_some();
        (is_id_token && claims.text("iss") == Some(issuer.as_str())).then_some(())?;
        Some(Self {
            client_id: ClientId::parse(client)?,
            subject: claims.text("sub")?.to_owned(),
            session: claims.text("sid").and_then(SessionId::parse),
        })
    }

    /// Whether the ID token was issued in a session that its client knows as this.
    fn is_of(&self, (subject, session): &(Subject, SessionId)) -> bool {
        self.session == Some(*session) && self.subject == subject.as_str()
    }
}

/// A request to be signed out, checked (RP-Initiated Logout §2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    /// Who asks, if that is known.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Where the person goes then; none: a page of ours says goodbye.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// `state`, for that address.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `ui_locales`: in which language the pages are shown.
    #[serde(rename = "l", default, skip_serializing_if = "UiLocales::is_empty")]
    pub ui_locales: UiLocales,
}

impl LogoutRequest {
    /// Checks where the person may go. `hint` is what a good `id_token_hint` says, `client` whom that or `client_id` names.
    /// Nobody is sent anywhere on the strength of a hint that is not good (RP-Initiated Logout §4).
    ///
    /// # Errors
    /// A redirect URI that is not the client's, or two clients in one request: shown on a page.
    pub fn read(
        parameters: &LogoutParameters,
        hint: Option<&LogoutHint>,
        client: Option<&Client>,
    ) -> Result<Self, Refusal> {
        if let (Some(hint), Some(named)) = (hint, &parameters.client_id)
            && hint.client_id.as_str() != named
        {
            return Err(Refusal::new(Reason::LogoutClientMismatch));
        }
        let is_hint_bad = parameters.id_token_hint.is_some() && hint.is_none();
        let redirect_uri = match &parameters.post_logout_redirect_uri {
            Some(uri) if client.is_some_and(|client| client.may_return_after_logout(uri)) => Some(uri.clone()),
            Some(_) if !is_hint_bad => return Err(Refusal::new(Reason::PostLogoutRedirectUriMismatch)),
            Some(_) | None => None,
        };
        // Whoever registered itself could send anybody anywhere by this address (RFC 9700 §4.11.2).
        let is_strange = hint.is_none() && client.is_some_and(|client| client.self_registered);
        let redirect_uri = redirect_uri.filter(|_| !is_hint_bad && !is_strange);
        Ok(Self {
            client_id: client.map(|client| client.id.clone()),
            state: parameters.state.clone().filter(|_| redirect_uri.is_some()),
            redirect_uri,
            ui_locales: parameters.ui_locales.as_deref().map(UiLocales::parse).unwrap_or_default(),
        })
    }
}

/// What happens next with a request to be signed out (RP-Initiated Logout §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutDecision {
    /// Ask the person (RP-Initiated Logout §2): nothing shows that the client knows their session.
    Ask,
    /// Nobody is signed in: go on.
    GoOn,
    /// Sign them out.
    SignOut,
}

/// Decides whether the person is asked (RP-Initiated Logout §2): unless the ID token is of this very session. `known_as` is `sub`
/// and `sid` of it for the client that the ID token was issued to (OpenID Connect Core §8.1, Front-Channel Logout §3).
#[must_use]
pub fn decide(
    hint: Option<&LogoutHint>,
    session: Option<&Session>,
    known_as: Option<&(Subject, SessionId)>,
) -> LogoutDecision {
    match (session, hint, known_as) {
        (None, ..) => LogoutDecision::GoOn,
        (Some(_), Some(hint), Some(known_as)) if hint.is_of(known_as) => LogoutDecision::SignOut,
        (Some(_), ..) => LogoutDecision::Ask,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::ClientSettings;
    use crate::grant::testing::OPENED;
    use crate::session::Authentication;

    const BACK: &str = "https://app.example/bye";

    fn client() -> Client {
        let settings = json!({"client_id": "c", "grant_types": [], "post_logout_redirect_uris": [BACK]});
        Client::try_from(serde_json::from_value::<ClientSettings>(settings).unwrap()).unwrap()
    }

    fn hint(changes: &serde_json::Value) -> Option<LogoutHint> {
        let mut claims = json!({
            "iss": "https://op.example", "aud": "c", "sub": "alice", "sid": SessionId::from_bytes([1; 16]).to_string(),
            "iat": 1, "exp": 2,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let issuer = Audience::parse("https://op.example").unwrap();
        LogoutHint::from_claims(&serde_json::from_value(claims).unwrap(), &issuer)
    }

    fn session(subject: &str, id: u8) -> Session {
        Session {
            id: SessionId::from_bytes([id; 16]),
            subject: Subject::parse(subject).unwrap(),
            authentication: Authentication::by_password(OPENED),
            expires_at: OPENED,
        }
    }

    #[test]
    fn a_hint_is_an_id_token_of_ours_for_one_client() {
        assert_eq!(hint(&json!({})).unwrap().client_id.as_str(), "c");
        assert!(hint(&json!({"iss": "https://other.example"})).is_none());
        assert!(hint(&json!({"aud": ["c", "d"]})).is_none());
        assert!(hint(&json!({"sub": 1})).is_none());
        assert!(hint(&json!({"exp": null})).is_none(), "UserInfo");
    }

    #[test]
    fn only_an_id_token_of_this_session_spares_the_question() {
        let check = |changes, session: Option<Session>, expect| {
            let known_as = session.as_ref().map(|session| (session.subject.clone(), session.id));
            assert_eq!(decide(hint(&changes).as_ref(), session.as_ref(), known_as.as_ref()), expect, "{changes}");
        };
        check(json!({}), Some(session("alice", 1)), LogoutDecision::SignOut);
        check(json!({}), Some(session("alice", 2)), LogoutDecision::Ask);
        check(json!({}), Some(session("bob", 1)), LogoutDecision::Ask);
        check(json!({"sid": null}), Some(session("alice", 1)), LogoutDecision::Ask);
        check(json!({}), None, LogoutDecision::GoOn);
        assert_eq!(decide(None, Some(&session("alice", 1)), None), LogoutDecision::Ask);
        let (pairwise, sid) = (Subject::parse("known-so").unwrap(), SessionId::from_bytes([7; 16]));
        let known_so = hint(&json!({"sub": pairwise, "sid": sid}));
        let (alice, known_as) = (session("alice", 1), (pairwise, sid));
        let at = |hint: Option<LogoutHint>| decide(hint.as_ref(), Some(&alice), Some(&known_as));
        assert_eq!(at(known_so), LogoutDecision::SignOut);
        assert_eq!(at(hint(&json!({}))), LogoutDecision::Ask);
        assert_eq!(at(hint(&json!({"sub": known_as.0}))), LogoutDecision::Ask);
    }

    #[test]
    fn people_are_sent_only_where_their_client_registered() {
        let check = |uri: Option<&str>, sent: Option<&str>, hint: Option<LogoutHint>, client: Option<&Client>| {
            let parameters = LogoutParameters {
                id_token_hint: sent.map(str::to_owned),
                client_id: None,
                post_logout_redirect_uri: uri.map(str::to_owned),
                state: Some("s".to_owned()),
                ui_locales: None,
            };
            LogoutRequest::read(&parameters, hint.as_ref(), client)
                .map(|request| (request.redirect_uri, request.state))
                .map_err(|refusal| refusal.reason)
        };
        let (known, good) = (client(), hint(&json!({})));
        let there = Ok((Some(BACK.to_owned()), Some("s".to_owned())));
        let nowhere = Ok((None, None));
        let mismatch = Err(Reason::PostLogoutRedirectUriMismatch);
        assert_eq!(check(Some(BACK), Some("hint"), good.clone(), Some(&known)), there);
        assert_eq!(check(Some(BACK), None, None, Some(&known)), there, "client_id names the client");
        assert_eq!(check(Some(BACK), None, None, None), mismatch, "nobody is named");
        let strange = Client { self_registered: true, ..client() };
        assert_eq!(check(Some(BACK), None, None, Some(&strange)), nowhere, "nobody vouches for it");
        assert_eq!(check(Some(BACK), Some("hint"), good.clone(), Some(&strange)), there);
        assert_eq!(check(Some("https://app.example/bye/"), Some("hint"), good.clone(), Some(&known)), mismatch);
        assert_eq!(check(None, Some("hint"), good, Some(&known)), nowhere);
        assert_eq!(check(Some(BACK), Some("bad"), None, Some(&known)), nowhere, "a bad hint");
        assert_eq!(check(Some("https://elsewhere.example"), Some("bad"), None, None), nowhere);
    }

    #[test]
    fn two_clients_in_one_request_are_refused() {
        let parameters = LogoutParameters { client_id: Some("d".to_owned()), ..LogoutParameters::default() };
        let refusal = LogoutRequest::read(&parameters, hint(&json!({})).as_ref(), None).unwrap_err();
        assert_eq!(refusal.reason, Reason::LogoutClientMismatch);
    }
}
