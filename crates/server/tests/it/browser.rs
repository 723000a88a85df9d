//! The pages in a real browser, as a person uses them: with JavaScript switched off, and by the keyboard.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use grantor_testkit::{Site, http_answer};
use serde_json::json;

use crate::harness::{Authorization, Redirected, Server, ServerOptions, free_port, redirected, scratch_dir, send};
use crate::routes::support::patience;

/// Chromedriver and one browser with a fresh profile.
pub(crate) struct Browser {
    driver: Child,
    /// Where the driver listens.
    pub(crate) port: u16,
    pub(crate) client: Client,
    _profile: tempfile::TempDir,
}

/// Whether the browser runs scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    Off,
    On,
}

/// How a person looks at pages.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) scripts: Scripts,
    /// Whether they like it dark.
    pub(crate) dark: bool,
    /// Width and height of the window.
    pub(crate) size: (u32, u32),
}

impl Browser {
    /// A browser as most tests want it: no page of ours needs a script.
    async fn open() -> Self {
        Self::open_with(Scripts::Off).await
    }

    /// The same with a window of this size.
    async fn open_wide(size: (u32, u32)) -> Self {
        Self::open_as(Look { scripts: Scripts::Off, dark: false, size }).await
    }

    async fn open_with(scripts: Scripts) -> Self {
        Self::open_as(Look { scripts, dark: false, size: (NARROWEST, 844) }).await
    }

    pub(crate) async fn open_as(look: Look) -> Self {
        let path = |name: &str| std::env::var(name).expect("no browser to test with: run `cargo xtask test`");
        let (profile, port) = (scratch_dir(), free_port());
        let driver = Command::new(path("GRANTOR_TEST_CHROMEDRIVER"))
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let client = connect(port, &path("GRANTOR_TEST_CHROMIUM"), profile.path(), look).await;
        Self { driver, port, client, _profile: profile }
    }

    pub(crate) async fn visible(&self, css: &str) -> Element {
        self.client.wait().at_most(Duration::from_secs(20)).for_element(Locator::Css(css)).await.unwrap()
    }

    /// Goes by the keyboard to what has this id.
    pub(crate) async fn tabs_to(&self, id: &str) {
        self.visible(&format!("#{id}")).await;
        for _step in 0..40 {
            if self.client.active_element().await.unwrap().attr("id").await.unwrap().as_deref() == Some(id) {
                return;
            }
            self.keys(&char::from(Key::Tab).to_string()).await;
        }
        panic!("no key leads to {id}");
    }

    /// Types where the cursor is, as a keyboard does.
    pub(crate) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub(crate) async fn sign_in(&self, username: &str, password: &str) {
        let field = self.visible("input[name=username]").await;
        field.clear().await.unwrap();
        field.send_keys(username).await.unwrap();
        self.visible("input[name=password]").await.send_keys(password).await.unwrap();
        self.visible("button[type=submit]").await.click().await.unwrap();
    }

