//! JSON as people read it: a line for each member, and everything else as it came. Members keep their order and numbers
//! their digits, which parsing and writing anew would not promise.

use serde::de::IgnoredAny;

/// The same JSON on lines; none if it is no JSON.
pub(super) fn on_lines(json: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(json).ok()?;
    let mut lines = Lines::default();
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                lines.text.push('"');
                copy_string(&mut characters, &mut lines.text);
            }
            '{' | '[' => {
                lines.text.push(character);
                while characters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                match characters.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => lines.text.push(end),
                    None => lines.deeper(),
                }
            }
            '}' | ']' => {
                lines.shallower();
                lines.text.push(character);
            }
            ',' => {
                lines.text.push(',');
                lines.break_line();
            }
            ':' => lines.text.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => lines.text.push(other),
        }
    }
    Some(lines.text)
}

/// Copies the rest of a string, its end included.
fn copy_string(characters: &mut impl Iterator<Item = char>, text: &mut String) {
    while let Some(character) = characters.next() {
        text.push(character);
        match character {
            '\\' => text.extend(characters.next()),
            '"' => return,
            _ => {}
        }
    }
}

#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    fn break_line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn deeper(&mut self) {
        self.depth += 1;
        self.break_line();
    }

    fn shallower(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.break_line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_numbers_their_digits() {
        let json = r#"{"b":1.50, "a":[1,"x, {y}: \"z\\",{}],"c":[ ],"d":null}"#;
        let expect = "{\n  \"b\": 1.50,\n  \"a\": [\n    1,\n    \"x, {y}: \\\"z\\\\\",\n    {}\n  ],\n  \"c\": [],\n  \
                      \"d\": null\n}";
        assert_eq!(on_lines(json).unwrap(), expect);
        assert_eq!(on_lines(" true ").unwrap(), "true");
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in ["", "{", "<html>", "{\"a\":1} x"] {
            assert_eq!(on_lines(text), None, "{text}");
        }
    }
}
