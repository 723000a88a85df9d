//! Clients that prove themselves by an assertion, which the playground signs for them (RFC 7523 §2.2).

use super::*;

/// The assertion in a request as it is shown.
#[track_caller]
fn assertion(page: &Answer) -> String {
    let request = shown(&page.text, "<pre id=\"request\"", "</pre>");
    request.split_once("client_assertion=").unwrap_or_else(|| panic!("none in {request}")).1.to_owned()
}

#[tokio::test]
async fn rfc_7523_2_2_a_client_signs_with_its_secret_or_with_a_key_of_its_own() {
    let server = Server::start().await;
    server.apply(SIGNING);
    let key = std::fs::read_to_string(server.machine_key()).unwrap();
    let private = serde_json::from_str::<serde_json::Value>(&key).unwrap()["d"].as_str().unwrap().to_owned();
    for (client, method, credential, algorithm) in [
        ("signs", "client_secret_jwt", ("client_secret", SIGNING_SECRET), "HS256"),
        ("demo-machine", "private_key_jwt", ("private_key", key.as_str()), "ES256"),
    ] {
        let mut player = Player::at(&server, "client_credentials", "").await;
        let fields = [("client_id", client), ("authentication", method), credential];
        player.send(&fields).await;
        assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
        assert!(is_active(&server.http, &player.member("access_token")).await);
        let jwt = assertion(&player.page);
        let claims = claims(&jwt);
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&client.into(), &client.into(), &server.issuer.clone().into())
        );
        let text = unescaped(&player.page.text);
        let curl = shown(&text, "<pre id=\"curl\"", "</pre>");
        assert!(curl.contains(&format!("'client_assertion={jwt}'")), "{curl}");
        for part in [
            "What is in <code>client_assertion</code>",
            &format!("\"alg\": \"{algorithm}\""),
            &format!("<bdi>{algorithm}</bdi>, holds by"),
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        for hidden in [SIGNING_SECRET, private.as_str()] {
            assert!(!text.contains(hidden) && !server.log().contains(hidden), "{hidden}");
        }
        let again =
            [("grant_type", "client_credentials"), ("client_assertion_type", JWT_BEARER), ("client_assertion", &jwt)];
        assert_eq!(server.http.token(&again).await.member("error"), "invalid_client", "it is good for one request");
        player.send(&[("client_id", client), ("authentication", method)]).await;
        if method == "client_secret_jwt" {
            assert_eq!(player.status(), "200 OK", "the secret is kept for the next time");
        } else {
            assert!(
                player.page.status == 400 && player.page.text.contains("id=\"private_key_problem\""),
                "the key is not"
            );
        }
    }
}

