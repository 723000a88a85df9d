//! The session cookie: an identifier and a secret, of which storage keeps only a hash.

use grantor_domain::id::SessionId;
use grantor_domain::secret::sha256;
use grantor_domain::session::{Authentication, Session};
use grantor_domain::user::Subject;
use grantor_ports::{NewSession, SessionOrigin, SignedIn};

use crate::audit::AuditEvent;
use crate::browser_text::browser_text;
use crate::failure::Outcome;
use crate::service::Service;

browser_text! {
    /// What the session cookie holds: identifier, dot, secret.
    SessionCookie
}

impl SessionCookie {
    fn of(id: SessionId, secret: [u8; 16]) -> Self {
        let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{id}.{secret}"))
    }

    fn id(&self) -> Option<SessionId> {
        SessionId::parse(self.0.split_once('.')?.0)
    }

    fn secret_hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

/// How much is kept of what a browser calls itself, in characters.
const USER_AGENT: usize = 256;

impl Service {
    /// Who is signed in with this cookie, if anybody is.
    pub(crate) async fn signed_in(&self, cookie: Option<&SessionCookie>) -> Outcome<Option<SignedIn>> {
        let Some((cookie, id)) = cookie.and_then(|cookie| Some((cookie, cookie.id()?))) else { return Ok(None) };
        Ok(self.ports.sessions.find(id, &cookie.secret_hash(), self.now()).await?)
    }

    /// Starts a session, or goes on with the one that this very person has in this browser: the cookie changes with
    /// every sign-in, so that one planted before is worth nothing, but the grants of the session stay with it. None if
    /// the user may not be served.
    pub(crate) async fn open_session(
        &self,
        (subject, authentication): (Subject, Authentication),
        current: Option<&SignedIn>,
        origin: SessionOrigin,
    ) -> Outcome<Option<(SessionCookie, Session)>> {
        let current = current.filter(|current| current.session.subject == subject);
        let id = current
            .map_or_else(|| SessionId::new(self.now(), &self.ports.random.array()), |current| current.session.id);
        self.store_session(id, (subject, authentication), origin).await
    }

    /// Goes on with a session in which its person has proven more: its cookie is another from now on. None if they may not be
    /// served.
    pub(crate) async fn raise_session(
        &self,
        session: &Session,
        authentication: Authentication,
        origin: SessionOrigin,
    ) -> Outcome<Option<SessionCookie>> {
        let stored = self.store_session(session.id, (session.subject.clone(), authentication), origin).await?;
        Ok(stored.map(|(cookie, _session)| cookie))
    }

    async fn store_session(
        &self,
        id: SessionId,
        (subject, authentication): (Subject, Authentication),
        origin: SessionOrigin,
    ) -> Outcome<Option<(SessionCookie, Session)>> {
        let cookie = SessionCookie::of(id, self.ports.random.array());
        let session =
            Session { id, subject, authentication, expires_at: self.now().plus(self.settings.lifetimes.session) };
        let origin = SessionOrigin { user_agent: origin.user_agent.as_deref().map(readable), ..origin };
        let new = NewSession { session, secret_hash: cookie.secret_hash(), origin };
        let opened = self.ports.sessions.open(&new).await?;
        if opened {
            self.audit(AuditEvent::SessionOpened { session: id, subject: &new.session.subject });
        }
        Ok(opened.then_some((cookie, new.session)))
    }
}

/// What a browser calls itself, as a list of sessions can show it.
fn readable(user_agent: &str) -> String {
    user_agent.chars().filter(|character| !character.is_control()).take(USER_AGENT).collect()
}
