//! A single call up to its response, in virtual time: the rules of machines, retries, uncertain calls, the retry budget
//! and tokens.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{Call, Event, Machine, Step};
use clarifai_core::models::{GetModel, Predict};
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::{ManualClock, MockTransport};
use clarifai_core::time::{Instant, Now};
use clarifai_core::{
    Config, Credentials, Error,
    operation::Replay,
    transport::{Body, TransportError, TransportErrorKind},
};
use http::{Request, Response};
use serde_json::{Value, json};

use crate::support::CreateThing;

const ONCE: CreateThing = CreateThing(Replay::Once);
const THINGS: &str = "/v2/things";
const MODEL: &str = "/v2/models/m";
const TOKEN: &str = "/v2/token";

fn config() -> Config {
    Config::new(Credentials::key("key").unwrap()).with_seed(7)
}

fn secret_app() -> Config {
    Config::new(Credentials::app_secret("id", "s3cret").unwrap()).with_seed(7)
}

fn get(config: &Config) -> Call<GetModel> {
    Call::new(config, GetModel::new("m"))
}

fn code(code: u32) -> Value {
    json!({"status": {"code": code}})
}

fn model() -> Value {
    json!({"status": {"code": 10000}, "model": {"id": "m"}})
}

fn token(name: &str, expires_in: u64) -> Value {
    json!({"status": {"code": 10000}, "access_token": name, "expires_in": expires_in})
}

fn now(seconds: u64) -> Now {
    let mono = Duration::from_secs(seconds);
    Now::new(Instant::new(mono), ManualClock::UNIX + mono)
}

fn response(status: u16, json: &Value) -> Event {
    Event::Response(Response::builder().status(status).body(Bytes::from(json.to_string())).unwrap())
}

fn failed(kind: TransportErrorKind) -> Event {
    Event::Failed(TransportError::new(kind, "test"))
}

fn sent<T: std::fmt::Debug>(step: Step<T>) -> Request<Body> {
    match step {
        Step::Send(request) => request,
        other => panic!("expected a request, not {other:?}"),
    }
}

fn waits<T: std::fmt::Debug>(step: Step<T>) -> Instant {
    match step {
        Step::WaitUntil(time) => time,
        other => panic!("expected a wait, not {other:?}"),
    }
}

fn fails<T: std::fmt::Debug>(step: Step<T>) -> Error {
    match step {
        Step::Done(Err(error)) => error,
        other => panic!("expected an error, not {other:?}"),
    }
}

fn is_misuse(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Misuse(_))
}

// The rules of machines by their numbers. Rules 4 and 5 apply to adapters; these tests check how machines react.

#[test]
fn rule_1_an_event_at_the_wrong_time_is_misuse_and_ends_the_machine() {
    /// How far a machine is driven before the wrong event.
    type Way = fn(&mut Call<GetModel>);
    let start: Way = |_| ();
    let sending: Way = |machine| drop(sent(machine.resume(now(0), Event::Begin)));
    let waiting: Way = |machine| {
        drop(sent(machine.resume(now(0), Event::Begin)));
        waits(machine.resume(now(0), failed(TransportErrorKind::NotSent)));
    };
    let done: Way = |machine| {
        drop(sent(machine.resume(now(0), Event::Begin)));
        drop(machine.resume(now(0), response(200, &model())));
    };
    let events: [fn() -> Event; 4] =
        [|| Event::Begin, || response(200, &model()), || failed(TransportErrorKind::NotSent), || Event::Woke];
    for (name, way, wrong) in [
        ("start", start, &[1, 2, 3][..]),
        ("sending", sending, &[0, 3]),
        ("waiting", waiting, &[0, 1, 2]),
        ("done", done, &[0, 1, 2, 3]),
    ] {
        for event in wrong {
            let mut machine = get(&config());
            way(&mut machine);
            let error = fails(machine.resume(now(1), events[*event]()));
            assert!(is_misuse(&error), "{name}, event {event}: {error}");
            assert!(!error.may_have_happened(), "{name}: a call that only reads changes nothing");
            assert!(is_misuse(&fails(machine.resume(now(1), Event::Begin))), "the machine remains ended");
        }
    }
    // The outcome of a request that was sent is never known then.
    for wrong in [Event::Begin, Event::Woke] {
        let mut machine = Call::new(&config(), ONCE);
        drop(sent(machine.resume(now(0), Event::Begin)));
        let error = fails(machine.resume(now(1), wrong));
        assert!(is_misuse(&error) && error.may_have_happened(), "{error}");
    }
    let error = fails(Call::new(&config(), ONCE).resume(now(1), Event::Woke));
    assert!(is_misuse(&error) && !error.may_have_happened(), "nothing was sent: {error}");
}

