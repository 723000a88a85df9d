//! Shows that every page is in the language of whoever reads it, can be had in another, and says what a deployment wants it to.

use super::*;

/// Who reads the language of this tag.
fn reader(pages: &Pages, tag: &str) -> Reader {
    let language = pages.negotiate([tag].into_iter()).unwrap();
    Reader { language, return_to: Some("/login?request=a&b=c".to_owned()) }
}

#[test]
fn every_page_is_in_the_language_of_its_reader() {
    let pages = pages();
    let german = reader(&pages, "de");
    let page = pages.login(&german, &LoginPage { failure: Some(LoginFailure::Expired), ..sample::LOGIN }).unwrap();
    assert_in_order(
        &page,
        &[
            r#"<html lang="de">"#,
            "<title>Fehler: Anmelden, um mit \u{2068}Sample\u{2069} fortzufahren – Grantor</title>",
            "<h1>Anmelden</h1>",
            r#"um mit <bdi class="party">Sample</bdi> fortzufahren</p>"#,
            "Diese Seite war zu lange geöffnet.",
            r#"<label for="username">Benutzername</label>"#,
        ],
    );
    let page = pages.consent(&reader(&pages, "id"), &sample::consent()).unwrap();
    assert_in_order(
        &page,
        &[r#"<html lang="id">"#, "Melihat alamat email Anda", "<code>contacts.read</code>", ">Izinkan<"],
    );
    let foreign = Words { text: Cow::Borrowed("in English"), language: Some("en") };
    let page = pages.error(&german, &ErrorPage { message: foreign, ..sample::ERROR }).unwrap();
    assert!(page.contains(r#"<p class="message"><span lang="en">in English</span></p>"#), "{page}");
}

#[test]
fn every_page_can_be_had_in_each_other_language() {
    let pages = pages();
    let page = pages.login(&reader(&pages, "de"), &sample::LOGIN).unwrap();
    assert_in_order(
        &page,
        &[
            r#"<form method="post" action="/login">"#,
            "</main>",
            r#"method="post" action="/language" aria-label="Sprache">"#,
            r#"<input type="hidden" name="return_to" value="/login?request=a&amp;b=c">"#,
            r#"<button name="locale" value="en" lang="en" type="submit">English</button>"#,
            r#"<button name="locale" value="id" lang="id" type="submit">Bahasa Indonesia</button>"#,
        ],
    );
    assert_eq!(page.matches("locale").count(), 2, "not in its own");
    assert!(!pages.login(&ENGLISH, &sample::LOGIN).unwrap().contains("locale"), "nor where it cannot be had again");
}

#[test]
fn a_deployment_brings_messages_beside_its_templates() {
    let directory = tempfile::tempdir().unwrap();
    let messages = directory.path().join("messages");
    fs::create_dir(&messages).unwrap();
    fs::write(messages.join("fr.ftl"), "language-name = Français\nlogin-lead = vers { $client } <b>\n").unwrap();
    fs::write(messages.join("NOTES"), "not for us").unwrap();
    let pages = Pages::with_overrides(directory.path()).unwrap();
    let page = pages.login(&reader(&pages, "fr"), &sample::LOGIN).unwrap();
    assert_in_order(&page, &[r#"lang="fr""#, r#"vers <bdi class="party">Sample</bdi> &lt;b&gt;</p>"#, ">Username<"]);

    fs::write(messages.join("fr.ftl"), "login-lead = vers { $klient }\n").unwrap();
    let error = Pages::with_overrides(directory.path()).err().unwrap().to_string();
    assert!(error.contains("messages/fr.ftl is broken"), "{error}");
}

#[test]
fn what_templates_say_must_be_there() {
    let text = refusal(&[("logout.html", "{{ t(\"logout-asked-by\") }}")]);
    assert!(text.contains("logout-asked-by") && text.contains("client"), "{text}");
    let text = refusal(&[("logout.html", "{{ t(\"logout-asked-for\") }}")]);
    assert!(text.contains("no such message"), "{text}");
    let text = refusal(&[("login.html", "{{ text(\"login-title\", client=party(page.client_name)) }}")]);
    assert!(text.contains("HTML is no plain text"), "{text}");
    let text = refusal(&[("login.html", "{{ party(page.username) }}")]);
    assert!(text.contains("nothing to fill in"), "{text}");
}

#[test]
fn what_is_typed_as_it_is_stands_in_a_message_as_code() {
    let template = "{{ t(\"playground-private-key-help\", method=code(\"<b>\")) }} {{ code([\"a\", \"&\"]) }}";
    let page = overridden(&[("logout.html", template)]).unwrap().logout(&ENGLISH, &sample::LOGOUT).unwrap();
    assert!(
        page.starts_with("For <code>&lt;b&gt;</code> alone:") && page.ends_with(" <code>a</code>, <code>&amp;</code>"),
        "{page}"
    );
}

#[test]
fn a_reason_is_explained_in_the_language_or_in_english() {
    let pages = pages();
    let explain = |tag: &str, reason, parameter| {
        let words = pages.explain(reader(&pages, tag).language, (reason, parameter), "english: x");
        (words.text.into_owned(), words.language)
    };
    assert_eq!(explain("en", Reason::ParameterMissing, Some("x")), ("english: x".to_owned(), None));
    let (text, language) = explain("de", Reason::ParameterMissing, Some("x"));
    assert!(text.ends_with("(x)") && language.is_none(), "{text}");
    assert_eq!(explain("id", Reason::SlowDown, None), ("english: x".to_owned(), Some("en")));
}
