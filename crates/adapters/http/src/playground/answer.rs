//! The answer as a developer reads it: status, headers, body and every JWT in it, and what it gives to go on with.

use grantor_domain::grant::GrantType;
use grantor_domain::secret::Secret;
use serde_json::{Map, Value};

use super::actions::{Action, REDEEM_CODE, Target, find};
use super::entry::Entry;
use super::json;
use super::jwt::{Expected, Role, examine, is_jwt};
use super::kept::Kept;
use super::outgoing::CLIENT_ASSERTION;
use super::perform::Received;
use crate::app::App;
use crate::pages::{AnswerView, HeaderView, JwtView, NextView};

/// What can be gone on with, once it is there.
#[derive(Clone, Copy)]
enum Held {
    AccessToken,
    DeviceCode,
    RefreshToken,
}

/// A next step: it fills a field of an action with what is held.
struct Next {
    name: &'static str,
    /// The message on its button.
    label: &'static str,
    held: Held,
    action: &'static str,
    field: &'static str,
}

const fn next(name: &'static str, label: &'static str, held: Held, action: &'static str, field: &'static str) -> Next {
    Next { name, label, held, action, field }
}

/// Every next step, in the order in which they are offered.
const NEXT: [Next; 8] = [
    next("poll", "playground-next-poll", Held::DeviceCode, "device_code", "device_code"),
    next("userinfo", "playground-next-userinfo", Held::AccessToken, "userinfo", "access_token"),
    next("refresh", "playground-next-refresh", Held::RefreshToken, "refresh_token", "refresh_token"),
    next("exchange", "playground-next-exchange", Held::AccessToken, "token_exchange", "subject_token"),
    next("introspect_access", "playground-next-introspect-access", Held::AccessToken, "introspection", "token"),
    next("introspect_refresh", "playground-next-introspect-refresh", Held::RefreshToken, "introspection", "token"),
    next("revoke_access", "playground-next-revoke-access", Held::AccessToken, "revocation", "token"),
    next("revoke_refresh", "playground-next-revoke-refresh", Held::RefreshToken, "revocation", "token"),
];

impl Kept {
    /// What there is to go on with.
    pub(crate) fn next_steps(&self) -> Vec<NextView> {
        let held = NEXT.iter().filter(|next| self.held(next.held).is_some());
        held.map(|next| NextView { name: next.name.to_owned(), label: next.label }).collect()
    }

    /// The action of a next step, its field and what goes into that.
    pub(crate) fn next_step(&self, name: &str) -> Option<(&'static Action, &'static str, Secret)> {
        let next = NEXT.iter().find(|next| next.name == name)?;
        Some((find(next.action)?, next.field, self.held(next.held)?.clone()))
    }

    const fn held(&self, what: Held) -> Option<&Secret> {
        match what {
            Held::AccessToken => self.access_token.as_ref(),
            Held::DeviceCode => self.device_code.as_ref(),
            Held::RefreshToken => self.refresh_token.as_ref(),
        }
    }

    /// The same with what an answer gave. What it did not give stays, a device code only until there is a token.
    pub(crate) fn learning(mut self, received: &Received) -> Self {
        let body = members(received);
        let member = |name: &str| body.get(name).and_then(Value::as_str).map(Secret::new);
        if !received.status.is_success() {
            return self;
        }
        if let Some(access_token) = member("access_token") {
            self.device_code = None;
            self.access_token = Some(access_token);
            self.refresh_token = member("refresh_token").or(self.refresh_token);
        }
        self.device_code = member("device_code").or(self.device_code);
        self
    }
}

/// The address on which a person types what their device shows, if that is what was answered.
pub(crate) fn device_page(received: &Received) -> Option<String> {
    members(received).get("verification_uri_complete").and_then(Value::as_str).map(str::to_owned)
}

fn members(received: &Received) -> Map<String, Value> {
    serde_json::from_str(&received.body).unwrap_or_default()
}

