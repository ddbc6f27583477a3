//! Spans for `tracing`: one for each request, with its outcome and without secrets.
//!
//! A program of its own: whether a span is enabled is cached in the process, and other threads would fill the cache
//! without this subscriber.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clarifai_core::machine::Call;
use clarifai_core::models::GetModel;
use clarifai_core::testing::MockTransport;
use clarifai_core::{Config, Credentials, transport::TransportErrorKind};
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;

/// Lines that the subscriber wrote.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_request_has_a_span_with_its_outcome() {
    const SECRET: &str = "hunter2hunter2";
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let config = Config::new(Credentials::app_secret("id", SECRET).unwrap()).with_seed(7);
    tracing::subscriber::with_default(subscriber, || {
        let ok = |body: serde_json::Value| json!({"status": {"code": 10000, "req_id": "r-1"}, "model": body});
        let mut script = MockTransport::new()
            .expect("POST", "/v2/token")
            .reply(200, json!({"access_token": "a-token-of-the-service", "expires_in": 60}))
            .expect("GET", "/v2/models/m")
            .fail(TransportErrorKind::MaybeSent)
            .expect("GET", "/v2/models/m")
            .takes(Duration::from_millis(250))
            .reply(200, ok(json!({"id": "m"})))
            .expect("GET", "/v2/models/m")
            .reply(401, json!({"status": {"code": 11009, "req_id": "r-2", "details": format!("bad {SECRET}")}}));
        script.run(Call::new(&config, GetModel::new("m"))).unwrap();
        script.run(Call::new(&config, GetModel::new("m"))).unwrap_err();
        script.assert_done();
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let closed: Vec<_> = text.lines().filter(|line| line.contains("close")).collect();
    let [token, lost, good, refused] = closed[..] else { panic!("expected four closed spans:\n{text}") };
    for (span, fields) in [
        (token, &[r#"operation="get token""#, "attempt=1", r#"path="/v2/token""#, "status=200"][..]),
        (lost, &[r#"operation="get model""#, "attempt=1", r#"method="GET""#, "error=", "connection failed"]),
        (good, &["attempt=2", "status=200", "duration_ms=250", r#"request_id="r-1""#]),
        (refused, &["attempt=1", "status=401", r#"request_id="r-2""#, "11009"]),
    ] {
        assert!(fields.iter().all(|field| span.contains(field)), "{fields:?} in {span}");
    }
    assert!(!good.contains("error="), "{good}");
    for secret in [SECRET, "a-token-of-the-service", "aWQ6aHVudGVyMmh1bnRlcjI="] {
        assert!(!text.contains(secret), "{text}");
    }
}
