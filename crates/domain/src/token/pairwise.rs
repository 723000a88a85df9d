//! What a client is told instead of a person's subject (OpenID Connect Core §8.1).

use crate::user::Subject;

/// A pairwise subject identifier (Core §8.1). It cannot be turned back, so what must be (an access token, for UserInfo) holds
/// the subject besides, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairwiseSubject {
    /// `sub` (Core §8.1).
    pub sub: Subject,
    /// The subject that it stands for, sealed: the private claim `account`, Grantor's own.
    pub account: String,
}
