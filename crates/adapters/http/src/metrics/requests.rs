//! What is counted of requests. Every label is an index into a closed list, so a request costs a few atomic additions and
//! nothing that a client sends can make a series.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantor_domain::error::ErrorCode;
use grantor_domain::grant::GrantType;
use grantor_ports::{Distribution, Histogram};

use crate::endpoint::Endpoint;

/// Bounds of the time that a request takes, in microseconds: from 0.25 ms to 10 s.
const DURATIONS: [u64; 15] = [
    250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];

/// Grants that a request can be for, none included.
const GRANTS: usize = GrantType::ALL.len() + 1;

/// How a request can end.
const OUTCOMES: usize = ErrorCode::ALL.len() + 3;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The client hung up before the answer.
    Abandoned,
    /// There is nothing at its address.
    NotFound,
    /// It was told this error.
    Refused(ErrorCode),
    /// It got what it asked for.
    Success,
}

/// The counts of all requests.
pub(crate) struct Requests {
    in_flight: AtomicU64,
    /// By endpoint, grant and outcome.
    counts: Box<[AtomicU64]>,
    /// By endpoint and grant.
    durations: Box<[Histogram]>,
}

impl Requests {
    pub(crate) fn new() -> Self {
        let kinds = Endpoint::ALL.len() * GRANTS;
        Self {
            in_flight: AtomicU64::new(0),
            counts: (0..kinds * OUTCOMES).map(|_| AtomicU64::new(0)).collect(),
            durations: (0..kinds).map(|_| Histogram::new(&DURATIONS)).collect(),
        }
    }

    /// A request has arrived.
    pub(crate) fn begun(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// A request has ended.
    pub(crate) fn ended(&self, endpoint: Endpoint, grant: Option<GrantType>, outcome: Outcome, took: Duration) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        let kind = kind(endpoint, grant);
        if let Some(count) = self.counts.get(kind * OUTCOMES + outcome.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(durations) = self.durations.get(kind) {
            durations.observe(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// How many have not ended.
    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// How many ended how, where there were any: endpoint, grant, outcome.
    pub(super) fn counts(&self) -> impl Iterator<Item = ([&'static str; 3], u64)> {
        let counts =
            kinds().flat_map(|(endpoint, grant)| Outcome::all().map(move |outcome| (endpoint, grant, outcome)));
        counts.filter_map(|(endpoint, grant, outcome)| {
            let count = self.counts.get(kind(endpoint, grant) * OUTCOMES + outcome.index())?.load(Ordering::Relaxed);
            (count > 0).then_some(([endpoint.as_str(), grant_name(grant), outcome.as_str()], count))
        })
    }

    /// How long they took, where there were any: endpoint, grant.
    pub(super) fn durations(&self) -> impl Iterator<Item = ([&'static str; 2], Distribution)> {
        kinds().filter_map(|(endpoint, grant)| {
            let durations = self.durations.get(kind(endpoint, grant))?.read();
            let any = durations.counts.iter().any(|count| *count > 0);
            any.then_some(([endpoint.as_str(), grant_name(grant)], durations))
        })
    }
}

impl Outcome {
    const fn index(self) -> usize {
        match self {
            Self::Abandoned => 0,
            Self::NotFound => 1,
            Self::Success => 2,
            Self::Refused(code) => 3 + code as usize,
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        let refused = ErrorCode::ALL.into_iter().map(Self::Refused);
        [Self::Abandoned, Self::NotFound, Self::Success].into_iter().chain(refused)
    }

    /// The name in metrics and traces.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::NotFound => "not_found",
            Self::Refused(code) => code.as_str(),
            Self::Success => "success",
        }
    }
}

const fn kind(endpoint: Endpoint, grant: Option<GrantType>) -> usize {
    let grant = match grant {
        Some(grant) => grant as usize + 1,
        None => 0,
    };
    endpoint as usize * GRANTS + grant
}

fn kinds() -> impl Iterator<Item = (Endpoint, Option<GrantType>)> {
    let grants = || std::iter::once(None).chain(GrantType::ALL.into_iter().map(Some));
    Endpoint::ALL.into_iter().flat_map(move |endpoint| grants().map(move |grant| (endpoint, grant)))
}

fn grant_name(grant: Option<GrantType>) -> &'static str {
    grant.map_or("none", GrantType::as_str)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_combination_has_a_place_of_its_own() {
        let places: BTreeSet<_> = kinds()
            .flat_map(|(endpoint, grant)| {
                Outcome::all().map(move |outcome| kind(endpoint, grant) * OUTCOMES + outcome.index())
            })
            .collect();
        assert_eq!(places.len(), Endpoint::ALL.len() * GRANTS * OUTCOMES);
        assert_eq!(places.last(), Some(&(places.len() - 1)));
        assert!(Endpoint::ALL.is_sorted_by_key(|endpoint| endpoint.as_str()));
        assert!(GrantType::ALL.iter().enumerate().all(|(index, grant)| *grant as usize == index));
    }

    #[test]
    fn a_request_is_counted_where_it_belongs() {
        let requests = Requests::new();
        requests.begun();
        requests.begun();
        let grant = Some(GrantType::RefreshToken);
        let refused = Outcome::Refused(ErrorCode::InvalidGrant);
        requests.ended(Endpoint::Token, grant, refused, Duration::from_micros(300));
        let counts: Vec<_> = requests.counts().collect();
        assert_eq!(counts, [(["token", "refresh_token", "invalid_grant"], 1)]);
        let durations: Vec<_> = requests.durations().collect();
        assert_eq!(durations.len(), 1);
        assert_eq!(
            (durations[0].0, durations[0].1.counts[1], durations[0].1.sum),
            (["token", "refresh_token"], 1, 300)
        );
        assert_eq!(requests.in_flight(), 1);
    }
}
