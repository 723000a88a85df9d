//! The store in memory keeps the contract.

use std::sync::Arc;

use grantor_domain::time::Timestamp;
use grantor_testkit::MemoryStore;
use grantor_testkit::contract::UnderTest;

async fn fresh() -> UnderTest {
    UnderTest::new(&Arc::new(MemoryStore::new()), Timestamp::from_secs(1_800_000_000))
}

grantor_testkit::store_contract!(fresh());
