//! What the playground hands from step to step opens in its browser and in its time alone, and what it says of a signature is
//! so.

use grantor_application::PlaygroundStep;
use grantor_domain::error::Reason;
use grantor_domain::pkce::{CodeChallenge, PkcePolicy};

use crate::fixture::{HOUR, SECOND, World};

#[tokio::test]
async fn a_step_opens_in_its_browser_and_in_its_time_alone() {
    let world = World::new().await;
    let (mine, other) = (world.here.new_browser(), world.here.new_browser());
    let step = world.here.seal_playground(&"content", &mine).unwrap();
    assert!(step.as_str().starts_with("gap_") && !format!("{step:?}").contains(step.as_str()));
    let opened = |step: &PlaygroundStep, browser| world.here.open_playground::<String>(step, browser);
    assert_eq!(opened(&step, Some(&mine)).unwrap(), "content");
    world.clock.advance(HOUR.saturating_sub(SECOND));
    assert!(opened(&step, Some(&mine)).is_ok());
    world.clock.advance(SECOND);
    let fresh = world.here.seal_playground(&"content", &mine).unwrap();
    for (step, browser) in [(&step, Some(&mine)), (&fresh, Some(&other)), (&fresh, None)] {
        assert_eq!(opened(step, browser).unwrap_err().reason, Reason::RequestExpired);
    }
    let pending = PlaygroundStep::new(fresh.as_str().replace("gap_", "gai_"));
    assert_eq!(opened(&pending, Some(&mine)).unwrap_err().reason, Reason::RequestExpired);
}

#[tokio::test]
async fn a_code_flow_begins_with_values_that_were_never_there() {
    let world = World::new().await;
    let (first, second) = (world.here.new_code_flow(), world.here.new_code_flow());
    let policy = PkcePolicy { required: true, plain_allowed: false };
    let challenge = CodeChallenge::read(Some(&first.challenge), Some("S256"), policy).unwrap().unwrap();
    assert!(challenge.matches(&first.verifier) && !challenge.matches(&second.verifier));
    let mut drawn: Vec<_> = [&first, &second].iter().flat_map(|flow| [flow.state.as_str(), &flow.nonce]).collect();
    drawn.extend([first.verifier.expose(), second.verifier.expose()]);
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 6);
}

#[tokio::test]
async fn a_signature_holds_by_a_published_key_or_by_the_clients_secret() {
    let world = World::new().await;
    let token = world.granted("web", "openid").await.access_token;
    assert!(world.here.check_signature(&token, "web").await.unwrap());
    let by_secret = world.granted("legacy", "openid").await.id_token.unwrap();
    assert!(world.here.check_signature(&by_secret, "legacy").await.unwrap());
    for other in ["web", "nobody"] {
        assert!(!world.here.check_signature(&by_secret, other).await.unwrap(), "{other}");
    }
    let (signed, _signature) = token.rsplit_once('.').unwrap();
    for forged in [format!("{signed}.AAAA"), "a.b.c".to_owned(), String::new()] {
        assert!(!world.here.check_signature(&forged, "web").await.unwrap(), "{forged}");
    }
}
