//! What properties start from: users, grants, sessions, clients and keys that nothing is wrong with.

use std::time::Duration;

use grantor_domain::client::{ClientId, RefreshPolicy, StoredSecret};
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::grant::{GrantRef, GrantTerms, NewGrant};
use grantor_domain::id::{GrantId, SessionId, TokenId};
use grantor_domain::scope::ScopeSet;
use grantor_domain::session::{Authentication, Session};
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_domain::user::{StandardClaims, Subject, User, Username};
use grantor_ports::{
    ClientRecord, GrantScope, KeyPurpose, KeyRecord, NewSession, OpenOutcome, PasswordHash, SessionOrigin,
    StoredPasskey, StoredTotp, TokenDependencies, UserCredentials,
};
use serde_json::{Value, json};

use super::UnderTest;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The sliding lifetime of the grants made here.
pub(super) const IDLE: Duration = Duration::from_secs(30 * 24 * 3600);

/// How many callers race.
pub(super) const CALLERS: usize = 64;

pub(super) const CLASSES: [LifetimeClass; 2] = [LifetimeClass::Long, LifetimeClass::Short];

pub(super) fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

pub(super) fn subject(text: &str) -> Subject {
    Subject::parse(text).unwrap()
}

pub(super) fn scope(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

pub(super) fn claims(value: Value) -> StandardClaims {
    serde_json::from_value(value).unwrap()
}

/// The claims that [`UnderTest::user`] gives the user of this name.
pub(super) fn claims_of(name: &str) -> StandardClaims {
    claims(json!({ "name": name, "email": format!("{name}@example.test"), "email_verified": true }))
}

pub(super) fn password(text: &str) -> PasswordHash {
    PasswordHash::new(format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ${text}"))
}

/// A user of this name, whose subject it is too.
pub(super) fn credentials(name: &str) -> UserCredentials {
    UserCredentials {
        user: User {
            subject: subject(name),
            username: Username::parse(name).unwrap(),
            claims: claims_of(name),
            disabled_at: None,
            not_before: Timestamp::default(),
        },
        password: Some(password("first")),
    }
}

/// A client with one secret and nothing unusual about it.
///
/// # Panics
/// If `id` cannot be a client's.
#[must_use]
pub fn client_record(id: &str) -> ClientRecord {
    let settings = json!({ "client_id": id, "grant_types": ["client_credentials"], "scope": "read write" });
    ClientRecord { settings: serde_json::from_value(settings).unwrap(), secrets: vec![secret(1)] }
}

/// A stored secret that is told from others by the number of its key.
pub(super) fn secret(key: u32) -> StoredSecret {
    StoredSecret::Hashed { key, hash: format!("hash-under-{key}"), estimated_bits: 128 }
}

/// An authenticator app whose secret is sealed under the key of this number. No code of it counted yet.
pub(super) fn totp(key: u32) -> StoredTotp {
    let sealed = format!("sealed-under-{key}");
    StoredTotp { secret: StoredSecret::Sealed { key, sealed, estimated_bits: 160 }, last_step: 0 }
}

/// A passkey of this name that nobody has yet, added at `now`.
pub(super) fn passkey(store: &UnderTest, name: &str, now: Timestamp) -> StoredPasskey {
    StoredPasskey {
        id: store.random.bytes::<40>().to_vec(),
        user_handle: [3; 16],
        name: name.to_owned(),
        record: format!(r#"{{"cred":"{name} – ünïcode"}}"#),
        added_at: now,
        used_at: None,
    }
}

/// A key of the ring with nothing unusual about it.
#[must_use]
pub fn key_record(number: u32, purpose: KeyPurpose, now: Timestamp) -> KeyRecord {
    let (wrapped, public_jwk) = match purpose {
        KeyPurpose::Sign(_) => (vec![0, 1, 254, 255], format!(r#"{{"kty":"OKP","kid":"{number}"}}"#)),
        derived if derived.is_derived() => (Vec::new(), String::new()),
        _ => (vec![7; 48], String::new()),
    };
    KeyRecord {
        number,
        purpose,
        secret_id: 1,
        wrapped,
        public_jwk,
        created_at: now,
        activates_at: now.plus(HOUR),
        retires_at: None,
    }
}

/// The key that the holder of `grant` has.
pub(super) fn key_of(grant: &NewGrant) -> GrantKey {
    GrantKey {
        reference: grant.terms.reference,
        client_id: grant.terms.client_id.clone(),
        secret_hash: grant.secret_hash,
        sender: grant.terms.sender.clone(),
    }
}

/// What a refresh with generation `presented` of `grant` asks of storage at `now`.
#[must_use]
pub fn rotation_of(grant: &NewGrant, presented: u32, now: Timestamp) -> Rotation {
    Rotation { key: key_of(grant), presented, policy: RefreshPolicy::Rotate, now, idle: IDLE }
}

/// A token that rests on these grants alone.
pub(super) fn resting_on(grants: &[GrantRef]) -> TokenDependencies<'_> {
    TokenDependencies { grants, ..TokenDependencies::default() }
}

/// Every way to name a grant for revocation by scope.
pub(super) fn scopes_of(terms: &GrantTerms) -> Vec<GrantScope> {
    let mut scopes = vec![GrantScope::Client(terms.client_id.clone()), GrantScope::Subject(terms.subject.clone())];
    scopes.extend(terms.session.map(GrantScope::Session));
    scopes
}

impl UnderTest {
    pub(super) fn session_id(&self) -> SessionId {
        SessionId::new(self.now, &self.random.bytes())
    }

    pub(super) fn token_id(&self) -> TokenId {
        TokenId::new(self.now, &self.random.bytes())
    }

    pub(super) fn grant_ref(&self, class: LifetimeClass) -> GrantRef {
        GrantRef { class, id: GrantId::new(self.now, &self.random.bytes()) }
    }

    /// Stores a user of this name, whose subject it is too.
    ///
    /// # Panics
    /// If the store refuses it.
    pub async fn user(&self, name: &str) -> Subject {
        let credentials = credentials(name);
        assert!(self.users.insert(&credentials).await.unwrap(), "the user {name} could not be stored");
        credentials.user.subject
    }

    /// A grant of `subject` in the long table, authenticated now in a session of its own, with which it ends. Not yet
    /// opened.
    ///
    /// # Panics
    /// Never: what it parses is constant.
    #[must_use]
    pub fn grant(&self, subject: &Subject) -> NewGrant {
        NewGrant {
            terms: GrantTerms {
                reference: self.grant_ref(LifetimeClass::Long),
                client_id: client("client-1"),
                subject: subject.clone(),
                session: Some(self.session_id()),
                scope: scope("openid read"),
                resources: Vec::new(),
                claims: None,
                authentication: Authentication::by_password(self.now),
                sender: None,
                ends_with_session: true,
                absolute_expires_at: self.now.plus(180 * DAY),
            },
            secret_hash: self.random.bytes(),
            expires_at: self.now.plus(IDLE),
        }
    }

    /// The same in the table of `class`; a short grant lives a day.
    pub(super) fn grant_in(&self, class: LifetimeClass, subject: &Subject) -> NewGrant {
        let mut grant = self.grant(subject);
        grant.terms.reference.class = class;
        if class == LifetimeClass::Short {
            grant.expires_at = self.now.plus(DAY);
            grant.terms.absolute_expires_at = self.now.plus(DAY);
        }
        grant
    }

    /// Opens a grant that nothing is wrong with.
    ///
    /// # Panics
    /// If the store does not open it.
    pub async fn open(&self, grant: &NewGrant) {
        let outcome = self.grants.open(grant).await.unwrap();
        assert!(matches!(outcome, OpenOutcome::Opened(_)), "the grant was not opened: {outcome:?}");
    }

    /// Opens a new grant of `subject`.
    ///
    /// # Panics
    /// If the store does not open it.
    pub async fn opened(&self, subject: &Subject) -> NewGrant {
        let grant = self.grant(subject);
        self.open(&grant).await;
        grant
    }

    /// A session of `subject` that lasts two weeks, authenticated now. Not stored.
    pub(super) fn session(&self, subject: &Subject) -> NewSession {
        NewSession {
            session: Session {
                id: self.session_id(),
                subject: subject.clone(),
                authentication: Authentication::by_password(self.now),
                expires_at: self.now.plus(14 * DAY),
            },
            secret_hash: self.random.bytes(),
            origin: SessionOrigin {
                address: Some("2001:db8::7".to_owned()),
                user_agent: Some("A browser/1.0".to_owned()),
            },
        }
    }
}
