//! The `prompt` parameter (OpenID Connect Core §3.1.2.1).

use serde::{Deserialize, Serialize};

use crate::error::{Reason, Refusal};

/// What the client wants shown, or not shown (Core §3.1.2.1 `prompt`).
///
/// ```
/// use grantor_domain::authorization::Prompt;
///
/// assert!(Prompt::parse(Some("login consent"))?.login);
/// assert_eq!(Prompt::parse(None)?, Prompt::default());
/// assert!(Prompt::parse(Some("none login")).is_err());
/// # Ok::<(), grantor_domain::error::Refusal>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// `none`: show nothing, answer or fail.
    #[serde(rename = "n", default)]
    pub none: bool,
    /// `login`: ask for sign-in even with a live session.
    #[serde(rename = "l", default)]
    pub login: bool,
    /// `consent`: ask for consent even if it is remembered.
    #[serde(rename = "c", default)]
    pub consent: bool,
    /// `select_account`: let the person choose an account.
    #[serde(rename = "s", default)]
    pub select_account: bool,
}

impl Prompt {
    /// Reads the space-separated list (Core §3.1.2.1). Values that are not defined are ignored, so that extensions do no harm.
    ///
    /// # Errors
    /// `invalid_request` if `none` stands beside another value (Core §3.1.2.1).
    pub fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let mut prompt = Self::default();
        let mut count = 0;
        for value in text.unwrap_or_default().split(' ').filter(|value| !value.is_empty()) {
            count += 1;
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => {}
            }
        }
        if prompt.none && count > 1 { Err(Refusal::parameter(Reason::ParameterInvalid, "prompt")) } else { Ok(prompt) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone() {
        assert!(Prompt::parse(Some("none")).unwrap().none);
        assert!(Prompt::parse(Some("none login")).is_err());
        assert!(Prompt::parse(Some("login consent")).unwrap().consent);
        assert_eq!(Prompt::parse(Some("create")).unwrap(), Prompt::default());
        assert_eq!(Prompt::parse(None).unwrap(), Prompt::default());
    }
}