#[test]
fn rule_2_early_waking_and_backward_clocks_are_harmless() {
    let config = config();
    let mut machine = get(&config);
    drop(sent(machine.resume(now(100), Event::Begin)));
    let hinted = Event::Response(
        Response::builder().status(503).header("retry-after", "10").body(Bytes::from_static(b"{}")).unwrap(),
    );
    // The clock went back; the wait counts from the latest time seen.
    let until = waits(machine.resume(now(5), hinted));
    assert!(until >= now(110).instant, "{until:?}");
    for early in [0, 100, 109] {
        assert_eq!(waits(machine.resume(now(early), Event::Woke)), until, "the same wait comes back");
    }
    drop(sent(machine.resume(Now::new(until, Duration::ZERO), Event::Woke)));
}

#[test]
fn rule_3_a_machine_is_not_reusable_after_done() {
    let mut machine = get(&config());
    drop(sent(machine.resume(now(0), Event::Begin)));
    assert!(matches!(machine.resume(now(0), response(200, &model())), Step::Done(Ok(_))));
    for _ in 0..3 {
        let error = fails(machine.resume(now(0), Event::Woke));
        assert!(is_misuse(&error) && error.to_string().contains("has ended"), "{error}");
    }
}

#[test]
fn rules_4_and_5_any_status_is_a_response_and_failures_keep_their_kind() {
    for status in [100, 204, 301, 302, 307, 404, 418, 599, 999] {
        let mut machine = Call::new(&config().with_retry(RetryPolicy::never()), GetModel::new("m"));
        drop(sent(machine.resume(now(0), Event::Begin)));
        let error = fails(machine.resume(now(0), response(status, &json!({}))));
        assert_eq!(error.http_status(), Some(status), "{error}");
    }
    for (kind, retried, happened) in [
        (TransportErrorKind::NotSent, true, false),
        (TransportErrorKind::MaybeSent, true, true),
        (TransportErrorKind::TooLarge, false, true),
    ] {
        let mut machine = Call::new(&config(), CreateThing(Replay::Idempotent));
        drop(sent(machine.resume(now(0), Event::Begin)));
        match (machine.resume(now(0), failed(kind)), retried) {
            (Step::WaitUntil(_), true) => {}
            (Step::Done(Err(error)), false) => assert_eq!(error.may_have_happened(), happened, "{kind}"),
            (other, _) => panic!("{kind}: {other:?}"),
        }
        let mut machine = Call::new(&config().with_retry(RetryPolicy::never()), GetModel::new("m"));
        drop(sent(machine.resume(now(0), Event::Begin)));
        let error = fails(machine.resume(now(0), failed(kind)));
        assert!(!error.may_have_happened(), "a call that only reads changes nothing: {error}");
    }
}

#[test]
fn rules_6_and_7_one_request_in_flight_and_dropping_has_no_effect() {
    let config = secret_app();
    for steps in 0..4 {
        let mut machine = get(&config);
        let mut event = Event::Begin;
        for _ in 0..steps {
            match machine.resume(now(0), event) {
                // Only the response continues the machine, so it cannot send a second request before.
                Step::Send(_) => event = response(503, &json!({})),
                Step::WaitUntil(_) => event = Event::Woke,
                Step::Done(_) => break,
            }
        }
    }
    let mut script = MockTransport::new()
        .expect("POST", TOKEN)
        .reply(200, token("t", 3600))
        .expect("GET", MODEL)
        .reply(200, model());
    script.run(get(&config)).unwrap();
    assert_eq!(script.clock().elapsed(), Duration::ZERO, "no dropped machine kept a lease");
    script.assert_done();
}

// Retries.

