//! What the server says and what docs/endpoints.md shows of it keep to the same JSON Schemas (docs/schemas), so that neither
//! drifts from the other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::support::{
    ACCESS_TOKEN_TYPE, DEMO_A, DEMO_API, DEMO_API_AUDIENCE, DEMO_B, DEMO_C, TOKEN_EXCHANGE, client_token,
    password_tokens, refresh_spa, spa_tokens, userinfo,
};
use crate::harness::{Answer, Server, ServerOptions, send};

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

/// Every example of the page. One that shows a body and names no schema fails.
fn examples(page: &str) -> Vec<Example> {
    let lines: Vec<&str> = page.lines().collect();
    let mut examples = Vec::new();
    for (index, fence) in lines.iter().enumerate().filter(|(_, line)| ["```json", "```http"].contains(line)) {
        let content: Vec<&str> = lines[index + 1..].iter().take_while(|line| **line != "```").copied().collect();
        let value = if *fence == "```json" {
            Some(serde_json::from_str(&content.join("\n")).unwrap_or_else(|error| panic!("line {index}: {error}")))
        } else {
            asked(&content)
        };
        let Some(value) = value else { continue };
        let comment = if *fence == "```json" { "<!-- schema: " } else { "<!-- request: " };
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
    let mut members = Map::new();
    for (name, value) in reqwest::Url::parse(&format!("https://x.example/?{}", text.trim_start_matches(['?', '&'])))
        .unwrap()
        .query_pairs()
    {
        let value = Value::from(value.into_owned());
        match members.get_mut(&*name) {
            None => drop(members.insert(name.into_owned(), value)),
            Some(Value::Array(all)) => all.push(value),
            Some(one) => *one = json!([one.clone(), value]),
        }
    }
    (!members.is_empty()).then_some(Value::Object(members))
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

async fn device(server: &Server) -> Answer {
    server.http.post_as("/oauth/device_authorization", DEMO_B, &[("scope", "openid")]).await
}

#[tokio::test]
async fn every_answer_keeps_to_the_schema_that_the_page_names() {
    let settings = vec![("REGISTRATION__MODE", "open".to_owned())];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
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
    keeps_to("device-authorization-response", &device(&server).await.json());

    let metadata = json!({ "redirect_uris": ["https://app.example/cb"], "contacts": ["a@app.example"] });
    let registered = send(http.request("POST", "/oauth/register").json(&metadata)).await;
    keeps_to("registration-response", &registered.json());
    let path = registered.member("registration_client_uri").replace(&server.issuer, "");
    let token = registered.member("registration_access_token");
    let read = send(http.request("GET", &path).bearer_auth(&token)).await;
    keeps_to("registration-response", &read.json());

    for refused in [
        http.token_as(("demo-a", "wrong"), &[("grant_type", "client_credentials")]).await,
        http.token(&[("grant_type", "mind-reading"), ("client_id", "demo-spa")]).await,
        userinfo(http, "nothing").await,
        http.get("/oauth/token").await,
        send(http.request("POST", "/oauth/register").json(&json!({}))).await,
        send(http.request("GET", &path)).await,
    ] {
        assert!(refused.status >= 400, "{}", refused.text);
        keeps_to("error-response", &refused.json());
    }
}
