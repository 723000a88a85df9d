//! Keys are rotated while clients get tokens at every replica, and whoever checks a token never meets one that fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use josekit::jwk::Jwk;
use josekit::jws::ES256;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::alone;
use super::support::{Clients, Honest, Replicas, holds, in_parallel, issued};
use crate::harness::{Http, Person};

/// How long a verifier may cache the JWK set, as told by the server.
const MAX_AGE: Duration = Duration::from_secs(1);

const SETTINGS: &[(&str, &str)] = &[("JWKS__MAX_AGE", "1s")];

/// Verifiers keep the JWK set for as long as they may, never ask early, and yet know every key that they meet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_key_is_known_to_every_cache_before_it_signs() {
    let _turn = alone().await;
    let replicas = Replicas::start(3, SETTINGS).await;
    let load = Load::start(&replicas, Trust::Cached).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    replicas.administer(&["keys", "rotate"]);
    // Published for `max-age` and twice the poll before it signs; then everybody signs with it for a while.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let signed = load.stop().await;
    for (replica, keys) in signed.iter().enumerate() {
        assert_eq!(keys.len(), 2, "replica {replica} signed with the old key, then with the new one");
    }
    assert!(signed.iter().all(|keys| *keys == signed[0]));
    replicas.assert_no_panic();
}

/// A key that must be gone at once: whoever fetches the JWK set of the replica that signed finds it there, and
/// introspection knows it at every other replica from the first token on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_signs_at_once_is_known_to_every_replica() {
    let _turn = alone().await;
    let replicas = Replicas::start(3, SETTINGS).await;
    let load = Load::start(&replicas, Trust::Fetched).await;
    for _time in 0..4 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        replicas.administer(&["keys", "rotate", "--now"]);
    }
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let signed = load.stop().await;
    for (replica, keys) in signed.iter().enumerate() {
        assert!(keys.len() >= 3, "replica {replica} signed with {keys:?}");
    }
    replicas.assert_no_panic();
}

/// However many requests bring the first token of a key that a replica has not seen, none of them is told that the
/// token is nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_meet_a_new_key_at_once() {
    let _turn = alone().await;
    let replicas = Replicas::start(3, SETTINGS).await;
    let clients = replicas.clients();
    for _time in 0..5 {
        let old = key_id(&access_token(clients.at(0)).await);
        replicas.administer(&["keys", "rotate", "--now"]);
        let (signer, token) = first_of_new_key(&clients, &old).await;
        let held = in_parallel(24, 0..24, {
            let clients = clients.clone();
            move |turn| {
                let (clients, token) = (clients.clone(), token.clone());
                async move { holds(clients.at(signer + 1 + turn % 2), &token).await }
            }
        })
        .await;
        assert!(held.iter().all(|held| *held), "{held:?}");
    }
}

/// Tokens signed before a rotation hold after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_rotated_key_signed_still_holds() {
    let _turn = alone().await;
    let replicas = Replicas::start(2, SETTINGS).await;
    let clients = replicas.clients();
    let token = access_token(clients.at(0)).await;
    replicas.administer(&["keys", "rotate", "--now"]);
    first_of_new_key(&clients, &key_id(&token)).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    for http in clients.replicas() {
        assert!(holds(http, &token).await);
        assert_verifies(&http.get("/oauth/jwks").await.json(), &token);
    }
}

