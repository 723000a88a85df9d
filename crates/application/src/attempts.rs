//! How often something was tried from one place.

use std::net::IpAddr;
use std::time::Duration;

use grantor_domain::time::Timestamp;
use grantor_ports::FailedAttempt;

use crate::failure::Outcome;
use crate::service::Service;

impl Service {
    /// Notes at `now` that `what` is tried from there, and says how often it was within this time. Written before it is looked
    /// at, and counted with all that others wrote meanwhile: who sends many at once gains nothing.
    pub(crate) async fn attempts_of(
        &self,
        what: &str,
        address: Option<&str>,
        (now, within): (Timestamp, Duration),
    ) -> Outcome<u64> {
        let username_key = self.keyed_hash(&format!("{what}\n{}", neighbourhood(address)))?;
        let attempt = FailedAttempt { username_key, address: address.map(str::to_owned), at: now };
        self.ports.attempts.record(&attempt).await?;
        Ok(self.ports.attempts.count(&username_key, now.minus(within)).await?)
    }
}

/// What counts as one place: an address, or the 64 bits that one subscriber has of IPv6.
pub(crate) fn neighbourhood(address: Option<&str>) -> String {
    match address.map(str::parse) {
        Some(Ok(IpAddr::V6(ip))) => format!("{:x}", ip.to_bits() >> 64),
        _ => address.unwrap_or_default().to_owned(),
    }
}
