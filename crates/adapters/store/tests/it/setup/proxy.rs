//! A network between the store and Postgres that can lose an answer: the server did what it was asked, and nobody
//! learns of it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Place;

/// A relay on loopback.
pub(crate) struct Proxy {
    /// The database's URL through the relay.
    pub(crate) url: String,
    /// Which answer from now on is lost; none if it is zero.
    loses: Arc<AtomicU32>,
}

impl Proxy {
    /// Starts a relay to the database of `place`, on threads that end with their connections.
    pub(crate) fn to(place: &Place) -> Self {
        let (scheme, rest) = place.url.split_once("://").unwrap();
        let (address, database) = rest.split_once('/').unwrap();
        let (user, server) = address.rsplit_once('@').map_or((None, address), |(user, server)| (Some(user), server));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap();
        let user = user.map_or_else(String::new, |user| format!("{user}@"));
        let loses = Arc::new(AtomicU32::new(0));
        let (server, lossy) = (server.to_owned(), Arc::clone(&loses));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                let (asking, asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || pass_on(asking, asked, || false));
                let lossy = Arc::clone(&lossy);
                std::thread::spawn(move || pass_on(server, client, || count_down(&lossy) == Ok(1)));
            }
        });
        Self { url: format!("{scheme}://{user}{here}/{database}"), loses }
    }

    /// Loses the next answer, and the connection with it.
    pub(crate) fn lose_next_answer(&self) {
        self.lose_answer(1);
    }

    /// Loses the answer of this number, the next being the first, and the connection with it.
    pub(crate) fn lose_answer(&self, number: u32) {
        self.loses.store(number, Ordering::SeqCst);
    }

    /// Whether an answer that was to be lost is still to come.
    pub(crate) fn is_armed(&self) -> bool {
        self.loses.load(Ordering::SeqCst) > 0
    }
}

/// What it was, if it was not zero yet.
fn count_down(count: &AtomicU32) -> Result<u32, u32> {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
}

/// Passes bytes on until either side closes or some are lost. Postgres answers a statement after it committed.
fn pass_on(mut from: TcpStream, mut to: TcpStream, is_lost: impl Fn() -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if is_lost() || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Fails for a side that is closed already.
    drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
}
