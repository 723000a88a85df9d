//! Requests that race with the same code or refresh token over several processes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alone;
use super::support::{Clients, Grants, Replicas, holds, in_parallel, issued};
use crate::harness::{Answer, Database};

const HOW_MANY: usize = 1000;

/// How many requests race for each.
const RACERS: usize = 10;

/// How many races run at a time: more would only wait for one another.
const AT_ONCE: usize = 8;

/// Codes must outlive the time that it takes to make and race all of them.
const SETTINGS: &[(&str, &str)] = &[("LIFETIMES__AUTHORIZATION_CODE", "10m")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_code_is_redeemed_once_by_two_processes() {
    check_codes(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_code_is_redeemed_once_by_three_processes() {
    check_codes(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_refreshes_get_one_successor_from_two_processes() {
    check_refresh_tokens(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_refreshes_get_one_successor_from_three_processes() {
    check_refresh_tokens(3).await;
}

/// One success for each code; and because a second use tells of a thief, nothing of that success outlives the race.
async fn check_codes(processes: usize) {
    let _turn = alone().await;
    let replicas = Replicas::start(processes, SETTINGS).await;
    let clients = replicas.clients();
    let codes = clients.codes(HOW_MANY).await;
    let races = in_parallel(AT_ONCE, codes, {
        let clients = clients.clone();
        move |code| {
            let clients = clients.clone();
            async move { race(&clients, move |clients, racer| redeem(clients, racer, code.clone())).await }
        }
    })
    .await;
    let mut winners = Vec::new();
    for answers in &races {
        assert_eq!(outcomes(answers), [("200", 1), ("400 invalid_grant", RACERS - 1)].map(owned).into());
        winners.push(issued(answers.iter().find(|answer| answer.status == 200).unwrap()));
    }
    let alive = in_parallel(AT_ONCE, winners.into_iter().enumerate(), move |(turn, winner)| {
        let clients = clients.clone();
        async move { is_alive(&clients, turn, &winner).await }
    })
    .await;
    assert_eq!(alive.iter().filter(|alive| **alive).count(), 0, "replayed codes must revoke what they gave");
    replicas.assert_no_panic();
}

/// Every answer is a success with the same successor, which then refreshes like any other.
async fn check_refresh_tokens(processes: usize) {
    let _turn = alone().await;
    let replicas = Replicas::start(processes, SETTINGS).await;
    let clients = replicas.clients();
    let grants = clients.grants(HOW_MANY).await;
    in_parallel(AT_ONCE, grants.into_iter().enumerate(), move |(turn, grant)| {
        let clients = clients.clone();
        async move {
            let token = grant.refresh_token;
            let answers = race(&clients, move |clients, racer| refresh(clients, racer, token.clone())).await;
            assert_eq!(outcomes(&answers), [("200", RACERS)].map(owned).into());
            let successors: Vec<_> = answers.iter().map(|answer| issued(answer).refresh_token).collect();
            assert!(successors.iter().all(|successor| *successor == successors[0]), "{successors:?}");
            let next = issued(&clients.at(turn).refresh(&successors[0]).await);
            assert!(next.refresh_token != successors[0]);
            assert!(holds(clients.at(turn + 1), &next.access_token).await, "the grant lives");
        }
    })
    .await;
    replicas.assert_no_panic();
}

/// Nobody looks for a deadlock here before every caller has given up: none may come about, whatever of the same grants is
/// refreshed, replayed and revoked in three processes at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_meet_in_the_same_grants_never_wait_in_a_circle() {
    let _turn = alone().await;
    let database = Arc::new(Database::create());
    let wait_long = "EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 60000', current_database())";
    database.sql(&format!("DO $$ BEGIN {wait_long}; END $$"));
    let replicas = Replicas::start_on(Arc::clone(&database), 3, SETTINGS).await;
    let clients = replicas.clients();
    let codes = clients.codes(HOW_MANY / 2).await;
    let mut meetings = Vec::new();
    for (turn, code) in codes.into_iter().enumerate() {
        let grant = issued(&clients.at(turn).redeem(&code).await);
        meetings.extend((0..6).map(|racer| (racer, code.clone(), grant.clone())));
    }
    let answers = in_parallel(RACERS * AT_ONCE, meetings, move |(racer, code, grant)| {
        let clients = clients.clone();
        async move {
            match racer {
                0 => clients.at(0).refresh(&grant.refresh_token).await,
                1 => clients.at(1).revoke(&grant.access_token).await,
                2 => clients.at(2).redeem(&code).await,
                3 => clients.at(1).refresh(&grant.refresh_token).await,
                4 => clients.at(2).revoke(&grant.refresh_token).await,
                _ => clients.at(0).revoke(&grant.access_token).await,
            }
        }
    })
    .await;
    let outcomes = outcomes(&answers);
    assert!(outcomes.keys().all(|outcome| matches!(outcome.as_str(), "200" | "400 invalid_grant")), "{outcomes:?}");
    assert_eq!(database.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").trim(), "0");
    replicas.assert_no_panic();
}

/// Sends [`RACERS`] requests at once, each to the next process.
async fn race<W, F>(clients: &Clients, send: W) -> Vec<Answer>
where
    W: Fn(Clients, usize) -> F + Clone + Send + 'static,
    F: Future<Output = Answer> + Send,
{
    let clients = clients.clone();
    in_parallel(RACERS, 0..RACERS, move |racer| send(clients.clone(), racer)).await
}

async fn redeem(clients: Clients, racer: usize, code: String) -> Answer {
    clients.at(racer).redeem(&code).await
}

async fn refresh(clients: Clients, racer: usize, token: String) -> Answer {
    clients.at(racer).refresh(&token).await
}

async fn is_alive(clients: &Clients, turn: usize, winner: &Grants) -> bool {
    holds(clients.at(turn), &winner.access_token).await
        || clients.at(turn + 1).refresh(&winner.refresh_token).await.outcome() != "400 invalid_grant"
}

/// How often each outcome was there.
fn outcomes(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.outcome()).or_default() += 1;
    }
    counts
}

fn owned((outcome, count): (&str, usize)) -> (String, usize) {
    (outcome.to_owned(), count)
}
