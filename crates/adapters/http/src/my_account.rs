//! What My account shows: decides how what is known of a person becomes words on a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use actix_web::cookie::time::OffsetDateTime;
use grantor_application::{AccountApplication, AccountGrant, Failure, MyAccountView};
use grantor_domain::scope::ScopeSet;
use grantor_domain::time::Timestamp;
use grantor_domain::user::StandardClaims;
use grantor_ports::{ListedSession, StoredPasskey};

use crate::pages::{
    AccountFailure, ApplicationView, ClaimView, FactView, FormField, GrantView, MyAccountPage, OwnPasskeyView,
    PasskeyFormView, ScopeView, SessionView, Wait,
};
use crate::refusal::seconds_to_wait;
use crate::routes::second_factor::passkey_form;
use crate::routes::{AUTHENTICATOR, MY_ACCOUNT};

/// What the page says at its top.
pub(crate) enum Message<'a> {
    /// That it is done.
    Done,
    /// That it is not, and why.
    Failed(Failed<'a>),
    /// Nothing.
    None,
}

/// Why something was not done.
pub(crate) struct Failed<'a> {
    pub(crate) failure: AccountFailure,
    pub(crate) cause: &'a Failure,
    /// The claims that were typed, to be typed no second time.
    pub(crate) typed: &'a [(String, String)],
}

/// The page of this person.
pub(crate) fn account_page<'a>(
    view: &'a MyAccountView,
    min_length: u32,
    (message, reference): (&Message<'a>, Option<&'a str>),
) -> MyAccountPage<'a> {
    let form = FormField { name: "form", value: view.form.as_str() };
    let labels = ("create", PasskeyFormView::MAKE);
    let passkey = view.passkey.as_ref().map(|offer| passkey_form(offer, MY_ACCOUNT, labels, &[form]));
    let (failure, wait, typed) = match message {
        Message::Failed(Failed { failure, cause, typed }) => {
            (Some(*failure), seconds_to_wait(cause).map(Wait::of_seconds), *typed)
        }
        Message::Done | Message::None => (None, None, [].as_slice()),
    };
    MyAccountPage {
        action: MY_ACCOUNT,
        authenticator: AUTHENTICATOR,
        form: view.form.as_str(),
        username: view.user.username.as_str(),
        facts: facts(&view.user.claims, &view.editable_claims),
        claims: view.editable_claims.iter().map(|claim| own_claim(&view.user.claims, claim, typed)).collect(),
        has_password: view.has_password,
        min_length,
        has_factor: !view.factors.is_empty(),
        has_totp: view.factors.totp.is_some(),
        passkeys: view.factors.passkeys.iter().map(own_passkey).collect(),
        passkey: passkey.map(|form| PasskeyFormView { asks_name: true, ..form }),
        recovery_codes: view.factors.recovery_codes,
        sessions: view.sessions.iter().map(|listed| session(listed, view)).collect(),
        applications: view.applications.iter().map(|application| shown(application, &view.descriptions)).collect(),
        done: matches!(message, Message::Done),
        failure,
        wait,
        reference,
    }
}

/// What is known of them, has a name in every language, and is not theirs to change.
fn facts<'a>(claims: &'a StandardClaims, editable: &[String]) -> Vec<FactView<'a>> {
    let known = ClaimView::KNOWN.into_iter().filter(|(claim, ..)| !editable.iter().any(|own| own == claim));
    known.filter_map(|(claim, label, _)| Some(FactView { label, value: claims.text(claim)? })).collect()
}

fn own_claim<'a>(claims: &'a StandardClaims, name: &'a str, typed: &'a [(String, String)]) -> ClaimView<'a> {
    let typed = typed.iter().find(|(claim, _)| claim == name).map(|(_, value)| value.as_str());
    let known = ClaimView::KNOWN.into_iter().find(|(claim, ..)| *claim == name);
    ClaimView {
        name,
        label: known.map(|(_, label, _)| label),
        autocomplete: known.map(|(.., autocomplete)| autocomplete),
        value: typed.or_else(|| claims.text(name)).unwrap_or_default(),
    }
}

fn own_passkey(passkey: &StoredPasskey) -> OwnPasskeyView<'_> {
    OwnPasskeyView {
        id: hex(&passkey.id),
        name: &passkey.name,
        added: moment(passkey.added_at),
        used: passkey.used_at.map(moment),
    }
}

fn session<'a>(listed: &'a ListedSession, view: &MyAccountView) -> SessionView<'a> {
    SessionView {
        id: listed.session.id.to_string(),
        browser: listed.origin.user_agent.as_deref().map(browser_name),
        address: listed.origin.address.as_deref(),
        since: moment(listed.session.authentication.time),
        is_this: listed.session.id == view.session,
    }
}

fn shown<'a>(application: &'a AccountApplication, descriptions: &'a BTreeMap<String, String>) -> ApplicationView<'a> {
    ApplicationView {
        client_id: application.client.as_str(),
        name: &application.name,
        scopes: scopes(&application.scope, descriptions),
        since: moment(application.since),
        grants: application.grants.iter().map(grant).collect(),
    }
}

fn scopes<'a>(scope: &'a ScopeSet, descriptions: &'a BTreeMap<String, String>) -> Vec<ScopeView<'a>> {
    scope.iter().map(|value| ScopeView::new(value, descriptions.get(value).map(String::as_str), false)).collect()
}

fn grant(grant: &AccountGrant) -> GrantView {
    GrantView {
        reference: grant.reference.to_string(),
        scope: grant.scope.to_string(),
        since: moment(grant.made_at),
        until: moment(grant.expires_at),
    }
}

/// What people call a browser that calls itself so, and what it runs on: the first of each that it names. They all name others, too,
/// so that the order counts. One that names none is shown as it calls itself.
fn browser_name(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let first = |known: [(&str, &'static str); 6]| {
        known.into_iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| name)
    };
    match (first(BROWSERS), first(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => user_agent.to_owned(),
    }
}

/// A time as people of every language read it (ISO 8601), to the minute.
fn moment(time: Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(time.as_secs()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{date} {hour:02}:{minute:02} UTC")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text never fails.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// Reads what [`hex`] wrote.
pub(crate) fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_named_in_hexadecimal() {
        assert_eq!(bytes_of_hex(&hex(&[0, 15, 160, 255])), Some(vec![0, 15, 160, 255]));
        assert_eq!((bytes_of_hex("0"), bytes_of_hex("0g"), bytes_of_hex("é0")), (None, None, None));
    }

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        let check = |user_agent: &str, expect: &str| assert_eq!(browser_name(user_agent), expect);
        let blink = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0";
        check(&format!("Mozilla/5.0 (X11; Linux x86_64) {blink} Safari/537.36"), "Chrome, Linux");
        check(
            &format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {blink} Safari/537.36 Edg/156.0.0.0"),
            "Edge, Windows",
        );
        check(&format!("Mozilla/5.0 (Linux; Android 15) {blink} Mobile Safari/537.36"), "Chrome, Android");
        check("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox, macOS");
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
            "Safari, iPhone",
        );
        check("curl/8.11", "curl/8.11");
    }

    #[test]
    fn a_moment_is_told_to_the_minute() {
        assert_eq!(moment(Timestamp::from_secs(1_800_000_059)), "2027-01-15 08:00 UTC");
    }
}
