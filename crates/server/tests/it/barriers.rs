//! Every page in a real browser, on a phone and on a desk, in the light and in the dark: axe-core finds no barrier (WCAG 2.2, level
//! AA), and nothing is wider than the window.
//!
//! With `GRANTOR_TEST_PICTURES` a directory gets a picture of each page, for the guide (docs/pages.md).

use std::path::PathBuf;

use grantor_testkit::{Site, http_answer};
use serde_json::json;

use crate::browser::{Browser, Look, Scripts};
use crate::factors::{named_server, set_up_an_app};
use crate::harness::{Authorization, Person, Server, send};
use crate::routes::support::spa_tokens;

/// What axe looks at: its rules for WCAG, and what it calls good practice.
const RULES: &str = r#"{ "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }"#;

const PHONE: (u32, u32) = (390, 844);
const DESK: (u32, u32) = (1280, 800);

/// A browser that looks at pages, and what it found on them.
struct Visitor {
    browser: Browser,
    axe: String,
    dark: bool,
    width: u32,
    /// Goes into the names of pictures.
    name: String,
    /// Where pictures go, of the two looks that differ most.
    pictures: Option<PathBuf>,
}

impl Visitor {
    async fn new(dark: bool, size: (u32, u32)) -> Self {
        let script = std::env::var("GRANTOR_TEST_AXE").expect("no axe-core to test with: run `cargo xtask test`");
        let device = if size == PHONE { "phone" } else { "desk" };
        let is_pictured = dark == (size == DESK);
        Self {
            dark,
            width: size.0,
            browser: Browser::open_as(Look { scripts: Scripts::On, dark, size }).await,
            axe: std::fs::read_to_string(script).unwrap(),
            name: format!("{device}-{}", if dark { "dark" } else { "light" }),
            pictures: std::env::var_os("GRANTOR_TEST_PICTURES").map(PathBuf::from).filter(|_| is_pictured),
        }
    }

    async fn goto(&self, address: &str) {
        self.browser.client.goto(address).await.unwrap();
    }

    /// Holds the page that is open to what every page must be.
    async fn looks_at(&self, page: &str) {
        let client = &self.browser.client;
        self.browser.visible("main h1").await;
        let as_wanted = "return [matchMedia('(prefers-color-scheme: dark)').matches, window.innerWidth]";
        let is = client.execute(as_wanted, Vec::new()).await.unwrap();
        assert_eq!(is, json!([self.dark, self.width]), "the browser is another than was asked for");
        assert_eq!(self.violations().await, Vec::<String>::new(), "{page} {}", self.name);
        let fits = "return document.documentElement.scrollWidth <= window.innerWidth";
        assert_eq!(
            client.execute(fits, Vec::new()).await.unwrap(),
            json!(true),
            "{page} {} scrolls sideways",
            self.name
        );
        if let Some(pictures) = &self.pictures {
            std::fs::create_dir_all(pictures).unwrap();
            let picture = client.screenshot().await.unwrap();
            std::fs::write(pictures.join(format!("{page}-{}.png", self.name)), picture).unwrap();
        }
    }

    /// What axe finds on the page that is open.
    async fn violations(&self) -> Vec<String> {
        let client = &self.browser.client;
        client.execute(&self.axe, Vec::new()).await.unwrap();
        let run = format!(
            "const done = arguments[0]; axe.run(document, {RULES}).then(found => done(found.violations.map(one => \
             one.id + ': ' + one.help + ' at ' + one.nodes.map(node => node.html).join(', '))))"
        );
        serde_json::from_value(client.execute_async(&run, Vec::new()).await.unwrap()).unwrap()
    }

    async fn press(&self, css: &str) {
        self.browser.visible(css).await.click().await.unwrap();
    }
}

const CLIENTS: &str = r#"
[[clients]]
client_id = "letters"
client_name = "Letters"
client_secret = "a-secret-that-nobody-guesses"
scope = "openid profile email offline_access letters.read"
grant_types = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
redirect_uris = ["https://letters.example/callback"]
client_uri = "https://letters.example/"
policy_uri = "https://letters.example/privacy"
tos_uri = "https://letters.example/terms"
"#;

const CALLBACK: &str = "https://letters.example/callback";

/// Opens every page there is, in the order in which a person would meet them.
async fn visits(visitor: &Visitor, server: &Server, self_registered: &str) {
    let url = |path: &str| format!("{}{path}", server.issuer);
    let asking = |scope: &str| Authorization::of("letters", CALLBACK, scope);
    visitor.goto(&url("/nothing-here")).await;
    visitor.looks_at("not-found").await;
    visitor.goto(&url("/oauth/authorize?client_id=nobody")).await;
    visitor.looks_at("error").await;
    visitor.goto(&url("/errors/refresh-token-invalid")).await;
    visitor.looks_at("reason").await;
    visitor.goto(&url("/playground?try=client_credentials&client=demo-a")).await;
    visitor.looks_at("playground").await;
    visitor.press("#authentication_private_key_jwt").await;
    visitor.press("#send").await;
    visitor.browser.visible("#private_key_problem").await;
    visitor.looks_at("playground-key").await;
    visitor.goto(&url("/playground?try=client_credentials&client=demo-a")).await;
    visitor.press("#send").await;
    visitor.browser.visible("#status").await;
    visitor.looks_at("playground-answer").await;
    visitor
        .goto(
            &url(&Authorization::of(Box::leak(self_registered.to_owned().into_boxed_str()), CALLBACK, "admin").path()),
        )
        .await;
    visitor.looks_at("leaving").await;

    visitor.goto(&url(&asking("openid").path())).await;
    visitor.looks_at("sign-in").await;
    visitor.browser.sign_in("alice", "wrong").await;
    visitor.browser.visible("#failure").await;
    visitor.looks_at("sign-in-failed").await;
    visitor.browser.sign_in("alice", "wonderland-42").await;
    visitor.browser.visible("#allow").await;
    visitor.looks_at("consent").await;
    visitor.goto(&url(&asking("openid profile email offline_access letters.read").path())).await;
    visitor.looks_at("consent-more").await;
    visitor.goto(&url(&asking("openid").with("prompt", "select_account").path())).await;
    visitor.looks_at("account").await;
    device(visitor, server).await;
    going_back(visitor, server).await;
    factors(visitor, server).await;
    visitor.goto(&url("/oauth/logout")).await;
    visitor.looks_at("sign-out").await;
    visitor.press("#logout").await;
    visitor.browser.visible("main h1").await;
    visitor.looks_at("signed-out").await;
}

