//! The ureq adapter for the suite. It is in the library because bugs are planted into it, too.

use bytes::Bytes;
use clarifai_core::{
    Config, Error,
    operation::RawResponse,
    transport::{Body, TransportError},
};

use clarifai_ureq::RootCertificates;
use clarifai_ureq::ureq::{Agent, Proxy};
use http::{Request, Response};

use super::driver::{AnyMachine, Client, Driver, Settings};

/// The adapter over ureq.
#[derive(Debug)]
pub struct Ureq;

struct UreqClient(clarifai_ureq::Client);

impl Driver for Ureq {
    fn name(&self) -> &'static str {
        "ureq"
    }

    fn client(&self, config: Config, settings: &Settings) -> Box<dyn Client> {
        let timeout = Some(settings.timeout);
        let agent = Agent::config_builder()
            .timeout_connect(timeout)
            .timeout_send_body(timeout)
            .timeout_recv_response(timeout)
            .timeout_recv_body(timeout)
            .proxy(settings.proxy.as_deref().map(|proxy| Proxy::new(proxy).expect("a proxy")));
        let tls = match &settings.authority {
            Some(authority) => super::tls::client(authority),
            None => RootCertificates::mozilla().into_client_config(),
        };
        let transport = clarifai_ureq::Ureq::with_config(agent.build(), tls).with_max_response(settings.max_response);
        Box::new(UreqClient(clarifai_ureq::Client::with_transport(config, transport)))
    }

    fn plain(&self, config: Config) -> Box<dyn Client> {
        Box::new(UreqClient(clarifai_ureq::Client::new(config).expect("a client")))
    }
}

impl Client for UreqClient {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.0.send(request)
    }

    fn run(&self, machine: AnyMachine) -> Result<RawResponse, Error> {
        self.0.run(machine)
    }
}
