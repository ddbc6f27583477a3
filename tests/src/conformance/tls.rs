//! Certificates made for the run: a private authority, and certificates with and without its signature.

use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// A flaw of the certificate of a server at `localhost`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// None.
    None,
    /// It is for another host.
    WrongHost,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// No authority signed it.
    SelfSigned,
    /// Another authority signed it.
    OtherAuthority,
}

struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate, issuer: Issuer::new(params, key) }
    }
}

static TRUSTED: LazyLock<Authority> = LazyLock::new(|| Authority::new("trusted by the suite"));
static OTHER: LazyLock<Authority> = LazyLock::new(|| Authority::new("untrusted authority"));

/// Returns the certificate of the private authority, in DER.
pub fn authority() -> Vec<u8> {
    TRUSTED.certificate.der().to_vec()
}

/// Returns the TLS configuration of a server, with a certificate that has this flaw.
///
/// # Panics
///
/// If no certificate can be made.
pub fn server(flaw: Flaw) -> Arc<ServerConfig> {
    let name = if flaw == Flaw::WrongHost { "elsewhere.example" } else { "localhost" };
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    (params.not_before, params.not_after) = match flaw {
        Flaw::Expired => (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1)),
        Flaw::NotYetValid => (date_time_ymd(4001, 1, 1), date_time_ymd(4002, 1, 1)),
        _ => (date_time_ymd(2001, 1, 1), date_time_ymd(4001, 1, 1)),
    };
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    let certificate = match flaw {
        Flaw::SelfSigned => params.self_signed(&key),
        Flaw::OtherAuthority => params.signed_by(&key, &OTHER.issuer),
        _ => params.signed_by(&key, &TRUSTED.issuer),
    };
    let certificate: CertificateDer<'static> = certificate.expect("a certificate").der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate and its key");
    Arc::new(config)
}

/// Returns the TLS configuration of a client that trusts this authority only, for adapters that accept one.
///
/// # Panics
///
/// If the certificate is invalid.
pub fn client(authority: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.to_vec())).expect("a certificate");
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
