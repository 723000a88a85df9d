//! `grantor user`: made, imported, looked at, changed, let in or not.

mod change;
mod import;
mod import_file;
mod look;

use anyhow::{Context, ensure};
use grantor_application::Service;
use grantor_application::admin::{KeyChanges, NewUser};
use grantor_domain::user::Subject;

use self::change::{Created, Done, FactorReset, Report, Unlocked, Updated};
use self::look::{List, Shown};
use super::input;
use crate::cli::{CreateUserArgs, Storage, UserArgs, UserCommand};
use crate::output;

/// Does it and prints what was done.
pub(super) fn run(storage: &Storage, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Create(args) => create(storage, args),
        UserCommand::List(args) => {
            let page = super::administer(storage, async |service| {
                Ok(service.list_users(args.after.as_ref(), args.limit).await?)
            })?;
            output::print(args.output, &List::from(page))
        }
        UserCommand::Show(args) => {
            let found = super::administer(storage, async |service| Ok(service.show_user(&args.name).await??))?;
            output::print(args.output, &Shown::from(found))
        }
        UserCommand::Update(args) => {
            let changes = KeyChanges { set: args.claim, unset: args.unset_claim };
            let (subject, fields) = super::administer(storage, async |service| {
                let subject = find(service, &args.name).await?;
                let fields = service.update_user(&subject, &changes).await?.with_context(|| removed(&args.name))??;
                Ok((subject, fields))
            })?;
            output::print(args.output, &Updated::new(subject, fields))
        }
        UserCommand::Disable(args) => {
            act(storage, args, Done::Disabled, async |service, subject| Ok(service.disable_user(subject).await?))
        }
        UserCommand::Enable(args) => {
            act(storage, args, Done::Enabled, async |service, subject| Ok(service.enable_user(subject).await?))
        }
        UserCommand::SetPassword(args) => {
            let password = input::read_password(&args.name)?;
            act(storage, args, Done::PasswordSet, async move |service, subject| {
                Ok(service.set_password(subject, password.clone()).await??)
            })
        }
        UserCommand::Unlock(args) => {
            let (subject, forgotten) =
                super::administer(storage, async |service| Ok(service.unlock_user(&args.name).await??))?;
            output::print(args.output, &Unlocked { subject, forgotten })
        }
        UserCommand::ResetSecondFactor(args) => {
            let (subject, had_some) =
                super::administer(storage, async |service| Ok(service.reset_second_factor(&args.name).await??))?;
            output::print(args.output, &FactorReset { subject, had_some })
        }
        UserCommand::Import(args) => import::run(storage, &args),
    }
}

fn create(storage: &Storage, args: CreateUserArgs) -> anyhow::Result<()> {
    let CreateUserArgs { username, subject, claim, password_stdin, output } = args;
    let password = password_stdin.then(|| input::read_password(username.as_str())).transpose()?;
    let has_password = password.is_some();
    let claims = KeyChanges { set: claim, unset: Vec::new() };
    let new = NewUser { username, subject, claims, password };
    let user = super::administer(storage, async |service| Ok(service.create_user(new).await??))?;
    output::print(output, &Created::new(user, has_password))
}

/// Does one thing to the user whom an operator names.
fn act(
    storage: &Storage,
    UserArgs { name, output }: UserArgs,
    done: Done,
    action: impl AsyncFnOnce(&Service, &Subject) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let subject = super::administer(storage, async |service| {
        let subject = find(service, &name).await?;
        ensure!(action(service, &subject).await?, removed(&name));
        Ok(subject)
    })?;
    output::print(output, &Report { subject, done })
}

/// The subject of a user whom an operator names.
pub(super) async fn find(service: &Service, name: &str) -> anyhow::Result<Subject> {
    Ok(service.find_user(name).await??)
}

fn removed(name: &str) -> String {
    format!("the user {name:?} was removed a moment ago")
}
