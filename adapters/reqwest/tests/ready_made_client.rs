//! The adapter against the simulator on a port, and against misbehaving servers.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use clarifai_reqwest::core::models::ListModels;
use clarifai_reqwest::core::policy::RetryPolicy;
use clarifai_reqwest::core::{
    Error,
    transport::{Body, TransportErrorKind},
};
use clarifai_reqwest::{Client, Config, Credentials, Reqwest, reqwest};
use clarifai_simulator::{Server, Simulator};
use http::Request;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data");

fn simulator() -> Server {
    Server::start(Simulator::new().mount(DATA), "127.0.0.1:0").unwrap()
}

fn config(base: &str) -> Config {
    Config::new(Credentials::key("sentinel-key").unwrap()).with_base_url(base).unwrap()
}

/// Starts a server that sends `response` on the first connection, and returns its URL and the head of the request.
fn serve_once(response: Vec<u8>) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = vec![0; 1 << 16];
        let count = stream.read(&mut buffer).unwrap();
        let _ = stream.write_all(&response);
        let text = String::from_utf8_lossy(&buffer[..count]).to_ascii_lowercase();
        text.split("\r\n\r\n").next().unwrap().to_owned()
    });
    (address, served)
}

fn kind(error: &Error) -> Option<TransportErrorKind> {
    match error.kind() {
        clarifai_reqwest::core::error::ErrorKind::Transport(failure) => Some(failure.kind),
        _ => None,
    }
}

/// Without a runtime, sending returns an error instead of panicking.
#[test]
fn outside_a_runtime_nothing_is_sent() {
    let client = Client::new(config("http://127.0.0.1:1").with_retry(RetryPolicy::never())).unwrap();
    let failure = futures_util::FutureExt::now_or_never(client.send(Request::new(Body::empty()))).unwrap().unwrap_err();
    assert_eq!(failure.kind, TransportErrorKind::NotSent);
}

#[tokio::test]
async fn redirects_are_returned_or_reported() {
    let server = simulator();
    let moved = |base: &str| format!("HTTP/1.1 302 X\r\nlocation: {base}/v2/models\r\ncontent-length: 5\r\n\r\nmoved");
    let (base, _served) = serve_once(moved(&server.url()).into());
    let error = Client::new(config(&base)).unwrap().call(ListModels::new()).await.unwrap_err();
    assert_eq!(error.http_status(), Some(302), "{error:?}");

    // A client that follows redirects: they cannot be disabled for one request, but the response is not accepted.
    let (base, _served) = serve_once(moved(&server.url()).into());
    let http = Reqwest::builder().redirect(reqwest::redirect::Policy::default()).build().unwrap();
    let client = Client::with_transport(config(&base).with_retry(RetryPolicy::never()), Reqwest::with_client(http));
    let error = client.call(ListModels::new()).await.unwrap_err();
    assert_eq!(kind(&error), Some(TransportErrorKind::MaybeSent));
    assert!(format!("{error:?}").contains(&server.url()), "{error:?}");
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn compressed_responses_are_limited_after_decompression() {
    // 30 kB of JSON, compressed to about 100 bytes.
    let json = format!("{{\"status\":{{\"code\":10000}},\"models\":[],\"x\":\"{}\"}}", "y".repeat(30_000));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(json.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    for (limit, cut, expected) in [
        (40_000, 0, None),
        (20_000, 0, Some(TransportErrorKind::TooLarge)),
        (40_000, 20, Some(TransportErrorKind::MaybeSent)),
    ] {
        let whole = [head.as_bytes(), &packed[..packed.len() - cut]].concat();
        let (base, served) = serve_once(whole);
        let transport = Reqwest::new(&config(&base)).unwrap().with_max_response(limit);
        let client = Client::with_transport(config(&base).with_retry(RetryPolicy::never()), transport);
        let result = client.call(ListModels::new()).await;
        assert_eq!(result.as_ref().err().and_then(kind), expected, "{limit} {cut} {result:?}");
        assert_eq!(result.is_ok(), expected.is_none());
        assert!(served.join().unwrap().contains("accept-encoding: gzip"));
    }
}
