//! What files declare: planned on what storage had, carried out whole or not at all.

use std::sync::Arc;

use grantor_domain::client::ClientId;
use grantor_domain::registry::{Owner, RegisteredResource, RegisteredScope, Registry};
use grantor_ports::{
    Change, ClientRecord, Commitment, DeclarationPlan, EnrolledFactors, Mentioned, ObjectKind, Owned, PolicyWrite,
    Survey, UserCredentials, UserUpdate, UserWrite, Write,
};
use serde_json::json;

use super::fixture::{
    HOUR, SECOND, claims, client, client_record, credentials, key_of, passkey, password, scope, subject, totp,
};
use super::{UnderTest, race};

fn owner(name: &str) -> Owner {
    Owner::try_from(name.to_owned()).unwrap()
}

fn registered_scope(name: &str) -> RegisteredScope {
    serde_json::from_value(json!({ "name": name, "description": format!("Do \"{name}\" – ünïcode") })).unwrap()
}

fn registered_resource(identifier: &str) -> RegisteredResource {
    serde_json::from_value(json!({ "identifier": identifier, "name": "An API", "scopes": ["read", "write"] })).unwrap()
}

/// A plan of the owner `team` that does nothing yet.
fn nothing() -> DeclarationPlan {
    DeclarationPlan { owner: owner("team"), ..DeclarationPlan::default() }
}

/// A plan that creates one object of each kind.
fn everything() -> DeclarationPlan {
    DeclarationPlan {
        clients: vec![Write::Create(client_record("client"))],
        resources: vec![Write::Create(registered_resource("urn:api"))],
        scopes: vec![Write::Create(registered_scope("read"))],
        users: vec![UserWrite::Create(credentials("alice"))],
        ..nothing()
    }
}

fn mentioned() -> Mentioned {
    Mentioned {
        clients: vec![client("client"), client("client-2")],
        resources: vec![registered_resource("urn:api").identifier, registered_resource("urn:other").identifier],
        scopes: vec![registered_scope("read").name, registered_scope("write").name],
        subjects: vec![subject("alice"), subject("bob")],
        usernames: vec![credentials("alice").user.username, credentials("bob").user.username],
    }
}

async fn surveyed(store: &UnderTest) -> Survey {
    let mut survey = store.declarations.survey(&mentioned(), &owner("team")).await.unwrap();
    survey.owned.sort_by(|left, right| (left.kind, &left.name).cmp(&(right.kind, &right.name)));
    survey.principals.sort();
    survey
}

async fn commit(store: &UnderTest, plan: &DeclarationPlan) -> Commitment {
    store.declarations.commit(plan, store.now).await.unwrap()
}

async fn done(store: &UnderTest, plan: &DeclarationPlan) {
    assert_eq!(commit(store, plan).await, Commitment::Done);
}

/// Everything that [`mentioned`] names and the changes recorded, to see that nothing changed.
async fn snapshot(store: &UnderTest) -> String {
    let mut survey = surveyed(store).await;
    survey.clients.sort_by(|left, right| left.settings.client_id.cmp(&right.settings.client_id));
    survey.users.sort_by(|left, right| left.user.subject.cmp(&right.user.subject));
    survey.scopes.sort_by(|left, right| left.name.cmp(&right.name));
    let hashes: Vec<_> = survey.users.iter().map(|user| user.password.as_ref().map(|hash| hash.expose())).collect();
    format!("{survey:#?} {hashes:?} {:?}", store.changes.since(store.now).await.unwrap())
}

async fn changes(store: &UnderTest) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (_, change) in store.changes.since(store.now).await.unwrap() {
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    changes
}

