//! What the playground hands from step to step opens in its browser and in its time alone, what it says of a signature is so, and
//! the assertions that it makes are good.

use grantor_application::{NoAssertion, PlaygroundStep};
use grantor_domain::client::ClientId;
use grantor_domain::error::Reason;
use grantor_domain::pkce::{CodeChallenge, PkcePolicy};
use grantor_domain::secret::Secret;
use grantor_ports::{ClientSigningKey, UnusableKey};
use serde_json::json;

use crate::fixture::{HOUR, SECOND, World, claims};

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

#[tokio::test]
async fn an_assertion_is_new_each_time_and_holds_by_what_its_client_registered() {
    let world = World::new().await;
    let secret = "a-secret-that-is-long-enough-to-sign-with";
    let registered = json!({
        "client_id": "signs", "client_secret": secret, "grant_types": ["client_credentials"],
        "token_endpoint_auth_methods": ["client_secret_jwt"], "id_token_signed_response_alg": "ES256",
    });
    world.apply(json!({ "clients": [registered] })).await;
    let id = ClientId::parse("signs").unwrap();
    let make = |secret: &str| world.here.new_client_assertion(&id, &ClientSigningKey::Secret(Secret::new(secret)));
    let (first, second) = (make(secret).unwrap(), make(secret).unwrap());
    let (one, other) = (claims(&first), claims(&second));
    assert!(one.text("jti").is_some() && one.text("jti") != other.text("jti"));
    assert_eq!((one.text("iss"), one.text("sub")), (Some("signs"), Some("signs")));
    assert_eq!(one.audience(), [world.here.settings().issuer.as_str()]);
    let holds = async |jwt: &str, client: &str| world.here.check_assertion_signature(jwt, client).await.unwrap();
    assert!(holds(&first, "signs").await);
    for client in ["web", "nobody", ""] {
        assert!(!holds(&first, client).await, "{client}");
    }
    assert!(!holds(&make("another-secret-that-is-long-enough-to-sign").unwrap(), "signs").await);
    assert!(!holds("a.b.c", "signs").await);
    let short = make("short").unwrap_err();
    assert!(matches!(short, NoAssertion::Key(UnusableKey::TooShort)), "{short:?}");
}
