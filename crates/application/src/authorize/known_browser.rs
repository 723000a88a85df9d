//! A browser in which somebody signed in before: what others guess about their name does not count there. Grantor's own.

use grantor_domain::error::Reason;
use grantor_ports::Sealed;
use serde::{Deserialize, Serialize};

use crate::browser_text::browser_text;
use crate::failure::Outcome;
use crate::service::Service;

/// How many names a browser is known for; the oldest goes first.
const NAMES: usize = 8;

/// What stands for a name in the cookie: the beginning of its key.
type NameMark = [u8; 16];

browser_text! {
    /// The sealed value of the cookie of such a browser.
    KnownBrowserCookie
}

/// What the cookie carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KnownBrowser {
    /// Tells browsers apart.
    #[serde(rename = "i")]
    id: [u8; 16],
    /// Who signed in in it, the newest last.
    #[serde(rename = "n")]
    names: Vec<NameMark>,
}

impl KnownBrowser {
    /// Whether the owner of the name with this key signed in in it.
    pub(crate) fn knows(&self, name: &[u8; 32]) -> bool {
        self.names.contains(&mark(name))
    }

    /// What failures under this name in this very browser are counted by. It has a line break, which no username has.
    pub(crate) fn names_own(&self, name: &[u8; 32]) -> String {
        format!("known browser\n{:?}\n{name:?}", self.id)
    }

    fn learns(&mut self, name: &[u8; 32]) {
        self.names.retain(|known| *known != mark(name));
        self.names.push(mark(name));
        self.names.drain(..self.names.len().saturating_sub(NAMES));
    }
}

impl Service {
    /// What the cookie says, if it is one of ours.
    pub(super) fn known_browser(&self, cookie: Option<&KnownBrowserCookie>) -> Option<KnownBrowser> {
        // Whoever shows one that does not open is a stranger, no more.
        self.open_sealed(Sealed::KnownBrowser, cookie?.as_str(), Reason::RequestExpired).ok()
    }

    /// The cookie of a browser in which the owner of this name just signed in.
    pub(super) fn remember_browser(&self, known: Option<KnownBrowser>, name: &[u8; 32]) -> Outcome<KnownBrowserCookie> {
        let mut browser = known.unwrap_or_else(|| KnownBrowser { id: self.ports.random.array(), names: Vec::new() });
        browser.learns(name);
        let sealed = self.ports.sealer.seal(Sealed::KnownBrowser, &serde_json::to_vec(&browser)?, self.now())?;
        Ok(KnownBrowserCookie(sealed))
    }
}

fn mark(name: &[u8; 32]) -> NameMark {
    name.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_for_the_last_few_names() {
        let mut browser = KnownBrowser { id: [7; 16], names: Vec::new() };
        for name in 0..10 {
            browser.learns(&[name; 32]);
            browser.learns(&[name; 32]);
        }
        let known: Vec<u8> = (0..12).filter(|name| browser.knows(&[*name; 32])).collect();
        assert_eq!(known, [2, 3, 4, 5, 6, 7, 8, 9]);
        browser.learns(&[2; 32]);
        browser.learns(&[11; 32]);
        assert!(browser.knows(&[2; 32]) && !browser.knows(&[3; 32]), "who signs in again stays");
    }
}
