//! Shows that every language says the same, that templates and messages fit each other, and who is shown which language.

#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::collections::BTreeSet;

use grantor_domain::error::Reason;

use super::load::keys;
use super::*;
use crate::pages::source::TEMPLATES;
use crate::pages::{
    AccountFailure, ClaimView, FactorFailure, LoginFailure, NOT_FOUND, PasskeyFormView, Wait, page_title, reason_key,
    scope,
};

/// The sources in which the playground names its messages, each name a text of its own.
const PLAYGROUND: [&str; 6] = [
    include_str!("../../playground/actions.rs"),
    include_str!("../../playground/answer.rs"),
    include_str!("../../playground/entry.rs"),
    include_str!("../../playground/jwt.rs"),
    include_str!("../../playground/proof.rs"),
    include_str!("../../routes/playground.rs"),
];

fn messages() -> Messages {
    Messages::load(&[]).unwrap()
}

fn load(tag: &str, text: &str) -> Result<Messages, String> {
    Messages::load(&[MessageFile { tag: tag.to_owned(), text: text.to_owned() }]).map_err(|error| error.to_string())
}

/// The names of a language's messages, less those that English need not have.
fn keys_but_reasons(tag: &str) -> BTreeSet<String> {
    keys(tag).into_iter().filter(|key| !key.starts_with("reason-")).collect()
}

#[test]
fn every_language_has_every_message_with_the_same_variables() {
    let messages = messages();
    for language in messages.languages() {
        let tag = messages.tag(language);
        assert_eq!(keys_but_reasons(tag), keys_but_reasons("en"), "{tag}");
        for key in keys_but_reasons(tag) {
            let variables = |language| messages.variables(language, &key).unwrap();
            assert_eq!(variables(language), variables(Language::ENGLISH), "{tag}: {key}");
        }
    }
}

#[test]
fn every_other_language_says_the_same_reasons() {
    let reasons = |tag| keys(tag).into_iter().filter(|key| key.starts_with("reason-")).collect::<BTreeSet<_>>();
    assert_eq!(reasons("de"), reasons("id"));
    assert!(reasons("en").is_empty(), "there it is the description of the reason");
    let known: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason_key(*reason)).collect();
    assert!(reasons("de").is_subset(&known), "{:?}", reasons("de").difference(&known));
}

#[test]
fn every_message_is_used_and_every_used_one_exists() {
    let in_templates = TEMPLATES.iter().flat_map(|(_, template)| {
        let after = template.split("t(\"").skip(1).chain(template.split("text(\"").skip(1));
        after.filter_map(|rest| rest.split_once('"')).map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
    });
    let in_playground = PLAYGROUND.iter().flat_map(|source| {
        let after = source.split("\"playground-").skip(1);
        after.filter_map(|rest| rest.split_once('"')).map(|(key, _)| format!("playground-{key}"))
    });
    let failures = LoginFailure::ALL.iter().map(|failure| failure.message().to_owned());
    let waits = Wait::MESSAGES.map(str::to_owned);
    let titles = Reason::ALL.iter().map(|reason| page_title(*reason).to_owned());
    let scopes = scope::ALL.iter().filter_map(|scope| scope::message(scope)).map(str::to_owned);
    let factors = FactorFailure::ALL.iter().map(|failure| failure.message().to_owned());
    let account = AccountFailure::ALL.iter().map(|failure| failure.message().to_owned());
    let passkeys = PasskeyFormView::LABELS.map(str::to_owned);
    let claims = ClaimView::KNOWN.map(|(_, label, _)| label.to_owned());
    let own = factors.chain(account).chain(passkeys).chain(claims);
    let others = [NAME, NOT_FOUND.0, NOT_FOUND.1].map(str::to_owned);
    let used: BTreeSet<_> = in_templates
        .chain(in_playground)
        .chain(failures)
        .chain(waits)
        .chain(titles)
        .chain(scopes)
        .chain(own)
        .chain(others)
        .collect();
    assert_eq!(used, keys("en").into_iter().collect());
}

