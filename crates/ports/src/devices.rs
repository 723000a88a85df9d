//! What devices without a browser ask for, while a person decides (RFC 8628).

use std::time::Duration;

use grantor_domain::grant::device_code::{DeviceDecision, DeviceRequest};
use grantor_domain::id::GrantId;
use grantor_domain::time::Timestamp;

use crate::StoreFuture;

/// A request to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeviceRequest {
    /// What is asked.
    pub request: DeviceRequest,
    /// A keyed hash of the user code.
    pub user_code_key: [u8; 32],
    /// How long the device waits between two polls.
    pub interval: Duration,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a device is told that polls.
#[derive(Clone, Debug, PartialEq)]
pub struct DevicePoll {
    /// What the person decided so far.
    pub decision: DeviceDecision,
    /// Whether it came before its interval was over, give or take a second; the interval is longer now.
    pub is_too_fast: bool,
}

/// Requests of devices.
pub trait Devices: Send + Sync {
    /// Stores a request. `false`, and nothing done, if another has its user code.
    fn open<'a>(&'a self, request: &'a NewDeviceRequest) -> StoreFuture<'a, bool>;

    /// The request with this user code that nobody decided yet, if it is not over at `now`.
    fn find<'a>(&'a self, user_code_key: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Option<DeviceRequest>>;

    /// Keeps what a person decided. `false`, and nothing done, if somebody decided already or it is over. One conditional
    /// write: of two who decide at once one does.
    ///
    /// An implementation that lets a second decision win lets whoever saw a user code put their own account in its place.
    fn decide<'a>(&'a self, grant: GrantId, decision: &'a DeviceDecision, now: Timestamp) -> StoreFuture<'a, bool>;

    /// Notes that the device asks at `now`, and says what the person decided; one that asks too soon must wait longer from
    /// now on. One conditional write. None if there is no such request.
    fn poll(&self, grant: GrantId, now: Timestamp) -> StoreFuture<'_, Option<DevicePoll>>;
}
