//! Faults have their documented effects and are reproducible, and the audit finds wrong reports.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use clarifai_simulator::audit::{Claim, Problem, audit};
use clarifai_simulator::core::time::{Instant, Now};
use clarifai_simulator::core::transport::TransportErrorKind::{MaybeSent, NotSent};
use clarifai_simulator::core::transport::{Body, TransportErrorKind};
use clarifai_simulator::faults::{Commits, Exchange, Fault, Faults};
use clarifai_simulator::{Client, Simulator};
use http::Request;
use serde_json::{Value, json};

const NOW: Now = Now::new(Instant::new(Duration::from_secs(100)), Duration::from_secs(1_700_000_000));

/// Returns a request that creates inputs with these ids.
fn create(ids: &[String]) -> Request<Bytes> {
    let input = |id: &String| json!({"id": id, "data": {"image": {"url": format!("https://example.com/{id}.jpg")}}});
    post("/v2/inputs", &json!({"inputs": ids.iter().map(input).collect::<Vec<_>>()}))
}

fn post(path: &str, body: &Value) -> Request<Bytes> {
    Request::post(path).header("authorization", "Key my-key").body(Bytes::from(body.to_string())).unwrap()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("input-{number}")).collect()
}

/// Returns HTTP status and body; `None` for a body that is not JSON.
fn read(exchange: &Exchange) -> Result<(u16, Option<Value>), TransportErrorKind> {
    let response = exchange.response.as_ref().map_err(|failure| failure.kind)?;
    Ok((response.status().as_u16(), serde_json::from_slice(response.body()).ok()))
}

fn code(value: &Value) -> u64 {
    value["status"]["code"].as_u64().unwrap()
}

/// The table in the documentation: each fault, with 40 seeds and a call that creates five inputs.
#[test]
fn each_fault_has_its_documented_effect() {
    for fault in Fault::ALL {
        let mut committed = BTreeSet::new();
        for seed in 0..40 {
            let simulator = Simulator::new();
            let faults = Faults::new(seed, 1.0).only([fault]);
            assert_eq!(faults.hit(7), Some(fault));
            let exchange = faults.exchange(&simulator, NOW, 7, &create(&names(5)));
            assert_eq!(exchange.fault, Some(fault));
            let created = simulator.commits().values().filter(|tally| tally.created == 1).count();
            committed.insert(created);
            let repeated: u64 = simulator.commits().values().map(|tally| tally.repeated).sum();
            assert_eq!(repeated, if fault == Fault::SentTwice { 5 } else { 0 }, "{fault}");

            let seen = read(&exchange);
            let readable = seen.as_ref().ok().and_then(|(_, body)| body.as_ref()).map(code);
            let expected = match fault {
                Fault::ConnectRefused => (Err(NotSent), None),
                Fault::ResetBefore | Fault::ResetDuring | Fault::ResetAfter | Fault::ResponseLost | Fault::Hang => {
                    (Err(MaybeSent), None)
                }
                Fault::SlowResponse | Fault::SlicedResponse => (Ok(200), Some(10000)),
                Fault::TruncatedJson | Fault::WrongLength => (Ok(200), None),
                Fault::BadGateway => (Ok(502), None),
                Fault::InternalError => (Ok(500), Some(98004)),
                Fault::Unavailable => (Ok(503), None),
                Fault::Throttled => (Ok(429), Some(11005)),
                Fault::TryAgain => (Ok(500), Some(10030)),
                Fault::Mixed => (Ok(207), Some(10010)),
                Fault::SentTwice => (Ok(400), Some(10020)),
                other => panic!("no row for {other}"),
            };
            assert_eq!((seen.as_ref().map(|(http, _)| *http).map_err(|kind| *kind), readable), expected, "{fault}");
            let takes = match fault {
                Fault::ResponseLost | Fault::Hang => Duration::from_secs(30),
                Fault::SlowResponse => Duration::from_secs(exchange.response.as_ref().unwrap().body().len() as u64),
                _ => Duration::ZERO,
            };
            assert_eq!(exchange.takes, takes, "{fault}");
            if let Ok(response) = &exchange.response {
                assert_eq!(response.headers()["date"], "Tue, 14 Nov 2023 22:13:20 GMT", "{fault}");
                let waits = response.headers().contains_key("retry-after");
                assert!(waits == (fault == Fault::Unavailable) || fault == Fault::Throttled, "{fault}");
            }
            if let (Fault::Mixed | Fault::SentTwice, Ok((_, Some(body)))) = (fault, seen) {
                check_items(&body, &simulator);
            }
        }
        let committed: Vec<_> = committed.into_iter().collect();
        match fault.commits() {
            Commits::Never => assert_eq!(committed, [0], "{fault}"),
            Commits::Always => assert_eq!(committed, [5], "{fault}"),
            Commits::Either => assert_eq!(committed, [0, 5], "{fault}"),
            Commits::Partly => assert_eq!(committed, [1, 2, 3, 4], "{fault}"),
        }
    }
    let names: BTreeSet<_> = Fault::ALL.map(Fault::name).into();
    assert_eq!(names.len(), 17);
}

