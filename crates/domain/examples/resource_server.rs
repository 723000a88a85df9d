//! A resource server that checks our access tokens by itself (RFC 9068 §4), with a JOSE crate that needs no OpenSSL.
//!
//! `cargo run -p grantor-domain --example resource_server` signs tokens with a throwaway key, checks them, prints the
//! verdict on each and fails if one is not as expected. What a resource server copies is [`ResourceServer`].

#[path = "resource_server/es256.rs"]
mod es256;

use std::error::Error;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::client::{Client, ClientSettings};
use grantor_domain::error::ErrorCode;
use grantor_domain::id::TokenId;
use grantor_domain::jwt::{Claims, JoseHeader, JwtType};
use grantor_domain::registry::Registry;
use grantor_domain::resource::Audience;
use grantor_domain::scope::ScopeSet;
use grantor_domain::time::Timestamp;
use grantor_domain::token::access_token::{AccessToken, IssueContext};
use grantor_domain::token::lifetime::Lifetimes;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::json;

/// What a resource server knows: who issues, who it is itself, and the issuer's keys, from its `jwks_uri`.
struct ResourceServer {
    issuer: Audience,
    audience: Audience,
    keys: JwkSet,
}

/// Why a request is denied: what goes into `WWW-Authenticate: Bearer` (RFC 6750 §3.1), and a word for the log.
type Denied = (ErrorCode, &'static str);

impl ResourceServer {
    /// The token, if it opens this door now.
    fn check(&self, jwt: &str, needed: &ScopeSet, now: Timestamp) -> Result<AccessToken, Denied> {
        let invalid = |why: &'static str| (ErrorCode::InvalidToken, why);
        let header = JoseHeader::peek(jwt).ok_or(invalid("it is no JWT"))?;
        // An ID token is signed with the same keys and is no access token: `typ` tells them apart (RFC 9068 §4).
        if header.kind.as_deref().and_then(JwtType::parse) != Some(JwtType::AccessToken) {
            return Err(invalid("its typ is not at+jwt"));
        }
        let claims = self.verified(jwt, header.key_id.as_deref()).ok_or(invalid("no key of the issuer signed it"))?;
        let token = AccessToken::from_claims(&claims).ok_or(invalid("its claims are not those of an access token"))?;
        if token.issuer != self.issuer {
            return Err(invalid("somebody else issued it"));
        }
        if !token.is_for(&self.audience) {
            return Err(invalid("it is meant for another resource"));
        }
        if token.expires_at <= now {
            return Err(invalid("it has expired"));
        }
        if !needed.is_subset(&token.scope) {
            return Err((ErrorCode::InsufficientScope, "it was not granted the scope needed here"));
        }
        Ok(token)
    }

    /// The claims, if the key named signed them. The algorithm is the key's, whatever the token says (RFC 8725 §3.1).
    fn verified(&self, jwt: &str, key_id: Option<&str>) -> Option<Claims> {
        let key = self.keys.find(key_id?)?;
        let algorithm = Algorithm::try_from(key.common.key_algorithm?).ok()?;
        let mut signature_alone = Validation::new(algorithm);
        signature_alone.required_spec_claims.clear();
        (signature_alone.validate_exp, signature_alone.validate_aud) = (false, false);
        let verified = jsonwebtoken::decode::<Claims>(jwt, &DecodingKey::from_jwk(key).ok()?, &signature_alone);
        verified.ok().map(|data| data.claims)
    }
}

/// An issuer with a throwaway key, to have something to check.
struct Issuer {
    name: Audience,
    key: p256::SecretKey,
}

impl Issuer {
    fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        Ok(Self { name: Audience::parse(name)?, key: p256::SecretKey::try_generate()? })
    }

    /// What stands at its `jwks_uri` (RFC 7517 §5).
    fn jwks(&self) -> Result<JwkSet, Box<dyn Error>> {
        let point = self.key.public_key().to_sec1_bytes();
        let (x, y) = point.strip_prefix(&[4]).ok_or("no uncompressed point")?.split_at(32);
        let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        let key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "1", "use": "sig", "alg": "ES256" });
        Ok(serde_json::from_value(json!({ "keys": [key] }))?)
    }

    fn sign(&self, kind: JwtType, token: &AccessToken) -> Result<String, Box<dyn Error>> {
        let header =
            Header { typ: Some(kind.as_str().to_owned()), kid: Some("1".to_owned()), ..Header::new(Algorithm::ES256) };
        let key = EncodingKey::from_ec_der(self.key.to_pkcs8_der()?.as_bytes());
        Ok(jsonwebtoken::encode(&header, &token, &key)?)
    }

    /// What the token endpoint issues to a client that acts for itself.
    fn token(&self, audience: &Audience, scope: &ScopeSet, now: Timestamp) -> Result<AccessToken, Box<dyn Error>> {
        let settings = r#"{ "client_id": "billing", "grant_types": ["client_credentials"] }"#;
        let client = Client::try_from(serde_json::from_str::<ClientSettings>(settings)?)?;
        let (lifetimes, registry) = (Lifetimes::default(), Registry::default());
        let token_id = TokenId::new(now, &[7; 10]);
        let context = IssueContext { issuer: &self.name, now, token_id, lifetimes: &lifetimes, registry: &registry };
        Ok(AccessToken::of_client(&client, scope, std::slice::from_ref(audience), context))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    es256::PROVIDER.install_default().map_err(|_another| "another provider was installed")?;
    // A service asks its clock; an example stands still, so that it shows the same every time.
    let now = Timestamp::from_secs(1_800_000_000);
    let (issuer, stranger) = (Issuer::new("https://op.example")?, Issuer::new("https://op.example")?);
    let (audience, needed) = (Audience::parse("https://api.example")?, ScopeSet::parse("read")?);
    let server = ResourceServer { issuer: issuer.name.clone(), audience: audience.clone(), keys: issuer.jwks()? };

    let good = issuer.token(&audience, &ScopeSet::parse("read write")?, now)?;
    let elsewhere = issuer.token(&Audience::parse("https://other.example")?, &good.scope, now)?;
    let expired = issuer.token(&audience, &good.scope, now.minus(Duration::from_secs(3600)))?;
    let narrow = issuer.token(&audience, &ScopeSet::parse("write")?, now)?;
    let foreign = AccessToken { issuer: Audience::parse("https://elsewhere.example")?, ..good.clone() };

    let (invalid, insufficient) = (Err(ErrorCode::InvalidToken), Err(ErrorCode::InsufficientScope));
    let cases = [
        ("a good token", issuer.sign(JwtType::AccessToken, &good)?, Ok(())),
        ("another audience", issuer.sign(JwtType::AccessToken, &elsewhere)?, invalid),
        ("expired", issuer.sign(JwtType::AccessToken, &expired)?, invalid),
        ("another typ", issuer.sign(JwtType::IdToken, &good)?, invalid),
        ("another issuer", issuer.sign(JwtType::AccessToken, &foreign)?, invalid),
        ("another key", stranger.sign(JwtType::AccessToken, &good)?, invalid),
        ("a missing scope", issuer.sign(JwtType::AccessToken, &narrow)?, insufficient),
        ("no token at all", "gat_opaque".to_owned(), invalid),
    ];
    for (what, jwt, expected) in cases {
        let verdict = server.check(&jwt, &needed, now);
        match &verdict {
            Ok(token) => println!("{what:>16}: 200, {} may {}", token.client_id, token.scope),
            Err((code, why)) => println!("{what:>16}: {}, {why}", code.as_str()),
        }
        if verdict.map(|_token| ()).map_err(|(code, _why)| code) != expected {
            return Err(format!("{what}: expected {expected:?}").into());
        }
    }
    Ok(())
}
