//! What the server says and what docs/endpoints.md shows of it keep to the same JSON Schemas (docs/schemas), so that neither
//! drifts from the other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::support::{
    ACCESS_TOKEN_TYPE, DEMO_A, DEMO_API, DEMO_API_AUDIENCE, DEMO_B, DEMO_C, TOKEN_EXCHANGE, client_token,
    password_tokens, refresh, refresh_spa, spa_tokens, userinfo,
};
use crate::harness::{Answer, Authorization, Person, Server, ServerOptions, send};

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Every schema there is, by name.
fn schemas() -> BTreeSet<String> {
    let files = std::fs::read_dir(docs().join("schemas")).unwrap();
    let name = |file: std::io::Result<std::fs::DirEntry>| file.unwrap().file_name().into_string().unwrap();
    files.map(name).map(|file| file.strip_suffix(".schema.json").unwrap().to_owned()).collect()
}

/// What is wrong with a value by this schema; nothing if it passes.
fn faults(schema: &str, value: &Value) -> Vec<String> {
    let file = docs().join("schemas").join(format!("{schema}.schema.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|_missing| panic!("there is no schema {schema}"));
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The value passes, and would not with a member that nobody knows.
#[track_caller]
fn keeps_to(schema: &str, value: &Value) {
    assert_eq!(faults(schema, value), Vec::<String>::new(), "{schema}: {value}");
    let mut more = value.clone();
    more.as_object_mut().unwrap().insert("member_of_nobody".to_owned(), json!("x"));
    assert!(!faults(schema, &more).is_empty(), "{schema} lets anything pass");
}

/// An example of the page: the name of its schema, and what it shows.
struct Example {
    schema: String,
    value: Value,
}

/// How an example is fenced, what the comment above it begins with, and how its value is read.
type Kind = (&'static str, &'static str, fn(&[&str]) -> Option<Value>);

const KINDS: [Kind; 3] = [
    ("```json", "<!-- schema: ", |lines| Some(serde_json::from_str(&lines.join("\n")).unwrap())),
    ("```http", "<!-- request: ", asked),
    ("```text", "<!-- redirect: ", |lines| Some(members(lines.concat().split_once('?')?.1))),
];

/// Every example of the page. One that shows a body or an address and names no schema fails.
fn examples(page: &str) -> Vec<Example> {
    let lines: Vec<&str> = page.lines().collect();
    let mut examples = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((_, comment, read)) = KINDS.iter().find(|(fence, ..)| fence == line) else { continue };
        let content: Vec<&str> = lines[index + 1..].iter().take_while(|line| **line != "```").copied().collect();
        let Some(value) = read(&content) else { continue };
        let named = lines[index - 1].strip_prefix(comment).and_then(|rest| rest.strip_suffix(" -->"));
        let schema = named.unwrap_or_else(|| panic!("the example at line {index} names no schema")).to_owned();
        examples.push(Example { schema, value });
    }
    examples
}

/// What a request asks: the members of its query, its form or its JSON. None if it has none of them.
fn asked(lines: &[&str]) -> Option<Value> {
    let (head, body): (Vec<&str>, Vec<&str>) = match lines.iter().position(|line| line.is_empty()) {
        Some(blank) => (lines[..blank].to_vec(), lines[blank + 1..].to_vec()),
        None => (lines.to_vec(), Vec::new()),
    };
    if body.first().is_some_and(|line| line.starts_with('{')) {
        return Some(serde_json::from_str(&body.join("\n")).unwrap());
    }
    let query = head.iter().map(|line| line.trim_start()).filter(|line| line.starts_with(['?', '&']));
    let text: String = query.chain(body.iter().map(|line| line.trim_start())).collect();
    Some(members(text.trim_start_matches(['?', '&']))).filter(|members| members != &json!({}))
}

/// The members of a query or a form; one that is repeated is a list.
fn members(query: &str) -> Value {
    let mut members = Map::new();
    for (name, value) in reqwest::Url::parse(&format!("https://x.example/?{query}")).unwrap().query_pairs() {
        let value = Value::from(value.into_owned());
        match members.get_mut(&*name) {
            None => drop(members.insert(name.into_owned(), value)),
            Some(Value::Array(all)) => all.push(value),
            Some(one) => *one = json!([one.clone(), value]),
        }
    }
    Value::Object(members)
}

#[test]
fn every_example_of_the_page_keeps_to_its_schema() {
    let page = std::fs::read_to_string(docs().join("endpoints.md")).unwrap();
    let examples = examples(&page);
    for Example { schema, value } in &examples {
        keeps_to(schema, value);
    }
    let shown: BTreeSet<String> = examples.into_iter().map(|example| example.schema).collect();
    assert_eq!(shown, schemas(), "each schema has an example");
}

#[tokio::test]
async fn every_answer_keeps_to_the_schema_that_the_page_names() {
    let server = Server::start().await;
    let http = &server.http;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        keeps_to("discovery", &http.get(path).await.json());
    }
    keeps_to("jwks", &http.get("/oauth/jwks").await.json());

    let public = spa_tokens(&server, "openid profile email offline_access").await;
    let access_token = public.member("access_token");
    let form = [("grant_type", "client_credentials"), ("scope", "server-operations")];
    let own = http.token_as(DEMO_A, &form).await;
    let password = password_tokens(http, DEMO_C, "openid email").await;
    let held = client_token(http, DEMO_B).await;
    let form = [
        ("grant_type", TOKEN_EXCHANGE),
        ("subject_token", held.as_str()),
        ("subject_token_type", ACCESS_TOKEN_TYPE),
        ("audience", DEMO_API_AUDIENCE),
    ];
    let exchanged = http.token_as(DEMO_B, &form).await;
    for answer in [&public, &own, &password, &exchanged] {
        assert_eq!(answer.status, 200, "{}", answer.text);
        keeps_to("token-response", &answer.json());
    }
    for (caller, token) in [
        (DEMO_API, access_token.as_str()),
        (DEMO_API, &password.member("access_token")),
        (DEMO_API, &exchanged.member("access_token")),
        (DEMO_API, &own.member("access_token")),
        (DEMO_C, &password.member("refresh_token")),
        (DEMO_API, "nothing"),
    ] {
        keeps_to("introspection-response", &http.introspect(caller, token).await.json());
    }
    keeps_to("userinfo-response", &userinfo(http, &access_token).await.json());
    keeps_to("token-response", &refresh_spa(http, &public.member("refresh_token")).await.json());
    for refused in [
        http.token_as(("demo-a", "wrong"), &[("grant_type", "client_credentials")]).await,
        http.token(&[("grant_type", "mind-reading"), ("client_id", "demo-spa")]).await,
        userinfo(http, "nothing").await,
        http.get("/oauth/token").await,
    ] {
        is_refused(&refused, 400);
    }
}

#[track_caller]
fn is_refused(answer: &Answer, at_least: u16) {
    assert!(answer.status >= at_least, "{}", answer.text);
    keeps_to("error-response", &answer.json());
}

#[tokio::test]
async fn every_answer_about_a_registration_keeps_to_its_schema() {
    let settings = vec![("REGISTRATION__MODE", "open".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let http = &server.http;
    let metadata = json!({ "redirect_uris": ["https://app.example/cb"], "contacts": ["a@app.example"] });
    let registered = send(http.request("POST", "/oauth/register").json(&metadata)).await;
    keeps_to("registration-response", &registered.json());
    let path = registered.member("registration_client_uri").replace(&server.issuer, "");
    let token = registered.member("registration_access_token");
    let read = send(http.request("GET", &path).bearer_auth(&token)).await;
    keeps_to("registration-response", &read.json());
    let update = json!({ "client_id": registered.member("client_id"), "redirect_uris": ["https://app.example/new"] });
    keeps_to("registration-update-request", &update);
    let updated = send(http.request("PUT", &path).bearer_auth(&token).json(&update)).await;
    assert_eq!(updated.status, 200, "{}", updated.text);
    keeps_to("registration-response", &updated.json());
    for refused in [
        send(http.request("POST", "/oauth/register").json(&json!({}))).await,
        send(http.request("GET", &path)).await,
        send(http.request("PUT", &path).bearer_auth(&token).json(&json!({}))).await,
    ] {
        is_refused(&refused, 400);
    }
}

#[tokio::test]
async fn every_answer_to_a_device_keeps_to_its_schema() {
    let server = Server::start().await;
    server.apply(
        "[[clients]]\nclient_id = \"tv\"\nclient_secret = \"a-secret-that-nobody-guesses\"\nscope = \"openid\"\n\
         grant_types = [\"urn:ietf:params:oauth:grant-type:device_code\"]\n",
    );
    let tv = ("tv", "a-secret-that-nobody-guesses");
    let asked = server.http.post_as("/oauth/device_authorization", tv, &[("scope", "openid")]).await;
    keeps_to("device-authorization-response", &asked.json());
    let code = asked.member("device_code");
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", code.as_str())];
    for error in ["authorization_pending", "slow_down"] {
        let told = server.http.token_as(tv, &form).await;
        assert_eq!(told.member("error"), error);
        is_refused(&told, 400);
    }
}

#[tokio::test]
async fn an_outage_keeps_to_its_schema() {
    let server = Server::start_on_postgres().await;
    let tokens = password_tokens(&server.http, DEMO_C, "openid").await;
    server.database.as_ref().unwrap().sql("ALTER TABLE grants_long RENAME TO grants_away");
    let refreshed = refresh(&server.http, DEMO_C, &tokens.member("refresh_token")).await;
    is_refused(&refreshed, 503);
}

#[tokio::test]
async fn whatever_a_browser_brings_back_keeps_to_its_schema() {
    let server = Server::start().await;
    let alice = Person::alice(&server);
    let request = Authorization::of_spa("openid");
    for (request, schema) in [
        (request.clone(), "authorization-response"),
        (request.clone().with("prompt", "none"), "authorization-response"),
        (request.clone().with("prompt", "none").with("max_age", "0"), "authorization-error-response"),
        (request.clone().with("response_type", "token"), "authorization-error-response"),
        (request.with("scope", "made-up"), "authorization-error-response"),
    ] {
        let arrived = alice.authorize(&request).await;
        keeps_to(schema, &json!(arrived.parameters));
    }
}
