//! `/playground`: every grant with the demo clients, the code flow through the real pages, and whose requests are not sent.

mod assertions;

use std::sync::Arc;

use grantor_domain::client::JWT_BEARER;

use super::support::jwt::claims;
use super::support::{DEMO_A, DEMO_API, DEMO_B, is_active, is_active_to, page};
use crate::harness::{Answer, Database, Person, Server, ServerOptions};

/// Somebody at the playground, with the page before them.
struct Player {
    person: Person,
    page: Answer,
}

impl Player {
    /// Opens the form of an action, for a client of the demo set.
    async fn at(server: &Server, action: &str, client: &str) -> Self {
        let person = Person::alice(server);
        let page = person.open(&format!("/playground?try={action}&client={client}")).await;
        check_page(&page);
        Self { person, page }
    }

    /// Presses a button of the page's form, with these fields.
    async fn press(&mut self, button: (&str, &str), fields: &[(&str, &str)]) {
        let (action, kept) = (attribute(&self.page.text, "try"), attribute(&self.page.text, "kept"));
        let mut form = vec![("try", action.as_str()), ("kept", &kept), button];
        form.extend_from_slice(fields);
        self.page = self.person.post("/playground", &form).await;
    }

    async fn send(&mut self, fields: &[(&str, &str)]) {
        self.press(("send", "1"), fields).await;
    }

    /// Goes on with what was obtained, and sends what stands in the form then.
    async fn go_on(&mut self, step: &str, client: &str) {
        self.press(("next", step), &[]).await;
        let text = self.page.text.clone();
        let names = ["token", "access_token", "refresh_token", "subject_token", "subject_token_type", "device_code"];
        let filled: Vec<_> = names.iter().map(|name| (*name, filled_in(&text, name))).collect();
        let mut fields: Vec<_> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.push(("client_id", client));
        self.send(&fields).await;
    }

    /// What the answer was.
    #[track_caller]
    fn status(&self) -> String {
        assert_eq!(self.page.header("content-type"), "text/html; charset=utf-8", "{}", self.page.text);
        shown(&self.page.text, "<p class=\"status\" id=\"status\"><strong>", "</strong>")
    }

    /// A member of the answer's body.
    #[track_caller]
    fn member(&self, name: &str) -> String {
        let body = shown(&self.page.text, "<pre id=\"body\"", "</pre>");
        let (_, json) = body.split_once('>').unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        json[name].as_str().unwrap_or_default().to_owned()
    }

    fn fails(&self) -> usize {
        self.page.text.matches("fails: </span>").count()
    }
}

/// Holds a page to what every page must have.
#[track_caller]
fn check_page(answer: &Answer) {
    page(answer);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// The value of the first hidden field with this name.
#[track_caller]
fn attribute(html: &str, name: &str) -> String {
    shown(html, &format!("type=\"hidden\" name=\"{name}\" value=\""), "\"")
}

/// What stands between these, unescaped.
#[track_caller]
fn shown(html: &str, before: &str, after: &str) -> String {
    let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("no {before} in {html}"));
    unescaped(rest.split_once(after).unwrap().0)
}

