//! Requests of pages in a browser: permission is given without credentials, and every response can be read.

use bytes::Bytes;
use clarifai_simulator::Simulator;
use clarifai_simulator::core::time::Now;
use http::{HeaderMap, Request};

const KEY: (&str, &str) = ("authorization", "Key my-key");
const ORIGIN: (&str, &str) = ("origin", "https://page.example");

/// Returns the status and headers of the response to a request.
fn send(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, HeaderMap) {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = Simulator::new().handle(Now::default(), &request.body(Bytes::from(body.to_owned())).unwrap());
    (response.status().as_u16(), response.headers().clone())
}

#[test]
fn permission_is_given_without_credentials() {
    for path in ["/v2/models", "/v2/users/me/apps/a/inputs", "/v2/token", "/v2/no/such/route", "/"] {
        for asked in [None, Some("authorization"), Some("authorization, content-type, x-custom")] {
            let asking = asked.map(|names| ("access-control-request-headers", names));
            let headers = [ORIGIN, ("access-control-request-method", "PATCH")];
            let headers: Vec<_> = headers.into_iter().chain(asking).collect();
            let (status, found) = send("OPTIONS", path, &headers, "");
            assert_eq!(status, 204, "{path}");
            assert_eq!(found["access-control-allow-origin"], "*", "{path}");
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                let allowed = found["access-control-allow-methods"].to_str().unwrap();
                assert!(allowed.split(", ").any(|one| one == method), "{path}: {allowed}");
            }
            let allowed = found["access-control-allow-headers"].to_str().unwrap();
            assert!(allowed.contains(asked.unwrap_or("authorization")), "{path}: {allowed}");
        }
    }
}

#[test]
fn every_response_can_be_read_by_a_page() {
    for (method, path, headers, body, expected) in [
        ("GET", "/v2/models", &[ORIGIN, KEY][..], "", 200),
        ("GET", "/v2/models", &[KEY], "", 200),
        ("GET", "/v2/models", &[ORIGIN], "", 401),
        ("GET", "/v2/models/none", &[ORIGIN, KEY], "", 404),
        ("GET", "/no/route", &[ORIGIN, KEY], "", 404),
        ("POST", "/v2/inputs", &[ORIGIN, KEY], "{", 400),
    ] {
        let (status, found) = send(method, path, headers, body);
        assert_eq!(status, expected, "{method} {path}");
        assert_eq!(found["access-control-allow-origin"], "*", "{method} {path}");
        assert!(found["access-control-expose-headers"].to_str().unwrap().contains("retry-after"), "{method} {path}");
    }
}

/// Over HTTP: faults that respond let pages read the response, and permission is not an exchange with a fault.
#[cfg(feature = "server")]
#[test]
fn faults_do_not_keep_responses_from_pages() {
    use std::io::{Read as _, Write as _};
    use std::time::Duration;

    use clarifai_simulator::Server;
    use clarifai_simulator::faults::{Fault, Faults};

    let mut responses = 0;
    for fault in Fault::ALL {
        let faults = Faults::new(3, 1.0).only([fault]).with_timeout(Duration::from_millis(100));
        let faults = faults.with_byte_time(Duration::from_micros(100));
        let server = Server::start_with_faults(Simulator::new(), faults, "127.0.0.1:0").unwrap();
        let send = |method: &str| {
            let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let head = format!("{method} /v2/models/general HTTP/1.1\r\nhost: h\r\nauthorization: Key my-key\r\n");
            // Writing can fail if the server has closed the connection, and reading ends if it is reset.
            let _ = stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes());
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).to_ascii_lowercase()
        };
        assert!(send("OPTIONS").starts_with("http/1.1 204"), "{fault:?}");
        let response = send("GET");
        responses += usize::from(!response.is_empty());
        assert!(response.is_empty() || response.contains("access-control-allow-origin: *"), "{fault:?}: {response}");
    }
    assert!(responses > 3, "{responses} faults respond");
}
