//! Decides how requests travel: HTTP/1.1 over a connection that is kept, written by hand, because no client library lets a
//! request be held one byte short of its end.

use std::io::{self, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::response::{self, Answer};

/// A connection that carries one request after the other.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    /// The server closes it after what it has answered.
    is_spent: bool,
}

impl Connection {
    /// Connects. `patience` is how long each step may take, the answer included.
    pub(crate) fn open(address: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        // The last byte of a request must not wait until the bytes before it are acknowledged.
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self { stream: BufReader::new(stream), is_spent: false })
    }

    /// Writes a request or a part of one.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads the answer to the request that was sent.
    pub(crate) fn receive(&mut self) -> io::Result<Answer> {
        let answer = response::read(&mut self.stream);
        self.is_spent = !answer.as_ref().is_ok_and(|answer| answer.keeps_connection);
        answer
    }

    /// Whether another request can be sent: the server has neither closed the connection nor said that it will.
    fn is_open(&self) -> bool {
        let stream = self.stream.get_ref();
        let quiet = || -> io::Result<bool> {
            stream.set_nonblocking(true)?;
            let peeked = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            Ok(peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock))
        };
        !self.is_spent && self.stream.buffer().is_empty() && quiet().unwrap_or(false)
    }
}

/// A place for a connection that is opened again when it has to be.
pub(crate) struct Lane {
    address: SocketAddr,
    patience: Duration,
    connection: Option<Connection>,
}

impl Lane {
    /// A lane to this address; nothing is connected yet.
    pub(crate) fn new(address: SocketAddr, patience: Duration) -> Self {
        Self { address, patience, connection: None }
    }

    /// The open connection, a new one where there is none.
    pub(crate) fn ready(&mut self) -> io::Result<&mut Connection> {
        let connection = match self.connection.take() {
            Some(connection) if connection.is_open() => connection,
            _ => Connection::open(self.address, self.patience)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Writes to the connection that [`Lane::ready`] opened.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.opened()?.send(bytes)
    }

    /// Reads from it.
    pub(crate) fn receive(&mut self) -> io::Result<Answer> {
        self.opened()?.receive()
    }

    /// One request and its answer. Nothing is repeated: what a repetition would hide is what a probe is for.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.ready()?.send(request)?;
        self.receive()
    }

    fn opened(&mut self) -> io::Result<&mut Connection> {
        self.connection.as_mut().ok_or_else(|| ErrorKind::NotConnected.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::testing::Listener;

    const PATIENCE: Duration = Duration::from_secs(5);
    const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const CLOSED: &str = "HTTP/1.1 503 No\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

    #[test]
    fn a_connection_is_kept_until_the_server_ends_it() {
        let listener = Listener::start(|_request, nth| Some(if nth == 1 { CLOSED } else { KEPT }.to_owned()));
        let mut lane = Lane::new(listener.address(), PATIENCE);
        let request = b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx";
        let statuses: Vec<u16> = (0..4).map(|_| lane.exchange(request).unwrap().status).collect();
        assert_eq!(statuses, [200, 503, 200, 200]);
        assert_eq!(listener.connections(), 2);
    }

    #[test]
    fn a_request_that_lacks_its_last_byte_is_not_answered() {
        let listener = Listener::start(|_request, _nth| Some(KEPT.to_owned()));
        let mut lane = Lane::new(listener.address(), PATIENCE);
        lane.ready().unwrap().send(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n").unwrap();
        assert_eq!(listener.requests(), 0);
        lane.send(b"x").unwrap();
        assert_eq!(lane.receive().unwrap().body, "ok");
        assert_eq!(listener.requests(), 1);
    }

    #[test]
    fn nobody_there_is_an_error() {
        let port = crate::loopback::free_port().unwrap();
        let mut lane = Lane::new(SocketAddr::from(([127, 0, 0, 1], port)), PATIENCE);
        assert_eq!(lane.exchange(b"x").unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(lane.send(b"x").unwrap_err().kind(), ErrorKind::NotConnected);
    }
}
