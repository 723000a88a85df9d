//! Which database a file is applied to or compared with, and what becomes of one that is new. Nothing is made there that
//! an operator must know of: secrets only for the embedded database of a data directory that has none yet, a schema only
//! where there is none at all.

use std::path::Path;

use grantor_application::Service;
use grantor_application::admin::ApplyFile;
use grantor_ports::Keys as _;
use grantor_store::Store;
use tempfile::TempDir;

use crate::settings::{DATABASE_FILE, DatabaseUrl, ENCRYPTION_SECRETS_FILE, Settings};
use crate::wiring::{Adapters, open_store, storage_away};
use crate::{installation, serve};

/// A database with a schema and keys.
pub(super) struct Database {
    adapters: Adapters,
    settings: Settings,
    /// Where it is, if it is there for a dry run alone.
    _scratch: Option<TempDir>,
}

impl Database {
    /// The configured one. A new one gets its schema and keys.
    ///
    /// # Errors
    /// If storage is away, the key-encryption secrets are missing or others, or the schema is an older one that may not be
    /// changed.
    pub(super) async fn to_change(settings: &Settings, data_dir: &Path) -> anyhow::Result<Self> {
        let is_own = settings.database.url == DatabaseUrl::sqlite(&data_dir.join(DATABASE_FILE));
        if is_own && settings.store().lacks_file() {
            installation::ensure_secrets(settings, data_dir)?;
        }
        let adapters = Adapters::start(settings)?;
        refuse_old_schema(&adapters, settings).await?;
        installation::install(&adapters, settings, ApplyFile::default()).await?;
        adapters.ensure_signing_keys(settings).await?;
        Ok(Self { adapters, settings: settings.clone(), _scratch: None })
    }

    /// The configured one as it is; an empty one elsewhere if that is new, so that nothing is made where it would be.
    ///
    /// # Errors
    /// As [`Self::to_change`].
    pub(super) async fn to_compare_with(settings: &Settings) -> anyhow::Result<Self> {
        if is_new(settings).await? {
            return Self::scratch(settings).await;
        }
        let adapters = Adapters::start(settings)?;
        refuse_old_schema(&adapters, settings).await?;
        Ok(Self { adapters, settings: settings.clone(), _scratch: None })
    }

    async fn scratch(settings: &Settings) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut settings = settings.clone();
        settings.database.url = DatabaseUrl::sqlite(&directory.path().join(DATABASE_FILE));
        settings.keys.encryption_secret = None;
        settings.keys.encryption_secret_file = directory.path().join(ENCRYPTION_SECRETS_FILE);
        let database = Self::to_change(&settings, directory.path()).await?;
        Ok(Self { _scratch: Some(directory), ..database })
    }

    /// The service over it.
    ///
    /// # Errors
    /// As [`Adapters::service`].
    pub(super) async fn service(&self) -> anyhow::Result<Service> {
        self.adapters.service(&self.settings).await
    }
}

/// Whether it has no schema or no keys yet. Makes nothing: SQLite would make the file that it is asked of.
async fn is_new(settings: &Settings) -> anyhow::Result<bool> {
    if settings.store().lacks_file() {
        return Ok(true);
    }
    let store = open_store(settings)?;
    let away = |error| storage_away(settings, error);
    if is_empty(&store, settings).await? {
        return Ok(true);
    }
    let is_current = !store.has_pending_migrations().await.map_err(away)?;
    Ok(is_current && store.list().await.map_err(away)?.is_empty())
}

async fn is_empty(store: &Store, settings: &Settings) -> anyhow::Result<bool> {
    let migrations = store.migrations().await.map_err(|error| storage_away(settings, error))?;
    Ok(!migrations.iter().any(|migration| migration.applied))
}

/// An empty database has nothing to lose by a schema; any other is changed by whoever says so.
async fn refuse_old_schema(adapters: &Adapters, settings: &Settings) -> anyhow::Result<()> {
    if is_empty(&adapters.store, settings).await? {
        return Ok(());
    }
    serve::refuse_old_schema(adapters, settings).await
}
