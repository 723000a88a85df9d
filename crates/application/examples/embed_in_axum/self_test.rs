//! Plays a machine, a person's application and a resource server against the server, and says what each was answered.

#![allow(clippy::indexing_slicing, reason = "a JSON value indexed by what it lacks is null, which is never expected")]

use std::error::Error;
use std::sync::Arc;

use grantor_application::{Next, Service, SignInForm, SignInOutcome};
use grantor_domain::authorization::Parameters;
use grantor_domain::secret::Secret;
use grantor_ports::SessionOrigin;
use grantor_testkit::MemoryStore;
use serde_json::{Value, json};

/// The pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const REDIRECT_URI: &str = "https://web.example/cb";

/// Who is registered, in the words of an apply file.
pub(crate) fn clients_and_users() -> Value {
    json!({
        "clients": [
            { "client_id": "job", "client_secret": "job-secret", "grant_types": ["client_credentials"], "scope": "read" },
            {
                "client_id": "web", "client_secret": "web-secret", "grant_types": ["authorization_code", "refresh_token"],
                "redirect_uris": [REDIRECT_URI], "scope": "openid read", "first_party": true,
            },
            { "client_id": "api", "client_secret": "api-secret", "grant_types": [], "introspect": "any" },
        ],
        "users": [{ "subject": "alice", "username": "alice", "password": "wonderland-42" }],
    })
}

/// Plays it all; the first surprise is the error.
pub(crate) async fn run(issuer: &str, service: &Service, store: &Arc<MemoryStore>) -> Result<(), Box<dyn Error>> {
    let client = Client { issuer: issuer.to_owned(), http: reqwest::Client::new() };
    let metadata = client.get("/.well-known/openid-configuration").await?;
    check("discovery names the issuer", &metadata["issuer"], issuer)?;
    check("and its keys can be had", &client.get("/oauth/jwks").await?["keys"][0]["alg"], "ES256")?;

    let wrong = [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", "guess")];
    check("a wrong secret", client.refused(&wrong).await?, "401 invalid_client")?;
    let right = [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", "job-secret")];
    check("the right one", &client.post("/oauth/token", &right).await?["token_type"], "Bearer")?;
    let twice = [&right[..], &right[..1]].concat();
    check("a parameter twice", client.refused(&twice).await?, "400 invalid_request")?;

    let code = sign_in(service).await?;
    let redemption = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("client_secret", "web-secret"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let tokens = client.post("/oauth/token", &redemption).await?;
    check("a code becomes tokens of scope", &tokens["scope"], "openid read")?;
    check("its access token is active", &client.introspect(text(&tokens["access_token"])?).await?["active"], true)?;

    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", "web"),
        ("client_secret", "web-secret"),
        ("refresh_token", text(&tokens["refresh_token"])?),
    ];
    let refreshed = client.post("/oauth/token", &refresh).await?;
    check("the refresh token rotates", refreshed["refresh_token"] != tokens["refresh_token"], true)?;
    let again = client.post("/oauth/token", &refresh).await?;
    check("a lost answer is repeated", again["refresh_token"] == refreshed["refresh_token"], true)?;

    check("the code again", client.refused(&redemption).await?, "400 invalid_grant")?;
    check(
        "an access token from it is active",
        &client.introspect(text(&again["access_token"])?).await?["active"],
        false,
    )?;

    store.set_available(false);
    check("storage away", client.refused(&refresh).await?, "503 temporarily_unavailable")?;
    Ok(())
}

/// What your own pages do: one call for the request, one for the form. A client that is not `first_party` would also
/// see [`Next::Consent`].
async fn sign_in(service: &Service) -> Result<String, Box<dyn Error>> {
    let parameters = Parameters {
        response_type: Some("code".to_owned()),
        client_id: Some("web".to_owned()),
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        scope: Some("openid read".to_owned()),
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..Parameters::default()
    };
    let browser = service.new_browser();
    let Next::SignIn(interaction) = service.authorize(&parameters, &browser, None).await? else {
        return Err("nobody is signed in yet".into());
    };
    let (username, password) = ("alice".to_owned(), Secret::new("wonderland-42"));
    let form = SignInForm { interaction, username, password, origin: SessionOrigin::default(), known_browser: None };
    match service.sign_in(&form, Some(&browser), None).await? {
        SignInOutcome::Right { next: Next::Code { code, .. }, .. } => Ok(code.expose().to_owned()),
        outcome => Err(format!("no code: {outcome:?}").into()),
    }
}

struct Client {
    issuer: String,
    http: reqwest::Client,
}

impl Client {
    async fn get(&self, path: &str) -> Result<Value, reqwest::Error> {
        self.http.get(format!("{}{path}", self.issuer)).send().await?.json().await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Value, reqwest::Error> {
        self.http.post(format!("{}{path}", self.issuer)).form(fields).send().await?.json().await
    }

    /// Status and error of a token request that is refused.
    async fn refused(&self, fields: &[(&str, &str)]) -> Result<String, Box<dyn Error>> {
        let response = self.http.post(format!("{}/oauth/token", self.issuer)).form(fields).send().await?;
        let status = response.status().as_u16();
        Ok(format!("{status} {}", text(&response.json::<Value>().await?["error"])?))
    }

    async fn introspect(&self, token: &str) -> Result<Value, reqwest::Error> {
        self.post("/oauth/introspect", &[("client_id", "api"), ("client_secret", "api-secret"), ("token", token)]).await
    }
}

fn text(value: &Value) -> Result<&str, Box<dyn Error>> {
    Ok(value.as_str().ok_or("no such member")?)
}

/// Prints a finding, and fails if it is another than expected.
fn check<T>(what: &str, found: T, expected: impl Into<Value>) -> Result<(), Box<dyn Error>>
where
    T: serde::Serialize,
{
    let (found, expected) = (serde_json::to_value(found)?, expected.into());
    println!("{what}: {found}");
    if found == expected { Ok(()) } else { Err(format!("{what}: expected {expected}").into()) }
}
