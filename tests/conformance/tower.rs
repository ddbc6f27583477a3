//! The conformance suite on the tower adapter, over hyper's client.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::{
    Config, Error,
    operation::RawResponse,
    transport::{Body, BodyReader, TransportError},
};
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

    fn client(&self, config: Config, settings: &Settings) -> Box<dyn Client> {
        let transport = clarifai_tower::Tower::new(service(settings));
        let transport = transport.with_timeout(settings.timeout).with_max_response(settings.max_response);
        Box::new(TowerClient(clarifai_tower::Client::with_transport(config, transport)))
    }

    fn plain(&self, config: Config) -> Box<dyn Client> {
        Box::new(TowerClient(clarifai_tower::Client::new(config).expect("a client")))
    }
}

/// Returns the service of the adapter, or one that its users have to build themselves.
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
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        wait_for(self.0.send(request))
    }

    fn run(&self, machine: AnyMachine) -> Result<RawResponse, Error> {
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

#[test]
fn client_methods() {
    wait_for(clarifai_tests::client_methods::nonblocking(|_| clarifai_tower::Tower::new(clarifai_tower::hyper())));
}