/// Checks that the items of a response are in order and that their statuses agree with the ledger.
fn check_items(body: &Value, simulator: &Simulator) {
    let commits = simulator.commits();
    let items = body["inputs"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), names(5));
    for item in items {
        let exists = commits.get(item["id"].as_str().unwrap()).is_some_and(|tally| tally.there() == 1);
        match code(item) {
            30001 | 30100 => assert!(exists, "{item}"),
            10030 | 30104 => assert!(!exists, "{item}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn mixed_applies_only_to_calls_with_item_statuses() {
    let simulator = Simulator::new();
    let faults = Faults::new(1, 1.0).only([Fault::Mixed]);
    let send = |number, request: &Request<Bytes>| {
        let exchange = faults.exchange(&simulator, NOW, number, request);
        let (http, body) = read(&exchange).unwrap();
        (exchange.fault, http, code(&body.unwrap()))
    };
    assert_eq!(send(0, &create(&names(1))), (Some(Fault::Mixed), 400, 10020), "a single item is refused");
    assert!(simulator.ledger().is_empty());
    let concepts = post("/v2/concepts", &json!({"concepts": [{"id": "a"}, {"id": "b"}]}));
    assert_eq!(send(1, &concepts), (None, 200, 10000));
    let get = Request::get("/v2/inputs").header("authorization", "Key my-key").body(Bytes::new()).unwrap();
    assert_eq!(send(2, &get), (None, 200, 10000));
    let unauthorized = Request::post("/v2/inputs").body(create(&names(5)).into_body()).unwrap();
    assert_eq!(send(3, &unauthorized), (Some(Fault::Mixed), 401, 11009), "the whole call is refused");
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let image = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, png.into_inner());
    let inputs = json!({"inputs": vec![json!({"data": {"image": {"base64": image}}}); 4]});
    for (path, member) in [("models/color-recognition/outputs", "outputs"), ("workflows/General/results", "results")] {
        let exchange = faults.exchange(&simulator, NOW, 4, &post(&format!("/v2/{path}"), &inputs));
        let (http, body) = read(&exchange).unwrap();
        let items = body.unwrap()[member].as_array().unwrap().iter().map(code).collect::<Vec<_>>();
        assert_eq!((http, items.len()), (207, 4), "{path}");
        let ok = items.iter().filter(|code| **code == 10000).count();
        assert!((1..4).contains(&ok), "{path}: {items:?}");
    }
}

#[test]
fn seed_and_number_alone_decide_on_faults() {
    // Every fault has its expected frequency.
    let faults = Faults::new(42, 0.2);
    let hits: Vec<_> = (0..100_000).filter_map(|number| faults.hit(number)).collect();
    assert!((19_000..21_000).contains(&hits.len()), "{}", hits.len());
    for fault in Fault::ALL {
        let times = hits.iter().filter(|hit| **hit == fault).count();
        assert!((1000..1400).contains(&times), "{fault}: {times}");
    }
    assert_eq!(Faults::new(1, 0.0).hit(0), None);
    assert_eq!(Faults::new(1, 1.0).only([]).hit(0), None);
    let some = Faults::new(1, 1.0).without([Fault::Mixed]);
    assert!((0..1000).all(|number| some.hit(number).is_some_and(|fault| fault != Fault::Mixed)));

    // Earlier exchanges do not influence the fault of an exchange.
    let other = Simulator::new();
    for number in [5, 3, 9, 3] {
        let one = Faults::new(7, 1.0).with_latency(Duration::from_secs(1));
        let exchange = |simulator: &Simulator| {
            let exchange = one.exchange(simulator, NOW, number, &create(&[format!("x{number}")]));
            (exchange.fault, exchange.takes)
        };
        assert_eq!(exchange(&Simulator::new()).0, exchange(&other).0);
    }
}

/// Runs a client that sends each call until it gets HTTP 200, at most ten times.
fn run(seed: u64) -> (Vec<String>, Duration, String) {
    let client = Client::new().with_faults(Faults::new(seed, 0.5).with_latency(Duration::from_millis(100)));
    let mut seen = Vec::new();
    let mut now = NOW;
    for call in 0..20 {
        let ids: Vec<_> = (0..4).map(|item| format!("{call}-{item}")).collect();
        for _ in 0..10 {
            let exchange = client.exchange(now, create(&ids).map(Body::from_bytes));
            now = Now::new(now.instant + exchange.takes, now.unix + exchange.takes);
            seen.push(format!(
                "{:?} {:?} {:?}",
                exchange.fault,
                exchange.takes,
                exchange.response.as_ref().map_err(|e| e.kind)
            ));
            if exchange.response.is_ok_and(|response| response.status() == 200) {
                break;
            }
        }
    }
    assert_eq!(client.exchanges(), seen.len() as u64);
    (seen, now.instant.since_start(), serde_json::to_string(&client.simulator().save()).unwrap())
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..5 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
    assert_ne!(run(1).0, run(2).0);
}

/// A bug in a client.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    /// Does not report one input.
    Forgets,
    /// Sends one again, which the service stores under a new id.
    Doubles,
    /// Reports one as created that never arrived.
    FalseSuccess,
    /// Reports one as not created that arrived.
    FalseFailure,
}

