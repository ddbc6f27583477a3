//! The adapter against the simulator on a port, and against servers that are up to no good.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use clarifai_reqwest::core::bulk::{CallLimits, Upload};
use clarifai_reqwest::core::inputs::{CreateInputs, ListInputs, NewInput};
use clarifai_reqwest::core::models::{GetModel, ListModels, Predict};
use clarifai_reqwest::core::pages::Pages;
use clarifai_reqwest::core::policy::RetryPolicy;
use clarifai_reqwest::core::{Body, Error, TransportFailureKind};
use clarifai_reqwest::{App, Client, Credentials, reqwest};
use clarifai_simulator::{Server, Simulator};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Request;

#[path = "../examples/predict_reqwest.rs"]
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
        clarifai_reqwest::core::error::ErrorKind::Transport(failure) => Some(failure.kind),
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

#[tokio::test]
async fn redirects_are_handed_back_or_named() {
    let server = simulator();
    let moved = |base: &str| format!("HTTP/1.1 302 X\r\nlocation: {base}/v2/models\r\ncontent-length: 5\r\n\r\nmoved");
    let (base, _served) = answering(moved(&server.url()).into());
    let error = Client::new(app(&base)).call(ListModels::new()).await.unwrap_err();
    assert_eq!(error.http_status(), Some(302), "{error:?}");

    // Built to follow them: reqwest cannot be told otherwise, but it does not pass for an answer.
    let (base, _served) = answering(moved(&server.url()).into());
    let http = Client::builder().redirect(reqwest::redirect::Policy::default()).build().unwrap();
    let client = Client::with_client(app(&base).with_retry(RetryPolicy::never()), http);
    let error = client.call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::MaybeSent));
    assert!(format!("{error:?}").contains(&server.url()), "{error:?}");
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn compressed_answers_are_limited_after_decompression() {
    // 30 kB of JSON in 100 bytes or so.
    let json = format!("{{\"status\":{{\"code\":10000}},\"models\":[],\"x\":\"{}\"}}", "y".repeat(30_000));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(json.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    for (limit, cut, expected) in [
        (40_000, 0, None),
        (20_000, 0, Some(TransportFailureKind::TooLarge)),
        (40_000, 20, Some(TransportFailureKind::MaybeSent)),
    ] {
        let whole = [head.as_bytes(), &packed[..packed.len() - cut]].concat();
        let (base, served) = answering(whole);
        let client = Client::new(app(&base).with_retry(RetryPolicy::never())).with_max_response(limit);
        let result = client.call(ListModels::new()).await;
        assert_eq!(result.as_ref().err().and_then(kind), expected, "{limit} {cut} {result:?}");
        assert_eq!(result.is_ok(), expected.is_none());
        assert!(served.join().unwrap().contains("accept-encoding: gzip"));
    }
}
