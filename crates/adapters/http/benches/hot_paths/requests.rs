//! The requests of a path, one after the other: what is sent, and what is taken from an answer for the next.

use actix_web::http::header::{AUTHORIZATION, ContentType};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor_application::{PresentedCredentials, Service, TokenAnswer, TokenCall};
use grantor_domain::grant::{TokenRequest, authorization_code};
use grantor_domain::secret::Secret;

use crate::installation::{CLIENT, CLIENT_SECRET, REDIRECT_URI, RESOURCE_SERVER, RESOURCE_SERVER_SECRET};
use crate::path::HotPath;
use crate::person::{Person, VERIFIER};

const TOKEN: &str = "/oauth/token";
const INTROSPECTION: &str = "/oauth/introspect";

/// Requests that can be made one after the other.
pub(crate) struct Requests {
    uri: &'static str,
    authorization: String,
    bodies: Bodies,
}

enum Bodies {
    /// Each once, the last first: a code cannot be used again.
    Each(Vec<String>),
    /// The same again and again.
    Same(String),
    /// Made from the refresh token of the last answer.
    WithRefreshToken(String),
}

impl Requests {
    /// At least `most` requests of `path`.
    pub(crate) async fn prepare(path: HotPath, most: usize, service: &Service) -> Self {
        let client = |bodies| Self { uri: TOKEN, authorization: basic(CLIENT, CLIENT_SECRET), bodies };
        let mut person = Person::new(service);
        match path {
            HotPath::ClientCredentials => {
                client(Bodies::Same("grant_type=client_credentials&scope=read+write".to_owned()))
            }
            HotPath::CodeExchange => {
                let mut bodies = Vec::with_capacity(most);
                for _ in 0..most {
                    bodies.push(redemption_body(&person.obtains_code("openid profile email read").await));
                }
                client(Bodies::Each(bodies))
            }
            HotPath::Introspection => {
                let token = granted(service, &mut person).await.access_token;
                Self {
                    uri: INTROSPECTION,
                    authorization: basic(RESOURCE_SERVER, RESOURCE_SERVER_SECRET),
                    bodies: Bodies::Same(format!("token={token}&token_type_hint=access_token")),
                }
            }
            HotPath::Refresh => {
                let token = granted(service, &mut person).await.refresh_token;
                client(Bodies::WithRefreshToken(token.expect("the client may refresh")))
            }
        }
    }

    /// The next one.
    pub(crate) fn next(&mut self) -> TestRequest {
        let body = match &mut self.bodies {
            Bodies::Each(bodies) => bodies.pop().expect("there are enough codes"),
            Bodies::Same(body) => body.clone(),
            Bodies::WithRefreshToken(token) => format!("grant_type=refresh_token&refresh_token={token}"),
        };
        TestRequest::post()
            .uri(self.uri)
            .peer_addr(([192, 0, 2, 1], 49_152).into())
            .insert_header(ContentType::form_url_encoded())
            .insert_header((AUTHORIZATION, self.authorization.as_str()))
            .set_payload(body)
    }

    /// Takes what the next request needs from an answer.
    pub(crate) fn answered(&mut self, body: &Bytes) {
        if let Bodies::WithRefreshToken(token) = &mut self.bodies {
            let text = std::str::from_utf8(body).unwrap();
            // Quicker than reading all of it, and so a smaller part of what is counted.
            let (_, rest) = text.split_once(r#""refresh_token":""#).expect("an answer with a refresh token");
            *token = rest.split_once('"').unwrap().0.to_owned();
        }
    }
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn redemption_body(code: &str) -> String {
    let redirect_uri = REDIRECT_URI.replace(':', "%3A").replace('/', "%2F");
    format!("grant_type=authorization_code&code={code}&redirect_uri={redirect_uri}&code_verifier={VERIFIER}")
}

/// What the client gets for a code whose grant is not one of OpenID Connect.
async fn granted(service: &Service, person: &mut Person<'_>) -> TokenAnswer {
    let parameters = authorization_code::Parameters {
        code: Some(Secret::new(person.obtains_code("read write").await)),
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        code_verifier: Some(Secret::new(VERIFIER)),
        resource: Vec::new(),
    };
    let credentials = PresentedCredentials {
        client_id: Some(CLIENT.to_owned()),
        client_secret: Some(Secret::new(CLIENT_SECRET)),
        ..PresentedCredentials::default()
    };
    let request = TokenRequest::AuthorizationCode(parameters);
    service.token(&TokenCall { credentials, request, path: TOKEN.to_owned(), address: None }).await.unwrap()
}
