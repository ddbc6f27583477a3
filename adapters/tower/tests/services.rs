//! The adapter against the simulator on a port, and against misbehaving servers.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use clarifai_simulator::{Server, Simulator};
use clarifai_tower::core::bulk::Upload;
use clarifai_tower::core::inputs::{ListInputs, NewInput};
use clarifai_tower::core::models::{ListModels, Predict};
use clarifai_tower::core::pagination::Pages;
use clarifai_tower::core::policy::RetryPolicy;
use clarifai_tower::core::{
    Error,
    transport::{Body, BodyReader, TransportErrorKind},
};
use clarifai_tower::{Client, Config, Credentials, Tower, hyper};
use futures_util::StreamExt as _;
use http::Request;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data");

fn simulator() -> Server {
    Server::start(Simulator::new().mount(DATA), "127.0.0.1:0").unwrap()
}

fn config(base: &str) -> Config {
    Config::new(Credentials::key("sentinel-key").unwrap()).with_base_url(base).unwrap()
}

/// An address without a listener: the system assigns no ports below 1024 automatically.
const NOBODY: &str = "http://127.0.0.1:1";

fn kind(error: &Error) -> Option<TransportErrorKind> {
    match error.kind() {
        clarifai_tower::core::error::ErrorKind::Transport(failure) => Some(failure.kind),
        _ => None,
    }
}

/// Checked at compile time: the futures can be sent to other threads.
#[test]
fn futures_can_be_sent() {
    fn sent<T: Send>(_: T) {}
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let client = Client::new(config("http://127.0.0.1:1")).unwrap();
    shared(&client);
    sent(client.call(ListModels::new()));
    sent(client.run(Pages::new(ListInputs::new())));
    sent(client.pages(ListInputs::new()).boxed());
    let work = Upload::new([NewInput::image_url("https://images/rocket.jpg")]);
    sent(client.bulk(work, 2, |_| ()));
    sent(client.upload(Vec::new(), 2));
    sent(client.predict_many(Predict::new("m"), Vec::new(), 2));
    sent(client.send(Request::new(Body::empty())));
}

/// Without a runtime, sending returns an error instead of panicking.
#[test]
fn outside_a_runtime_nothing_is_sent() {
    let client = Client::new(config("http://127.0.0.1:1").with_retry(RetryPolicy::never())).unwrap();
    let failure = futures_util::FutureExt::now_or_never(client.send(Request::new(Body::empty()))).unwrap().unwrap_err();
    assert_eq!(failure.kind, TransportErrorKind::NotSent);
}

/// Tower layers can be added around the service, and connection errors are still recognized through them.
#[tokio::test]
async fn layers_and_timers() {
    let server = simulator();
    let service = tower::ServiceBuilder::new()
        .concurrency_limit(2)
        .timeout(Duration::from_secs(20))
        .map_response(|response: http::Response<_>| response)
        .service(hyper());
    let waits = Arc::new(AtomicU32::new(0));
    let timer = {
        let waits = Arc::clone(&waits);
        move |wait: Duration| {
            waits.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(wait.min(Duration::from_millis(1)))
        }
    };
    let client = Client::with_transport(config(&server.url()), Tower::with_timer(service, timer));
    let calls = (0..8).map(|_| client.call(ListModels::new()));
    assert!(futures_util::future::join_all(calls).await.into_iter().all(|models| models.unwrap().len() >= 3));
    assert_eq!(waits.load(Ordering::Relaxed), 0);

    // The connection is refused, the custom timer waits, and the retry is refused; the layer does not hide the error.
    let service = tower::ServiceBuilder::new().timeout(Duration::from_secs(20)).service(hyper());
    let counted = Arc::clone(&waits);
    let client = Client::with_transport(
        config(NOBODY),
        Tower::with_timer(service, move |_: Duration| {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1))
        }),
    );
    let error = client.call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportErrorKind::NotSent), "{error:?}");
    assert!(waits.load(Ordering::Relaxed) > 0);
}

type ServiceResult = Result<http::Response<String>, std::io::Error>;

/// A service that is never ready.
#[derive(Clone)]
struct Closed;
impl tower::Service<Request<BodyReader>> for Closed {
    type Response = http::Response<String>;
    type Error = std::io::Error;
    type Future = std::future::Ready<ServiceResult>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Err(std::io::Error::other("closed")))
    }

    fn call(&mut self, _: Request<BodyReader>) -> Self::Future {
        unreachable!("it is not ready")
    }
}

/// A service that never responds, and one that cannot accept requests.
#[tokio::test]
async fn services_that_do_not_respond() {
    let silent = tower::service_fn(|_: Request<BodyReader>| std::future::pending::<ServiceResult>());
    let never = |base| config(base).with_retry(RetryPolicy::never());
    let client =
        Client::with_transport(never("http://127.0.0.1:1"), Tower::new(silent).with_timeout(Duration::from_millis(20)));
    let error = client.call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportErrorKind::MaybeSent), "{error:?}");

    let error = Client::with_transport(never("http://127.0.0.1:1"), Tower::new(Closed))
        .call(ListModels::new())
        .await
        .unwrap_err();
    assert_eq!(kind(&error), Some(TransportErrorKind::NotSent), "{error:?}");
}