/// What a plan creates comes back as it was, owned by who declared it, and replicas are told.
pub async fn what_is_created_comes_back_as_it_was(store: UnderTest) {
    assert_eq!(store.declarations.registry().await.unwrap(), Registry::default());
    done(&store, &everything()).await;
    let survey = surveyed(&store).await;
    assert_eq!(survey.clients, [client_record("client")]);
    assert_eq!(survey.resources, [registered_resource("urn:api")]);
    assert_eq!(survey.scopes, [registered_scope("read")]);
    assert_eq!(survey.users, [credentials("alice")]);
    let taken = [("alice", ObjectKind::User), ("client", ObjectKind::Client)];
    assert_eq!(survey.principals, taken.map(|(name, kind)| (name.to_owned(), kind)));
    let objects = [
        (ObjectKind::Client, "client"),
        (ObjectKind::Resource, "urn:api"),
        (ObjectKind::Scope, "read"),
        (ObjectKind::User, "alice"),
    ];
    let owned = objects.map(|(kind, name)| Owned { kind, name: name.to_owned(), owner: owner("team") });
    assert_eq!(survey.owned, owned);
    let registry = Registry::new([registered_scope("read")], [registered_resource("urn:api")]);
    assert_eq!(store.declarations.registry().await.unwrap(), registry);
    let changes = changes(&store).await;
    assert!(changes.contains(&Change::Client(client("client"))) && changes.contains(&Change::Registry));
}

/// An owner sees all that is its own, and of others' only what is asked.
pub async fn a_survey_tells_who_owns_what(store: UnderTest) {
    let elsewhere = |id: &str, name: &str| DeclarationPlan {
        owner: owner(name),
        clients: vec![Write::Create(client_record(id))],
        ..nothing()
    };
    for plan in [elsewhere("client", "another"), elsewhere("unasked", "another"), elsewhere("own", "team")] {
        done(&store, &plan).await;
    }
    let owned = surveyed(&store).await.owned;
    let named: Vec<_> = owned.iter().map(|owned| (owned.name.as_str(), owned.owner.as_str())).collect();
    assert_eq!(named, [("client", "another"), ("own", "team")]);
}

/// An update changes what it says and nothing else; a new password voids what was before it.
pub async fn an_update_changes_just_what_it_says(store: UnderTest) {
    done(&store, &everything()).await;
    let mut renamed = client_record("client");
    renamed.settings.client_name = Some("Renamed".to_owned());
    let described: RegisteredScope = serde_json::from_value(json!({ "name": "read", "description": "Anew" })).unwrap();
    let seen = credentials("alice");
    let update = UserUpdate { seen: seen.clone(), claims: Some(claims(json!({ "nickname": "Al" }))), password: None };
    let plan = DeclarationPlan {
        clients: vec![Write::Update { seen: client_record("client"), wanted: renamed.clone() }],
        scopes: vec![Write::Update { seen: registered_scope("read"), wanted: described.clone() }],
        users: vec![UserWrite::Update(update)],
        ..nothing()
    };
    done(&store, &plan).await;
    let survey = surveyed(&store).await;
    assert_eq!((survey.clients, survey.scopes), (vec![renamed], vec![described]));
    let mut expect = seen;
    expect.user.claims = claims(json!({ "nickname": "Al" }));
    assert_eq!(survey.users, std::slice::from_ref(&expect));
    let update = UserUpdate { seen: expect.clone(), claims: None, password: Some(password("second")) };
    done(&store, &DeclarationPlan { users: vec![UserWrite::Update(update)], ..nothing() }).await;
    expect.password = Some(password("second"));
    expect.user.not_before = store.now;
    assert_eq!(surveyed(&store).await.users, [expect]);
}

