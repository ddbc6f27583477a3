//! Malformed responses: each gives a typed error that contains what is known, no unescaped text, and no secret.

use bytes::Bytes;
use clarifai_core::auth::GetToken;
use clarifai_core::error::{ErrorKind, ItemFailures};
use clarifai_core::inputs::{CreateInputs, NewInput};
use clarifai_core::machine::{Call, Event, Machine, Step};
use clarifai_core::models::{CreateModel, GetModel, GetModelOutputInfo, ListModels, Predict, SearchModels};
use clarifai_core::time::Now;
use clarifai_core::{Config, Credentials, Error, Exchange, Operation};
use http::Response;
use serde_json::{Value, json};

/// The expected kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Api,
    Decode,
}
use Kind::{Api, Decode};

const YES: bool = true;
const NO: bool = false;

fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef").unwrap())
}

fn parse<O: Operation>(config: &Config, operation: O, status: u16, body: &[u8]) -> Result<O::Output, Error> {
    let response = Response::builder().status(status).body(Bytes::copy_from_slice(body)).unwrap();
    Exchange::new(config, operation).unwrap().parse(response)
}

fn two() -> Predict {
    Predict::new("m")
        .input(NewInput::image_url("https://example.com/1").id("one"))
        .input(NewInput::image_url("https://example.com/2").id("two"))
}

/// Returns the errors that operations give for one response.
fn errors(config: &Config, status: u16, body: &[u8]) -> Vec<Error> {
    fn error<O: Operation<Output: std::fmt::Debug>>(config: &Config, operation: O, status: u16, body: &[u8]) -> Error {
        match parse(config, operation, status, body) {
            Err(error) => error,
            Ok(value) => {
                panic!("{} decoded HTTP {status} {:.200} as {value:?}", O::SPEC.name, String::from_utf8_lossy(body))
            }
        }
    }
    vec![
        error(config, two(), status, body),
        error(config, GetModel::new("m"), status, body),
        error(config, GetModelOutputInfo::new("m"), status, body),
        error(config, ListModels::new(), status, body),
        error(config, SearchModels::new().name("m"), status, body),
        error(config, CreateModel::new("m"), status, body),
    ]
}

/// The only one of these operations that changes something at the service.
const WRITES: &str = "create model";

const NAMES: [&str; 6] = ["predict", "get model", "get model output info", "list models", "search models", WRITES];

/// Checks what every error must fulfil: limited length, no control characters, operation and HTTP status.
fn is_presentable(error: &Error) {
    let shown = error.to_string();
    assert!(shown.len() < 2048, "{} bytes: {shown}", shown.len());
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(shown.starts_with(error.operation()), "{shown}");
    if let Some(status) = error.http_status() {
        assert!(shown.contains(&format!("HTTP {status}")), "{shown}");
    }
}

const HTML: &str = "<html><head><title>502 Bad Gateway</title></head>\r\n<body>nginx \x1b[31m</body></html>";

/// HTTP status, body, kind, API code, whether it is retryable, whether a call that writes may have been executed, and
/// a text that the error contains.
type Row<'a> = (u16, &'a [u8], Kind, Option<u32>, bool, bool, &'a str);

