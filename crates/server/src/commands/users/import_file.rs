//! A file of users, one a line in JSON: read as it streams by, as often as it is needed, and what is wrong with a line
//! told without showing what stands there.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::Context;
use grantor_application::admin::ImportedUser;

use crate::settings::without_value;

/// Longest line, in bytes.
const MAX_LINE: u64 = 64 * 1024;

/// Where the lines are. What can be read only once, such as standard input or a pipe, is kept.
pub(super) enum ImportFile<'a> {
    Kept(Vec<u8>),
    Path(&'a Path),
}

/// One line: its number from 1, and the user on it or what is wrong with it.
pub(super) type Line = (u64, Result<ImportedUser, String>);

impl<'a> ImportFile<'a> {
    /// Opens the file, or reads standard input if it is named `-`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn open(path: &'a Path) -> anyhow::Result<Self> {
        let mut content = Vec::new();
        if path == Path::new("-") {
            io::stdin().read_to_end(&mut content).context("standard input")?;
            return Ok(Self::Kept(content));
        }
        let mut file = open(path)?;
        let read_again = file.metadata().with_context(|| path.display().to_string())?.is_file();
        if read_again {
            return Ok(Self::Path(path));
        }
        file.read_to_end(&mut content).with_context(|| path.display().to_string())?;
        Ok(Self::Kept(content))
    }

    /// The lines from the first on; empty ones are passed over.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub(super) fn lines(&self) -> anyhow::Result<Lines<'_>> {
        let reader: Box<dyn BufRead + '_> = match self {
            Self::Kept(content) => Box::new(content.as_slice()),
            Self::Path(path) => Box::new(BufReader::new(open(path)?)),
        };
        Ok(Lines { reader, number: 0 })
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| path.display().to_string())
}

/// The lines of a file.
pub(super) struct Lines<'a> {
    reader: Box<dyn BufRead + 'a>,
    number: u64,
}

impl Lines<'_> {
    fn read(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut line = Vec::new();
            if self.reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !line.ends_with(b"\n") && line.len() as u64 == MAX_LINE {
                self.reader.skip_until(b'\n')?;
                return Ok(Some((self.number, Err(format!("is longer than {} KiB", MAX_LINE / 1024)))));
            }
            if !line.trim_ascii().is_empty() {
                let read = serde_json::from_slice(line.trim_ascii_end());
                return Ok(Some((self.number, read.map_err(|error| problem(&error)))));
            }
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = anyhow::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().context("the file of users").transpose()
    }
}

/// What is wrong, without the value, which may be a hash.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _place)| text);
    match error.classify() {
        serde_json::error::Category::Data if text.contains('$') => "has a member of another name or kind".to_owned(),
        serde_json::error::Category::Data => without_value(text),
        _ => format!("is no JSON object (column {})", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Result<String, String>)> {
        let file = ImportFile::Kept(text.as_bytes().to_vec());
        let name = |line: anyhow::Result<Line>| {
            let (number, user) = line.unwrap();
            (number, user.map(|user| user.subject.to_string()))
        };
        file.lines().unwrap().map(name).collect()
    }

    #[test]
    fn lines_are_counted_and_empty_ones_passed_over() {
        let text = "{\"subject\":\"a\",\"username\":\"a\"}\n\n  \r\n{\"subject\":\"b\",\"username\":\"b\"}\r\n{\"subject\":\"c\",\"username\":\"c\"}";
        assert_eq!(read(text), [(1, Ok("a".to_owned())), (4, Ok("b".to_owned())), (5, Ok("c".to_owned()))]);
        assert_eq!(read(""), []);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told_without_its_values() {
        let check = |line: &str, expect: &str| {
            let read = read(&format!("{line}\n{{\"subject\":\"b\",\"username\":\"b\"}}\n"));
            assert_eq!(read, [(1, Err(expect.to_owned())), (2, Ok("b".to_owned()))], "{line:.80}");
        };
        check("$2b$10$hush", "is no JSON object (column 1)");
        check("{\"subject\":\"a\"", "is no JSON object (column 14)");
        check("{\"subject\":\"a\"}", "missing field `username`");
        check("{\"subject\":\"a b\",\"username\":\"a\"}", "a subject is 1 to 255 printable ASCII characters");
        check("{\"subject\":\"a\",\"username\":\"a\",\"disabled\":\"hush\"}", "expected a boolean");
        check("{\"subject\":\"a\",\"username\":\"a\",\"$2b$10$hush\":1}", "has a member of another name or kind");
        check("{\"subject\":\"a\",\"username\":\"a\",\"password_hash\":7}", "expected a string");
        let member =
            "unknown field `passwd`, expected one of `subject`, `username`, `password_hash`, `claims`, `disabled`";
        check("{\"subject\":\"a\",\"username\":\"a\",\"passwd\":1}", member);
        check(&format!("{{\"subject\":\"{}\"}}", "x".repeat(70_000)), "is longer than 64 KiB");
    }
}
