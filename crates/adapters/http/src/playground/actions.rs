//! What can be tried: each request by its name, with the fields that a person may fill in, and which messages say what each of
//! them means.

use grantor_domain::grant::GrantType;

/// Something to try.
pub(crate) struct Action {
    /// By what forms and addresses name it.
    pub(crate) name: &'static str,
    /// The message that it is headed with.
    pub(crate) title: &'static str,
    /// The message that says what it is for.
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
    /// The message that says what a person calls it.
    pub(crate) label: &'static str,
    /// The message that says what it does.
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
        title: "playground-authorization-code",
        about: "playground-authorization-code-about",
        target: Target::Authorization,
        fields: &[SCOPE, RESOURCE, PROMPT, MAX_AGE, LOGIN_HINT, CLAIMS],
    },
    Action {
        name: REDEEM_CODE,
        title: "playground-redeem-code",
        about: "playground-redeem-code-about",
        target: Target::Token(GrantType::AuthorizationCode),
        fields: &[CODE, REDIRECT_URI, CODE_VERIFIER, RESOURCE],
    },
    Action {
        name: "refresh_token",
        title: "playground-refresh-token",
        about: "playground-refresh-token-about",
        target: Target::Token(GrantType::RefreshToken),
        fields: &[REFRESH_TOKEN, SCOPE_NARROWED, RESOURCE],
    },
    Action {
        name: "client_credentials",
        title: "playground-client-credentials",
        about: "playground-client-credentials-about",
        target: Target::Token(GrantType::ClientCredentials),
        fields: &[SCOPE, RESOURCE],
    },
    Action {
        name: "password",
        title: "playground-password",
        about: "playground-password-about",
        target: Target::Token(GrantType::Password),
        fields: &[USERNAME, PASSWORD, SCOPE, RESOURCE, NONCE],
    },
    Action {
        name: "token_exchange",
        title: "playground-token-exchange",
        about: "playground-token-exchange-about",
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
        title: "playground-device-authorization",
        about: "playground-device-authorization-about",
        target: Target::DeviceAuthorization,
        fields: &[SCOPE],
    },
    Action {
        name: "device_code",
        title: "playground-device-code",
        about: "playground-device-code-about",
        target: Target::Token(GrantType::DeviceCode),
        fields: &[DEVICE_CODE],
    },
    Action {
        name: "introspection",
        title: "playground-introspection",
        about: "playground-introspection-about",
        target: Target::Introspection,
        fields: &[TOKEN, TOKEN_TYPE_HINT],
    },
    Action {
        name: "revocation",
        title: "playground-revocation",
        about: "playground-revocation-about",
        target: Target::Revocation,
        fields: &[TOKEN, TOKEN_TYPE_HINT],
    },
    Action {
        name: "userinfo",
        title: "playground-userinfo",
        about: "playground-userinfo-about",
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
    label: "playground-field-access-token",
    help: "playground-field-access-token-help",
    kind: FieldKind::Token,
};
const ACTOR_TOKEN: Field = Field {
    name: "actor_token",
    label: "playground-field-actor-token",
    help: "playground-field-actor-token-help",
    kind: FieldKind::Token,
};
const ACTOR_TOKEN_TYPE: Field = Field {
    name: "actor_token_type",
    label: "playground-field-actor-token-type",
    help: "playground-field-actor-token-type-help",
    kind: FieldKind::Choice(TOKEN_TYPES),
};
const AUDIENCE: Field = Field {
    name: "audience",
    label: "playground-field-audience",
    help: "playground-field-audience-help",
    kind: FieldKind::List,
};
const CLAIMS: Field = Field {
    name: "claims",
    label: "playground-field-claims",
    help: "playground-field-claims-help",
    kind: FieldKind::Token,
};
const CODE: Field =
    Field { name: "code", label: "playground-field-code", help: "playground-field-code-help", kind: FieldKind::Token };
const CODE_VERIFIER: Field = Field {
    name: "code_verifier",
    label: "playground-field-code-verifier",
    help: "playground-field-code-verifier-help",
    kind: FieldKind::Text,
};
const DEVICE_CODE: Field = Field {
    name: "device_code",
    label: "playground-field-device-code",
    help: "playground-field-device-code-help",
    kind: FieldKind::Token,
};
const LOGIN_HINT: Field = Field {
    name: "login_hint",
    label: "playground-field-login-hint",
    help: "playground-field-login-hint-help",
    kind: FieldKind::Text,
};
const MAX_AGE: Field = Field {
    name: "max_age",
    label: "playground-field-max-age",
    help: "playground-field-max-age-help",
    kind: FieldKind::Text,
};
const NONCE: Field = Field {
    name: "nonce",
    label: "playground-field-nonce",
    help: "playground-field-nonce-help",
    kind: FieldKind::Text,
};
const PASSWORD: Field = Field {
    name: "password",
    label: "playground-field-password",
    help: "playground-field-password-help",
    kind: FieldKind::Secret("PASSWORD"),
};
const PROMPT: Field = Field {
    name: "prompt",
    label: "playground-field-prompt",
    help: "playground-field-prompt-help",
    kind: FieldKind::Choice(&["none", "login", "consent", "select_account"]),
};
const REDIRECT_URI: Field = Field {
    name: "redirect_uri",
    label: "playground-field-redirect-uri",
    help: "playground-field-redirect-uri-help",
    kind: FieldKind::Text,
};
const REFRESH_TOKEN: Field = Field {
    name: "refresh_token",
    label: "playground-field-refresh-token",
    help: "playground-field-refresh-token-help",
    kind: FieldKind::Token,
};
const REQUESTED_TOKEN_TYPE: Field = Field {
    name: "requested_token_type",
    label: "playground-field-requested-token-type",
    help: "playground-field-requested-token-type-help",
    kind: FieldKind::Choice(TOKEN_TYPES),
};
const RESOURCE: Field = Field {
    name: "resource",
    label: "playground-field-resource",
    help: "playground-field-resource-help",
    kind: FieldKind::List,
};
const SCOPE: Field = Field {
    name: "scope",
    label: "playground-field-scope",
    help: "playground-field-scope-help",
    kind: FieldKind::Text,
};
const SCOPE_NARROWED: Field = Field {
    name: "scope",
    label: "playground-field-scope",
    help: "playground-field-scope-narrowed-help",
    kind: FieldKind::Text,
};
const SUBJECT_TOKEN: Field = Field {
    name: "subject_token",
    label: "playground-field-subject-token",
    help: "playground-field-subject-token-help",
    kind: FieldKind::Token,
};
const SUBJECT_TOKEN_TYPE: Field = Field {
    name: "subject_token_type",
    label: "playground-field-subject-token-type",
    help: "playground-field-subject-token-type-help",
    kind: FieldKind::Choice(TOKEN_TYPES),
};
const TOKEN: Field = Field {
    name: "token",
    label: "playground-field-token",
    help: "playground-field-token-help",
    kind: FieldKind::Token,
};
const TOKEN_TYPE_HINT: Field = Field {
    name: "token_type_hint",
    label: "playground-field-token-type-hint",
    help: "playground-field-token-type-hint-help",
    kind: FieldKind::Choice(&["access_token", "refresh_token"]),
};
const USERNAME: Field = Field {
    name: "username",
    label: "playground-field-username",
    help: "playground-field-username-help",
    kind: FieldKind::Text,
};

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
            assert!(action.fields.iter().all(|field| field.help.ends_with("-help")));
        }
    }
}
