//! In which language the pages are, and `/language`, which the buttons post to that switch to another.

use super::support::{SPA_SCOPE, page};
use crate::harness::{Answer, Authorization, Person, Server};

/// The language that a page says it is in.
#[track_caller]
fn language(answer: &Answer) -> String {
    page(answer);
    let (_, rest) = answer.text.split_once("<html lang=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// Follows redirects to a page of ours.
async fn shown(person: &Person, mut answer: Answer) -> Answer {
    for _step in 0..5 {
        if answer.status != 303 {
            return answer;
        }
        answer = person.open(answer.header("location")).await;
    }
    panic!("the pages lead in circles");
}

async fn open(person: &Person, request: &Authorization) -> Answer {
    shown(person, person.open(&request.path()).await).await
}

async fn sign_in(person: &Person, login: &Answer, password: &str) -> Answer {
    let answer = person.submit(login, &[("username", "alice"), ("password", password)]).await;
    shown(person, answer).await
}

#[track_caller]
fn assert_says(answer: &Answer, texts: &[&str]) {
    for text in texts {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
}

#[tokio::test]
async fn core_3_1_2_1_what_is_asked_goes_before_what_was_chosen_and_that_before_what_the_browser_says() {
    let server = Server::start().await;
    let request = Authorization::of_spa("openid");
    let asking = |languages: &str| request.clone().with("ui_locales", languages);
    assert_eq!(language(&open(&Person::alice(&server), &request).await), "en", "nothing is said");

    let alice = Person::alice_reading(&server, "fr-CH, fr;q=0.9, en;q=0.3, id-ID;q=0.7");
    assert_eq!(language(&open(&alice, &request).await), "id", "her browser says so");

    let device = alice.open("/device").await;
    let switched = alice.switch(&device, "de").await;
    assert_eq!((switched.status, switched.header("location")), (303, "/device"));
    assert_eq!(language(&open(&alice, &request).await), "de", "she chose it");

    assert_eq!(language(&open(&alice, &asking("fr-CA en id")).await), "en", "her application asks for it");
    assert_eq!(language(&open(&alice, &asking("xx no_tag!")).await), "de", "nothing that we have is no error");
    assert_eq!(language(&open(&alice, &asking(&"x ".repeat(2000))).await), "de");
}

#[tokio::test]
async fn core_3_1_2_1_one_request_is_in_one_language_from_sign_in_to_consent() {
    let server = Server::start().await;
    let alice = Person::alice(&server);
    let request = Authorization::of_spa(SPA_SCOPE).with("ui_locales", "de-AT en");
    let login = open(&alice, &request).await;
    assert_eq!((page(&login), language(&login)), ("login".to_owned(), "de".to_owned()));
    assert_says(&login, &["<h1>Anmelden</h1>", ">Benutzername<", ">Passwort<", "Demo single-page application"]);

    let again = sign_in(&alice, &login, "wrong").await;
    assert_says(&again, &["<title>Fehler: ", "Benutzername oder Passwort ist nicht richtig.", ">Referenz <code>"]);

    let consent = sign_in(&alice, &again, "wonderland-42").await;
    assert_eq!((page(&consent), language(&consent)), ("consent".to_owned(), "de".to_owned()));
    assert_says(&consent, &["Angemeldet als", "Alice Liddell", ">Zulassen<", ">Ablehnen<", "Diesen Zugriff behalten"]);

    let chooser = open(&alice, &request.with("prompt", "select_account").with("ui_locales", "id")).await;
    assert_says(&chooser, &["<html lang=\"id\">", "<h1>Pilih akun</h1>", "Lanjutkan sebagai <bdi>Alice Liddell</bdi>"]);
}

#[tokio::test]
async fn an_indonesian_signs_in_and_agrees() {
    let server = Server::start().await;
    let alice = Person::alice_reading(&server, "in-ID");
    let login = open(&alice, &Authorization::of_spa(SPA_SCOPE)).await;
    assert_says(&login, &["<html lang=\"id\">", "<h1>Masuk</h1>", ">Kata sandi<"]);
    let again = sign_in(&alice, &login, "wrong").await;
    assert_says(&again, &["Nama pengguna atau kata sandi salah."]);
    let consent = sign_in(&alice, &again, "wonderland-42").await;
    assert_says(&consent, &["menggunakan akun Anda?", "Masuk sebagai", ">Izinkan<", ">Tolak<"]);
    let answer = alice.submit(&consent, &[("decision", "allow")]).await;
    assert!(answer.header("location").starts_with("http://127.0.0.1:5173/callback?code="), "{}", answer.text);
}

#[tokio::test]
async fn what_a_person_chooses_on_a_page_wins_over_what_their_application_asks() {
    let server = Server::start().await;
    let alice = Person::alice(&server);
    let request = Authorization::of_spa(SPA_SCOPE).with("ui_locales", "id");
    let login = open(&alice, &request).await;
    assert_says(&login, &["<html lang=\"id\">", "lang=\"de\" type=\"submit\">Deutsch</button>"]);
    assert!(!login.text.contains("value=\"id\""), "a page is in its own language already: {}", login.text);

    let failed = sign_in(&alice, &login, "wrong").await;
    let switched = alice.switch(&failed, "de").await;
    let cookie = switched.header("set-cookie");
    assert_eq!(cookie, "grantor-language=de; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000");
    let login = shown(&alice, switched).await;
    assert_eq!((page(&login), language(&login)), ("login".to_owned(), "de".to_owned()));
    let consent = sign_in(&alice, &login, "wonderland-42").await;
    assert_eq!((page(&consent), language(&consent)), ("consent".to_owned(), "de".to_owned()));

    let refused = alice.open(&request.with("redirect_uri", "https://elsewhere.example").path()).await;
    assert_eq!(language(&refused), "id", "another request asks anew");
    let refused = shown(&alice, alice.switch(&refused, "en").await).await;
    assert_eq!((page(&refused), language(&refused)), ("400 invalid_request".to_owned(), "en".to_owned()));
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_for_a_language() {
    let server = Server::start().await;
    let alice = Person::alice(&server);
    let choose = async |return_to: &str, locale: &str| {
        let answer = alice.post("/language", &[("return_to", return_to), ("locale", locale)]).await;
        if answer.status == 303 { answer.header("location").to_owned() } else { page(&answer) }
    };
    for good in ["/device", "/device?user_code=WDJB-MJHT", "/device/done?allowed", "/errors/code-reused", "/login"] {
        assert_eq!(choose(good, "de").await, good);
    }
    assert_eq!(
        choose("/oauth/logout?ui_locales=id&state=a%20b", "de-AT").await,
        "/oauth/logout?ui_locales=de&state=a+b"
    );
    assert_eq!(choose("/login?request=not-sealed", "de").await, "/login?request=not-sealed");
    for bad in [
        "",
        "https://evil.example/device",
        "//evil.example",
        "//evil.example/device",
        "/\\evil.example",
        "/device/../evil",
        "/device\r\nSet-Cookie: a=b",
        "/device?a=\u{e9}",
        "/device#x",
        "device",
        "/",
        "/oauth/token",
        "/errors/no-such-reason",
        "/assets/grantor.css",
        "/device@evil.example",
    ] {
        assert_eq!(choose(bad, "de").await, "400 invalid_request", "{bad:?}");
    }
    for locale in ["", "fr", "<script>"] {
        assert_eq!(choose("/device", locale).await, "400 invalid_request", "{locale:?}");
    }
}

#[tokio::test]
async fn errors_are_told_in_the_language_of_whoever_reads_them() {
    let server = Server::start().await;
    let check = async |accept: &'static str, path: &str, expect: [&str; 3]| {
        let answer = Person::alice_reading(&server, accept).open(path).await;
        assert_says(&answer, &expect);
        page(&answer)
    };
    let unknown = "/oauth/authorize?client_id=nobody";
    let german = ["lang=\"de\"", "kann nicht abgeschlossen werden", "ist hier nicht bekannt."];
    assert_eq!(check("de", unknown, german).await, "400 invalid_request");
    let indonesian = ["lang=\"id\"", "tidak dapat diselesaikan", "tidak dikenal di sini."];
    assert_eq!(check("id", unknown, indonesian).await, "400 invalid_request");
    let missing = ["lang=\"de\"", "In der Anfrage fehlt eine Angabe. (client_id)", "Was dieser Fehler bedeutet"];
    check("de", "/oauth/authorize", missing).await;
    check("de", "/login?request=x", ["Diese Anmeldung ist abgelaufen", "in einem anderen Browser", "Referenz"]).await;
    check("id", "/nowhere", ["Tidak ada apa-apa di sini", "Periksa alamatnya.", "lang=\"id\""]).await;
    let developers =
        ["lang=\"de\"", "<span lang=\"en\">The authorization code was used before", "Redeem each code once."];
    check("de", "/errors/code-reused", developers).await;
    check("en", unknown, ["lang=\"en\"", "<p class=\"message\">the client_id is not known here</p>", "Reference"])
        .await;
}

#[tokio::test]
async fn logout_2_the_question_and_the_farewell_are_in_the_language_that_is_asked_for() {
    let server = Server::start().await;
    let alice = Person::alice(&server);
    alice.authorize(&Authorization::of_spa("openid")).await;
    let question = alice.open("/oauth/logout?ui_locales=de").await;
    assert_says(&question, &["lang=\"de\"", "<h1>Abmelden?</h1>", "Sie sind angemeldet als"]);
    let question = shown(&alice, alice.switch(&question, "id").await).await;
    assert_says(&question, &["lang=\"id\"", "<h1>Keluar?</h1>"]);
    let question = alice.open("/oauth/logout?ui_locales=de").await;
    let farewell = alice.submit(&question, &[]).await;
    assert_says(&farewell, &["lang=\"de\"", "Sie sind abgemeldet"]);
    let farewell = shown(&alice, alice.switch(&farewell, "en").await).await;
    assert_says(&farewell, &["lang=\"en\"", "You are signed out"]);
}

#[tokio::test]
async fn rfc_8628_3_3_the_pages_of_a_device_follow_the_person() {
    let server = Server::start().await;
    let alice = Person::alice_reading(&server, "de");
    let entry = alice.open("/device?user_code=WDJB-MJHT").await;
    assert_says(&entry, &["<h1>Gerät verbinden</h1>", "aria-label=\"QR-Code dieser Seite\""]);
    let wrong = alice.post("/device", &[("user_code", "WDJB-MJHT")]).await;
    assert_says(&wrong, &["<title>Fehler: Gerät verbinden – Grantor</title>", "Kein Gerät zeigt diesen Code an"]);
    let switched = alice.switch(&wrong, "id").await;
    assert_eq!(switched.header("location"), "/device?user_code=WDJB-MJHT");
    assert_says(&alice.open("/device/done?denied").await, &["lang=\"id\"", "Perangkat Anda tidak terhubung"]);
}
