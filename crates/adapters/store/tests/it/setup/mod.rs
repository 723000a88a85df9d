//! A database for each test: a file of its own, or a Postgres database cloned from a template that is migrated once.

mod client;
mod postgres;
mod proxy;
mod watch;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::Lifetimes;
use grantor_store::{Engine, InstallError, Installation, Retention, Store, StoreConfig};
use grantor_testkit::contract::UnderTest;

pub(crate) use client::Client;
pub(crate) use proxy::Proxy;
pub(crate) use watch::Watch;

/// When the rows of most tests are made: the partitions of the template are those of this moment.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Connections of a store under test: enough to race, few enough for many tests at once.
const POOL: u32 = 6;

/// The server's defaults.
pub(crate) fn retention() -> Retention {
    Retention::from(&Lifetimes::default())
}

/// Where one test's database is. It goes away with this value.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) engine: Engine,
    _kept: Kept,
}

/// What goes away when the test is over.
#[expect(dead_code, reason = "both are kept to be dropped")]
enum Kept {
    Database(postgres::Database),
    Directory(tempfile::TempDir),
}

impl Place {
    /// A file that does not exist yet.
    pub(crate) fn empty_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path: PathBuf = directory.path().join("grantor.db");
        let url = format!("sqlite:{}", path.display());
        Self { url, engine: Engine::Sqlite, _kept: Kept::Directory(directory) }
    }

    /// A file with the schema.
    pub(crate) async fn sqlite() -> Self {
        let place = Self::empty_sqlite();
        install_nothing(&place.store()).await;
        place
    }

    /// A database without the schema.
    pub(crate) fn empty_postgres() -> Self {
        Self::on(postgres::Database::create("template0"))
    }

    /// A database with the schema and the partitions of [`NOW`].
    pub(crate) async fn postgres() -> Self {
        Self::on(postgres::Database::create(postgres::template().await))
    }

    fn on(database: postgres::Database) -> Self {
        Self { url: database.url(), engine: Engine::Postgres, _kept: Kept::Database(database) }
    }

    /// A store on the database. Several are replicas of each other.
    pub(crate) fn store(&self) -> Arc<Store> {
        self.store_of(match self.engine {
            Engine::Postgres => POOL,
            Engine::Sqlite => 1,
        })
    }

    /// A store with this many connections.
    pub(crate) fn store_of(&self, pool_size: u32) -> Arc<Store> {
        let config = StoreConfig { pool_size: Some(pool_size), ..StoreConfig::new(self.url.as_str()) };
        Arc::new(Store::connect(&config).unwrap())
    }

    /// A connection that is not the store's, to look behind it.
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.engine, &self.url)
    }

    /// The database under test; it goes away with it.
    pub(crate) fn under_test(self) -> UnderTest {
        let store = self.store();
        let counted = Arc::clone(&store);
        UnderTest::new(&store, NOW).counting(move || counted.statements()).keeping(self)
    }
}

/// Migrates, makes the partitions of [`NOW`] and puts nothing in.
async fn install_nothing(store: &Store) {
    let installed = store.install(NOW, &retention(), || Ok::<_, Infallible>(Installation::default())).await;
    match installed {
        Ok(is_new) => assert!(is_new),
        Err(InstallError::Make(never)) => match never {},
        Err(InstallError::Store(outage)) => panic!("the schema could not be installed: {outage}"),
    }
}

/// Mounts each function, which takes a migrated [`Place`], as a test on either engine.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name(crate::setup::Place::sqlite().await).await;
                }
            )*
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name(crate::setup::Place::postgres().await).await;
                }
            )*
        }
    };
}

/// The same on databases without the schema.
macro_rules! on_both_engines_empty {
    ($($name:ident),* $(,)?) => {
        mod on_empty_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name(crate::setup::Place::empty_sqlite()).await;
                }
            )*
        }
        mod on_empty_postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name(crate::setup::Place::empty_postgres()).await;
                }
            )*
        }
    };
}

pub(crate) use {on_both_engines, on_both_engines_empty};
