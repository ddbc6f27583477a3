//! Typed values together with their JSON: every digit, damaged items, order, and the same errors as without the JSON.

use clarifai_core::concepts::{CreateConcepts, GetConcept};
use clarifai_core::inputs::{CreateInputs, DeleteInput, GetInput, ListInputs, NewInput};
use clarifai_core::machine::IntoMachine as _;
use clarifai_core::models::{CreateModel, ListModels, Predict, SearchModels};
use clarifai_core::operation::{AddRaw, WithRaw};
use clarifai_core::pagination::Pages;
use clarifai_core::searches::SearchInputs;
use clarifai_core::testing::MockTransport;
use clarifai_core::types::Input;
use clarifai_core::{Config, Credentials, Error, Exchange, Item, Operation};
use http::Response;

fn parse<O: Operation>(operation: O, body: &str) -> Result<O::Output, Error> {
    let config = Config::new(Credentials::key("0123456789abcdef").unwrap());
    Exchange::new(&config, operation).unwrap().parse(Response::new(body.to_owned()))
}

fn json<T>(items: &[WithRaw<T>]) -> Vec<&str> {
    items.iter().map(|item| item.json.get()).collect()
}

/// JSON numbers that change, or that cannot be read at all, when they become an `f64`.
const NUMBERS: [&str; 9] = [
    "0.46909166766811283",
    "0.469091667668112830000000000001",
    "12345678901234567890123",
    "-0.0",
    "1.0",
    "1E+2",
    "1e400",
    "-1e400",
    "5e-400",
];

