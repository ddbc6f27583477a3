//! The adapter against the simulator on a port, and against misbehaving servers.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use clarifai_surf::core::bulk::Upload;
use clarifai_surf::core::inputs::{CreateInputs, ListInputs, NewInput};
use clarifai_surf::core::models::{GetModel, ListModels, Predict};
use clarifai_surf::core::pagination::Pages;
use clarifai_surf::core::policy::RetryPolicy;
use clarifai_surf::core::{
    Error,
    transport::{Body, TransportErrorKind},
};
use clarifai_surf::{Client, Config, Credentials, Surf, http_client::h1::H1Client};
use futures_util::StreamExt as _;
use http::Request;

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
        // isahc sends no space after the colon.
        text.split("\r\n\r\n").next().unwrap().replace(": ", ":")
    });
    (address, served)
}

fn kind(error: &Error) -> Option<TransportErrorKind> {
    match error.kind() {
        clarifai_surf::core::error::ErrorKind::Transport(failure) => Some(failure.kind),
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

/// Creates a client for each backend: libcurl, and async-h1 without TLS.
fn clients(base: &str) -> [Client; 2] {
    let config = config(base).with_retry(RetryPolicy::never());
    [Client::new(config.clone()).unwrap(), Client::with_transport(config, Surf::with_backend(H1Client::new()))]
}

#[test]
fn requests_with_a_body_have_its_length() {
    let ok =
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 25\r\n\r\n{\"status\":{\"code\":10000}}".to_vec();
    for which in [0, 1] {
        let image = vec![7; 200_000];
        let (base, served) = serve_once(ok.clone());
        let create = CreateInputs::new().input(NewInput::image_bytes(image.clone()).id("a"));
        let _ = pollster::block_on(clients(&base)[which].call(create));
        let head = served.join().unwrap();
        let length = head.split("content-length:").nth(1).unwrap().split("\r\n").next().unwrap();
        let length: u64 = length.parse().unwrap();
        let encoded = image.len() as u64 / 3 * 4;
        assert!((encoded..encoded + 200).contains(&length), "{length} {encoded}");
        assert!(!head.contains("transfer-encoding") && head.contains("authorization:key sentinel-key"), "{head}");
        assert!(head.contains("content-type:application/json"), "{head}");

        let (base, served) = serve_once(ok.clone());
        let _ = pollster::block_on(clients(&base)[which].call(GetModel::new("m")));
        let head = served.join().unwrap();
        assert!(!head.contains("transfer-encoding"), "{head}");
    }
}

/// Responses without a date, with a header that makes the libcurl backend panic, with a redirect, shorter than
/// announced, too large, and empty.
#[test]
fn malformed_responses_are_errors_and_never_panics() {
    let ok = |headers: &[u8]| {
        let body = b"{\"status\":{\"code\":10000},\"models\":[]}";
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        [head.as_bytes(), headers, b"\r\n", body].concat()
    };
    let moved = "HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 5\r\n\r\nmoved";
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"sta";
    let large = "HTTP/1.1 200 OK\r\ncontent-length: 4294967296\r\n\r\n{";
    for (name, response, expected) in [
        ("no date", ok(b""), Ok(())),
        ("latin-1", ok(b"x-note: caf\xe9\r\n"), Err(Some(TransportErrorKind::MaybeSent))),
        ("moved", moved.into(), Err(None)),
        ("short", short.into(), Err(Some(TransportErrorKind::MaybeSent))),
        ("large", large.into(), Err(Some(TransportErrorKind::TooLarge))),
        ("nothing", Vec::new(), Err(Some(TransportErrorKind::MaybeSent))),
    ] {
        for which in [0, 1] {
            let (base, _served) = serve_once(response.clone());
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
    let limit = std::time::Duration::from_millis(100);
    let config = config(&base).with_retry(RetryPolicy::never());
    for transport in [Surf::new(&config).unwrap(), Surf::with_backend(H1Client::new())] {
        let client = Client::with_transport(config.clone(), transport.with_timeout(limit));
        let error = pollster::block_on(client.call(ListModels::new())).unwrap_err();
        assert_eq!(kind(&error), Some(TransportErrorKind::MaybeSent), "{error:?}");
    }
}
