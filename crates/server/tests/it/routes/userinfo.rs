//! `/oauth/userinfo` (OpenID Connect Core §5.3, RFC 6750).

use serde_json::{Value, json};

use super::support::{
    ACCESS_TOKEN_TYPE, CALLBACK_SPA, Credentials, DEMO_API_AUDIENCE, DEMO_B, DEMO_C, TOKEN_EXCHANGE, client_token,
    code, jwt, password_tokens, redeem, redeem_spa, spa_tokens, userinfo, verdict, without_pkce,
};
use crate::harness::{Answer, Authorization, Person, Server, send};

const INVALID: &str = "401 invalid_token access-token-invalid";
const MISSING: &str = "401 invalid_request access-token-missing";

async fn post(server: &Server, header: Option<&str>, form: Option<&[(&str, &str)]>) -> Answer {
    let request = server.http.request("POST", "/oauth/userinfo");
    let request = header.into_iter().fold(request, |request, token| request.bearer_auth(token));
    send(form.into_iter().fold(request, |request, form| request.form(form))).await
}

/// Every standard claim of the queen, by the scope that releases it (Core §5.1, §5.4).
fn of_the_queen() -> [(&'static str, Value); 4] {
    let address = json!({
        "formatted": "The Palace\nWonderland", "street_address": "The Palace", "locality": "Hearts",
        "region": "Cards", "postal_code": "Q12", "country": "Wonderland",
    });
    let profile = json!({
        "name": "Queen of Hearts", "family_name": "Hearts", "given_name": "Queen", "middle_name": "of",
        "nickname": "Off", "preferred_username": "queen", "profile": "https://queen.example/",
        "picture": "https://queen.example/q.png", "website": "https://hearts.example/", "gender": "female",
        "birthdate": "1865-11-26", "zoneinfo": "Europe/London", "locale": "en-GB", "updated_at": 1_700_000_000,
    });
    [
        ("address", json!({ "address": address })),
        ("email", json!({ "email": "q@example.test", "email_verified": false })),
        ("phone", json!({ "phone_number": "+44 20 7946 0000", "phone_number_verified": true })),
        ("profile", profile),
    ]
}

fn with_sub(claims: &[Value]) -> Value {
    let all = claims.iter().flat_map(|claims| claims.as_object().unwrap().clone());
    Value::Object(std::iter::once(("sub".to_owned(), json!("q-1"))).chain(all).collect())
}

/// A server that knows the queen, and what its client is told of her at UserInfo and in the ID token.
async fn queen_told(server: &Server, request: Authorization) -> (Value, Value) {
    let person = Person::at(&server.http, "queen", "a-password-of-the-queen");
    let code = person.authorize(&without_pkce(request)).await.parameter("code").to_owned();
    let tokens = redeem(&server.http, CLAIMS_CLIENT, CALLBACK_SPA, &code).await;
    let answer = userinfo(&server.http, &tokens.member("access_token")).await;
    assert_eq!(verdict(&answer), "200");
    (answer.json(), jwt::claims(&tokens.member("id_token")))
}

#[tokio::test]
async fn core_5_4_claims_are_released_by_scope_with_the_types_of_core() {
    let server = Server::start().await;
    server.apply(&queen());
    let told = async |scope: &str| queen_told(&server, Authorization::of("claims", CALLBACK_SPA, scope)).await.0;
    assert_eq!(told("openid").await, with_sub(&[]));
    for (scope, claims) in of_the_queen() {
        assert_eq!(told(&format!("openid {scope}")).await, with_sub(&[claims]), "{scope}");
    }
}

const CLAIMS_CLIENT: Credentials = ("claims", "a-secret-that-nobody-guesses");
fn queen() -> String {
    let claims = of_the_queen().map(|(_, claims)| claims);
    let declared = json!({
        "clients": [{
            "client_id": CLAIMS_CLIENT.0, "client_secret": CLAIMS_CLIENT.1, "grant_types": ["authorization_code"],
            "redirect_uris": [CALLBACK_SPA], "scope": "openid profile email phone address",
            "require_pkce": false, "first_party": true,
        }],
        "users": [{
            "subject": "q-1", "username": "queen", "password": "a-password-of-the-queen",
            "claims": claims.iter().flat_map(|claims| claims.as_object().unwrap().clone()).collect::<serde_json::Map<_, _>>(),
        }],
    });
    toml::to_string(&declared).unwrap()
}

#[tokio::test]
async fn core_5_3_2_a_client_may_have_it_signed() {
    let server = Server::start().await;
    let secret = "a-secret-of-more-than-thirty-two-octets";
    let client = |id: &str, algorithm: &str| {
        format!(
            "[[clients]]\nclient_id = \"{id}\"\nclient_secret = \"{secret}\"\ngrant_types = [\"password\"]\n\
             scope = \"openid email\"\nuserinfo_signed_response_alg = \"{algorithm}\"\n"
        )
    };
    server.apply(&format!("{}{}", client("by-us", "ES256"), client("by-secret", "HS256")));
    for (id, signed_by_us) in [("by-us", true), ("by-secret", false)] {
        let token = password_tokens(&server.http, (id, secret), "openid email").await.member("access_token");
        let answer = userinfo(&server.http, &token).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/jwt"), "{}", answer.text);
        assert_eq!(answer.header("cache-control"), "no-store");
        let claims = match signed_by_us {
            true => jwt::verified(&server.http, &answer.text).await,
            false => jwt::verified_with_secret(secret, &answer.text),
        };
        let expect = json!({
            "iss": server.issuer, "aud": id, "sub": "alice", "email": "alice@example.test", "email_verified": true
        });
        assert_eq!(claims, expect, "{id}");
    }
}

#[tokio::test]
async fn rfc_6750_2_the_token_comes_in_the_header_or_in_the_body_not_in_both() {
    let server = Server::start().await;
    let token = spa_tokens(&server, "openid profile email").await.member("access_token");
    let alice =
        json!({ "sub": "alice", "name": "Alice Liddell", "email": "alice@example.test", "email_verified": true });
    let body = [("access_token", token.as_str())];
    for answer in [
        userinfo(&server.http, &token).await,
        post(&server, Some(&token), None).await,
        post(&server, Some(&token), Some(&[("x", "y")])).await,
        post(&server, None, Some(&body)).await,
    ] {
        assert_eq!((verdict(&answer).as_str(), answer.json()), ("200", alice.clone()));
    }
    let lower = server.http.request("GET", "/oauth/userinfo").header("authorization", format!("bearer {token}"));
    assert_eq!(verdict(&send(lower).await), "200");
    let both = post(&server, Some(&token), Some(&body)).await;
    assert_eq!(verdict(&both), "400 invalid_request parameter-repeated");
    let twice = post(&server, None, Some(&[("access_token", "a"), ("access_token", "b")])).await;
    assert_eq!(verdict(&twice), "400 invalid_request parameter-repeated");
    let headers = server.http.request("GET", "/oauth/userinfo").bearer_auth(&token).bearer_auth(&token);
    assert_eq!(verdict(&send(headers).await), "400 invalid_request parameter-repeated");
    let in_query = server.http.get(&format!("/oauth/userinfo?access_token={token}")).await;
    assert_eq!(verdict(&in_query), MISSING);
    let json_body = server.http.request("POST", "/oauth/userinfo").bearer_auth(&token);
    let json_body = send(json_body.header("content-type", "application/json").body("{}")).await;
    assert_eq!(verdict(&json_body), "400 invalid_request media-type-unsupported");
}

#[tokio::test]
async fn rfc_6750_3_1_without_a_good_token_there_is_a_challenge() {
    let server = Server::start().await;
    let missing = server.http.get("/oauth/userinfo").await;
    assert_eq!(verdict(&missing), MISSING);
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"grantor\"", "no error without a token");
    assert_eq!(verdict(&post(&server, None, None).await), MISSING);
    let basic = server.http.request("GET", "/oauth/userinfo").basic_auth("demo-a", Some("demo-a-secret"));
    assert_eq!(verdict(&send(basic).await), MISSING);
    for token in ["x", "a.b.c", "gat_AAAA", "e30.e30.e30", &"x".repeat(7000)] {
        let answer = userinfo(&server.http, token).await;
        assert_eq!(verdict(&answer), INVALID, "{token}");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer realm=\"grantor\", error=\"invalid_token\", error_description=\""),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn rfc_6750_3_1_a_token_must_have_openid_and_be_meant_for_this_server() {
    const CLIENT: Credentials = ("elsewhere", "a-secret-that-nobody-guesses");
    let server = Server::start().await;
    server.apply(
        "[[clients]]\nclient_id = \"elsewhere\"\nclient_secret = \"a-secret-that-nobody-guesses\"\n\
         grant_types = [\"password\", \"client_credentials\"]\nscope = \"openid read\"\n\
         default_audience = \"https://elsewhere.example\"\n",
    );
    let insufficient = "403 insufficient_scope insufficient-scope";
    let machine = client_token(&server.http, CLIENT).await;
    let refused = userinfo(&server.http, &machine).await;
    assert_eq!(verdict(&refused), insufficient);
    let challenge = refused.header("www-authenticate");
    assert!(
        challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"openid\""),
        "{challenge}"
    );
    let without = password_tokens(&server.http, CLIENT, "read").await.member("access_token");
    assert_eq!(verdict(&userinfo(&server.http, &without).await), insufficient);
    let with = password_tokens(&server.http, CLIENT, "openid").await.member("access_token");
    assert_eq!(jwt::claims(&with)["aud"], json!(["https://elsewhere.example", server.issuer]));
    assert_eq!(userinfo(&server.http, &with).await.json(), json!({ "sub": "alice" }));
    let narrow = password_tokens(&server.http, DEMO_B, "openid contacts.read").await.member("access_token");
    assert_eq!(verdict(&userinfo(&server.http, &narrow).await), "200");
    let opaque = password_tokens(&server.http, DEMO_C, "openid email").await.member("access_token");
    let told = userinfo(&server.http, &opaque).await.json();
    assert_eq!(told, json!({ "sub": "alice", "email": "alice@example.test", "email_verified": true }));
}

