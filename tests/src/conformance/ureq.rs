//! The ureq adapter as the suite sees it. It stands in the library because faults are planted into it, too.

use std::sync::Arc;

use bytes::Bytes;
use clarifai_core::{App, Body, Error, RawAnswer, TransportFailure};

use clarifai_ureq::ureq::tls::{Certificate, RootCerts, TlsConfig};
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

    fn client(&self, app: App, settings: &Settings) -> Box<dyn Client> {
        let timeout = Some(settings.timeout);
        let mut config = Agent::config_builder()
            .timeout_connect(timeout)
            .timeout_send_body(timeout)
            .timeout_recv_response(timeout)
            .timeout_recv_body(timeout)
            .proxy(settings.proxy.as_deref().map(|proxy| Proxy::new(proxy).expect("a proxy")));
        if let Some(authority) = &settings.authority {
            let roots = Arc::new(vec![Certificate::from_der(authority).to_owned()]);
            config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::Specific(roots)).build());
        }
        let client = clarifai_ureq::Client::with_agent(app, config.build().into());
        Box::new(UreqClient(client.with_max_response(settings.max_response)))
    }

    fn plain(&self, app: App) -> Box<dyn Client> {
        Box::new(UreqClient(clarifai_ureq::Client::new(app)))
    }
}

impl Client for UreqClient {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportFailure> {
        self.0.send(request)
    }

    fn run(&self, machine: AnyMachine) -> Result<RawAnswer, Error> {
        self.0.run(machine)
    }
}
