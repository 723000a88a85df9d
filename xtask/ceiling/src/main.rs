//! Decides what our own limit is: the bare HTTP server that Grantor uses, which parses the form of a client credentials request,
//! signs an ES256 JWT with the claims of Grantor's, by a key prepared once, and answers JSON of the same size.
//!
//! It checks nothing, logs nothing and looks nothing up. `cargo xtask bench --ceiling` measures it beside Grantor.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::time::UNIX_EPOCH;

use actix_web::http::header::{CACHE_CONTROL, PRAGMA, VARY};
use actix_web::web::{self, Data, Form};
use actix_web::{App, HttpResponse, HttpServer};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mimalloc::MiMalloc;
use serde::{Deserialize, Serialize};

/// The one of Grantor.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// As long as the one of Grantor's keys, which is a hash in base64url.
const KEY_ID: &str = "IwMcI_23vJ9DjBoXU_kJtIsf5VmNjqufePDxE6hBFWs";

const LIFETIME: u64 = 3600;

/// The form of the request.
#[derive(Deserialize)]
struct Request {
    grant_type: String,
    scope: String,
}

/// The claims of Grantor's access token, in its order.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    exp: u64,
    iat: u64,
    jti: &'a str,
    scope: &'a str,
}

/// The members of Grantor's answer, in its order.
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    scope: &'a str,
}

/// What is prepared once.
struct Prepared {
    issuer: String,
    header: String,
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Prepared {
    fn new(port: u16) -> Result<Self, Unspecified> {
        let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{KEY_ID}"}}"#);
        Ok(Self {
            issuer: format!("http://127.0.0.1:{port}"),
            header: URL_SAFE_NO_PAD.encode(header),
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
            random: SystemRandom::new(),
        })
    }

    /// A token identifier of the length of a UUID.
    fn token_id(&self) -> Result<String, Unspecified> {
        let mut bytes = [0_u8; 16];
        self.random.fill(&mut bytes)?;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if [4, 6, 8, 10].contains(&at) {
                text.push('-');
            }
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    }

    fn token(&self, scope: &str) -> Result<String, Box<dyn std::error::Error>> {
        let iat = UNIX_EPOCH.elapsed()?.as_secs();
        let jti = self.token_id()?;
        let iss = self.issuer.as_str();
        let claims =
            Claims { iss, sub: "bench", aud: iss, client_id: "bench", exp: iat + LIFETIME, iat, jti: &jti, scope };
        let claims = serde_json::to_vec(&claims)?;
        let mut token = String::with_capacity(512);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
        let signature = self.key.sign(&self.random, token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

async fn token(request: Form<Request>, prepared: Data<Prepared>) -> HttpResponse {
    if request.grant_type != "client_credentials" {
        return HttpResponse::BadRequest().finish();
    }
    let Ok(access_token) = prepared.token(&request.scope) else { return HttpResponse::InternalServerError().finish() };
    let answer =
        Answer { access_token: &access_token, token_type: "Bearer", expires_in: LIFETIME, scope: &request.scope };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .insert_header((VARY, "Origin"))
        .json(answer)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::var("PORT")?.parse()?;
    let prepared = Data::new(Prepared::new(port)?);
    // One worker a processor that it may use, as Grantor.
    let workers = std::thread::available_parallelism()?.get();
    HttpServer::new(move || App::new().app_data(prepared.clone()).route("/oauth/token", web::post().to(token)))
        .workers(workers)
        .bind((Ipv4Addr::LOCALHOST, port))?
        .run()
        .await?;
    Ok(())
}
