//! Client authentication by assertion (RFC 7523 §2.2, §3): `private_key_jwt` and `client_secret_jwt`.

use std::sync::{Arc, Mutex};

use grantor_testkit::{Site, http_answer};
use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::ec::EcKeyPair;
use josekit::jws::alg::ecdsa::EcdsaJwsAlgorithm::Es256;
use josekit::jws::{ES256, JwsSigner};
use serde_json::{Value, json};

use super::super::support::jwt::{hs256_signer, machine_signer, now, sign, sign_as, stranger_signer, unsigned};
use super::super::support::{jwt, log_line, patience, verdict};
use crate::harness::{Answer, Server, ServerOptions};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const INVALID: &str = "401 invalid_client assertion-invalid";
const REPLAYED: &str = "401 invalid_client assertion-replayed";

const SECRET: &str = "a-secret-that-is-long-enough-to-sign-with";
const CLIENTS: &str = r#"
[[clients]]
client_id = "secret-jwt"
client_secret = "a-secret-that-is-long-enough-to-sign-with"
grant_types = ["client_credentials"]
token_endpoint_auth_methods = ["client_secret_jwt"]

[[clients]]
client_id = "basic-signs"
client_secret = "a-secret-that-is-long-enough-to-sign-with"
grant_types = ["client_credentials", "password"]
id_token_signed_response_alg = "HS256"
"#;

/// Good claims of a client, each time with a fresh `jti`.
fn claims(server: &Server, client_id: &str) -> Value {
    let jti = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    json!({
        "iss": client_id, "sub": client_id, "aud": server.issuer, "exp": now() + 60, "iat": now(),
        "jti": jti.to_string(),
    })
}

