//! Grants ended by an operator: what is there to end is ended, and a name that nothing has is told apart from that.

use grantor_application::admin::{RevokeProblem, RevokeTarget};
use grantor_domain::grant::GrantRef;
use grantor_domain::id::GrantId;
use grantor_ports::{GrantQuery, GrantScope};

use crate::fixture::*;

async fn revoke(world: &World, target: RevokeTarget) -> Result<u64, RevokeProblem> {
    world.here.revoke_grants(&target).await.unwrap()
}

#[tokio::test]
async fn a_grant_that_has_ended_is_told_apart_from_none() {
    let world = World::new().await;
    for _grant in 0..3 {
        world.granted("web", "read").await;
        world.clock.advance(SECOND);
    }
    let query = GrantQuery { scope: None, ended: false, after: None, limit: 10 };
    let grants: Vec<_> = world.here.list_grants(&query).await.unwrap();
    let references: Vec<_> = grants.iter().map(|listed| listed.grant.terms.reference).collect();
    assert_eq!(references.len(), 3);
    for reference in references {
        assert_eq!(revoke(&world, RevokeTarget::One(reference)).await, Ok(1));
        assert_eq!(revoke(&world, RevokeTarget::One(reference)).await, Ok(0), "it had ended");
        let other = GrantRef { id: GrantId::new(reference.id.made_at(), &[0xff; 10]), ..reference };
        assert_eq!(revoke(&world, RevokeTarget::One(other)).await, Err(RevokeProblem::UnknownGrant(other)));
    }
    for bytes in [[0; 16], [0xff; 16]] {
        let none = GrantRef { id: GrantId::from_bytes(bytes), class: grants[0].grant.terms.reference.class };
        assert_eq!(revoke(&world, RevokeTarget::One(none)).await, Err(RevokeProblem::UnknownGrant(none)));
    }
}

#[tokio::test]
async fn a_client_that_nobody_knows_and_a_time_to_come_are_refused() {
    let world = World::new().await;
    world.granted("web", "read").await;
    let nobody = client_id("nobody");
    let all_of = |client: &str| RevokeTarget::Scope(GrantScope::Client(client_id(client)));
    assert_eq!(revoke(&world, all_of("nobody")).await, Err(RevokeProblem::UnknownClient(nobody)));
    assert_eq!(revoke(&world, RevokeTarget::Before(world.now().plus(SECOND))).await, Err(RevokeProblem::Future));
    assert_eq!(revoke(&world, all_of("web")).await, Ok(1));
    assert_eq!(revoke(&world, all_of("web")).await, Ok(0));
}
