//! The conformance suite on the reqwest adapter.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::{
    Config, Error,
    operation::RawResponse,
    transport::{Body, TransportError},
};
use clarifai_reqwest::reqwest::Proxy;
use clarifai_tests::conformance::{AnyMachine, Client, Driver, Settings, environment, hold, memory, tls};
use http::{Request, Response};

mod on_tokio;

use on_tokio::{gives_up, wait_for};

struct Reqwest;

struct ReqwestClient(clarifai_reqwest::Client);

impl Driver for Reqwest {
    fn name(&self) -> &'static str {
        "reqwest"
    }

    fn client(&self, config: Config, settings: &Settings) -> Box<dyn Client> {
        let mut builder = clarifai_reqwest::Reqwest::builder().timeout(settings.timeout).no_proxy();
        if let Some(authority) = &settings.authority {
            builder = builder.tls_backend_preconfigured(tls::client(authority));
        }
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(Proxy::all(proxy).expect("a proxy"));
        }
        let http = builder.build().expect("a client");
        let transport = clarifai_reqwest::Reqwest::with_client(http).with_max_response(settings.max_response);
        Box::new(ReqwestClient(clarifai_reqwest::Client::with_transport(config, transport)))
    }

    fn plain(&self, config: Config) -> Box<dyn Client> {
        Box::new(ReqwestClient(clarifai_reqwest::Client::new(config).expect("a client")))
    }
}

impl Client for ReqwestClient {
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
    hold(Reqwest);
}

#[test]
fn environment() {
    environment::hold(&Reqwest);
}

#[test]
fn memory() {
    memory::hold(&Reqwest);
}

#[test]
fn client_methods() {
    wait_for(clarifai_tests::client_methods::nonblocking(|config| {
        clarifai_reqwest::Reqwest::new(config).expect("a transport")
    }));
}
