//! Postgres is away for a while, under load: stopped, or frozen with every connection open. Whoever asks is told to come
//! back soon and is never blamed, and nobody loses a grant.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::alone;
use super::support::{API, Clients, Grants, Honest, Refreshed, Replicas, holds, issued};
use crate::harness::{Answer, Postgres};

/// As short as the checks of the settings allow: the window must be longer than the deadline and two seconds.
const SETTINGS: &[(&str, &str)] = &[
    ("DATABASE__DEADLINE", "1s"),
    ("LIFETIMES__REFRESH_RETRY_WINDOW", "4s"),
    ("LIFETIMES__AUTHORIZATION_CODE", "10m"),
];
const DEADLINE: Duration = Duration::from_secs(1);
const WINDOW: Duration = Duration::from_secs(4);

/// What a busy machine may add to the deadline.
const SLACK: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug)]
enum Outage {
    /// Every process ends at once and the port is closed.
    Stopped,
    /// Every process stands still, and its connections with it.
    Frozen,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_for_five_seconds() {
    check(Outage::Stopped, Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_for_twice_the_retry_window() {
    check(Outage::Stopped, 2 * WINDOW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_for_five_seconds() {
    check(Outage::Frozen, Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_for_twice_the_retry_window() {
    check(Outage::Frozen, 2 * WINDOW).await;
}

async fn check(outage: Outage, length: Duration) {
    let _turn = alone().await;
    let mut postgres = tokio::task::block_in_place(Postgres::start);
    let replicas = Replicas::start_on(Arc::new(postgres.database()), 2, SETTINGS).await;
    let clients = replicas.clients();
    let mut quiet: Vec<_> = clients.grants(2).await.into_iter().map(|grant| Honest::new(grant.refresh_token)).collect();
    let load = Load::start(&clients).await;
    tokio::time::sleep(Duration::from_secs(1)).await;

    // One client's answer is lost just before: it holds a token that is spent, and cannot know.
    let lost = clients.grants(1).await.remove(0).refresh_token;
    let unseen = issued(&clients.at(0).refresh(&lost).await).refresh_token;

    let codes = clients.codes(3).await;
    outage.begin(&mut postgres);
    for code in &codes {
        assert_eq!(clients.at(0).redeem(code).await.outcome(), "503 temporarily_unavailable");
    }
    be_told_so(&clients, length).await;
    outage.end(&mut postgres);

    let again = come_back(|| clients.at(1).refresh(&lost)).await;
    assert_eq!(again.refresh_token, unseen, "the same successor, at another replica, after the outage");
    for code in &codes {
        // Whatever became of the statement that was on its way, nobody had heard of it.
        quiet.push(Honest::new(come_back(|| clients.at(1).redeem(code)).await.refresh_token));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    quiet.push(Honest::new(again.refresh_token));
    quiet.extend(load.stop().await);
    for client in &mut quiet {
        client.must_refresh(clients.at(0)).await;
        client.must_refresh(clients.at(1)).await;
    }
    replicas.assert_no_panic();
}

impl Outage {
    fn begin(self, postgres: &mut Postgres) {
        tokio::task::block_in_place(|| match self {
            Self::Stopped => postgres.stop(),
            Self::Frozen => postgres.freeze(),
        });
    }

    fn end(self, postgres: &mut Postgres) {
        tokio::task::block_in_place(|| match self {
            Self::Stopped => postgres.start_again(),
            Self::Frozen => postgres.thaw(),
        });
    }
}

/// While it lasts, every replica lives and is not ready.
async fn be_told_so(clients: &Clients, length: Duration) {
    let began = Instant::now();
    while began.elapsed() < length {
        for http in clients.replicas() {
            assert_eq!(http.get("/livez").await.status, 200);
            let ready = http.get("/readyz").await;
            assert_eq!(ready.status, 503, "{}", ready.text);
            assert!(retry_after(&ready) < WINDOW);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Asks again for as long as it is told to, which is not for long.
async fn come_back<F: Future<Output = Answer>>(ask: impl Fn() -> F) -> Grants {
    let deadline = Instant::now() + Duration::from_secs(4);
    loop {
        let answer = ask().await;
        if answer.status != 503 || Instant::now() > deadline {
            return issued(&answer);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn retry_after(answer: &Answer) -> Duration {
    Duration::from_secs(answer.header("retry-after").parse().expect("Retry-After in seconds"))
}

/// What a request met.
#[derive(Debug)]
struct Seen {
    request: &'static str,
    answer: Answer,
    took: Duration,
}

/// Sixteen clients, each sending one request after the other, to one replica after the other.
struct Load {
    clients: JoinSet<Vec<Honest>>,
    shared: Shared,
}

#[derive(Clone)]
struct Shared {
    clients: Clients,
    codes: Arc<Mutex<Vec<String>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    is_over: watch::Sender<bool>,
}

impl Load {
    async fn start(clients: &Clients) -> Self {
        let grants = clients.grants(8).await;
        let codes = Arc::new(Mutex::new(clients.codes(200).await));
        let shared =
            Shared { clients: clients.clone(), codes, seen: Arc::default(), is_over: watch::Sender::new(false) };
        let mut tasks = JoinSet::new();
        for (number, grant) in grants.into_iter().enumerate() {
            if number < 6 {
                tasks.spawn(shared.clone().keep_refreshing(number, Honest::new(grant.refresh_token)));
            } else {
                for turn in 0..2 {
                    tasks.spawn(shared.clone().keep_introspecting(turn, grant.access_token.clone()));
                }
            }
        }
        for turn in 0..3 {
            tasks.spawn(shared.clone().keep_redeeming(turn));
            tasks.spawn(shared.clone().keep_issuing(turn));
        }
        Self { clients: tasks, shared }
    }

    /// Ends it, checks what was seen, and gives the clients that hold refresh tokens.
    async fn stop(mut self) -> Vec<Honest> {
        self.shared.is_over.send_replace(true);
        let mut holders = Vec::new();
        while let Some(done) = self.clients.join_next().await {
            holders.extend(done.unwrap());
        }
        let seen = self.shared.seen.lock().unwrap();
        for seen in seen.iter() {
            seen.check();
        }
        let count = |request: &str, status: u16| {
            seen.iter().filter(|seen| seen.request == request && seen.answer.status == status).count()
        };
        for request in ["refresh", "redeem", "introspect"] {
            let (served, sent_away) = (count(request, 200), count(request, 503));
            assert!(served >= 10 && sent_away >= 3, "{request}: {served} served, {sent_away} sent away");
        }
        assert!(count("client_credentials", 200) > 100);
        holders
    }
}

impl Seen {
    fn check(&self) {
        let Self { request, answer, took } = self;
        assert!(*took < DEADLINE + SLACK, "{request} took {took:?}: {answer:?}");
        match answer.outcome().as_str() {
            "200" => {
                assert!(*request != "introspect" || answer.json()["active"] == true, "a live token called dead");
            }
            "503 temporarily_unavailable" => {
                assert!(*request != "client_credentials", "it needs no storage: {answer:?}");
                assert!(retry_after(answer) < WINDOW);
            }
            _ => panic!("{request}: {answer:?}"),
        }
    }
}

impl Shared {
    fn goes_on(&self) -> bool {
        !*self.is_over.borrow()
    }

    /// Remembers an answer; after an outage waits a little, though less than it is asked to, for more load.
    async fn note(&self, request: &'static str, answer: Answer, sent_at: Instant) {
        let pause = if answer.status == 503 { 100 } else { 10 };
        self.seen.lock().unwrap().push(Seen { request, answer, took: sent_at.elapsed() });
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    async fn keep_refreshing(self, first: usize, mut client: Honest) -> Vec<Honest> {
        let mut turn = first;
        while self.goes_on() {
            let sent_at = Instant::now();
            match client.refresh(self.clients.at(turn)).await {
                Refreshed::Answered(answer) => self.note("refresh", answer, sent_at).await,
                Refreshed::Broken => panic!("the server hung up"),
            }
            turn += 1;
        }
        vec![client]
    }

    /// Each code is sent once: nobody knows whether one that met an outage was redeemed.
    async fn keep_redeeming(self, first: usize) -> Vec<Honest> {
        let (mut turn, mut holders) = (first, Vec::new());
        while self.goes_on() {
            let code = self.codes.lock().unwrap().pop().expect("enough codes");
            let sent_at = Instant::now();
            let answer = self.clients.at(turn).redeem(&code).await;
            if answer.status == 200 {
                holders.push(Honest::new(answer.member("refresh_token")));
            }
            self.note("redeem", answer, sent_at).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            turn += 1;
        }
        holders
    }

    async fn keep_issuing(self, first: usize) -> Vec<Honest> {
        let mut turn = first;
        while self.goes_on() {
            let sent_at = Instant::now();
            let answer = self.clients.at(turn).client_credentials().await;
            self.note("client_credentials", answer, sent_at).await;
            turn += 1;
        }
        Vec::new()
    }

    async fn keep_introspecting(self, first: usize, token: String) -> Vec<Honest> {
        let mut turn = first;
        while self.goes_on() {
            let sent_at = Instant::now();
            let answer = self.clients.at(turn).introspect(API, &token).await;
            self.note("introspect", answer, sent_at).await;
            turn += 1;
        }
        assert!(holds(self.clients.at(turn), &token).await);
        Vec::new()
    }
}