/// What nobody owns can be adopted, as it is; a policy of somebody else's client is changed without adopting it.
pub async fn adopting_records_the_owner_and_nothing_else(store: UnderTest) {
    for id in ["client", "client-2"] {
        assert!(store.clients.put(&client_record(id), store.now).await.unwrap());
    }
    store.user("alice").await;
    let mut wanted = client_record("client-2");
    wanted.settings.client_name = Some("Renamed".to_owned());
    let plan = DeclarationPlan {
        clients: vec![Write::Adopt(client_record("client"))],
        policies: vec![PolicyWrite { seen: client_record("client-2"), wanted: wanted.clone() }],
        users: vec![UserWrite::Adopt(credentials("alice"))],
        ..nothing()
    };
    done(&store, &plan).await;
    let survey = surveyed(&store).await;
    let owned: Vec<_> = survey.owned.iter().map(|owned| (owned.kind, owned.name.as_str())).collect();
    assert_eq!(owned, [(ObjectKind::Client, "client"), (ObjectKind::User, "alice")]);
    assert_eq!(store.clients.list().await.unwrap(), [client_record("client"), wanted]);
    assert_eq!(survey.users, [credentials("alice")]);
    done(&store, &plan_again(&plan)).await;
}

/// The same plan after it was done: the policy's client is as it wanted.
fn plan_again(plan: &DeclarationPlan) -> DeclarationPlan {
    DeclarationPlan { policies: Vec::new(), ..plan.clone() }
}

/// One entry that is not as the plan saw it, and nothing of the plan is done.
pub async fn an_overtaken_plan_writes_nothing(store: UnderTest) {
    done(&store, &everything()).await;
    let foreign = DeclarationPlan {
        owner: owner("another"),
        clients: vec![Write::Create(client_record("client-2"))],
        ..nothing()
    };
    done(&store, &foreign).await;
    let before = snapshot(&store).await;
    let mut changed_client = client_record("client");
    changed_client.settings.client_name = Some("Not so".to_owned());
    let mut changed_user = credentials("alice");
    changed_user.password = Some(password("not so"));
    let mut same_username = credentials("bob");
    same_username.user.username = credentials("alice").user.username;
    let with = |change: &dyn Fn(&mut DeclarationPlan)| {
        let mut plan = DeclarationPlan {
            scopes: vec![Write::Create(registered_scope("write"))],
            remove: vec![(ObjectKind::Resource, "urn:api".to_owned())],
            ..nothing()
        };
        change(&mut plan);
        plan
    };
    let overtaken = [
        with(&|plan| plan.clients.push(Write::Create(client_record("client")))),
        with(&|plan| plan.clients.push(Write::Create(client_record("alice")))),
        with(&|plan| plan.clients.push(Write::Adopt(changed_client.clone()))),
        with(&|plan| plan.clients.push(Write::Adopt(client_record("client-2")))),
        with(&|plan| {
            plan.clients.push(Write::Update { seen: changed_client.clone(), wanted: client_record("client") });
        }),
        with(&|plan| {
            let seen = changed_client.clone();
            plan.policies.push(PolicyWrite { seen, wanted: client_record("client") });
        }),
        with(&|plan| plan.scopes.push(Write::Create(registered_scope("read")))),
        with(&|plan| plan.resources.push(Write::Adopt(registered_resource("urn:other")))),
        with(&|plan| plan.users.push(UserWrite::Create(credentials("alice")))),
        with(&|plan| plan.users.push(UserWrite::Create(credentials("client")))),
        with(&|plan| plan.users.push(UserWrite::Create(same_username.clone()))),
        with(&|plan| plan.users.push(UserWrite::Adopt(changed_user.clone()))),
        with(&|plan| {
            let seen = changed_user.clone();
            plan.users.push(UserWrite::Update(UserUpdate { seen, claims: None, password: Some(password("new")) }));
        }),
        with(&|plan| plan.remove.push((ObjectKind::Client, "client-2".to_owned()))),
        with(&|plan| plan.remove.push((ObjectKind::User, "bob".to_owned()))),
    ];
    for (number, plan) in overtaken.iter().enumerate() {
        assert_eq!(commit(&store, plan).await, Commitment::Overtaken, "plan {number}");
        assert_eq!(snapshot(&store).await, before, "plan {number}");
    }
    done(&store, &with(&|_plan| {})).await;
}

