//! Calls whose response arrives item by item, in virtual time: retries before the first item, ends, cuts, errors inside
//! a successful response, and limits.

use std::time::Duration;

use bytes::Bytes;
use clarifai_core::error::ErrorKind;
use clarifai_core::machine::{StreamCall, StreamEvent, StreamStep};
use clarifai_core::openai::{ChatChunk, CreateChatCompletion};
use clarifai_core::policy::{CallOptions, RetryPolicy};
use clarifai_core::testing::{ManualClock, MockTransport};
use clarifai_core::transport::{TransportError, TransportErrorKind};
use clarifai_core::{Config, Credentials, Error};
use http::Response;
use serde_json::{Value, json};

const CHAT: &str = "/v2/ext/openai/v1/chat/completions";
const DONE: &str = "data: [DONE]\n\n";

fn config() -> Config {
    Config::new(Credentials::key("sentinel-key").unwrap()).with_seed(7)
}

fn chat() -> CreateChatCompletion {
    CreateChatCompletion::new("openai/chat-completion/models/gpt-oss-120b").user("Hello")
}

fn call() -> StreamCall<CreateChatCompletion> {
    StreamCall::new(&config(), chat())
}

fn data(json: &Value) -> String {
    format!("data: {json}\n\n")
}

fn chunk(text: &str) -> String {
    data(&json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]}))
}

fn last(text: &str) -> String {
    data(&json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}))
}

fn text(chunks: &[ChatChunk]) -> String {
    chunks.iter().filter_map(ChatChunk::text).collect()
}

/// Streams a body that arrives at once.
fn stream(body: impl Into<Bytes>) -> (Vec<ChatChunk>, Result<(), Error>) {
    MockTransport::new().expect("POST", CHAT).reply_bytes(200, body).stream(call())
}

