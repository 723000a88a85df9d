//! A disabled user is out at every replica at once, and what they had stays dead when they are let in again.

use std::sync::Arc;

use super::super::alone;
use super::super::support::{Clients, Grants, Replicas, holds, issued};
use crate::harness::Postgres;

/// Statements that a refusal may cost, with those that revoke.
const REFUSAL_BUDGET: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_user_loses_everything_for_good() {
    let _turn = alone().await;
    let postgres = tokio::task::block_in_place(Postgres::start);
    let database = postgres.database();
    database.sql("ALTER SYSTEM SET log_statement = 'all'");
    database.sql("SELECT pg_reload_conf()");
    let replicas = Replicas::start_on(Arc::new(database), 2, &[("LIFETIMES__AUTHORIZATION_CODE", "10m")]).await;
    let clients = replicas.clients();
    let codes = clients.codes(4).await;
    let grants = clients.grants(2).await;

    replicas.administer(&["user", "disable", "alice"]);
    for turn in 0..2 {
        let before = statements(&postgres).len();
        assert_eq!(clients.at(turn).redeem(&codes[turn]).await.outcome(), "400 invalid_grant");
        let between = statements(&postgres).len();
        assert_eq!(clients.at(turn).refresh(&grants[turn].refresh_token).await.outcome(), "400 invalid_grant");
        let after = statements(&postgres);
        assert!(between - before <= REFUSAL_BUDGET, "for a code: {:#?}", &after[before..between]);
        assert!(after.len() - between <= REFUSAL_BUDGET, "for a refresh token: {:#?}", &after[between..]);
    }
    are_dead(&clients, &codes, &grants).await;

    replicas.administer(&["user", "enable", "alice"]);
    are_dead(&clients, &codes, &grants).await;
    let code = clients.codes(1).await.remove(0);
    let fresh = issued(&clients.at(1).redeem(&code).await);
    assert!(holds(clients.at(0), &fresh.access_token).await);
    issued(&clients.at(0).refresh(&fresh.refresh_token).await);
}

async fn are_dead(clients: &Clients, codes: &[String], grants: &[Grants]) {
    for http in clients.replicas() {
        for code in codes {
            assert_eq!(http.redeem(code).await.outcome(), "400 invalid_grant");
        }
        for grant in grants {
            assert_eq!(http.refresh(&grant.refresh_token).await.outcome(), "400 invalid_grant");
            assert!(!holds(http, &grant.access_token).await);
        }
    }
}

/// The statements that Postgres has run so far for requests: the polls of the change table and what sets up a new
/// connection are left out.
fn statements(postgres: &Postgres) -> Vec<String> {
    let log = postgres.log();
    let executed = log.lines().filter(|line| line.contains("LOG:  execute "));
    let of_requests = executed.filter(|line| !line.contains("FROM changes") && !line.contains(": SET "));
    of_requests.map(str::to_owned).collect()
}
