//! Pairwise subject identifiers: a keyed hash of sector and account (or session), which nobody without the salt can compute or
//! turn back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::client::Sector;
use grantor_domain::id::SessionId;
use grantor_domain::user::Subject;
use grantor_ports::{CryptoFailure, PairwiseSubjects};

use crate::KeyRing;

impl PairwiseSubjects for KeyRing {
    fn has_salt(&self) -> bool {
        self.ready().pairwise_salt.is_some()
    }

    fn pairwise(&self, sector: &Sector, account: &str) -> Result<Subject, CryptoFailure> {
        let hash = self.hash(sector, &[account.as_bytes()])?;
        Subject::parse(&URL_SAFE_NO_PAD.encode(hash))
            .map_err(|error| CryptoFailure::because("a pairwise subject cannot be made", error))
    }

    fn pairwise_session(&self, sector: &Sector, session: SessionId) -> Result<SessionId, CryptoFailure> {
        // No account begins with a zero byte.
        let hash = self.hash(sector, &[&[0], session.as_bytes()])?;
        let (half, _) = hash.split_first_chunk().ok_or(CryptoFailure::new("a keyed hash is too short"))?;
        Ok(SessionId::from_bytes(*half))
    }
}

impl KeyRing {
    fn hash(&self, sector: &Sector, named: &[&[u8]]) -> Result<[u8; 32], CryptoFailure> {
        let salt = self.ready().pairwise_salt.clone();
        let salt = salt.ok_or(CryptoFailure::new("the key ring has no salt for pairwise subjects"))?;
        // A host has no zero byte, so no two pairs of sector and name give the same text.
        Ok(salt.mac(&[&[sector.as_str().as_bytes(), &[0]], named].concat()))
    }
}
