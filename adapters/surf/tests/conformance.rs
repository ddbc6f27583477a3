//! Runs the conformance suite of `tests` on this adapter, over libcurl.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clarifai_core::{
    Config, Error,
    operation::RawResponse,
    transport::{Body, TransportError},
};
use clarifai_tests::conformance::{AnyMachine, Client, Driver, Settings, environment, hold, memory};
use futures_timer::Delay;
use futures_util::future::{Either, select};
use http::{Request, Response};
use http_client::isahc::IsahcClient;
use isahc::config::{CaCertificate, Configurable as _, RedirectPolicy};
use pollster::block_on;

struct Surf;

struct SurfClient(clarifai_surf::Client);

impl Driver for Surf {
    fn name(&self) -> &'static str {
        "surf"
    }

    fn client(&self, config: Config, settings: &Settings) -> Box<dyn Client> {
        let mut curl =
            isahc::HttpClient::builder().connect_timeout(settings.timeout).redirect_policy(RedirectPolicy::None);
        if let Some(authority) = &settings.authority {
            curl = curl.ssl_ca_certificate(CaCertificate::file(pem(authority)));
        }
        let proxy = settings.proxy.as_ref().map(|proxy| proxy.parse().expect("the address of a proxy"));
        curl = curl.proxy(proxy);
        let backend = IsahcClient::from_client(curl.build().expect("a client"));
        let transport = clarifai_surf::Surf::with_backend(backend);
        let transport = transport.with_timeout(settings.timeout).with_max_response(settings.max_response);
        Box::new(SurfClient(clarifai_surf::Client::with_transport(config, transport)))
    }

    fn plain(&self, config: Config) -> Box<dyn Client> {
        Box::new(SurfClient(clarifai_surf::Client::new(config).expect("libcurl")))
    }
}

/// Writes a certificate to a PEM file, because libcurl reads certificates from files.
fn pem(certificate: &[u8]) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("{}-{}.pem", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let text = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate));
    std::fs::write(&path, text).expect("a file of the build");
    path
}

impl Client for SurfClient {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        block_on(self.0.send(request))
    }

    fn run(&self, machine: AnyMachine) -> Result<RawResponse, Error> {
        block_on(self.0.run(machine))
    }

    fn give_up(&self, machine: AnyMachine, after: Duration) -> bool {
        let call = pin!(self.0.run(machine));
        matches!(block_on(select(call, Delay::new(after))), Either::Right(_))
    }
}

#[test]
fn table() {
    hold(Surf);
}

#[test]
fn environment() {
    environment::hold(&Surf);
}

#[test]
fn memory() {
    memory::hold(&Surf);
}

#[test]
fn client_methods() {
    block_on(clarifai_tests::client_methods::nonblocking(|config| clarifai_surf::Surf::new(config).expect("libcurl")));
}