#[test]
fn transient_failures_are_retried_and_never_before_retry_after() {
    for (status, api_code, hint, least) in [
        (500, 0, None, 0),
        (502, 0, None, 0),
        (503, 0, Some("5"), 5),
        (503, 98004, Some("Sun, 06 Nov 1994 08:50:37 GMT"), 60),
        (504, 0, Some("Sun, 06 Nov 1994 00:00:00 GMT"), 0),
        (429, 0, Some("30"), 30),
        (429, 11005, Some("120"), 120),
        (429, 11005, None, 0),
        (429, 0, Some("soon"), 0),
        (503, 0, Some("-1"), 0),
        (500, 10030, None, 0),
        (500, 21354, None, 0),
        (400, 21355, Some(" 2 "), 2),
        (200, 11005, None, 0),
    ] {
        let row = format!("HTTP {status}, code {api_code}, hint {hint:?}");
        let mut first = MockTransport::new().expect("GET", MODEL);
        if let Some(hint) = hint {
            first = first.header("retry-after", hint);
        }
        let body = if api_code == 0 { json!({}) } else { code(api_code) };
        let mut script = first.reply(status, body).expect("GET", MODEL).reply(200, model());
        script.run(get(&config())).unwrap_or_else(|error| panic!("{row}: {error}"));
        let waited = script.clock().elapsed();
        assert!(waited >= Duration::from_secs(least), "{row}: {waited:?}");
        assert!(waited <= Duration::from_secs(least + 2), "{row}: {waited:?}");
        script.assert_done();
    }
}

#[test]
fn permanent_failures_are_not_retried() {
    for (status, body, hint) in [
        (429, code(11003), None),
        (429, code(11004), None),
        (403, code(11006), None),
        (503, code(39998), None),
        (401, code(11009), None),
        (404, code(21200), None),
        (400, code(11102), Some("1")),
        (302, json!({}), None),
        (501, json!({}), None),
        (200, code(123_456), None),
        // Longer than the longest accepted pause.
        (503, json!({}), Some("121")),
        (429, code(11005), Some("99999999999999999999999")),
        (503, json!({}), Some("Sat, 06 Nov 2094 08:49:37 GMT")),
    ] {
        let mut expect = MockTransport::new().expect("GET", MODEL);
        if let Some(hint) = hint {
            expect = expect.header("retry-after", hint);
        }
        let mut script = expect.reply(status, body.clone());
        let error = script.run(get(&config())).unwrap_err();
        assert_eq!((error.attempts(), error.http_status()), (1, Some(status)), "{body}: {error}");
        assert_eq!(script.clock().elapsed(), Duration::ZERO, "{body}");
        assert_eq!(error.is_quota(), matches!(error.api_code(), Some(11003 | 11004 | 11006)), "{error}");
        script.assert_done();
    }
}

#[test]
fn a_truncated_response_is_requested_again_if_that_is_safe() {
    let whole = model().to_string();
    let mut script = MockTransport::new()
        .expect("GET", MODEL)
        .reply_bytes(200, whole[..whole.len() - 4].to_owned())
        .expect("GET", MODEL)
        .reply_bytes(200, "")
        .expect("GET", MODEL)
        .reply_bytes(200, format!("{whole}HTTP/1.1 2"))
        .expect("GET", MODEL)
        .reply_bytes(200, whole.clone());
    script.run(get(&config())).unwrap();
    script.assert_done();

    // A complete response would be the same the next time.
    for wrong in ["{\"status\": {\"code\": 10000}}", "<html></html>", "please log in", "{\"model\": nothing}", "[]"] {
        let mut script = MockTransport::new().expect("GET", MODEL).reply_bytes(200, wrong);
        let error = script.run(get(&config())).unwrap_err();
        assert!(!error.is_retryable() && error.attempts() == 1, "{wrong}: {error}");
        script.assert_done();
    }

    for replay in [Replay::Idempotent, Replay::Once] {
        let mut script = MockTransport::new().expect("POST", THINGS).reply_bytes(200, "{\"status\": {\"code\": 10000}");
        let error = script.run(Call::new(&config(), CreateThing(replay))).unwrap_err();
        assert!(error.may_have_happened() && error.attempts() == 1, "{error}");
        script.assert_done();
    }
}

