//! The access token of a request to a protected resource (RFC 6750 §2).

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::secret::Secret;

use crate::form::Form;

/// Takes the access token out of the header or the form body.
///
/// # Errors
/// If it is sent more than once (RFC 6750 §2: "MUST NOT use more than one method").
pub(crate) fn read_bearer(request: &HttpRequest, form: Option<&mut Form>) -> Result<Option<Secret>, Refusal> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().and_then(|header| header.to_str().ok()?.split_once(' '));
    if headers.next().is_some() {
        return Err(Refusal::because(Reason::ParameterRepeated, "more than one Authorization header"));
    }
    let in_header =
        header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| Secret::new(token.trim()));
    let in_body = form.and_then(|form| form.take_secret("access_token"));
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Refusal::parameter(Reason::ParameterRepeated, "access_token")),
        (in_header, in_body) => Ok(in_header.or(in_body)),
    }
}
