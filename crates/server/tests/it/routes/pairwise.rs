//! Pairwise subjects on the wire (OpenID Connect Core §8), and the salt that they are made with.

use super::support::{CALLBACK_SPA, Credentials, jwt, redeem, userinfo, without_pkce};
use crate::harness::{Authorization, Person, Server, said};

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
