//! What a person asked for: a form of the playground, read.

use grantor_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use super::actions::{Action, Field, FieldKind};
use super::demo::{DemoClient, DemoUser};
use super::kept::Kept;
use crate::form::Form;

/// How the client proves itself (RFC 6749 §2.3.1, OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Authentication {
    /// In the Authorization header.
    #[default]
    #[serde(rename = "b")]
    Basic,
    /// Not at all: a public client only names itself.
    #[serde(rename = "n")]
    None,
    /// In the body.
    #[serde(rename = "p")]
    Post,
    /// By an assertion that its private key signs.
    #[serde(rename = "k")]
    PrivateKeyJwt,
    /// By an assertion that its secret signs.
    #[serde(rename = "j")]
    SecretJwt,
}

impl Authentication {
    /// Every method, in the order in which they are offered.
    pub(crate) const ALL: [Self; 5] = [Self::Basic, Self::Post, Self::SecretJwt, Self::PrivateKeyJwt, Self::None];

    /// Its registered name (RFC 7591 §2).
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::None => "none",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::SecretJwt => "client_secret_jwt",
        }
    }

    /// The message that says what it does.
    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::Basic => "playground-client-secret-basic",
            Self::None => "playground-no-authentication",
            Self::Post => "playground-client-secret-post",
            Self::PrivateKeyJwt => "playground-private-key-jwt",
            Self::SecretJwt => "playground-client-secret-jwt",
        }
    }

    /// Whether it needs the client's secret.
    pub(crate) const fn uses_secret(self) -> bool {
        matches!(self, Self::Basic | Self::Post | Self::SecretJwt)
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// A request to make.
pub(crate) struct Entry {
    pub(crate) action: &'static Action,
    pub(crate) client_id: String,
    /// Nothing if it does not prove itself by one.
    pub(crate) client_secret: Option<Secret>,
    pub(crate) authentication: Authentication,
    /// For this request alone: it is neither kept for the next nor shown again.
    pub(crate) private_key: Option<Secret>,
    /// Whether secrets may be seen in the request.
    pub(crate) shows_secrets: bool,
    /// What was filled in.
    pub(crate) values: Vec<(&'static Field, Secret)>,
}

impl Entry {
    /// Reads a form. A secret that was left empty is the one from before, if the client is.
    pub(crate) fn read(action: &'static Action, form: &mut Form, kept: &Kept) -> Self {
        let client_id = form.take("client_id").unwrap_or_default().trim().to_owned();
        let authentication = form.take("authentication").as_deref().and_then(Authentication::parse).unwrap_or_default();
        let from_before = || kept.client_secret.clone().filter(|_| kept.client_id == client_id);
        let client_secret = form.take_secret("client_secret").or_else(from_before);
        let private_key = form.take_secret("private_key").filter(|_| authentication == Authentication::PrivateKeyJwt);
        let values = action.fields.iter().filter_map(|field| {
            let value = form.take_secret(field.name)?;
            if matches!(field.kind, FieldKind::Secret(_)) {
                return Some((field, value));
            }
            let trimmed = value.expose().trim();
            (!trimmed.is_empty()).then(|| (field, Secret::new(trimmed)))
        });
        Self {
            action,
            values: values.collect(),
            client_secret: client_secret.filter(|_| authentication.uses_secret()),
            client_id,
            authentication,
            private_key,
            shows_secrets: form.take("show_secrets").is_some(),
        }
    }

    /// What stands in a form that nobody has filled in yet.
    pub(crate) fn blank(
        action: &'static Action,
        kept: &Kept,
        (client, user): (Option<&DemoClient>, Option<&DemoUser>),
    ) -> Self {
        let of_user = |name: &str| match (name, user) {
            ("username", Some(user)) => Some(Secret::new(&user.username)),
            ("password", Some(user)) => Some(user.password.clone()),
            _ => None,
        };
        let of_client = |name: &str| client.and_then(|client| client.value(action, name)).map(Secret::new);
        let values = action.fields.iter().filter_map(|field| {
            let usual = (field.name == "subject_token_type").then(|| Secret::new(ACCESS_TOKEN_TYPE));
            Some((field, of_user(field.name).or_else(|| of_client(field.name)).or(usual)?))
        });
        Self {
            action,
            values: values.collect(),
            client_id: kept.client_id.clone(),
            client_secret: kept.client_secret.clone(),
            authentication: kept.authentication,
            private_key: None,
            shows_secrets: false,
        }
    }

    /// The same with a field filled in, if it has that.
    pub(crate) fn with(mut self, name: &str, value: Secret) -> Self {
        if let Some(field) = self.action.fields.iter().find(|field| field.name == name) {
            self.values.retain(|(known, _)| known.name != name);
            self.values.push((field, value));
        }
        self
    }

    /// What was filled in for this field.
    pub(crate) fn value(&self, name: &str) -> Option<&Secret> {
        self.values.iter().find(|(field, _)| field.name == name).map(|(_, value)| value)
    }

    /// What the next step must know of it: who the client is, and what it was given before.
    pub(crate) fn to_kept(&self, before: &Kept) -> Kept {
        if !self.action.has_client() {
            return before.clone();
        }
        Kept {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            authentication: self.authentication,
            ..before.clone()
        }
    }
}

/// What is exchanged most.
const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

#[cfg(test)]
mod tests {
    use super::super::actions::find;
    use super::*;

    fn read(body: &str, kept: &Kept) -> Entry {
        Entry::read(find("client_credentials").unwrap(), &mut Form::parse(body.as_bytes()).unwrap(), kept)
    }

    #[test]
    fn what_is_empty_or_unknown_is_left_out() {
        let entry = read("client_id=+web+&scope=+read++&resource=++&username=alice&authentication=x", &Kept::default());
        assert_eq!((entry.client_id.as_str(), entry.authentication), ("web", Authentication::Basic));
        assert_eq!(entry.values.len(), 1);
        assert_eq!(entry.value("scope").unwrap().expose(), "read");
    }

    #[test]
    fn a_secret_from_before_is_that_clients_alone() {
        let kept = Kept { client_id: "web".to_owned(), client_secret: Some(Secret::new("before")), ..Kept::default() };
        let secret = |body: &str| read(body, &kept).client_secret.map(|secret| secret.expose().to_owned());
        assert_eq!(secret("client_id=web").as_deref(), Some("before"));
        assert_eq!(secret("client_id=web&client_secret=new").as_deref(), Some("new"));
        assert_eq!(secret("client_id=other"), None);
        assert_eq!(secret("client_id=web&authentication=client_secret_jwt").as_deref(), Some("before"), "it signs");
        for method in ["none", "private_key_jwt"] {
            assert_eq!(secret(&format!("client_id=web&authentication={method}")), None, "{method}");
        }
    }

    #[test]
    fn a_private_key_is_for_one_request_and_for_the_method_that_needs_it() {
        let read =
            |method: &str| read(&format!("client_id=web&authentication={method}&private_key=k"), &Kept::default());
        assert_eq!(read("private_key_jwt").private_key.unwrap().expose(), "k");
        assert!(read("client_secret_jwt").private_key.is_none());
        let kept = read("private_key_jwt").to_kept(&Kept::default());
        assert_eq!(kept.authentication, Authentication::PrivateKeyJwt);
        assert!(!serde_json::to_string(&kept).unwrap().contains("\"k\":"), "no member for it");
        assert!(Entry::blank(find("client_credentials").unwrap(), &kept, (None, None)).private_key.is_none());
    }
}