/// Runs a client that sends each input until a lookup finds it, and that has a bug at the sixth input.
fn report(bug: Bug, client: &Client) -> Vec<(String, Claim)> {
    let mut report = Vec::new();
    for (number, id) in names(12).into_iter().enumerate() {
        let bug = if number == 5 { bug } else { Bug::None };
        if bug == Bug::Forgets {
            continue;
        }
        let send = || client.exchange(NOW, create(std::slice::from_ref(&id)).map(Body::from_bytes));
        let look_up = || {
            client.send(
                Request::get(format!("/v2/inputs/{id}"))
                    .header("authorization", "Key my-key")
                    .body(Body::empty())
                    .unwrap(),
            )
        };
        let mut exists = false;
        while !exists && bug != Bug::FalseSuccess {
            send();
            exists = look_up().status() == 200;
        }
        if bug == Bug::Doubles {
            while client.simulator().commits()[&id].created < 2 {
                send();
            }
        }
        let claim = if bug == Bug::FalseFailure { Claim::NotCreated } else { Claim::Created };
        report.push((id, claim));
    }
    report
}

#[test]
fn the_audit_finds_each_bug_of_a_client() {
    for (bug, problem) in [
        (Bug::None, None),
        (Bug::Forgets, Some(Problem::Lost)),
        (Bug::Doubles, Some(Problem::Doubled(2))),
        (Bug::FalseSuccess, Some(Problem::FalseSuccess)),
        (Bug::FalseFailure, Some(Problem::FalseFailure)),
    ] {
        let duplicates = clarifai_simulator::rules::Duplicates::Double;
        for seed in 0..10 {
            let faults = Faults::new(seed, 0.3).without([Fault::SentTwice]);
            let app = Client::new().config().clone();
            let client = Client::with(app, Simulator::new().with_duplicates(duplicates)).with_faults(faults);
            let report = report(bug, &client);
            let found = audit(names(12), report, &client.simulator().ledger());
            let found: Vec<_> = found.into_iter().map(|one| (one.id, one.problem)).collect();
            let expected: Vec<_> = problem.map(|problem| ("input-5".to_owned(), problem)).into_iter().collect();
            assert_eq!(found, expected, "{bug:?}, seed {seed}");
        }
    }
}

#[test]
fn the_audit_counts_deletions_and_finds_strays() {
    let client = Client::new();
    let send = |ids: &[&str]| {
        let ids: Vec<_> = ids.iter().map(|&id| id.to_owned()).collect();
        client.send(create(&ids).map(Body::from_bytes));
    };
    send(&["a", "b"]);
    send(&["a"]);
    client.send(Request::delete("/v2/inputs/a").header("authorization", "Key my-key").body(Body::empty()).unwrap());
    client.advance(Duration::from_secs(2));
    send(&["a"]);
    let ledger = client.simulator().ledger();
    let tally = client.simulator().commits()["a"];
    assert_eq!((tally.created, tally.deleted, tally.repeated, tally.there()), (2, 1, 1, 1));
    let found = audit(["a"], [("a", Claim::Created), ("a", Claim::Unknown), ("c", Claim::Unknown)], &ledger);
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["a: reported more than once", "b: stray: exists, but neither planned nor reported"]);
}