#[tokio::test]
async fn a_key_that_cannot_sign_is_told_where_it_was_typed_and_the_rest_stays() {
    let server = Server::start().await;
    server.apply(SIGNING);
    let key: serde_json::Value = serde_json::from_slice(&std::fs::read(server.machine_key()).unwrap()).unwrap();
    let mut public = key.clone();
    public.as_object_mut().unwrap().remove("d");
    let mut encrypts = key.clone();
    encrypts["use"] = "enc".into();
    let (public, encrypts) = (public.to_string(), encrypts.to_string());
    let mut player = Player::at(&server, "client_credentials", "").await;
    for (typed, message) in [
        ("", "paste the client"),
        ("{\"kty\":\"walrus\"", "cannot be read"),
        (&public, "This is the public part"),
        (&encrypts, "cannot sign here"),
    ] {
        let fields = [
            ("client_id", "demo-machine"),
            ("authentication", "private_key_jwt"),
            ("scope", "read"),
            ("resource", "https://api.example"),
        ];
        player.send(&[fields.as_slice(), &[("private_key", typed), ("show_secrets", "1")]].concat()).await;
        let text = player.page.text.clone();
        assert_eq!(player.page.status, 400, "{text}");
        assert!(shown(&text, "id=\"private_key_problem\">", "</p>").contains(message), "{text}");
        for part in [
            "role=\"alert\"",
            "aria-describedby=\"private_key_problem private_key_help\" aria-invalid=\"true\" autofocus",
            "<title>Error: ",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("walrus") && !text.contains(key["x"].as_str().unwrap()), "{text}");
        let filled = ["client_id", "scope", "resource"].map(|name| filled_in(&text, name));
        assert_eq!(filled, ["demo-machine", "read", "https://api.example"]);
        assert!(
            text.contains("value=\"private_key_jwt\" checked")
                && text.contains("id=\"show_secrets\" name=\"show_secrets\" type=\"checkbox\" value=\"1\" checked"),
            "{text}"
        );
    }
    player.send(&[("client_id", "signs"), ("authentication", "client_secret_jwt"), ("client_secret", "short")]).await;
    assert!(shown(&player.page.text, "id=\"client_secret_problem\">", "</p>").contains("at least 32 bytes"));
    player.send(&[("authentication", "client_secret_jwt"), ("client_secret", SIGNING_SECRET)]).await;
    assert!(player.page.status == 400 && player.page.text.contains("fill in the client"), "{}", player.page.text);
    assert!(server.audit("token.refused").is_empty() && server.audit("token.issued").is_empty(), "nothing was sent");
    // A key that signs, but not for this client, is the server's to refuse.
    let key = key.to_string();
    player.send(&[("client_id", "signs"), ("authentication", "private_key_jwt"), ("private_key", &key)]).await;
    assert_eq!((player.status().as_str(), player.fails()), ("401 Unauthorized", 1), "{}", player.page.text);
    assert!(player.page.text.contains("does not hold by the client&#39;s registered keys"), "{}", player.page.text);
}

#[tokio::test]
async fn the_code_flow_goes_on_with_a_key_that_nothing_keeps() {
    let server = Server::start().await;
    let callback = format!("{}/playground/callback", server.issuer);
    let mut key: serde_json::Value = serde_json::from_slice(&std::fs::read(server.machine_key()).unwrap()).unwrap();
    let private = key.to_string();
    key.as_object_mut().unwrap().remove("d");
    let common =
        format!("grant_types = [\"authorization_code\"]\nredirect_uris = [\"{callback}\"]\nscope = \"openid\"\n");
    server.apply(&format!(
        "[[clients]]\nclient_id = \"signs\"\nclient_secret = \"{SIGNING_SECRET}\"\n{common}\
         token_endpoint_auth_methods = [\"client_secret_jwt\"]\n\
         [[clients]]\nclient_id = \"keyed\"\n{common}token_endpoint_auth_methods = [\"private_key_jwt\"]\n\
         jwks = {{ keys = [{{ kty = \"EC\", crv = \"P-256\", x = {}, y = {} }}] }}\n",
        key["x"], key["y"],
    ));
    for (client, method, credential) in [
        ("keyed", "private_key_jwt", ("private_key", private.as_str())),
        ("signs", "client_secret_jwt", ("client_secret", SIGNING_SECRET)),
    ] {
        let mut player = Player::at(&server, "authorization_code", "").await;
        assert!(!player.page.text.contains("name=\"private_key\""), "the browser proves nobody");
        player.send(&[("client_id", client), ("authentication", method), ("scope", "openid")]).await;
        assert!(!player.page.header("location").contains("assertion"), "{}", player.page.header("location"));
        player.page = walk(&player.person, player.page, &callback).await;
        assert!(player.page.text.contains(&format!("value=\"{method}\" checked")), "{}", player.page.text);
        let redeem = ["code", "redirect_uri", "code_verifier"].map(|name| (name, filled_in(&player.page.text, name)));
        let mut fields = vec![("client_id", client), ("authentication", method), credential];
        fields.extend(redeem.iter().map(|(name, value)| (*name, value.as_str())));
        player.send(&fields).await;
        assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
        assert!(player.page.text.contains("is the one that was sent"), "the nonce is checked");
    }
}
