//! Any sequence of calls, whatever it is, gives the answers that the store in memory gives.
//!
//! The other properties say what must hold; this one looks for what nobody thought of. Few users, sessions and grants,
//! so that the calls meet each other; a failure names the seed and the call, and the same seed fails again.

use std::sync::Arc;
use std::time::Duration;

use grantor_domain::authorization::RememberedConsent;
use grantor_domain::client::{ClientId, RefreshPolicy};
use grantor_domain::grant::refresh_token::{GrantKey, Rotation};
use grantor_domain::grant::{GrantRef, NewGrant};
use grantor_domain::id::{SessionId, TokenId};
use grantor_domain::scope::ScopeSet;
use grantor_domain::session::Authentication;
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{
    GrantScope, LiveGrant, Liveness, NewSession, OpenOutcome, RotateOutcome, SignedIn, Spend, TokenDependencies,
    UserCredentials,
};

use super::UnderTest;
use super::fixture::{CLASSES, DAY, IDLE, client, client_record, key_of, password, scope, scopes_of};
use crate::{MemoryStore, SeededRandom};

const SEEDS: u64 = 6;
const CALLS: usize = 150;

#[derive(Debug)]
enum Call {
    Consented(Subject),
    DeleteClient(ClientId),
    Disable(Subject),
    Enable(Subject),
    EndSession(SessionId),
    Find(GrantKey),
    FindSession(NewSession),
    Live { grants: Vec<GrantRef>, tokens: Vec<TokenId>, of: Option<Subject> },
    Open(NewGrant),
    OpenSession(NewSession),
    PutClient(ClientId),
    Remember(Subject, ScopeSet),
    Revoke(GrantRef),
    RevokeAll(GrantScope),
    RevokeHeld(GrantKey),
    RevokeToken(TokenId),
    Rotate { key: GrantKey, presented: u32, policy: RefreshPolicy },
    SetPassword(Subject),
    SignOut(Subject),
    SignOutEveryone,
    Spend([u8; 32]),
    User(Subject),
}

#[derive(Debug, PartialEq)]
enum Answer {
    Consent(Option<RememberedConsent>),
    Count(u64),
    Deleted(Option<u64>),
    Done,
    Found(Option<LiveGrant>),
    Liveness(Liveness),
    Opened(OpenOutcome),
    Rotated(RotateOutcome),
    SignedIn(Option<SignedIn>),
    Spent(Spend),
    User(Option<UserCredentials>),
    YesNo(bool),
}

/// The little world in which the calls meet.
struct World {
    users: Vec<Subject>,
    sessions: Vec<NewSession>,
    grants: Vec<NewGrant>,
    tokens: Vec<TokenId>,
    random: SeededRandom,
}

impl World {
    async fn new(seed: u64, store: &UnderTest, model: &UnderTest) -> Self {
        let mut users = Vec::new();
        for number in 0..2 {
            let name = format!("user-{seed}-{number}");
            model.user(&name).await;
            users.push(store.user(&name).await);
        }
        let sessions: Vec<NewSession> = (0..3).map(|n| store.session(&users[n % 2])).collect();
        let grants = (0..6).map(|n| {
            let mut grant = store.grant_in(CLASSES[usize::from(n == 5)], &users[n % 2]);
            grant.terms.session = (n != 4).then_some(sessions[n % 3].session.id);
            grant.terms.ends_with_session = n % 3 != 1;
            grant.terms.client_id = client(&format!("client-{seed}-{}", n % 2));
            grant.terms.sender = (n == 3).then(|| "thumbprint".to_owned());
            grant
        });
        let tokens = (0..3).map(|_| store.token_id()).collect();
        Self { grants: grants.collect(), users, sessions, tokens, random: SeededRandom::new(seed) }
    }

    fn one<'a, T>(&self, of: &'a [T]) -> &'a T {
        let index = usize::try_from(self.random.below(u64::try_from(of.len()).unwrap())).unwrap();
        &of[index]
    }

    fn one_in(&self, n: u64) -> bool {
        self.random.below(n) == 0
    }

    fn user(&self) -> Subject {
        self.one(&self.users).clone()
    }

    /// A grant, now and then with a secret that is not its own.
    fn grant(&self) -> NewGrant {
        let mut grant = self.one(&self.grants).clone();
        if self.one_in(6) {
            grant.secret_hash = [9; 32];
        }
        grant
    }

    /// The client of a grant, or the one that people consent to.
    fn client(&self) -> ClientId {
        if self.one_in(3) { client("client") } else { self.grant().terms.client_id }
    }

    fn key(&self) -> GrantKey {
        let mut key = key_of(&self.grant());
        if self.one_in(8) {
            key.client_id = client("another");
        }
        if self.one_in(8) {
            key.sender = Some("another".to_owned());
        }
        key
    }

    fn session(&self, now: Timestamp) -> NewSession {
        let mut session = self.one(&self.sessions).clone();
        session.session.authentication = Authentication::by_password(now);
        if self.one_in(4) {
            session.secret_hash = [9; 32];
        }
        if self.one_in(8) {
            session.session.subject = self.user();
        }
        session
    }

    fn call(&self, now: Timestamp) -> Call {
        match self.random.below(42) {
            0 => Call::Disable(self.user()),
            1..=2 => Call::Enable(self.user()),
            3 => Call::EndSession(self.one(&self.sessions).session.id),
            4 => Call::SetPassword(self.user()),
            5 => Call::SignOut(self.user()),
            6 if self.one_in(4) => Call::SignOutEveryone,
            6 => Call::RevokeToken(*self.one(&self.tokens)),
            7 => Call::Revoke(self.grant().terms.reference),
            8 if self.one_in(4) => Call::RevokeAll(self.one(&scopes_of(&self.grant().terms)).clone()),
            8 => Call::RevokeHeld(self.key()),
            9..=10 => Call::Spend([u8::from(self.one_in(2)); 32]),
            11 => Call::Remember(
                self.user(),
                scope(["a", "a b", "c"][usize::from(self.one_in(2)) + usize::from(self.one_in(2))]),
            ),
            12 => Call::Consented(self.user()),
            13..=14 => Call::User(self.user()),
            15..=16 => Call::OpenSession(self.session(now)),
            17..=18 => Call::FindSession(self.session(now)),
            19..=24 => {
                let mut grant = self.grant();
                grant.terms.authentication.time = now;
                Call::Open(grant)
            }
            25..=28 => self.live(),
            29..=31 => Call::Find(self.key()),
            32 => Call::PutClient(self.client()),
            33 => Call::DeleteClient(self.client()),
            _ => {
                let presented = u32::try_from(self.random.below(5)).unwrap();
                let policy = if self.one_in(5) { RefreshPolicy::Fixed } else { RefreshPolicy::Rotate };
                Call::Rotate { key: self.key(), presented, policy }
            }
        }
    }

    fn live(&self) -> Call {
        Call::Live {
            grants: (0..self.random.below(4)).map(|_| self.grant().terms.reference).collect(),
            tokens: (0..self.random.below(3)).map(|_| *self.one(&self.tokens)).collect(),
            of: self.one_in(2).then(|| self.user()),
        }
    }
}

