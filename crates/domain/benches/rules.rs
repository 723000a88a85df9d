//! The rules of the hot paths, each by itself: `cargo bench -p grantor-domain`.
//!
//! Durations, so they depend on the machine and its load; what must not grow is counted by `cargo xtask instructions`.

#![allow(clippy::unwrap_used, reason = "a benchmark of something that fails would measure nothing")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use grantor_domain::client::{
    AuthMethod, AuthenticatedClient, Client, ClientId, ClientSettings, Evidence, authenticate,
};
use grantor_domain::grant::authorization_code::{Parameters, redeem};
use grantor_domain::grant::refresh_token::{judge_spent, rotation};
use grantor_domain::grant::{Grant, GrantRef, read_scope};
use grantor_domain::id::{SessionId, TokenId};
use grantor_domain::jwt::Claims;
use grantor_domain::pkce::{CodeChallenge, PkcePolicy};
use grantor_domain::registry::Registry;
use grantor_domain::resource::Audience;
use grantor_domain::scope::ScopeSet;
use grantor_domain::secret::{GrantSecret, Secret};
use grantor_domain::session::Authentication;
use grantor_domain::time::Timestamp;
use grantor_domain::token::access_token::{AccessToken, IssueContext};
use grantor_domain::token::authorization_code::AuthorizationCode;
use grantor_domain::token::id_token::{IdToken, IdTokenRequest};
use grantor_domain::token::lifetime::Lifetimes;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_domain::user::{StandardClaims, Subject};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const REDIRECT_URI: &str = "https://web.example/cb";
const PKCE: PkcePolicy = PkcePolicy { required: true, plain_allowed: false };
const SCOPE: &str = "openid profile email offline_access read";

/// The pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn client() -> AuthenticatedClient {
    let settings: ClientSettings = serde_json::from_value(json!({
        "client_id": "web", "scope": SCOPE, "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
    }))
    .unwrap();
    let evidence = Evidence::Secret { method: AuthMethod::ClientSecretBasic, matched: true };
    authenticate(Arc::new(Client::try_from(settings).unwrap()), evidence, None).unwrap()
}

/// What is sealed in a code.
fn sealed_code() -> AuthorizationCode {
    AuthorizationCode {
        grant: GrantRef::parse("l.01a31a2b-8400-7000-8000-000000000000").unwrap(),
        client_id: ClientId::parse("web").unwrap(),
        redirect_uri: REDIRECT_URI.to_owned(),
        redirect_uri_sent: true,
        challenge: CodeChallenge::read(Some(CHALLENGE), Some("S256"), PKCE).unwrap(),
        scope: ScopeSet::parse(SCOPE).unwrap(),
        resources: Vec::new(),
        subject: Subject::parse("alice").unwrap(),
        session: SessionId::from_bytes([8; 16]),
        nonce: Some("nonce".to_owned()),
        authentication: Authentication::by_password(NOW),
        claims: None,
        expires_at: NOW.plus(Lifetimes::default().authorization_code),
    }
}

fn redemption() -> Parameters {
    Parameters {
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        code_verifier: Some(Secret::new(VERIFIER)),
        ..Parameters::default()
    }
}

fn secret() -> GrantSecret {
    GrantSecret::new([3; GrantSecret::LENGTH])
}

fn opened() -> Grant {
    redeem(&sealed_code(), &redemption(), &client(), &secret(), (NOW, &Lifetimes::default())).unwrap().grant.opened()
}

fn scope(bench: &mut Criterion) {
    let allowed = ScopeSet::parse(SCOPE).unwrap();
    bench.bench_function("scope/parse", |b| b.iter(|| ScopeSet::parse(black_box(SCOPE))));
    bench.bench_function("scope/read", |b| {
        b.iter(|| read_scope(black_box(Some("read openid")), &allowed, &allowed));
    });
}

fn code(bench: &mut Criterion) {
    let (code, parameters, client, lifetimes) = (sealed_code(), redemption(), client(), Lifetimes::default());
    let content = serde_json::to_vec(&code).unwrap();
    bench.bench_function("code/read", |b| {
        b.iter(|| serde_json::from_slice::<AuthorizationCode>(black_box(&content)));
    });
    bench.bench_function("code/write", |b| b.iter(|| serde_json::to_vec(black_box(&code))));
    bench.bench_function("code/redeem", |b| {
        b.iter(|| redeem(black_box(&code), &parameters, &client, &secret(), (NOW, &lifetimes)));
    });
}

fn refresh(bench: &mut Criterion) {
    let (mut grant, client, lifetimes) = (opened(), client(), Lifetimes::default());
    let token = RefreshToken { grant: grant.terms.reference.id, generation: 0, secret: secret() };
    bench.bench_function("refresh/rotation", |b| b.iter(|| rotation(black_box(&token), &client, (NOW, &lifetimes))));
    (grant.generation, grant.spent_at) = (1, Some(NOW));
    bench.bench_function("refresh/judge spent", |b| {
        b.iter(|| judge_spent(black_box(&grant), 0, (NOW, &lifetimes), None));
    });
}

fn tokens(bench: &mut Criterion) {
    let (grant, client, lifetimes, registry) = (opened(), client(), Lifetimes::default(), Registry::default());
    let issuer = Audience::parse("https://op.example").unwrap();
    let token_id = TokenId::from_bytes([9; 16]);
    let context = IssueContext { issuer: &issuer, now: NOW, token_id, lifetimes: &lifetimes, registry: &registry };
    let of_grant = || AccessToken::of_grant(black_box(&grant), &grant.terms.scope, &[], &client, context);
    bench.bench_function("access token/claims to bytes", |b| b.iter(|| serde_json::to_vec(&of_grant())));

    let payload = serde_json::to_vec(&of_grant()).unwrap();
    bench.bench_function("access token/bytes to claims", |b| {
        b.iter(|| Claims::from_payload(black_box(&payload)).as_ref().and_then(AccessToken::from_claims));
    });

    let user = StandardClaims::default();
    let request =
        IdTokenRequest { nonce: Some("nonce"), access_token: Some("an.access.token"), sid: None, pairwise: None };
    bench.bench_function("ID token/claims to bytes", |b| {
        b.iter(|| serde_json::to_vec(&IdToken::of_grant(black_box(&grant), &user, &client, request, context)));
    });
}

criterion_group!(rules, scope, code, refresh, tokens);
criterion_main!(rules);