fn unescaped(html: &str) -> String {
    html.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What is filled in for a field; empty if there is none.
fn filled_in(html: &str, name: &str) -> String {
    let Some((_, rest)) = html.split_once(&format!("name=\"{name}\"")) else { return String::new() };
    let (attributes, rest) = rest.split_once('>').unwrap();
    let selected = rest.split_once("\" selected").map_or("", |(before, _)| before.rsplit_once('"').unwrap().1);
    match attributes.split_once(" value=\"") {
        Some((_, value)) => unescaped(value.split_once('"').unwrap().0),
        None if attributes.contains("rows=") => unescaped(rest.split_once("</textarea>").unwrap().0.trim()),
        None => selected.to_owned(),
    }
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself_with_every_way_to_prove_itself() {
    let server = Server::start().await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let mut player = Player::at(&server, "client_credentials", "demo-a").await;
        assert_eq!(filled_in(&player.page.text, "scope"), "view-user detail-user server-operations");
        assert!(!player.page.text.contains(DEMO_A.1), "the secret is kept sealed");
        let fields = [("client_id", "demo-a"), ("authentication", method), ("scope", "server-operations")];
        player.send(&fields).await;
        assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
        let token = player.member("access_token");
        assert!(is_active(&server.http, &token).await);
        let text = unescaped(&player.page.text);
        let sub = claims(&token)["sub"].as_str().unwrap().to_owned();
        for part in ["cache-control", "\"typ\": \"at+jwt\"", &format!("\"sub\": \"{sub}\""), " UTC</dd>"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains(DEMO_A.1) && text.contains("••••••••") && text.contains("$CLIENT_SECRET"), "{text}");
        player.send(&[fields.as_slice(), &[("show_secrets", "1")]].concat()).await;
        let request = shown(&player.page.text, "<pre id=\"request\"", "</pre>");
        assert!(!request.contains('•'), "{request}");
    }
    let mut player = Player::at(&server, "client_credentials", "demo-a").await;
    player.send(&[("client_id", "demo-a"), ("client_secret", "wrong")]).await;
    assert_eq!((player.status(), player.member("error")), ("401 Unauthorized".to_owned(), "invalid_client".to_owned()));
    player.send(&[("client_id", "demo-spa"), ("authentication", "none")]).await;
    assert_eq!(player.member("error"), "unauthorized_client");
}

#[tokio::test]
async fn a_client_of_ones_own_works_and_its_secret_is_nowhere_in_the_log() {
    let server = Server::start().await;
    let secret = "the walrus & 'the' carpenter+%";
    server.apply(&format!(
        "[[clients]]\nclient_id = \"my:own\"\nclient_secret = \"{secret}\"\ngrant_types = [\"client_credentials\"]\nscope = \"read\"\n"
    ));
    let mut player = Player::at(&server, "client_credentials", "").await;
    player.send(&[("client_id", "my:own"), ("client_secret", secret), ("scope", "read")]).await;
    assert_eq!(player.status(), "200 OK", "{}", player.page.text);
    assert!(player.page.text.contains("form-encoded"), "curl is told how");
    let first = player.member("access_token");
    player.send(&[("client_id", "my:own")]).await;
    assert_eq!(player.status(), "200 OK", "the secret is kept for the next time");
    player.send(&[("client_id", "my:own"), ("client_secret", "wrong walrus")]).await;
    assert_eq!(player.status(), "401 Unauthorized");
    let log = server.log();
    for hidden in [secret, "walrus", first.as_str()] {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
    let refused = server.audit("token.refused");
    assert_eq!(refused[0]["address"], "127.0.0.1", "{refused:?}");
}

#[tokio::test]
async fn the_code_flow_goes_through_the_real_pages_and_on_from_there() {
    let server = Server::start().await;
    for (client, method) in [("demo-b", "client_secret_basic"), ("demo-spa", "none")] {
        let mut player = Player::at(&server, "authorization_code", client).await;
        let callback = format!("{}/playground/callback", server.issuer);
        assert!(player.page.text.contains(&format!("<code id=\"callback\">{callback}</code>")));
        let scope = filled_in(&player.page.text, "scope");
        player.send(&[("client_id", client), ("authentication", method), ("scope", &scope)]).await;
        let location = player.page.header("location").to_owned();
        assert!(location.starts_with("/oauth/authorize?response_type=code&"), "{location}");
        for part in ["&state=", "&nonce=", "&code_challenge=", "&code_challenge_method=S256"] {
            assert!(location.contains(part), "{location}");
        }
        assert!(!location.contains("secret"), "{location}");
        player.page = walk(&player.person, player.page, &callback).await;
        assert_eq!((player.page.status, player.fails()), (200, 0), "{}", player.page.text);
        let redeem = ["code", "redirect_uri", "code_verifier"].map(|name| (name, filled_in(&player.page.text, name)));
        assert!(redeem[0].1.starts_with("gac_") && redeem[1].1 == callback, "{redeem:?}");
        let mut fields = vec![("client_id", client), ("authentication", method)];
        fields.extend(redeem.iter().map(|(name, value)| (*name, value.as_str())));
        player.send(&fields).await;
        assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
        assert!(player.page.text.contains("is the one that was sent"), "the nonce is checked");
        assert!(player.page.text.contains("is that of the access token"), "at_hash is checked");
        let refresh_token = player.member("refresh_token");
        let token = player.member("access_token");
        player.go_on("userinfo", client).await;
        assert_eq!((player.status().as_str(), player.member("sub").as_str()), ("200 OK", "alice"));
        player.press(("next", "refresh"), &[]).await;
        assert_eq!(filled_in(&player.page.text, "refresh_token"), refresh_token);
        player.send(&[("client_id", client), ("authentication", method), ("refresh_token", &refresh_token)]).await;
        assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
        player.press(("next", "revoke_refresh"), &[]).await;
        let newest = filled_in(&player.page.text, "token");
        assert_ne!(newest, refresh_token);
        player.send(&[("client_id", client), ("authentication", method), ("token", &newest)]).await;
        assert_eq!(player.status(), "200 OK");
        assert!(!is_active(&server.http, &token).await);
    }
}

/// Goes on from an answer, signs in and allows, until the browser is sent to an address that begins so: what is there.
async fn walk(person: &Person, mut answer: Answer, end: &str) -> Answer {
    for _step in 0..10 {
        let location = answer.header("location").to_owned();
        answer = if answer.status == 303 {
            let next = person.open(&location).await;
            if location.starts_with(end) {
                return next;
            }
            next
        } else if page(&answer) == "login" {
            person.submit(&answer, &[("username", "alice"), ("password", "wonderland-42")]).await
        } else {
            person.submit(&answer, &[("decision", "allow")]).await
        };
    }
    panic!("the pages lead in circles");
}

#[tokio::test]
async fn what_a_client_and_its_person_get_can_be_gone_on_with() {
    let server = Server::start().await;
    let mut player = Player::at(&server, "password", "demo-b").await;
    let (username, password) = (filled_in(&player.page.text, "username"), filled_in(&player.page.text, "password"));
    assert_eq!((username.as_str(), password.as_str()), ("alice", "wonderland-42"), "the demo set's are public");
    let scope = "contacts.read openid";
    let fields = [("client_id", "demo-b"), ("username", "alice"), ("password", "wonderland-42"), ("scope", scope)];
    player.send(&fields).await;
    assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
    let request = shown(&player.page.text, "<pre id=\"request\"", "</pre>");
    assert!(request.contains("password=••••••••") && !request.contains("wonderland"), "{request}");
    let (access_token, refresh_token) = (player.member("access_token"), player.member("refresh_token"));
    player.go_on("introspect_access", "demo-b").await;
    assert!(player.status() == "200 OK" && player.page.text.contains("&quot;active&quot;: true"));
    player.go_on("exchange", "demo-b").await;
    assert_eq!(player.status(), "200 OK", "{}", player.page.text);
    assert_eq!(player.member("issued_token_type"), "urn:ietf:params:oauth:token-type:access_token");
    player.go_on("revoke_access", "demo-b").await;
    assert_eq!(player.status(), "200 OK");
    assert!(is_active_to(&server.http, DEMO_B, &refresh_token).await, "an exchanged token is not its parent");
    assert!(is_active(&server.http, &access_token).await);
    player.go_on("introspect_access", "demo-b").await;
    assert!(player.page.text.contains("&quot;active&quot;: false"), "{}", player.page.text);
}

#[tokio::test]
async fn who_looks_into_tokens_is_another_client() {
    let server = Server::start().await;
    let mut player = Player::at(&server, "client_credentials", "demo-a").await;
    player.send(&[("client_id", "demo-a"), ("scope", "view-user")]).await;
    player.press(("next", "introspect_access"), &[]).await;
    let token = filled_in(&player.page.text, "token");
    assert!(player.page.text.contains("name=\"next\" value=\"introspect_access\""), "{}", player.page.text);
    player.press(("client", DEMO_API.0), &[("next", "introspect_access")]).await;
    assert_eq!(filled_in(&player.page.text, "client_id"), DEMO_API.0);
    assert_eq!(filled_in(&player.page.text, "token"), token, "what was obtained stays");
    player.send(&[("client_id", DEMO_API.0), ("token", &token)]).await;
    assert!(player.page.text.contains("&quot;active&quot;: true"), "{}", player.page.text);
}

#[tokio::test]
async fn a_device_waits_until_its_person_has_allowed_it() {
    let server = Server::start().await;
    let mut player = Player::at(&server, "device_authorization", "demo-spa").await;
    player.send(&[("client_id", "demo-spa"), ("authentication", "none"), ("scope", "openid profile")]).await;
    assert_eq!(player.status(), "200 OK", "{}", player.page.text);
    let user_code = player.member("user_code");
    assert!(player.page.text.contains(&format!("href=\"{}\"", player.member("verification_uri_complete"))));
    player.press(("next", "poll"), &[]).await;
    let device_code = filled_in(&player.page.text, "device_code");
    let fields = [("client_id", "demo-spa"), ("authentication", "none"), ("device_code", device_code.as_str())];
    player.send(&fields).await;
    assert_eq!(player.member("error"), "authorization_pending");
    let alice = Person::alice(&server);
    alice.open("/device").await;
    let typed = alice.post("/device", &[("user_code", &user_code)]).await;
    walk(&alice, typed, "/device/done?allowed").await;
    player.press(("next", "poll"), &[]).await;
    player.send(&fields).await;
    assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
}

#[tokio::test]
async fn an_id_token_signed_with_the_secret_is_checked_by_it_and_an_opaque_token_is_no_jwt() {
    let server = Server::start().await;
    let mut player = Player::at(&server, "password", "1000000042").await;
    let fields = [("username", "alice"), ("password", "wonderland-42"), ("scope", "openid"), ("nonce", "n-0S6")];
    player.send(&[[("client_id", "1000000042")].as_slice(), &fields].concat()).await;
    assert_eq!((player.status().as_str(), player.fails()), ("200 OK", 0), "{}", player.page.text);
    assert!(player.page.text.contains("<bdi>HS256</bdi>, holds by the client&#39;s secret"), "{}", player.page.text);
    assert_eq!(player.page.text.matches("class=\"jwt\"").count(), 1, "{}", player.page.text);
}

#[tokio::test]
async fn a_form_of_another_browser_or_of_another_site_sends_nothing() {
    let server = Server::start().await;
    let mine = Player::at(&server, "client_credentials", "demo-a").await;
    let theirs = Player::at(&server, "client_credentials", "demo-a").await;
    let nobody = Player { person: Person::alice(&server), page: mine.page.clone() };
    for mut player in [Player { page: mine.page.clone(), ..theirs }, nobody] {
        player.send(&[("client_id", "demo-a"), ("client_secret", DEMO_A.1)]).await;
        assert_eq!(player.page.status, 400);
        assert!(player.page.text.contains("role=\"alert\"") && !player.page.text.contains("id=\"status\""));
    }
    for kept in ["", "gap_AAAA", "gai_AAAA"] {
        let sent = mine.person.post("/playground", &[("try", "client_credentials"), ("kept", kept)]).await;
        assert_eq!(sent.status, 400, "{kept}");
    }
    assert!(server.audit("token.issued").is_empty() && server.audit("token.refused").is_empty(), "nothing was sent");
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_or_with_a_wrong_state_is_not_used() {
    let server = Server::start().await;
    let mut player = Player::at(&server, "authorization_code", "demo-spa").await;
    let none = player.person.open("/playground/callback?code=x&state=y").await;
    assert!(none.status == 400 && none.text.contains("role=\"alert\""), "{}", none.text);
    player.send(&[("client_id", "demo-spa"), ("authentication", "none"), ("scope", "openid")]).await;
    let (sent, iss) = (player.page.clone(), &server.issuer);
    for (query, fails) in [
        (format!("code=stolen&state=wrong&iss={iss}"), 1),
        (format!("code=stolen&iss={iss}"), 1),
        ("code=stolen&state=wrong".to_owned(), 2),
    ] {
        player.page = player.person.open(&format!("/playground/callback?{query}")).await;
        assert_eq!((player.page.status, player.fails()), (400, fails), "{}", player.page.text);
        assert!(!player.page.text.contains("name=\"code_verifier\""), "{}", player.page.text);
    }
    let elsewhere = Person::alice(&server).open(&format!("/playground/callback?code=x&iss={iss}")).await;
    assert_eq!(elsewhere.status, 400);
    // What was waited for still comes.
    let callback = format!("{iss}/playground/callback");
    player.page = walk(&player.person, sent, &callback).await;
    assert_eq!((player.page.status, player.fails()), (200, 0), "{}", player.page.text);
    let again = player.person.open("/playground/callback?code=x").await;
    assert_eq!(again.status, 400, "it is answered");
}

#[tokio::test]
async fn a_refusal_of_the_authorization_endpoint_is_shown() {
    let server = Server::start().await;
    let mut player = Player::at(&server, "authorization_code", "demo-spa").await;
    let fields = [("authentication", "none"), ("scope", "openid"), ("prompt", "none")];
    player.send(&fields).await;
    assert!(player.page.status == 400 && player.page.text.contains("fill in the client"), "{}", player.page.text);
    player.send(&[[("client_id", "demo-spa")].as_slice(), &fields].concat()).await;
    let callback = format!("{}/playground/callback", server.issuer);
    player.page = walk(&player.person, player.page, &callback).await;
    assert!(player.page.text.contains("login_required") && player.fails() == 0, "{}", player.page.text);
}

#[tokio::test]
async fn there_is_none_where_the_operator_does_not_want_it() {
    let off = Server::start_with(ServerOptions {
        settings: vec![("HTTP__PLAYGROUND", "false".to_owned())],
        ..ServerOptions::default()
    })
    .await;
    let serve = |more: &str| ServerOptions {
        config: Some(format!("[database]\nmigrate = true\n{more}")),
        database: None::<Arc<Database>>,
        ..ServerOptions::default()
    };
    let production = Server::start_with(serve("")).await;
    for server in [&off, &production] {
        for path in ["/playground", "/playground/callback"] {
            assert_eq!(page(&server.http.get(path).await), "404", "{path}");
        }
        assert_eq!(server.http.post("/playground", &[]).await.status, 404);
    }
    let wanted = Server::start_with(serve("[http]\nplayground = true\n")).await;
    let shown = wanted.http.get("/playground").await;
    check_page(&shown);
    assert!(!shown.text.contains("demo-") && !shown.text.contains("alice"), "{}", shown.text);
}

/// A client that signs with its secret, and that.
const SIGNING: &str = "[[clients]]\nclient_id = \"signs\"\nclient_secret = \"a-secret-that-is-long-enough-to-sign-with\"\n\
                       grant_types = [\"client_credentials\"]\nscope = \"read\"\n\
                       token_endpoint_auth_methods = [\"client_secret_jwt\"]\n";
const SIGNING_SECRET: &str = "a-secret-that-is-long-enough-to-sign-with";

#[tokio::test]
async fn the_playground_is_in_the_language_of_whoever_plays() {
    let server = Server::start().await;
    let person = Person::alice_reading(&server, "de");
    let address = "/playground?try=client_credentials&client=demo-a";
    let page = person.open(address).await;
    let mut player = Player { person, page: page.clone() };
    let fields = [("client_id", "demo-a"), ("authentication", "client_secret_basic")];
    player.send(&fields).await;
    for (shown, text) in [(&page, "Was leer bleibt, wird weggelassen."), (&player.page, "ist dieser Server")] {
        check_page(shown);
        assert!(shown.text.contains("<html lang=\"de\">") && shown.text.contains(text), "{}", shown.text);
    }
    assert_eq!((player.status().as_str(), player.page.text.matches("nicht bestanden:").count()), ("200 OK", 0));
    assert!(!player.page.text.contains("name=\"return_to\""), "what was sent cannot be had again in another");
    let switched = player.person.switch(&page, "id").await;
    assert_eq!((switched.status, switched.header("location")), (303, address));
    let page = player.person.open(address).await;
    assert!(page.text.contains("<html lang=\"id\">") && page.text.contains("tidak disertakan"), "{}", page.text);
}
