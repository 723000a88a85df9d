//! Request objects by value (OpenID Connect Core §6.1, RFC 9101).

use josekit::jwk::KeyPair as _;
use josekit::jws::alg::ecdsa::EcdsaJwsAlgorithm::Es256;
use josekit::jws::{ES256, JwsSigner};
use serde_json::{Value, json};

use super::super::support::{jwt, page, told};
use super::answer_to;
use crate::harness::{Authorization, CHALLENGE, Person, Server, redirected};

const CALLBACK: &str = "https://rp.example/callback";
const SECRET: &str = "a-secret-of-more-than-thirty-two-octets";

/// A client that signs, one that must, and one that does not.
struct World {
    server: Server,
    alice: Person,
    signer: Box<dyn JwsSigner>,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let pair = Es256.generate_key_pair().unwrap();
        let public = pair.to_jwk_public_key();
        let key = |name: &str| public.parameter(name).unwrap().as_str().unwrap().to_owned();
        let jwks =
            format!(r#"jwks = {{ keys = [{{ kty = "EC", crv = "P-256", x = "{}", y = "{}" }}] }}"#, key("x"), key("y"));
        let client = |id: &str, settings: &str| {
            format!(
                "[[clients]]\nclient_id = \"{id}\"\nclient_secret = \"{SECRET}\"\nredirect_uris = [\"{CALLBACK}\", \"{CALLBACK}2\"]\n\
                 grant_types = [\"authorization_code\"]\nscope = \"openid email\"\nfirst_party = true\n{settings}\n"
            )
        };
        server.apply(&format!(
            "{}{}{}{}",
            client("signs", &jwks),
            client("must-sign", &format!("{jwks}\nrequire_signed_request_object = true")),
            client("shares", "request_object_signing_alg = \"HS256\""),
            client("unsigned", "request_object_signing_alg = \"none\""),
        ));
        let alice = Person::alice(&server);
        alice.authorize(&Authorization::of_spa("openid")).await;
        let signer = Box::new(ES256.signer_from_der(pair.to_der_private_key()).unwrap());
        Self { server, alice, signer }
    }

