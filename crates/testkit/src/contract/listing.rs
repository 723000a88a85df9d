//! Lists of grants, as an operator reads them.

use grantor_domain::grant::{GrantRef, NewGrant};
use grantor_domain::time::Timestamp;
use grantor_ports::{GrantQuery, GrantScope, ListedGrant};

use super::UnderTest;
use super::fixture::{CLASSES, DAY, SECOND, client, rotation_of, subject};

fn all() -> GrantQuery {
    GrantQuery { scope: None, ended: true, after: None, limit: 100 }
}

async fn listed(store: &UnderTest, query: &GrantQuery, now: Timestamp) -> Vec<GrantRef> {
    let page = store.grants.list(query, now).await.unwrap();
    page.into_iter().map(|listed| listed.grant.terms.reference).collect()
}

/// Opened one after another, in turn in each table; the newest first.
async fn opened(store: &mut UnderTest, count: u32) -> Vec<NewGrant> {
    let alice = store.user("alice").await;
    let mut grants = Vec::new();
    for number in 0..count {
        store.now = store.now.plus(SECOND);
        let grant = store.grant_in(CLASSES[usize::try_from(number).unwrap() % 2], &alice);
        store.open(&grant).await;
        grants.insert(0, grant);
    }
    grants
}

fn references(grants: &[NewGrant]) -> Vec<GrantRef> {
    grants.iter().map(|grant| grant.terms.reference).collect()
}

/// The pages of a list are the list, newest first, whatever their length; nothing comes twice or is left out.
pub async fn pages_are_newest_first_over_both_tables(mut store: UnderTest) {
    let mut grants = opened(&mut store, 7).await;
    // One identifier in both tables.
    let mut twin = grants[0].clone();
    assert_eq!(twin.terms.reference.class, CLASSES[0]);
    twin.terms.reference.class = CLASSES[1];
    store.open(&twin).await;
    grants.insert(1, twin);
    let expect = references(&grants);
    assert_eq!(listed(&store, &all(), store.now).await, expect);
    for limit in [1, 2, 3, 8, 9] {
        let mut pages = Vec::new();
        let mut query = GrantQuery { limit, ..all() };
        loop {
            let page = listed(&store, &query, store.now).await;
            assert!(page.len() <= usize::try_from(limit).unwrap());
            let Some(last) = page.last() else { break };
            query.after = Some(*last);
            pages.extend(page);
        }
        assert_eq!(pages, expect, "pages of {limit}");
    }
}

/// A listed grant is as it is now.
pub async fn a_listed_grant_is_as_it_is_now(store: UnderTest) {
    let alice = store.user("alice").await;
    let grant = store.opened(&alice).await;
    store.grants.rotate(&rotation_of(&grant, 0, store.now.plus(SECOND))).await.unwrap();
    let later = store.now.plus(2 * SECOND);
    let listed = store.grants.list(&all(), later).await.unwrap();
    let mut expect = grant.opened();
    expect.generation = 1;
    expect.spent_at = Some(store.now.plus(SECOND));
    expect.expires_at = store.now.plus(SECOND).plus(super::fixture::IDLE);
    assert_eq!(listed, [ListedGrant { grant: expect.clone(), live: true, revoked_at: None }]);
    store.grants.revoke(grant.terms.reference, later).await.unwrap();
    let listed = store.grants.list(&all(), later).await.unwrap();
    assert_eq!(listed, [ListedGrant { grant: expect, live: false, revoked_at: Some(later) }]);
}

/// Without asking for what has ended, only what is live is listed, and by every rule of what is.
pub async fn only_live_grants_are_listed_unless_asked(mut store: UnderTest) {
    let grants = opened(&mut store, 6).await;
    let live = GrantQuery { ended: false, ..all() };
    assert_eq!(listed(&store, &live, store.now).await, references(&grants));
    store.grants.revoke(grants[0].terms.reference, store.now).await.unwrap();
    store.sessions.end(grants[1].terms.session.unwrap(), store.now.plus(400 * DAY), &[]).await.unwrap();
    assert_eq!(listed(&store, &live, store.now).await, references(&grants[2..]));
    // The short ones expire first.
    let later = store.now.plus(2 * DAY);
    let long: Vec<_> = references(&grants[2..]).into_iter().filter(|grant| grant.class == CLASSES[0]).collect();
    assert_eq!(listed(&store, &live, later).await, long);
    assert_eq!(listed(&store, &all(), later).await, references(&grants));
    store.users.disable(&grants[0].terms.subject, store.now).await.unwrap();
    assert_eq!(listed(&store, &live, store.now).await, []);
    let states = store.grants.list(&all(), store.now).await.unwrap();
    assert!(states.iter().all(|listed| !listed.live), "{states:#?}");
}

/// The pages of one user's grants are that user's, newest first over both tables, whatever others hold in between.
pub async fn pages_can_be_of_one_user(mut store: UnderTest) {
    let alices = references(&opened(&mut store, 5).await);
    let bob = store.user("bob").await;
    let before = store.now;
    store.now = before.minus(2 * SECOND);
    for class in CLASSES {
        for _ in 0..5 {
            let grant = store.grant_in(class, &bob);
            store.open(&grant).await;
        }
    }
    store.now = before;
    for (ended, limit) in [(true, 2), (false, 2), (true, 100), (false, 100)] {
        let scope = Some(GrantScope::Subject(subject("alice")));
        let mut query = GrantQuery { scope, ended, limit, ..all() };
        let mut pages = Vec::new();
        loop {
            let page = listed(&store, &query, store.now).await;
            let Some(last) = page.last() else { break };
            query.after = Some(*last);
            pages.extend(page);
        }
        assert_eq!(pages, alices, "pages of {limit}");
    }
}

/// A list can be of one client, one user or one session.
pub async fn a_list_can_be_of_one_scope(store: UnderTest) {
    let (alice, bob) = (store.user("alice").await, store.user("bob").await);
    let mut grants = Vec::new();
    for (user, id) in [(&alice, "one"), (&alice, "two"), (&bob, "one")] {
        let mut grant = store.grant(user);
        grant.terms.client_id = client(id);
        store.open(&grant).await;
        grants.push(grant);
    }
    let check = async |scope: GrantScope, expect: &[usize]| {
        let mut found = listed(&store, &GrantQuery { scope: Some(scope), ..all() }, store.now).await;
        found.sort_unstable();
        let mut expect: Vec<_> = expect.iter().map(|index| grants[*index].terms.reference).collect();
        expect.sort_unstable();
        assert_eq!(found, expect);
    };
    check(GrantScope::Client(client("one")), &[0, 2]).await;
    check(GrantScope::Client(client("three")), &[]).await;
    check(GrantScope::Subject(alice.clone()), &[0, 1]).await;
    check(GrantScope::Session(grants[2].terms.session.unwrap()), &[2]).await;
}