#[tokio::test]
async fn an_exchanged_token_for_elsewhere_is_not_for_here_unless_openid_makes_it_so() {
    let server = Server::start().await;
    let own = password_tokens(&server.http, DEMO_B, "openid contacts.read").await.member("access_token");
    let check = async |scope: &str, expect: &str| {
        let form = [
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", own.as_str()),
            ("subject_token_type", ACCESS_TOKEN_TYPE),
            ("audience", DEMO_API_AUDIENCE),
            ("scope", scope),
        ];
        let token = server.http.token_as(DEMO_B, &form).await.member("access_token");
        assert_eq!(verdict(&userinfo(&server.http, &token).await), expect, "{scope}");
    };
    check("openid", "200").await;
    check("contacts.read", "403 insufficient_scope insufficient-scope").await;
}

#[tokio::test]
async fn core_5_5_single_claims_may_be_asked_for_by_name() {
    let server = Server::start().await;
    let claims =
        json!({ "userinfo": { "email": { "essential": true } }, "id_token": { "name": null, "nonsense": null } });
    let request = Authorization::of_spa("openid").with("claims", &claims.to_string());
    let tokens = redeem_spa(&server.http, &code(&server, &request).await).await;
    let told = userinfo(&server.http, &tokens.member("access_token")).await;
    assert_eq!(told.json(), json!({ "sub": "alice", "email": "alice@example.test" }));
    let id = jwt::claims(&tokens.member("id_token"));
    assert_eq!((&id["name"], id.get("email")), (&json!("Alice Liddell"), None));
}

#[tokio::test]
async fn core_5_5_however_much_is_asked_for_by_name_all_of_it_is_told() {
    let server = Server::start().await;
    server.apply(&queen());
    let claims = of_the_queen().map(|(_, claims)| claims);
    let names = claims.iter().flat_map(|claims| claims.as_object().unwrap().keys().cloned());
    let unknown = ["https://example.com/claims/groups".to_owned()];
    let all: serde_json::Map<_, _> = names.chain(unknown).map(|name| (name, json!({ "essential": true }))).collect();
    let asked = json!({ "userinfo": all, "id_token": all }).to_string();
    let request = Authorization::of("claims", CALLBACK_SPA, "openid").with("claims", &asked);
    let (told, id_token) = queen_told(&server, request.with("nonce", &"n".repeat(500))).await;
    assert_eq!(told, with_sub(&claims));
    for (name, value) in told.as_object().unwrap() {
        assert_eq!(&id_token[name], value);
    }
}
