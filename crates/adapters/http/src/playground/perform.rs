//! Sends a request of the playground: not over the network, but to the routes of this very process, so that it is judged,
//! counted, logged and answered like any other, in the name of the address that the person came from.

use std::net::{IpAddr, SocketAddr};

use actix_http::{Payload, Request, h1};
use actix_service::IntoServiceFactory as _;
use actix_web::App as Actix;
use actix_web::body::to_bytes_limited;
use actix_web::dev::{AppConfig, Service as _, ServiceFactory as _};
use actix_web::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::web::{Bytes, Data};

use super::outgoing::Outgoing;
use crate::app::App;
use crate::routes::configure;

/// Longest answer that is shown, in bytes: none of ours comes near.
const MAX_ANSWER: usize = 256 * 1024;

/// What came back.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    /// A header by its name in lower case; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// Why nothing was sent, or nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPerformed {
    /// The routes could not be asked.
    Failed,
    /// What was typed cannot stand in a header.
    NoHeader,
}

/// Sends it in the name of this address.
pub(crate) async fn perform(
    app: &Data<App>,
    outgoing: &Outgoing,
    host: &str,
    address: Option<IpAddr>,
) -> Result<Received, NotPerformed> {
    let mut request = request(outgoing, host)?;
    // Whoever stands between them and us was followed already: no header names anybody here.
    request.head_mut().peer_addr = address.map(|address| SocketAddr::new(address, 0));
    let routes = Actix::new().configure(configure(app.clone())).into_factory();
    let routes = routes.new_service(AppConfig::default()).await.map_err(|()| NotPerformed::Failed)?;
    // The routes answer with a response whatever happens; an error would come of a middleware, and there is none.
    let response = routes.call(request).await.map_err(|_error| NotPerformed::Failed)?;
    let (status, headers) = (response.status(), shown(response.headers()));
    let body = to_bytes_limited(response.into_body(), MAX_ANSWER).await;
    let body = body.ok().and_then(Result::ok).ok_or(NotPerformed::Failed)?;
    Ok(Received { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn request(outgoing: &Outgoing, host: &str) -> Result<Request, NotPerformed> {
    let body = if outgoing.is_post { outgoing.body() } else { String::new() };
    let mut headers = HeaderMap::new();
    headers.insert(HOST, header(host)?);
    if let Some(authorization) = outgoing.authorization() {
        headers.insert(AUTHORIZATION, header(&authorization)?);
    }
    if outgoing.is_post {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let mut request = Request::with_payload(payload(body));
    let head = request.head_mut();
    head.method = if outgoing.is_post { Method::POST } else { Method::GET };
    head.uri = Uri::try_from(outgoing.path.as_str()).map_err(|_no_path| NotPerformed::Failed)?;
    head.headers = headers;
    Ok(request)
}

fn header(text: &str) -> Result<HeaderValue, NotPerformed> {
    HeaderValue::from_str(text).map_err(|_other_bytes| NotPerformed::NoHeader)
}

fn payload(body: String) -> Payload {
    // At its end already: what is put back is all that there is.
    let (_sender, mut payload) = h1::Payload::create(true);
    payload.unread_data(Bytes::from(body));
    Payload::from(payload)
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut shown: Vec<_> = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    shown.sort();
    shown
}