#[test]
fn arguments_take_their_places_and_never_pass_through_fluent() {
    let text = "consent-resources = { $resources } \u{2013} <b>{ \"<i>\" }</b> { $resources }\n";
    let messages = load("en", text).unwrap();
    let upper = |out: &mut String, text: &str| out.push_str(&text.to_uppercase());
    let argument = ("resources".to_owned(), "{ $x } \u{f0000} a".to_owned());
    let filled = messages.fill(Language::ENGLISH, "consent-resources", &[argument], upper).unwrap();
    assert_eq!(filled, "{ $x } \u{f0000} a \u{2013} <B><I></B> { $x } \u{f0000} a");
}

#[test]
fn what_is_missing_is_told() {
    let fill = |key: &str| messages().fill(Language::ENGLISH, key, &[], |out, text| out.push_str(text));
    assert!(fill("login-lead").unwrap_err().to_string().contains("client"));
    assert!(fill("no-such-message").unwrap_err().to_string().contains("no such message"));
}

#[test]
fn a_deployment_replaces_messages_and_adds_languages() {
    let say = |messages: &Messages, tag: &str, key: &str| {
        let language = messages.find(tag).unwrap();
        messages.fill(language, key, &[], |out, text| out.push_str(text)).unwrap()
    };
    let ours = load("de", "login-submit = Los!\n").unwrap();
    assert_eq!(
        (say(&ours, "de", "login-submit"), say(&ours, "de", "login-heading")),
        ("Los!".into(), "Anmelden".into())
    );
    let french = load("fr", "language-name = Français\nlogin-submit = Se connecter\n").unwrap();
    assert_eq!(say(&french, "fr-CA", "login-submit"), "Se connecter");
    assert_eq!(say(&french, "fr", "login-heading"), "Sign in", "English where it is silent");
    assert_eq!(french.languages().count(), 4);
}

#[test]
fn a_file_of_messages_that_cannot_be_meant_is_refused() {
    let check = |tag: &str, text: &str, expect: &str| {
        let error = load(tag, text).err().unwrap();
        assert!(error.contains(expect), "{error}");
    };
    check("de", "login-submit = a\n!\n", "messages/de.ftl is broken: line 2");
    check("de", "login-sumbit = Los!\n", "login-sumbit replaces no message");
    check("de", "login-submit = { $client }\n", "nothing to fill in for $client");
    check("de", "login-submit = { -brand }\n", "login-submit");
    check("de", "login-submit = a\nlogin-submit = b\n", "twice");
    check("fr", "login-submit = Se connecter\n", "language-name is missing");
    check("not a tag", "language-name = x\n", "no language tag");
    assert!(load("de", "reason-slow-down = Langsamer.\n").is_ok(), "a reason of which we say nothing");
}

#[test]
fn what_is_wanted_most_and_is_there_is_shown() {
    let messages = messages();
    let check = |wanted: &str, expect: Option<&str>| {
        let found = messages.negotiate(wanted.split(' ')).map(|language| messages.tag(language));
        assert_eq!(found, expect, "{wanted}");
    };
    check("de", Some("de"));
    check("fr de en", Some("de"));
    check("de-AT", Some("de"));
    check("DE-de-1996-u-co-phonebk", Some("de"));
    check("id-ID", Some("id"));
    check("in", Some("id"));
    check("in-ID en", Some("id"));
    check("fr-CA ja", None);
    check("", None);
    check("d - -de de-", Some("de"));
}

#[test]
fn browsers_say_how_much_they_want_each() {
    let check = |header: &str, expect: &[&str]| assert_eq!(accepted(header), expect, "{header}");
    check("de", &["de"]);
    check("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", &["fr-CH", "fr", "en", "de"]);
    check("en;q=0.1,id ; q=0.5 ,de", &["de", "id", "en"]);
    check("de;q=0, en", &["en"]);
    check("de;Q=1.0, id;q=1", &["de", "id"]);
    check("de;q=x, en;q=7, id;v=1, nl;q=-1, sv;q=NaN, ,", &[]);
    check("", &[]);
}
