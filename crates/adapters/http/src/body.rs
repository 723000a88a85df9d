//! Reading a body: of the one media type that is meant, and never more than 64 KiB of it.

use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, Payload};
use grantor_domain::error::{Reason, Refusal};
use serde_json::{Map, Value};

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

/// Reads the one JSON object that a request carries.
///
/// # Errors
/// Another media type, a body that is too large or was cut short, or anything but an object.
pub(crate) async fn read_object(request: &HttpRequest, payload: Payload) -> Result<Map<String, Value>, Refusal> {
    let invalid = |cause: &'static str| Refusal::because(Reason::ClientMetadataInvalid, cause);
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(invalid("the body is not application/json"));
    }
    let body = read_bytes(payload).await?;
    serde_json::from_slice(&body).map_err(|_not_an_object| invalid("the body is no JSON object"))
}

/// Reads the bytes of a form.
///
/// # Errors
/// Another media type, or a body that is too large or was cut short.
pub(crate) async fn read_body(request: &HttpRequest, payload: Payload) -> Result<Bytes, Refusal> {
    if request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        read_bytes(payload).await
    } else {
        Err(Refusal::new(Reason::MediaTypeUnsupported))
    }
}

async fn read_bytes(payload: Payload) -> Result<Bytes, Refusal> {
    let body = timeout(PATIENCE, payload.to_bytes_limited(MAX_BODY)).await;
    let body = body.map_err(|_elapsed| Refusal::new(Reason::BodyTooSlow))?;
    let body = body.map_err(|_exceeded| Refusal::new(Reason::BodyTooLarge))?;
    body.map_err(|error| Refusal::because(Reason::ParameterEncodingInvalid, format!("the body ended early: {error}")))
}
