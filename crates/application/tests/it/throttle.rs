//! Who fails to sign in waits: how long, where, and who does not, in virtual time.

use std::time::Duration;

use grantor_application::{Failure, KnownBrowserCookie, Outcome, SignInForm, SignInOutcome, TokenAnswer, TokenCall};
use grantor_domain::error::Reason;
use grantor_domain::grant::TokenRequest;
use grantor_domain::grant::password::Parameters;
use grantor_ports::Attempts as _;

use crate::fixture::*;

const HERE: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.7";

/// The password grant from this address.
async fn granted(world: &World, address: &str, name: &str, password: &str) -> Outcome<TokenAnswer> {
    let parameters = Parameters {
        username: Some(name.to_owned()),
        password: Some(secret(password)),
        scope: Some("openid".to_owned()),
        ..Parameters::default()
    };
    let call =
        TokenCall { address: Some(address.parse().unwrap()), ..call("legacy", TokenRequest::Password(parameters)) };
    world.here.token(&call).await
}

/// Fails until the next failure would have to wait.
async fn fails(world: &World, address: &str, name: &str, times: u32) {
    for time in 0..times {
        assert_eq!(refused(granted(world, address, name, "wrong").await), Reason::CredentialsInvalid, "{time}");
    }
}

fn wait(outcome: Outcome<TokenAnswer>) -> u64 {
    let failure = outcome.map(|_| ()).unwrap_err();
    assert_eq!(failure.reason(), Reason::SignInThrottled, "{failure:?}");
    failure.retry_after().unwrap().as_secs()
}

async fn alice_is_granted(world: &World, address: &str) -> Outcome<TokenAnswer> {
    granted(world, address, "alice", &password_of("alice")).await
}

#[tokio::test]
async fn each_failure_too_many_makes_wait_twice_as_long_and_the_right_password_ends_it() {
    let world = World::new().await;
    fails(&world, HERE, "alice", 5).await;
    for seconds in [1, 2, 4, 8] {
        assert_eq!(wait(alice_is_granted(&world, HERE).await), seconds);
        assert_eq!(wait(granted(&world, HERE, "alice", "wrong").await), seconds, "who waits makes no more failures");
        world.clock.advance(SECOND * u32::try_from(seconds).unwrap());
        fails(&world, HERE, "alice", 1).await;
    }
    assert_eq!(world.storage.failed_attempts().len(), 9);
    world.clock.advance(16 * SECOND);
    issued(alice_is_granted(&world, HERE).await);
    fails(&world, HERE, "alice", 5).await;
    world.clock.advance(SECOND);
    issued(alice_is_granted(&world, HERE).await);
}

#[tokio::test]
async fn forty_sign_ins_a_minute_are_no_failures() {
    let world = World::new().await;
    for _time in 0..40 {
        issued(alice_is_granted(&world, HERE).await);
    }
    assert!(world.storage.failed_attempts().is_empty());
}

#[tokio::test]
async fn names_that_nobody_has_wait_alike() {
    let world = World::new().await;
    for name in ["alice", "nobody"] {
        fails(&world, HERE, name, 5).await;
        assert_eq!(wait(granted(&world, HERE, name, "wrong").await), 1, "{name}");
    }
}

#[tokio::test]
async fn replicas_count_together() {
    let world = World::new().await;
    let there = world.replica().await;
    fails(&world, HERE, "alice", 5).await;
    assert_eq!(wait(password(&there, "legacy", "alice", &password_of("alice")).await), 1);
}

#[tokio::test]
async fn nobody_is_locked_out_for_long_from_elsewhere() {
    let world = World::new().await;
    fails(&world, ELSEWHERE, "alice", 5).await;
    issued(alice_is_granted(&world, HERE).await);
    // A thousand places, each guessing as often as it may.
    for place in 0..200_u32 {
        while let Err(failure) = granted(&world, &format!("10.0.{place}.1"), "alice", "wrong").await {
            match failure.retry_after() {
                Some(wait) => world.clock.advance(wait),
                None => break,
            }
        }
    }
    let longest = wait(alice_is_granted(&world, HERE).await);
    assert!((30..=60).contains(&longest), "{longest}");
    assert_eq!(
        granted(&world, HERE, "bob", "wrong").await.map(|_| ()).unwrap_err().reason(),
        Reason::CredentialsInvalid
    );
}

