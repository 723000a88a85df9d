//! What files declare: surveyed in a few statements, changed in one transaction that finds everything as its plan saw it
//! or does nothing.
//!
//! A plan's writes are many, so its conditions are not part of each statement: what the plan saw is locked by a write of
//! its own, read again and compared. Nobody can change it between that and the end of the transaction.

mod clients;
mod registered;
mod survey;
mod users;

use grantor_domain::registry::{Owner, Registry};
use grantor_domain::time::Timestamp;
use grantor_ports::{
    Change, Commitment, DeclarationPlan, Declarations, Mentioned, ObjectKind, StoreFuture, Survey, Write,
};

use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::statement::Bind;
use crate::store::Store;
use crate::{batch, changes, removal, turn};

use registered::{RESOURCES, SCOPES};

impl Declarations for Store {
    fn registry(&self) -> StoreFuture<'_, Registry> {
        self.run(Repeat::Once, |connection| Ok(Registry::new(SCOPES.all(connection)?, RESOURCES.all(connection)?)))
    }

    fn survey<'a>(&'a self, mentioned: &'a Mentioned, owner: &'a Owner) -> StoreFuture<'a, Survey> {
        let (mentioned, owner) = (mentioned.clone(), owner.clone());
        // Thousands of names take longer than a request may.
        self.run_aside(move |connection| survey::survey(connection, &mentioned, &owner))
    }

    fn commit<'a>(&'a self, plan: &'a DeclarationPlan, now: Timestamp) -> StoreFuture<'a, Commitment> {
        let plan = plan.clone();
        self.run_aside(move |connection| commit(connection, &plan, now))
    }
}

fn commit(connection: &mut Connection, plan: &DeclarationPlan, now: Timestamp) -> Result<Commitment, StatementError> {
    connection.transaction(|connection| {
        turn::take(connection, "apply", now)?;
        let as_seen = remove(connection, plan, now)?
            && SCOPES.write(connection, &plan.scopes, now)?
            && RESOURCES.write(connection, &plan.resources, now)?
            && clients::write(connection, plan, now)?
            && users::write(connection, &plan.users, now)?
            && own(connection, plan)?;
        if !as_seen {
            return Ok(End::Rollback(Commitment::Overtaken));
        }
        if changes_registry(plan) {
            changes::record(connection, &Change::Registry, now)?;
        }
        Ok(End::Commit(Commitment::Done))
    })
}

/// Removes what the owner still owns; `false` if it does not own all of it any more.
fn remove(connection: &mut Connection, plan: &DeclarationPlan, now: Timestamp) -> Result<bool, StatementError> {
    for kind in ObjectKind::ALL {
        let of_kind = plan.remove.iter().filter(|(removed, _)| *removed == kind);
        let mut names: Vec<&str> = of_kind.map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        let given_up = batch::execute_in(
            connection,
            "DELETE FROM owners WHERE kind = ? AND owner = ? AND name IN",
            &[kind.as_str().into(), plan.owner.as_str().into()],
            &names,
        )?;
        if given_up != names.len() {
            return Ok(false);
        }
        match kind {
            ObjectKind::Client => removal::clients(connection, &names, now)?.objects,
            ObjectKind::Resource => RESOURCES.remove(connection, &names)?,
            ObjectKind::Scope => SCOPES.remove(connection, &names)?,
            ObjectKind::User => removal::users(connection, &names, now)?.objects,
        };
    }
    Ok(true)
}

/// Makes everything that the plan writes the owner's; `false` if something is somebody else's by now.
fn own(connection: &mut Connection, plan: &DeclarationPlan) -> Result<bool, StatementError> {
    let mut names: Vec<(ObjectKind, &str)> = Vec::new();
    names.extend(plan.scopes.iter().map(|write| (ObjectKind::Scope, write.wanted().name.as_str())));
    names.extend(plan.resources.iter().map(|write| (ObjectKind::Resource, write.wanted().identifier.as_str())));
    names.extend(plan.clients.iter().map(|write| (ObjectKind::Client, write.wanted().settings.client_id.as_str())));
    names.extend(plan.users.iter().map(|write| (ObjectKind::User, write.subject().as_str())));
    names.sort_unstable();
    let rows: Vec<[Bind; 3]> =
        names.iter().map(|(kind, name)| [kind.as_str().into(), (*name).into(), plan.owner.as_str().into()]).collect();
    let owned = batch::insert(
        connection,
        "owners (kind, name, owner)",
        &rows,
        "ON CONFLICT (kind, name) DO UPDATE SET owner = excluded.owner WHERE owners.owner = excluded.owner",
    )?;
    Ok(owned == rows.len())
}

fn changes_registry(plan: &DeclarationPlan) -> bool {
    plan.scopes.iter().any(|write| !matches!(write, Write::Adopt(_)))
        || plan.resources.iter().any(|write| !matches!(write, Write::Adopt(_)))
        || plan.remove.iter().any(|(kind, _)| matches!(kind, ObjectKind::Resource | ObjectKind::Scope))
}
