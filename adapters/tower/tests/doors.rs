//! The adapter against the simulator on a port, and against servers that are up to no good.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use clarifai_simulator::{Server, Simulator};
use clarifai_tower::core::bulk::{CallLimits, Upload};
use clarifai_tower::core::inputs::{CreateInputs, ListInputs, NewInput};
use clarifai_tower::core::models::{GetModel, ListModels, Predict};
use clarifai_tower::core::pages::Pages;
use clarifai_tower::core::policy::RetryPolicy;
use clarifai_tower::core::{Body, BodyReader, Error, TransportFailureKind};
use clarifai_tower::{App, Client, Credentials, hyper};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Request;

#[path = "../examples/predict_tower.rs"]
#[allow(dead_code, reason = "its main is not called here")]
mod example;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data");

fn simulator() -> Server {
    Server::start(Simulator::new().mount(DATA), "127.0.0.1:0").unwrap()
}

fn app(base: &str) -> App {
    App::new(Credentials::key("sentinel-key").unwrap()).with_base(base).unwrap()
}

/// Nobody listens here: the system gives no port below 1024 to who asks for any.
const NOBODY: &str = "http://127.0.0.1:1";

/// A server that answers the first connection with these bytes and hands over the head of the request.
fn answering(answer: Vec<u8>) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = vec![0; 1 << 16];
        let count = stream.read(&mut buffer).unwrap();
        let _ = stream.write_all(&answer);
        let text = String::from_utf8_lossy(&buffer[..count]).to_ascii_lowercase();
        text.split("\r\n\r\n").next().unwrap().to_owned()
    });
    (address, served)
}

fn kind(error: &Error) -> Option<TransportFailureKind> {
    match error.kind() {
        clarifai_tower::core::error::ErrorKind::Transport(failure) => Some(failure.kind),
        _ => None,
    }
}

#[tokio::test]
async fn every_door_opens() {
    let server = simulator();
    let client = Client::new(app(&server.url()));

    let picture = std::fs::read(format!("{DATA}/images/coffee.jpg")).unwrap();
    let lines = example::predict(&client, "https://images/rocket.jpg", picture).await.unwrap();
    assert!(lines.len() >= 2, "{lines:?}");

    let inputs =
        |count| (0..count).map(|n| NewInput::image_url(format!("https://images/{n}.jpg")).with_id(format!("i{n}")));
    let report = client.upload(inputs(5), 2).await;
    assert!(report.items().iter().all(|item| item.outcome.is_stored()), "{report:?}");
    let ids: Vec<_> = client.pages(ListInputs::new()).map_ok(|input| input.id).try_collect().await.unwrap();
    assert_eq!(ids.len(), 5);
    let wishes = Pages::new(client.app(), ListInputs::new()).per_page(2).take(3);
    assert_eq!(client.pages(wishes).try_collect::<Vec<_>>().await.unwrap().len(), 3);

    let rockets = vec![NewInput::image_url("https://images/rocket.jpg"); 3];
    let report = client.predict_many(Predict::with("general-image-recognition"), rockets, 2).await;
    assert_eq!(report.predictions().iter().filter(|one| one.result.is_ok()).count(), 3);

    let mut limits = CallLimits::default();
    limits.inputs = 1;
    let mut seen = Vec::new();
    let work = Upload::new(client.app(), inputs(9)).limits(limits);
    let report = client.bulk(work, 3, |progress| seen.push(progress.done)).await;
    assert_eq!((report.items().len(), seen.len(), seen.last()), (9, 9, Some(&9)), "five were there: {report:?}");

    let request = Request::get(format!("{}/v2/models", server.url())).header("authorization", "Key other-key");
    let answer = client.send(request.body(Body::empty()).unwrap()).await.unwrap();
    assert!(answer.status().is_success() && answer.body().starts_with(b"{"), "{answer:?}");

    let error = client.clone().with_max_response(50).call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::TooLarge));
}

/// Compiles or does not: what is started can go to other threads.
#[test]
fn futures_can_be_sent() {
    fn sent<T: Send>(_: T) {}
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let client = Client::new(app("http://127.0.0.1:1"));
    shared(&client);
    sent(client.call(ListModels::new()));
    sent(client.run(Pages::new(client.app(), ListInputs::new()).all()));
    sent(client.pages(ListInputs::new()).boxed());
    let work = Upload::new(client.app(), [NewInput::image_url("https://images/rocket.jpg")]);
    sent(client.bulk(work, 2, |_| ()));
    sent(client.upload(Vec::new(), 2));
    sent(client.predict_many(Predict::with("m"), Vec::new(), 2));
    sent(client.send(Request::new(Body::empty())));
}

