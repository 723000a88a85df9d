//! What templates call to say something: decides how a message and what is filled into it become HTML, or plain text.
//!
//! `t("login-lead", client=party(page.client_name))` is HTML: the message's text is escaped, and each argument is escaped and in a
//! `<bdi>`, so that a name in another script cannot turn the sentence around. `text("login-title", client=page.client_name)` is
//! plain text for titles and attributes, which the engine escapes like any other value; there, isolates of Unicode do what `<bdi>`
//! does.
//! `party` and `host` mark what stands for somebody and for a place, `code` what is typed as it is; `words` is what a page was told
//! to say. Only these functions, and the engine for what it escaped itself, say that something is HTML already.

use std::sync::Arc;

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use super::escape::escaped;
use super::messages::{Language, Messages};

/// FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE (Unicode Standard Annex 9).
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// Gives templates the functions that are the same in every language.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment
        .add_function("code", |value: Value| enclosed(&value, ("<code>", "</code>")).map(Value::from_safe_string));
    environment.add_function("host", host);
    environment.add_function("party", |value: Value| marked(&value, " class=\"party\"").map(Value::from_safe_string));
    environment.add_function("words", words);
}

/// `t` in this language.
pub(super) fn html(messages: Arc<Messages>, language: Language) -> Value {
    Value::from_function(move |key: String, arguments: Kwargs| {
        let arguments = filled(&arguments, |value| {
            // What is HTML already was marked by one of our functions.
            if value.is_safe() { Ok(value.to_string()) } else { marked(value, "") }
        })?;
        let text = messages.fill(language, &key, &arguments, |out, text| out.push_str(&escaped(text)));
        text.map(Value::from_safe_string).map_err(invalid)
    })
}

/// `text` in this language.
pub(super) fn plain(messages: Arc<Messages>, language: Language) -> Value {
    Value::from_function(move |key: String, arguments: Kwargs| {
        let arguments = filled(&arguments, |value| {
            let (begin, end) = ISOLATE;
            if value.is_safe() {
                Err(invalid("HTML is no plain text"))
            } else {
                Ok(format!("{begin}{}{end}", shown(value)?))
            }
        })?;
        messages.fill(language, &key, &arguments, |out, text| out.push_str(text)).map(Value::from).map_err(invalid)
    })
}

/// A place, as a link if `href` says where it is.
fn host(value: Value, arguments: Kwargs) -> Result<Value, Error> {
    let href: Option<String> = arguments.get("href")?;
    arguments.assert_all_used()?;
    let host = marked(&value, " class=\"host\"")?;
    Ok(Value::from_safe_string(match href {
        Some(href) => format!("<a href=\"{}\">{host}</a>", escaped(&href)),
        None => host,
    }))
}

/// What a page was told to say, with its language where that is not the page's.
fn words(value: Value) -> Result<Value, Error> {
    let (text, language) = (value.get_attr("text")?, value.get_attr("language")?);
    let text = escaped(&shown(&text)?);
    Ok(Value::from_safe_string(match language.as_str() {
        Some(language) => format!("<span lang=\"{}\">{text}</span>", escaped(language)),
        None => text,
    }))
}

/// The value in a `<bdi>`, escaped; of a list each of its values, with commas between them.
fn marked(value: &Value, class: &str) -> Result<String, Error> {
    enclosed(value, (&format!("<bdi{class}>"), "</bdi>"))
}

/// The value between these tags, escaped; likewise of a list.
fn enclosed(value: &Value, (begin, end): (&str, &str)) -> Result<String, Error> {
    let one = |value: &Value| Ok(format!("{begin}{}{end}", escaped(&shown(value)?)));
    if value.kind() == ValueKind::Seq {
        let all: Result<Vec<_>, Error> = value.try_iter()?.map(|value| one(&value)).collect();
        return Ok(all?.join(", "));
    }
    one(value)
}

/// The text of a value that is there.
fn shown(value: &Value) -> Result<String, Error> {
    if value.is_undefined() || value.is_none() {
        Err(invalid("there is nothing to fill in"))
    } else {
        Ok(value.to_string())
    }
}

/// The named arguments of a call, each made ready.
fn filled(arguments: &Kwargs, make: impl Fn(&Value) -> Result<String, Error>) -> Result<Vec<(String, String)>, Error> {
    let names: Vec<String> = arguments.args().map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| Ok((make(&arguments.get::<Value>(&name)?)?, name)))
        .map(|made| made.map(|(value, name)| (name, value)))
        .collect()
}

fn invalid(problem: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem.to_string())
}
