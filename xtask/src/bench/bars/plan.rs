//! Decides what is measured of Grantor and of the peer for the bars, beside what other sections measure.

use crate::bench::options::Store;
use crate::bench::peer::PeerStore;
use crate::bench::work::Work;

/// The peer that the bars name.
pub(super) const PEER: &str = "node-oidc-provider";

/// Where it is compared.
pub(super) const CONNECTIONS: usize = 32;

/// Under load, for the statements of a batch.
pub(super) const LOADS: [usize; 2] = [CONNECTIONS, 256];

/// For what company makes of a refresh on SQLite.
pub(super) const FEW_AND_MANY: [usize; 2] = [1, 64];

/// One work on one store, by Grantor, and then by the peer at [`CONNECTIONS`].
pub(super) struct Part {
    pub(super) work: Work,
    pub(super) store: Store,
    pub(super) connections: &'static [usize],
    pub(super) peer_stores: &'static [PeerStore],
    /// Whether server and generator have a processor each.
    pub(super) is_pinned: bool,
}

/// What is measured at half of saturation: a work that stores nothing, on one store.
pub(super) const HALVES: [(Work, Store); 5] = [
    (Work::ClientCredentialsEs256, Store::Sqlite),
    (Work::Code, Store::Sqlite),
    (Work::Code, Store::Postgres),
    (Work::Refresh, Store::Sqlite),
    (Work::Refresh, Store::Postgres),
];

pub(super) const PARTS: [Part; 6] = [
    Part {
        work: Work::ClientCredentialsEs256,
        store: Store::Sqlite,
        connections: &[CONNECTIONS],
        peer_stores: &[PeerStore::Memory],
        is_pinned: true,
    },
    Part {
        work: Work::Code,
        store: Store::Postgres,
        connections: &LOADS,
        peer_stores: &[PeerStore::Memory, PeerStore::Postgres],
        is_pinned: true,
    },
    Part { work: Work::Refresh, store: Store::Postgres, connections: &LOADS, peer_stores: &[], is_pinned: true },
    Part { work: Work::Refresh, store: Store::Sqlite, connections: &FEW_AND_MANY, peer_stores: &[], is_pinned: true },
    Part {
        work: Work::Refresh,
        store: Store::Postgres,
        connections: &[CONNECTIONS],
        peer_stores: &[PeerStore::Postgres],
        is_pinned: false,
    },
    Part {
        work: Work::RefreshOpaque,
        store: Store::Postgres,
        connections: &[CONNECTIONS],
        peer_stores: &[PeerStore::Postgres],
        is_pinned: false,
    },
];