    /// Waits until the browser was sent to the client. Nobody listens there: its address tells what the client was told.
    pub(crate) async fn arrival(&self, redirect_uri: &str) -> Redirected {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let address = self.client.current_url().await.unwrap().to_string();
            if address.starts_with(redirect_uri) {
                return redirected(&address);
            }
            assert!(Instant::now() < deadline, "still at {address}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn types(&self, css: &str, text: &str) {
        let field = self.visible(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses a button, and waits until its page is gone.
    pub(crate) async fn press(&self, css: &str) {
        let button = self.visible(css).await;
        button.click().await.unwrap();
        patience::until("another page", async || button.is_displayed().await.is_err()).await;
    }

    pub(crate) async fn all(&self, css: &str) -> Vec<Element> {
        self.client.find_all(Locator::Css(css)).await.unwrap()
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.visible(css).await.text().await.unwrap()
    }

    /// Loses its cookies of the site of this page.
    pub(crate) async fn forgets(&self, page: &str) {
        self.client.goto(page).await.unwrap();
        self.client.delete_all_cookies().await.unwrap();
    }

    /// Gives the browser an authenticator that knows its user (Web Authentication §11.2).
    pub(crate) async fn gets_an_authenticator(&self) {
        let session = self.client.session_id().await.unwrap().unwrap();
        let authenticator = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
        });
        let address = format!("http://127.0.0.1:{}/session/{session}/webauthn/authenticator", self.port);
        let answer = send(reqwest::Client::new().post(address).json(&authenticator)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}

/// Asked to end, the driver ends its browser too.
impl Drop for Browser {
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-s", "TERM", &self.driver.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.driver.wait().unwrap();
    }
}

/// Chromium makes no window narrower than this. A phone it only plays, and not without scripts: there a tap is never over.
pub(crate) const NARROWEST: u32 = 500;

async fn connect(port: u16, chromium: &str, profile: &Path, look: Look) -> Client {
    let javascript = match look.scripts {
        Scripts::Off => 2,
        Scripts::On => 1,
    };
    let (width, height) = look.size;
    let mut options = json!({ "goog:chromeOptions": {
        "binary": chromium,
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            format!("--window-size={width},{height}"),
            // Blink's own numbers: 0 is dark, 1 is light.
            format!("--blink-settings=preferredColorScheme={}", u8::from(!look.dark)),
            format!("--user-data-dir={}", profile.display()),
        ],
        "prefs": { "profile.managed_default_content_settings.javascript": javascript },
    }});
    if width < NARROWEST {
        let metrics = json!({ "width": width, "height": height, "pixelRatio": 1.0 });
        options["goog:chromeOptions"]["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        match builder
            .capabilities(options.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
        {
            Ok(client) => return client,
            Err(error) => assert!(Instant::now() < deadline, "no browser: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A window as narrow as there is one, and one on a desk.
pub(crate) const SIZES: [(u32, u32); 2] = [(NARROWEST, 844), (1280, 800)];

const CALLBACK: &str = "http://127.0.0.1:5173/callback";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_agrees_and_is_remembered() {
    for size in SIZES {
        let server = Server::start().await;
        let browser = Browser::open_wide(size).await;
        let request = Authorization::of_spa("openid profile");
        browser.client.goto(&server.http.url(&request.path())).await.unwrap();

        browser.sign_in("alice", "wrong").await;
        let notice = browser.visible("[role=alert]").await;
        assert!(!notice.text().await.unwrap().is_empty(), "a wrong password is told");
        browser.sign_in("alice", "wonderland-42").await;

        // Waited for first: a form was on the page before, too, and would be gone when it is read.
        let allow = browser.visible("#allow").await;
        assert!(browser.visible("form").await.text().await.unwrap().contains("Allow"));
        allow.click().await.unwrap();
        let told = browser.arrival(CALLBACK).await;
        assert!(told.parameter("code").starts_with("gac_"));
        assert_eq!((told.parameter("state"), told.parameter("iss")), ("af0ifjsldkj", server.issuer.as_str()));

        let again = browser.client.goto(&server.http.url(&request.with("state", "second").path())).await;
        assert!(
            again.unwrap_err().to_string().contains("CONNECTION_REFUSED"),
            "no page of ours, but the client that is not there"
        );
        assert_eq!(
            browser.arrival(&format!("{CALLBACK}?code")).await.parameter("state"),
            "second",
            "no page the second time"
        );
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_denies_by_the_keyboard_alone() {
    let server = Server::start().await;
    let browser = Browser::open().await;
    browser.client.goto(&server.http.url(&Authorization::of_spa("openid").path())).await.unwrap();
    browser.visible("input[name=username]").await;
    let (tab, enter) = (char::from(Key::Tab), char::from(Key::Enter));
    browser.keys(&format!("alice{tab}")).await;
    browser.keys(&format!("wonderland-42{enter}")).await;
    browser.tabs_to("deny").await;
    browser.keys(&enter.to_string()).await;
    assert_eq!(browser.arrival(CALLBACK).await.parameter("error"), "access_denied");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_pages_is_refused_by_their_own_policy() {
    let server = Server::start().await;
    let browser = Browser::open().await;
    browser.client.goto(&server.http.url(&Authorization::of_spa("openid").path())).await.unwrap();
    let button = browser.visible("button[type=submit]").await;
    let colour = button.css_value("background-color").await.unwrap();
    assert!(!colour.contains("0, 0, 0, 0"), "the stylesheet is applied: {colour}");
    browser.close().await;
}

/// A client that is there: it says what it was sent, and that it was.
fn client_at(site: &Site) -> String {
    format!(
        "[[clients]]\nclient_id = \"there\"\nclient_secret = \"a-secret-that-nobody-guesses\"\nscope = \"openid\"\n\
         grant_types = [\"authorization_code\", \"urn:ietf:params:oauth:grant-type:device_code\"]\nredirect_uris = [\"{0}\"]\n\
         post_logout_redirect_uris = [\"{1}\"]\nfrontchannel_logout_uri = \"{2}\"\n",
        site.url("/callback"),
        site.url("/bye"),
        site.url("/frontchannel")
    )
}

fn site() -> Site {
    Site::start(|_| http_answer(200, "<h1 id=\"there\">Received</h1>"))
}

/// The request at the site whose first line begins so.
async fn received(site: &Site, beginning: &str) -> String {
    let find = || site.requests().into_iter().find(|request| request.starts_with(beginning));
    patience::until(beginning, async || find().is_some()).await;
    find().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_posted_by_itself_where_scripts_run_and_by_a_button_where_not() {
    let server = Server::start().await;
    for scripts in [Scripts::On, Scripts::Off] {
        let site = site();
        server.apply(&client_at(&site));
        let browser = Browser::open_with(scripts).await;
        let request = Authorization::of("there", &site.url("/callback"), "openid").with("response_mode", "form_post");
        browser.client.goto(&server.http.url(&request.with("prompt", "consent").path())).await.unwrap();
        browser.sign_in("alice", "wonderland-42").await;
        browser.visible("#allow").await.click().await.unwrap();
        if scripts == Scripts::Off {
            browser.visible("#continue").await.click().await.unwrap();
        }
        browser.visible("#there").await;
        let posted = received(&site, "POST /callback HTTP").await;
        let (_, body) = posted.split_once("\r\n\r\n").unwrap();
        let answer = redirected(&format!("{}?{body}", site.url("/callback")));
        assert!(answer.parameter("code").starts_with("gac_"), "{body}");
        assert_eq!((answer.parameter("state"), answer.parameter("iss")), ("af0ifjsldkj", server.issuer.as_str()));
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_another_site_posts_finds_who_is_signed_in_however_long_it_is() {
    let server = Server::start().await;
    let browser = Browser::open().await;
    let request = Authorization::of_spa("openid");
    browser.client.goto(&server.http.url(&request.path())).await.unwrap();
    browser.sign_in("alice", "wonderland-42").await;
    browser.visible("#allow").await.click().await.unwrap();
    browser.arrival(&format!("{CALLBACK}?code")).await;
    for (state, extra) in [("short", 1), ("long", 8000)] {
        let request = request.clone().with("state", state).with("extra", &"x".repeat(extra));
        let fields: String = request
            .0
            .iter()
            .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"))
            .collect();
        let action = server.http.url("/oauth/authorize");
        let form = format!("<form method=\"post\" action=\"{action}\">{fields}<button id=\"go\">Go</button></form>");
        let site = Site::start(move |_| http_answer(200, &format!("<!DOCTYPE html>{form}")));
        // The same machine by another name is another site to the browser.
        let elsewhere = site.url("/").replace("127.0.0.1", "localhost");
        assert!(elsewhere.contains("localhost") && action.contains("127.0.0.1"));
        browser.client.goto(&elsewhere).await.unwrap();
        browser.visible("#go").await.click().await.unwrap();
        if state == "long" {
            browser.visible("#continue").await.click().await.unwrap();
        }
        assert_eq!(browser.arrival(&format!("{CALLBACK}?code")).await.parameter("state"), state);
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_taken_on_when_the_clients_have_noticed() {
    for size in SIZES {
        let server = Server::start().await;
        let (site, browser) = (site(), Browser::open_wide(size).await);
        server.apply(&client_at(&site));
        let request = Authorization::of("there", &site.url("/callback"), "openid");
        browser.client.goto(&server.http.url(&request.path())).await.unwrap();
        browser.sign_in("alice", "wonderland-42").await;
        browser.visible("#allow").await.click().await.unwrap();
        browser.visible("#there").await;
        let address = format!("/oauth/logout?client_id=there&post_logout_redirect_uri={}", site.url("/bye"));
        browser.client.goto(&server.http.url(&address)).await.unwrap();
        browser.visible("#logout").await.click().await.unwrap();
        browser.visible("#there").await;
        received(&site, "GET /frontchannel?iss=").await;
        received(&site, "GET /bye HTTP").await;
        browser.client.goto(&server.http.url(&request.path())).await.unwrap();
        browser.visible("input[name=password]").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_connected_with_the_code_that_it_shows() {
    for size in SIZES {
        let server = Server::start().await;
        let (site, browser) = (site(), Browser::open_wide(size).await);
        server.apply(&client_at(&site));
        let client = ("there", "a-secret-that-nobody-guesses");
        let asked = server.http.post_as("/oauth/device_authorization", client, &[("scope", "openid")]).await;
        browser.client.goto(&asked.member("verification_uri")).await.unwrap();
        let enter = char::from(Key::Enter);
        browser.visible("input[name=user_code]:focus").await;
        browser.keys(&format!("{}{enter}", asked.member("user_code").to_lowercase())).await;
        browser.sign_in("alice", "wonderland-42").await;
        let allow = browser.visible("#allow").await;
        assert_eq!(browser.visible("#user_code").await.text().await.unwrap(), asked.member("user_code"));
        allow.click().await.unwrap();
        patience::until("it is connected", async || {
            browser.visible("h1").await.text().await.is_ok_and(|text| text == "Your device is connected")
        })
        .await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_registered_itself_leads_nobody_astray_unless_they_want_it() {
    for size in SIZES {
        let settings = vec![("REGISTRATION__MODE", "open".to_owned())];
        let server = Server::start_with(ServerOptions { settings, ..ServerOptions::default() }).await;
        let (site, browser) = (site(), Browser::open_wide(size).await);
        let metadata = json!({ "client_name": "Letters", "redirect_uris": [site.url("/callback")] });
        let registered = send(server.http.request("POST", "/oauth/register").json(&metadata)).await;
        let id: &'static str = Box::leak(registered.member("client_id").into_boxed_str());
        let asking = |scope: &str| server.http.url(&Authorization::of(id, &site.url("/callback"), scope).path());
        browser.client.goto(&asking("admin")).await.unwrap();
        let shown = browser.visible("main").await.text().await.unwrap();
        assert!(shown.contains("Letters asked for something") && shown.contains("nobody here has checked"), "{shown}");
        assert!(site.requests().is_empty(), "nobody was sent there");
        browser.visible("#continue").await.click().await.unwrap();
        browser.visible("#there").await;
        received(&site, "GET /callback?error=invalid_scope&").await;
        browser.client.goto(&asking("openid")).await.unwrap();
        let sign_in = browser.visible("main").await.text().await.unwrap();
        assert!(sign_in.contains("This application registered itself."), "{sign_in}");
        browser.sign_in("alice", "wonderland-42").await;
        let allow = browser.visible("#allow").await;
        let consent = browser.visible("main").await.text().await.unwrap();
        assert!(consent.contains("This application registered itself."), "{consent}");
        allow.click().await.unwrap();
        browser.visible("#there").await;
        received(&site, "GET /callback?code=gac_").await;
        browser.close().await;
    }
}

/// The texts of the elements that this selector finds.
async fn texts(browser: &Browser, css: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for element in browser.client.find_all(Locator::Css(css)).await.unwrap() {
        texts.push(element.text().await.unwrap());
    }
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_plays_a_client_from_the_code_to_the_introspection_of_a_refreshed_token() {
    for size in SIZES {
        let server = Server::start().await;
        let browser = Browser::open_wide(size).await;
        browser.client.goto(&server.http.url("/playground")).await.unwrap();
        let callback = browser.visible("#callback").await.text().await.unwrap();
        assert_eq!(callback, format!("{}/playground/callback", server.issuer));
        browser.visible("#send").await.click().await.unwrap();
        browser.sign_in("alice", "wonderland-42").await;
        browser.visible("#allow").await.click().await.unwrap();
        let code = browser.visible("#code").await.prop("value").await.unwrap().unwrap();
        assert!(code.starts_with("gac_"), "{code}");
        let address = browser.client.current_url().await.unwrap();
        browser.visible("#send").await.click().await.unwrap();
        let passed = async || {
            let status = browser.visible("#status").await.text().await.unwrap();
            (status, texts(&browser, ".fails").await)
        };
        patience::until("tokens", async || browser.client.current_url().await.unwrap() != address).await;
        assert_eq!(passed().await, ("200 OK".to_owned(), Vec::new()));
        assert_eq!(texts(&browser, ".jwt h2").await.len(), 2, "an access token and an ID token");
        browser.visible("#next_refresh").await.click().await.unwrap();
        browser.visible("#refresh_token").await;
        browser.visible("#send").await.click().await.unwrap();
        browser.visible("#next_introspect_access").await;
        assert_eq!(passed().await, ("200 OK".to_owned(), Vec::new()));
        browser.visible("#next_introspect_access").await.click().await.unwrap();
        browser.visible("#token").await;
        browser.visible("#send").await.click().await.unwrap();
        browser.visible("#body").await;
        let body = browser.visible("#body").await.text().await.unwrap();
        assert!(
            body.contains("\"active\": true") && body.contains("\"username\"") | body.contains("\"sub\""),
            "{body}"
        );
        let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert!(!browser.client.execute(wide, Vec::new()).await.unwrap().as_bool().unwrap_or(false), "it fits a phone");
        browser.close().await;
    }
}
