//! Pairwise subjects on the wire (OpenID Connect Core §8), and the salt that they are made with.

use grantor_testkit::{Site, http_answer};
use serde_json::json;

use super::support::{CALLBACK_SPA, Credentials, jwt, redeem, userinfo, verdict, without_pkce};
use crate::harness::{Authorization, Person, Server, ServerOptions, VERIFIER, said, scratch_dir, send};

const SECRET: &str = "a-secret-that-nobody-guesses";

fn client(id: &str, redirect_uri: &str) -> String {
    format!(
        "[[clients]]\nclient_id = \"{id}\"\nclient_secret = \"{SECRET}\"\ngrant_types = [\"authorization_code\"]\n\
         redirect_uris = [\"{redirect_uri}\"]\nscope = \"openid\"\nrequire_pkce = false\nfirst_party = true\n\
         subject_type = \"pairwise\"\n"
    )
}

/// What a command printed.
fn printed(server: &Server, command: &[&str]) -> String {
    String::from_utf8(server.run(command).stdout).unwrap()
}

/// What the client is told of Alice: in the ID token, the access token and UserInfo alike.
async fn told(server: &Server, client: Credentials, callback: &str) -> String {
    let request = without_pkce(Authorization::of(client.0, callback, "openid"));
    let code = Person::alice(server).authorize(&request).await.parameter("code").to_owned();
    let tokens = redeem(&server.http, client, callback, &code).await;
    let info = userinfo(&server.http, &tokens.member("access_token")).await.json();
    for token in ["id_token", "access_token"] {
        assert_eq!(jwt::verified(&server.http, &tokens.member(token)).await["sub"], info["sub"], "{token}");
    }
    info["sub"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn core_8_1_each_sector_is_told_another_and_a_restart_changes_nothing() {
    let mut server = Server::start_on_postgres().await;
    server.stop().await;
    // As in a database from before there were pairwise subjects.
    server.database.as_ref().unwrap().sql("DELETE FROM keys WHERE purpose = 'pairwise_salt'");
    let mut server = Server::start_with(server.options()).await;
    assert!(!printed(&server, &["keys", "list"]).contains("pairwise_salt"), "servers of that time cannot read it");
    let (here, there) = (("here", SECRET), ("there", SECRET));
    server.apply(&(client("here", CALLBACK_SPA) + &client("there", "https://there.example/cb")));
    assert!(printed(&server, &["keys", "list"]).contains("pairwise_salt"), "made for the first that needs it");
    let at_here = told(&server, here, CALLBACK_SPA).await;
    let at_there = told(&server, there, "https://there.example/cb").await;
    assert!(at_here != at_there && ![&at_here, &at_there].contains(&&"alice".to_owned()));
    let issued = server.audit("token.issued");
    assert!(issued.iter().any(|event| event["subject"] == "alice"), "the operator is told who it is: {issued:?}");
    server.stop().await;
    let server = Server::start_with(server.options()).await;
    assert_eq!(told(&server, here, CALLBACK_SPA).await, at_here);
}

#[tokio::test]
async fn nothing_changes_the_salt() {
    let server = Server::start().await;
    let rotate = server.run(&["keys", "rotate", "pairwise_salt"]);
    assert!(!rotate.status.success() && said(&rotate).contains("it is never rotated"), "{}", said(&rotate));
    let keys: serde_json::Value = serde_json::from_str(&printed(&server, &["keys", "list", "--json"])).unwrap();
    let salt = keys.as_array().unwrap().iter().find(|key| key["purpose"] == "pairwise_salt").unwrap();
    let retire = server.run(&["keys", "retire", &salt["number"].to_string(), "--now"]);
    assert!(!retire.status.success() && said(&retire).contains("stays for ever"), "{}", said(&retire));
}

#[tokio::test]
async fn registration_5_a_sector_of_several_hosts_names_them_all() {
    let (first, second) = ("https://one.example/cb", "https://two.example/cb");
    let (sector, root) = Site::start_tls(move |_| http_answer(200, &json!([first, second]).to_string()));
    let trusted = scratch_dir();
    std::fs::write(trusted.path().join("root.pem"), root).unwrap();
    let settings = vec![
        ("OUTBOUND__PRIVATE_NETWORKS", "127.0.0.1".to_owned()),
        ("OUTBOUND__ROOT_FILE", trusted.path().join("root.pem").display().to_string()),
        ("REGISTRATION__MODE", "open".to_owned()),
    ];
    let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
    let address = format!("https://localhost:{}/uris", sector.port);
    let register = async |redirect_uris: &[&str]| {
        let metadata = json!({
            "redirect_uris": redirect_uris, "subject_type": "pairwise", "sector_identifier_uri": address,
        });
        send(server.http.request("POST", "/oauth/register").json(&metadata)).await
    };
    let mut subjects = Vec::new();
    for redirect_uri in [first, second] {
        let registered = register(&[redirect_uri]).await;
        assert_eq!((registered.status, registered.member("sector_identifier_uri")), (201, address.clone()));
        let (id, secret) = (registered.member("client_id"), registered.member("client_secret"));
        let id: &'static str = Box::leak(id.into_boxed_str());
        let code = Person::alice(&server).authorize(&Authorization::of(id, redirect_uri, "openid")).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.parameter("code")),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        let tokens = server.http.token_as((id, &secret), &form).await;
        subjects.push(userinfo(&server.http, &tokens.member("access_token")).await.member("sub"));
    }
    assert!(subjects[0] == subjects[1] && subjects[0] != "alice", "one sector, one subject: {subjects:?}");
    let stranger = register(&["https://three.example/cb"]).await;
    assert_eq!(verdict(&stranger), "400 invalid_redirect_uri registration-uri-invalid");
    assert!(sector.requests().iter().all(|request| request.starts_with("GET /uris ")));
}
