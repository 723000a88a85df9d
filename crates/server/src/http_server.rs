//! The HTTP server's life: it listens before it is ready, answers until it is told to stop, and then finishes what it
//! has begun.

use std::future::{Future, poll_fn};
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::task::Poll;

use actix_web::{App as Actix, HttpServer, web};
use anyhow::Context;
use grantor_http::{App, configure};
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
    bind().with_context(|| format!("cannot listen on {address}; choose another address by --listen ADDR:PORT"))
}

/// Answers requests until the process is told to stop (SIGINT, SIGTERM), then finishes those that it has begun; told
/// twice, it stops at once. `ready` is called when requests are answered.
///
/// # Errors
/// If no thread can be started, or `ready` fails.
pub(crate) async fn serve(
    listener: TcpListener,
    app: web::Data<App>,
    workers: usize,
    ready: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut stop = StopSignals::listen()?;
    let server = HttpServer::new(move || Actix::new().configure(configure(app.clone())))
        .workers(workers)
        .disable_signals()
        .listen(listener)
        .context("the HTTP server")?
        .run();
    let handle = server.handle();
    let mut serving = pin!(tokio::spawn(server));
    ready()?;
    tokio::select! {
        ended = &mut serving => return ended.context("the HTTP server")?.context("the HTTP server"),
        () = stop.next() => tracing::info!("stopping when every request is answered; signal again to stop at once"),
    }
    tokio::select! {
        () = handle.stop(true) => {}
        () = stop.next() => handle.stop(false).await,
    }
    Ok(())
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
    fn next(&mut self) -> impl Future<Output = ()> + '_ {
        poll_fn(|context| {
            let interrupted = self.interrupt.poll_recv(context).is_ready();
            let terminated = self.terminate.poll_recv(context).is_ready();
            if interrupted || terminated { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}