/// Asks one replica after the other until one of them signs with another key than `old`.
async fn first_of_new_key(clients: &Clients, old: &str) -> (usize, String) {
    for turn in 0..2000 {
        let token = access_token(clients.at(turn)).await;
        if key_id(&token) != old {
            return (turn, token);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("no replica has taken the new key over");
}

async fn access_token(http: &Http) -> String {
    let answer = http.client_credentials().await;
    assert_eq!(answer.outcome(), "200", "{}", answer.text);
    answer.member("access_token")
}

fn key_id(token: &str) -> String {
    let header = josekit::jwt::decode_header(token).unwrap();
    header.claim("kid").unwrap().as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_verifies(jwks: &Value, token: &str) {
    let key_id = key_id(token);
    let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == key_id.as_str());
    let key = key.unwrap_or_else(|| panic!("no key {key_id} in {jwks}"));
    let verifier = ES256.verifier_from_jwk(&Jwk::from_map(key.as_object().unwrap().clone()).unwrap()).unwrap();
    josekit::jwt::decode_with_verifier(token, &verifier).unwrap();
}

/// How a resource server knows the keys.
#[derive(Clone, Copy)]
enum Trust {
    /// It fetches the JWK set of another replica when `max-age` has passed, and at no other time.
    Cached,
    /// It fetches the JWK set of the replica that signed, for each token.
    Fetched,
}

/// Clients at every replica, each checking what it gets.
struct Load {
    is_over: Arc<AtomicBool>,
    clients: JoinSet<(usize, BTreeSet<String>)>,
    replicas: usize,
}

#[derive(Clone)]
struct Checker {
    clients: Clients,
    trust: Trust,
    cached: Arc<Mutex<BTreeMap<usize, (Instant, Value)>>>,
    is_over: Arc<AtomicBool>,
}

impl Load {
    async fn start(replicas: &Replicas, trust: Trust) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let checker =
            Checker { clients: replicas.clients(), trust, cached: Arc::default(), is_over: Arc::clone(&is_over) };
        let person = checker.clients.signed_in().await;
        let grants = checker.clients.grants(replicas.servers.len()).await;
        let mut clients = JoinSet::new();
        for (replica, grant) in grants.into_iter().enumerate() {
            clients.spawn(checker.clone().keep_issuing(replica));
            clients.spawn(checker.clone().keep_refreshing(replica, Honest::new(grant.refresh_token)));
            clients.spawn(checker.clone().keep_crossing(replica, person.clone()));
        }
        Self { is_over, clients, replicas: replicas.servers.len() }
    }

    /// Ends it, and gives the keys that each replica signed with.
    async fn stop(mut self) -> Vec<BTreeSet<String>> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut signed = vec![BTreeSet::new(); self.replicas];
        while let Some(done) = self.clients.join_next().await {
            let (replica, keys) = done.unwrap();
            signed[replica].extend(keys);
        }
        signed
    }
}

impl Checker {
    async fn keep_issuing(self, replica: usize) -> (usize, BTreeSet<String>) {
        let mut keys = BTreeSet::new();
        while !self.is_over.load(Ordering::Relaxed) {
            let token = access_token(self.clients.at(replica)).await;
            keys.insert(key_id(&token));
            self.check(replica, &token).await;
        }
        (replica, keys)
    }

    /// One grant, refreshed at one replica after the other.
    async fn keep_refreshing(self, replica: usize, mut client: Honest) -> (usize, BTreeSet<String>) {
        let mut turn = replica;
        while !self.is_over.load(Ordering::Relaxed) {
            client.must_refresh(self.clients.at(turn)).await;
            turn += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (replica, BTreeSet::new())
    }

    /// Sealed things, made at one replica and opened at the next: a code, and an opaque token.
    async fn keep_crossing(self, replica: usize, person: Person) -> (usize, BTreeSet<String>) {
        let mut turn = replica;
        while !self.is_over.load(Ordering::Relaxed) {
            let code = self.clients.code(&person, turn).await;
            let token = issued(&self.clients.at(turn + 1).redeem(&code).await).access_token;
            self.check(turn + 1, &token).await;
            let opaque = self.clients.at(turn).password().await;
            assert_eq!(opaque.outcome(), "200", "{}", opaque.text);
            assert!(holds(self.clients.at(turn + 1), &opaque.member("access_token")).await, "an opaque token");
            turn += 1;
        }
        (replica, BTreeSet::new())
    }

    async fn check(&self, replica: usize, token: &str) {
        let jwks = match self.trust {
            Trust::Cached => self.cached(replica + 1).await,
            Trust::Fetched => self.clients.at(replica).get("/oauth/jwks").await.json(),
        };
        assert_verifies(&jwks, token);
        assert!(holds(self.clients.at(replica + 2), token).await, "inactive elsewhere: key {}", key_id(token));
    }

    async fn cached(&self, replica: usize) -> Value {
        let mut cached = self.cached.lock().await;
        if let Some((fetched_at, jwks)) = cached.get(&replica)
            && fetched_at.elapsed() < MAX_AGE
        {
            return jwks.clone();
        }
        let answer = self.clients.at(replica).get("/oauth/jwks").await;
        assert_eq!(answer.header("cache-control"), "public, max-age=1");
        cached.insert(replica, (Instant::now(), answer.json()));
        answer.json()
    }
}
