//! Our own JWTs: signed by the key in use, and recognised by the key that they name.

use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_domain::time::Timestamp;
use grantor_ports::{CryptoFailure, NotOurs, Signer, TRACE_TARGET, VerifiedJwt};
use serde_json::{Value, json};

use crate::KeyRing;
use crate::compact::CompactJws;

impl Signer for KeyRing {
    fn sign(
        &self,
        algorithm: JwsAlgorithm,
        kind: JwtType,
        claims: &[u8],
        now: Timestamp,
    ) -> Result<String, CryptoFailure> {
        let _span = tracing::debug_span!(target: TRACE_TARGET, "sign", %algorithm).entered();
        let ready = self.ready();
        let key = ready
            .signing_at(algorithm, now)
            .ok_or(CryptoFailure::new("the key ring has no key in use for the algorithm"))?;
        key.sign(kind, claims)
    }

    fn verify(&self, jwt: &str, now: Timestamp) -> Result<VerifiedJwt, NotOurs> {
        let jws = CompactJws::read(jwt).ok_or(NotOurs::Invalid)?;
        let key_id = jws.header.key_id.as_deref().ok_or(NotOurs::Invalid)?;
        let ready = self.ready();
        let key = ready.signing_by_id(key_id).ok_or(NotOurs::UnknownKey)?;
        if key.is_retired(now) || !key.key.verifies(&jws) {
            return Err(NotOurs::Invalid);
        }
        let kind = jws.header.kind.as_deref().and_then(JwtType::parse);
        let payload = jws.into_payload().ok_or(NotOurs::Invalid)?;
        Ok(VerifiedJwt { kind, algorithm: key.key.algorithm, payload })
    }

    fn jwks(&self, now: Timestamp) -> Value {
        json!({ "keys": self.ready().published_at(now).map(|key| &key.public_jwk).collect::<Vec<_>>() })
    }

    fn algorithms(&self) -> Vec<JwsAlgorithm> {
        let ready = self.ready();
        JwsAlgorithm::ALL.into_iter().filter(|algorithm| ready.keeps_signing_with(*algorithm)).collect()
    }
}
