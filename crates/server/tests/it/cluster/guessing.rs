//! Many who guess one password at once, at several processes: no more is heard than one after another.

use grantor_testkit::contract::race;

use super::alone;
use super::support::Replicas;
use crate::harness::Http;
use crate::routes::support::DEMO_B;

const GUESSES: usize = 48;

/// How many may be on their way between two looks at the failures: the passwords that both check at the same time, and the
/// statements around them.
const AT_ONCE: usize = 12;

async fn sign_in(http: &Http, password: &str) -> String {
    let form = [("grant_type", "password"), ("username", "alice"), ("password", password)];
    http.token_as(DEMO_B, &form).await.outcome()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_stop_a_guesser_together() {
    let _turn = alone().await;
    let settings = [("SIGN_IN__FAILURES", "6"), ("SIGN_IN__LONGEST_WAIT", "10m")];
    let replicas = Replicas::start(2, &settings).await;
    let targets: Vec<Http> = replicas.servers.iter().map(|server| server.http.clone()).collect();
    let outcomes = race(GUESSES, |number| {
        let http = targets[number % 2].clone();
        async move { sign_in(&http, "wrong").await }
    })
    .await;
    let heard = outcomes.iter().filter(|outcome| *outcome == "400 invalid_grant").count();
    let stopped = outcomes.iter().filter(|outcome| *outcome == "429 access_denied").count();
    // The queue for passwords is short.
    let sent_away = outcomes.iter().filter(|outcome| *outcome == "503 temporarily_unavailable").count();
    assert_eq!(heard + stopped + sent_away, GUESSES, "{outcomes:?}");
    assert!((6..6 + AT_ONCE).contains(&heard), "{outcomes:?}");
    for http in &targets {
        for password in ["wrong", "wonderland-42"] {
            assert_eq!(sign_in(http, password).await, "429 access_denied");
        }
    }
    let unlocked = replicas.administer(&["user", "unlock", "alice"]);
    let forgotten: usize = unlocked.split(' ').nth(1).unwrap().parse().unwrap();
    assert!((heard..=heard + stopped).contains(&forgotten), "{unlocked} {outcomes:?}");
    for http in &targets {
        assert_eq!(sign_in(http, "wonderland-42").await, "200");
    }
    replicas.assert_no_panic();
}
