//! The HTTP server's life: it listens before it is ready, answers until it is told to stop, and then finishes what it
//! has begun.

use std::future::{Future, poll_fn};
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as Actix, HttpServer, web};
use anyhow::Context;
use grantor_http::{App, configure};
use rustls::ServerConfig;
use tokio::net::TcpSocket;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How many connections may wait to be accepted: as many as the system allows by default. With fewer, a burst would be
/// answered a second late.
const BACKLOG: u32 = 4096;

/// Takes the address. Needs a runtime around it.
///
/// # Errors
/// If it cannot be had; the message says what to do.
pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    bind().with_context(|| {
        format!("cannot listen on {address}; choose another address (http.listen, or --listen of `grantor dev`)")
    })
}

/// The outside of a server.
pub(crate) struct Edge {
    /// Where it listens.
    pub(crate) listener: TcpListener,
    /// TLS of its own, if no proxy ends it.
    pub(crate) tls: Option<ServerConfig>,
    /// Threads that answer requests.
    pub(crate) workers: usize,
    /// How long a connection without requests stays open.
    pub(crate) keep_alive: Duration,
    /// How long it drains before that.
    pub(crate) shutdown_delay: Duration,
    /// How long requests that have begun are answered after the process was told to stop.
    pub(crate) shutdown_timeout: Duration,
}

/// Answers requests until the process is told to stop. Told by SIGTERM, it first drains for a while: it says that it is not
/// ready and closes connections after their answers, so that nobody sends a request to somebody who is about to go. Then it
/// finishes the requests that it has begun; told again, it stops at once. `ready` is called when requests are answered.
///
/// # Errors
/// If no thread can be started, or `ready` fails.
pub(crate) async fn serve(
    edge: Edge,
    app: web::Data<App>,
    ready: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut stop = StopSignals::listen()?;
    let routes = app.clone();
    let server = HttpServer::new(move || Actix::new().configure(configure(routes.clone())))
        .workers(edge.workers)
        .keep_alive(edge.keep_alive)
        .shutdown_timeout(edge.shutdown_timeout.as_secs())
        .disable_signals();
    let server = match edge.tls {
        Some(tls) => server.listen_rustls_0_23(edge.listener, tls),
        None => server.listen(edge.listener),
    };
    let server = server.context("the HTTP server")?.run();
    let handle = server.handle();
    let mut serving = pin!(tokio::spawn(server));
    ready()?;
    let delay = tokio::select! {
        ended = &mut serving => return ended.context("the HTTP server")?.context("the HTTP server"),
        signal = stop.next() => if signal == SignalKind::terminate() { edge.shutdown_delay } else { Duration::ZERO },
    };
    app.drain();
    tracing::info!("stopping when every request is answered; signal again to stop at once");
    tokio::select! {
        () = stopped(&handle, delay) => {}
        _again = stop.next() => handle.stop(false).await,
    }
    Ok(())
}

async fn stopped(handle: &ServerHandle, delay: Duration) {
    tokio::time::sleep(delay).await;
    handle.stop(true).await;
}

/// The signals that ask a process to stop.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be received");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    fn next(&mut self) -> impl Future<Output = SignalKind> + '_ {
        poll_fn(|context| {
            if self.terminate.poll_recv(context).is_ready() {
                return Poll::Ready(SignalKind::terminate());
            }
            self.interrupt.poll_recv(context).map(|_interrupted| SignalKind::interrupt())
        })
    }
}
