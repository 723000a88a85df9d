//! What every route works with.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpRequest;
use actix_web::web::Data;
use grantor_application::Service;

use crate::client_address::TrustedProxies;
use crate::metrics::Requests;
use crate::pages::Pages;
use crate::playground::Playground;

/// The service and its pages.
pub struct App {
    pub(crate) service: Arc<Service>,
    pub(crate) pages: Pages,
    /// Whether people may look after their own account.
    pub(crate) has_accounts: bool,
    /// None: there is no playground.
    pub(crate) playground: Option<Data<Playground>>,
    /// What is counted of requests.
    pub(crate) requests: Requests,
    /// Whether people reach us over TLS: then cookies are `Secure` and bound to this host.
    pub(crate) secure: bool,
    proxies: TrustedProxies,
    is_draining: AtomicBool,
}

impl App {
    /// Routes over this service. Cookies are `Secure` if its issuer is.
    #[must_use]
    pub fn new(service: Arc<Service>, pages: Pages) -> Self {
        let secure = service.settings().issuer.as_str().starts_with("https:");
        Self {
            service,
            pages,
            has_accounts: true,
            playground: None,
            requests: Requests::new(),
            secure,
            proxies: TrustedProxies::default(),
            is_draining: AtomicBool::new(false),
        }
    }

    /// The same, behind these proxies.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// The same, where people may not look after their own account.
    #[must_use]
    pub fn without_accounts(self) -> Self {
        Self { has_accounts: false, ..self }
    }

    /// The same, with a playground.
    #[must_use]
    pub fn with_playground(self, playground: Playground) -> Self {
        Self { playground: Some(Data::new(playground)), ..self }
    }

    /// From now on says that it is not ready, and closes each connection after its answer: the process is about to end.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether the process is about to end.
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// The address that a request comes from.
    pub(crate) fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        self.proxies.client_address(request)
    }
}
