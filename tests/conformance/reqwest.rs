//! The conformance suite on the reqwest adapter.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::{App, Body, Error, RawAnswer, TransportFailure};
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

    fn client(&self, app: App, settings: &Settings) -> Box<dyn Client> {
        let mut builder = clarifai_reqwest::Client::builder().timeout(settings.timeout).no_proxy();
        if let Some(authority) = &settings.authority {
            builder = builder.tls_backend_preconfigured(tls::client(authority));
        }
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(Proxy::all(proxy).expect("a proxy"));
        }
        let client = clarifai_reqwest::Client::with_client(app, builder.build().expect("a client"));
        Box::new(ReqwestClient(client.with_max_response(settings.max_response)))
    }

    fn plain(&self, app: App) -> Box<dyn Client> {
        Box::new(ReqwestClient(clarifai_reqwest::Client::new(app)))
    }
}

impl Client for ReqwestClient {
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