    fn claims(&self, client: &str, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": client, "aud": self.server.issuer, "exp": jwt::now() + 60, "client_id": client, "response_type": "code",
            "redirect_uri": CALLBACK, "scope": "openid", "state": "af0ifjsldkj", "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    /// What a client is told that sends only `client_id` and a request object.
    async fn check(&self, client: &str, object: &str, expect: &str) {
        let request = Authorization::of(client, CALLBACK, "openid").only(&["client_id"]).with("request", object);
        assert_eq!(answer_to(&self.server, &self.alice, &request).await, expect, "{client}");
    }
}

const INVALID: &str = "invalid_request_object request-object-invalid";

#[tokio::test]
async fn rfc_9101_6_3_a_signed_object_is_the_whole_request() {
    let world = World::new().await;
    let object = |changes: Value| jwt::sign(&world.claims("signs", &changes), &*world.signer);
    world.check("signs", &object(json!({})), "code").await;
    let beside = Authorization::of("signs", "https://elsewhere.example/", "openid").with("request", &object(json!({})));
    let answer = world.alice.open(&beside.with("state", "outside").with("max_age", "x").path()).await;
    let answer = redirected(answer.header("location"));
    assert_eq!((told(&world.server, &answer).as_str(), answer.uri.as_str()), ("code", CALLBACK));
    // What is wrong inside is told where it says.
    world.check("signs", &object(json!({"scope": "unknown"})), "invalid_scope scope-invalid").await;
    world.check("signs", &object(json!({"redirect_uri": "https://elsewhere.example/"})), "400 invalid_request").await;
    world.check("signs", &object(json!({"max_age": 0, "prompt": "none"})), "login_required login-required").await;
    let shared = jwt::sign(&world.claims("shares", &json!({})), &*jwt::hs256_signer(SECRET));
    world.check("shares", &shared, "code").await;
}

#[tokio::test]
async fn rfc_9101_6_3_an_object_that_is_not_acceptable_is_told_only_to_a_redirect_uri_beside_it() {
    let world = World::new().await;
    let object = |changes: Value| jwt::sign(&world.claims("signs", &changes), &*world.signer);
    let header = |kind: &str| {
        jwt::sign_as(&json!({"alg": "ES256", "typ": kind}), &world.claims("signs", &json!({})), &*world.signer)
    };
    let bad = [
        "x".to_owned(),
        object(json!({"iss": "other"})),
        object(json!({"aud": "https://other.example"})),
        object(json!({"exp": jwt::now() - 60})),
        object(json!({"client_id": "other"})),
        object(json!({"sub": "signs"})),
        object(json!({"request": "x"})),
        header("at+jwt"),
        jwt::sign(&world.claims("signs", &json!({})), &*jwt::stranger_signer()),
        format!("{}.", jwt::unsigned(&json!({"alg": "none"}), &world.claims("signs", &json!({})))),
    ];
    for object in bad {
        let beside = Authorization::of("signs", CALLBACK, "openid").with("request", &object);
        assert_eq!(answer_to(&world.server, &world.alice, &beside).await, INVALID, "{object}");
        let alone = world.alice.open(&beside.only(&["client_id", "request"]).path()).await;
        assert_eq!(page(&alone), "400 invalid_request", "nowhere to tell it: {object}");
    }
    world.check("signs", &header("oauth-authz-req+jwt"), "code").await;
    let contradicts = Authorization::of("signs", CALLBACK, "openid email").with("request", &object(json!({})));
    assert_eq!(answer_to(&world.server, &world.alice, &contradicts).await, INVALID);
    let both = Authorization::of("signs", CALLBACK, "openid").with("request", &object(json!({})));
    let both = both.with("request_uri", "https://rp.example/request");
    let unsupported = "request_uri_not_supported request-uri-unsupported";
    assert_eq!(answer_to(&world.server, &world.alice, &both).await, unsupported, "never both");
    let unsigned = |client: &str| jwt::unsigned(&json!({"alg": "none"}), &world.claims(client, &json!({})));
    let beside = Authorization::of("unsigned", CALLBACK, "openid").with("request", &unsigned("unsigned"));
    assert_eq!(answer_to(&world.server, &world.alice, &beside).await, INVALID, "two parts are no JWS");
}

#[tokio::test]
async fn rfc_9101_10_5_who_must_sign_is_refused_without() {
    let world = World::new().await;
    let plain = Authorization::of("must-sign", CALLBACK, "openid");
    let expect = "invalid_request request-object-required";
    assert_eq!(answer_to(&world.server, &world.alice, &plain).await, expect);
    world.check("must-sign", &jwt::sign(&world.claims("must-sign", &json!({})), &*world.signer), "code").await;
}

#[tokio::test]
async fn core_6_1_an_unsigned_object_goes_before_what_stands_beside_where_it_is_registered() {
    let world = World::new().await;
    let object =
        |changes: Value| format!("{}.", jwt::unsigned(&json!({"alg": "none"}), &world.claims("unsigned", &changes)));
    let beside = Authorization::of("unsigned", CALLBACK, "openid").with("state", "outside");
    let answer = world.alice.open(&beside.clone().with("request", &object(json!({}))).path()).await;
    assert_eq!(redirected(answer.header("location")).parameter("state"), "af0ifjsldkj");
    let stateless = beside.with("request", &object(json!({"state": null})));
    let answer = world.alice.open(&stateless.path()).await;
    assert_eq!(redirected(answer.header("location")).parameter("state"), "outside");
    let signed = jwt::sign(&world.claims("unsigned", &json!({})), &*world.signer);
    let signed = stateless.with("request", &signed).with("state", "af0ifjsldkj");
    assert_eq!(answer_to(&world.server, &world.alice, &signed).await, INVALID);
}
