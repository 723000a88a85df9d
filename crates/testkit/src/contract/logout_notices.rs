//! Clients that are told of the end of a session: who they are, and that each is told until it was.

use std::sync::Arc;

use grantor_domain::client::ClientId;
use grantor_domain::id::{LogoutNoticeId, SessionId};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::LogoutNotice;

use super::fixture::{CALLERS, DAY, HOUR, SECOND, client};
use super::{UnderTest, client_record, race};

fn notice(store: &UnderTest, session: SessionId, subject: &Subject, name: &str) -> LogoutNotice {
    LogoutNotice {
        id: LogoutNoticeId::new(store.now, &store.random.bytes()),
        client_id: client(name),
        session,
        subject: subject.clone(),
        attempts: 0,
    }
}

async fn claimed(store: &UnderTest, now: Timestamp) -> Vec<LogoutNotice> {
    store.notices.claim(now, now.plus(HOUR), 100).await.unwrap()
}

/// A session knows the clients that were noted in it, each once.
pub async fn a_session_knows_its_clients(store: UnderTest) {
    let session = store.session(&store.user("alice").await).session.id;
    for name in ["web", "spa", "web"] {
        store.sessions.note_client(session, &client(name)).await.unwrap();
    }
    store.sessions.note_client(store.session_id(), &client("other")).await.unwrap();
    let mut found = store.sessions.clients(session).await.unwrap();
    found.sort();
    assert_eq!(found, [client("spa"), client("web")]);
    assert_eq!(store.sessions.clients(store.session_id()).await.unwrap(), Vec::<ClientId>::new());
}

/// The end of a session leaves its notices, due at once, whether or not it was stored.
pub async fn the_end_of_a_session_leaves_its_notices(store: UnderTest) {
    let session = store.session(&store.user("alice").await).session;
    let mut notices =
        [notice(&store, session.id, &session.subject, "spa"), notice(&store, session.id, &session.subject, "web")];
    store.sessions.end(session.id, store.now.plus(400 * DAY), &notices).await.unwrap();
    notices.sort_by_key(|notice| notice.id);
    let expect = notices.map(|notice| LogoutNotice { attempts: 1, ..notice });
    assert_eq!(claimed(&store, store.now).await, expect);
    assert_eq!(claimed(&store, store.now.plus(HOUR - SECOND)).await, [], "they are somebody's");
    let again = claimed(&store, store.now.plus(HOUR)).await;
    assert!(again.iter().all(|notice| notice.attempts == 2) && again.len() == 2, "{again:?}");
}

/// What is delivered is gone; what is postponed comes at its time.
pub async fn a_notice_is_kept_until_it_is_removed(store: UnderTest) {
    let session = store.session(&store.user("alice").await).session;
    let notice = notice(&store, session.id, &session.subject, "web");
    store.sessions.end(session.id, store.now.plus(400 * DAY), std::slice::from_ref(&notice)).await.unwrap();
    claimed(&store, store.now).await;
    store.notices.postpone(notice.id, store.now.plus(SECOND)).await.unwrap();
    assert_eq!(claimed(&store, store.now).await, []);
    assert_eq!(claimed(&store, store.now.plus(SECOND)).await.len(), 1);
    store.notices.remove(notice.id).await.unwrap();
    assert_eq!(claimed(&store, store.now.plus(DAY)).await, []);
    store.notices.remove(notice.id).await.unwrap();
    store.notices.postpone(notice.id, store.now).await.unwrap();
    assert_eq!(claimed(&store, store.now.plus(DAY)).await, [], "nothing comes back");
}

/// Of many that claim at once each notice goes to one, and a limit is kept.
pub async fn a_notice_is_claimed_by_one_of_64(store: UnderTest) {
    let session = store.session(&store.user("alice").await).session;
    let notices: Vec<_> =
        (0..8).map(|number| notice(&store, session.id, &session.subject, &format!("c-{number}"))).collect();
    store.sessions.end(session.id, store.now.plus(400 * DAY), &notices).await.unwrap();
    let claims = race(CALLERS, |_| {
        let (notices, now) = (Arc::clone(&store.notices), store.now);
        async move { notices.claim(now, now.plus(HOUR), 3).await.unwrap() }
    })
    .await;
    assert!(claims.iter().all(|claimed| claimed.len() <= 3));
    let mut found: Vec<_> = claims.into_iter().flatten().map(|notice| notice.id).collect();
    let left = claimed(&store, store.now).await;
    found.extend(left.iter().map(|notice| notice.id));
    found.sort_unstable();
    let mut expect: Vec<_> = notices.iter().map(|notice| notice.id).collect();
    expect.sort_unstable();
    assert_eq!(found, expect);
}

/// Whoever gets the name of a client that was deleted is told nothing of its sessions.
pub async fn a_deleted_client_is_told_nothing(store: UnderTest) {
    let web = client("web");
    assert!(store.clients.put(&client_record("web"), store.now).await.unwrap());
    let session = store.session(&store.user("alice").await).session;
    store.sessions.note_client(session.id, &web).await.unwrap();
    let notice = notice(&store, session.id, &session.subject, "web");
    store.sessions.end(session.id, store.now.plus(400 * DAY), &[notice]).await.unwrap();
    store.clients.delete(&web, store.now).await.unwrap();
    assert_eq!(store.sessions.clients(session.id).await.unwrap(), Vec::<ClientId>::new());
    assert_eq!(claimed(&store, store.now.plus(DAY)).await, []);
}