impl App {
    /// Reads an answer. `sent` is what was known when the request went.
    pub(crate) async fn read_answer(&self, received: &Received, entry: &Entry, sent: &Kept) -> AnswerView {
        let headers =
            received.headers.iter().map(|(name, value)| HeaderView { name: name.clone(), value: value.clone() });
        AnswerView {
            status: received.status.to_string(),
            is_success: received.status.is_success(),
            headers: headers.collect(),
            body: json::on_lines(&received.body).unwrap_or_else(|| received.body.clone()),
            jwts: self.read_jwts(received, entry, sent).await,
        }
    }

    /// Reads the assertion that went with a request of this client, as the server does.
    pub(crate) async fn read_assertion(&self, assertion: &Secret, client_id: &str) -> Option<JwtView> {
        let text = assertion.expose();
        let expected = Expected {
            role: Role::ClientAssertion,
            issuer: self.service.settings().issuer.as_str(),
            client_id,
            now: self.service.time(),
            nonce: None,
            access_token: None,
            signature: self.service.check_assertion_signature(text, client_id).await.ok(),
        };
        examine(text, CLIENT_ASSERTION, &expected)
    }

    async fn read_jwts(&self, received: &Received, entry: &Entry, sent: &Kept) -> Vec<JwtView> {
        let body = members(received);
        let access_token = body.get("access_token").and_then(Value::as_str);
        let mut found = Vec::new();
        if received.header("content-type").starts_with("application/jwt") {
            found.push(("UserInfo", Role::Userinfo, received.body.as_str()));
        }
        for (name, role) in [("access_token", Role::AccessToken), ("id_token", Role::IdToken)] {
            found.extend(body.get(name).and_then(Value::as_str).map(|text| (name, role, text)));
        }
        let mut views = Vec::new();
        for (title, role, text) in found.into_iter().filter(|(_, _, text)| is_jwt(text)) {
            let signature = self.service.check_signature(text, &sent.client_id).await.ok();
            let expected = Expected {
                role,
                issuer: self.service.settings().issuer.as_str(),
                client_id: &sent.client_id,
                now: self.service.time(),
                nonce: nonce(entry, sent),
                access_token,
                signature,
            };
            views.extend(examine(text, title, &expected));
        }
        views
    }
}

/// The nonce that this request's ID token must carry: that of the code, or the one in the form. A refresh has none (Core
/// §12.2).
fn nonce<'a>(entry: &'a Entry, sent: &'a Kept) -> Option<&'a str> {
    match entry.action.target {
        Target::Token(GrantType::AuthorizationCode) if entry.action.name == REDEEM_CODE => sent.nonce.as_deref(),
        _ => entry.value("nonce").map(Secret::expose),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;

    use super::*;

    fn received(status: StatusCode, body: &str) -> Received {
        Received { status, headers: Vec::new(), body: body.to_owned() }
    }

    #[test]
    fn every_next_step_fills_a_field_that_there_is() {
        for next in NEXT {
            let action = find(next.action).unwrap();
            assert!(action.fields.iter().any(|field| field.name == next.field), "{}", next.name);
        }
    }

    #[test]
    fn what_was_given_can_be_gone_on_with() {
        let names = |kept: &Kept| kept.next_steps().into_iter().map(|next| next.name).collect::<Vec<_>>();
        assert!(names(&Kept::default()).is_empty());
        let kept = Kept::default().learning(&received(StatusCode::OK, r#"{"device_code":"d"}"#));
        assert_eq!(names(&kept), ["poll"]);
        let pending = kept.learning(&received(StatusCode::BAD_REQUEST, r#"{"error":"authorization_pending"}"#));
        assert_eq!(names(&pending), ["poll"]);
        let kept = pending.learning(&received(StatusCode::OK, r#"{"access_token":"a","refresh_token":"r1"}"#));
        assert_eq!(names(&kept).len(), 7, "the device has what it asked for");
        let kept = kept.learning(&received(StatusCode::OK, r#"{"access_token":"b"}"#));
        assert_eq!(kept.refresh_token.as_ref().unwrap().expose(), "r1", "one that does not rotate stays");
        let kept = kept.learning(&received(StatusCode::OK, "<html>"));
        let (action, field, value) = kept.next_step("introspect_access").unwrap();
        assert_eq!((action.name, field, value.expose()), ("introspection", "token", "b"));
        assert!(kept.next_step("poll").is_none() && kept.next_step("x").is_none());
    }
}
