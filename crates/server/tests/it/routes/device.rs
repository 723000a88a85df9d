//! `/oauth/device_authorization`, `/device` and the device code at the token endpoint (RFC 8628).

use grantor_testkit::contract::race;

use super::support::{is_active, page, userinfo, verdict};
use crate::harness::{Answer, Person, Server};

const TV: &str = r#"
[[clients]]
client_id = "tv"
client_name = "Living room"
token_endpoint_auth_methods = ["none"]
grant_types = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
scope = "openid profile"

[[clients]]
client_id = "other-tv"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["urn:ietf:params:oauth:grant-type:device_code"]
scope = "openid"
first_party = true
"#;

const OTHER: (&str, &str) = ("other-tv", "a-secret-that-nobody-guesses");
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const PENDING: &str = "400 authorization_pending authorization-pending";

async fn world() -> (Server, Person) {
    let server = Server::start().await;
    server.apply(TV);
    let alice = Person::alice(&server);
    (server, alice)
}

async fn asked(server: &Server) -> Answer {
    let answer =
        server.http.post("/oauth/device_authorization", &[("client_id", "tv"), ("scope", "openid profile")]).await;
    assert_eq!(verdict(&answer), "200");
    answer
}

async fn poll(server: &Server, device_code: &str) -> Answer {
    server.http.token(&[("grant_type", GRANT), ("client_id", "tv"), ("device_code", device_code)]).await
}

/// Types a code, signs in where that is asked, and gives the page that asks whether the device may.
async fn question(person: &Person, user_code: &str) -> Answer {
    person.open("/device").await;
    let mut answer = person.post("/device", &[("user_code", user_code)]).await;
    for _step in 0..5 {
        answer = if answer.status == 303 {
            person.open(answer.header("location")).await
        } else if answer.text.contains("name=\"password\"") {
            person.submit(&answer, &[("username", &person.username), ("password", &person.password)]).await
        } else {
            return answer;
        };
    }
    panic!("the pages lead in circles");
}

async fn decide(person: &Person, user_code: &str, decision: &str) -> Answer {
    let shown = question(person, user_code).await;
    assert!(shown.text.contains("id=\"allow\""), "{}", shown.text);
    let done = person.submit(&shown, &[("decision", decision)]).await;
    person.open(done.header("location")).await
}

#[tokio::test]
async fn rfc_8628_3_a_person_allows_a_device_that_waits() {
    let (server, alice) = world().await;
    let answer = asked(&server).await;
    assert_eq!(
        answer.members(),
        ["device_code", "expires_in", "interval", "user_code", "verification_uri", "verification_uri_complete"]
    );
    let (device_code, user_code) = (answer.member("device_code"), answer.member("user_code"));
    assert!(device_code.starts_with("gdc_") && user_code.len() == 9, "{}", answer.text);
    assert_eq!(answer.member("verification_uri"), format!("{}/device", server.issuer));
    assert_eq!(answer.member("verification_uri_complete"), format!("{}/device?user_code={user_code}", server.issuer));
    assert_eq!((answer.json()["expires_in"].as_i64(), answer.json()["interval"].as_i64()), (Some(600), Some(5)));
    assert_eq!(verdict(&poll(&server, &device_code).await), PENDING);
    assert_eq!(verdict(&poll(&server, &device_code).await), "400 slow_down slow-down", "5 s are an interval");

    let link = alice.open(&format!("/device?user_code={user_code}")).await;
    assert!(link.text.contains(&format!("value=\"{user_code}\"")), "the link fills it in: {}", link.text);
    let shown = question(&alice, &user_code.to_lowercase().replace('-', " ")).await;
    for part in ["Living room", &user_code, "id=\"allow\""] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
    let done = alice.submit(&shown, &[("decision", "allow")]).await;
    assert_eq!(done.header("location"), "/device/done?allowed");
    assert!(alice.open(done.header("location")).await.text.contains("Your device is connected"));

    let tokens = poll(&server, &device_code).await;
    assert_eq!(verdict(&tokens), "200");
    assert_eq!(tokens.member("scope"), "openid profile");
    let person = userinfo(&server.http, &tokens.member("access_token")).await;
    assert_eq!(person.json()["name"], "Alice Liddell");
    let refresh_token = tokens.member("refresh_token");
    let refresh_form =
        [("grant_type", "refresh_token"), ("client_id", "tv"), ("refresh_token", refresh_token.as_str())];
    assert_eq!(verdict(&server.http.token(&refresh_form).await), "200");
}

#[tokio::test]
async fn rfc_8628_3_5_a_device_that_is_refused_learns_it_and_nobody_decides_again() {
    let (server, alice) = world().await;
    let answer = asked(&server).await;
    let shown = question(&alice, &answer.member("user_code")).await;
    let done = decide(&alice, &answer.member("user_code"), "deny").await;
    assert!(done.text.contains("Your device is not connected"), "{}", done.text);
    let late = alice.submit(&shown, &[("decision", "allow")]).await;
    assert_eq!(page(&late), "400 invalid_request", "it was decided");
    assert_eq!(verdict(&poll(&server, &answer.member("device_code")).await), "400 access_denied device-denied");
    let again = alice.post("/device", &[("user_code", &answer.member("user_code"))]).await;
    assert!(again.text.contains("No device shows this code"), "{}", again.text);
}

