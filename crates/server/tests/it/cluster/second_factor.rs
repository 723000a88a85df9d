//! Codes that count once, sent to several processes at the same moment.

use grantor_testkit::contract::race;

use super::alone;
use super::support::Replicas;
use crate::factors::{second_page, set_up, shown_next};
use crate::harness::{Authorization, Person};

/// How many send the same code.
const AT_ONCE: usize = 24;

/// How many of `senders` who send this code at once, half of them to each process, are signed in.
async fn signed_in_with(replicas: &Replicas, code: &str, senders: usize) -> usize {
    let mut asked = Vec::new();
    for number in 0..senders {
        let person = Person::alice(&replicas.servers[number % replicas.servers.len()]);
        let page = second_page(&person, &Authorization::of_spa("openid")).await;
        asked.push((person, page));
    }
    let answers = race(senders, |number| {
        let ((person, page), code) = (asked[number].clone(), code.to_owned());
        async move { person.submit(&page, &[("code", &code)]).await }
    })
    .await;
    assert!(answers.iter().all(|answer| [200, 303, 429].contains(&answer.status)), "nobody fails");
    answers.iter().filter(|answer| answer.status == 303).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_counts_once_however_many_processes_it_is_sent_to() {
    let _turn = alone().await;
    let replicas = Replicas::start(2, &[]).await;
    let (key, codes) = set_up(&replicas.servers[0]).await;
    assert_eq!(codes.len(), 10);
    assert_eq!(signed_in_with(&replicas, &codes[0], AT_ONCE).await, 1, "a recovery code");
    // That of the step in which the app was set up is used.
    let code = shown_next(&key);
    let mut signed_in = 0;
    // So many at once are throttled, and it may be that none of them is heard: then the code is still good.
    for senders in [AT_ONCE, 1] {
        replicas.administer(&["user", "unlock", "alice"]);
        signed_in += signed_in_with(&replicas, &code, senders).await;
    }
    assert_eq!(signed_in, 1, "a code of the app");
    replicas.assert_no_panic();
}
