//! What a request shows to prove its client: read from header and body, judged elsewhere.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor_application::{BasicCredentials, PresentedAssertion, PresentedCredentials};
use grantor_domain::secret::Secret;

use crate::form::{Form, decode};

/// Takes everything about client authentication out of a request.
pub(crate) fn read_credentials(request: &HttpRequest, form: &mut Form) -> PresentedCredentials {
    let kind = form.take("client_assertion_type");
    PresentedCredentials {
        basic: read_basic(request),
        client_id: form.take("client_id"),
        client_secret: form.take_secret("client_secret"),
        assertion: form.take_secret("client_assertion").map(|assertion| PresentedAssertion { kind, assertion }),
    }
}

/// The Authorization header, if it is of the Basic scheme; other schemes are not ours to judge.
fn read_basic(request: &HttpRequest) -> Option<BasicCredentials> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next()?;
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let alone = headers.next().is_none();
    Some(if alone {
        read_pair(encoded.trim()).unwrap_or(BasicCredentials::Malformed)
    } else {
        BasicCredentials::Malformed
    })
}

/// Id and secret are each form-encoded before they are joined by a colon (RFC 6749 §2.3.1).
fn read_pair(encoded: &str) -> Option<BasicCredentials> {
    let pair = STANDARD.decode(encoded).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let (id, secret) = pair.split_at(colon);
    let client_id = decode(id).ok()?;
    let secret = Secret::new(decode(secret.strip_prefix(b":")?).ok()?);
    Some(BasicCredentials::Read { client_id, secret })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(header: &str, expect: Option<Option<(&str, &str)>>) {
        let request = TestRequest::default().insert_header((AUTHORIZATION, header)).to_http_request();
        let found = read_basic(&request).map(|basic| match basic {
            BasicCredentials::Malformed => None,
            BasicCredentials::Read { client_id, secret } => Some((client_id, secret.expose().to_owned())),
        });
        let expect = expect.map(|pair| pair.map(|(id, secret)| (id.to_owned(), secret.to_owned())));
        assert_eq!(found, expect, "{header}");
    }

    #[test]
    fn id_and_secret_are_form_decoded() {
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        check(&basic("a:b"), Some(Some(("a", "b"))));
        check(&basic("a%3Ab:c%20d+e:f"), Some(Some(("a:b", "c d e:f"))));
        check(&basic("a:b").replace("Basic", "bAsIc"), Some(Some(("a", "b"))));
        check(&basic("a"), Some(None));
        check(&basic("a:%ff"), Some(None));
        check("Basic !", Some(None));
        check("Bearer x", None);
        check("Basic", None);
    }
}
