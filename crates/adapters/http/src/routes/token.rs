//! `POST /oauth/token` (RFC 6749 §3.2): bytes in, one arm per grant type, JSON out.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{BasicCredentials, PresentedCredentials, TokenAnswer, TokenCall};
use grantor_domain::client::assertion_client;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::{
    GrantType, TokenRequest, authorization_code, client_credentials, device_code, password, refresh_token,
    token_exchange,
};
use serde::Serialize;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::cors::allow_client;
use crate::credentials::read_credentials;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::refusal::{Challenge, Occasion, never_store};

pub(crate) async fn token(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Token, &request, async |call| answer(&app, call, &request, payload).await).await
}

async fn answer(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let mut client_id = None;
    let outcome = match read_call(app, request, payload, &mut client_id).await {
        Ok(token_call) => {
            call.asks_for(token_call.request.grant_type());
            app.service.token(&token_call).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    let mut response = match outcome {
        Ok(answer) => render(&answer),
        Err(failure) => app.refuse(&failure, Challenge::Basic, Occasion { call, client_id: client_id.as_deref() }),
    };
    allow_client(app, request, client_id.as_deref(), &mut response).await;
    response
}

async fn read_call(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    client_id: &mut Option<String>,
) -> Result<TokenCall, Refusal> {
    let mut form = read_form(request, payload).await?;
    let credentials = read_credentials(request, &mut form);
    *client_id = named_client(&credentials);
    Ok(TokenCall {
        request: read_request(form)?,
        credentials,
        path: request.path().to_owned(),
        address: app.client_address(request),
    })
}

/// The client that a request names, whether or not it can prove it.
pub(super) fn named_client(credentials: &PresentedCredentials) -> Option<String> {
    match (&credentials.basic, &credentials.assertion) {
        (Some(BasicCredentials::Read { client_id, .. }), _) => Some(client_id.clone()),
        (None, Some(presented)) => assertion_client(presented.assertion.expose()).map(String::from),
        _ => credentials.client_id.clone(),
    }
}

fn read_request(mut form: Form) -> Result<TokenRequest, Refusal> {
    let grant_type = form.take("grant_type").ok_or(Refusal::parameter(Reason::ParameterMissing, "grant_type"))?;
    let grant_type = GrantType::parse(&grant_type).ok_or(Refusal::new(Reason::GrantTypeUnsupported))?;
    Ok(match grant_type {
        GrantType::AuthorizationCode => TokenRequest::AuthorizationCode(authorization_code::Parameters {
            code: form.take_secret("code"),
            redirect_uri: form.take("redirect_uri"),
            code_verifier: form.take_secret("code_verifier"),
            resource: form.take_all("resource"),
        }),
        GrantType::ClientCredentials => TokenRequest::ClientCredentials(client_credentials::Parameters {
            scope: form.take("scope"),
            resource: form.take_all("resource"),
        }),
        GrantType::DeviceCode => {
            TokenRequest::DeviceCode(device_code::Parameters { device_code: form.take_secret("device_code") })
        }
        GrantType::Password => TokenRequest::Password(password::Parameters {
            username: form.take("username"),
            password: form.take_secret("password"),
            scope: form.take("scope"),
            resource: form.take_all("resource"),
            nonce: form.take("nonce"),
        }),
        GrantType::RefreshToken => TokenRequest::RefreshToken(refresh_token::Parameters {
            refresh_token: form.take_secret("refresh_token"),
            scope: form.take("scope"),
            resource: form.take_all("resource"),
        }),
        GrantType::TokenExchange => TokenRequest::TokenExchange(token_exchange::Parameters {
            subject_token: form.take_secret("subject_token"),
            subject_token_type: form.take("subject_token_type"),
            actor_token: form.take_secret("actor_token"),
            actor_token_type: form.take("actor_token_type"),
            requested_token_type: form.take("requested_token_type"),
            audience: form.take_all("audience"),
            resource: form.take_all("resource"),
            scope: form.take("scope"),
        }),
    })
}

/// A successful response (RFC 6749 §5.1, RFC 8693 §2.2.1).
#[derive(Serialize)]
struct Body<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
}

fn render(answer: &TokenAnswer) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    never_store(&mut response);
    response.json(Body {
        access_token: &answer.access_token,
        token_type: "Bearer",
        expires_in: answer.expires_in,
        refresh_token: answer.refresh_token.as_deref(),
        scope: (!answer.scope.is_empty()).then(|| answer.scope.to_string()),
        id_token: answer.id_token.as_deref(),
        issued_token_type: answer.issued_token_type.map(|kind| kind.as_str()),
    })
}