#[test]
fn items_are_retryable_only_if_all_failures_are_transient() {
    for (codes, transient) in
        [(&[21355][..], true), (&[10030, 21354], true), (&[30002], false), (&[21355, 30002], false)]
    {
        let outputs: Vec<_> = codes.iter().map(|code| json!({"status": {"code": code}})).collect();
        let mut script = MockTransport::new()
            .expect("POST", "/v2/models/m/outputs")
            .reply(400, json!({"status": {"code": 10020}, "outputs": outputs}));
        let predict = Predict::new("m").inputs(codes.iter().map(|_| NewInput::image_url("https://u/a.jpg")));
        let error = script.run(Call::new(&config(), predict)).unwrap_err();
        assert_eq!(error.is_retryable(), transient, "{codes:?}: {error}");
    }
}

#[test]
fn retries_stop_at_the_attempt_limit() {
    for (limit, sends) in [(0, 1), (1, 1), (2, 2), (7, 7)] {
        let mut script = MockTransport::new();
        for _ in 0..sends {
            script = script.expect("GET", MODEL).reply(503, json!({}));
        }
        let config = config().with_retry(RetryPolicy::default().with_max_attempts(limit));
        let error = script.run(get(&config)).unwrap_err();
        assert_eq!(error.attempts(), sends, "{error}");
        assert_eq!(error.to_string().contains("gave up after"), sends > 1, "{error}");
        script.assert_done();
    }
}

#[test]
fn invalid_arguments_send_no_request() {
    for config in [config(), secret_app()] {
        let error = MockTransport::new().run(Call::new(&config, GetModel::new(".."))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidArgument(_)), "{error}");
        assert!(!error.may_have_happened());
        MockTransport::new().run(Call::new(&config, Predict::new("m"))).unwrap_err();
    }
}

// Calls that must not be executed twice.

/// What the transport or the service does with one attempt.
#[derive(Clone, Copy, Debug)]
enum Reaction {
    Lost,
    NotSent,
    Status(u16, u32),
}
use Reaction::{Lost, NotSent, Status};

#[test]
fn a_call_once_is_repeated_only_if_it_was_definitely_not_executed() {
    // The reactions to the attempts, whether the call succeeds after them, and whether it may have been executed.
    let table: &[(Replay, &[Reaction], bool, bool)] = &[
        (Replay::Once, &[Lost], false, true),
        (Replay::Once, &[Status(500, 0)], false, true),
        (Replay::Once, &[Status(503, 98004)], false, true),
        (Replay::Once, &[Status(408, 0)], false, true),
        (Replay::Once, &[Status(200, 123_456)], false, true),
        (Replay::Once, &[Status(200, 99009)], false, true),
        // "Mixed" is not a valid status for a call without items, and part of the call may have taken effect.
        (Replay::Once, &[Status(207, 10010)], false, true),
        (Replay::Once, &[Status(400, 11102)], false, false),
        (Replay::Once, &[Status(200, 11102)], false, false),
        (Replay::Once, &[Status(302, 0)], false, false),
        (Replay::Once, &[NotSent], true, false),
        (Replay::Once, &[Status(429, 0)], true, false),
        (Replay::Once, &[Status(429, 11005)], true, false),
        (Replay::Once, &[Status(503, 10030), Status(500, 21354), Status(400, 21355)], true, false),
        (Replay::Once, &[NotSent, Status(429, 0), Lost], false, true),
        (Replay::Once, &[NotSent, NotSent, NotSent, NotSent], false, false),
        (Replay::Idempotent, &[Lost, Status(500, 0), NotSent], true, false),
        // Once uncertain, a call stays uncertain: later responses prove nothing about the first attempt.
        (Replay::Idempotent, &[Lost, Status(400, 11102)], false, true),
        (Replay::Idempotent, &[Status(500, 0), NotSent, NotSent, NotSent], false, true),
        (Replay::Idempotent, &[NotSent, Status(400, 11102)], false, false),
    ];
    for (replay, reactions, succeeds, happened) in table {
        let row = format!("{replay:?} {reactions:?}");
        let mut script = MockTransport::new();
        for reaction in *reactions {
            let expect = script.expect("POST", THINGS);
            script = match reaction {
                Lost => expect.fail(TransportErrorKind::MaybeSent),
                NotSent => expect.fail(TransportErrorKind::NotSent),
                Status(status, 0) => expect.reply(*status, json!({})),
                Status(status, number) => expect.reply(*status, code(*number)),
            };
        }
        if *succeeds {
            script = script.expect("POST", THINGS).reply(200, code(10000));
        }
        match (script.run(Call::new(&config(), CreateThing(*replay))), succeeds) {
            (Ok(()), true) => {}
            (Err(error), false) => assert_eq!(error.may_have_happened(), *happened, "{row}: {error}"),
            (other, _) => panic!("{row}: {other:?}"),
        }
        script.assert_done();
    }
}

