//! Which adapter stands behind which port.

use std::fs;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use grantor_application::{Ports, Service};
use grantor_crypto::{EncryptionSecrets, JwkSets, KeyRing, NewKey, OsRandom, Passkeys, PasswordPool};
use grantor_outbound::{Outbound, OutboundConfig};
use grantor_ports::{Clock as _, KeyPurpose, KeyRecord, Keys, Random, Unavailable};
use grantor_store::Store;
use zeroize::Zeroizing;

use crate::clock::SystemClock;
use crate::data_dir;
use crate::settings::{OutboundSettings, Settings};

/// How often a look at the key ring is repeated that met another replica's change.
const ATTEMPTS: usize = 5;

/// The adapters that exist before the database has been looked at.
pub struct Adapters {
    /// Storage.
    pub store: Arc<Store>,
    /// What reads the keys in storage.
    pub secrets: EncryptionSecrets,
    /// Hashes passwords.
    pub passwords: Arc<PasswordPool>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Asks others.
    pub outbound: Arc<Outbound>,
}

impl Adapters {
    /// Starts the threads of storage and of password hashing. Nothing is asked of the database yet.
    ///
    /// # Errors
    /// If the key-encryption secrets cannot be read, a setting is impossible, or no thread can be started.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let passwords = PasswordPool::start(&settings.password_pool(), Arc::clone(&random)).context("passwords")?;
        Ok(Self {
            store: Arc::new(open_store(settings)?),
            secrets: read_secrets(settings)?,
            passwords: Arc::new(passwords),
            random,
            outbound: Arc::new(outbound(&settings.outbound)?),
        })
    }

    /// The service over these adapters and the key ring in storage.
    ///
    /// # Errors
    /// If storage is away, holds no keys yet or keys that cannot be read; each message says what to do.
    pub async fn service(&self, settings: &Settings) -> anyhow::Result<Service> {
        let service_settings = settings.service()?;
        let records = self.keys(settings).await?;
        let ring = Arc::new(self.ring(settings, records)?);
        let store = &self.store;
        let ports = Ports {
            attempts: Arc::clone(store) as _,
            changes: Arc::clone(store) as _,
            clients: Arc::clone(store) as _,
            consents: Arc::clone(store) as _,
            declarations: Arc::clone(store) as _,
            devices: Arc::clone(store) as _,
            fetch: Arc::clone(&self.outbound) as _,
            grants: Arc::clone(store) as _,
            keys: Arc::clone(store) as _,
            logout_notices: Arc::clone(store) as _,
            registrations: Arc::clone(store) as _,
            replay_guard: Arc::clone(store) as _,
            second_factors: Arc::clone(store) as _,
            sessions: Arc::clone(store) as _,
            users: Arc::clone(store) as _,
            client_keys: Arc::new(JwkSets),
            client_secrets: Arc::clone(&ring) as _,
            key_ring: Arc::clone(&ring) as _,
            pairwise_subjects: Arc::clone(&ring) as _,
            passkeys: Passkeys::of(&service_settings.issuer).map(|passkeys| Arc::new(passkeys) as _),
            passwords: Arc::clone(&self.passwords) as _,
            sealer: Arc::clone(&ring) as _,
            signer: Arc::clone(&ring) as _,
            clock: Arc::new(SystemClock),
            random: Arc::clone(&self.random),
        };
        Ok(Service::start(ports, service_settings).await?)
    }

    fn ring(&self, settings: &Settings, records: Vec<KeyRecord>) -> anyhow::Result<KeyRing> {
        KeyRing::new(self.secrets.clone(), records, Arc::clone(&self.random))
            .with_context(|| format!("keys.encryption_secret_file {}", settings.keys.encryption_secret_file.display()))
    }

    async fn keys(&self, settings: &Settings) -> anyhow::Result<Vec<KeyRecord>> {
        let has_pending = self.store.has_pending_migrations().await.map_err(|error| storage_away(settings, error))?;
        if has_pending {
            bail!(
                "the schema of {} is not up to date: `grantor migrate run` brings it there; `grantor dev` does so by itself, \
                 and `grantor serve` and `grantor apply` with database.migrate = true",
                settings.database.url
            );
        }
        let records = Keys::list(&*self.store).await.map_err(|error| storage_away(settings, error))?;
        if records.is_empty() {
            bail!("{} has no keys yet: start the server once, or use `grantor apply`", settings.database.url);
        }
        Ok(records)
    }

    /// Makes a signing key for each algorithm that was configured after the first start.
    ///
    /// # Errors
    /// If storage is away, a key cannot be made, or other processes keep changing the ring.
    pub async fn ensure_signing_keys(&self, settings: &Settings) -> anyhow::Result<()> {
        for _attempt in 0..ATTEMPTS {
            let records = self.keys(settings).await?;
            // Whoever cannot read the ring must not add to it: a key under another secret would lock everybody else out.
            self.ring(settings, records.clone())?;
            let now = SystemClock.now();
            let is_there = |purpose| records.iter().any(|key| key.purpose == purpose && key.retires_at.is_none());
            let next = records.iter().map(|key| key.number).max().unwrap_or(0).saturating_add(1);
            let missing = settings.keys.algorithms.iter().map(|algorithm| KeyPurpose::Sign(*algorithm));
            let new = (next..)
                .zip(missing.filter(|purpose| !is_there(*purpose)))
                .map(|(number, purpose)| NewKey { number, purpose, created_at: now, activates_at: now })
                .map(|key| key.make(&self.secrets, &*self.random))
                .collect::<Result<Vec<_>, _>>()?;
            let done = new.is_empty()
                || Keys::rotate(&*self.store, &new, &[], now).await.map_err(|error| storage_away(settings, error))?;
            if done {
                return Ok(());
            }
        }
        Err(anyhow!("other processes keep changing the key ring; try again"))
    }
}

