//! Metrics on an address of their own (`metrics.listen`): clients need not reach them, and an operator's scrape does not
//! wait behind clients. They end with the process, and never take it down.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App as Actix, HttpServer, web};
use anyhow::Context;
use grantor_http::App;
use grantor_http::metrics::{Sources, configure};

use crate::logging;
use crate::settings::Metrics;
use crate::wiring::Adapters;

/// Answers for metrics from now on, where the settings name an address.
///
/// # Errors
/// If the address cannot be had: better said at the start than missed later. What goes wrong afterwards is logged.
pub(crate) fn start(settings: &Metrics, app: &web::Data<App>, adapters: &Adapters) -> anyhow::Result<()> {
    let Some(address) = settings.listen else { return Ok(()) };
    let listener = TcpListener::bind(address)
        .with_context(|| format!("metrics.listen: cannot listen on {address}; choose another address"))?;
    let (app, sources) = (app.clone(), web::Data::new(sources(adapters)));
    let server = HttpServer::new(move || Actix::new().configure(configure(app.clone(), sources.clone())))
        .workers(1)
        .disable_signals()
        .listen(listener)
        .context("the server of metrics")?
        .run();
    tokio::spawn(async move {
        let ended = server.await;
        tracing::error!(?ended, "metrics are not answered any more");
    });
    tracing::info!(%address, "metrics");
    Ok(())
}

fn sources(adapters: &Adapters) -> Sources {
    let (store, passwords) = (Arc::clone(&adapters.store), Arc::clone(&adapters.passwords));
    Sources {
        lost_log_lines: Box::new(logging::lost_lines),
        passwords: Box::new(move || passwords.reading()),
        storage: Box::new(move || store.reading()),
    }
}