#[tokio::test]
async fn bodies_have_their_length_and_no_body_has_none() {
    let ok =
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 25\r\n\r\n{\"status\":{\"code\":10000}}".to_vec();
    let picture = vec![7; 200_000];
    let create = CreateInputs::new().input(NewInput::image_bytes(picture.clone()).with_id("a"));
    let (base, served) = answering(ok.clone());
    let client = Client::new(app(&base).with_retry(RetryPolicy::never()));
    let _ = client.call(create).await;
    let head = served.join().unwrap();
    let length: u64 = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    let encoded = picture.len() as u64 / 3 * 4;
    assert!((encoded..encoded + 200).contains(&length), "{length} {encoded}");
    assert!(!head.contains("transfer-encoding") && head.contains("authorization: key sentinel-key"), "{head}");

    let (base, served) = answering(ok);
    let _ = Client::new(app(&base).with_retry(RetryPolicy::never())).call(GetModel::new("m")).await;
    let head = served.join().unwrap();
    assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
}

#[tokio::test]
async fn trouble_says_whether_the_request_was_sent() {
    let client = |base: &str| Client::new(app(base).with_retry(RetryPolicy::never()));
    let error = client(NOBODY).call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::NotSent), "{error:?}");

    // TLS is spoken to a server that does not: no byte of the request has left.
    let (base, served) = answering(b"HTTP/1.1 200 OK\r\n\r\n".to_vec());
    let error = client(&base.replace("http", "https")).call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::NotSent), "{error:?}");
    assert!(!served.join().unwrap().contains("sentinel-key"));

    for (answer, expected) in [
        ("", TransportFailureKind::MaybeSent),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"sta", TransportFailureKind::MaybeSent),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"sta", TransportFailureKind::MaybeSent),
        ("HTTP/1.1 200 OK\r\ncontent-length: 4294967296\r\n\r\n{", TransportFailureKind::TooLarge),
    ] {
        let (base, _served) = answering(answer.into());
        let error = client(&base).call(ListModels::new()).await.unwrap_err();
        assert_eq!(kind(&error), Some(expected), "{answer}: {error:?}");
        assert!(!format!("{error} {error:?} {client:?}", client = client(&base)).contains("sentinel-key"));
    }
}

/// Without a runtime there is an error, not a panic.
#[test]
fn outside_a_runtime_nothing_is_sent() {
    let client = Client::new(app("http://127.0.0.1:1").with_retry(RetryPolicy::never()));
    let failure = futures_util::FutureExt::now_or_never(client.send(Request::new(Body::empty()))).unwrap().unwrap_err();
    assert_eq!(failure.kind, TransportFailureKind::NotSent);
}

/// Layers of tower are put around the service, and what they make of errors proves nothing.
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
    let client = Client::with_timer(app(&server.url()), service, timer);
    let calls = (0..8).map(|_| client.call(ListModels::new()));
    assert!(futures_util::future::join_all(calls).await.into_iter().all(|models| models.unwrap().len() == 3));
    assert_eq!(waits.load(Ordering::Relaxed), 0);

    // Refused, then waited for by the timer that was handed in, then refused again; the layer hides nothing.
    let service = tower::ServiceBuilder::new().timeout(Duration::from_secs(20)).service(hyper());
    let counted = Arc::clone(&waits);
    let client = Client::with_timer(app(NOBODY), service, move |_: Duration| {
        counted.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(1))
    });
    let error = client.call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::NotSent), "{error:?}");
    assert!(waits.load(Ordering::Relaxed) > 0);
}

type Answer = Result<http::Response<String>, std::io::Error>;

/// A service that is never ready.
#[derive(Clone)]
struct Closed;
impl tower::Service<Request<BodyReader>> for Closed {
    type Response = http::Response<String>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Answer>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Err(std::io::Error::other("closed")))
    }

    fn call(&mut self, _: Request<BodyReader>) -> Self::Future {
        unreachable!("it is not ready")
    }
}

/// A service that never answers, and one that cannot take requests.
#[tokio::test]
async fn services_that_do_not_answer() {
    let silent = tower::service_fn(|_: Request<BodyReader>| std::future::pending::<Answer>());
    let never = |base| app(base).with_retry(RetryPolicy::never());
    let client = Client::with_client(never("http://127.0.0.1:1"), silent).with_timeout(Duration::from_millis(20));
    let error = client.call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::MaybeSent), "{error:?}");

    let error = Client::with_client(never("http://127.0.0.1:1"), Closed).call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::NotSent), "{error:?}");
}

#[tokio::test]
async fn redirects_are_handed_back() {
    let server = simulator();
    let moved = format!("HTTP/1.1 302 X\r\nlocation: {}/v2/models\r\ncontent-length: 5\r\n\r\nmoved", server.url());
    let (base, _served) = answering(moved.into());
    let error = Client::new(app(&base)).call(ListModels::new()).await.unwrap_err();
    assert_eq!(error.http_status(), Some(302), "{error:?}");
}