/// What asks others.
fn outbound(settings: &OutboundSettings) -> anyhow::Result<Outbound> {
    let root_certificates = match &settings.root_file {
        Some(file) => {
            fs::read(file).with_context(|| format!("outbound.root_file: {} cannot be read", file.display()))?
        }
        None => Vec::new(),
    };
    let private_networks = settings.private_networks.0.clone();
    let config = OutboundConfig { private_networks, root_certificates, timeout: settings.timeout.into() };
    Outbound::new(&config).context("outbound.root_file")
}

/// Starts the threads of storage.
///
/// # Errors
/// If the address is none, or no thread can be started.
pub fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    Store::connect(&settings.store()).context("database.url (or --database-url)")
}

/// The error of a command that cannot do without storage.
pub fn storage_away(settings: &Settings, cause: Unavailable) -> anyhow::Error {
    let url = &settings.database.url;
    anyhow::Error::from(cause).context(if url.is_embedded() {
        format!("the database {url} cannot be used")
    } else {
        format!(
            "the database {url} cannot be used; if it does not answer: is it running, and are database.url (or \
             --database-url) and its password right?"
        )
    })
}

/// The key-encryption secrets, from the configuration or the file that it names.
///
/// # Errors
/// If there are none, or they are no secrets; the message says where.
pub(crate) fn read_secrets(settings: &Settings) -> anyhow::Result<EncryptionSecrets> {
    if let Some(secrets) = &settings.keys.encryption_secret {
        let lines = secrets.0.expose().lines().filter(|line| !line.trim_start().starts_with('#'));
        let lines = Zeroizing::new(lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join("\n"));
        return EncryptionSecrets::parse(&lines).context("keys.encryption_secret");
    }
    let path = &settings.keys.encryption_secret_file;
    let text = data_dir::read(path)?.with_context(|| {
        format!(
            "keys.encryption_secret_file: there is no {}, the file with the secrets that encrypt the keys in storage. For a \
             new database make one: (umask 077; grantor keys generate-secret > {0})",
            path.display()
        )
    })?;
    EncryptionSecrets::parse(&text).with_context(|| format!("keys.encryption_secret_file {}", path.display()))
}