/// A removed client takes with it what it was given and what people allowed it; only a client may have its name again.
pub async fn a_removed_client_leaves_its_name_alone(store: UnderTest) {
    let record = client_record("client-1");
    let (alice, asked) = (store.user("alice").await, scope("read"));
    done(&store, &DeclarationPlan { clients: vec![Write::Create(record.clone())], ..nothing() }).await;
    let (grant, short) = (store.opened(&alice).await, {
        let short = store.grant_in(super::fixture::CLASSES[1], &alice);
        store.open(&short).await;
        short
    });
    let mut others = store.grant(&alice);
    others.terms.client_id = client("client-2");
    store.open(&others).await;
    store.consents.remember(&alice, &client("client-1"), &asked, store.now).await.unwrap();
    let remove = DeclarationPlan { remove: vec![(ObjectKind::Client, "client-1".to_owned())], ..nothing() };
    done(&store, &remove).await;
    assert_eq!(store.clients.find(&client("client-1")).await.unwrap(), None);
    for ended in [&grant, &short] {
        assert_eq!(store.grants.find(&key_of(ended), store.now).await.unwrap(), None);
    }
    assert!(store.grants.find(&key_of(&others), store.now).await.unwrap().is_some());
    assert_eq!(store.consents.find(&alice, &client("client-1")).await.unwrap(), None);
    assert!(changes(&store).await.contains(&Change::Client(client("client-1"))));
    assert!(!store.users.insert(&credentials("client-1")).await.unwrap(), "a user would pose as the client");
    assert!(store.clients.put(&record, store.now).await.unwrap());
    assert_eq!(commit(&store, &remove).await, Commitment::Overtaken, "it is nobody's now");
}

/// What was under way when a client was removed, and came to be opened for it later, is not given to the next of its
/// name: not even if new names are created beside it.
pub async fn a_client_created_again_gets_nothing_of_the_old(store: UnderTest) {
    let (alice, id) = (store.user("alice").await, client("client-1"));
    let create = |ids: &[&str]| DeclarationPlan {
        clients: ids.iter().map(|id| Write::Create(client_record(id))).collect(),
        ..nothing()
    };
    done(&store, &create(&["client-1"])).await;
    done(&store, &DeclarationPlan { remove: vec![(ObjectKind::Client, "client-1".to_owned())], ..nothing() }).await;
    let mut late = Vec::new();
    for class in super::fixture::CLASSES {
        let grant = store.grant_in(class, &alice);
        store.open(&grant).await;
        late.push(grant);
    }
    let mut others = store.grant(&alice);
    others.terms.client_id = client("client-2");
    store.open(&others).await;
    store.consents.remember(&alice, &id, &scope("read"), store.now).await.unwrap();
    done(&store, &create(&["client-0", "client-1"])).await;
    for grant in &late {
        assert_eq!(store.grants.find(&key_of(grant), store.now).await.unwrap(), None);
    }
    assert!(store.grants.find(&key_of(&others), store.now).await.unwrap().is_some());
    assert_eq!(store.consents.find(&alice, &id).await.unwrap(), None);
    assert_eq!(store.clients.find(&id).await.unwrap(), Some(client_record("client-1")));
}