#[tokio::test]
async fn rfc_8628_5_4_nothing_is_allowed_without_the_page_whoever_the_client_is() {
    let (server, alice) = world().await;
    for _ in 0..2 {
        let answer = server.http.post_as("/oauth/device_authorization", OTHER, &[("scope", "openid")]).await;
        assert_eq!(verdict(&answer), "200");
        let shown = question(&alice, &answer.member("user_code")).await;
        assert!(shown.text.contains("id=\"allow\""), "its own or not, consented before or not: {}", shown.text);
        alice.submit(&shown, &[("decision", "allow")]).await;
        let device_code = answer.member("device_code");
        let form = [("grant_type", GRANT), ("device_code", device_code.as_str())];
        assert_eq!(verdict(&server.http.token_as(OTHER, &form).await), "200");
    }
}

#[tokio::test]
async fn rfc_8628_3_4_a_device_code_is_one_clients_and_good_for_one_answer() {
    let (server, alice) = world().await;
    let answer = asked(&server).await;
    let device_code = answer.member("device_code");
    let form = [("grant_type", GRANT), ("device_code", device_code.as_str())];
    assert_eq!(verdict(&server.http.token_as(OTHER, &form).await), "400 invalid_grant device-code-invalid");
    for wrong in ["x", "gdc_AAAA", &device_code[..device_code.len() - 1]] {
        assert_eq!(verdict(&poll(&server, wrong).await), "400 invalid_grant device-code-invalid", "{wrong}");
    }
    let missing = server.http.token(&[("grant_type", GRANT), ("client_id", "tv")]).await;
    assert_eq!(verdict(&missing), "400 invalid_request parameter-missing");
    decide(&alice, &answer.member("user_code"), "allow").await;
    let tokens = poll(&server, &device_code).await;
    assert_eq!(verdict(&tokens), "200");
    assert!(is_active(&server.http, &tokens.member("access_token")).await);
    assert_eq!(verdict(&poll(&server, &device_code).await), "400 invalid_grant device-code-reused");
    assert!(!is_active(&server.http, &tokens.member("access_token")).await, "as with any code");
}

#[tokio::test]
async fn rfc_8628_3_1_who_may_not_ask_is_refused_at_once() {
    let (server, _) = world().await;
    let ask = async |form: &[(&str, &str)]| verdict(&server.http.post("/oauth/device_authorization", form).await);
    let demo_a = [("client_id", "demo-a"), ("client_secret", "demo-a-secret")];
    assert_eq!(ask(&demo_a).await, "400 unauthorized_client grant-type-not-allowed");
    assert_eq!(ask(&[("client_id", "nobody")]).await, "401 invalid_client client-authentication-failed");
    assert_eq!(ask(&[("client_id", "other-tv")]).await, "401 invalid_client client-authentication-failed");
    assert_eq!(ask(&[]).await, "401 invalid_client client-authentication-failed");
    assert_eq!(ask(&[("client_id", "tv"), ("scope", "email")]).await, "400 invalid_scope scope-invalid");
    assert_eq!(ask(&[("client_id", "tv"), ("resource", "x")]).await, "400 invalid_target resource-invalid");
}

#[tokio::test]
async fn rfc_8628_5_1_whoever_guesses_codes_is_stopped() {
    let (server, alice) = world().await;
    let good = asked(&server).await.member("user_code");
    alice.open("/device").await;
    let no_code = alice.post("/device", &[("user_code", "not a code")]).await;
    assert!(no_code.text.contains("No device shows this code"), "{}", no_code.text);
    let guess = |person: Person| async move { person.post("/device", &[("user_code", "BBBB-BBBB")]).await };
    assert_eq!(guess(alice.clone()).await.status, 200, "the first is looked up");
    // Each is written before it is looked up: of many at once, all may find that there are too many.
    let answers = race(40, |_| guess(alice.clone())).await;
    let looked_up = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(looked_up < 20, "with the first, 20 at most: {looked_up}");
    let stopped = alice.post("/device", &[("user_code", &good)]).await;
    assert_eq!(
        (page(&stopped).as_str(), stopped.header("retry-after")),
        ("429 access_denied", "600"),
        "a right one, too"
    );
}

#[tokio::test]
async fn a_form_of_another_site_shows_the_page_first() {
    let (server, _) = world().await;
    let good = asked(&server).await.member("user_code");
    let answer = server.http.post("/device", &[("user_code", &good)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, format!("/device?user_code={good}").as_str()));
    assert_eq!(answer.header("set-cookie"), "", "nothing of this browser is changed");
    let odd = server.http.post("/device", &[("user_code", "\r\nx")]).await;
    assert_eq!(odd.header("location"), "/device");
}

#[tokio::test]
async fn the_session_that_said_yes_may_end() {
    let (server, alice) = world().await;
    let answer = asked(&server).await;
    decide(&alice, &answer.member("user_code"), "allow").await;
    let tokens = poll(&server, &answer.member("device_code")).await;
    let question = alice.open("/oauth/logout").await;
    let goodbye = alice.submit(&question, &[]).await;
    assert!(goodbye.text.contains("You are signed out"), "{}", goodbye.text);
    assert!(is_active(&server.http, &tokens.member("access_token")).await, "the session is not the device's");
}

#[tokio::test]
async fn rfc_8628_3_3_1_the_page_of_a_code_shows_it_to_a_phone() {
    let (_server, alice) = world().await;
    let shows = async |address: &str| {
        let answer = alice.open(address).await;
        assert!(!answer.header("content-security-policy").contains("unsafe"));
        answer.text.contains("aria-label=\"QR code of this page\"")
    };
    assert!(shows("/device?user_code=WDJB-MJHT").await);
    assert!(!shows("/device").await);
    let wrong = alice.post("/device", &[("user_code", "WDJB-MJHT")]).await;
    assert!(wrong.text.contains("id=\"failure\"") && !wrong.text.contains("QR code"), "nothing to go on with");
}
