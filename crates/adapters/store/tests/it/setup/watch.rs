//! What diesel really sends: a witness beside the store's own count.

use std::collections::HashMap;
use std::sync::{Mutex, Once, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

use super::Place;

/// What was seen on the connections to one database.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// Statements sent, transaction brackets and settings of connections left out.
    pub(crate) sent: Vec<String>,
    /// Statements prepared to be used again.
    pub(crate) prepared: Vec<String>,
}

/// By URL. Only watched databases have an entry.
static SEEN: Mutex<Option<HashMap<String, Seen>>> = Mutex::new(None);

/// Watches one database, from connections made after this on.
pub(crate) struct Watch(String);

impl Watch {
    pub(crate) fn on(place: &Place) -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| set_default_instrumentation(|| Some(Box::new(Witness { url: None }))).unwrap());
        let url = place.url.strip_prefix("sqlite:").unwrap_or(&place.url).to_owned();
        with(|seen| seen.insert(url.clone(), Seen::default()));
        Self(url)
    }

    pub(crate) fn seen(&self) -> Seen {
        with(|seen| seen.get(&self.0).cloned()).unwrap_or_default()
    }
}

fn with<T>(look: impl FnOnce(&mut HashMap<String, Seen>) -> T) -> T {
    look(SEEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// One connection's.
struct Witness {
    url: Option<String>,
}

impl Instrumentation for Witness {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                // The store adds parameters to what it was given.
                self.url = with(|seen| seen.keys().find(|known| url.starts_with(known.as_str())).cloned());
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                let text = query.to_string();
                let bracket = ["BEGIN", "COMMIT", "ROLLBACK", "SET ", "PRAGMA"];
                if !bracket.iter().any(|start| text.starts_with(start)) {
                    self.note(|seen| seen.sent.push(text));
                }
            }
            InstrumentationEvent::CacheQuery { sql, .. } => self.note(|seen| seen.prepared.push(sql.to_owned())),
            _ => {}
        }
    }
}

impl Witness {
    fn note(&self, note: impl FnOnce(&mut Seen)) {
        if let Some(url) = &self.url {
            with(|seen| seen.get_mut(url).map(note));
        }
    }
}
