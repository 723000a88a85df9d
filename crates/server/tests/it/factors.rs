//! Second factors and My account in a real browser: with JavaScript switched off wherever no passkey is asked for, on windows of
//! both sizes; passkeys with an authenticator that the browser plays.

use std::time::{SystemTime, UNIX_EPOCH};

use fantoccini::key::Key;
use grantor_domain::second_factor::TotpSecret;
use serde_json::{Value, json};

use crate::browser::{Browser, Look, SIZES, Scripts};
use crate::harness::{Answer, Authorization, Person, Server, ServerOptions, attribute};
use crate::routes::support::{jwt, redeem_spa, spa_tokens, userinfo};

const CALLBACK: &str = "http://127.0.0.1:5173/callback";
const MFA: &str = "urn:grantor:acr:mfa";
const PASSWORD: &str = "wonderland-42";

async fn open(scripts: Scripts, size: (u32, u32)) -> Browser {
    Browser::open_as(Look { scripts, dark: false, size }).await
}

/// What an authenticator app shows that was given this key.
pub(crate) fn shown(key: &str) -> String {
    shown_in(key, 0)
}

/// And what it shows next, which counts a little before.
pub(crate) fn shown_next(key: &str) -> String {
    shown_in(key, 1)
}

fn shown_in(key: &str, steps: u64) -> String {
    let secret = TotpSecret::parse(&key.replace(' ', "")).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    secret.code(now.as_secs() / 30 + steps)
}

/// Sets an authenticator app up on the page that is open: its key.
pub(crate) async fn set_up_an_app(browser: &Browser) -> String {
    let key = browser.text("#secret").await;
    browser.types("#code", &shown(&key)).await;
    browser.press("button.primary").await;
    key
}

/// Sets an authenticator app up for Alice: its key, and her recovery codes.
pub(crate) async fn set_up(server: &Server) -> (String, Vec<String>) {
    let person = Person::alice(server);
    let request = Authorization::of_spa("openid").with("acr_values", "urn:grantor:acr:mfa");
    let page = second_page(&person, &request).await;
    let (begun, key) = (attribute(&page.text, "name=\"begun\"", "value"), between(&page.text, "id=\"secret\">", "<"));
    let codes = person.submit(&page, &[("begun", &begun), ("code", &shown(key))]).await;
    assert_eq!(codes.status, 200, "{}", codes.text);
    let codes = codes.text.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned);
    (key.to_owned(), codes.collect())
}

fn between<'a>(text: &'a str, begins: &str, ends: &str) -> &'a str {
    text.split_once(begins).and_then(|(_, rest)| rest.split_once(ends)).unwrap().0
}

/// The page after that of the password.
pub(crate) async fn second_page(person: &Person, request: &Authorization) -> Answer {
    let sign_in = person.open(&request.path()).await;
    let page = person.open(sign_in.header("location")).await;
    let fields = [("username", person.username.as_str()), ("password", person.password.as_str())];
    let next = person.submit(&page, &fields).await;
    person.open(next.header("location")).await
}

