//! The pages in a real browser, as a person uses them: with JavaScript switched off, and by the keyboard.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;

use crate::harness::{Authorization, Redirected, Server, free_port, redirected, scratch_dir};

/// Chromedriver and one browser with a fresh profile.
struct Browser {
    driver: Child,
    client: Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    async fn open() -> Self {
        let path = |name: &str| std::env::var(name).expect("no browser to test with: run `cargo xtask test`");
        let (profile, port) = (scratch_dir(), free_port());
        let driver = Command::new(path("GRANTOR_TEST_CHROMEDRIVER"))
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let client = connect(port, &path("GRANTOR_TEST_CHROMIUM"), profile.path()).await;
        Self { driver, client, _profile: profile }
    }

    async fn visible(&self, css: &str) -> Element {
        self.client.wait().at_most(Duration::from_secs(20)).for_element(Locator::Css(css)).await.unwrap()
    }

    /// Types where the cursor is, as a keyboard does.
    async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    async fn sign_in(&self, username: &str, password: &str) {
        let field = self.visible("input[name=username]").await;
        field.clear().await.unwrap();
        field.send_keys(username).await.unwrap();
        self.visible("input[name=password]").await.send_keys(password).await.unwrap();
        self.visible("button[type=submit]").await.click().await.unwrap();
    }

    /// Waits until the browser was sent to the client. Nobody listens there: its address tells what the client was told.
    async fn arrival(&self, redirect_uri: &str) -> Redirected {
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

    async fn close(self) {
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

async fn connect(port: u16, chromium: &str, profile: &Path) -> Client {
    let options = json!({ "goog:chromeOptions": {
        "binary": chromium,
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=390,844",
            format!("--user-data-dir={}", profile.display()),
        ],
        // No page of ours needs a script.
        "prefs": { "profile.managed_default_content_settings.javascript": 2 },
    }});
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

const CALLBACK: &str = "http://127.0.0.1:5173/callback";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_agrees_and_is_remembered() {
    let server = Server::start().await;
    let browser = Browser::open().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_person_denies_by_the_keyboard_alone() {
    let server = Server::start().await;
    let browser = Browser::open().await;
    browser.client.goto(&server.http.url(&Authorization::of_spa("openid").path())).await.unwrap();
    browser.visible("input[name=username]").await;
    let (tab, enter) = (char::from(Key::Tab), char::from(Key::Enter));
    browser.keys(&format!("alice{tab}")).await;
    browser.keys(&format!("wonderland-42{enter}")).await;
    let deny = browser.visible("#deny").await;
    for _step in 0..20 {
        if browser.client.active_element().await.unwrap().attr("id").await.unwrap().as_deref() == Some("deny") {
            break;
        }
        browser.keys(&tab.to_string()).await;
    }
    assert_eq!(
        browser.client.active_element().await.unwrap().attr("id").await.unwrap(),
        deny.attr("id").await.unwrap()
    );
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
