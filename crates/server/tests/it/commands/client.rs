//! `grantor client`.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::Value;

use super::{done, refused};
use crate::harness::Server;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_client_from_its_registration_to_its_end() {
    let server = Server::start().await;
    let created = "client create --id shop --name Shop --grant client_credentials --scope read";
    let text = done(&server, &format!("{created} --secret-stdin"), "a-secret-that-somebody-has-written-down-01\n");
    assert_snapshot!(text, @"client shop: created");
    let token = server
        .http
        .token_as(("shop", "a-secret-that-somebody-has-written-down-01"), &[("grant_type", "client_credentials")]);
    assert_eq!(token.await.outcome(), "200");
    assert_snapshot!(done(&server, "client update shop --set access_token_lifetime=60 --set audiences=[\"urn:shop\"]", ""), @"
    client shop: updated
      access_token_lifetime: (none) → 60
      audiences: (none) → urn:shop
    ");
    assert_snapshot!(done(&server, "client update shop --set access_token_lifetime=60", ""), @"client shop: unchanged");
    assert_snapshot!(done(&server, "client update shop --unset access_token_lifetime --unset client_name --json", ""), @r#"
    {
      "client_id": "shop",
      "change": "updated",
      "fields": [
        {
          "key": "access_token_lifetime",
          "from": 60,
          "to": null
        },
        {
          "key": "client_name",
          "from": "Shop",
          "to": null
        }
      ],
      "secrets": "kept",
      "warnings": []
    }
    "#);
    assert_snapshot!(done(&server, "client show shop", ""), @"
    client_id: shop
    application_type: web
    token_endpoint_auth_methods: client_secret_basic client_secret_post
    grant_types: client_credentials
    redirect_uris: (none)
    scope: read
    default_scope: (none)
    require_pkce: true
    allow_plain_pkce: false
    access_token_format: jwt
    access_token_signed_response_alg: ES256
    refresh_token_policy: rotate
    id_token_signed_response_alg: RS256
    id_token_claims: (none)
    resources: (none)
    audiences: urn:shop
    introspect: own
    password_without_secret: false
    first_party: false
    secrets: at most 175 bits (hashed)
    ");
    assert_snapshot!(done(&server, "client lint shop", ""), @"nothing to warn about");
    assert_snapshot!(done(&server, "client lint 1000000042 --json", ""), @r#"
    [
      {
        "client_id": "1000000042",
        "rule": "password-grant",
        "message": "the client handles people's passwords",
        "section": "RFC 9700 section 2.4"
      },
      {
        "client_id": "1000000042",
        "rule": "password-without-secret",
        "message": "anybody can use the password grant in the client's name",
        "section": "RFC 6749 section 4.3.2"
      },
      {
        "client_id": "1000000042",
        "rule": "pkce-optional",
        "message": "a stolen code can be redeemed without a verifier",
        "section": "RFC 9700 section 2.1.1"
      },
      {
        "client_id": "1000000042",
        "rule": "pkce-plain",
        "message": "a challenge that leaks reveals the verifier",
        "section": "RFC 7636 section 7.2"
      },
      {
        "client_id": "1000000042",
        "rule": "hs256",
        "message": "whoever holds the client secret can forge its ID tokens",
        "section": "RFC 8725 section 3.5"
      },
      {
        "client_id": "1000000042",
        "rule": "refresh-fixed",
        "message": "a stolen refresh token stays unnoticed",
        "section": "RFC 9700 section 4.14.2"
      }
    ]
    "#);
    assert_snapshot!(done(&server, "client rotate-secret shop --secret-stdin", "another-one"), @"client shop: two secrets are good now; end the older one with --finish once nobody uses it");
    assert_snapshot!(done(&server, "client rotate-secret shop --finish --json", ""), @r#"
    {
      "client_id": "shop",
      "secrets": 1,
      "ended": 1
    }
    "#);
    assert_snapshot!(done(&server, "client rotate-secret shop --finish", ""), @"client shop: one secret is good, and nothing ended");
    assert_snapshot!(done(&server, "client delete shop --json", ""), @r#"
    {
      "client_id": "shop",
      "change": "deleted",
      "grants": 0
    }
    "#);
    assert!(!done(&server, "client list", "").contains("shop"));
}

#[tokio::test]
async fn a_new_secret_is_shown_once_in_either_form() {
    let server = Server::start().await;
    let created = json(&done(&server, "client create --grant client_credentials --json", ""));
    let id = created["client"]["client_id"].as_str().unwrap().to_owned();
    assert_json_snapshot!(created, { ".client_secret" => "[secret]", ".client.client_id" => "[id]" , ".client.secrets[].estimated_bits" => "[bits]" }, @r#"
    {
      "change": "created",
      "client_secret": "[secret]",
      "client": {
        "client_id": "[id]",
        "application_type": "web",
        "token_endpoint_auth_methods": [
          "client_secret_basic",
          "client_secret_post"
        ],
        "grant_types": [
          "client_credentials"
        ],
        "redirect_uris": [],
        "scope": "",
        "default_scope": "",
        "require_pkce": true,
        "allow_plain_pkce": false,
        "access_token_format": "jwt",
        "access_token_signed_response_alg": "ES256",
        "refresh_token_policy": "rotate",
        "id_token_signed_response_alg": "RS256",
        "id_token_claims": [],
        "resources": [],
        "audiences": [],
        "introspect": "own",
        "password_without_secret": false,
        "first_party": false,
        "secrets": [
          {
            "estimated_bits": "[bits]",
            "signs": false
          }
        ],
        "warnings": []
      }
    }
    "#);
    let secret = created["client_secret"].as_str().unwrap();
    let rotated = json(&done(&server, &format!("client rotate-secret {id} --json"), ""));
    assert_json_snapshot!(rotated, { ".client_secret" => "[secret]", ".client_id" => "[id]" }, @r#"
    {
      "client_id": "[id]",
      "client_secret": "[secret]",
      "secrets": 2,
      "ended": 0
    }
    "#);
    let replaced = done(&server, &format!("client rotate-secret {id} --remove-old"), "");
    let new = replaced.lines().find_map(|line| line.strip_prefix("secret: ")).unwrap();
    assert_eq!((secret.len(), new.len()), (43, 43));
    assert_snapshot!(replaced.replace(new, "[secret]").replace(&id, "[id]"), @"
    client [id]: one secret is good; 2 others ended
    secret: [secret]
    This is the only time that the secret is shown.
    ");
    for secret in [secret, rotated["client_secret"].as_str().unwrap()] {
        let token = server.http.token_as((&id, secret), &[("grant_type", "client_credentials")]).await;
        assert_eq!(token.outcome(), "401 invalid_client");
    }
    let token = server.http.token_as((&id, new), &[("grant_type", "client_credentials")]).await;
    assert_eq!(token.outcome(), "200");
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let server = Server::start().await;
    let all = [
        ("client create --id shop", ""),
        ("client create --id demo-a --grant client_credentials", ""),
        ("client create --id alice --grant client_credentials", ""),
        ("client create --id shop --grant client_credentials --set colour=red", ""),
        ("client create --id shop --grant client_credentials --set require_pkce=maybe", ""),
        ("client create --id shop --grant authorization_code", ""),
        ("client create --id shop --grant client_credentials --auth-method none", ""),
        ("client create --id shop --grant client_credentials --set id_token_signed_response_alg=PS256", ""),
        ("client create --id shop --grant client_credentials --auth-method client_secret_jwt --secret-stdin", "short"),
        ("client create --id shop --grant client_credentials --secret-stdin", "\n"),
        ("client update demo-a --set client_id=demo-b", ""),
        ("client update demo-a --set id_token_signed_response_alg=HS256", ""),
        ("client update shop --name Shop", ""),
        ("client update demo-spa --secret-stdin", "a-secret"),
        ("client show shop", ""),
        ("client lint shop", ""),
        ("client delete shop", ""),
        ("client rotate-secret shop", ""),
        ("client rotate-secret demo-spa", ""),
        ("client rotate-secret demo-a --secret-stdin", "demo-a-secret"),
    ];
    let said: String = all.iter().map(|(words, input)| refused(&server, words, input)).collect();
    assert_snapshot!(said, @r#"
    grantor: say what the client may do, such as --grant authorization_code --grant refresh_token; a resource server that only introspects gets --set 'grant_types=[]'
    grantor: "demo-a" is taken by a client or a user; choose another id, or change the client with `grantor client update`
    grantor: "alice" is taken by a client or a user; choose another id, or change the client with `grantor client update`
    grantor: there is no "colour"; `grantor client show ID --json` shows the settings of a client
    grantor: require_pkce: invalid type: string "maybe", expected a boolean (a value is JSON, such as true, 3600 or ["a"]; anything else is text)
    grantor: client "shop": redirect_uris must not be empty with the authorization_code grant type
    grantor: client "shop": grant_types: client_credentials needs a client with credentials
    grantor: client "shop": the server has no PS256 key; add it to keys.algorithms and restart
    grantor: client "shop": a secret that signs (HS256) must have at least 32 bytes
    grantor: standard input does not have the client's secret: write it there as one line
    grantor: the id of a client never changes; a new client gets one by --id
    grantor: the client "demo-a" needs a secret, and storage has none that serves (of most it keeps a hash, which cannot sign): give it, or a new one that replaces it, by --secret-stdin
    grantor: there is no client "shop"; `grantor client list` shows all
    grantor: the client "demo-spa" authenticates without a secret; give it another --auth-method first
    grantor: there is no client "shop"; `grantor client list` shows all
    grantor: there is no client "shop"; `grantor client list` shows all
    grantor: there is no client "shop"; `grantor client list` shows all
    grantor: there is no client "shop"; `grantor client list` shows all
    grantor: the client "demo-spa" authenticates without a secret; give it another --auth-method first
    grantor: the client "demo-a" has this secret already
    "#);
    done(&server, "client rotate-secret demo-a", "");
    assert_snapshot!(refused(&server, "client rotate-secret demo-a", ""), @r#"grantor: the client "demo-a" has two secrets already: end the older one with --finish once nobody uses it, or both at once with --remove-old"#);
}
