//! What can be tried: each request by its name, with the fields that a person may fill in and what each of them means.

use grantor_domain::grant::GrantType;

/// Something to try.
pub(crate) struct Action {
    /// By what forms and addresses name it.
    pub(crate) name: &'static str,
    /// What it is headed with.
    pub(crate) title: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// Where the request goes.
    pub(crate) target: Target,
    /// What can be filled in, in this order.
    pub(crate) fields: &'static [Field],
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The authorization endpoint, in the browser.
    Authorization,
    /// The device authorization endpoint.
    DeviceAuthorization,
    /// The introspection endpoint.
    Introspection,
    /// The revocation endpoint.
    Revocation,
    /// The token endpoint, for this grant.
    Token(GrantType),
    /// UserInfo.
    Userinfo,
}

/// A parameter that can be filled in. Left empty it is left out.
pub(crate) struct Field {
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// What a person calls it.
    pub(crate) label: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
    /// How it is filled in.
    pub(crate) kind: FieldKind,
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    /// One of these.
    Choice(&'static [&'static str]),
    /// Several, separated by spaces, each sent as a parameter of its own.
    List,
    /// Nobody may look over the shoulder; the name is of the shell variable that stands for it.
    Secret(&'static str),
    /// A line.
    Text,
    /// Something long.
    Token,
}

impl Action {
    /// Whether the client names itself in it; at UserInfo the token is enough.
    pub(crate) fn has_client(&self) -> bool {
        self.target != Target::Userinfo
    }
}

/// The action with this name.
pub(crate) fn find(name: &str) -> Option<&'static Action> {
    ALL.iter().find(|action| action.name == name)
}

/// Everything that can be tried, in the order in which it is listed.
pub(crate) static ALL: [Action; 11] = [
    Action {
        name: AUTHORIZATION_CODE,
        title: "Authorization code",
        about: "A person signs in here and allows it, and the client gets a code for tokens. The request for the code goes \
                through the real pages; state, nonce and PKCE are made for you and checked.",
        target: Target::Authorization,
        fields: &[SCOPE, RESOURCE, PROMPT, MAX_AGE, LOGIN_HINT, CLAIMS],
    },
    Action {
        name: REDEEM_CODE,
        title: "Redeem a code",
        about: "The second half of the code flow: the client exchanges the code for tokens, within a minute and only once. \
                What comes of a second time is worth a try, too.",
        target: Target::Token(GrantType::AuthorizationCode),
        fields: &[CODE, REDIRECT_URI, CODE_VERIFIER, RESOURCE],
    },
    Action {
        name: "refresh_token",
        title: "Refresh token",
        about: "A new access token without the person. Unless the client is configured otherwise each refresh also gives a \
                new refresh token, and the old one must not come again.",
        target: Target::Token(GrantType::RefreshToken),
        fields: &[REFRESH_TOKEN, SCOPE_NARROWED, RESOURCE],
    },
    Action {
        name: "client_credentials",
        title: "Client credentials",
        about: "A client gets a token for itself: no person is in it, and no refresh token.",
        target: Target::Token(GrantType::ClientCredentials),
        fields: &[SCOPE, RESOURCE],
    },
    Action {
        name: "password",
        title: "Password",
        about: "The client handles the person's password. For old clients that are allowed to; new ones use the \
                authorization code.",
        target: Target::Token(GrantType::Password),
        fields: &[USERNAME, PASSWORD, SCOPE, RESOURCE, NONCE],
    },
    Action {
        name: "token_exchange",
        title: "Token exchange",
        about: "A service swaps a token that it got for one that it can pass on: for another audience, with less scope. The \
                client's policy says what may be exchanged.",
        target: Target::Token(GrantType::TokenExchange),
        fields: &[
            SUBJECT_TOKEN,
            SUBJECT_TOKEN_TYPE,
            ACTOR_TOKEN,
            ACTOR_TOKEN_TYPE,
            REQUESTED_TOKEN_TYPE,
            AUDIENCE,
            RESOURCE,
            SCOPE_NARROWED,
        ],
    },
    Action {
        name: "device_authorization",
        title: "Device authorization",
        about: "A device without a browser asks for two codes: one that it shows to the person, and one with which it asks \
                again and again whether the person has allowed it.",
        target: Target::DeviceAuthorization,
        fields: &[SCOPE],
    },
    Action {
        name: "device_code",
        title: "Device code",
        about: "The device asks whether the person has decided. Sooner than the interval says is too soon.",
        target: Target::Token(GrantType::DeviceCode),
        fields: &[DEVICE_CODE],
    },
    Action {
        name: "introspection",
        title: "Introspection",
        about: "Is this token good, and for what? Asked by the client that it was issued to, by one of its audiences, or by \
                a client that may look into any.",
        target: Target::Introspection,
        fields: &[TOKEN, TOKEN_TYPE_HINT],
    },
    Action {
        name: "revocation",
        title: "Revocation",
        about: "The client gives a token back. A refresh token takes its whole grant along. An unknown token is no error.",
        target: Target::Revocation,
        fields: &[TOKEN, TOKEN_TYPE_HINT],
    },
    Action {
        name: "userinfo",
        title: "UserInfo",
        about: "Who signed in, as far as the scope says. Needs an access token with the scope openid.",
        target: Target::Userinfo,
        fields: &[ACCESS_TOKEN],
    },
];

/// The name of the action that sends a person to the authorization endpoint.
pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";

/// The name of the action that redeems the code that came of it.
pub(crate) const REDEEM_CODE: &str = "redeem_code";