/// The page that posts an answer, which is gone at once where scripts run: here without the one that sends it.
async fn going_back(visitor: &Visitor, server: &Server) {
    let request = Authorization::of("letters", CALLBACK, "openid").with("response_mode", "form_post");
    let page = Person::alice(server).open(&request.with("prompt", "none").path()).await;
    let page = page.text.replace("<script src", "<p hidden data-src").replace("</script>", "</p>");
    let page = page.replace("href=\"/assets/", &format!("href=\"{}/assets/", server.issuer));
    let page: &'static str = Box::leak(page.into_boxed_str());
    let site = Site::start(|_| http_answer(200, page));
    visitor.goto(&site.url("/")).await;
    visitor.looks_at("going-back").await;
}

/// My account, and second factors from the first to the last page about them.
async fn factors(visitor: &Visitor, server: &Server) {
    let (browser, account) = (&visitor.browser, format!("{}/account", server.issuer));
    visitor.goto(&account).await;
    visitor.looks_at("my-account").await;
    browser.types("#current", "wrong").await;
    browser.types("#new", "wrong").await;
    browser.press("button[value=password]").await;
    browser.visible("#failure").await;
    visitor.looks_at("my-account-failed").await;
    browser.press("#set-up-app").await;
    visitor.looks_at("enrolment-own").await;
    let request = Authorization::of("letters", CALLBACK, "openid").with("acr_values", "urn:grantor:acr:mfa");
    visitor.goto(&format!("{}{}", server.issuer, request.path())).await;
    visitor.looks_at("enrolment").await;
    browser.types("#code", "000000").await;
    browser.press("button.primary").await;
    visitor.looks_at("enrolment-failed").await;
    set_up_an_app(browser).await;
    visitor.looks_at("recovery-codes").await;
    let recovery_code = browser.text(".codes code").await;
    visitor.goto(&account).await;
    visitor.looks_at("my-account-with-factor").await;
    browser.client.delete_all_cookies().await.unwrap();
    visitor.goto(&account).await;
    visitor.looks_at("sign-in-own").await;
    browser.sign_in("alice", "wonderland-42").await;
    browser.visible("#code").await;
    visitor.looks_at("second-factor").await;
    browser.types("#code", "000000").await;
    browser.press("button.primary").await;
    visitor.looks_at("second-factor-failed").await;
    browser.types("#code", &recovery_code).await;
    browser.press("button.primary").await;
    browser.visible("#profile").await;
    let reset = server.run(&["user", "reset-second-factor", "alice"]);
    assert!(reset.status.success(), "{reset:?}");
    visitor.goto(&account).await;
    browser.sign_in("alice", "wonderland-42").await;
    browser.visible("#profile").await;
}

async fn device(visitor: &Visitor, server: &Server) {
    let client = ("letters", "a-secret-that-nobody-guesses");
    let ask = async || server.http.post_as("/oauth/device_authorization", client, &[("scope", "openid")]).await;
    visitor.goto(&format!("{}/device", server.issuer)).await;
    visitor.looks_at("device").await;
    for (button, page) in [("#allow", "device-connected"), ("#deny", "device-refused")] {
        visitor.goto(&ask().await.member("verification_uri_complete")).await;
        visitor.looks_at("device-code").await;
        visitor.press("button[type=submit]").await;
        visitor.browser.visible("#user_code").await;
        visitor.press(button).await;
        visitor.browser.visible("main h1").await;
        visitor.looks_at(page).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_barrier_is_seen_where_there_is_one() {
    let site =
        Site::start(|_| http_answer(200, "<!DOCTYPE html><title>x</title><main><h1>x</h1><img src=\"x\"></main>"));
    let visitor = Visitor::new(false, DESK).await;
    visitor.goto(&site.url("/")).await;
    let found = visitor.violations().await;
    assert!(found.iter().any(|violation| violation.starts_with("image-alt: ")), "{found:?}");
    visitor.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_barrier() {
    let server = named_server(vec![("REGISTRATION__MODE", "open".to_owned())]).await;
    server.apply(CLIENTS);
    spa_tokens(&server, "openid profile").await;
    let metadata = json!({ "client_name": "Postcards", "redirect_uris": [CALLBACK] });
    let registered = send(server.http.request("POST", "/oauth/register").json(&metadata)).await.member("client_id");
    for size in [PHONE, DESK] {
        for dark in [false, true] {
            let visitor = Visitor::new(dark, size).await;
            visits(&visitor, &server, &registered).await;
            visitor.browser.close().await;
        }
    }
}
