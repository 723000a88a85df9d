//! TLS of the server's own: which certificate a connection gets, and how a new one takes over without a restart.
//!
//! The two files are looked at every few seconds. One that changed is read with the other; what makes no certificate with
//! its key leaves the one before it in force, so that a half-written file takes nobody down.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use std::{fmt, fs, io};

use anyhow::Context;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::settings::Tls;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The certificate in force, and where it came from.
pub(crate) struct Certificate {
    files: Files,
    /// Which version of them was read at the start.
    first: Version,
    current: RwLock<Arc<CertifiedKey>>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What tells one version of the files from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version([Option<(SystemTime, u64)>; 2]);

impl Certificate {
    /// Reads the files that the settings name; none if they name none.
    ///
    /// # Errors
    /// If one cannot be read, or the key is not that of the certificate; the message names the setting.
    pub(crate) fn read(settings: &Tls) -> anyhow::Result<Option<Arc<Self>>> {
        let (Some(certificate), Some(key)) = (&settings.certificate_file, &settings.key_file) else { return Ok(None) };
        let files = Files { certificate: certificate.clone(), key: key.clone() };
        // Before they are read: what changes meanwhile is read once more.
        let first = files.version();
        let current = RwLock::new(Arc::new(files.read()?));
        Ok(Some(Arc::new(Self { files, first, current })))
    }

    /// What the HTTP server is told: TLS 1.2 and 1.3, no certificates of clients.
    ///
    /// # Errors
    /// If the library knows no version of TLS, which its build rules out.
    pub(crate) fn server_config(self: &Arc<Self>) -> anyhow::Result<ServerConfig> {
        let versions = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = versions.with_safe_default_protocol_versions().context("TLS")?;
        Ok(config.with_no_client_auth().with_cert_resolver(Arc::clone(self) as _))
    }

    /// Takes over what changes in the files, for ever.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut seen = self.first;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let version = self.files.version();
            if version != seen {
                seen = version;
                self.take_over();
            }
        }
    }

    fn take_over(&self) {
        match self.files.read() {
            Ok(new) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                tracing::info!(file = %self.files.certificate.display(), "a new TLS certificate is in force");
            }
            Err(error) => {
                let cause = format!("{error:#}");
                tracing::error!(cause, "the new TLS certificate cannot be used; the one before it stays in force");
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("file", &self.files.certificate).finish_non_exhaustive()
    }
}

impl Files {
    fn read(&self) -> anyhow::Result<CertifiedKey> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let chain = fs::read(&self.certificate).and_then(|pem| {
            CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().map_err(io::Error::other)
        });
        let chain = chain.with_context(|| format!("tls.certificate_file: {certificate} cannot be read"))?;
        anyhow::ensure!(!chain.is_empty(), "tls.certificate_file: {certificate} has no certificate in PEM");
        let private = fs::read(&self.key).and_then(|pem| PrivateKeyDer::from_pem_slice(&pem).map_err(io::Error::other));
        let private = private.with_context(|| format!("tls.key_file: {key} has no private key in PEM"))?;
        CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider())
            .with_context(|| format!("tls.key_file: {key} is not the key of {certificate}"))
    }

    fn version(&self) -> Version {
        let of = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Version([of(&self.certificate), of(&self.key)])
    }
}