/// A removed user takes everything along. Somebody else may have the subject later, and nothing of old comes to life.
pub async fn a_removed_users_subject_may_be_given_again(store: UnderTest) {
    done(&store, &everything()).await;
    let alice = subject("alice");
    let grant = store.opened(&alice).await;
    let session = store.session(&alice);
    assert!(store.sessions.open(&session).await.unwrap());
    store.consents.remember(&alice, &client("client-1"), &scope("read"), store.now).await.unwrap();
    let passkey = passkey(&store, "phone", store.now);
    assert!(store.second_factors.enrol_totp(&alice, &totp(1), Some(&[[7; 32]])).await.unwrap());
    assert!(store.second_factors.enrol_passkey(&alice, &passkey, None).await.unwrap());
    done(&store, &DeclarationPlan { remove: vec![(ObjectKind::User, "alice".to_owned())], ..nothing() }).await;
    assert_eq!(store.users.by_subject(&alice).await.unwrap(), None);
    assert_eq!(store.second_factors.of(&alice).await.unwrap(), EnrolledFactors::default());
    assert_eq!(store.second_factors.passkey(&passkey.id).await.unwrap(), None);
    assert_eq!(surveyed(&store).await.principals[0], ("alice".to_owned(), ObjectKind::User));
    assert!(!store.clients.put(&client_record("alice"), store.now).await.unwrap(), "a client would pose as the user");
    assert!(store.users.insert(&credentials("alice")).await.unwrap());
    assert!(!store.users.insert(&credentials("alice")).await.unwrap());
    assert_eq!(store.grants.find(&key_of(&grant), store.now).await.unwrap(), None);
    let found = store.sessions.find(session.session.id, &session.secret_hash, store.now).await.unwrap();
    assert_eq!(found, None, "a browser of old");
    assert_eq!(store.consents.find(&alice, &client("client-1")).await.unwrap(), None);
    assert_eq!(store.second_factors.of(&alice).await.unwrap(), EnrolledFactors::default());
    assert!(!store.second_factors.spend_step(&alice, u64::from(u32::MAX)).await.unwrap());
    assert!(!store.second_factors.spend_recovery_code(&alice, &[7; 32]).await.unwrap());
    let bob = store.user("bob").await;
    assert!(store.second_factors.enrol_passkey(&bob, &passkey, None).await.unwrap(), "nobody has the passkey");
}

/// What is removed makes room in the same plan: a new user may have the username of one who goes.
pub async fn removals_come_first(store: UnderTest) {
    done(&store, &everything()).await;
    let mut successor = credentials("alice");
    successor.user.subject = subject("bob");
    let plan = DeclarationPlan {
        users: vec![UserWrite::Create(successor.clone())],
        remove: vec![(ObjectKind::User, "alice".to_owned())],
        ..nothing()
    };
    done(&store, &plan).await;
    assert_eq!(surveyed(&store).await.users, [successor]);
}

/// Of plans that were made at once, one is carried out, and nothing of the others.
pub async fn one_of_racing_plans_is_carried_out(store: UnderTest) {
    const PLANS: usize = 8;
    let committed = race(PLANS, |caller| {
        let mut shared = client_record("shared");
        shared.settings.client_name = Some(format!("of plan {caller}"));
        let own = client_record(&format!("own-{caller}"));
        let plan = DeclarationPlan { clients: vec![Write::Create(own), Write::Create(shared)], ..nothing() };
        let (declarations, now) = (Arc::clone(&store.declarations), store.now);
        async move { (caller, declarations.commit(&plan, now).await.unwrap()) }
    })
    .await;
    let winners: Vec<_> = committed.iter().filter(|(_, outcome)| *outcome == Commitment::Done).collect();
    assert_eq!(winners.len(), 1, "{committed:?}");
    let winner = winners[0].0;
    let stored = store.clients.list().await.unwrap();
    let ids: Vec<&str> = stored.iter().map(|record| record.settings.client_id.as_str()).collect();
    assert_eq!(ids, [format!("own-{winner}").as_str(), "shared"]);
    assert_eq!(stored[1].settings.client_name, Some(format!("of plan {winner}")));
}

