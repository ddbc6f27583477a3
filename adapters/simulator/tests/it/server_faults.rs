//! Faults over HTTP: what a client sees on the socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use clarifai_simulator::faults::{Commits, Fault, Faults};
use clarifai_simulator::{Server, Simulator};

/// The bytes received on a connection, the time it took, and the number of committed changes.
struct BodyCollector {
    text: String,
    took: Duration,
    committed: usize,
}

fn send(faults: Faults) -> BodyCollector {
    let server = Server::start_with_faults(Simulator::new(), faults, "127.0.0.1:0").unwrap();
    let body = r#"{"concepts":[{"id":"cat"}]}"#;
    let head = format!(
        "POST /v2/concepts HTTP/1.1\r\nhost: h\r\nauthorization: Key my-key\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let start = Instant::now();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Writing can fail if the server has closed the connection.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
    let mut bytes = Vec::new();
    // A connection reset ends the response like a regular end.
    let _ = stream.read_to_end(&mut bytes);
    let committed = server.simulator().ledger().iter().filter(|entry| entry.committed()).count();
    BodyCollector { text: String::from_utf8(bytes).unwrap(), took: start.elapsed(), committed }
}

#[test]
fn each_fault_has_its_effect_on_the_wire() {
    for fault in Fault::ALL {
        let faults = Faults::new(3, 1.0).only([fault]);
        let received = send(faults.with_timeout(Duration::from_millis(300)).with_byte_time(Duration::from_millis(2)));
        let (head, body) = received.text.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        let whole = serde_json::from_str::<serde_json::Value>(body).is_ok();
        let expected = match fault {
            Fault::ConnectRefused
            | Fault::ResetBefore
            | Fault::ResetDuring
            | Fault::ResetAfter
            | Fault::ResponseLost
            | Fault::Hang => (0, false),
            Fault::SlowResponse | Fault::SlicedResponse | Fault::Mixed => (200, true),
            Fault::TruncatedJson | Fault::WrongLength => (200, false),
            Fault::BadGateway => (502, false),
            Fault::InternalError | Fault::TryAgain => (500, true),
            Fault::Unavailable => (503, false),
            Fault::Throttled => (429, true),
            // The first request has created the concept.
            Fault::SentTwice => (400, true),
            other => panic!("no row for {other}"),
        };
        assert_eq!((status, whole), expected, "{fault}: {}", received.text);
        match fault.commits() {
            Commits::Never => assert_eq!(received.committed, 0, "{fault}"),
            Commits::Either => {}
            // `Mixed` does not apply to concepts.
            _ => assert_eq!(received.committed, 1, "{fault}"),
        }
        let waits = matches!(fault, Fault::ResponseLost | Fault::Hang);
        assert!(!waits || received.took >= Duration::from_millis(300), "{fault}: {:?}", received.took);
        // A slow response takes 2 ms per byte, a sliced one 1 ms for each of its first 100 bytes.
        let least = match fault {
            Fault::SlowResponse => 2 * body.len(),
            Fault::SlicedResponse => body.len().min(100),
            _ => 0,
        };
        assert!(received.took.as_millis() >= least as u128, "{fault}: {:?} for {} bytes", received.took, body.len());
    }
}

#[test]
fn responds_normally_without_faults() {
    let received = send(Faults::new(3, 0.0));
    assert!(received.text.starts_with("HTTP/1.1 200 OK\r\n"), "{}", received.text);
    assert_eq!(received.committed, 1);
    let date = received.text.lines().filter(|line| line.to_ascii_lowercase().starts_with("date: ")).count();
    assert_eq!(date, 1, "{}", received.text);
}