#[test]
fn numbers_keep_every_digit() {
    for number in NUMBERS {
        let input =
            format!(r#"{{"id": "a", "data": {{"metadata": {{"n": {number}, "s": "1e400"}}}}, "unknown": {number}}}"#);
        let one = format!(r#"{{"status": {{"code": 10000}}, "input":  {input} }}"#);
        let many = format!(r#"{{"status": {{"code": 10000}}, "inputs": [ {input} ,{{"id":"b"}}]}}"#);

        let read = parse(GetInput::new("a").with_raw(), &one).unwrap();
        assert_eq!((read.value.id.as_str(), read.json.get()), ("a", &*input));
        let read = parse(ListInputs::new().with_raw(), &many).unwrap();
        assert_eq!(json(&read), [&*input, r#"{"id":"b"}"#]);

        // The typed values are the same as without the JSON, and readable although no `f64` holds 1e400.
        let typed = parse(ListInputs::new(), &many).unwrap();
        assert_eq!(read.into_iter().map(|input| input.value).collect::<Vec<_>>(), typed, "{number}");
        let metadata = typed[0].data.as_ref().unwrap().metadata.as_ref().unwrap();
        assert_eq!(metadata["n"].is_null(), number.ends_with("1e400"), "{metadata}");
        assert_eq!(metadata["s"], "1e400", "text is not a number");
        assert_eq!(typed[1].id, "b");
    }
}

#[test]
fn damaged_items_cost_only_themselves() {
    let body = r#"{"status": {"code": 10000}, "models": [null, {"id": "a", "name": [1, {}], "x": "\u0000"}, 7, "b",
        {"id": {"not": "text"}, "model_version": {"id": "v", "created_at": []}}, [{"id": "c"}], {}]}"#;
    let models = parse(ListModels::new().with_raw(), body).unwrap();
    assert_eq!(
        json(&models),
        [
            r#"{"id": "a", "name": [1, {}], "x": "\u0000"}"#,
            r#"{"id": {"not": "text"}, "model_version": {"id": "v", "created_at": []}}"#,
            "{}",
        ]
    );
    let typed: Vec<_> = models.into_iter().map(|model| model.value).collect();
    assert_eq!(typed, parse(ListModels::new(), body).unwrap());
    assert_eq!((typed[0].id.as_str(), typed[0].name.as_str(), typed[1].id.as_str()), ("a", "", ""));
    assert_eq!(typed[1].model_version.as_ref().unwrap().id, "v");
}

#[test]
fn errors_are_the_same_with_and_without_the_json() {
    fn compare<O: Operation<Output: AddRaw> + Clone>(operation: O, body: &str) {
        let reported = |error: Error| (format!("{error:#}"), error.is_retryable());
        let typed = parse(operation.clone(), body).map(drop).map_err(reported);
        let raw = parse(operation.with_raw(), body).map(drop).map_err(reported);
        assert_eq!(typed, raw, "{body}");
    }
    let predict = || Predict::new("m").input(NewInput::image_url("https://example.com/1").id("a"));
    for body in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"status": {"code": 10000}}"#,
        r#"{"status": {"code": 10000}, "outputs": null, "inputs": 1, "models": {}, "hits": "x", "concept": []}"#,
        r#"{"status": {"code": 10000}, "outputs": [], "inputs": [{"id": "a"#,
        r#"{"status": {"code": 10000}, "outputs": [{"id": nul}], "inputs": [{"x": tru}], "models": [01]}"#,
        r#"{"status": {"code": 10000}, "outputs": [{"input": {"id": "b"}}], "inputs": [1 2]}"#,
        r#"{"status": {"code": 10000}, "outputs": [{}, {}], "inputs": [], "models": []} trailing"#,
        r#"{"status": {"code": 10020}, "outputs": [{}], "inputs": [{}], "models": [{}], "hits": [{}]}"#,
        r#"{"status": {"code": 11102, "description": "Invalid request"}}"#,
    ] {
        compare(predict(), body);
        compare(ListInputs::new(), body);
        compare(SearchModels::new().name("x"), body);
        compare(GetConcept::new("c"), body);
        compare(CreateModel::new("m"), body);
    }
}

#[test]
fn every_kind_of_output_has_its_json() {
    let status = r#"{"code": 10000, "unknown": 1.50}"#;
    let body = |rest: &str| format!(r#"{{"status": {status}, {rest}}}"#);

    let deleted = parse(DeleteInput::new("a").with_raw(), &body(r#""x": 1"#)).unwrap();
    assert_eq!((deleted.value.code.unwrap().number(), deleted.json.get()), (Some(10000), status));

    let search = parse(SearchInputs::new().with_raw(), &body(r#""id": "s", "hits": [{"score": 0.90}]"#)).unwrap();
    assert_eq!((search.id.as_deref(), json(&search.hits)), (Some("s"), vec![r#"{"score": 0.90}"#]));
    assert!(parse(SearchInputs::new().with_raw(), &body(r#""id": "s""#)).unwrap().hits.is_empty());

    let concepts = parse(CreateConcepts::new().concept("a").with_raw(), &body(r#""concepts": [{"id": "a", "n": 1}]"#));
    assert_eq!(json(&concepts.unwrap()), [r#"{"id": "a", "n": 1}"#]);

    let create = || CreateModel::new("m").with_raw();
    for rest in [r#""model": {"id": "m", "n": 1}"#, r#""models": [{"id": "l"}, {"id": "m", "n": 1}]"#] {
        let model = parse(create(), &body(rest)).unwrap();
        assert_eq!((model.value.id.as_str(), model.json.get()), ("m", r#"{"id": "m", "n": 1}"#));
    }
}

#[test]
fn filtered_items_take_their_json_along() {
    let body = r#"{"status": {"code": 10010}, "inputs": [{"id": "a", "status": {"code": 30002}},
        {"id": "b", "n": 1.0}, {"id": "c", "status": {"code": 30002}}, {"id": "d"}]}"#;
    let inputs = parse(ListInputs::new().without_failed().with_raw(), body).unwrap();
    assert_eq!(json(&inputs), [r#"{"id": "b", "n": 1.0}"#, r#"{"id": "d"}"#]);
    assert_eq!(inputs.iter().map(|input| input.value.id.as_str()).collect::<Vec<_>>(), ["b", "d"]);
}

#[test]
fn batches_keep_the_json_in_the_order_of_the_request() {
    let ids = ["a", "b", "c"].map(|id| NewInput::image_url("https://example.com/1").id(id));
    let body = r#"{"status": {"code": 10010}, "inputs": [{"id": "c", "n": 3}, {"id": "a", "n": 1},
        {"id": "b", "n": 2, "status": {"code": 30002}}]}"#;
    let batch = parse(CreateInputs::new().inputs(ids).with_raw(), body).unwrap();
    assert_eq!(batch.failures().map(|failure| failure.id).collect::<Vec<_>>(), ["b"]);
    assert_eq!(batch.succeeded().map(Item::id).collect::<Vec<_>>(), ["a", "c"]);
    let items = batch.into_items();
    assert_eq!(json(&items)[..2], [r#"{"id": "a", "n": 1}"#, r#"{"id": "b", "n": 2, "status": {"code": 30002}}"#]);
}

#[test]
fn pages_have_items_with_their_json() {
    let config = Config::new(Credentials::key("0123456789abcdef").unwrap());
    let page = |inputs: &str| format!(r#"{{"status": {{"code": 10000}}, "inputs": [{inputs}]}}"#);
    let failed = r#"{"id": "f", "status": {"code": 30002}}"#;
    let mut script = MockTransport::new()
        .expect("GET", "/v2/inputs?page=1&per_page=20")
        .reply_bytes(200, page(&format!(r#"{failed}, {{"id": "a", "n": 1.0}}"#)))
        .expect("GET", "/v2/inputs?page=2&per_page=20")
        .reply_bytes(200, page(r#"{"id": "b", "n": 2.00}, {"id": "c"}"#));
    let list = Pages::new(ListInputs::new().without_failed().with_raw());
    let list = list.filter(|input: &WithRaw<Input>| input.value.id != "c").limit(2);
    let inputs = script.run(list.into_machine(&config)).unwrap();
    assert_eq!(json(&inputs), [r#"{"id": "a", "n": 1.0}"#, r#"{"id": "b", "n": 2.00}"#]);
}

#[test]
fn a_batch_without_success_is_an_error_unless_it_is_read_by_item() {
    let body = r#"{"status": {"code": 10020}, "outputs": [{"status": {"code": 30002}, "n": 1.0}]}"#;
    let predict = || Predict::new("m").image_url("https://example.com/1");
    let error = parse(predict().with_raw(), body).unwrap_err();
    assert_eq!(error.to_string(), parse(predict(), body).unwrap_err().to_string());
    let expected = [r#"{"status": {"code": 30002}, "n": 1.0}"#];
    assert_eq!(json(&parse(predict().with_raw().by_item(), body).unwrap().into_items()), expected);
    assert_eq!(json(&parse(predict().by_item().with_raw(), body).unwrap().into_items()), expected);
}
