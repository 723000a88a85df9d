//! Where a request came from, for the log alone: ambient, like a span, so that no rule can see it.

use std::future::Future;
use std::net::IpAddr;
use std::sync::OnceLock;

tokio::task_local! {
    /// The origin of the request that this task answers.
    static CURRENT: Origin;
}

/// Where a request came from, and the reference of its lines in the log, which is drawn when the first one is written.
#[derive(Debug, Default)]
pub struct Origin {
    address: Option<IpAddr>,
    reference: OnceLock<String>,
}

impl Origin {
    /// The origin of a request from this address.
    #[must_use]
    pub fn at(address: Option<IpAddr>) -> Self {
        Self { address, reference: OnceLock::new() }
    }

    /// Does `work` for a request of this origin: what it logs carries the address and one reference.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }
}

/// The address of the request that is being answered.
pub(super) fn address() -> Option<IpAddr> {
    CURRENT.try_with(|origin| origin.address).ok().flatten()
}

/// The reference of the request that is being answered, drawn if it has none yet; of its own if there is no request.
pub(super) fn reference(draw: impl Fn() -> String) -> String {
    CURRENT.try_with(|origin| origin.reference.get_or_init(&draw).clone()).unwrap_or_else(|_no_request| draw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_has_one_reference_however_often_it_is_asked_for() {
        let mut drawn = 0_u32;
        let numbers = std::cell::RefCell::new(&mut drawn);
        let draw = || {
            **numbers.borrow_mut() += 1;
            numbers.borrow().to_string()
        };
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let work = async { (reference(draw), reference(draw), super::address()) };
        assert_eq!(Origin::at(address).scope(work).await, ("1".to_owned(), "1".to_owned(), address));
        assert_eq!((reference(draw), reference(draw), super::address()), ("2".to_owned(), "3".to_owned(), None));
    }
}