/// Token types of RFC 8693 §3.
const TOKEN_TYPES: &[&str] = &[
    "urn:ietf:params:oauth:token-type:access_token",
    "urn:ietf:params:oauth:token-type:refresh_token",
    "urn:ietf:params:oauth:token-type:id_token",
    "urn:ietf:params:oauth:token-type:jwt",
];

const ACCESS_TOKEN: Field = Field {
    name: "access_token",
    label: "Access token",
    help: "Goes into the Authorization header.",
    kind: FieldKind::Token,
};
const ACTOR_TOKEN: Field = Field {
    name: "actor_token",
    label: "Actor token",
    help: "Who acts for the subject, if that is to stand in the new token.",
    kind: FieldKind::Token,
};
const ACTOR_TOKEN_TYPE: Field = Field {
    name: "actor_token_type",
    label: "Actor token type",
    help: "Of the actor token; needed with one, and only then.",
    kind: FieldKind::Choice(TOKEN_TYPES),
};
const AUDIENCE: Field = Field {
    name: "audience",
    label: "Audience",
    help: "For whom the new token is, by name. Several are separated by spaces.",
    kind: FieldKind::List,
};
const CLAIMS: Field = Field {
    name: "claims",
    label: "Claims",
    help: "Single claims as JSON, such as {\"id_token\":{\"email\":null}}.",
    kind: FieldKind::Token,
};
const CODE: Field =
    Field { name: "code", label: "Code", help: "What the authorization endpoint gave.", kind: FieldKind::Token };
const CODE_VERIFIER: Field = Field {
    name: "code_verifier",
    label: "PKCE verifier",
    help: "What the challenge was made from: proves that whoever asked for the code redeems it.",
    kind: FieldKind::Text,
};
const DEVICE_CODE: Field = Field {
    name: "device_code",
    label: "Device code",
    help: "What the device authorization endpoint gave.",
    kind: FieldKind::Token,
};
const LOGIN_HINT: Field = Field {
    name: "login_hint",
    label: "Login hint",
    help: "Who will sign in: fills in the name on the sign-in page.",
    kind: FieldKind::Text,
};
const MAX_AGE: Field = Field {
    name: "max_age",
    label: "Maximum age",
    help: "How many seconds ago the person may have signed in at most; otherwise they sign in again.",
    kind: FieldKind::Text,
};
const NONCE: Field =
    Field { name: "nonce", label: "Nonce", help: "Comes back in the ID token.", kind: FieldKind::Text };
const PASSWORD: Field = Field {
    name: "password",
    label: "Password",
    help: "The person's. It is not kept for the next request.",
    kind: FieldKind::Secret("PASSWORD"),
};
const PROMPT: Field = Field {
    name: "prompt",
    label: "Prompt",
    help: "Which page must be shown, or none.",
    kind: FieldKind::Choice(&["none", "login", "consent", "select_account"]),
};
const REDIRECT_URI: Field = Field {
    name: "redirect_uri",
    label: "Redirect URI",
    help: "The same as in the request for the code.",
    kind: FieldKind::Text,
};
const REFRESH_TOKEN: Field = Field {
    name: "refresh_token",
    label: "Refresh token",
    help: "The newest one that the client got.",
    kind: FieldKind::Token,
};
const REQUESTED_TOKEN_TYPE: Field = Field {
    name: "requested_token_type",
    label: "Requested token type",
    help: "What is wanted; an access token where it is left out.",
    kind: FieldKind::Choice(TOKEN_TYPES),
};
const RESOURCE: Field = Field {
    name: "resource",
    label: "Resource",
    help: "For whom the access token is, by address. Several are separated by spaces.",
    kind: FieldKind::List,
};
const SCOPE: Field = Field {
    name: "scope",
    label: "Scope",
    help: "What is asked for, separated by spaces. With openid there is an ID token; with offline_access the access outlives \
           the sign-in.",
    kind: FieldKind::Text,
};
const SCOPE_NARROWED: Field = Field {
    name: "scope",
    label: "Scope",
    help: "Less than before, if the new token is to be good for less.",
    kind: FieldKind::Text,
};
const SUBJECT_TOKEN: Field = Field {
    name: "subject_token",
    label: "Subject token",
    help: "The token to exchange: whom the new one is about.",
    kind: FieldKind::Token,
};
const SUBJECT_TOKEN_TYPE: Field = Field {
    name: "subject_token_type",
    label: "Subject token type",
    help: "What the subject token is.",
    kind: FieldKind::Choice(TOKEN_TYPES),
};
const TOKEN: Field =
    Field { name: "token", label: "Token", help: "An access token or a refresh token.", kind: FieldKind::Token };
const TOKEN_TYPE_HINT: Field = Field {
    name: "token_type_hint",
    label: "Token type hint",
    help: "What it probably is. The server finds out by itself.",
    kind: FieldKind::Choice(&["access_token", "refresh_token"]),
};
const USERNAME: Field =
    Field { name: "username", label: "Username", help: "Of the person whose token it will be.", kind: FieldKind::Text };

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_grant_can_be_tried_and_every_field_is_explained() {
        let grants: BTreeSet<_> = ALL
            .iter()
            .filter_map(|action| match action.target {
                Target::Token(grant) => Some(grant.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(grants.len(), GrantType::ALL.len());
        for action in &ALL {
            assert!(std::ptr::eq(find(action.name).unwrap(), action), "{} is one", action.name);
            let names: BTreeSet<_> = action.fields.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), action.fields.len(), "{}", action.name);
            assert!(action.about.ends_with('.') && action.fields.iter().all(|field| field.help.ends_with('.')));
        }
    }
}
