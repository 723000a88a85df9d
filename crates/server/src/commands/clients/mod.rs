//! `grantor client`: registered, looked at, changed, given new secrets and deleted.

mod change;
mod lint;
mod list;
mod registration;
mod secret;
mod show;

use anyhow::Context;
use grantor_application::admin::{ClientReport, NewClient, SecretRotation};
use grantor_application::{InitialTokenUse, Service};
use grantor_domain::client::ClientId;
use grantor_domain::secret::Secret;

use self::change::{Created, Deleted, Updated};
use self::lint::Findings;
use self::list::List;
use self::registration::InitialToken;
use self::secret::Rotated;
use self::show::Shown;
use super::input;
use crate::cli::{ClientCommand, RotateSecretArgs, Storage};
use crate::output;

/// Does it and prints what was done.
pub(super) fn run(storage: &Storage, command: ClientCommand) -> anyhow::Result<()> {
    match command {
        ClientCommand::Create(args) => {
            let secret = given_secret(args.settings.secret_stdin)?;
            let new = NewClient { id: args.id, changes: args.settings.changes(&[]), secret };
            let created = super::administer(storage, async |service| Ok(service.create_client(&new).await??))?;
            output::print(args.output, &Created::from(created))
        }
        ClientCommand::List(output) => {
            let clients = super::administer(storage, async |service| Ok(service.list_clients().await?))?;
            output::print(output, &List::from(clients))
        }
        ClientCommand::Show(args) => {
            let client = super::administer(storage, async |service| show(service, &args.id).await)?;
            output::print(args.output, &Shown::from(client))
        }
        ClientCommand::Update(args) => {
            let secret = given_secret(args.settings.secret_stdin)?;
            let changes = args.settings.changes(&args.unset);
            let updated = super::administer(storage, async |service| {
                Ok(service.update_client(&args.id, &changes, secret.as_ref()).await??)
            })?;
            output::print(args.output, &Updated::from(updated))
        }
        ClientCommand::Delete(args) => {
            let grants = super::administer(storage, async |service| Ok(service.delete_client(&args.id).await??))?;
            output::print(args.output, &Deleted::new(args.id, grants))
        }
        ClientCommand::RotateSecret(args) => {
            let rotation = rotation(&args)?;
            let rotated = super::administer(storage, async |service| {
                Ok(service.rotate_client_secret(&args.id, &rotation).await??)
            })?;
            output::print(args.output, &Rotated::new(args.id, rotated))
        }
        ClientCommand::RegistrationToken(args) => {
            let usage = if args.many { InitialTokenUse::Many } else { InitialTokenUse::Once };
            let token =
                super::administer(storage, async |service| Ok(service.new_initial_token(args.lifetime, usage)??))?;
            output::print(args.output, &InitialToken::from(token))
        }
        ClientCommand::Lint(args) => {
            let clients = super::administer(storage, async |service| match &args.id {
                Some(id) => Ok(vec![show(service, id).await?]),
                None => Ok(service.list_clients().await?),
            })?;
            output::print(args.output, &Findings::from(clients))
        }
    }
}

async fn show(service: &Service, id: &ClientId) -> anyhow::Result<ClientReport> {
    let found = service.show_client(id).await?;
    found.with_context(|| format!("there is no client {:?}; `grantor client list` shows all", id.as_str()))
}

fn given_secret(from_stdin: bool) -> anyhow::Result<Option<Secret>> {
    from_stdin.then(input::read_client_secret).transpose()
}

fn rotation(args: &RotateSecretArgs) -> anyhow::Result<SecretRotation> {
    if args.finish {
        return Ok(SecretRotation::Finish);
    }
    let given = given_secret(args.secret_stdin)?;
    Ok(if args.remove_old { SecretRotation::Replace(given) } else { SecretRotation::Add(given) })
}

#[cfg(test)]
mod fixture {
    use grantor_application::admin::{ClientReport, SecretReport};
    use grantor_domain::client::{Client, ClientSettings, lint};
    use serde_json::json;

    /// A client with a weak secret and legacy choices.
    pub(super) fn legacy_client() -> ClientReport {
        let settings: ClientSettings = serde_json::from_value(json!({
            "client_id": "demo", "client_name": "Demo", "grant_types": ["password", "refresh_token"], "scope": "b a",
            "refresh_token_policy": "fixed",
        }))
        .unwrap();
        let warnings = lint(&Client::try_from(settings.clone()).unwrap(), &[]);
        ClientReport { settings, secrets: vec![SecretReport { estimated_bits: 90, signs: false }], warnings }
    }
}