/// Returns the number of items before the break and its cause.
fn broken(error: &Error) -> (u64, &ErrorKind) {
    match error.kind() {
        ErrorKind::Stream(broken) => (broken.items, broken.cause.kind()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_ends_with_its_mark_or_with_a_finish_reason() {
    for body in [
        chunk("a") + &last("b") + DONE,
        chunk("a") + &last("b"),
        chunk("a") + &last("b") + "data: [DONE]",
        chunk("a") + &chunk("b") + DONE,
        // Nothing after the mark counts.
        chunk("a") + &last("b") + DONE + &chunk("c"),
        // The usage follows the last text.
        chunk("a") + &last("b") + &data(&json!({"choices": [], "usage": {"total_tokens": 3}})),
    ] {
        let (items, result) = stream(body.clone());
        result.unwrap_or_else(|error| panic!("{error}: {body}"));
        assert_eq!(text(&items), "ab", "{body}");
    }
}

#[test]
fn a_response_that_ends_too_early_differs_from_a_finished_one() {
    let mark = "between two items";
    let within = "within an item";
    for (body, end) in [(chunk("a") + &chunk("b"), mark), (chunk("a") + &chunk("b") + "data: {\"choices\"", within)] {
        let (items, result) = stream(body);
        assert_eq!(text(&items), "ab", "what arrived is not lost");
        let error = result.unwrap_err();
        let (count, cause) = broken(&error);
        assert_eq!(count, 2);
        assert!(matches!(cause, ErrorKind::Transport(error) if error.kind == TransportErrorKind::MaybeSent));
        assert!(error.to_string().contains("after 2 items"), "{error}");
        assert!(format!("{cause}").contains(end) || format!("{cause:?}").contains(end), "{cause:?}");
    }
}

#[test]
fn retries_happen_before_the_first_item() {
    let ok = chunk("a") + &last("b") + DONE;
    let mut transport = MockTransport::new()
        // A refusal with its HTTP status.
        .expect("POST", CHAT)
        .reply(503, json!({"error": {"message": "busy", "type": "overloaded_error"}}))
        // A refusal inside of a successful response.
        .expect("POST", CHAT)
        .reply_bytes(200, data(&json!({"status": {"code": 98004, "description": "busy"}})))
        // A response without items.
        .expect("POST", CHAT)
        .reply_bytes(200, ": keep-alive\n\n")
        // A connection that fails before the first item is complete.
        .expect("POST", CHAT)
        .reply_pieces(200, ["data: {"], Duration::ZERO, Err(TransportErrorKind::MaybeSent))
        .expect("POST", CHAT)
        .fail(TransportErrorKind::NotSent)
        .expect("POST", CHAT)
        .reply_bytes(200, ok);
    let mut options = CallOptions::default();
    options.retry = Some(RetryPolicy::default().with_max_attempts(10));
    let (items, result) = transport.stream(StreamCall::with_options(&config(), chat(), options));
    result.unwrap();
    assert_eq!(text(&items), "ab");
    transport.assert_done();
}

#[test]
fn nothing_is_repeated_after_the_first_item() {
    let error = data(&json!({"status": {"code": 98004, "description": "busy"}}));
    let mut transport = MockTransport::new().expect("POST", CHAT).reply_bytes(200, chunk("a") + &error);
    let (items, result) = transport.stream(call());
    assert_eq!(text(&items), "a");
    assert!(matches!(broken(&result.unwrap_err()), (1, ErrorKind::Api(_))));
    transport.assert_done();

    let pieces = [chunk("a")];
    let cut = Err(TransportErrorKind::NotSent);
    let mut transport = MockTransport::new().expect("POST", CHAT).reply_pieces(200, pieces, Duration::ZERO, cut);
    let (items, result) = transport.stream(call());
    assert_eq!(text(&items), "a");
    assert!(matches!(broken(&result.unwrap_err()), (1, ErrorKind::Transport(_))));
    transport.assert_done();
}

/// Errors in each form, as the body of a response, and as an element of a stream.
#[test]
fn errors_are_recognized_in_every_shape() {
    for (shape, http_status, code, text) in [
        (
            json!({"status": {"code": 11001, "description": "Invalid API key", "details": "d"}}),
            401,
            Some(11001),
            "Invalid API key",
        ),
        (
            json!({"code": 21313, "description": "Model prediction failed", "details": "out of memory"}),
            500,
            Some(21313),
            "out of memory",
        ),
        (
            json!({"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}}),
            404,
            None,
            "no such model",
        ),
        (json!({"error": "plain text"}), 500, None, "plain text"),
        (
            json!({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}),
            400,
            None,
            "too long",
        ),
        (json!({"code": 5, "message": "Not Found", "details": []}), 404, None, "Not Found"),
        (json!({"error": {"code": 16, "message": "unauthenticated"}}), 401, None, "unauthenticated"),
    ] {
        let call = || StreamCall::new(&config().with_retry(RetryPolicy::never()), chat());
        let whole = MockTransport::new().expect("POST", CHAT).reply(http_status, shape.clone()).stream(call());
        let first = MockTransport::new().expect("POST", CHAT).reply_bytes(200, data(&shape)).stream(call());
        let alone = MockTransport::new().expect("POST", CHAT).reply(200, shape.clone()).stream(call());
        for (items, result) in [whole, first, alone] {
            assert!(items.is_empty(), "{shape}");
            let error = result.unwrap_err();
            assert_eq!(error.api_code(), code, "{shape}: {error}");
            assert!(matches!(error.kind(), ErrorKind::Api(_)), "{shape}: {error:?}");
            assert!(format!("{error:?}").contains(text), "{shape}: {error:?}");
        }
        let body = chunk("a") + &data(&shape);
        let (items, result) = MockTransport::new().expect("POST", CHAT).reply_bytes(200, body).stream(call());
        assert_eq!(items.len(), 1, "{shape}");
        assert!(matches!(broken(&result.unwrap_err()), (1, ErrorKind::Api(_))), "{shape}");
    }
}

#[test]
fn an_event_named_error_is_an_error_whatever_it_contains() {
    let body = chunk("a") + "event: error\ndata: {\"message\": \"overloaded\", \"code\": \"server_error\"}\n\n";
    let (items, result) = stream(body);
    assert_eq!(items.len(), 1);
    assert!(matches!(broken(&result.unwrap_err()), (1, ErrorKind::Api(_))));
}

#[test]
fn an_element_that_is_not_json_reports_how_many_items_came_before() {
    for garbage in ["data: <html>\n\n", "data: {\"choices\": [}\n\n", "data: 5\n\n"] {
        let (items, result) = stream(chunk("a") + &chunk("b") + garbage);
        assert_eq!(text(&items), "ab");
        assert!(matches!(broken(&result.unwrap_err()), (2, ErrorKind::InvalidResponse(_))), "{garbage}");
    }
}

#[test]
fn an_item_over_the_limit_is_an_error_that_keeps_the_items_before() {
    let body = chunk("a") + &chunk(&"long ".repeat(100)) + DONE;
    let mut transport = MockTransport::new().expect("POST", CHAT).reply_bytes(200, body);
    let (items, result) = transport.stream(call().max_item(200));
    assert_eq!(text(&items), "a");
    let error = result.unwrap_err();
    assert!(matches!(broken(&error), (1, ErrorKind::Transport(error)) if error.kind == TransportErrorKind::TooLarge));
}

#[test]
fn any_split_of_the_body_gives_the_same_items() {
    let body = chunk("ä") + ": comment\r\n\r\n" + &last("\u{2028}b") + DONE;
    for size in 1..=body.len() {
        let pieces: Vec<_> = body.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
        let mut transport =
            MockTransport::new().expect("POST", CHAT).reply_pieces(200, pieces, Duration::from_millis(5), Ok(()));
        let (items, result) = transport.stream(call());
        result.unwrap();
        assert_eq!((items.len(), text(&items).as_str()), (2, "ä\u{2028}b"), "pieces of {size} bytes");
    }
}

#[test]
fn the_wait_between_two_pieces_is_limited_and_the_stream_as_a_whole_is_not() {
    let pieces = || (0..20).map(|_| chunk("a")).chain([last("b")]);
    let stream = |pause| {
        let mut options = CallOptions::default();
        options.idle_timeout = Some(Duration::from_secs(10));
        options.timeout = Some(Duration::from_secs(30));
        options.retry = Some(RetryPolicy::never());
        let call = StreamCall::with_options(&config(), chat(), options);
        let mut transport = MockTransport::new().expect("POST", CHAT).reply_pieces(200, pieces(), pause, Ok(()));
        let (items, result) = transport.stream(call);
        (items.len(), result, transport.clock().elapsed())
    };
    let (items, result, took) = stream(Duration::from_secs(9));
    result.unwrap();
    assert_eq!(items, 21);
    assert!(took > Duration::from_secs(180), "the time limit applies until the first item");

    let (items, result, _) = stream(Duration::from_secs(11));
    assert_eq!(items, 0);
    assert!(matches!(result.unwrap_err().kind(), ErrorKind::Transport(_)));
}

#[test]
fn invalid_arguments_are_refused_before_anything_is_sent() {
    let (items, result) =
        MockTransport::new().stream(StreamCall::new(&config(), CreateChatCompletion::new("u/a/models/m")));
    assert!(items.is_empty());
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidArgument(invalid) if invalid.argument() == "messages"), "{error}");
}

#[test]
fn events_out_of_order_are_misuse_and_never_a_panic() {
    let events: [fn() -> StreamEvent; 7] = [
        || StreamEvent::Begin,
        || StreamEvent::Opened(Response::new(())),
        || StreamEvent::Piece(Bytes::from(chunk("a") + &chunk("b"))),
        || StreamEvent::End,
        || StreamEvent::Failed(TransportError::new(TransportErrorKind::MaybeSent, "test")),
        || StreamEvent::Woke,
        || StreamEvent::Next,
    ];
    let clock = ManualClock::new();
    // All sequences of five events.
    for mut number in 0..events.len().pow(5) {
        let mut call = call();
        for _ in 0..5 {
            let event = events[number % events.len()]();
            number /= events.len();
            if let StreamStep::Done(_) = call.resume(clock.now(), event) {
                let step = call.resume(clock.now(), StreamEvent::Next);
                assert!(matches!(step, StreamStep::Done(Err(_))), "{step:?}");
                break;
            }
        }
    }
}

#[test]
fn a_body_that_is_one_json_value_is_one_item() {
    // A server that does not stream sends the whole completion.
    let whole = json!({"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}}]});
    let (items, result) = stream(whole.to_string());
    result.unwrap();
    assert_eq!(items.len(), 1);
    let mut accumulator = clarifai_core::openai::ChatAccumulator::new();
    for chunk in &items {
        accumulator.push(chunk);
    }
    assert_eq!(accumulator.finish().text(), Some("a"));
}
