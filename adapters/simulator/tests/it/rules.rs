//! Limits, rates and list behavior: defaults and changed values.

use std::time::Duration;

use bytes::Bytes;
use clarifai_simulator::Simulator;
use clarifai_simulator::core::time::{Instant, Now};
use clarifai_simulator::rules::{Ceiling, Duplicates, Limits, Lists, Rate, RetryAfter, Window};
use serde_json::{Value, json};

use crate::support::{Service, ids};

fn inputs(ids: &[&str]) -> Value {
    let input = |id: &&str| json!({"id": id, "data": {"image": {"url": format!("https://example.com/{id}.jpg")}}});
    json!({"inputs": ids.iter().map(input).collect::<Vec<_>>()})
}

#[test]
fn duplicate_ids_are_refused_ignored_or_stored_twice() {
    for (duplicates, http, code, listed, refused) in [
        (Duplicates::Refuse, 207, 10010, 2, [None, Some(30100), None]),
        (Duplicates::Ignore, 200, 10000, 2, [None, Some(30100), None]),
        (Duplicates::Double, 200, 10000, 3, [None, None, None]),
    ] {
        let service = Service::of(Simulator::new().with_duplicates(duplicates));
        service.post("inputs", &inputs(&["a"]));
        let (status, response) = service.send("my-key", "POST", "inputs", &inputs(&["a", "b"]).to_string());
        assert_eq!((status, response["status"]["code"].as_u64()), (http, Some(code)), "{duplicates:?}");
        assert_eq!(service.get("inputs")["inputs"].as_array().unwrap().len(), listed, "{duplicates:?}");
        let ledger = service.simulator.ledger();
        assert_eq!(ledger.iter().map(|entry| &*entry.id).collect::<Vec<_>>(), ["a", "a", "b"], "{duplicates:?}");
        assert_eq!(ledger.iter().map(|entry| entry.refused).collect::<Vec<_>>(), refused, "{duplicates:?}");
    }
}

#[test]
fn applies_changed_limits() {
    let limits = Limits { items: 2, body_bytes: 400, videos: 0, per_page: 2, ..Limits::default() };
    let service = Service::of(Simulator::new().with_limits(limits));
    let refusal = |body: Value| service.refusal("POST", "inputs", &body.to_string());
    assert_eq!(refusal(inputs(&["a", "b", "c"])), (400, 30104), "too many items");
    assert_eq!(refusal(json!({"inputs": [], "padding": "x".repeat(400)})), (413, 11102), "body too large");
    assert_eq!(
        refusal(json!({"inputs": [{"data": {"video": {"url": "https://h/"}}}]})),
        (400, 30104),
        "no videos allowed"
    );
    service.post("inputs", &inputs(&["a", "b"]));
    service.post("inputs", &inputs(&["c"]));
    assert_eq!(ids(&service.get("inputs?per_page=1000")["inputs"]), ["c", "b"], "pages have at most two items");
    assert_eq!(ids(&service.get("inputs?per_page=1000&page=2")["inputs"]), ["a"], "the next page has the rest");
    let service = Service::new();
    let videos = json!({"inputs": vec![json!({"data": {"video": {"url": "https://h/"}}}); 2]});
    assert_eq!(
        service.refusal("POST", "inputs", &videos.to_string()),
        (400, 30104),
        "the published limit is one video"
    );
    assert_eq!(service.refusal("POST", "models/color-recognition/outputs", &videos.to_string()), (400, 40001));
}

