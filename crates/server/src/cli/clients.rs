//! The words and flags of `client`.

use std::time::Duration;

use clap::{Args, Subcommand};
use grantor_application::admin::KeyChanges;
use grantor_domain::client::{AuthMethod, ClientId};
use grantor_domain::grant::GrantType;

use super::{Output, client_id, key_value};
use crate::settings::HumanDuration;

/// What `client` can do.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Register a client
    ///
    /// Running servers know it at once. A client that authenticates by a secret gets a new one, which is shown this once,
    /// unless --secret-stdin gives it.
    Create(CreateClientArgs),
    /// List every client
    List(#[command(flatten)] Output),
    /// Show everything about a client but its secrets
    Show(ClientArgs),
    /// Change settings of a client; running servers follow within seconds
    Update(UpdateClientArgs),
    /// Delete a client, and end its grants with every token that rests on them
    ///
    /// What people consented to is forgotten. A client may be registered under the same id again, but never a user, and
    /// nothing of the old one comes back with it.
    Delete(ClientArgs),
    /// Give a client a new secret; the one before it stays good until --finish removes it
    ///
    /// Where a file that is applied declares the client with its secret, change it there, too: applying the old one brings
    /// it back, and ends the new one.
    RotateSecret(RotateSecretArgs),
    /// Make a token that lets whoever has it register a client (RFC 7591)
    ///
    /// For a server with registration.mode = "initial_token". It is sent as a bearer token to the registration endpoint, and stored
    /// nowhere: this is the only time that it is shown.
    RegistrationToken(RegistrationTokenArgs),
    /// Name what is legacy or weak about clients, with the section of the specification that warns against it
    Lint(LintArgs),
}

/// Which client.
#[derive(Args, Debug)]
pub struct ClientArgs {
    /// Its client_id
    #[arg(value_parser = client_id)]
    pub id: ClientId,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `client create`.
#[derive(Args, Debug)]
pub struct CreateClientArgs {
    /// Its client_id [default: a new UUID]
    #[arg(long, value_name = "ID", value_parser = client_id)]
    pub id: Option<ClientId>,
    /// Its settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `client update`.
#[derive(Args, Debug)]
pub struct UpdateClientArgs {
    /// Its client_id
    #[arg(value_parser = client_id)]
    pub id: ClientId,
    /// Its settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Give a setting its default again; may be repeated
    #[arg(long, value_name = "KEY")]
    pub unset: Vec<String>,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Settings of a client.
#[derive(Args, Debug)]
pub struct SettingsArgs {
    /// Its name, as people read it (client_name)
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A grant type it may use, such as authorization_code or refresh_token; may be repeated (grant_types)
    #[arg(long = "grant", value_name = "GRANT", value_parser = grant_type)]
    pub grants: Vec<GrantType>,
    /// How it authenticates, such as client_secret_basic or none; may be repeated (token_endpoint_auth_methods)
    #[arg(long = "auth-method", value_name = "METHOD", value_parser = auth_method)]
    pub auth_methods: Vec<AuthMethod>,
    /// Where codes may be sent; may be repeated (redirect_uris)
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// What it may ask for, separated by spaces (scope)
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<String>,
    /// Any other setting, its value in JSON or as text, such as access_token_lifetime=600; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Read its secret from standard input, one line; it becomes the only one
    #[arg(long)]
    pub secret_stdin: bool,
}

impl SettingsArgs {
    /// What the flags ask for, by key.
    pub fn changes(&self, unset: &[String]) -> KeyChanges {
        let mut set = self.set.clone();
        let mut add = |key: &str, value: serde_json::Value| set.push((key.to_owned(), value.to_string()));
        if let Some(name) = &self.name {
            add("client_name", name.as_str().into());
        }
        if let Some(scope) = &self.scope {
            add("scope", scope.as_str().into());
        }
        let grants = self.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>();
        let methods = self.auth_methods.iter().map(|method| method.as_str()).collect::<Vec<_>>();
        let redirect_uris = self.redirect_uris.iter().map(String::as_str).collect();
        let lists =
            [("grant_types", grants), ("token_endpoint_auth_methods", methods), ("redirect_uris", redirect_uris)];
        for (key, list) in lists {
            if !list.is_empty() {
                add(key, list.into());
            }
        }
        KeyChanges { set, unset: unset.to_vec() }
    }
}

/// Flags of `client rotate-secret`.
#[derive(Args, Debug)]
pub struct RotateSecretArgs {
    /// Its client_id
    #[arg(value_parser = client_id)]
    pub id: ClientId,
    /// Read the new secret from standard input, one line, instead of making one
    #[arg(long, conflicts_with = "finish")]
    pub secret_stdin: bool,
    /// End every other secret at once: for one that leaked
    #[arg(long, conflicts_with = "finish")]
    pub remove_old: bool,
    /// Make no new secret but end the older one
    #[arg(long)]
    pub finish: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `client registration-token`.
#[derive(Args, Debug)]
pub struct RegistrationTokenArgs {
    /// How long it is good for, such as 1h or 30d
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "24h")]
    pub lifetime: Duration,
    /// Let it be used for any number of clients, instead of one
    #[arg(long)]
    pub many: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// Flags of `client lint`.
#[derive(Args, Debug)]
pub struct LintArgs {
    /// Just this client [default: every client]
    #[arg(value_parser = client_id)]
    pub id: Option<ClientId>,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let duration = HumanDuration::parse(text).filter(|duration| duration.0 > Duration::ZERO);
    duration.map(Duration::from).ok_or("write it as a number and a unit, such as 30m, 24h or 7d")
}

fn grant_type(text: &str) -> Result<GrantType, String> {
    let short = match text {
        "device_code" => Some(GrantType::DeviceCode),
        "token_exchange" => Some(GrantType::TokenExchange),
        _ => None,
    };
    short.or_else(|| GrantType::parse(text)).ok_or_else(|| {
        let known: Vec<_> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
        format!("known grant types are {}; also device_code and token_exchange for short", known.join(", "))
    })
}

fn auth_method(text: &str) -> Result<AuthMethod, String> {
    AuthMethod::ALL.into_iter().find(|method| method.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = AuthMethod::ALL.iter().map(|method| method.as_str()).collect();
        format!("known methods are {}", known.join(", "))
    })
}
