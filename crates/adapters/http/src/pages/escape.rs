//! How a value becomes HTML: decides which characters are written as references, and that there is
//! no way around it.
//!
//! The engine's own escaping also writes `/` as a reference, which is right but makes every address
//! in a page unreadable to people and simple tools. In text and in quoted attributes, the only
//! places our templates put a value, these five characters are all that can end or begin anything.

use std::fmt::Write;

use minijinja::value::Value;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State};

/// The engine's formatter: writes `value` escaped, unless it is markup: what the engine itself rendered
/// (a block's `super()`), or one of our functions. Fails where a template tries to turn escaping off.
pub(super) fn format_html(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if *state.auto_escape() != AutoEscape::Html {
        return Err(Error::new(ErrorKind::InvalidOperation, "HTML escaping cannot be turned off"));
    }
    if value.is_safe() {
        return minijinja::escape_formatter(out, state, value);
    }
    match value.as_str() {
        Some(text) => write_escaped(out, text)?,
        None => write_escaped(out, &value.to_string())?,
    }
    Ok(())
}

/// The text as HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    // Writing to a text cannot fail.
    let _always = write_escaped(&mut html, text);
    html
}

fn write_escaped(out: &mut impl Write, text: &str) -> std::fmt::Result {
    let mut rest = text;
    while let Some((position, reference)) = first_special(rest) {
        let (plain, special) = rest.split_at(position);
        out.write_str(plain)?;
        out.write_str(reference)?;
        // Every special character is one byte long.
        rest = special.get(1..).unwrap_or_default();
    }
    out.write_str(rest)
}

/// Where the first character stands that needs a reference, and which.
fn first_special(text: &str) -> Option<(usize, &'static str)> {
    text.bytes().enumerate().find_map(|(position, byte)| {
        let reference = match byte {
            b'"' => "&quot;",
            b'&' => "&amp;",
            b'\'' => "&#39;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => return None,
        };
        Some((position, reference))
    })
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn five_characters_become_references() {
        check(r#"<a href="x" id='y'>&</a>"#, "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/a&gt;");
    }

    #[test]
    fn everything_else_is_left_alone() {
        check("", "");
        check("/login?a=b", "/login?a=b");
        check("Zoë <3 日本語", "Zoë &lt;3 日本語");
    }
}