/// Good claims of `demo-machine` but for one, which is left out if it is null.
fn changed(server: &Server, name: &str, value: Value) -> Value {
    let mut claims = claims(server, "demo-machine");
    claims[name] = value;
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

async fn present(server: &Server, assertion: &str, more: &[(&str, &str)]) -> Answer {
    present_at(server, "/oauth/token", assertion, more).await
}

async fn present_at(server: &Server, path: &str, assertion: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    form.extend_from_slice(more);
    server.http.post(path, &form).await
}

fn client_with_keys_at(id: &str, url: &str) -> String {
    format!(
        "[[clients]]\nclient_id = \"{id}\"\ngrant_types = [\"client_credentials\"]\n\
         token_endpoint_auth_methods = [\"private_key_jwt\"]\njwks_uri = \"{url}\"\n"
    )
}

#[tokio::test]
async fn registration_2_a_clients_keys_may_be_at_an_address_of_its_own() {
    let settings = vec![("OUTBOUND__PRIVATE_NETWORKS", "127.0.0.1".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let (pair, stranger) = (Es256.generate_key_pair().unwrap(), Es256.generate_key_pair().unwrap());
    let mut public = pair.to_jwk_public_key();
    public.set_key_id("one");
    let jwks = json!({ "keys": [public.as_ref()] }).to_string();
    let site = Site::start(move |_| http_answer(200, &jwks));
    let nowhere = "http://127.0.0.1:1/jwks";
    server.apply(&format!(
        "{}{}",
        client_with_keys_at("publishes", &site.url("/jwks")),
        client_with_keys_at("silent", nowhere)
    ));
    let signed = |client: &str, pair: &EcKeyPair, kid: &str| {
        let signer = ES256.signer_from_der(pair.to_der_private_key()).unwrap();
        sign_as(&json!({ "alg": "ES256", "kid": kid }), &claims(&server, client), &signer)
    };
    for (pair, kid, expect) in
        [(&pair, "one", "200"), (&stranger, "two", INVALID), (&stranger, "one", INVALID), (&pair, "one", "200")]
    {
        assert_eq!(verdict(&present(&server, &signed("publishes", pair, kid), &[]).await), expect, "{kid}");
    }
    let requests = site.requests();
    assert!(requests.len() == 1 && requests[0].starts_with("GET /jwks "), "made-up keys ask nobody anew: {requests:?}");
    // Nobody can tell whether the key is the client's: that is an outage, and no reason to throw the key away.
    let away = present(&server, &signed("silent", &pair, "one"), &[]).await;
    assert_eq!((away.status, away.member("error").as_str()), (503, "temporarily_unavailable"));
}

#[tokio::test]
async fn registration_2_a_client_changes_its_keys_without_telling_anybody() {
    let settings = vec![("OUTBOUND__PRIVATE_NETWORKS", "127.0.0.1".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let pairs = ["one", "two"].map(|kid| {
        let mut pair = Es256.generate_key_pair().unwrap();
        pair.set_key_id(Some(kid));
        (kid, pair)
    });
    let published = Arc::new(Mutex::new(pairs[0].1.to_jwk_public_key()));
    let publishes = Arc::clone(&published);
    let site = Site::start(move |_| {
        let key = publishes.lock().unwrap().clone();
        http_answer(200, &json!({ "keys": [key.as_ref()] }).to_string())
    });
    server.apply(&client_with_keys_at("changes", &site.url("/jwks")));
    let present_with = async |(kid, pair): &(&str, EcKeyPair)| {
        let signer = ES256.signer_from_der(pair.to_der_private_key()).unwrap();
        let header = json!({ "alg": "ES256", "kid": kid });
        verdict(&present(&server, &sign_as(&header, &claims(&server, "changes"), &signer), &[]).await)
    };
    assert_eq!(present_with(&pairs[0]).await, "200");
    *published.lock().unwrap() = pairs[1].1.to_jwk_public_key();
    // The address is not asked for every key that somebody makes up, but soon.
    patience::until("the new key is seen", async || present_with(&pairs[1]).await == "200").await;
    assert_eq!(present_with(&pairs[0]).await, INVALID, "the old one is not the client's any more");
}

#[tokio::test]
async fn rfc_7523_2_2_a_signed_assertion_proves_the_client() {
    let server = Server::start().await;
    let signer = machine_signer(&server);
    let answer = present(&server, &sign(&claims(&server, "demo-machine"), &*signer), &[]).await;
    assert_eq!(verdict(&answer), "200");
    assert_eq!(jwt::claims(&answer.member("access_token"))["sub"], "demo-machine");
    let fresh = sign(&claims(&server, "demo-machine"), &*signer);
    let check = async |assertion: &str, client_id: &str, expect: &str| {
        assert_eq!(verdict(&present(&server, assertion, &[("client_id", client_id)]).await), expect);
    };
    check(&fresh, "demo-a", "400 invalid_request client-id-mismatch").await;
    check(&fresh, "demo-machine", "200").await;
}

#[tokio::test]
async fn rfc_7523_3_every_claim_is_checked() {
    let server = Server::start().await;
    let signer = machine_signer(&server);
    let t = now();
    for (name, value, expect, cause) in [
        ("iss", json!("demo-a"), INVALID, "iss and sub differ"),
        ("iss", Value::Null, INVALID, "iss and sub differ"),
        ("sub", Value::Null, INVALID, "names no client"),
        ("sub", json!("demo-a"), INVALID, ""),
        ("sub", json!("nobody"), INVALID, "no such client"),
        ("aud", Value::Null, INVALID, "aud"),
        ("aud", json!("https://elsewhere.example"), INVALID, "aud"),
        ("aud", json!(format!("{}/", server.issuer)), INVALID, "aud"),
        ("aud", json!(7), INVALID, "aud"),
        ("aud", json!([]), INVALID, "aud"),
        ("exp", Value::Null, INVALID, "exp is missing"),
        ("exp", json!("soon"), INVALID, "exp is missing"),
        ("exp", json!(t - 60), INVALID, "exp has passed"),
        ("exp", json!(t + 3700), INVALID, "exp is too far"),
        ("exp", json!(1e19), INVALID, "exp is missing or no time"),
        ("exp", json!(9_007_199_254_740_993_i64), INVALID, "exp is too far"),
        ("exp", json!(t + 3500), "200", ""),
        ("exp", json!(1.5 + t as f64), "200", ""),
        ("iat", json!(t + 3600), INVALID, "future"),
        ("iat", json!("x"), INVALID, "no time"),
        ("iat", Value::Null, "200", ""),
        ("nbf", json!(t + 3600), INVALID, "future"),
        ("nbf", json!(t - 5), "200", ""),
        ("jti", Value::Null, INVALID, "jti"),
        ("jti", json!(""), INVALID, "jti"),
        ("jti", json!(7), INVALID, "jti"),
        ("jti", json!("x".repeat(513)), INVALID, "jti"),
        ("unknown", json!({ "any": ["thing"] }), "200", ""),
    ] {
        let answer = present(&server, &sign(&changed(&server, name, value.clone()), &*signer), &[]).await;
        assert_eq!(verdict(&answer), expect, "{name} {value}");
        if expect == INVALID {
            let line = log_line(&server, &answer.member("reference"));
            assert!(line.contains(cause), "{name} {value}: {line}");
        }
    }
}

#[tokio::test]
async fn rfc_7523_3_the_audience_is_the_issuer_or_a_token_url_alone() {
    let server = Server::start().await;
    let signer = machine_signer(&server);
    let issuer = server.issuer.as_str();
    let url = |path: &str| format!("{issuer}{path}");
    for (aud, path, expect) in [
        (json!(issuer), "/oauth/token", "200"),
        (json!([issuer]), "/oauth/token", "200"),
        (json!(url("/oauth/token")), "/oauth/token", "200"),
        (json!([url("/oauth/token")]), "/token", "200"),
        (json!(url("/oauth/token/")), "/oauth/token", "200"),
        (json!(url("/v1/token")), "/wcf/oauth-token/", "200"),
        (json!(url("/wcf/oauth-token/")), "/wcf/oauth-token/", "200"),
        (json!([issuer, url("/oauth/token")]), "/oauth/token", INVALID),
        (json!([issuer, "https://elsewhere.example"]), "/oauth/token", INVALID),
        (json!(url("/oauth/introspect")), "/oauth/token", INVALID),
        (json!([[issuer]]), "/oauth/token", INVALID),
    ] {
        let assertion = sign(&changed(&server, "aud", aud.clone()), &*signer);
        assert_eq!(verdict(&present_at(&server, path, &assertion, &[]).await), expect, "{aud} at {path}");
    }
}

#[tokio::test]
async fn rfc_7523_3_each_jti_counts_once() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let signer = machine_signer(&server);
    let first = changed(&server, "jti", json!("once"));
    assert_eq!(verdict(&present(&server, &sign(&first, &*signer), &[]).await), "200");
    assert_eq!(verdict(&present(&server, &sign(&first, &*signer), &[]).await), REPLAYED);
    assert_eq!(verdict(&present_at(&server, "/token", &sign(&first, &*signer), &[]).await), REPLAYED);
    // Whatever else the assertion says, and whether or not its grant was refused; but not for another client.
    let refused = changed(&server, "jti", json!("twice"));
    let answer = present(&server, &sign(&refused, &*signer), &[("scope", "unknown")]).await;
    assert_eq!(verdict(&answer), "400 invalid_scope scope-invalid");
    assert_eq!(verdict(&present(&server, &sign(&refused, &*signer), &[]).await), REPLAYED);
    let mut of_other = claims(&server, "secret-jwt");
    of_other["jti"] = json!("once");
    assert_eq!(verdict(&present(&server, &sign(&of_other, &*hs256_signer(SECRET)), &[]).await), "200");
    // A forged assertion spends nothing.
    let third = changed(&server, "jti", json!("thrice"));
    assert_eq!(verdict(&present(&server, &sign(&third, &*stranger_signer()), &[]).await), INVALID);
    assert_eq!(verdict(&present(&server, &sign(&third, &*signer), &[]).await), "200");
}

#[tokio::test]
async fn rfc_8725_3_1_only_the_clients_own_key_and_algorithm_count() {
    let server = Server::start().await;
    let signer = machine_signer(&server);
    let good = |server: &Server| claims(server, "demo-machine");
    let check = async |assertion: String, cause: &str| {
        let answer = present(&server, &assertion, &[]).await;
        assert_eq!(verdict(&answer), INVALID, "{assertion}");
        let line = log_line(&server, &answer.member("reference"));
        assert!(line.contains(cause), "{cause}: {line}");
    };
    check(sign(&good(&server), &*stranger_signer()), "signature").await;
    // `none`, in every spelling, with and without a signature.
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let text = unsigned(&json!({ "alg": alg, "typ": "JWT" }), &good(&server));
        check(format!("{text}."), "algorithm").await;
        check(format!("{text}.AAAA"), "algorithm").await;
    }
    check(unsigned(&json!({ "alg": "ES256" }), &good(&server)), "").await;
    check(format!("{}.", unsigned(&json!({ "alg": "ES256" }), &good(&server))), "signature").await;
    check(sign_as(&json!({ "typ": "JWT" }), &good(&server), &*signer), "algorithm").await;
    for alg in ["RS256", "EdDSA", "PS256"] {
        check(sign_as(&json!({ "alg": alg }), &good(&server), &*signer), "signature").await;
    }
    check(sign_as(&json!({ "alg": "ES512" }), &good(&server), &*signer), "algorithm").await;
    // The public key as an HMAC secret: the classic confusion.
    let jwk = std::fs::read_to_string(server.machine_key()).unwrap();
    let confused: &dyn JwsSigner = &*hs256_signer(jwk);
    check(sign(&good(&server), confused), "signature").await;
    // A key that comes with the assertion is nobody's, and an extension nobody knows must not pass.
    let with_key =
        json!({ "alg": "ES256", "jwk": { "kty": "EC" }, "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/" });
    check(sign_as(&with_key, &good(&server), &*stranger_signer()), "signature").await;
    check(sign_as(&json!({ "alg": "ES256", "crit": ["b64"], "b64": false }), &good(&server), &*signer), "header").await;
    check(sign_as(&json!({ "alg": "ES256", "kid": "another" }), &good(&server), &*signer), "signature").await;
}

#[tokio::test]
async fn rfc_7523_3_2_what_is_no_assertion_is_refused() {
    let server = Server::start().await;
    for text in
        ["x", "..", "a.b.c", "a.b.c.d", "e30.e30.e30", "e30.W10.e30", &"a".repeat(60_000), "gat_AAAA", "\0.\0.\0"]
    {
        assert_eq!(verdict(&present(&server, text, &[]).await), INVALID, "{text}");
    }
    let good = sign(&claims(&server, "demo-machine"), &*machine_signer(&server));
    for kind in ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer"] {
        let form = [("grant_type", "client_credentials"), ("client_assertion_type", kind), ("client_assertion", &good)];
        assert_eq!(verdict(&server.http.token(&form).await), INVALID, "{kind}");
    }
    let alone = [("grant_type", "client_credentials"), ("client_assertion_type", JWT_BEARER)];
    assert_eq!(verdict(&server.http.token(&alone).await), "401 invalid_client client-authentication-failed");
}

#[tokio::test]
async fn core_9_a_secret_signs_for_who_is_registered_for_it() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let check = async |client_id: &str, signer: &dyn JwsSigner, expect: &str| {
        let answer = present(&server, &sign(&claims(&server, client_id), signer), &[]).await;
        assert_eq!(verdict(&answer), expect, "{client_id}");
    };
    check("secret-jwt", &*hs256_signer(SECRET), "200").await;
    check("secret-jwt", &*hs256_signer("another-secret-that-is-long-enough-to-sign"), INVALID).await;
    check("secret-jwt", &*machine_signer(&server), INVALID).await;
    // Its secret could sign, and signs its ID tokens; but it is not registered to prove itself so.
    let unregistered = "401 invalid_client client-authentication-failed";
    check("basic-signs", &*hs256_signer(SECRET), unregistered).await;
    check("demo-a", &*hs256_signer("demo-a-secret".repeat(4)), INVALID).await;
}

#[tokio::test]
async fn rfc_7523_3_assertions_work_at_the_other_endpoints_for_their_own_urls_too() {
    let server = Server::start().await;
    let signer = machine_signer(&server);
    for (path, expect) in [("/oauth/introspect", "200"), ("/oauth/revoke", "200")] {
        for (aud, expect) in [
            (server.issuer.clone(), expect),
            (format!("{}{path}", server.issuer), expect),
            (format!("{}/oauth/token", server.issuer), expect),
            (format!("{}/oauth/authorize", server.issuer), INVALID),
        ] {
            let assertion = sign(&changed(&server, "aud", json!(aud)), &*signer);
            let answer = present_at(&server, path, &assertion, &[("token", "x")]).await;
            assert_eq!(verdict(&answer), expect, "{path} {aud}");
        }
    }
}
