//! A server from the moment its database is ready: the service, what runs beside it, and the HTTP edge.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::web;
use grantor_application::{Service, deliver_logout_notices, follow};
use grantor_http::pages::Pages;
use grantor_http::{App, Playground, TrustedProxies};
use grantor_store::Retention;
use tokio::runtime::{Builder, Runtime};

use crate::http_server::Edge;
use crate::settings::{Http, Settings};
use crate::tls::Certificate;
use crate::wiring::Adapters;
use crate::{http_server, maintenance, metrics_server};

/// A runtime for everything but requests, which have threads of their own: the poll of changes, upkeep, the end.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// Serves until the process is told to stop. `playground` is what a playground knows beforehand, if there is one; `ready` is called
/// when requests are answered.
///
/// # Errors
/// If storage goes away before that, or the server cannot start.
pub(crate) async fn run(
    settings: &Settings,
    adapters: Adapters,
    playground: Playground,
    (listener, certificate, pages): (TcpListener, Option<Arc<Certificate>>, Pages),
    ready: impl FnOnce(&Service) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    adapters.ensure_signing_keys(settings).await?;
    let service = Arc::new(adapters.service(settings).await?);
    tokio::spawn(follow(Arc::clone(&service)));
    tokio::spawn(deliver_logout_notices(Arc::clone(&service)));
    let retention = Retention::from(&service.settings().lifetimes);
    tokio::spawn(maintenance::run(Arc::clone(&adapters.store), Arc::clone(&service), retention));
    let edge = Edge {
        listener,
        tls: certificate.as_ref().map(Certificate::server_config).transpose()?,
        workers: settings.http.worker_threads(),
        keep_alive: settings.http.keep_alive.into(),
        shutdown_delay: settings.http.shutdown_delay.into(),
        shutdown_timeout: settings.http.shutdown_timeout.into(),
    };
    if let Some(certificate) = certificate {
        tokio::spawn(certificate.follow());
    }
    let app = App::new(Arc::clone(&service), pages).behind(trusted_proxies(&settings.http));
    let app = if settings.account.enabled { app } else { app.without_accounts() };
    let app = if settings.http.playground { app.with_playground(playground) } else { app };
    let app = web::Data::new(app);
    metrics_server::start(&settings.metrics, &app, &adapters)?;
    http_server::serve(edge, app, || ready(&service)).await
}

fn trusted_proxies(http: &Http) -> TrustedProxies {
    TrustedProxies { networks: http.trusted_proxies.0.clone(), header: http.proxy_header.into() }
}
