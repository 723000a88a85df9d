//! Requests of devices, in memory.

use std::time::Duration;

use grantor_domain::grant::device_code::{DeviceDecision, DeviceRequest, SLOWER_BY};
use grantor_domain::id::GrantId;
use grantor_domain::time::Timestamp;
use grantor_ports::{DevicePoll, Devices, NewDeviceRequest, StoreFuture};

use super::MemoryStore;
use super::state::DeviceRow;

/// How much sooner than its interval a device may ask.
const TOLERANCE: Duration = Duration::from_secs(1);

impl DeviceRow {
    fn is_open(&self, now: Timestamp) -> bool {
        self.decision == DeviceDecision::Pending && now < self.new.expires_at
    }
}

impl Devices for MemoryStore {
    fn open<'a>(&'a self, request: &'a NewDeviceRequest) -> StoreFuture<'a, bool> {
        self.answer(|state| {
            let is_new = state.devices.values().all(|row| row.new.user_code_key != request.user_code_key);
            if is_new {
                let row = DeviceRow { new: request.clone(), decision: DeviceDecision::Pending, polled_at: None };
                state.devices.insert(request.request.grant, row);
            }
            is_new
        })
    }

    fn find<'a>(&'a self, user_code_key: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Option<DeviceRequest>> {
        self.answer(move |state| {
            let meant = |row: &&DeviceRow| row.new.user_code_key == *user_code_key && row.is_open(now);
            state.devices.values().find(meant).map(|row| row.new.request.clone())
        })
    }

    fn decide<'a>(&'a self, grant: GrantId, decision: &'a DeviceDecision, now: Timestamp) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let open = state.devices.get_mut(&grant).filter(|row| row.is_open(now));
            open.map(|row| row.decision = decision.clone()).is_some()
        })
    }

    fn poll(&self, grant: GrantId, now: Timestamp) -> StoreFuture<'_, Option<DevicePoll>> {
        self.answer(move |state| {
            let row = state.devices.get_mut(&grant)?;
            let due_at = row
                .polled_at
                .filter(|polled_at| *polled_at != now)
                .map(|polled_at| polled_at.plus(row.new.interval).minus(TOLERANCE));
            let is_too_fast = due_at.is_some_and(|due_at| due_at > now);
            if is_too_fast {
                row.new.interval += SLOWER_BY;
            }
            row.polled_at = Some(now);
            Some(DevicePoll { decision: row.decision.clone(), is_too_fast })
        })
    }
}