#[test]
fn each_attempt_sends_the_same_body() {
    let mut script = MockTransport::new()
        .expect("POST", THINGS)
        .body(json!({"thing": 1}))
        .reply(429, json!({}))
        .expect("POST", THINGS)
        .body(json!({"thing": 1}))
        .reply(200, code(10000));
    script.run(Call::new(&config(), ONCE)).unwrap();
    script.assert_done();
}

// What the machines of one configuration share.

#[test]
fn the_retry_budget_limits_all_machines_together() {
    let config = config();
    let mut sends = 0;
    for _ in 0..100 {
        let mut machine = get(&config.clone());
        let mut event = Event::Begin;
        loop {
            event = match machine.resume(now(0), event) {
                Step::Send(_) => {
                    sends += 1;
                    failed(TransportErrorKind::NotSent)
                }
                Step::WaitUntil(time) => match machine.resume(Now::new(time, Duration::ZERO), Event::Woke) {
                    Step::Send(_) => {
                        sends += 1;
                        failed(TransportErrorKind::NotSent)
                    }
                    other => panic!("{other:?}"),
                },
                Step::Done(result) => {
                    assert!(result.unwrap_err().is_retryable());
                    break;
                }
            };
        }
    }
    assert!((110..=120).contains(&sends), "100 calls, 10 saved retries, and a tenth: {sends}");
    let other = self::config();
    let mut script =
        MockTransport::new().expect("GET", MODEL).reply(503, json!({})).expect("GET", MODEL).reply(200, model());
    script.run(get(&other)).unwrap();
    script.assert_done();
}

// Tokens.

#[test]
fn machines_share_the_token_obtained_for_an_app_secret() {
    let config = secret_app();
    let mut script = MockTransport::new()
        .expect("POST", TOKEN)
        .reply(200, token("tok1", 3600))
        .expect("GET", MODEL)
        .reply(200, model())
        .expect("GET", MODEL)
        .reply(200, model());
    script.run(get(&config)).unwrap();
    script.run(get(&config.clone())).unwrap();
    let requests = script.requests();
    let header = |index: usize, name: &str| requests[index].headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header(0, "authorization"), "Basic aWQ6czNjcmV0");
    assert_eq!(header(0, "content-type"), "application/x-www-form-urlencoded");
    assert_eq!(&requests[0].body().to_bytes()[..], b"grant_type=client_credentials");
    assert_eq!((header(1, "authorization"), header(2, "authorization")), ("Bearer tok1".into(), "Bearer tok1".into()));
    assert!(requests.iter().all(|request| request.headers()["authorization"].is_sensitive()));
    script.assert_done();
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let config = secret_app();
    let mut script = MockTransport::new()
        .expect("POST", TOKEN)
        .reply(200, token("tok1", 100))
        .expect("GET", MODEL)
        .reply(200, model())
        .expect("GET", MODEL)
        .reply(200, model())
        .expect("POST", TOKEN)
        .reply(200, token("tok2", 100))
        .expect("GET", MODEL)
        .reply(200, model());
    for seconds in [0, 89, 1] {
        script.clock_mut().advance(Duration::from_secs(seconds));
        script.run(get(&config)).unwrap();
    }
    assert_eq!(script.requests()[4].headers()["authorization"], "Bearer tok2");
    script.assert_done();
}

