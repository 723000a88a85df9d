//! Subject identifiers that differ from client to client, so that clients cannot tell together what one person does
//! (OpenID Connect Core §8).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::{ClientSettings, InvalidClientSettings};

/// What kind of subject identifier the client is told (OpenID Connect Core §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// One of its own for each sector (Core §8.1).
    Pairwise,
    /// The same that everybody is told (Core §8).
    #[default]
    Public,
}

impl SubjectType {
    /// Every one: `subject_types_supported` (OpenID Connect Discovery §3).
    pub const ALL: [Self; 2] = [Self::Pairwise, Self::Public];

    /// Whether it is the one of clients that say nothing.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A sector identifier (Core §8.1): the host that clients which know a person by one name have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sector(String);

impl Sector {
    /// The sector of a client with pairwise subjects: the host of `sector_identifier_uri`, else the one that all its redirect
    /// URIs have (Core §8.1).
    pub(super) fn of(settings: &ClientSettings) -> Result<Self, InvalidClientSettings> {
        let host = |uri: &str| Url::parse(uri).ok()?.host_str().map(str::to_owned);
        let found = match &settings.sector_identifier_uri {
            Some(uri) => host(uri.as_str()),
            None => {
                let mut hosts = settings.redirect_uris.iter().map(|uri| host(uri));
                let first = hosts.next().flatten();
                first.filter(|first| hosts.all(|host| host.as_ref() == Some(first)))
            }
        };
        found.map(Self).ok_or(InvalidClientSettings::SectorUnclear)
    }

    /// The host.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the file at a `sector_identifier_uri` names every redirect URI: "a single JSON array of `redirect_uri` values"
/// (OpenID Connect Registration §5), compared as strings. Who has none is named by nobody.
#[must_use]
pub fn sector_names_all(file: &[u8], redirect_uris: &[String]) -> bool {
    let named: Option<Vec<String>> = serde_json::from_slice(file).ok();
    named.is_some_and(|named| !redirect_uris.is_empty() && redirect_uris.iter().all(|uri| named.contains(uri)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_sector_is_the_one_host() {
        let sector = |sector_uri: Option<&str>, redirect_uris: &[&str]| {
            let settings = json!({
                "client_id": "c", "grant_types": [], "redirect_uris": redirect_uris, "sector_identifier_uri": sector_uri,
            });
            let settings: ClientSettings = serde_json::from_value(settings).unwrap();
            Sector::of(&settings).map(|sector| sector.as_str().to_owned()).ok()
        };
        let (one, same, other) = ("https://a.example/cb", "https://A.example:8443/other", "https://b.example/cb");
        assert_eq!(sector(None, &[one]).as_deref(), Some("a.example"));
        assert_eq!(sector(None, &[one, same]).as_deref(), Some("a.example"));
        assert_eq!(sector(None, &[one, other]), None);
        assert_eq!(sector(None, &[one, "com.example.app:/cb"]), None);
        assert_eq!(sector(None, &[]), None);
        assert_eq!(sector(Some("https://s.example/uris"), &[one, other]).as_deref(), Some("s.example"));
    }

    #[test]
    fn the_file_must_name_every_redirect_uri() {
        let uris = ["https://a.example/cb".to_owned(), "https://b.example/cb".to_owned()];
        assert!(sector_names_all(br#"["https://b.example/cb", "https://a.example/cb", "https://c.example/"]"#, &uris));
        for bad in
            [r#"["https://a.example/cb"]"#, r#"{"https://a.example/cb": 1}"#, r#"["https://a.example/cb", 1]"#, ""]
        {
            assert!(!sector_names_all(bad.as_bytes(), &uris), "{bad}");
        }
        assert!(!sector_names_all(b"[]", &[]));
    }
}
