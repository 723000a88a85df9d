//! How often something was tried: user codes from one place, and passwords.

use std::net::IpAddr;
use std::time::Duration;

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::throttle::{FailureTally, MEMORY};
use grantor_domain::time::Timestamp;
use grantor_domain::user::{Subject, Username};
use grantor_ports::{FailedAttempt, FailureKeys};

use crate::authorize::KnownBrowser;
use crate::failure::Outcome;
use crate::service::Service;

/// How much of the keyed hash of a name the audit trail shows: enough to tell names apart.
const NAME_KEY_BYTES: usize = 8;

/// Where a password comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PasswordOrigin<'a> {
    /// The address, if it is known.
    pub(crate) address: Option<&'a str>,
    /// The browser, if somebody signed in in it before.
    pub(crate) browser: Option<&'a KnownBrowser>,
}

/// Under what a failed sign-in is counted.
pub(crate) struct CountedAs {
    pub(crate) keys: FailureKeys,
    /// Whether the name's owner signed in in this browser before: then nobody else's failures count.
    is_known: bool,
    /// What stands for the name in the audit trail.
    pub(crate) audited: String,
}

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
        let attempt = FailedAttempt { username_key, place_key: None, address: address.map(str::to_owned), at: now };
        self.ports.attempts.record(&attempt).await?;
        Ok(self.ports.attempts.count(&username_key, now.minus(within)).await?)
    }

    /// Under what a password for this name is counted if it is wrong.
    pub(crate) fn counted_as(&self, username: Option<&Username>, origin: PasswordOrigin<'_>) -> Outcome<CountedAs> {
        let name = self.username_key(username)?;
        let audited = name.iter().take(NAME_KEY_BYTES).map(|byte| format!("{byte:02x}")).collect();
        if let Some(browser) = origin.browser.filter(|browser| browser.knows(&name)) {
            let keys = FailureKeys { username: self.keyed_hash(&browser.names_own(&name))?, place: None };
            return Ok(CountedAs { keys, is_known: true, audited });
        }
        let place = origin.address.filter(|address| !self.is_shared(address));
        let place = match place {
            Some(address) => Some(self.keyed_hash(&format!("place\n{}", neighbourhood(Some(address))))?),
            None => None,
        };
        Ok(CountedAs { keys: FailureKeys { username: name, place }, is_known: false, audited })
    }

    /// Refuses who must wait before the next attempt. Says whether there are failures to forgive whoever proves to be the
    /// owner of the name.
    pub(crate) fn require_patience(&self, counted: &CountedAs, found: FailureTally) -> Result<bool, Refusal> {
        let tally = match counted.is_known {
            true => FailureTally { name_here: found.name, ..FailureTally::default() },
            false => found,
        };
        match self.settings.throttle.wait(&tally, self.now()) {
            Some(wait) => Err(Refusal { retry_after: Some(wait), ..Refusal::new(Reason::SignInThrottled) }),
            None => Ok(tally.name_here.count > 0),
        }
    }

    /// Under what a wrong code of somebody is counted who has proven otherwise to be them: by the session or the browser in which
    /// they proved it before, if they did; so others who know their password do not make them wait there.
    pub(crate) fn counted_as_code(&self, subject: &Subject, within: Option<&str>) -> Outcome<CountedAs> {
        let within = within.unwrap_or_default();
        let username = self.keyed_hash(&format!("second factor\n{subject}\n{within}"))?;
        Ok(CountedAs { keys: FailureKeys { username, place: None }, is_known: true, audited: String::new() })
    }

    /// Writes an attempt down before it is looked at, as if it had failed: of many at the same time no more are looked at than one
    /// after another. Whoever proves right is forgiven.
    pub(crate) async fn claim_attempt(&self, counted: &CountedAs, address: Option<&str>) -> Outcome<()> {
        let before = self.ports.attempts.tally(&counted.keys, self.failures_since()).await?;
        self.require_patience(counted, before)?;
        self.record_failure(counted, address).await?;
        let after = self.ports.attempts.tally(&counted.keys, self.failures_since()).await?;
        if self.settings.throttle.hears(before.name, after.name) {
            return Ok(());
        }
        self.require_patience(counted, after)?;
        Err(Refusal { retry_after: Some(Duration::from_secs(1)), ..Refusal::new(Reason::SignInThrottled) }.into())
    }

    /// From when on failures count.
    pub(crate) fn failures_since(&self) -> Timestamp {
        self.now().minus(MEMORY)
    }

    /// Writes a failed sign-in down.
    pub(crate) async fn record_failure(&self, counted: &CountedAs, address: Option<&str>) -> Outcome<()> {
        let FailureKeys { username: username_key, place: place_key } = counted.keys;
        let attempt = FailedAttempt { username_key, place_key, address: address.map(str::to_owned), at: self.now() };
        Ok(self.ports.attempts.record(&attempt).await?)
    }

    /// Forgets failures of somebody who has proven here that the name is theirs.
    pub(crate) async fn forgive(&self, counted: &CountedAs) -> Outcome<()> {
        Ok(self.ports.attempts.forgive(&counted.keys).await?)
    }

    fn is_shared(&self, address: &str) -> bool {
        let address = address.parse::<IpAddr>();
        address.is_ok_and(|address| self.settings.shared_addresses.iter().any(|network| network.contains(&address)))
    }
}

/// What counts as one place: an address, or the 64 bits that one subscriber has of IPv6.
pub(crate) fn neighbourhood(address: Option<&str>) -> String {
    match address.map(str::parse) {
        Some(Ok(IpAddr::V6(ip))) => format!("{:x}", ip.to_bits() >> 64),
        _ => address.unwrap_or_default().to_owned(),
    }
}
