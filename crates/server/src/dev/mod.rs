//! `grantor dev`: a server to develop with, ready a second after it is started. Makes what is missing, keeps what is
//! there, and prints what to try.

mod banner;
mod config_file;

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use actix_web::web;
use anyhow::Context;
use grantor_application::follow;
use grantor_http::App;
use grantor_http::pages::Pages;
use grantor_ports::Random;
use grantor_store::Retention;
use tokio::runtime::Builder;

use crate::cli::{DevArgs, Storage};
use crate::settings::{Layers, Settings};
use crate::wiring::Adapters;
use crate::{demo, http_server, installation, logging, maintenance, output};

/// Serves until it is told to stop.
///
/// # Errors
/// If something that it needs cannot be had; the message says what to do.
pub(crate) fn run(storage: &Storage, args: &DevArgs) -> anyhow::Result<()> {
    // Requests have threads of their own; here run the poll of changes, upkeep and the end.
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let (settings, listener) = prepare(storage, args)?;
        serve(&settings, &storage.data_dir, listener).await
    })
}

/// Settles the configuration and takes the address, before anything is written: a second start on a taken address
/// changes nothing.
fn prepare(storage: &Storage, args: &DevArgs) -> anyhow::Result<(Settings, TcpListener)> {
    let mut layers = layers(storage, args)?;
    let listener = http_server::bind(layers.merge()?.http.listen)?;
    let address = listener.local_addr()?.to_string();
    // Whoever moves the address by a flag moves the issuer along, whatever address the file was written for.
    if !layers.commands("issuer") && (layers.commands("http.listen") || !layers.file_has("issuer")) {
        layers.set("issuer", format!("http://{address}"));
    }
    layers.set("http.listen", address);
    let settings = layers.merge()?;
    settings.check().context("give an issuer that others can reach by --issuer URL, or listen on 127.0.0.1")?;
    logging::start(&settings.log, "info")?;
    installation::ensure_secrets(&settings, &storage.data_dir)?;
    config_file::ensure(&settings, &storage.data_dir, layers.commands("database.url"))?;
    Ok((settings, listener))
}

fn layers(storage: &Storage, args: &DevArgs) -> anyhow::Result<Layers> {
    let mut layers = Layers::read(&storage.data_dir)?;
    layers.set_default("http.token_paths", &demo::TOKEN_PATHS);
    if let Some(url) = &storage.database_url {
        layers.set("database.url", url);
    }
    if let Some(listen) = args.listen {
        layers.set("http.listen", listen.to_string());
    }
    if let Some(issuer) = &args.issuer {
        layers.set("issuer", issuer);
    }
    Ok(layers)
}

async fn serve(settings: &Settings, data_dir: &Path, listener: TcpListener) -> anyhow::Result<()> {
    let demo_set = demo::read(data_dir)?;
    let adapters = Adapters::start(settings)?;
    let is_new = installation::install(&adapters, settings, demo_set).await?;
    let service = Arc::new(adapters.service(settings).await?);
    tokio::spawn(follow(Arc::clone(&service)));
    let retention = Retention::from(&service.settings().lifetimes);
    tokio::spawn(maintenance::run(Arc::clone(&adapters.store), retention));
    let text = banner::text(service.settings(), data_dir, &verifier(&*adapters.random));
    let app = web::Data::new(App::new(service, Pages::embedded()?));
    http_server::serve(listener, app, settings.http_workers(), || {
        tracing::info!(is_new, database = %settings.database.url, "ready");
        output::print_text(&text)
    })
    .await
}

/// A PKCE verifier for the banner's code flow (RFC 7636 §4.1).
fn verifier(random: &dyn Random) -> String {
    banner::base64url(&random.array::<32>())
}
