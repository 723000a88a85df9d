//! Clients that a plan writes.

use grantor_domain::time::Timestamp;
use grantor_ports::{ClientRecord, DeclarationPlan, PolicyWrite, Write};

use super::registered::as_seen;
use crate::batch;
use crate::changes;
use crate::clients::{ClientRow, upsert};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::removal;
use crate::row::json;
use crate::statement::Bind;

fn id(record: &ClientRecord) -> &str {
    record.settings.client_id.as_str()
}

/// The clients of these ids.
pub(super) fn find(connection: &mut Connection, ids: &[&str]) -> Result<Vec<ClientRecord>, StatementError> {
    let rows: Vec<ClientRow> =
        batch::load_in(connection, "SELECT id, settings, secrets FROM clients WHERE id IN", ids)?;
    rows.into_iter().map(ClientRow::read).collect()
}

/// Writes what the plan wants; `false` if something is not as it saw it, or a name is taken.
pub(super) fn write(
    connection: &mut Connection,
    plan: &DeclarationPlan,
    now: Timestamp,
) -> Result<bool, StatementError> {
    let policies = plan.policies.iter().map(|PolicyWrite { seen, .. }| seen);
    let seen: Vec<&ClientRecord> = plan.clients.iter().filter_map(Write::seen).chain(policies).collect();
    let mut ids: Vec<&str> = seen.iter().map(|record| id(record)).collect();
    ids.sort_unstable();
    batch::execute_in(connection, "UPDATE clients SET updated_at = updated_at WHERE id IN", &[], &ids)?;
    if !as_seen(&seen, &find(connection, &ids)?, id) {
        return Ok(false);
    }
    let updated = plan.clients.iter().filter_map(|write| match write {
        Write::Update { wanted, .. } => Some(wanted),
        Write::Adopt(_) | Write::Create(_) => None,
    });
    let updated: Vec<_> = updated.chain(plan.policies.iter().map(|PolicyWrite { wanted, .. }| wanted)).collect();
    for record in &updated {
        connection.execute(&upsert(record, now)?)?;
    }
    let vouched_for = updated.iter().filter(|record| !record.settings.self_registered);
    let vouched_for: Vec<&str> = vouched_for.map(|record| id(record)).collect();
    batch::execute_in(connection, "DELETE FROM registrations WHERE client_id IN", &[], &vouched_for)?;
    let created: Vec<_> = plan
        .clients
        .iter()
        .filter_map(|write| match write {
            Write::Create(record) => Some(record),
            Write::Adopt(_) | Write::Update { .. } => None,
        })
        .collect();
    if !create(connection, &created, now)? {
        return Ok(false);
    }
    let changed: Vec<&str> = updated.into_iter().chain(created).map(id).collect();
    changes::record_clients(connection, &changed, now)?;
    Ok(true)
}

/// A name that a client had may be taken again; what was opened for that one at the last moment ends, as when a client is
/// inserted by itself.
fn create(connection: &mut Connection, records: &[&ClientRecord], now: Timestamp) -> Result<bool, StatementError> {
    let mut names: Vec<[Bind; 2]> = Vec::new();
    let mut rows: Vec<[Bind; 5]> = Vec::new();
    let mut sorted = records.to_vec();
    sorted.sort_unstable_by_key(|record| id(record));
    let ids: Vec<&str> = sorted.iter().map(|record| id(record)).collect();
    for record in sorted {
        names.push([id(record).into(), changes::CLIENT.into()]);
        rows.push([
            id(record).into(),
            json(&record.settings)?.into(),
            json(&record.secrets)?.into(),
            now.into(),
            now.into(),
        ]);
    }
    let never_had = batch::insert(connection, "principals (name, kind)", &names, "ON CONFLICT (name) DO NOTHING")?;
    let some_were_had = never_had < names.len();
    if some_were_had && !claim_names(connection, &names)? {
        return Ok(false);
    }
    let into = "clients (id, settings, secrets, created_at, updated_at)";
    if batch::insert(connection, into, &rows, "ON CONFLICT DO NOTHING")? < rows.len() {
        return Ok(false);
    }
    if some_were_had {
        removal::given_to_clients(connection, &ids, now)?;
    }
    Ok(true)
}

/// Takes names in the namespace of clients and users; a name that its like once had may be taken again.
pub(super) fn claim_names(connection: &mut Connection, names: &[[Bind; 2]]) -> Result<bool, StatementError> {
    let claimed = batch::insert(
        connection,
        "principals (name, kind)",
        names,
        "ON CONFLICT (name) DO UPDATE SET kind = excluded.kind WHERE principals.kind = excluded.kind",
    )?;
    Ok(claimed == names.len())
}
