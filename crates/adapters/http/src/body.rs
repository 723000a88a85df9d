//! Reading a form body: of the one media type, and never more than 64 KiB of it.

use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, Payload};
use grantor_domain::error::{Reason, Refusal};

use crate::form::Form;

/// Longest body read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// How long a body may take: whoever sends a byte a minute holds a connection no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the form that a request carries.
///
/// # Errors
/// What [`read_body`] or [`Form::parse`] refuses.
pub(crate) async fn read_form(request: &HttpRequest, payload: Payload) -> Result<Form, Refusal> {
    Form::parse(&read_body(request, payload).await?)
}

/// Reads the bytes of a form.
///
/// # Errors
/// Another media type, or a body that is too large or was cut short.
pub(crate) async fn read_body(request: &HttpRequest, payload: Payload) -> Result<Bytes, Refusal> {
    if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::new(Reason::MediaTypeUnsupported));
    }
    let body = timeout(PATIENCE, payload.to_bytes_limited(MAX_BODY)).await;
    let body = body.map_err(|_elapsed| Refusal::new(Reason::BodyTooSlow))?;
    let body = body.map_err(|_exceeded| Refusal::new(Reason::BodyTooLarge))?;
    body.map_err(|error| Refusal::because(Reason::ParameterEncodingInvalid, format!("the body ended early: {error}")))
}
