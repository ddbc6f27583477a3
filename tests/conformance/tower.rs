//! The conformance suite on the tower adapter, over hyper's client.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::{App, Body, BodyReader, Error, RawAnswer, TransportFailure};
use clarifai_tests::conformance::{AnyMachine, Client, Driver, Settings, environment, hold, memory, tls};
use clarifai_tower::Hyper;
use http::{Request, Response};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioExecutor;
use tower::util::BoxCloneSyncService;

mod on_tokio;

use on_tokio::{gives_up, wait_for};

struct Tower;

struct TowerClient(clarifai_tower::Client<Hyper>);

impl Driver for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    fn client(&self, app: App, settings: &Settings) -> Box<dyn Client> {
        let client = clarifai_tower::Client::with_client(app, service(settings));
        Box::new(TowerClient(client.with_timeout(settings.timeout).with_max_response(settings.max_response)))
    }

    fn plain(&self, app: App) -> Box<dyn Client> {
        Box::new(TowerClient(clarifai_tower::Client::new(app)))
    }
}

/// The adapter's own service, or one with what its users must put together themselves.
fn service(settings: &Settings) -> Hyper {
    let Some(authority) = &settings.authority else { return clarifai_tower::hyper() };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let https = HttpsConnectorBuilder::new().with_tls_config(tls::client(authority)).https_or_http().enable_http1();
    let connector = match &settings.proxy {
        None => BoxCloneSyncService::new(https.wrap_connector(tcp)),
        Some(proxy) => {
            let proxy = proxy.parse().expect("the address of a proxy");
            BoxCloneSyncService::new(https.wrap_connector(Tunnel::new(proxy, tcp)))
        }
    };
    hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .build::<_, BodyReader>(connector)
}

impl Client for TowerClient {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        wait_for(self.0.send(request))
    }

    fn run(&self, machine: AnyMachine) -> Result<RawAnswer, Error> {
        wait_for(self.0.run(machine))
    }

    fn give_up(&self, machine: AnyMachine, after: Duration) -> bool {
        gives_up(self.0.run(machine), after)
    }
}

#[test]
fn table() {
    hold(Tower);
}

#[test]
fn environment() {
    environment::hold(&Tower);
}

#[test]
fn memory() {
    memory::hold(&Tower);
}
