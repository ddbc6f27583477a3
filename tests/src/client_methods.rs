//! One test of all methods of a client, for the clients of all adapters.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clarifai_core::bulk::{BatchLimits, Upload};
use clarifai_core::client::{Client, blocking};
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{ListInputs, NewInput};
use clarifai_core::machine::InputsProcessed;
use clarifai_core::models::{ListModels, ModelRef, Predict};
use clarifai_core::openai::{ChatAccumulator, CreateChatCompletion, CreateEmbeddings};
use clarifai_core::pagination::Pages;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::transport::{AsyncStreamTransport, Body, StreamTransport, TransportErrorKind};
use clarifai_core::{Config, Credentials, Error};
use clarifai_simulator::faults::{Fault, Faults};
use clarifai_simulator::{Server, Simulator};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Request;

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

/// Returns a server that cuts each response, so that every stream breaks off. The seed decides where.
fn cutting_server(seed: u64) -> Server {
    let faults = Faults::new(seed, 1.0).only([Fault::TruncatedJson]);
    Server::start_with_faults(Simulator::new(), faults, "127.0.0.1:0").expect("a port")
}

fn chat() -> CreateChatCompletion {
    CreateChatCompletion::new("clarifai/simulator/models/text-statistics").user("To be or not to be?")
}

/// The end of the whole text that the model of [`chat`] responds with.
const CHAT_END: &str = "Its most frequent word is \"be\" (2 times).";

/// Starts a server that responds to one request with a stream that never ends, and reports when the connection is
/// closed.
fn endless_server() -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, closed) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 4096]);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let event = "data: {\"choices\": [{\"delta\": {\"content\": \"a\"}}]}\n\n";
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        let mut written = stream.write_all(head.as_bytes());
        while written.is_ok() {
            thread::sleep(Duration::from_millis(2));
            written = stream.write_all(chunk.as_bytes());
        }
        let _ = sender.send(());
    });
    (format!("http://{address}"), closed)
}

/// Longest time until a server notices that the connection was closed.
const CLOSED_WITHIN: Duration = Duration::from_secs(20);

/// Checks how a stream that was cut ended: with an error that counts the items that arrived.
fn check_cut(items: u64, error: &Error) {
    match error.kind() {
        ErrorKind::Stream(broken) => assert_eq!(broken.items, items, "{error}"),
        ErrorKind::Transport(_) => assert_eq!(items, 0, "{error}"),
        other => panic!("{other:?}"),
    }
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
pub fn blocking<T: StreamTransport + Clone + Send + Sync + 'static>(connect: impl Fn(&Config) -> T) {
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

    let whole = client.call(chat()).expect("a completion");
    assert!(whole.text().expect("a text").ends_with(CHAT_END), "{whole:?}");
    let mut accumulator = ChatAccumulator::new();
    client.stream(chat()).for_each(|chunk| accumulator.push(&chunk.expect("a chunk")));
    assert_eq!(accumulator.finish().message(), whole.message());
    let mut stream = client.stream(chat());
    assert!(stream.next().expect("a chunk").is_ok() && stream.next().expect("a chunk").is_ok());
    drop(stream);
    let embed = CreateEmbeddings::new("text-hashing").texts(["a", "b"]);
    assert_eq!(client.call(embed).expect("vectors").vectors().count(), 2, "a dropped stream harms no other call");
    let refused = client.stream(CreateChatCompletion::new("u/a/models/none").user("a")).next().expect("an error");
    assert!(matches!(refused.expect_err("no model").kind(), ErrorKind::Api(error) if error.http_status == 404));
    assert!(is_not_sent(
        &no_server.request(chat()).max_attempts(1).stream().next().expect("an error").expect_err("no server")
    ));
    let (url, closed) = endless_server();
    let endless = config(&url);
    let transport = connect(&endless);
    let stream = blocking::Client::with_transport(endless, transport);
    let first: Vec<_> = stream.stream(chat()).take(3).collect();
    assert!(first.len() == 3 && first.iter().all(Result::is_ok), "items arrive before the stream ends: {first:?}");
    closed.recv_timeout(CLOSED_WITHIN).expect("dropping the iterator closes the connection");
    for seed in 0..4 {
        let server = cutting_server(seed);
        let config = config(&server.url());
        let transport = connect(&config);
        let client = blocking::Client::with_transport(config, transport);
        let (mut items, mut end) = (0, None);
        for chunk in client.request(chat()).retry(RetryPolicy::never()).stream() {
            match chunk {
                Ok(_) => items += 1,
                Err(error) => end = Some(error),
            }
        }
        // Cut after the last text the response is complete: the finish reason marks its end.
        if let Some(error) = end {
            check_cut(items, &error);
        }
    }
}

/// Calls each method of an asynchronous client.
///
/// # Panics
///
/// Where one does not do what it documents.
pub async fn nonblocking<T: AsyncStreamTransport + Clone + Send + Sync + 'static>(connect: impl Fn(&Config) -> T) {
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

    let whole = client.call(chat()).await.expect("a completion");
    assert!(whole.text().expect("a text").ends_with(CHAT_END), "{whole:?}");
    let mut accumulator = ChatAccumulator::new();
    let chunks: Vec<_> = client.stream(chat()).try_collect().await.expect("chunks");
    for chunk in &chunks {
        accumulator.push(chunk);
    }
    assert!(chunks.len() > 3, "it arrives in several chunks");
    assert_eq!(accumulator.finish().message(), whole.message());
    let mut stream = client.stream(chat());
    assert!(stream.next().await.expect("a chunk").is_ok() && stream.next().await.expect("a chunk").is_ok());
    drop(stream);
    let embed = CreateEmbeddings::new("text-hashing").texts(["a", "b"]);
    assert_eq!(client.call(embed).await.expect("vectors").vectors().count(), 2, "a dropped stream harms no other call");
    let refused = client.stream(CreateChatCompletion::new("u/a/models/none").user("a")).next().await.expect("an error");
    assert!(matches!(refused.expect_err("no model").kind(), ErrorKind::Api(error) if error.http_status == 404));
    let error = no_server.request(chat()).max_attempts(1).stream().next().await.expect("an error");
    assert_eq!(error.expect_err("no server").attempts(), 1);
    let (url, closed) = endless_server();
    let endless = config(&url);
    let transport = connect(&endless);
    let stream = Client::with_transport(endless, transport.clone());
    let first: Vec<_> = stream.stream(chat()).take(3).collect().await;
    assert!(first.len() == 3 && first.iter().all(Result::is_ok), "items arrive before the stream ends: {first:?}");
    let deadline = transport.now().instant + CLOSED_WITHIN;
    while closed.try_recv().is_err() {
        // Connections are closed by tasks of the runtime, which need this one to yield.
        assert!(transport.now().instant < deadline, "dropping the stream closes the connection");
        transport.wait_until(transport.now().instant + Duration::from_millis(5)).await;
    }
    for seed in 0..4 {
        let server = cutting_server(seed);
        let config = config(&server.url());
        let transport = connect(&config);
        let client = Client::with_transport(config, transport);
        let (mut items, mut end) = (0, None);
        let mut stream = client.request(chat()).retry(RetryPolicy::never()).stream();
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(_) => items += 1,
                Err(error) => end = Some(error),
            }
        }
        // Cut after the last text the response is complete: the finish reason marks its end.
        if let Some(error) = end {
            check_cut(items, &error);
        }
    }
}
