//! The adapter against the simulator on a port, and against servers that are up to no good.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use clarifai_simulator::{Server, Simulator};
use clarifai_surf::core::bulk::{CallLimits, Upload};
use clarifai_surf::core::inputs::{CreateInputs, ListInputs, NewInput};
use clarifai_surf::core::models::{GetModel, ListModels, Predict};
use clarifai_surf::core::pages::Pages;
use clarifai_surf::core::policy::RetryPolicy;
use clarifai_surf::core::{Body, Error, TransportFailureKind};
use clarifai_surf::{App, Client, Credentials, http_client::h1::H1Client};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Request;

#[path = "../examples/predict_surf.rs"]
#[allow(dead_code, reason = "its main is not called here")]
mod example;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data");

fn simulator() -> Server {
    Server::start(Simulator::new().mount(DATA), "127.0.0.1:0").unwrap()
}

fn app(base: &str) -> App {
    App::new(Credentials::key("sentinel-key").unwrap()).with_base(base).unwrap()
}

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
        // isahc sends no space after the colon.
        text.split("\r\n\r\n").next().unwrap().replace(": ", ":")
    });
    (address, served)
}

fn kind(error: &Error) -> Option<TransportFailureKind> {
    match error.kind() {
        clarifai_surf::core::error::ErrorKind::Transport(failure) => Some(failure.kind),
        _ => None,
    }
}

#[test]
fn every_door_opens() {
    pollster::block_on(doors());
}

async fn doors() {
    let server = simulator();
    let client = Client::new(app(&server.url())).unwrap();

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
    let client = Client::new(app("http://127.0.0.1:1")).unwrap();
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

/// Both backends: libcurl, and async-h1 without TLS.
fn clients(base: &str) -> [Client; 2] {
    let app = app(base).with_retry(RetryPolicy::never());
    [Client::new(app.clone()).unwrap(), Client::with_client(app, H1Client::new())]
}

#[test]
fn bodies_have_their_length_and_no_body_has_none() {
    let ok =
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 25\r\n\r\n{\"status\":{\"code\":10000}}".to_vec();
    for which in [0, 1] {
        let picture = vec![7; 200_000];
        let (base, served) = answering(ok.clone());
        let create = CreateInputs::new().input(NewInput::image_bytes(picture.clone()).with_id("a"));
        let _ = pollster::block_on(clients(&base)[which].call(create));
        let head = served.join().unwrap();
        let length = head.split("content-length:").nth(1).unwrap().split("\r\n").next().unwrap();
        let length: u64 = length.parse().unwrap();
        let encoded = picture.len() as u64 / 3 * 4;
        assert!((encoded..encoded + 200).contains(&length), "{length} {encoded}");
        assert!(!head.contains("transfer-encoding") && head.contains("authorization:key sentinel-key"), "{head}");
        assert!(head.contains("content-type:application/json"), "{head}");

        let (base, served) = answering(ok.clone());
        let _ = pollster::block_on(clients(&base)[which].call(GetModel::new("m")));
        let head = served.join().unwrap();
        assert!(!head.contains("transfer-encoding"), "{head}");
    }
}

/// A server that answers without a date, with a header libcurl's backend panics at, with a redirect, with less than
/// it announced, with too much, and not at all.
#[test]
fn trouble_is_an_error_and_never_a_panic() {
    let ok = |headers: &[u8]| {
        let body = b"{\"status\":{\"code\":10000},\"models\":[]}";
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        [head.as_bytes(), headers, b"\r\n", body].concat()
    };
    let moved = "HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 5\r\n\r\nmoved";
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"sta";
    let large = "HTTP/1.1 200 OK\r\ncontent-length: 4294967296\r\n\r\n{";
    for (name, answer, expected) in [
        ("no date", ok(b""), Ok(())),
        ("latin-1", ok(b"x-note: caf\xe9\r\n"), Err(Some(TransportFailureKind::MaybeSent))),
        ("moved", moved.into(), Err(None)),
        ("short", short.into(), Err(Some(TransportFailureKind::MaybeSent))),
        ("large", large.into(), Err(Some(TransportFailureKind::TooLarge))),
        ("nothing", Vec::new(), Err(Some(TransportFailureKind::MaybeSent))),
    ] {
        for which in [0, 1] {
            let (base, _served) = answering(answer.clone());
            let result = pollster::block_on(clients(&base)[which].call(ListModels::new()));
            let got = result.as_ref().map(drop).map_err(kind);
            assert_eq!(got, expected, "{name}, backend {which}: {result:?}");
            assert!(!format!("{result:?}").contains("sentinel-key"));
        }
    }
}

#[test]
fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    for client in clients(&base) {
        let client = client.with_timeout(std::time::Duration::from_millis(100));
        let error = pollster::block_on(client.call(ListModels::new())).unwrap_err();
        assert_eq!(kind(&error), Some(TransportFailureKind::MaybeSent), "{error:?}");
    }
}
