//! The root certificates that servers are verified against.
//!
//! By default these are Mozilla's, and in addition those that the environment names: the PEM file `SSL_CERT_FILE`, and
//! the PEM files in the folder `SSL_CERT_DIR`. A company whose proxy replaces certificates provides such a file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clarifai_core::error::InvalidArgument;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};

/// The variable that names a PEM file.
const FILE: &str = "SSL_CERT_FILE";
/// The variable that names folders of PEM files.
const FOLDER: &str = "SSL_CERT_DIR";

/// Root certificates: Mozilla's, unless they are replaced by those of the system, and added ones.
#[derive(Clone)]
pub struct RootCertificates {
    store: RootCertStore,
}

impl Default for RootCertificates {
    fn default() -> Self {
        Self::mozilla()
    }
}

impl RootCertificates {
    /// Creates the root certificates of Mozilla, which are part of the program.
    pub fn mozilla() -> Self {
        Self { store: webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect() }
    }

    /// Creates the root certificates of the operating system.
    ///
    /// # Errors
    ///
    /// Fails if the system has none that can be read.
    pub fn native() -> Result<Self, InvalidArgument> {
        let mut roots = Self { store: RootCertStore::empty() };
        roots.add("native roots", load_native_certs())?;
        Ok(roots)
    }

    /// Adds the certificates that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, if these are set.
    ///
    /// # Errors
    ///
    /// Names the variable whose file or folder cannot be read or contains no certificate.
    pub fn with_env(mut self) -> Result<Self, InvalidArgument> {
        if let Some(file) = variable(FILE) {
            self.add(FILE, load_certs_from_paths(Some(Path::new(&file)), None))?;
        }
        // As OpenSSL reads it, the variable can list several folders.
        let folders = variable(FOLDER).map(|folders| std::env::split_paths(&folders).collect::<Vec<PathBuf>>());
        for folder in folders.unwrap_or_default() {
            self.add(FOLDER, load_certs_from_paths(None, Some(&folder)))?;
        }
        Ok(self)
    }

    /// Adds the certificates of a PEM file.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read or contains no certificate.
    pub fn with_file(mut self, path: impl AsRef<Path>) -> Result<Self, InvalidArgument> {
        self.add("root certificates", load_certs_from_paths(Some(path.as_ref()), None))?;
        Ok(self)
    }

    /// Adds a certificate in DER form.
    ///
    /// # Errors
    ///
    /// Fails if it is not a valid certificate.
    pub fn with_der(mut self, der: &[u8]) -> Result<Self, InvalidArgument> {
        let certificate = CertificateDer::from(der).into_owned();
        self.store
            .add(certificate)
            .map_err(|error| InvalidArgument::new("root certificate", format!("is not valid: {error}")))?;
        Ok(self)
    }

    /// Returns the TLS configuration of a client that trusts these certificates: rustls with ring, TLS 1.2 and 1.3, no
    /// client certificate.
    #[expect(clippy::missing_panics_doc, reason = "ring has the suites of TLS 1.2 and 1.3")]
    pub fn into_client_config(self) -> ClientConfig {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the suites of TLS 1.2 and 1.3")
            .with_root_certificates(self.store)
            .with_no_client_auth()
    }

    /// Adds what was read for the argument `name`. Files without a certificate are no error next to others that have
    /// one: folders hold other things too.
    fn add(&mut self, name: &'static str, read: CertificateResult) -> Result<(), InvalidArgument> {
        let CertificateResult { certs, errors, .. } = read;
        let (added, _) = self.store.add_parsable_certificates(certs);
        match (added, errors.first()) {
            (1.., _) => Ok(()),
            (0, Some(error)) => Err(InvalidArgument::new(name, format!("cannot be read: {error}"))),
            (0, None) => Err(InvalidArgument::new(name, "contain no certificate in PEM form")),
        }
    }
}

impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootCertificates").field("count", &self.store.len()).finish()
    }
}

/// Returns an environment variable that is not empty.
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns whether an error, or one of its causes, is that the certificate of the server is not trusted. A client
/// verifies it before it sends anything, so such an error proves that no byte of the request was sent.
pub fn is_untrusted(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        // The source of an I/O error is that of the error in it, which is skipped.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is_some_and(|inner| is_untrusted(inner)) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn untrusted_certificates_are_found_among_the_causes() {
        let untrusted = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let boxed = |error: rustls::Error| io::Error::new(io::ErrorKind::InvalidData, error);
        assert!(is_untrusted(&untrusted()));
        assert!(is_untrusted(&boxed(untrusted())));
        assert!(is_untrusted(&io::Error::other(boxed(untrusted()))));
        assert!(!is_untrusted(&boxed(rustls::Error::DecryptError)));
        assert!(!is_untrusted(&io::Error::other("cut")));
    }

    #[test]
    fn unreadable_files_are_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificate").expect("a file");
        for path in [empty, folder.path().join("missing.pem")] {
            let error = RootCertificates::mozilla().with_file(&path).expect_err("no certificate");
            assert_eq!(error.argument(), "root certificates", "{error}");
        }
        assert!(RootCertificates::mozilla().with_der(b"x").is_err());
    }
}
