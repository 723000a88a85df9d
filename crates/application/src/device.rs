//! The device authorization endpoint (RFC 8628 §3.1), and the page on which a person types what their device shows.

use std::time::Duration;

use grantor_domain::authorization::AuthorizationRequest;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::GrantType;
use grantor_domain::grant::device_code::{
    AuthorizationParameters, DeviceCode, DeviceRequest, INTERVAL, LIFETIME, UserCode,
};
use grantor_domain::id::GrantId;
use grantor_domain::secret::Secret;
use grantor_ports::{CryptoFailure, NewDeviceRequest, Sealed};

use crate::authorize::{Browser, Next, SessionCookie};
use crate::client_authentication::{PresentedCredentials, Purpose};
use crate::failure::Outcome;
use crate::service::Service;

/// Path of the page that people are sent to.
pub const DEVICE_PAGE: &str = "/device";

/// How often a user code is drawn that somebody has already: with a million of them in use once in 26,000 requests.
const DRAWS: usize = 8;

/// How many codes, right or wrong, may come from one place, within how long (RFC 8628 §5.1).
const TYPED_CODES: u64 = 20;
const WITHIN: Duration = Duration::from_secs(600);

/// A device authorization request as it arrived (RFC 8628 §3.1).
#[derive(Clone, Debug)]
pub struct DeviceCall {
    /// What may prove the client.
    pub credentials: PresentedCredentials,
    /// What it asks for.
    pub parameters: AuthorizationParameters,
}

/// A device authorization response (RFC 8628 §3.2).
pub struct DeviceAnswer {
    /// `device_code`.
    pub device_code: Secret,
    /// `user_code`.
    pub user_code: UserCode,
    /// `verification_uri`.
    pub verification_uri: String,
    /// `verification_uri_complete`.
    pub verification_uri_complete: String,
    /// `expires_in`, in seconds.
    pub expires_in: u64,
    /// `interval`, in seconds.
    pub interval: u64,
}

/// What became of a typed user code.
#[derive(Debug)]
pub enum DeviceEntry {
    /// Where the request stands.
    Next(Next),
    /// No device shows it, or not any more: show the page again.
    Wrong,
}

impl Service {
    /// Answers a device that wants to be allowed something.
    ///
    /// # Errors
    /// A refusal of RFC 6749 §5.2, or an outage.
    pub async fn authorize_device(&self, call: &DeviceCall) -> Outcome<DeviceAnswer> {
        let path = &self.settings.endpoints.device_authorization;
        let client =
            self.authenticate(&call.credentials, Purpose { path, grant_type: Some(GrantType::DeviceCode) }).await?;
        let now = self.now();
        let expires_at = now.plus(LIFETIME);
        for _draw in 0..DRAWS {
            let grant: GrantId = self.new_grant_id(now);
            let request = DeviceRequest::read(&call.parameters, &client, grant, &self.settings.issuer)?;
            let user_code = UserCode::generate(self.ports.random.array());
            // What is too much for an approval is refused before anybody is asked.
            AuthorizationRequest::of_device(&request, user_code.clone(), &client, now)?;
            let user_code_key = self.user_code_key(&user_code)?;
            let new = NewDeviceRequest { request, user_code_key, interval: INTERVAL, expires_at };
            if !self.ports.devices.open(&new).await? {
                continue;
            }
            let code = DeviceCode { grant, client_id: client.id.clone(), expires_at };
            let sealed = self.ports.sealer.seal(Sealed::DeviceCode, &serde_json::to_vec(&code)?, now)?;
            let verification_uri = self.settings.url(DEVICE_PAGE);
            return Ok(DeviceAnswer {
                device_code: Secret::new(sealed),
                verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
                verification_uri,
                user_code,
                expires_in: LIFETIME.as_secs(),
                interval: INTERVAL.as_secs(),
            });
        }
        Err(CryptoFailure::new("no user code was free, however often one was drawn").into())
    }

    /// Takes a user code that somebody typed, or that a link brought; `address` is where they are.
    ///
    /// # Errors
    /// If too many came from there, the client is gone, or storage is away.
    pub async fn enter_user_code(
        &self,
        typed: &str,
        address: Option<&str>,
        browser: &Browser,
        cookie: Option<&SessionCookie>,
    ) -> Outcome<DeviceEntry> {
        let now = self.now();
        let Some(user_code) = UserCode::parse(typed) else { return Ok(DeviceEntry::Wrong) };
        if self.attempts_of("device", address, (now, WITHIN)).await? > TYPED_CODES {
            return Err(Refusal::new(Reason::TooManyAttempts).into());
        }
        let found = self.ports.devices.find(&self.user_code_key(&user_code)?, now).await?;
        let Some(request) = found else { return Ok(DeviceEntry::Wrong) };
        let client = self.registered(request.client_id.as_str()).await?.ok_or(Refusal::new(Reason::ClientUnknown))?;
        let request = AuthorizationRequest::of_device(&request, user_code, &client.client, now)?;
        Ok(DeviceEntry::Next(self.begin(request, browser, cookie).await?))
    }

    /// What stands for a user code in storage: short as it is, a plain hash of it could be turned back.
    fn user_code_key(&self, code: &UserCode) -> Outcome<[u8; 32]> {
        self.keyed_hash(&format!("user code\n{}", code.letters()))
    }
}
