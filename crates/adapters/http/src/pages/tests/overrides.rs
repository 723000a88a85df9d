//! Shows that a deployment's own files take the places of ours, and that a slip in one stops the start.

use super::*;

#[test]
fn override_wins_and_the_rest_stays() {
    let files = [("error.html", "<h1>Oh no: {{ t(page.title) }}</h1>"), ("README.md", "not a page")];
    let pages = overridden(&files).unwrap();
    assert_eq!(pages.error(&ENGLISH, &sample::ERROR).unwrap(), "<h1>Oh no: This request cannot be completed</h1>");
    assert_eq!(pages.login(&ENGLISH, &sample::LOGIN).unwrap(), self::pages().login(&ENGLISH, &sample::LOGIN).unwrap());
}

#[test]
fn override_of_the_layout_carries_every_page() {
    let layout = "{% block title %}{% endblock %}|ours|{% block content %}{% endblock %}";
    let pages = overridden(&[("layout.html", layout)]).unwrap();
    for page in all_pages(&pages) {
        assert!(page.contains("|ours|"), "{page}");
    }
}

#[test]
fn broken_override_is_named_with_its_line() {
    let text = refusal(&[("login.html", "<p>\n{% if %}")]);
    assert!(text.contains("template login.html is broken"), "{text}");
    assert!(text.contains("(in login.html:2)"), "{text}");
}

#[test]
fn override_with_an_unknown_name_in_it_is_refused_at_start() {
    let text = refusal(&[("consent.html", "{{ page.client_nmae }}")]);
    assert!(text.contains("(in consent.html:1)"), "{text}");
}

#[test]
fn override_cannot_turn_escaping_off() {
    let filter = refusal(&[("error.html", "{{ page.title|safe }}")]);
    assert!(filter.contains("unknown filter"), "{filter}");
    let block = "{% autoescape false %}{{ page.title }}{% endautoescape %}";
    let block = refusal(&[("error.html", block)]);
    assert!(block.contains("cannot be turned off"), "{block}");
}

#[test]
fn override_that_replaces_nothing_is_refused() {
    let text = refusal(&[("logn.html", "")]);
    assert!(text.contains("logn.html replaces no page"), "{text}");
    assert!(text.contains("layout.html, leaving.html, login.html"), "{text}");
}

#[test]
fn missing_directory_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("nowhere");
    let error = Pages::with_overrides(&path).err().expect("refused");
    assert_eq!(error.to_string(), format!("cannot read {}", path.display()));
}

#[test]
fn unreadable_override_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("login.html"), [0xff, 0xfe]).unwrap();
    let error = Pages::with_overrides(directory.path()).err().unwrap();
    assert!(error.to_string().ends_with("login.html"), "{error}");
}
