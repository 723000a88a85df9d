//! A setting whose value must not be shown.

use grantor_domain::secret::Secret;
use serde::{Deserialize, Deserializer};

use super::key::{Setting, quoted};

/// A text that nothing shows.
#[derive(Clone, Debug)]
pub struct HiddenText(pub Secret);

impl<'de> Deserialize<'de> for HiddenText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

impl Setting for HiddenText {
    const KIND: &'static str = "secret text";

    fn shown(&self) -> Option<String> {
        quoted("(hidden)")
    }
}