async fn answer(store: &UnderTest, call: &Call, now: Timestamp) -> Answer {
    let (grants, users, keep_until) = (&store.grants, &store.users, now.plus(400 * DAY));
    let consents = &store.consents;
    match call {
        Call::Consented(user) => Answer::Consent(consents.find(user, &client("client")).await.unwrap()),
        Call::DeleteClient(id) => Answer::Deleted(store.clients.delete(id, now).await.unwrap()),
        Call::Disable(user) => Answer::YesNo(users.disable(user, now).await.unwrap()),
        Call::Enable(user) => Answer::YesNo(users.enable(user).await.unwrap()),
        Call::EndSession(id) => store.sessions.end(*id, keep_until, &[]).await.map(|()| Answer::Done).unwrap(),
        Call::Find(key) => Answer::Found(grants.find(key, now).await.unwrap()),
        Call::FindSession(NewSession { session, secret_hash, .. }) => {
            Answer::SignedIn(store.sessions.find(session.id, secret_hash, now).await.unwrap())
        }
        Call::Live { grants: rests_on, tokens, of } => {
            let claims_of = of.as_ref().map(Subject::as_str);
            let token = TokenDependencies { grants: rests_on, tokens, claims_of };
            Answer::Liveness(grants.liveness(token, now).await.unwrap())
        }
        Call::Open(grant) => Answer::Opened(grants.open(grant).await.unwrap()),
        Call::OpenSession(session) => Answer::YesNo(store.sessions.open(session).await.unwrap()),
        Call::PutClient(id) => Answer::YesNo(store.clients.put(&client_record(id.as_str()), now).await.unwrap()),
        Call::Remember(user, scope) => {
            consents.remember(user, &client("client"), scope, now).await.map(|()| Answer::Done).unwrap()
        }
        Call::Revoke(grant) => Answer::YesNo(grants.revoke(*grant, now).await.unwrap()),
        Call::RevokeAll(scope) => Answer::Count(grants.revoke_all(scope, now).await.unwrap()),
        Call::RevokeHeld(key) => Answer::YesNo(grants.revoke_held(key, now).await.unwrap()),
        Call::RevokeToken(token) => grants.revoke_token(*token, keep_until).await.map(|()| Answer::Done).unwrap(),
        Call::Rotate { key, presented, policy } => {
            let rotation = Rotation { key: key.clone(), presented: *presented, policy: *policy, now, idle: IDLE };
            Answer::Rotated(grants.rotate(&rotation).await.unwrap())
        }
        Call::SetPassword(user) => Answer::YesNo(users.set_password(user, &password("new"), now).await.unwrap()),
        Call::SignOut(user) => Answer::YesNo(users.sign_out_everywhere(user, now).await.unwrap()),
        Call::SignOutEveryone => Answer::Count(users.sign_out_everyone_before(now).await.unwrap()),
        Call::Spend(key) => Answer::Spent(store.replay.spend(key, store.now.plus(DAY)).await.unwrap()),
        Call::User(user) => Answer::User(users.by_subject(user).await.unwrap()),
    }
}

/// Random calls are answered as the store in memory answers them.
pub async fn random_calls_are_answered_as_in_memory(store: UnderTest) {
    let model = UnderTest::new(&Arc::new(MemoryStore::new()), store.now);
    for seed in 0..SEEDS {
        let world = World::new(seed, &store, &model).await;
        let mut now = store.now;
        for number in 0..CALLS {
            // Mostly within seconds; about every sixty calls ten days pass, so that things expire.
            let pause = if world.one_in(60) { 10 * DAY } else { Duration::from_millis(world.random.below(2000)) };
            now = now.plus(pause);
            let call = world.call(now);
            let expected = answer(&model, &call, now).await;
            let answered = answer(&store, &call, now).await;
            assert_eq!(answered, expected, "seed {seed}, call {number} at {now:?}: {call:?}");
        }
    }
}
