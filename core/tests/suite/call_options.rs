//! Options of one call: its time limit and its own retries, in virtual time.

use std::time::Duration;

use clarifai_core::client::CallOptions;
use clarifai_core::error::ErrorKind;
use clarifai_core::machine::{Call, Event, Machine as _, Step};
use clarifai_core::models::GetModel;
use clarifai_core::policy::{RateLimiter, RetryPolicy};
use clarifai_core::testing::MockTransport;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{RequestTimeout, TransportErrorKind};
use clarifai_core::{Config, Credentials};
use serde_json::json;

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap()).with_seed(7)
}

fn now(seconds: u64) -> Now {
    Now::new(Instant::new(Duration::from_secs(seconds)), Duration::from_secs(seconds))
}

fn limited(seconds: u64) -> CallOptions {
    let mut options = CallOptions::default();
    options.timeout = Some(Duration::from_secs(seconds));
    options
}

#[test]
fn each_request_has_the_time_that_the_call_has_left() {
    let mut call = Call::with_options(&config(), GetModel::new("m"), limited(60));
    let Step::Send(request) = call.resume(now(100), Event::Begin) else { panic!("no request") };
    assert_eq!(RequestTimeout::of(&request), Some(Duration::from_secs(60)));
    let lost = clarifai_core::transport::TransportError::new(TransportErrorKind::MaybeSent, "lost");
    let Step::WaitUntil(_) = call.resume(now(110), Event::Failed(lost)) else { panic!("no wait") };
    let Step::Send(request) = call.resume(now(130), Event::Woke) else { panic!("no second attempt") };
    assert_eq!(RequestTimeout::of(&request), Some(Duration::from_secs(30)));

    let mut call = Call::new(&config(), GetModel::new("m"));
    let Step::Send(request) = call.resume(now(0), Event::Begin) else { panic!("no request") };
    assert_eq!(RequestTimeout::of(&request), None, "a call without a limit");
}

#[test]
fn a_wait_beyond_the_limit_ends_the_call_with_its_cause() {
    let mut transport = MockTransport::new()
        .expect("GET", "/v2/models/m")
        .header("Retry-After", "30")
        .reply(503, json!({"status": {"code": 98004}}));
    let error = transport.run(Call::with_options(&config(), GetModel::new("m"), limited(20))).unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(503), 1), "{error}");
    assert_eq!(transport.clock().elapsed(), Duration::ZERO, "it does not wait in vain");
    transport.assert_done();
}

#[test]
fn a_call_that_cannot_be_sent_in_time_is_not_sent() {
    let limiter = RateLimiter::new(1, Duration::from_secs(100));
    let config = config().with_rate_limiter(limiter.clone());
    limiter.try_acquire(now(0).instant).unwrap();
    let mut call = Call::with_options(&config, GetModel::new("m"), limited(50));
    let Step::Done(Err(error)) = call.resume(now(1), Event::Begin) else { panic!("not refused") };
    assert!(
        matches!(error.kind(), ErrorKind::Transport(error) if error.kind == TransportErrorKind::NotSent),
        "{error:?}"
    );
    assert!(format!("{error:?}").contains("time limit") && error.attempts() == 0, "{error:?}");
}

#[test]
fn a_call_has_its_own_retries() {
    let mut options = CallOptions::default();
    options.max_attempts = Some(2);
    options.retry = Some(RetryPolicy::default());
    let busy = |transport: MockTransport| {
        transport.expect("GET", "/v2/models/m").reply(503, json!({"status": {"code": 98004}}))
    };
    let mut transport = busy(busy(MockTransport::new()));
    let config = config().with_retry(RetryPolicy::never());
    let error = transport.run(Call::with_options(&config, GetModel::new("m"), options)).unwrap_err();
    assert_eq!(error.attempts(), 2, "{error}");
    transport.assert_done();
}