#[test]
fn lists_can_be_capped_and_incomplete() {
    let of = |lists| {
        let service = Service::of(Simulator::new().with_lists(lists));
        service.post("inputs", &inputs(&["a", "b", "c", "d", "e"]));
        service
    };
    let pages = |service: &Service| {
        let page = |page| {
            let (http, response) = service.send("my-key", "GET", &format!("inputs?per_page=2&page={page}"), "");
            (http, response["status"]["code"].as_u64().unwrap(), ids(&response["inputs"]).concat())
        };
        [1, 2, 3].map(page)
    };
    let ok = |ids: &str| (200, 10000, ids.to_owned());
    assert_eq!(pages(&of(Lists::default())), [ok("ed"), ok("cb"), ok("a")]);
    let hides = Lists { ceiling: Some(Ceiling::Hide(3)), ..Lists::default() };
    assert_eq!(pages(&of(hides)), [ok("ed"), ok("c"), ok("")]);
    let short = Lists { leave_out: Some(3), ..Lists::default() };
    assert_eq!(pages(&of(short)), [ok("ed"), ok("b"), ok("a")]);
    let service = of(Lists { ceiling: Some(Ceiling::Refuse(4)), ..Lists::default() });
    assert_eq!(ids(&service.get("inputs?per_page=2&page=2")["inputs"]), ["c", "b"]);
    assert_eq!(service.refusal("GET", "inputs?per_page=2&page=3", ""), (400, 11102));
    let body = json!({"query": {"ands": []}, "pagination": {"page": 3, "per_page": 2}}).to_string();
    assert_eq!(service.refusal("POST", "searches", &body), (400, 11102), "searches too");
}

/// Sends a request at a time and returns HTTP status and `Retry-After`.
fn call(simulator: &Simulator, key: &str, milliseconds: u64) -> (u16, Option<String>) {
    let time = Duration::from_millis(milliseconds);
    let request = http::Request::get("/v2/inputs").header("authorization", format!("Key {key}"));
    let now = Now::new(Instant::new(time), Duration::from_secs(784_111_777) + time);
    let response = simulator.handle(now, &request.body(Bytes::new()).unwrap());
    let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
    (response.status().as_u16(), wait)
}

#[test]
fn rate_limits_use_sliding_or_fixed_windows() {
    for (kind, times) in [
        (Window::Sliding, [(900, true), (950, true), (999, false), (1899, false), (1900, true), (1949, false)]),
        (Window::Fixed, [(900, true), (950, true), (999, false), (1000, true), (1001, true), (1999, false)]),
    ] {
        let simulator = Simulator::new().with_rate(Rate { kind, ..Rate::per_second(2) });
        for (time, through) in times {
            let status = if through { 200 } else { 429 };
            assert_eq!(call(&simulator, "one", time).0, status, "{kind:?} at {time} ms");
        }
        assert_eq!(call(&simulator, "other", 1999).0, 200, "each caller has its own limit");
        simulator.set_rate(None);
        assert_eq!(call(&simulator, "one", 1999).0, 200);
    }
}

#[test]
fn throttled_responses_have_the_chosen_retry_after() {
    let date = "Sun, 06 Nov 1994 08:49:39 GMT";
    for (retry_after, expected) in [
        (RetryAfter::Nothing, None),
        (RetryAfter::Seconds, Some("2")),
        (RetryAfter::Date, Some(date)),
        (RetryAfter::Text("soon".to_owned()), Some("soon")),
        (RetryAfter::Text("a\nb".to_owned()), None),
    ] {
        let rate = Rate { window: Duration::from_millis(1500), retry_after, ..Rate::per_second(1) };
        let simulator = Simulator::new().with_rate(rate);
        assert_eq!(call(&simulator, "key", 0), (200, None));
        assert_eq!(call(&simulator, "key", 300), (429, expected.map(str::to_owned)));
    }
}

#[test]
fn every_response_has_a_date() {
    let service = Service::new();
    for path in ["/v2/inputs", "/v2/models/none", "/nonsense"] {
        let request = http::Request::get(path).header("authorization", "Key my-key").body(Bytes::new()).unwrap();
        let now = Now::new(Instant::default(), Duration::from_millis(784_111_777_999));
        let response = service.simulator.handle(now, &request);
        assert_eq!(response.headers()["date"], "Sun, 06 Nov 1994 08:49:37 GMT", "{path}");
    }
}
