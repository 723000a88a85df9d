//! The compact form of a JWS (RFC 7515 §7.1), read and written here: the library's reader takes a `crit` that is no list
//! for none at all, and its writer builds the same header again for every token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::jwt::{JoseHeader, JwsAlgorithm, JwtType};
use serde_json::json;

/// Longest JWS that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// A header in base64url, to be used for many tokens.
pub(crate) fn encode_header(algorithm: JwsAlgorithm, kind: JwtType, key_id: Option<&str>) -> String {
    let mut header = json!({ "alg": algorithm.as_str(), "typ": kind.as_str() });
    if let (Some(key_id), Some(members)) = (key_id, header.as_object_mut()) {
        members.insert("kid".to_owned(), key_id.into());
    }
    URL_SAFE_NO_PAD.encode(header.to_string())
}

/// Signs `payload` under an encoded header.
///
/// # Errors
/// Whatever `sign` says.
pub(crate) fn write<E>(
    header: &str,
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<String, E> {
    // Room for the longest signature we make, 256 bytes, so that the text grows but once.
    let mut jws = String::with_capacity(header.len() + payload.len().div_ceil(3) * 4 + 346);
    jws.push_str(header);
    jws.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut jws);
    let signature = sign(jws.as_bytes())?;
    jws.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
    Ok(jws)
}

/// A JWS that was taken apart, and whose signature nobody checked yet.
pub(crate) struct CompactJws<'a> {
    /// What it says about its signature.
    pub(crate) header: JoseHeader,
    /// What is signed: header and payload as they came.
    pub(crate) signing_input: &'a [u8],
    /// The signature.
    pub(crate) signature: Vec<u8>,
    payload: &'a str,
}

impl<'a> CompactJws<'a> {
    /// Takes a JWS apart; none if it is malformed, too long, or has a critical extension.
    pub(crate) fn read(jws: &'a str) -> Option<Self> {
        if jws.len() > MAX_BYTES {
            return None;
        }
        let header = JoseHeader::peek(jws)?;
        let (signing_input, signature) = jws.rsplit_once('.')?;
        let (_, payload) = signing_input.split_once('.')?;
        Some(Self {
            header,
            signing_input: signing_input.as_bytes(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            payload,
        })
    }

    /// The payload's bytes, for when the signature was checked; none if they are not base64url.
    pub(crate) fn into_payload(self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(self.payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let header = encode_header(JwsAlgorithm::ES256, JwtType::AccessToken, Some("k"));
        let jws = write(&header, b"payload", |input| Ok::<_, ()>(input.to_vec())).unwrap();
        let read = CompactJws::read(&jws).unwrap();
        let expect = JoseHeader {
            algorithm: Some(JwsAlgorithm::ES256),
            unsecured: false,
            key_id: Some("k".into()),
            kind: Some("at+jwt".into()),
        };
        assert_eq!(read.header, expect);
        assert_eq!(read.signing_input, read.signature);
        assert_eq!(read.into_payload().as_deref(), Some(b"payload".as_slice()));
    }

    #[test]
    fn what_is_malformed_is_none() {
        let header = encode_header(JwsAlgorithm::ES256, JwtType::IdToken, None);
        assert!(CompactJws::read(&format!("{header}.e30.c2ln")).is_some());
        let long = "A".repeat(MAX_BYTES);
        for malformed in [
            String::new(),
            "..".to_owned(),
            format!("{header}.e30"),
            format!("{header}.e30.c2ln.c2ln"),
            format!("{header}.e30.c2ln="),
            format!("{header}.e30.c2lo\n"),
            format!("{header}.{long}.c2ln"),
        ] {
            assert!(CompactJws::read(&malformed).is_none(), "{malformed}");
        }
        assert_eq!(CompactJws::read(&format!("{header}.e30=.c2ln")).and_then(CompactJws::into_payload), None);
    }
}
