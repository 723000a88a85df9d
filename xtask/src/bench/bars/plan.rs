//! Decides what is measured of Grantor and of the peer for the bars, beside what other sections measure.

use crate::bench::options::Store;
use crate::bench::peer::PeerStore;
use crate::bench::work::Work;

/// The peer that the bars name.
pub(super) const PEER: &str = "node-oidc-provider";

/// Where it is compared.
pub(super) const CONNECTIONS: usize = 32;

/// What is measured of Grantor and of the peer in turn, with [`CONNECTIONS`].
pub(super) struct Duel {
    pub(super) work: Work,
    /// Grantor's.
    pub(super) store: Store,
    pub(super) peer_store: PeerStore,
    /// Whether server and generator have a processor each.
    pub(super) is_pinned: bool,
}

pub(super) const DUELS: [Duel; 5] = [
    Duel { work: Work::ClientCredentialsEs256, store: Store::Sqlite, peer_store: PeerStore::Memory, is_pinned: true },
    Duel { work: Work::Code, store: Store::Postgres, peer_store: PeerStore::Memory, is_pinned: true },
    Duel { work: Work::Code, store: Store::Postgres, peer_store: PeerStore::Postgres, is_pinned: true },
    Duel { work: Work::RefreshOpaque, store: Store::Postgres, peer_store: PeerStore::Postgres, is_pinned: false },
    Duel { work: Work::Refresh, store: Store::Postgres, peer_store: PeerStore::Postgres, is_pinned: false },
];

/// What is measured of Grantor alone on Postgres, for statements and what they write, and with how many connections.
pub(super) const LOADED: [Work; 2] = [Work::Refresh, Work::Code];
pub(super) const LOADS: [usize; 2] = [CONNECTIONS, 256];

/// For what company makes of a refresh on SQLite, in turn.
pub(super) const COMPANY: Work = Work::Refresh;
pub(super) const MANY_AND_ONE: [usize; 2] = [64, 1];

/// What is measured at half of saturation: a work that stores nothing, on one store.
pub(super) const HALVES: [(Work, Store); 5] = [
    (Work::ClientCredentialsEs256, Store::Sqlite),
    (Work::Code, Store::Sqlite),
    (Work::Code, Store::Postgres),
    (Work::Refresh, Store::Sqlite),
    (Work::Refresh, Store::Postgres),
];
