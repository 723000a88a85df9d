//! Requests of devices: rows for the minutes that somebody has to decide.

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::client::ClientId;
use grantor_domain::grant::device_code::{DeviceDecision, DeviceRequest, SLOWER_BY};
use grantor_domain::id::GrantId;
use grantor_domain::resource::Audience;
use grantor_domain::scope::ScopeSet;
use grantor_domain::time::Timestamp;
use grantor_ports::{DevicePoll, Devices, NewDeviceRequest, StoreFuture};
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::{RowName, json};
use crate::statement::Statement;
use crate::store::Store;

/// How much sooner than its interval a device may ask: its clock, and the way to us, are not exact.
const TOLERANCE_MS: i64 = 1000;

/// What `decision` holds where it is a no.
const DENIED: &str = "denied";

/// What `request` holds.
#[derive(Serialize, Deserialize)]
struct Asked {
    client_id: ClientId,
    scope: ScopeSet,
    resources: Vec<Audience>,
}

#[derive(diesel::QueryableByName)]
struct RequestRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    request: String,
}

impl RequestRow {
    fn read(self) -> Result<DeviceRequest, StatementError> {
        let row = RowName::bytes("device_requests", &self.id);
        let Asked { client_id, scope, resources } = row.json("request", &self.request)?;
        Ok(DeviceRequest { grant: GrantId::from_bytes(row.array("id", &self.id)?), client_id, scope, resources })
    }
}

#[derive(diesel::QueryableByName)]
struct PollRow {
    #[diesel(sql_type = Nullable<Text>)]
    decision: Option<String>,
    #[diesel(sql_type = BigInt)]
    is_too_fast: i64,
}

impl PollRow {
    fn read(self, grant: GrantId) -> Result<DevicePoll, StatementError> {
        let row = RowName::bytes("device_requests", grant.as_bytes());
        let decision = match self.decision.as_deref() {
            None => DeviceDecision::Pending,
            Some(DENIED) => DeviceDecision::Denied,
            Some(approval) => DeviceDecision::Allowed(Box::new(row.json("decision", approval)?)),
        };
        Ok(DevicePoll { decision, is_too_fast: self.is_too_fast != 0 })
    }
}

fn insert(new: &NewDeviceRequest) -> Result<Statement, StatementError> {
    let DeviceRequest { grant, client_id, scope, resources } = new.request.clone();
    let interval = i64::try_from(new.interval.as_millis()).unwrap_or(i64::MAX);
    Ok(Statement::new(
        "INSERT INTO device_requests (id, user_code_key, request, interval_ms, is_too_fast, expires_at) \
         VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (user_code_key) DO NOTHING",
    )
    .bind(grant.as_bytes())
    .bind(&new.user_code_key)
    .bind(json(&Asked { client_id, scope, resources })?)
    .bind(interval)
    .bind(new.expires_at))
}

fn update_decision(grant: GrantId, decision: &DeviceDecision, now: Timestamp) -> Result<Statement, StatementError> {
    let decision = match decision {
        DeviceDecision::Allowed(approval) => Some(json(approval)?),
        DeviceDecision::Denied => Some(DENIED.to_owned()),
        DeviceDecision::Pending => None,
    };
    Ok(Statement::new("UPDATE device_requests SET decision = ? WHERE id = ? AND decision IS NULL AND expires_at > ?")
        .bind(decision)
        .bind(grant.as_bytes())
        .bind(now))
}

impl Devices for Store {
    fn open<'a>(&'a self, request: &'a NewDeviceRequest) -> StoreFuture<'a, bool> {
        let request = request.clone();
        // After a lost answer it finds its own row and says no: then another user code is made.
        self.run(Repeat::Once, move |connection: &mut Connection| Ok(connection.execute(&insert(&request)?)? == 1))
    }

    fn find<'a>(&'a self, user_code_key: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Option<DeviceRequest>> {
        let select = Statement::new(
            "SELECT id, request FROM device_requests WHERE user_code_key = ? AND decision IS NULL AND expires_at > ?",
        )
        .bind(user_code_key)
        .bind(now);
        self.run(Repeat::Once, move |connection| {
            connection.first::<RequestRow>(&select)?.map(RequestRow::read).transpose()
        })
    }

    fn decide<'a>(&'a self, grant: GrantId, decision: &'a DeviceDecision, now: Timestamp) -> StoreFuture<'a, bool> {
        let decision = decision.clone();
        // Repeated it would find its own decision, and call it somebody else's.
        self.run(Repeat::Never, move |connection: &mut Connection| {
            Ok(connection.execute(&update_decision(grant, &decision, now)?)? == 1)
        })
    }

    fn poll(&self, grant: GrantId, now: Timestamp) -> StoreFuture<'_, Option<DevicePoll>> {
        let slower_by = i64::try_from(SLOWER_BY.as_millis()).unwrap_or(i64::MAX);
        // A repetition after a lost answer finds its own time there.
        let too_fast = "CASE WHEN polled_at <> ? AND polled_at + interval_ms - ? > ? THEN";
        let update = Statement::new(format!(
            "UPDATE device_requests SET interval_ms = interval_ms + {too_fast} ? ELSE 0 END, \
             is_too_fast = {too_fast} 1 ELSE 0 END, polled_at = ? WHERE id = ? RETURNING decision, is_too_fast"
        ))
        .bind(now)
        .bind(TOLERANCE_MS)
        .bind(now)
        .bind(slower_by)
        .bind(now)
        .bind(TOLERANCE_MS)
        .bind(now)
        .bind(now)
        .bind(grant.as_bytes());
        self.run(Repeat::Once, move |connection| {
            connection.first::<PollRow>(&update)?.map(|row| row.read(grant)).transpose()
        })
    }
}
