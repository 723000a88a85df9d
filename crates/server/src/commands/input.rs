//! Secrets that a person or a script hands to a command: read from standard input, never from the command line, where
//! every process of the machine could read them.

use std::io::{self, IsTerminal as _};

use anyhow::{Context, ensure};
use grantor_crypto::MAX_PASSWORD_BYTES;
use grantor_domain::secret::Secret;
use zeroize::Zeroizing;

/// A password of `name`, one line of standard input.
pub(super) fn read_password(name: &str) -> anyhow::Result<Secret> {
    let password = read(&format!("the new password for {name}"))?;
    ensure!(password.expose().len() <= MAX_PASSWORD_BYTES, "the password is longer than {MAX_PASSWORD_BYTES} bytes");
    Ok(password)
}

/// A client's secret, one line of standard input.
pub(super) fn read_client_secret() -> anyhow::Result<Secret> {
    read("the client's secret")
}

fn read(what: &str) -> anyhow::Result<Secret> {
    if io::stdin().is_terminal() {
        eprintln!("Type {what} and press Enter; the terminal shows it:");
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().read_line(&mut line).with_context(|| format!("{what} cannot be read from standard input"))?;
    without_end(&line).with_context(|| format!("standard input does not have {what}: write it there as one line"))
}

/// The line without its end; none if it is empty.
fn without_end(line: &str) -> Option<Secret> {
    let text = line.strip_suffix('\n').unwrap_or(line);
    let text = text.strip_suffix('\r').unwrap_or(text);
    (!text.is_empty()).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_without_its_end() {
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(without_end(line).as_ref().map(Secret::expose), expect, "{line:?}");
        };
        check("hush\n", Some("hush"));
        check("hush\r\n", Some("hush"));
        check("hush", Some("hush"));
        check(" hush ", Some(" hush "));
        check("\n", None);
        check("\r\n", None);
        check("", None);
    }
}