#[tokio::test]
async fn one_place_does_not_try_one_password_on_everybody() {
    let world =
        World::with(|settings| settings.shared_addresses = vec![ELSEWHERE.parse::<std::net::IpAddr>().unwrap().into()])
            .await;
    for address in [HERE, ELSEWHERE] {
        for name in 0..100 {
            fails(&world, address, &format!("name-{name}"), 1).await;
        }
    }
    assert_eq!(wait(granted(&world, HERE, "name-100", "wrong").await), 1);
    assert_eq!(wait(alice_is_granted(&world, HERE).await), 1);
    issued(alice_is_granted(&world, ELSEWHERE).await);
    world.clock.advance(Duration::from_secs(24 * 3600 + 1));
    issued(alice_is_granted(&world, HERE).await);
}

#[tokio::test]
async fn of_many_guesses_at_once_no_more_are_heard_than_in_turn() {
    for right in [true, false] {
        let world = World::new().await;
        fails(&world, HERE, "alice", 1).await;
        let (storage, failed) = (world.storage.clone(), world.storage.failed_attempts().remove(0));
        world.storage.before("Attempts::tally", async move {
            for _other in 0..4 {
                storage.record(&failed).await.unwrap();
            }
        });
        let typed = if right { password_of("alice") } else { "wrong".to_owned() };
        assert_eq!(wait(granted(&world, HERE, "alice", &typed).await), 1, "whether it was right is not told");
        assert_eq!(world.storage.failed_attempts().len(), 6);
    }
}

async fn signs_in(
    world: &World,
    known: Option<&KnownBrowserCookie>,
    password: &str,
) -> Result<KnownBrowserCookie, Failure> {
    let tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let form = SignInForm { password: secret(password), known_browser: known.cloned(), ..Tab::form(&next, "alice") };
    match world.here.sign_in(&form, Some(&tab.browser), None).await.unwrap() {
        SignInOutcome::Right { known_browser, .. } => Ok(known_browser.unwrap()),
        SignInOutcome::Wrong { failure, .. } => Err(failure),
    }
}

#[tokio::test]
async fn a_browser_that_its_owner_signed_in_with_is_counted_by_itself() {
    let world = World::new().await;
    let right = password_of("alice");
    let known = signs_in(&world, None, &right).await.unwrap();
    fails(&world, HERE, "alice", 5).await;
    assert_eq!(signs_in(&world, None, &right).await.unwrap_err().reason(), Reason::SignInThrottled);
    assert_eq!(
        signs_in(&world, Some(&KnownBrowserCookie::new("gak_x")), &right).await.unwrap_err().reason(),
        Reason::SignInThrottled
    );
    let known = signs_in(&world, Some(&known), &right).await.unwrap();
    for _time in 0..5 {
        assert_eq!(signs_in(&world, Some(&known), "wrong").await.unwrap_err().reason(), Reason::CredentialsInvalid);
    }
    let failure = signs_in(&world, Some(&known), &right).await.unwrap_err();
    assert_eq!(
        (failure.reason(), failure.retry_after()),
        (Reason::SignInThrottled, Some(SECOND)),
        "a stolen one guesses no more"
    );
    world.clock.advance(SECOND);
    signs_in(&world, Some(&known), &right).await.unwrap();
}

#[tokio::test]
async fn an_operator_ends_the_wait() {
    let world = World::new().await;
    fails(&world, HERE, "alice", 5).await;
    wait(alice_is_granted(&world, HERE).await);
    let (_subject, forgotten) = world.here.unlock_user("alice").await.unwrap().unwrap();
    assert_eq!(forgotten, 5);
    issued(alice_is_granted(&world, HERE).await);
}
