//! One authorization from request to replay, in virtual time and without a server: every step is a pure function.
//!
//! `cargo run -p grantor-domain --example code_flow`. Where a service would load or commit, a comment says what.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use grantor_domain::authorization::{
    AuthorizationRequest, ConsentedScope, Decision, Page, Parameters, Situation, code_for, decide, destination,
};
use grantor_domain::client::{AuthenticatedClient, Client, ClientSettings, Evidence, authenticate};
use grantor_domain::grant::authorization_code::{self, Rejection, redeem};
use grantor_domain::grant::refresh_token::{Spent, judge_spent, rotation};
use grantor_domain::grant::{Grant, GrantType};
use grantor_domain::id::{GrantId, SessionId};
use grantor_domain::resource::Audience;
use grantor_domain::secret::{GrantSecret, Secret};
use grantor_domain::session::{Authentication, Session};
use grantor_domain::time::Timestamp;
use grantor_domain::token::authorization_code::AuthorizationCode;
use grantor_domain::token::lifetime::Lifetimes;
use grantor_domain::token::refresh_token::RefreshToken;
use grantor_domain::user::Subject;

/// The pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn main() -> Result<(), Box<dyn Error>> {
    let lifetimes = Lifetimes::default();
    let now = Timestamp::from_secs(1_800_000_000);
    let client = Client::try_from(serde_json::from_str::<ClientSettings>(
        r#"{
            "client_id": "spa", "token_endpoint_auth_methods": ["none"], "scope": "openid read",
            "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": ["https://spa.example/cb"]
        }"#,
    )?)?;

    let code = authorize(&client, now, &lifetimes)?;
    println!("authorized: {} for {}, until {}", code.scope, code.subject, code.expires_at.as_secs());

    let client = authenticate(Arc::new(client), Evidence::Nothing, Some(GrantType::AuthorizationCode))?;
    let grant = exchange(&code, &client, now.plus(Duration::from_secs(5)), &lifetimes)?;
    refresh(grant, &client, now.plus(Duration::from_secs(3600)), &lifetimes)
}

/// What the authorization endpoint decides: first a page, and once the person has allowed it, a code.
fn authorize(client: &Client, now: Timestamp, lifetimes: &Lifetimes) -> Result<AuthorizationCode, Box<dyn Error>> {
    let parameters = Parameters {
        response_type: Some("code".to_owned()),
        redirect_uri: Some("https://spa.example/cb".to_owned()),
        scope: Some("openid read".to_owned()),
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..Parameters::default()
    };
    let issuer = Audience::parse("https://op.example")?;
    let destination = destination(&parameters, client)?;
    let request = AuthorizationRequest::read(&parameters, client, destination, (&issuer, now))?;
    // Load: who is signed in, and what they allowed before. Here: alice, who allowed nothing yet.
    let session = Session {
        id: SessionId::new(now, &[1; 10]),
        subject: Subject::parse("alice")?,
        authentication: Authentication::by_password(now),
        expires_at: now.plus(lifetimes.session),
    };
    let situation = Situation { client, session: Some(&session), pairwise: None, remembered: None, choice: None };
    let Decision::Show(Page::Consent { new }) = decide(&request, situation) else {
        return Err("alice must be asked".into());
    };
    println!("consent page: {new}");
    // The person presses "allow"; the code is then sealed and sent to the destination.
    let consented = ConsentedScope::given(&request.consent_scope());
    let context = (GrantId::new(now, &[2; 10]), now, lifetimes);
    Ok(code_for(&request, &session, &consented, client, context)?)
}

/// The secret that a service draws for each redemption, from a generator that nobody can foresee.
fn grant_secret() -> GrantSecret {
    GrantSecret::new([3; GrantSecret::LENGTH])
}

/// What the token endpoint decides about the code.
fn exchange(
    code: &AuthorizationCode,
    client: &AuthenticatedClient,
    now: Timestamp,
    lifetimes: &Lifetimes,
) -> Result<Grant, Box<dyn Error>> {
    let mut parameters = authorization_code::Parameters {
        redirect_uri: Some("https://spa.example/cb".to_owned()),
        ..authorization_code::Parameters::default()
    };
    let Err(Rejection { refusal, .. }) = redeem(code, &parameters, client, &grant_secret(), (now, lifetimes)) else {
        return Err("a code without its verifier must be refused".into());
    };
    println!("without verifier: {refusal}");
    parameters.code_verifier = Some(Secret::new(VERIFIER));
    let redeemed = redeem(code, &parameters, client, &grant_secret(), (now, lifetimes));
    let redemption = redeemed.map_err(|rejection| rejection.refusal)?;
    // Commit: insert the grant under the code's identifier. Whoever comes second finds it there.
    println!("redeemed: refresh token {}", if redemption.refreshable { "issued" } else { "not issued" });
    Ok(redemption.grant.opened())
}

/// What it decides about the refresh token, three times the same one.
fn refresh(
    mut grant: Grant,
    client: &AuthenticatedClient,
    now: Timestamp,
    lifetimes: &Lifetimes,
) -> Result<(), Box<dyn Error>> {
    let token = RefreshToken { grant: grant.terms.reference.id, generation: 0, secret: grant_secret() };
    let step = rotation(&token, client, (now, lifetimes))?;
    // Commit: one conditional update moves the row on if its generation is at most the one presented.
    grant.generation = step.presented + 1;
    grant.spent_at = Some(step.now);
    println!("refreshed: generation {} is next", token.successor().generation);
    for (later, expected) in [(10, Spent::Retried), (31, Spent::Replayed)] {
        let verdict = judge_spent(&grant, token.generation, (now.plus(Duration::from_secs(later)), lifetimes), None);
        println!("the spent token again, {later} s later: {verdict:?}");
        if verdict != expected {
            return Err(format!("after {later} s: expected {expected:?}").into());
        }
    }
    Ok(())
}
