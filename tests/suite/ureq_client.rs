//! The ureq adapter against a loopback server: what it sends, what it reads, and how it reports failures.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::{ListModels, Predict};
use clarifai_core::policy::RetryPolicy;
use clarifai_core::{Config, Credentials, transport::TransportErrorKind};
use clarifai_simulator::{Server, Simulator};
use clarifai_tests::photograph;
use clarifai_ureq::{Client, Ureq, ureq};

const OK: &str = r#"{"status":{"code":10000},"models":[]}"#;

/// Starts a server that responds to each connection with the next of these bytes, and passes on the requests. It keeps
/// listening, so that an unexpected request is noticed.
fn serve(responses: Vec<Vec<u8>>) -> (String, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        let mut responses = responses.into_iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_request(&mut stream);
            let response = responses.next().unwrap_or_else(|| http(500, "", "unexpected request"));
            // Passed on before the response, so that code that has the response can read the request.
            let _ = sender.send(request);
            let _ = stream.write_all(&response);
        }
    });
    (address, requests)
}

fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            if bytes.len() >= head + 4 + length.unwrap_or(0) {
                return bytes;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return bytes,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn http(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

fn config(base: &str) -> Config {
    Config::new(Credentials::key("sentinel-key").unwrap()).with_base_url(base).unwrap()
}

#[test]
fn images_are_streamed_with_their_exact_length() {
    let body = r#"{"status":{"code":10000},"outputs":[{"data":{}}]}"#;
    let (base, requests) = serve(vec![http(200, "", body)]);
    let image = photograph("coffee");
    let client = Client::new(config(&base)).unwrap();
    client.call(Predict::new("a/b").input(NewInput::image_bytes(image.clone()))).unwrap().into_result().unwrap();
    let request = requests.recv().unwrap();
    let text = String::from_utf8(request).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v2/models/a%2Fb/outputs HTTP/1.1\r\n"), "{head}");
    let head = head.to_ascii_lowercase();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert!(
        head.contains("authorization: key sentinel-key") && head.contains("content-type: application/json"),
        "{head}"
    );
    assert!(head.contains("x-clarifai-client: rust:"), "{head}");
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    let encoded = json["inputs"][0]["data"]["image"]["base64"].as_str().unwrap();
    assert_eq!(encoded.len(), image.len().div_ceil(3) * 4);
}

#[test]
fn redirects_are_returned_and_not_followed() {
    for status in [301, 302, 307, 308] {
        let (elsewhere, other) = serve(vec![http(200, "", OK)]);
        let moved = http(status, &format!("location: {elsewhere}/v2/models\r\n"), "moved");
        let (base, _requests) = serve(vec![moved.clone(), moved]);
        for client in [
            Client::new(config(&base)).unwrap(),
            Client::with_transport(config(&base), Ureq::with_agent(ureq::Agent::new_with_defaults())),
        ] {
            let error = client.call(ListModels::new()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Api(_)), "{status}: {error:?}");
            assert_eq!(error.http_status(), Some(status), "{error:?}");
        }
        assert!(other.try_recv().is_err(), "the key was sent to another host");
    }
}

#[test]
fn refusals_keep_their_body_with_any_agent() {
    let body = r#"{"status":{"code":11009,"description":"API key not found","req_id":"r1"}}"#;
    for custom_agent in [false, true] {
        let (base, _requests) = serve(vec![http(401, "", body)]);
        let client = match custom_agent {
            false => Client::new(config(&base)).unwrap(),
            true => Client::with_transport(config(&base), Ureq::with_agent(ureq::Agent::new_with_defaults())),
        };
        let error = client.call(ListModels::new()).unwrap_err();
        assert_eq!((error.http_status(), error.api_code(), error.request_id()), (Some(401), Some(11009), Some("r1")));
    }
}

#[test]
fn transport_errors_report_whether_the_request_was_sent() {
    // Nothing listens on the port: the request was definitely not sent.
    let once = |base: &str| Client::new(config(base).with_retry(RetryPolicy::never())).unwrap();
    let error = once("http://127.0.0.1:1").call(ListModels::new()).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Transport(failure) if failure.kind == TransportErrorKind::NotSent),
        "{error:?}"
    );
    assert!(!error.may_have_happened() && error.is_retryable());

    // The connection ends after the request, and in the middle of the response.
    for response in [Vec::new(), b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"sta".to_vec()] {
        let (base, _requests) = serve(vec![response]);
        let error = once(&base).call(ListModels::new()).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Transport(failure) if failure.kind == TransportErrorKind::MaybeSent),
            "{error:?}"
        );
        assert!(!error.may_have_happened(), "a list changes nothing");
        assert!(!format!("{error} {error:?}").contains("sentinel-key"));
    }
}

#[test]
fn a_safe_call_is_repeated_after_a_lost_response() {
    let (base, requests) = serve(vec![Vec::new(), http(503, "retry-after: 0\r\n", "busy"), http(200, "", OK)]);
    assert!(Client::new(config(&base)).unwrap().call(ListModels::new()).unwrap().is_empty());
    assert_eq!(requests.iter().take(3).count(), 3);
}

#[test]
fn responses_are_read_up_to_the_limit() {
    let large = format!("{{\"status\":{{\"code\":10000}},\"models\":[],\"x\":\"{}\"}}", "y".repeat(10_000));
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 4294967296\r\n\r\n{".to_vec();
    let chunked =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n", large.len())
            .into_bytes();
    for response in [http(200, "", &large), announced, chunked.clone()] {
        let (base, requests) = serve(vec![response]);
        let error = Client::with_transport(config(&base), Ureq::new().with_max_response(5_000))
            .call(ListModels::new())
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Transport(failure) if failure.kind == TransportErrorKind::TooLarge),
            "{error:?}"
        );
        assert!(!error.is_retryable());
        assert_eq!(requests.try_iter().count(), 1, "the call is not repeated");
    }
    let (base, _requests) = serve(vec![chunked]);
    assert!(Client::new(config(&base)).unwrap().call(ListModels::new()).unwrap().is_empty());
}

#[test]
fn threads_share_a_client() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let server = Server::start(Simulator::new(), "127.0.0.1:0").unwrap();
    let client = Client::new(config(&server.url())).unwrap();
    shared(&client);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || client.call(ListModels::new()).unwrap().len())
        })
        .collect();
    let models = client.call(ListModels::new()).unwrap().len();
    assert!(models >= 3 && calls.into_iter().all(|call| call.join().unwrap() == models));
}
