//! A statement took effect and its answer was lost: where the store asks again, it recognises its own earlier attempt.

use std::sync::Arc;

use grantor_domain::client::StoredSecret;
use grantor_domain::grant::NewGrant;
use grantor_domain::user::Subject;
use grantor_ports::{Grants, OpenOutcome, ReplayGuard, RotateOutcome, SecondFactors, Spend, StoredTotp, Users};
use grantor_store::{Store, StoreConfig};
use grantor_testkit::contract::{UnderTest, rotation_of};

use crate::setup::{DAY, NOW, Place, Proxy};

/// A store of one connection behind a network that can lose an answer, with every statement used here prepared: what
/// is lost next is the answer to a statement, not to its preparation.
struct Behind {
    proxy: Proxy,
    store: Arc<Store>,
    ports: UnderTest,
    alice: Subject,
}

impl Behind {
    async fn new() -> Self {
        let place = Place::postgres().await;
        let proxy = Proxy::to(&place);
        let config = StoreConfig { pool_size: Some(1), ..StoreConfig::new(proxy.url.as_str()) };
        let store = Arc::new(Store::connect(&config).unwrap());
        let ports = UnderTest::new(&store, NOW).keeping(place);
        let alice = ports.user("alice").await;
        let grant = ports.opened(&alice).await;
        store.rotate(&rotation_of(&grant, 0, NOW)).await.unwrap();
        store.spend(&[0; 32], NOW.plus(DAY)).await.unwrap();
        store.disable(&alice, NOW.minus(DAY)).await.unwrap();
        store.enable(&alice).await.unwrap();
        let secret = StoredSecret::Sealed { key: 1, sealed: "sealed".to_owned(), estimated_bits: 160 };
        store.enrol_totp(&alice, &StoredTotp { secret, last_step: 7 }, Some(&[[1; 32], [2; 32]])).await.unwrap();
        store.spend_step(&alice, 7).await.unwrap();
        store.spend_recovery_code(&alice, &[3; 32]).await.unwrap();
        Self { proxy, store, ports, alice }
    }

    fn grant(&self) -> NewGrant {
        self.ports.grant(&self.alice)
    }

    /// Loses the answer to what is asked next.
    fn lose(&self) -> &Store {
        self.proxy.lose_next_answer();
        &self.store
    }

    fn check_lost(&self) {
        assert!(!self.proxy.is_armed(), "no answer was lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_is_recognised() {
    let behind = Behind::new().await;
    let grant = behind.grant();
    let outcome = behind.lose().open(&grant).await.unwrap();
    behind.check_lost();
    assert!(matches!(outcome, OpenOutcome::Opened(_)), "{outcome:?}");
    let second = NewGrant { secret_hash: [7; 32], ..grant };
    assert_eq!(behind.store.open(&second).await.unwrap(), OpenOutcome::AlreadyRedeemed);
}

/// The row in the way was an attempt that nobody heard of, and is gone when it is looked at. Here a trigger stands for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_meets_one_being_taken_back_opens_all_the_same() {
    let place = Place::postgres().await;
    place.client().run(
        "CREATE SEQUENCE insertions; \
         CREATE FUNCTION skip_the_first() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RETURN CASE WHEN nextval('insertions') > 1 THEN NEW END; END $$; \
         CREATE TRIGGER skip_the_first BEFORE INSERT ON grants_long FOR EACH ROW EXECUTE FUNCTION skip_the_first()",
    );
    let store = place.store_of(1);
    let ports = UnderTest::new(&store, NOW);
    let alice = ports.user("alice").await;
    let outcome = store.open(&ports.grant(&alice)).await.unwrap();
    assert!(matches!(outcome, OpenOutcome::Opened(_)), "{outcome:?}");
}

/// The repeated rotation finds the row one step ahead, spent at the moment it gives itself: which the rules call a
/// retry, and answer with the successor that the first attempt would have.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_recognised() {
    let behind = Behind::new().await;
    let grant = behind.grant();
    behind.ports.open(&grant).await;
    let outcome = behind.lose().rotate(&rotation_of(&grant, 0, NOW)).await.unwrap();
    behind.check_lost();
    let RotateOutcome::Past(live) = outcome else { panic!("{outcome:?}") };
    assert_eq!((live.grant.generation, live.grant.spent_at), (1, Some(NOW)));
}

/// Nobody could tell it from a replay, so it is an outage, and the value is spent.
#[tokio::test(flavor = "multi_thread")]
async fn a_spent_value_is_an_outage() {
    let behind = Behind::new().await;
    assert!(behind.lose().spend(&[1; 32], NOW.plus(DAY)).await.is_err());
    behind.check_lost();
    assert_eq!(behind.store.spend(&[1; 32], NOW.plus(DAY)).await.unwrap(), Spend::Replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn disabling_a_user_takes_effect_once() {
    let behind = Behind::new().await;
    assert!(behind.lose().disable(&behind.alice, NOW).await.unwrap());
    behind.check_lost();
    let alice = behind.store.by_subject(&behind.alice).await.unwrap().unwrap();
    assert_eq!((alice.user.disabled_at, alice.user.not_before), (Some(NOW), NOW));
}

/// Whoever would say that the step was spent before cannot tell who spent it.
#[tokio::test(flavor = "multi_thread")]
async fn a_spent_step_is_an_outage() {
    let behind = Behind::new().await;
    assert!(behind.lose().spend_step(&behind.alice, 8).await.is_err());
    behind.check_lost();
    assert!(!behind.store.spend_step(&behind.alice, 8).await.unwrap());
    assert!(behind.store.spend_step(&behind.alice, 9).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_recovery_code_is_an_outage() {
    let behind = Behind::new().await;
    assert!(behind.lose().spend_recovery_code(&behind.alice, &[1; 32]).await.is_err());
    behind.check_lost();
    assert!(!behind.store.spend_recovery_code(&behind.alice, &[1; 32]).await.unwrap());
    assert!(behind.store.spend_recovery_code(&behind.alice, &[2; 32]).await.unwrap());
}
