//! The adapter against the simulator on a port, and against servers that are up to no good.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use clarifai_simulator::{Server, Simulator};
use clarifai_ureq::core::bulk::{CallLimits, Upload};
use clarifai_ureq::core::inputs::{ListInputs, NewInput};
use clarifai_ureq::core::models::{ListModels, Predict};
use clarifai_ureq::core::pages::Pages;
use clarifai_ureq::core::policy::RetryPolicy;
use clarifai_ureq::core::{Body, Error, TransportFailureKind};
use clarifai_ureq::{App, Client, Credentials};
use http::Request;

#[path = "../examples/predict.rs"]
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
        text.split("\r\n\r\n").next().unwrap().to_owned()
    });
    (address, served)
}

fn kind(error: &Error) -> Option<TransportFailureKind> {
    match error.kind() {
        clarifai_ureq::core::error::ErrorKind::Transport(failure) => Some(failure.kind),
        _ => None,
    }
}

#[test]
fn every_door_opens() {
    let server = simulator();
    let client = Client::new(app(&server.url()));

    let picture = std::fs::read(format!("{DATA}/images/coffee.jpg")).unwrap();
    let lines = example::predict(&client, "https://images/rocket.jpg", picture).unwrap();
    assert!(lines.len() >= 2, "{lines:?}");

    let inputs =
        |count| (0..count).map(|n| NewInput::image_url(format!("https://images/{n}.jpg")).with_id(format!("i{n}")));
    let report = client.upload(inputs(5), 2);
    assert!(report.items().iter().all(|item| item.outcome.is_stored()), "{report:?}");
    let ids: Vec<_> = client.pages(ListInputs::new()).map(|input| input.unwrap().id).collect();
    assert_eq!(ids.len(), 5);
    let wishes = Pages::new(client.app(), ListInputs::new()).per_page(2).take(3);
    assert_eq!(client.pages(wishes).map(Result::unwrap).count(), 3);

    let rockets = vec![NewInput::image_url("https://images/rocket.jpg"); 3];
    let report = client.predict_many(Predict::with("general-image-recognition"), rockets, 2);
    assert_eq!(report.predictions().iter().filter(|one| one.result.is_ok()).count(), 3);

    let mut limits = CallLimits::default();
    limits.inputs = 1;
    let mut seen = Vec::new();
    let work = Upload::new(client.app(), inputs(9)).limits(limits);
    let report = client.bulk(work, 3, |progress| seen.push(progress.done));
    assert_eq!((report.items().len(), seen.len(), seen.last()), (9, 9, Some(&9)), "five were there: {report:?}");

    let request = Request::get(format!("{}/v2/models", server.url())).header("authorization", "Key other-key");
    let answer = client.send(request.body(Body::empty()).unwrap()).unwrap();
    assert!(answer.status().is_success() && answer.body().starts_with(b"{"), "{answer:?}");

    let error = client.clone().with_max_response(50).call(ListModels::new()).unwrap_err();
    assert_eq!(kind(&error), Some(TransportFailureKind::TooLarge));
}

#[cfg(feature = "gzip")]
#[test]
fn compressed_answers_are_limited_after_decompression() {
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
        let result = client.call(ListModels::new());
        assert_eq!(result.as_ref().err().and_then(kind), expected, "{limit} {cut} {result:?}");
        assert_eq!(result.is_ok(), expected.is_none());
        assert!(served.join().unwrap().contains("accept-encoding: gzip"));
    }
}
