//! The first start on a new database: its secrets, its schema, its keys and the clients and users it begins with. Once
//! for each database, however many processes start at the same moment.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use grantor_application::admin::ApplyFile;
use grantor_crypto::{EncryptionSecrets, KeyRing, OsRandom, PasswordPool, initial_keys};
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::time::Timestamp;
use grantor_ports::{Clock as _, Random, UserCredentials};
use grantor_store::{InstallError, Installation, Retention};
use tokio::runtime::Handle;

use crate::clock::SystemClock;
use crate::data_dir;
use crate::settings::{ENCRYPTION_SECRETS_FILE, Settings};
use crate::wiring::{Adapters, storage_away};

/// Makes the data directory and the file of key-encryption secrets, unless they are there. A file that the
/// configuration puts elsewhere is the operator's: one made at a mistyped place would open no key.
///
/// # Errors
/// If one cannot be made.
pub(crate) fn ensure_secrets(settings: &Settings, data_dir: &Path) -> anyhow::Result<()> {
    data_dir::create(data_dir)?;
    let path = data_dir.join(ENCRYPTION_SECRETS_FILE);
    if settings.keys.encryption_secret.is_none() && settings.keys.encryption_secret_file == path {
        data_dir::read_or_create(&path, || Ok(EncryptionSecrets::generate_file(&OsRandom)))?;
    }
    Ok(())
}

/// Brings the schema up to date and, if the database is new, gives it keys and what `file` holds. Says whether it was
/// new.
///
/// # Errors
/// If storage is away, or what is to be installed cannot be made.
pub(crate) async fn install(adapters: &Adapters, settings: &Settings, file: ApplyFile) -> anyhow::Result<bool> {
    let now = SystemClock.now();
    let first = FirstContents {
        algorithms: settings.keys.algorithms.clone(),
        secrets: adapters.secrets.clone(),
        passwords: Arc::clone(&adapters.passwords),
        random: Arc::clone(&adapters.random),
        file,
        now,
    };
    let retention = Retention::from(&settings.lifetimes.to_lifetimes());
    let runtime = Handle::current();
    let installed = adapters.store.install(now, &retention, move || first.make(&runtime)).await;
    installed.map_err(|error| match error {
        InstallError::Make(error) => error.context("the new database cannot be filled"),
        InstallError::Store(error) => storage_away(settings, error),
    })
}

/// What a new database begins with, before it is made.
struct FirstContents {
    algorithms: Vec<JwsAlgorithm>,
    secrets: EncryptionSecrets,
    passwords: Arc<PasswordPool>,
    random: Arc<dyn Random>,
    file: ApplyFile,
    now: Timestamp,
}

impl FirstContents {
    /// Makes it, on a thread outside the runtime. Passwords are hashed while the keys are made: each takes a good part of
    /// the second in which the first start should be done.
    fn make(self, runtime: &Handle) -> anyhow::Result<Installation> {
        let Self { algorithms, secrets, passwords, random, file, now } = self;
        let users = runtime.spawn(hash_passwords(passwords, file.users, now));
        let keys = initial_keys(&algorithms, &secrets, &*random, now)?;
        let ring = KeyRing::new(secrets, keys.clone(), random)?;
        let clients = file.clients.iter().map(|entry| Ok(entry.to_record(&ring)??)).collect::<anyhow::Result<_>>()?;
        let users = runtime.block_on(users).context("hashing passwords was interrupted")??;
        Ok(Installation { keys, clients, users })
    }
}

async fn hash_passwords(
    passwords: Arc<PasswordPool>,
    users: Vec<grantor_application::admin::UserEntry>,
    now: Timestamp,
) -> anyhow::Result<Vec<UserCredentials>> {
    let mut credentials = Vec::new();
    for user in users {
        credentials.push(user.to_credentials(&*passwords, now).await?);
    }
    Ok(credentials)
}
