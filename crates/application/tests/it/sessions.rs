//! Sessions, listed and ended by an operator.

use grantor_application::SignInForm;
use grantor_application::admin::SessionTarget;
use grantor_ports::SessionOrigin;

use crate::fixture::*;

/// Alice signs in in a browser that calls itself so.
async fn signed_in_with(world: &World, user_agent: &str) -> Tab {
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let form = Tab::form(&next, "alice");
    let origin = SessionOrigin { user_agent: Some(user_agent.to_owned()), ..form.origin.clone() };
    let form = SignInForm { origin, ..form };
    tab.sends(&world.here, &form).await;
    world.clock.advance(SECOND);
    tab
}

async fn is_signed_in(world: &World, tab: &Tab) -> bool {
    Stands::from(&tab.asks(&world.here, &request("web", "openid")).await) != Stands::SignIn
}

#[tokio::test]
async fn an_operator_sees_where_a_user_is_signed_in_and_ends_it() {
    let world = World::new().await;
    let (laptop, phone) = (signed_in_with(&world, "Laptop").await, signed_in_with(&world, "Phone\r\n/1").await);
    let listed = async || world.here.list_sessions("alice").await.unwrap().unwrap();
    let found: Vec<_> = listed().await.into_iter().map(|listed| (listed.session.id, listed.origin)).collect();
    let names: Vec<_> = found.iter().map(|(_, origin)| origin.user_agent.as_deref().unwrap()).collect();
    assert_eq!(names, ["Phone/1", "Laptop"], "the newest first, and nothing that moves a cursor");
    assert_eq!(found[0].1.address.as_deref(), Some("192.0.2.1"));
    let ends = async |target: SessionTarget| world.here.end_sessions("alice", target).await.unwrap().unwrap();
    assert_eq!(ends(SessionTarget::One(phone.session())).await, 1);
    assert_eq!(ends(SessionTarget::One(phone.session())).await, 0, "once");
    assert!(!is_signed_in(&world, &phone).await && is_signed_in(&world, &laptop).await);
    assert_eq!(listed().await.len(), 1);
    assert_eq!(world.here.end_sessions("bob", SessionTarget::One(laptop.session())).await.unwrap(), Ok(0));
    assert!(is_signed_in(&world, &laptop).await, "it is not bob's");
    assert_eq!(ends(SessionTarget::All).await, 1);
    assert!(!is_signed_in(&world, &laptop).await && listed().await.is_empty());
    assert!(world.here.list_sessions("nobody").await.unwrap().is_err());
}

#[tokio::test]
async fn what_is_void_is_not_listed() {
    let world = World::new().await;
    signed_in_with(&world, "Laptop").await;
    world.here.disable_user(&subject("alice")).await.unwrap();
    world.here.enable_user(&subject("alice")).await.unwrap();
    assert!(world.here.list_sessions("alice").await.unwrap().unwrap().is_empty());
}

#[tokio::test]
async fn a_browser_that_talks_much_is_cut_short() {
    let world = World::new().await;
    signed_in_with(&world, &"\u{e4}".repeat(10_000)).await;
    let listed = world.here.list_sessions("alice").await.unwrap().unwrap();
    assert_eq!(listed[0].origin.user_agent.as_ref().unwrap().chars().count(), 256);
}
