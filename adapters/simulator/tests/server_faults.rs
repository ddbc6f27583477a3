//! Faults on a socket: what a client sees that reads bytes.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use clarifai_simulator::faults::{Commits, Fault, Faults};
use clarifai_simulator::{Server, Simulator};

/// What came on a connection, and after how long.
struct Seen {
    text: String,
    took: Duration,
    committed: usize,
}

fn see(faults: Faults) -> Seen {
    let server = Server::start_with_faults(Simulator::new(), faults, "127.0.0.1:0").unwrap();
    let body = r#"{"concepts":[{"id":"cat"}]}"#;
    let head = format!(
        "POST /v2/concepts HTTP/1.1\r\nhost: h\r\nauthorization: Key my-key\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let start = Instant::now();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A connection that is closed early may refuse any part of it.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
    let mut bytes = Vec::new();
    // An error ends the answer as its end does.
    let _ = stream.read_to_end(&mut bytes);
    let committed = server.simulator().ledger().iter().filter(|entry| entry.committed()).count();
    Seen { text: String::from_utf8(bytes).unwrap(), took: start.elapsed(), committed }
}

#[test]
fn each_kind_shows_on_the_wire() {
    for fault in Fault::ALL {
        let faults = Faults::new(3, 1.0).only([fault]);
        let seen = see(faults.with_timeout(Duration::from_millis(300)).with_byte_time(Duration::from_millis(2)));
        let (head, body) = seen.text.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        let whole = serde_json::from_str::<serde_json::Value>(body).is_ok();
        let expected = match fault {
            Fault::ConnectRefused
            | Fault::ResetBefore
            | Fault::ResetDuring
            | Fault::ResetAfter
            | Fault::AnswerLost
            | Fault::Hang => (0, false),
            Fault::SlowAnswer | Fault::SlicedAnswer | Fault::Mixed => (200, true),
            Fault::TruncatedJson | Fault::WrongLength => (200, false),
            Fault::BadGateway => (502, false),
            Fault::InternalError | Fault::TryAgain => (500, true),
            Fault::Unavailable => (503, false),
            Fault::Throttled => (429, true),
            // The concept is there by then.
            Fault::SentTwice => (400, true),
            other => panic!("no line in the table for {other}"),
        };
        assert_eq!((status, whole), expected, "{fault}: {}", seen.text);
        match fault.commits() {
            Commits::Never => assert_eq!(seen.committed, 0, "{fault}"),
            Commits::Either => {}
            // A call for concepts is not hit by 10010.
            _ => assert_eq!(seen.committed, 1, "{fault}"),
        }
        let waits = matches!(fault, Fault::AnswerLost | Fault::Hang);
        assert!(!waits || seen.took >= Duration::from_millis(300), "{fault}: {:?}", seen.took);
        // A millisecond for each of the first hundred bytes, or two for each.
        let least = match fault {
            Fault::SlowAnswer => 2 * body.len(),
            Fault::SlicedAnswer => body.len().min(100),
            _ => 0,
        };
        assert!(seen.took.as_millis() >= least as u128, "{fault}: {:?} for {} bytes", seen.took, body.len());
    }
}

#[test]
fn without_faults_every_answer_comes() {
    let seen = see(Faults::new(3, 0.0));
    assert!(seen.text.starts_with("HTTP/1.1 200 OK\r\n"), "{}", seen.text);
    assert_eq!(seen.committed, 1);
    let date = seen.text.lines().filter(|line| line.to_ascii_lowercase().starts_with("date: ")).count();
    assert_eq!(date, 1, "{}", seen.text);
}
