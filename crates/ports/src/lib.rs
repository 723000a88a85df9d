//! What the rules of Grantor need from the world, as traits over domain types.
//!
//! A port follows a boundary of consistency, not a table: each storage method is one atomic outcome and says what is
//! atomic, who calls it, and what an attacker gains if an implementation is wrong. Absence is an `Option`, a lost race
//! a variant, an outage [`Unavailable`]; nothing else is an error.

mod cause;
mod clients;
mod clock;
mod consents;
mod crypto;
mod declarations;
mod devices;
mod fetch;
mod grants;
mod guards;
mod keys;
mod logout_notices;
mod measures;
mod passkeys;
mod passwords;
mod registrations;
mod second_factors;
mod sessions;
mod unavailable;
mod users;

use std::future::Future;
use std::pin::Pin;

pub use clients::{ClientRecord, Clients};
pub use clock::{Clock, Random};
pub use consents::{Consents, RememberedClient};
pub use crypto::{
    ClientKeys, ClientSecrets, ClientSigningKey, CryptoFailure, KeyRing, NotOurs, PairwiseSubjects, Sealed, Sealer,
    SecretUse, Signer, UnusableKey, VerifiedJwt,
};
pub use declarations::{
    Commitment, DeclarationPlan, Declarations, Mentioned, ObjectKind, Owned, PolicyWrite, Survey, UserUpdate,
    UserWrite, Write,
};
pub use devices::{DevicePoll, Devices, NewDeviceRequest};
pub use fetch::{Fetch, FetchFailure, FetchRequest, Fetched};
pub use grants::{
    GrantQuery, GrantScope, Grants, ListedGrant, LiveGrant, Liveness, OpenOutcome, RotateOutcome, TokenDependencies,
};
pub use guards::{Attempts, FailedAttempt, FailureKeys, ReplayGuard, Spend};
pub use keys::{Change, Changes, KeyPurpose, KeyRecord, Keys};
pub use logout_notices::{LogoutNotice, LogoutNotices};
pub use measures::{Distribution, Histogram, PoolReading, StorageFailure, StorageReading};
pub use passkeys::{Ceremony, MadePasskey, NamedPasskey, PasskeyCeremonies, PasskeyOwner, PasskeyRefused};
pub use passwords::{PasswordCheck, PasswordScheme, Passwords, UnusableHash};
pub use registrations::{Registered, Registration, Registrations, SpentToken};
pub use second_factors::{EnrolledFactors, RecoveryCodeHash, SecondFactors, StoredPasskey, StoredTotp};
pub use sessions::{ListedSession, NewSession, SessionOrigin, Sessions, SignedIn};
pub use unavailable::Unavailable;
pub use users::{ImportMode, Imported, PasswordHash, SigningIn, UserCredentials, Users};

/// The target of the spans that traces are made of: a request, and what it waits for. They are of level `DEBUG`, so that
/// they cost nothing unless somebody asks for them, and hold no text that a client chose.
pub const TRACE_TARGET: &str = "grantor::trace";

/// A future that a port returns.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What storage answers: the outcome, or an outage.
pub type StoreFuture<'a, T> = PortFuture<'a, Result<T, Unavailable>>;
