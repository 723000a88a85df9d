//! `grantor serve`: the server that others rely on. It makes nothing that an operator must know of: no secrets, no schema
//! unless it was told to, no clients or users. What is missing or unsafe stops the start, with the key or command that
//! mends it.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use grantor_application::admin::ApplyFile;
use grantor_http::Playground;
use grantor_http::pages::Pages;

use crate::cli::Storage;
use crate::settings::Settings;
use crate::tls::Certificate;
use crate::wiring::{self, Adapters, storage_away};
use crate::{commands, http_server, installation, logging, running};

/// What is logged unless the settings say otherwise: not the life of each thread of the HTTP server.
pub(crate) const LOG_FILTER: &str = "info,actix_server=warn";

/// Serves until it is told to stop.
///
/// # Errors
/// If something that it needs is missing or unsafe; the message says what to do.
pub(crate) fn run(storage: &Storage) -> anyhow::Result<()> {
    let settings = commands::layers(storage)?.merge()?;
    let prepared = Prepared::from_settings(&settings)?;
    let _log = logging::start_server(&settings.log, &settings.tracing, LOG_FILTER)?;
    running::runtime()?.block_on(async {
        let listener = http_server::bind(settings.http.listen)?;
        serve(&settings, prepared, listener).await
    })
}

/// What can be had before the database is asked.
pub(crate) struct Prepared {
    certificate: Option<Arc<Certificate>>,
    pages: Pages,
}

impl Prepared {
    /// Checks everything that can be checked without a database.
    ///
    /// # Errors
    /// The first thing that a server would refuse to start with.
    pub(crate) fn from_settings(settings: &Settings) -> anyhow::Result<Self> {
        settings.check()?;
        settings.store().check().context("database.url (or --database-url)")?;
        settings.check_serving()?;
        logging::filter(&settings.log, LOG_FILTER)?;
        wiring::read_secrets(settings)?;
        check_files(settings)?;
        Ok(Self { certificate: Certificate::read(&settings.tls)?, pages: settings.branding.pages()? })
    }
}

/// Files and directories that the database needs.
fn check_files(settings: &Settings) -> anyhow::Result<()> {
    let database = &settings.database;
    if let Some(root) = &database.tls_root_file {
        File::open(root).with_context(|| format!("database.tls_root_file: {} cannot be read", root.display()))?;
    }
    let directory = database.url.file().and_then(Path::parent).filter(|parent| !parent.as_os_str().is_empty());
    directory.filter(|directory| !directory.is_dir()).map_or(Ok(()), |missing| {
        bail!("database.url: there is no directory {}; make it, for the account that serves", missing.display())
    })
}

async fn serve(settings: &Settings, prepared: Prepared, listener: TcpListener) -> anyhow::Result<()> {
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let adapters = Adapters::start(settings)?;
    refuse_old_schema(&adapters, settings).await?;
    installation::install(&adapters, settings, ApplyFile::default()).await?;
    running::run(settings, adapters, Playground::default(), (listener, prepared.certificate, prepared.pages), |_service| {
        tracing::info!(database = %settings.database.url, listen = %settings.http.listen, tls = settings.has_tls(), "ready");
        Ok(())
    })
    .await
}

/// A schema is changed by whoever says so, not by whichever replica of a new version happens to start first.
///
/// # Errors
/// If it is older and may not be changed, or storage is away.
pub(crate) async fn refuse_old_schema(adapters: &Adapters, settings: &Settings) -> anyhow::Result<()> {
    let pending = adapters.store.has_pending_migrations().await.map_err(|error| storage_away(settings, error))?;
    if pending && !settings.database.migrate {
        bail!(
            "the schema of {} is older than this version: run `grantor migrate run`, or set database.migrate = true to have \
             it done at the start",
            settings.database.url
        );
    }
    Ok(())
}