/// A plan and another administrator meet: whoever comes second finds what the first did, and nothing is lost.
pub async fn a_plan_and_another_administrator_lose_nothing(store: UnderTest) {
    for round in 0..16 {
        let id = format!("client-{round}");
        let before = client_record(&id);
        assert!(store.clients.put(&before, store.now).await.unwrap());
        let renamed = |name: &str| {
            let mut record = before.clone();
            record.settings.client_name = Some(name.to_owned());
            record
        };
        let (planned, put) = (renamed("by the plan"), renamed("by hand"));
        let outcomes = race(2, |caller| {
            let (clients, declarations, now) = (Arc::clone(&store.clients), Arc::clone(&store.declarations), store.now);
            let update = Write::Update { seen: before.clone(), wanted: planned.clone() };
            let (plan, put) = (DeclarationPlan { clients: vec![update], ..nothing() }, put.clone());
            async move {
                match caller {
                    0 => Some(declarations.commit(&plan, now).await.unwrap()),
                    _ => {
                        assert!(clients.put(&put, now).await.unwrap());
                        None
                    }
                }
            }
        })
        .await;
        // Whether the plan came first or was overtaken, what was put by hand is there: it looked at nothing.
        assert_eq!(outcomes.into_iter().flatten().count(), 1);
        assert_eq!(store.clients.find(&client(&id)).await.unwrap(), Some(put), "{id}");
    }
}

/// Thousands of objects are a matter of some statements, not one an object.
pub async fn thousands_take_few_statements(store: UnderTest) {
    const USERS: usize = 2_000;
    let Some(before) = store.statements() else { return };
    let users: Vec<UserCredentials> = (0..USERS).map(|number| credentials(&format!("user-{number}"))).collect();
    let subjects = users.iter().map(|user| user.user.subject.clone()).collect();
    let usernames = users.iter().map(|user| user.user.username.clone()).collect();
    let mentioned = Mentioned { subjects, usernames, ..Mentioned::default() };
    let survey = store.declarations.survey(&mentioned, &owner("team")).await.unwrap();
    assert!(survey.users.is_empty() && survey.principals.is_empty());
    let plan = DeclarationPlan { users: users.into_iter().map(UserWrite::Create).collect(), ..nothing() };
    done(&store, &plan).await;
    let sent = store.statements().unwrap() - before;
    assert!(sent <= 40, "{sent} statements");
    let survey = store.declarations.survey(&mentioned, &owner("team")).await.unwrap();
    assert_eq!((survey.users.len(), survey.principals.len(), survey.owned.len()), (USERS, USERS, USERS));
}

/// A row that only a newer version would write differently is still the one that was seen: content counts, not text.
pub async fn a_record_is_compared_by_content(store: UnderTest) {
    let settings = json!({
        "client_id": "client", "grant_types": ["client_credentials"], "scope": "write  read",
        "of_a_newer_version": { "b": 1, "a": [null] },
    });
    let stored = ClientRecord { settings: serde_json::from_value(settings).unwrap(), secrets: Vec::new() };
    assert!(store.clients.put(&stored, store.now).await.unwrap());
    let mut seen = stored.clone();
    seen.settings.scope = scope("read write");
    let mut wanted = seen.clone();
    wanted.settings.unknown.clear();
    let plan = DeclarationPlan { clients: vec![Write::Update { seen, wanted: wanted.clone() }], ..nothing() };
    done(&store, &plan).await;
    assert_eq!(store.clients.find(&ClientId::parse("client").unwrap()).await.unwrap(), Some(wanted));
}

/// What is done later is recorded as later, so that replicas see it.
pub async fn changes_are_recorded_at_their_time(store: UnderTest) {
    done(&store, &everything()).await;
    let later = store.now.plus(HOUR);
    let plan = DeclarationPlan { remove: vec![(ObjectKind::Scope, "read".to_owned())], ..nothing() };
    assert_eq!(store.declarations.commit(&plan, later).await.unwrap(), Commitment::Done);
    let recorded = store.changes.since(store.now.plus(SECOND)).await.unwrap();
    assert!(recorded.iter().any(|(_, change)| *change == Change::Registry), "{recorded:?}");
    let adopt = DeclarationPlan { resources: vec![Write::Adopt(registered_resource("urn:api"))], ..nothing() };
    let even_later = later.plus(HOUR);
    assert_eq!(store.declarations.commit(&adopt, even_later).await.unwrap(), Commitment::Done);
    assert_eq!(store.changes.since(even_later).await.unwrap(), [], "nothing that replicas keep has changed");
}