#[test]
fn every_operation_reports_a_malformed_response_precisely() {
    let deep = format!(
        "{{\"status\":{{\"code\":10000}},\"outputs\":{0}{1},\"models\":{0}{1},\"model\":{0}{1}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let deep_status = format!("{{\"status\":{}{}}}", "{\"a\":".repeat(100_000), "1".to_owned() + &"}".repeat(100_000));
    let array = "[".repeat(100_000);
    let refused = r#"{"status":{"code":11102,"description":"Invalid request","details":"why","req_id":"r-1"}}"#;
    let rows: &[Row<'_>] = &[
        (502, HTML.as_bytes(), Api, None, YES, YES, "502 Bad Gateway"),
        (200, HTML.as_bytes(), Decode, None, NO, YES, "the response cannot be read"),
        (200, b"", Decode, None, YES, YES, "it is empty"),
        (204, b"", Decode, None, YES, YES, "it is empty"),
        (500, b"", Api, None, YES, YES, "without a body"),
        (404, br#"{"status":"NOT_FOUND","status_msg":"no such thing"}"#, Api, None, NO, NO, "no such thing"),
        (200, br#"{"status":"NOT_FOUND","status_msg":"no such thing"}"#, Decode, None, NO, YES, "no such thing"),
        (429, br#"{"detail":"Request was throttled."}"#, Api, None, YES, NO, "Request was throttled."),
        (200, br#"{"detail":"Request was throttled."}"#, Decode, None, NO, YES, "Request was throttled."),
        (200, refused.as_bytes(), Api, Some(11102), NO, NO, "[request r-1]"),
        (400, refused.as_bytes(), Api, Some(11102), NO, NO, "(why)"),
        (200, br#"{"status":{"code":98004}}"#, Api, Some(98004), YES, YES, "98004"),
        (200, br#"{"status":{"code":10030}}"#, Api, Some(10030), YES, NO, "10030"),
        (200, br#"{"status":{"code":10000},"outputs":[{"da"#, Decode, None, YES, YES, "EOF"),
        (200, br#"{"status":{"co"#, Decode, None, YES, YES, "EOF"),
        (200, b"\xff\xfe{", Decode, None, NO, YES, "cannot be read"),
        (200, b"{\"status\":{\"code\":10000},\"models\":\"\xff\xff\"}", Decode, None, NO, YES, "UTF-8"),
        (200, b"[]", Decode, None, NO, YES, "not a JSON object"),
        (200, b"[[]]", Decode, None, NO, YES, "not a JSON object"),
        (200, br#"[[{"id":"m"}]]"#, Decode, None, NO, YES, "not a JSON object"),
        (200, b"null", Decode, None, NO, YES, "not a JSON object"),
        (200, b"12", Decode, None, NO, YES, "not a JSON object"),
        (200, b"\"text\"", Decode, None, NO, YES, "not a JSON object"),
        (200, b"{}", Decode, None, NO, YES, "is missing"),
        (200, array.as_bytes(), Decode, None, NO, YES, "not a JSON object"),
        (302, b"", Api, None, NO, NO, "HTTP 302"),
        (
            302,
            br#"{"status":{"code":10000},"models":[],"model":{},"outputs":[{},{}]}"#,
            Api,
            Some(10000),
            NO,
            NO,
            "302",
        ),
        (200, br#"{"status":{"code":0}}"#, Api, Some(0), NO, YES, "0"),
        (200, br#"{"status":{"code":123456}}"#, Api, Some(123_456), NO, YES, "123456"),
        (200, br#"{"status":{"code":-1}}"#, Api, None, NO, YES, "-1"),
        (200, br#"{"status":{"code":"SOMETHING_NEW"}}"#, Api, None, NO, YES, "SOMETHING_NEW"),
        (400, br#"{"status":{"code":10020,"details":"all of it"}}"#, Api, Some(10020), NO, NO, "all of it"),
        (200, br#"{"status":{"code":10020},"models":[],"outputs":[]}"#, Api, Some(10020), NO, NO, "10020"),
    ];
    for (status, body, kind, code, retryable, happened, text) in rows {
        for (error, name) in errors(&config(), *status, body).iter().zip(NAMES) {
            let row = format!("{name}, HTTP {status} {:.120}: {error}", String::from_utf8_lossy(body));
            is_presentable(error);
            assert_eq!(error.operation(), name, "{row}");
            assert_eq!(error.http_status(), Some(*status), "{row}");
            let seen = match error.kind() {
                ErrorKind::Api(_) => Api,
                ErrorKind::InvalidResponse(_) => Decode,
                _ => panic!("{row}"),
            };
            assert_eq!(seen, *kind, "{row}");
            assert_eq!(error.api_code(), *code, "{row}");
            assert_eq!(error.is_retryable(), *retryable, "{row}");
            assert_eq!(error.may_have_happened(), *happened && name == WRITES, "{row}");
            let is_web_page = *body == HTML.as_bytes() && *status == 200;
            assert_eq!(error.advice().is_some_and(|advice| advice.contains("base URL")), is_web_page, "{row}");
            assert!(error.to_string().contains(text), "{row} lacks {text:?}");
            if text.contains("r-1") {
                assert_eq!(error.request_id(), Some("r-1"), "{row}");
            }
        }
    }
    // "Mixed" is a success for a batch, which must then contain its items, and a failure for all other operations.
    let mixed = br#"{"status":{"code":10010},"models":[],"outputs":[]}"#;
    for (error, name) in errors(&config(), 207, mixed).iter().zip(NAMES) {
        let is_batch = name == "predict";
        assert_eq!(matches!(error.kind(), ErrorKind::InvalidResponse(_)), is_batch, "{name}: {error}");
        assert_eq!(error.may_have_happened(), name == WRITES, "{name}: {error}");
        assert!(!error.is_retryable(), "{name}: {error}");
        let words = if is_batch { "has 0 items where" } else { "10010" };
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
    // Deep nesting is either skipped or reported, and never overflows the stack.
    for body in [&deep, &deep_status] {
        for result in [
            parse(&config(), two(), 200, body.as_bytes()).map(drop),
            parse(&config(), GetModel::new("m"), 200, body.as_bytes()).map(drop),
            parse(&config(), ListModels::new(), 200, body.as_bytes()).map(drop),
            parse(&config(), SearchModels::new(), 200, body.as_bytes()).map(drop),
            parse(&config(), GetModel::new("m").raw(), 200, body.as_bytes()).map(drop),
        ] {
            result.err().iter().for_each(is_presentable);
        }
    }
}

#[test]
fn outputs_that_do_not_match_the_inputs_are_an_error() {
    let output = |id: &str| json!({"status": {"code": 10000}, "input": {"id": id}, "data": {}});
    let body = |outputs: Value| json!({"status": {"code": 10000, "req_id": "r-2"}, "outputs": outputs}).to_string();
    for (outputs, problem) in [
        (json!([output("one")]), "has 1 items where 2"),
        (json!([output("one"), output("two"), output("two")]), "has 3 items where 2"),
        (json!([]), "has 0 items"),
        (json!([output("one"), output("three")]), "no item for the input `two`"),
        (json!([output("one"), output("one")]), "no item for the input `two`"),
        (json!("none"), "is missing"),
        (json!(null), "is missing"),
    ] {
        let error = parse(&config(), two(), 200, body(outputs.clone()).as_bytes()).unwrap_err();
        let ErrorKind::InvalidResponse(decode) = error.kind() else { panic!("{outputs}: {error}") };
        assert!(decode.problem.contains(problem), "{outputs}: {error}");
        assert_eq!((&*decode.path, error.request_id()), ("outputs", Some("r-2")), "{error}");
        assert!(!error.is_retryable());
        is_presentable(&error);
    }
    let shuffled = body(json!([output("two"), output("one")]));
    let outputs = parse(&config(), two(), 200, shuffled.as_bytes()).unwrap().into_result().unwrap();
    let ids: Vec<_> = outputs.iter().map(|output| output.input.as_ref().unwrap().id.clone()).collect();
    assert_eq!(ids, ["one", "two"], "in the order of the request");
}

fn items(error: &Error) -> &ItemFailures {
    match error.kind() {
        ErrorKind::Items(items) => items,
        _ => panic!("{error}"),
    }
}

#[test]
fn items_keep_their_own_status() {
    let failed = json!({"status": {"code": 30002, "description": "Download failed", "details": "404"},
        "input": {"id": "two"}});
    let fine = json!({"status": {"code": 10000}, "input": {"id": "one"}});
    let mixed = json!({"status": {"code": 10010, "req_id": "r-3"}, "outputs": [fine, failed]}).to_string();
    for status in [200, 207, 400] {
        let batch = parse(&config(), two(), status, mixed.as_bytes()).unwrap();
        assert!(!batch.is_success());
        assert_eq!((batch.len(), batch.succeeded().count()), (2, 1));
        let error = batch.into_result().unwrap_err();
        assert_eq!((items(&error).failures.len(), items(&error).failures[0].index, items(&error).total), (1, 1, 2));
        assert_eq!((error.api_code(), error.request_id()), (Some(30002), Some("r-3")));
        assert!(error.to_string().contains("item 1 `two` 30002") && error.to_string().contains("(404)"), "{error}");
        assert!(!error.may_have_happened() && !error.is_retryable(), "a prediction changes nothing: {error}");
    }
    let mixed = mixed.replace("outputs", "inputs").replace("\"input\":{\"id\":\"one\"}", "\"id\":\"one\"");
    let mixed = mixed.replace("\"input\":{\"id\":\"two\"}", "\"id\":\"two\"");
    let create = ["one", "two"].map(|id| NewInput::image_url("https://example.com/1").id(id));
    let create = CreateInputs::new().inputs(create);
    let error = parse(&config(), create, 207, mixed.as_bytes()).unwrap().into_result().unwrap_err();
    assert!(error.may_have_happened() && items(&error).failures.len() == 1, "the other input is stored: {error}");

    let all = json!({"status": {"code": 10020}, "outputs": [failed, failed]});
    let all = all.to_string().replacen("two", "one", 1);
    let error = parse(&config(), two().by_item(), 400, all.as_bytes()).unwrap().into_result().unwrap_err();
    assert_eq!(items(&error).failures.len(), 2);
    let by_default = parse(&config(), two(), 400, all.as_bytes()).unwrap_err();
    assert_eq!(by_default.to_string(), error.to_string(), "nothing succeeded");
    let by_reference = parse(&config(), &two(), 400, all.as_bytes()).unwrap_err();
    assert_eq!(by_reference.to_string(), error.to_string());
    assert!(parse(&config(), two().raw(), 400, all.as_bytes()).is_err());

    // The status reports that all items failed, and the items have no status.
    let without_status = json!({"status": {"code": 10020, "details": "odd"}, "outputs": [{}, {}]}).to_string();
    let error = parse(&config(), two(), 400, without_status.as_bytes()).unwrap_err();
    assert_eq!(error.api_code(), Some(10020), "{error}");
}

#[test]
fn long_texts_are_truncated_and_control_characters_removed() {
    let dirty = "x\u{1b}[31m\r\n\u{0}\u{202e}".repeat(2000);
    let status = json!({"code": 11102, "description": dirty, "details": dirty, "req_id": dirty});
    for (http, body) in [
        (400, json!({"status": status})),
        (400, json!({"detail": dirty})),
        (200, json!({"status": {"code": dirty}})),
        (200, json!({"status": {"code": 11102, "stack_trace": [dirty]}})),
        (200, json!({"detail": dirty, "status": {"req_id": dirty}})),
    ] {
        for error in errors(&config(), http, body.to_string().as_bytes()) {
            is_presentable(&error);
            assert!(!error.to_string().contains('\u{202e}'));
        }
    }
    let item = json!({"status": status, "input": {"id": dirty}});
    let body = json!({"status": {"code": 10010}, "outputs": vec![item; 5]}).to_string();
    let predict = Predict::new("m").inputs((0..5).map(|_| NewInput::image_url("https://example.com/1")));
    is_presentable(&parse(&config(), predict, 207, body.as_bytes()).unwrap_err());
    let Err(error) = parse(&config(), GetModel::new("m"), 200, dirty.as_bytes()) else { panic!("no JSON") };
    is_presentable(&error);
}

const SENTINEL: &str = "s3nt1nel0123456789abcdefs3nt1nel";

/// Checks that an error contains neither the sentinel nor its first eight characters.
fn is_redacted(error: &Error, what: &str) {
    for shown in [error.to_string(), format!("{error:?}"), format!("{error:#?}"), format!("{:?}", error.kind())] {
        assert!(!shown.contains(&SENTINEL[..8]), "{what} shows in: {shown}");
    }
    is_presentable(error);
}

/// Returns responses that quote a text: in each member of a status, and across the position where excerpts are cut.
fn echoes(text: &str) -> Vec<(u16, Vec<u8>)> {
    let status = json!({"code": 11009, "description": format!("API key not found: {text}"), "details": text,
        "req_id": text, "stack_trace": [text], "internal_details": text, "developer_notes": text,
        "redirect_info": {"url": format!("https://example.com/?key={text}"), text: 1}});
    let mut all = vec![
        (401, json!({"status": status}).to_string().into_bytes()),
        (401, json!({"status": {"code": text}}).to_string().into_bytes()),
        (200, json!({"status": status}).to_string().into_bytes()),
        (200, json!({"status": {"req_id": text}, "detail": text}).to_string().into_bytes()),
        (403, json!({"detail": format!("bad key {text}")}).to_string().into_bytes()),
        (502, format!("<html><body>{text}</body></html>").into_bytes()),
        (200, format!("<html><body>{text}</body></html>").into_bytes()),
        (200, text.as_bytes().to_vec()),
        (200, format!("{{\"{text}\": {text}").into_bytes()),
        (500, text.repeat(400).into_bytes()),
    ];
    // The excerpt is cut within the text.
    all.extend((0..40).map(|shift| (500, format!("{}.{text}", " x".repeat(2040 + shift)).into_bytes())));
    all.extend((0..40).map(|shift| (500, format!("{}{text}", " ".repeat(4060 + shift)).into_bytes())));
    all.extend(
        (0..40).map(|shift| (500, format!("{}.{text}{text}", text.repeat(127) + &" ".repeat(shift)).into_bytes())),
    );
    all
}

#[test]
fn a_quoted_credential_is_redacted() {
    for credentials in [
        Credentials::key(SENTINEL).unwrap(),
        Credentials::personal_access_token(SENTINEL).unwrap(),
        Credentials::bearer(SENTINEL).unwrap(),
        Credentials::session_token(SENTINEL).unwrap(),
    ] {
        let what = format!("{credentials:?}");
        let config = Config::new(credentials);
        for (status, body) in echoes(SENTINEL) {
            for error in errors(&config, status, &body) {
                is_redacted(&error, &what);
            }
        }
        let item = json!({"status": {"code": 30002, "details": SENTINEL}, "input": {"id": SENTINEL}});
        let body = json!({"status": {"code": 10010, "req_id": SENTINEL}, "outputs": [item]}).to_string();
        let predict = Predict::new("m").image_url("https://example.com/1");
        is_redacted(&parse(&config, &predict, 207, body.as_bytes()).unwrap_err(), &what);
        let batch = parse(&config, predict.by_item(), 207, body.as_bytes()).unwrap();
        batch.failures().for_each(|failure| assert!(!format!("{failure} {failure:?}").contains(SENTINEL), "{failure}"));
        is_redacted(&batch.into_result().unwrap_err(), &what);
    }
}

#[test]
fn app_secrets_and_tokens_are_redacted() {
    let config = || Config::new(Credentials::app_secret("id", SENTINEL).unwrap());
    for (status, body) in echoes(SENTINEL) {
        if let Err(error) = parse(&config(), GetToken::new(), status, &body) {
            is_redacted(&error, "app secret");
        }
    }
    // The encoding of the secret in the header.
    let basic = "aWQ6czNudDFuZWwwMTIzNDU2Nzg5YWJjZGVmczNudDFuZWw=";
    let body = json!({"status": {"code": 11002, "details": format!("Basic {basic}")}}).to_string();
    let error = parse(&config(), GetToken::new(), 401, body.as_bytes()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(&basic[..16]), "{error}");

    // Responses that contain a token and are malformed.
    let other = Config::new(Credentials::app_secret("id", "other secret").unwrap());
    for (status, body) in [
        (200, json!({"access_token": [SENTINEL]})),
        (200, json!({"access_token": format!("{SENTINEL} with spaces")})),
        (200, json!({"token": SENTINEL})),
        (500, json!({"access_token": SENTINEL})),
        (302, json!({"access_token": SENTINEL})),
    ] {
        let error = parse(&other, GetToken::new(), status, body.to_string().as_bytes()).unwrap_err();
        is_redacted(&error, "token");
        let cut = &body.to_string()[..body.to_string().len() - 1];
        is_redacted(&parse(&other, GetToken::new(), status, cut.as_bytes()).unwrap_err(), "token");
    }

    // A token in use, quoted in the response to the call.
    for (status, body) in echoes(SENTINEL) {
        let config = Config::new(Credentials::app_secret("id", "other secret").unwrap());
        let mut machine = Call::new(&config, GetModel::new("m"));
        drop(machine.resume(Now::default(), Event::Begin));
        let grant = json!({"access_token": SENTINEL, "expires_in": 60}).to_string();
        drop(machine.resume(Now::default(), Event::Response(Response::new(grant.into()))));
        let response = Response::builder().status(status).body(body.into()).unwrap();
        match machine.resume(Now::default(), Event::Response(response)) {
            Step::Done(Err(error)) => is_redacted(&error, "token in use"),
            Step::WaitUntil(_) => {}
            other => panic!("{other:?}"),
        }
        let shown = format!("{config:?} {machine:?}");
        assert!(!shown.contains(SENTINEL), "{shown}");
    }
}

/// One unreadable part costs one item or one member, never the others.
#[test]
fn unreadable_parts_cost_only_themselves() {
    let response = |concept: &str| {
        let output = |name: &str| format!(r#"{{"status": {{"code": 10000}}, "data": {{"concepts": [{name}]}}}}"#);
        let (cat, odd) = (output(r#"{"name": "cat", "value": 0.5}"#), output(concept));
        format!(r#"{{"status": {{"code": 10000}}, "outputs": [{cat}, {odd}]}}"#).into_bytes()
    };
    let latin = [&response("{\"name\": \"caf")[..], b""].concat();
    let at = latin.windows(3).rposition(|part| part == b"caf").unwrap() + 3;
    let latin = [&latin[..at], b"\xE9\"}", &latin[at..]].concat();
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        let text = String::from_utf8(response("{}")).unwrap();
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(order).collect::<Vec<_>>()
    };
    for (what, body) in [
        ("half a surrogate pair", response(r#"{"name": "\ud83d"}"#)),
        ("the other half", response(r#"{"name": "\ude00 x"}"#)),
        ("a number out of range", response(r#"{"name": "x", "value": 1e400}"#)),
        ("NaN", response(r#"{"name": "x", "value": NaN}"#)),
        ("infinity", response(r#"{"name": "x", "value": -Infinity}"#)),
        ("a control character", response("{\"name\": \"a\u{1}b\"}")),
        ("an escape that does not exist", response(r#"{"name": "\x41"}"#)),
        ("bytes that are not UTF-8", latin),
        ("null as a concept", response("null")),
        ("a number as a concept", response("7")),
        ("a list as a concept", response("[[]]")),
        ("a byte order mark", [&b"\xEF\xBB\xBF"[..], &response("{}")].concat()),
        ("UTF-16, little endian", utf16(u16::to_le_bytes)),
        ("UTF-16, big endian", utf16(u16::to_be_bytes)),
    ] {
        let batch = parse(&config(), two(), 200, &body).unwrap_or_else(|error| panic!("{what}: {error}"));
        let outputs = batch.into_items();
        assert_eq!((outputs.len(), outputs[0].concepts()[0].name.as_str()), (2, "cat"), "{what}");
        let raw = parse(&config(), two().raw(), 200, &body).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(raw.json["outputs"][0]["data"]["concepts"][0]["value"], 0.5, "{what}");
    }
}

/// An item that cannot be read keeps its place and counts as failed, so that the others keep their inputs.
#[test]
fn malformed_items_keep_their_place() {
    for odd in ["null", "7", "\"x\"", "[]", "{}", r#"{"status": 5}"#] {
        let body = format!(
            r#"{{"status": {{"code": 10000}}, "outputs": [{odd}, {{"status": {{"code": 10000}}, "data": {{}}}}]}}"#
        );
        let batch = parse(&config(), two(), 200, body.as_bytes()).unwrap_or_else(|error| panic!("{odd}: {error}"));
        let failed: Vec<_> = batch.failures().map(|failure| failure.index).collect();
        assert_eq!(failed, [0], "{odd}");
        // Of a stored input it is not known what became of it, so there is no result at all.
        let create = ["one", "two"].map(|id| NewInput::image_url("https://example.com/1").id(id));
        let create = CreateInputs::new().inputs(create);
        let body = body.replace("outputs", "inputs");
        assert!(parse(&config(), create, 200, body.as_bytes()).is_err(), "{odd}");
    }
}

#[test]
fn null_is_an_empty_list() {
    let body = |key: &str, value: &str| format!(r#"{{"status": {{"code": 10000}}, "{key}": {value}}}"#).into_bytes();
    assert_eq!(parse(&config(), ListModels::new(), 200, &body("models", "null")).unwrap().len(), 0);
    assert_eq!(parse(&config(), SearchModels::new(), 200, &body("models", "null")).unwrap().len(), 0);
    for odd in ["7", "\"x\"", "{}"] {
        assert!(parse(&config(), ListModels::new(), 200, &body("models", odd)).is_err(), "{odd}");
        assert!(parse(&config(), SearchModels::new(), 200, &body("models", odd)).is_err(), "{odd}");
    }
    assert!(parse(&config(), ListModels::new(), 200, &body("other", "[]")).is_err());
}

/// The error of a redirect contains where it points, without what could be a secret.
#[test]
fn redirects_name_their_address() {
    for (location, shown) in [
        ("https://elsewhere.example/v2/models", "https://elsewhere.example/v2/models"),
        ("https://user:hunter2@elsewhere.example/a?token=hunter2#hunter2", "https://elsewhere.example/a"),
        ("//elsewhere.example/a", "//elsewhere.example/a"),
        ("/login", "/login"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let response = Response::builder().status(status).header("location", location);
            let response = response.body(Bytes::from_static(b"<html>moved</html>")).unwrap();
            let error = Exchange::new(&config(), GetModel::new("m")).unwrap().parse(response).unwrap_err();
            assert!(error.to_string().contains(&format!("redirects to {shown}")), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert!(error.advice().is_some_and(|advice| advice.contains("base URL")), "{error}");
        }
    }
}
