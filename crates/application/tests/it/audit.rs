//! What the service counts of itself, whether or not anybody reads its log.

use std::time::Duration;

use grantor_application::{AuditKind, CacheLookup, ServiceReading};
use grantor_ports::KeyPurpose;

use crate::fixture::*;

fn events(reading: &ServiceReading, kind: AuditKind) -> u64 {
    reading.audit_events.iter().find(|(found, _)| *found == kind).unwrap().1
}

#[tokio::test]
async fn a_replay_alarms_once_for_each_use_and_ends_the_grant_once() {
    let world = World::new().await;
    let code = world.code("web", "openid").await;
    issued(redeem(&world.here, "web", &code).await);
    assert_eq!(events(&world.here.reading(), AuditKind::GrantReplayed), 0);
    for _again in 0..2 {
        redeem(&world.here, "web", &code).await.map(|_| ()).unwrap_err();
    }
    let reading = world.here.reading();
    assert_eq!(events(&reading, AuditKind::GrantReplayed), 2);
    assert_eq!(events(&reading, AuditKind::GrantRevoked), 1);
    assert_eq!(events(&reading, AuditKind::TokenIssued), 1);
    assert_eq!(events(&reading, AuditKind::SignInSucceeded), 1);
}

#[tokio::test]
async fn a_retry_within_the_window_alarms_nobody() {
    let world = World::new().await;
    let first = world.granted("spa", "openid offline_access").await.refresh_token.unwrap();
    issued(refresh(&world.here, "spa", &first).await);
    issued(refresh(&world.here, "spa", &first).await);
    assert_eq!(events(&world.here.reading(), AuditKind::GrantReplayed), 0);
    world.clock.advance(WINDOW + SECOND);
    refresh(&world.here, "spa", &first).await.map(|_| ()).unwrap_err();
    assert_eq!(events(&world.here.reading(), AuditKind::GrantReplayed), 1);
}

#[tokio::test]
async fn looks_into_the_cache_are_told_apart() {
    let world = World::new().await;
    world.here.poll().await.unwrap();
    let lookups = |kind: CacheLookup| world.here.reading().client_cache.lookups[kind as usize];
    issued(client_credentials(&world.here, "web").await);
    assert_eq!((lookups(CacheLookup::Miss), lookups(CacheLookup::Hit)), (1, 0));
    issued(client_credentials(&world.here, "web").await);
    assert_eq!((lookups(CacheLookup::Miss), lookups(CacheLookup::Hit)), (1, 1));
    for _twice in 0..2 {
        client_credentials(&world.here, "nobody").await.map(|_| ()).unwrap_err();
    }
    assert_eq!((lookups(CacheLookup::Miss), lookups(CacheLookup::Unknown)), (2, 1));
    // Nobody has polled for longer than the cache may be trusted.
    world.clock.advance(6 * MINUTE);
    issued(client_credentials(&world.here, "web").await);
    assert_eq!(lookups(CacheLookup::Stale), 1);
    assert_eq!(world.here.reading().client_cache.entries, 2);
}

#[tokio::test]
async fn ages_run_from_the_key_in_use_and_from_the_last_poll() {
    let world = World::new().await;
    world.here.poll().await.unwrap();
    world.clock.advance(MINUTE);
    let reading = world.here.reading();
    assert_eq!(reading.changes_age, MINUTE);
    let purposes: Vec<_> = reading.keys.iter().map(|(purpose, _)| *purpose).collect();
    assert_eq!(purposes.len(), 5, "{purposes:?}");
    let age = |purpose| reading.keys.iter().find(|(found, _)| *found == purpose).unwrap().1;
    assert_eq!(age(KeyPurpose::Seal), HOUR + MINUTE);
    assert!(reading.is_storage_up);
    world.here.rotate_keys(&[KeyPurpose::Seal], grantor_application::admin::Rotation::Now).await.unwrap();
    world.here.poll().await.unwrap();
    let age = |purpose| world.here.reading().keys.iter().find(|(found, _)| *found == purpose).unwrap().1;
    assert_eq!((age(KeyPurpose::Seal), age(KeyPurpose::RefreshMac)), (Duration::ZERO, HOUR + MINUTE));
}
