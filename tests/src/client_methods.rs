//! One test of all methods of a client, for the clients of all adapters.

use clarifai_core::bulk::{BatchLimits, Upload};
use clarifai_core::client::{Client, blocking};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::InputsProcessed;
use clarifai_core::models::{ListModels, ModelRef, Predict};
use clarifai_core::pagination::Pages;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::transport::{AsyncTransport, Body, Transport, TransportErrorKind};
use clarifai_core::{Config, Credentials, Error};
use clarifai_simulator::{Server, Simulator};
use futures_util::TryStreamExt as _;
use http::Request;
use std::time::Duration;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");

fn server() -> Server {
    Server::start(Simulator::new().mount(DATA), "127.0.0.1:0").expect("a port")
}

fn config(url: &str) -> Config {
    Config::new(Credentials::key("sentinel-key").expect("a key")).with_base_url(url).expect("a base URL")
}

fn inputs(count: u32) -> impl Iterator<Item = NewInput> {
    (0..count).map(|n| NewInput::image_url(format!("https://images/{n}.jpg")).id(format!("i{n}")))
}

fn one_at_a_time(count: u32) -> Upload<impl Iterator<Item = NewInput>> {
    let mut limits = BatchLimits::default();
    limits.inputs = 1;
    Upload::new(inputs(count)).limits(limits)
}

fn predict() -> Predict {
    Predict::new(ModelRef::public("general-image-recognition"))
}

fn raw_request(server: &Server) -> Request<Body> {
    let request = Request::get(format!("{}/v2/models", server.url())).header("authorization", "Key other-key");
    request.body(Body::empty()).expect("a request")
}

/// Nothing listens there, and the time limit is over before the second attempt.
const NO_SERVER: &str = "http://127.0.0.1:1";

fn is_not_sent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport(error) if error.kind == TransportErrorKind::NotSent)
}

/// Calls each method of a blocking client.
///
/// # Panics
///
/// Where one does not do what it documents.
pub fn blocking<T: Transport + Clone + Send + Sync + 'static>(connect: impl Fn(&Config) -> T) {
    fn is_shared<C: Clone + Send + Sync + 'static>(_: &C) {}
    let server = server();
    let client = |url: &str| {
        let config = config(url);
        let transport = connect(&config);
        blocking::Client::with_transport(config, transport)
    };
    let no_server = client(NO_SERVER);
    let client = client(&server.url());
    is_shared(&client);

    let output = client.call(predict().image_url("https://images/rocket.jpg")).expect("a response");
    assert!(!output.into_single().expect("an output").concepts().is_empty());
    let models = client.request(ListModels::new()).timeout(Duration::from_secs(20)).max_attempts(1).send();
    assert!(models.expect("models").len() >= 3);
    let error = no_server.request(ListModels::new()).retry(RetryPolicy::never()).send().expect_err("no server");
    assert_eq!((error.attempts(), is_not_sent(&error)), (1, true), "{error:?}");
    let limited = no_server.request(ListModels::new()).timeout(Duration::from_millis(1)).send();
    assert!(limited.expect_err("no server").attempts() <= 2);

    let report = client.upload(inputs(5), 2);
    assert!(report.is_success(), "{report:?}");
    let counts = client.run(InputsProcessed::all()).expect("counts");
    assert_eq!(counts.errors, Some(5), "the addresses cannot be downloaded: {counts:?}");
    assert_eq!(client.pages(ListInputs::new()).collect::<Result<Vec<_>, _>>().expect("a list").len(), 5);
    let some = client.pages(Pages::new(ListInputs::new()).per_page(2).limit(3));
    assert_eq!(some.collect::<Result<Vec<_>, _>>().expect("a list").len(), 3);

    let mut seen = Vec::new();
    let report = client.bulk(one_at_a_time(9), 3, |progress| seen.push(progress.done));
    assert_eq!((report.items().len(), seen.len(), seen.last()), (9, 9, Some(&9)), "five existed: {report:?}");
    let rockets = vec![NewInput::image_url("https://images/rocket.jpg"); 3];
    assert!(client.predict_many(predict(), rockets, 2).is_success());

    let response = client.send(raw_request(&server)).expect("a response");
    assert!(response.status().is_success() && response.body().starts_with(b"{"), "{response:?}");
}

/// Calls each method of an asynchronous client.
///
/// # Panics
///
/// Where one does not do what it documents.
pub async fn nonblocking<T: AsyncTransport + Clone + Send + Sync + 'static>(connect: impl Fn(&Config) -> T) {
    fn is_shared<C: Clone + Send + Sync + 'static>(_: &C) {}
    let server = server();
    let client = |url: &str| {
        let config = config(url);
        let transport = connect(&config);
        Client::with_transport(config, transport)
    };
    let no_server = client(NO_SERVER);
    let client = client(&server.url());
    is_shared(&client);

    let output = client.call(predict().image_url("https://images/rocket.jpg")).await.expect("a response");
    assert!(!output.into_single().expect("an output").concepts().is_empty());
    let models = client.request(ListModels::new()).timeout(Duration::from_secs(20)).max_attempts(1).send().await;
    assert!(models.expect("models").len() >= 3);
    let error = no_server.request(ListModels::new()).retry(RetryPolicy::never()).send().await.expect_err("no server");
    assert_eq!(error.attempts(), 1, "{error:?}");
    let limited = no_server.request(ListModels::new()).timeout(Duration::from_millis(1)).send().await;
    assert!(limited.expect_err("no server").attempts() <= 2);

    let report = client.upload(inputs(5), 2).await;
    assert!(report.is_success(), "{report:?}");
    let counts = client.run(InputsProcessed::all()).await.expect("counts");
    assert_eq!(counts.errors, Some(5), "the addresses cannot be downloaded: {counts:?}");
    assert_eq!(client.pages(ListInputs::new()).try_collect::<Vec<_>>().await.expect("a list").len(), 5);
    let some = client.pages(Pages::new(ListInputs::new()).per_page(2).limit(3));
    assert_eq!(some.try_collect::<Vec<_>>().await.expect("a list").len(), 3);

    let mut seen = Vec::new();
    let report = client.bulk(one_at_a_time(9), 3, |progress| seen.push(progress.done)).await;
    assert_eq!((report.items().len(), seen.len(), seen.last()), (9, 9, Some(&9)), "five existed: {report:?}");
    let rockets = vec![NewInput::image_url("https://images/rocket.jpg"); 3];
    assert!(client.predict_many(predict(), rockets, 2).await.is_success());

    let response = client.send(raw_request(&server)).await.expect("a response");
    assert!(response.status().is_success() && response.body().starts_with(b"{"), "{response:?}");
}
