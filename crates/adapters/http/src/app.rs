//! What every route works with.

use std::sync::Arc;

use grantor_application::Service;

use crate::metrics::Requests;
use crate::pages::Pages;

/// The service and its pages.
pub struct App {
    pub(crate) service: Arc<Service>,
    pub(crate) pages: Pages,
    /// What is counted of requests.
    pub(crate) requests: Requests,
    /// Whether people reach us over TLS: then cookies are `Secure` and bound to this host.
    pub(crate) secure: bool,
}

impl App {
    /// Routes over this service. Cookies are `Secure` if its issuer is.
    #[must_use]
    pub fn new(service: Arc<Service>, pages: Pages) -> Self {
        let secure = service.settings().issuer.as_str().starts_with("https:");
        Self { service, pages, requests: Requests::new(), secure }
    }
}