#[test]
fn a_token_without_a_lifetime_serves_the_call_it_was_fetched_for() {
    for lifetime in [json!(0), json!(-1), json!("soon"), json!(u64::MAX), Value::Null] {
        let mut script = MockTransport::new()
            .expect("POST", TOKEN)
            .reply(200, json!({"access_token": "tok", "expires_in": lifetime}))
            .expect("GET", MODEL)
            .reply(200, model());
        script.run(get(&secret_app())).unwrap();
        script.assert_done();
    }
}

#[test]
fn machines_wait_while_one_fetches_the_token() {
    let config = secret_app();
    let (mut first, mut second) = (get(&config), get(&config));
    assert_eq!(sent(first.resume(now(0), Event::Begin)).uri().path(), TOKEN);
    let until = waits(second.resume(now(0), Event::Begin));
    assert!(until > now(0).instant && until <= now(1).instant);
    let again = waits(second.resume(Now::new(until, Duration::ZERO), Event::Woke));
    assert!(again > until);
    assert_eq!(sent(first.resume(now(1), response(200, &token("tok", 3600)))).uri().path(), MODEL);
    assert_eq!(sent(second.resume(now(1), Event::Woke)).headers()["authorization"], "Bearer tok");
}

#[test]
fn a_machine_that_stops_fetching_returns_the_lease() {
    /// Ends the machine that holds the lease.
    type End = fn(Call<GetModel>) -> Option<Call<GetModel>>;
    let ends: [(&str, End); 5] = [
        ("dropped", |_| None),
        ("refused", |mut machine| {
            let error = fails(machine.resume(now(0), response(401, &code(11002))));
            assert!(error.is_auth() && error.operation() == "get token", "{error}");
            Some(machine)
        }),
        ("unreadable", |mut machine| {
            fails(machine.resume(now(0), response(200, &json!({"access_token": ""}))));
            Some(machine)
        }),
        ("backing off", |mut machine| {
            waits(machine.resume(now(0), failed(TransportErrorKind::MaybeSent)));
            Some(machine)
        }),
        ("misused", |mut machine| {
            assert!(is_misuse(&fails(machine.resume(now(0), Event::Woke))));
            Some(machine)
        }),
    ];
    for (name, end) in ends {
        let config = secret_app();
        let mut first = get(&config);
        drop(sent(first.resume(now(0), Event::Begin)));
        let _kept = end(first);
        match get(&config).resume(now(0), Event::Begin) {
            Step::Send(request) => assert_eq!(request.uri().path(), TOKEN),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_lease_expires_if_its_holder_never_resumes() {
    let config = secret_app();
    let mut silent = get(&config);
    drop(sent(silent.resume(now(0), Event::Begin)));
    let mut script = MockTransport::new()
        .expect("POST", TOKEN)
        .reply(200, token("tok", 3600))
        .expect("GET", MODEL)
        .reply(200, model());
    script.run(get(&config)).unwrap();
    assert_eq!(script.clock().elapsed(), Duration::from_secs(30));
    script.assert_done();
}

#[test]
fn an_expired_token_is_renewed_once_per_call() {
    let expired = json!({"status": {"code": 11000, "details": "expired token"}});
    for (status, refusal) in [(401, expired), (401, code(11001)), (400, code(11001))] {
        let config = secret_app();
        let mut script = MockTransport::new()
            .expect("POST", TOKEN)
            .reply(200, token("tok1", 3600))
            .expect("POST", THINGS)
            .reply(status, refusal.clone())
            .expect("POST", TOKEN)
            .reply(200, token("tok2", 3600))
            .expect("POST", THINGS)
            .reply(200, code(10000));
        script.run(Call::new(&config, ONCE)).unwrap();
        assert_eq!(script.requests()[3].headers()["authorization"], "Bearer tok2", "{refusal}");
        script.assert_done();

        let mut script = MockTransport::new()
            .expect("POST", THINGS)
            .reply(status, refusal.clone())
            .expect("POST", TOKEN)
            .reply(200, token("tok3", 3600))
            .expect("POST", THINGS)
            .reply(status, refusal.clone());
        let error = script.run(Call::new(&config, ONCE)).unwrap_err();
        assert_eq!(error.http_status(), Some(status), "{refusal}: {error}");
        assert!(!error.may_have_happened());
        script.assert_done();
    }
}

/// A gateway that responds with a 5xx may have forwarded the call, so a body that reports an expired token does not
/// prove that the call was not executed.
#[test]
fn an_expired_token_in_a_server_error_leaves_the_call_uncertain() {
    for (status, refusal) in [(500, code(11001)), (502, code(11001)), (504, code(11001)), (408, code(11001))] {
        let config = secret_app();
        let mut script = MockTransport::new()
            .expect("POST", TOKEN)
            .reply(200, token("tok1", 3600))
            .expect("POST", THINGS)
            .reply(status, refusal.clone());
        let error = script.run(Call::new(&config, ONCE)).unwrap_err();
        assert_eq!((error.attempts(), error.may_have_happened()), (1, true), "HTTP {status}: {error}");
        script.assert_done();

        // The token is renewed for the next call. One that is safe to repeat is repeated, and stays uncertain.
        let mut script = MockTransport::new()
            .expect("POST", TOKEN)
            .reply(200, token("tok2", 3600))
            .expect("POST", THINGS)
            .reply(status, refusal.clone())
            .expect("POST", TOKEN)
            .reply(200, token("tok3", 3600))
            .expect("POST", THINGS)
            .reply(400, code(11102));
        let error = script.run(Call::new(&config, CreateThing(Replay::Idempotent))).unwrap_err();
        assert_eq!((error.attempts(), error.may_have_happened()), (2, true), "HTTP {status}: {error}");
        script.assert_done();
    }
}

#[test]
fn renewing_a_token_stays_within_the_limit_of_attempts() {
    let config = secret_app().with_retry(RetryPolicy::never());
    let mut script = MockTransport::new()
        .expect("POST", TOKEN)
        .reply(200, token("tok1", 3600))
        .expect("GET", MODEL)
        .reply(401, code(11001))
        .expect("POST", TOKEN)
        .reply(200, token("tok2", 3600))
        .expect("GET", MODEL)
        .reply(200, model());
    assert_eq!(script.run(get(&config)).unwrap_err().attempts(), 1);
    script.run(get(&config)).expect("the refused token is not used again");
    script.assert_done();

    let mut script = MockTransport::new().expect("POST", TOKEN).reply(200, token("tok", 3600));
    for _ in 0..3 {
        script = script.expect("GET", MODEL).reply(503, json!({}));
    }
    let mut script = script.expect("GET", MODEL).reply(401, code(11001));
    assert_eq!(script.run(get(&secret_app())).unwrap_err().attempts(), 4);
    script.assert_done();
}

#[test]
fn only_the_token_that_was_refused_is_discarded() {
    let config = secret_app();
    let (mut first, mut second) = (get(&config), get(&config));
    drop(sent(first.resume(now(0), Event::Begin)));
    drop(sent(first.resume(now(0), response(200, &token("tok1", 3600)))));
    drop(sent(second.resume(now(0), Event::Begin)));
    assert_eq!(sent(first.resume(now(0), response(401, &code(11001)))).uri().path(), TOKEN);
    drop(sent(first.resume(now(0), response(200, &token("tok2", 3600)))));
    let again = sent(second.resume(now(1), response(401, &code(11001))));
    assert_eq!(again.headers()["authorization"], "Bearer tok2", "the newer token is available already");
}

#[test]
fn a_failed_token_request_does_not_make_the_call_uncertain() {
    for (reactions, sends) in [(vec![Lost; 4], 4), (vec![Status(500, 0); 4], 4), (vec![Status(401, 11002)], 1)] {
        let mut script = MockTransport::new();
        for reaction in &reactions {
            let expect = script.expect("POST", TOKEN);
            script = match reaction {
                Status(status, 0) => expect.reply(*status, json!({})),
                Status(status, number) => expect.reply(*status, code(*number)),
                _ => expect.fail(TransportErrorKind::MaybeSent),
            };
        }
        let error = script.run(Call::new(&secret_app(), ONCE)).unwrap_err();
        assert!(!error.may_have_happened(), "the call was never sent: {error}");
        assert_eq!((error.attempts(), script.log().sent()), (0, sends));
        script.assert_done();
    }
}
