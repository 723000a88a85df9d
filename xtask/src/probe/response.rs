//! Decides where an HTTP/1.1 response ends (RFC 9112 §6), and what of it matters to a probe.

use std::io::{self, BufRead, ErrorKind, Read};

/// More than any token endpoint says; beyond it something is wrong.
const HEAD_MAX: u64 = 64 * 1024;
const BODY_MAX: u64 = 4 * 1024 * 1024;

/// An answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `Retry-After`, as it was sent.
    pub(crate) retry_after: Option<String>,
    /// `Location`.
    pub(crate) location: Option<String>,
    /// The `name=value` of each `Set-Cookie`.
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
    /// Whether the connection can carry another request.
    pub(crate) keeps_connection: bool,
}

/// Where a body ends.
#[derive(Clone, Copy)]
enum Framing {
    Chunked,
    Length(u64),
    UntilClose,
}

/// Reads one answer; interim ones (1xx) are passed over.
///
/// # Errors
///
/// `UnexpectedEof` if the connection ends before the answer does, `InvalidData` if it is not HTTP/1.x.
pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Answer> {
    loop {
        let (mut answer, framing) = read_head(stream)?;
        if (100..200).contains(&answer.status) {
            continue;
        }
        let framing = if matches!(answer.status, 204 | 304) { Framing::Length(0) } else { framing };
        answer.keeps_connection &= !matches!(framing, Framing::UntilClose);
        answer.body = String::from_utf8_lossy(&read_body(stream, framing)?).into_owned();
        return Ok(answer);
    }
}

fn read_head(stream: &mut impl BufRead) -> io::Result<(Answer, Framing)> {
    let stream = &mut stream.take(HEAD_MAX);
    let status_line = read_line(stream)?;
    let mut words = status_line.split(' ');
    let version = words.next().filter(|word| word.starts_with("HTTP/1.")).ok_or_else(|| invalid("not HTTP/1"))?;
    let status = words.next().and_then(|word| word.parse().ok()).ok_or_else(|| invalid("no status"))?;
    let mut answer = Answer { status, keeps_connection: version == "HTTP/1.1", ..Answer::default() };
    let mut framing = Framing::UntilClose;
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            return Ok((answer, framing));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid("a header without a colon"))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "connection" => answer.keeps_connection &= !value.eq_ignore_ascii_case("close"),
            "content-length" if !matches!(framing, Framing::Chunked) => {
                framing = Framing::Length(value.parse().map_err(|_no_number| invalid("a length that is no number"))?);
            }
            "location" => answer.location = Some(value.to_owned()),
            "retry-after" => answer.retry_after = Some(value.to_owned()),
            "set-cookie" => answer.cookies.extend(value.split(';').next().map(str::to_owned)),
            "transfer-encoding" => framing = Framing::Chunked,
            _ => {}
        }
    }
}

fn read_body(stream: &mut impl BufRead, framing: Framing) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    match framing {
        Framing::Length(length) => read_exactly(stream, length, &mut body)?,
        Framing::UntilClose => {
            stream.take(BODY_MAX).read_to_end(&mut body)?;
        }
        Framing::Chunked => loop {
            let line = read_line(&mut stream.take(HEAD_MAX))?;
            let digits = line.split(';').next().unwrap_or_default().trim();
            let length = u64::from_str_radix(digits, 16).map_err(|_no_number| invalid("a chunk without a length"))?;
            if length == 0 {
                while !read_line(&mut stream.take(HEAD_MAX))?.is_empty() {}
                break;
            }
            read_exactly(stream, length, &mut body)?;
            read_line(&mut stream.take(HEAD_MAX))?;
        },
    }
    Ok(body)
}

fn read_exactly(stream: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    let so_far = u64::try_from(body.len()).unwrap_or(BODY_MAX);
    if length > BODY_MAX.saturating_sub(so_far) {
        return Err(invalid("a body beyond all measure"));
    }
    let read = stream.take(length).read_to_end(body)?;
    if u64::try_from(read).is_ok_and(|read| read == length) { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// A line without its end.
fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line)?;
    let line = line.strip_suffix(b"\n").ok_or(ErrorKind::UnexpectedEof)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> io::Result<Answer> {
        read(&mut text.as_bytes())
    }

    #[track_caller]
    fn check(text: &str, status: u16, body: &str, keeps_connection: bool) {
        let answer = parse(text).unwrap();
        assert_eq!((answer.status, answer.body.as_str(), answer.keeps_connection), (status, body, keeps_connection));
    }

    #[test]
    fn each_framing_ends_where_it_says() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", 200, "ok", true);
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: x\r\n\r\n",
            200,
            "abcd",
            true,
        );
        check("HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end", false);
        check("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true);
        check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\nContent-Length: 1\r\n\r\nx", 400, "x", true);
        check("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", 200, "", false);
        check("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: Close\r\n\r\n", 200, "", false);
    }

    #[test]
    fn headers_that_matter_are_kept() {
        let answer = parse(
            "HTTP/1.1 303 See Other\r\nLocation: /next\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nRETRY-AFTER: 7\r\n\
             Content-Length: 0\r\n\r\n",
        )
        .unwrap();
        assert_eq!(answer.location.as_deref(), Some("/next"));
        assert_eq!(answer.retry_after.as_deref(), Some("7"));
        assert_eq!(answer.cookies, ["a=1", "b=2"]);
    }

    #[test]
    fn an_answer_that_breaks_off_is_none() {
        let kind = |text: &str| parse(text).unwrap_err().kind();
        assert_eq!(kind(""), ErrorKind::UnexpectedEof);
        assert_eq!(kind("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"), ErrorKind::UnexpectedEof);
        assert_eq!(kind("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"), ErrorKind::UnexpectedEof);
        assert_eq!(kind("SSH-2.0-x\r\n"), ErrorKind::InvalidData);
        assert_eq!(kind("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), ErrorKind::InvalidData);
        assert_eq!(kind(&"x".repeat(100_000)), ErrorKind::UnexpectedEof);
    }
}