/// What the ID token says of how its person signed in.
async fn told(server: &Server, code: &str) -> (Value, Value) {
    let tokens = redeem_spa(&server.http, code).await;
    let claims = jwt::claims(&tokens.member("id_token"));
    (claims["acr"].clone(), claims["amr"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_up_an_app_that_is_demanded_and_signs_in_with_it() {
    for size in SIZES {
        let server = Server::start().await;
        let browser = open(Scripts::Off, size).await;
        let request = Authorization::of_spa("openid").with("acr_values", MFA);
        browser.client.goto(&server.http.url(&request.path())).await.unwrap();
        browser.sign_in("alice", PASSWORD).await;
        let key = browser.text("#secret").await;
        browser.types("#code", "000000").await;
        browser.press("button.primary").await;
        browser.visible("#failure").await;
        assert_eq!(browser.text("#secret").await, key, "a slip changes nothing");
        set_up_an_app(&browser).await;
        browser.visible(".codes").await;
        let mut codes = Vec::new();
        for code in browser.all(".codes code").await {
            codes.push(code.text().await.unwrap());
        }
        assert_eq!(codes.len(), 10);
        browser.press("#continue").await;
        browser.press("#allow").await;
        let code = browser.arrival(CALLBACK).await.parameter("code").to_owned();
        assert_eq!(told(&server, &code).await, (json!(MFA), json!(["pwd", "otp", "mfa"])));
        browser.close().await;

        let elsewhere = open(Scripts::Off, size).await;
        elsewhere.client.goto(&server.http.url(&Authorization::of_spa("openid").path())).await.unwrap();
        elsewhere.sign_in("alice", PASSWORD).await;
        elsewhere.types("#code", "not-a-code").await;
        elsewhere.press("button.primary").await;
        let notice = elsewhere.text("#failure").await;
        assert!(notice.contains("not right"), "{notice}");
        elsewhere.types("#code", &codes[0]).await;
        elsewhere.press("button.primary").await;
        let code = elsewhere.arrival(CALLBACK).await.parameter("code").to_owned();
        assert_eq!(told(&server, &code).await.0, MFA);
        elsewhere.close().await;
        let by_password = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
        let refused = server.http.token_as(("demo-b", "demo-b-secret"), &by_password).await;
        assert_eq!(refused.member("error"), "invalid_grant");
        assert!(refused.member("error_description").starts_with("a second factor"), "{}", refused.text);
    }
}

/// A server whose issuer has a name, which passkeys need.
pub(crate) async fn named_server(settings: Vec<(&'static str, String)>) -> Server {
    let port = crate::harness::free_port();
    let issuer = Some(format!("http://localhost:{port}"));
    Server::start_with(ServerOptions { port: Some(port), issuer, settings, ..ServerOptions::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_and_signs_in_without_a_password() {
    for size in SIZES {
        let server = named_server(Vec::new()).await;
        let account = format!("{}/account", server.issuer);
        let browser = open(Scripts::On, size).await;
        browser.gets_an_authenticator().await;
        browser.client.goto(&account).await.unwrap();
        browser.sign_in("alice", PASSWORD).await;
        browser.types("#passkey_name", "Laptop").await;
        browser.press("#use-passkey").await;
        browser.visible(".codes").await;
        browser.press("#continue").await;
        let factors = browser.text("section[aria-labelledby=factors]").await;
        assert!(factors.contains("Laptop") && factors.contains("left: 10"), "{factors}");

        browser.forgets(&account).await;
        let request = Authorization::of_spa("openid");
        browser.client.goto(&format!("{}{}", server.issuer, request.path())).await.unwrap();
        browser.press("#use-passkey").await;
        browser.press("#allow").await;
        let code = browser.arrival(CALLBACK).await.parameter("code").to_owned();
        assert_eq!(told(&server, &code).await, (json!(MFA), json!(["swk", "user", "mfa"])));

        browser.forgets(&account).await;
        browser.client.goto(&account).await.unwrap();
        browser.sign_in("alice", PASSWORD).await;
        browser.visible("#code").await;
        browser.press("#use-passkey").await;
        let factors = browser.text("section[aria-labelledby=factors]").await;
        assert!(factors.contains("used"), "{factors}");
        browser.press("button[value=remove-passkey]").await;
        browser.visible("#done").await;
        browser.forgets(&account).await;
        browser.client.goto(&account).await.unwrap();
        browser.press("#use-passkey").await;
        let notice = browser.text("#failure").await;
        assert!(notice.contains("does not sign in"), "{notice}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_looks_after_their_account_without_scripts() {
    for size in SIZES {
        let server = Server::start().await;
        let tokens = spa_tokens(&server, "openid profile").await;
        let (mine, other) = (open(Scripts::Off, size).await, open(Scripts::Off, size).await);
        for browser in [&mine, &other] {
            browser.client.goto(&server.http.url("/account")).await.unwrap();
            browser.sign_in("alice", PASSWORD).await;
            browser.visible("#profile").await;
        }
        // A browser may lose one cookie and keep another.
        mine.client.delete_cookie("grantor-browser").await.unwrap();
        mine.client.goto(&server.http.url("/account")).await.unwrap();
        mine.types("#claim_name", "Alice Pleasance").await;
        mine.press("button[value=profile]").await;
        mine.visible("#done").await;
        let told = userinfo(&server.http, &tokens.member("access_token")).await;
        assert_eq!(told.json()["name"], "Alice Pleasance");

        mine.press("#set-up-app").await;
        let key = set_up_an_app(&mine).await;
        mine.visible(".codes").await;
        mine.press("#continue").await;
        mine.press("button[value=recovery-codes]").await;
        mine.visible(".codes").await;
        mine.press("#continue").await;
        assert!(!key.is_empty());
        mine.press("button[value=remove-app]").await;
        mine.visible("#done").await;

        mine.press("button[value=withdraw]").await;
        mine.visible("#done").await;
        let applications = mine.text("section[aria-labelledby=applications]").await;
        assert!(applications.contains("No application"), "{applications}");
        let refused = userinfo(&server.http, &tokens.member("access_token")).await;
        assert_eq!(refused.status, 401);

        mine.press("button[value=end-other-sessions]").await;
        mine.visible("#done").await;
        other.client.goto(&server.http.url("/account")).await.unwrap();
        other.visible("input[name=password]").await;

        mine.types("#current", PASSWORD).await;
        mine.types("#new", "alice").await;
        mine.press("button[value=password]").await;
        let notice = mine.text("#failure").await;
        assert!(notice.contains("too short"), "{notice}");
        mine.types("#current", PASSWORD).await;
        mine.types("#new", "red queen seven").await;
        mine.press("button[value=password]").await;
        mine.visible("#done").await;
        other.sign_in("alice", "red queen seven").await;
        other.visible("#profile").await;
        mine.press("button[value=end-session]").await;
        mine.visible("main h1").await;
        for browser in [mine, other] {
            browser.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_set_up_and_used_by_the_keyboard_alone() {
    let server = Server::start().await;
    let browser = open(Scripts::Off, SIZES[0]).await;
    let (tab, enter) = (char::from(Key::Tab), char::from(Key::Enter));
    let request = Authorization::of_spa("openid").with("acr_values", MFA);
    let signs_in = async || {
        browser.client.goto(&server.http.url(&request.path())).await.unwrap();
        browser.visible("input[name=username]").await;
        browser.keys(&format!("alice{tab}")).await;
        browser.keys(&format!("{PASSWORD}{enter}")).await;
    };
    signs_in().await;
    let key = browser.text("#secret").await;
    browser.tabs_to("code").await;
    browser.keys(&format!("{}{enter}", shown(&key))).await;
    let recovery_code = browser.text(".codes code").await;
    browser.forgets(&server.http.url("/account")).await;
    signs_in().await;
    browser.visible("#hint").await;
    browser.keys(&format!("{recovery_code}{enter}")).await;
    browser.tabs_to("allow").await;
    browser.keys(&enter.to_string()).await;
    assert!(browser.arrival(CALLBACK).await.parameter("code").starts_with("gac_"));
    browser.close().await;
}
