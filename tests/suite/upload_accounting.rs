//! Uploads to a service that fails in seventeen ways: the client's report on each input is compared with the ledger of
//! the simulator. In virtual time, with several calls in flight.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clarifai_core::bulk::{BatchLimits, IntoBulk as _, Outcome, Upload, UploadedItem};
use clarifai_core::inputs::{CreateInputs, NewInput};
use clarifai_core::machine::Call;
use clarifai_core::testing::{ManualClock, Reply, Simulation};
use clarifai_core::time::Now;
use clarifai_core::{
    Config, Credentials,
    transport::{Body, TransportErrorKind},
};
use clarifai_simulator::Simulator;
use clarifai_simulator::audit::{Claim, Problem, audit};
use clarifai_simulator::faults::{Fault, Faults};
use clarifai_simulator::rules::Duplicates;
use fastrand::Rng;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::cases::{self, Case, Count, hold};

/// Inputs stored before the upload are older than this, so that none of its calls can have created them.
const HOUR: Duration = Duration::from_secs(3600);

/// An input of an upload, and its state beforehand.
#[derive(Clone, Debug)]
struct Item {
    /// Identifies the input: its URL, which is also in the metadata of an image sent as bytes.
    url: String,
    /// Bytes of the image; without them the URL is sent.
    image: Option<Bytes>,
    id: Option<String>,
    /// Whether the app contained it before the upload.
    before: bool,
}

impl Item {
    /// Returns the input as the caller passes it. An id from its content is still missing.
    fn input(&self) -> NewInput {
        let input = match &self.image {
            None => NewInput::image_url(&*self.url),
            Some(bytes) => {
                let metadata = json!({"url": self.url});
                NewInput::image_bytes(bytes.clone()).metadata(metadata.as_object().unwrap().clone())
            }
        };
        match &self.id {
            Some(id) if id.starts_with("id-of-caller-") => input.id(id),
            _ => input,
        }
    }

    /// Returns the input as it is sent.
    fn json(&self) -> Value {
        let mut json = match &self.image {
            None => json!({"data": {"image": {"url": self.url}}}),
            Some(bytes) => {
                json!({"data": {"image": {"base64": STANDARD.encode(bytes)}, "metadata": {"url": self.url}}})
            }
        };
        if let Some(id) = &self.id {
            json["id"] = id.as_str().into();
        }
        json
    }
}

/// Returns a bitmap of one pixel, whose color depends on the number.
fn image(number: usize) -> Bytes {
    let color = u32::try_from(number).unwrap().to_le_bytes();
    let header = [58_u32, 0, 54, 40, 1, 1, 0x0018_0001, 0, 4, 0, 0, 0, 0];
    let header = header.iter().flat_map(|number| number.to_le_bytes());
    b"BM".iter().copied().chain(header).chain(color).collect()
}

fn url_of(input: &Value) -> String {
    let data = &input["data"];
    let url = data["metadata"]["url"].as_str().or(data["image"]["url"].as_str());
    url.unwrap_or_default().to_owned()
}

/// Where the ids of the inputs come from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ids {
    /// The caller.
    Caller,
    /// The content.
    Content,
    /// The caller for every other input, the content for the rest.
    CallerAndContent,
    /// The caller for every other input; the rest have no ids.
    CallerAndNone,
}

/// A run: what is uploaded, how, and which faults occur.
#[derive(Debug)]
struct Run {
    items: usize,
    ids: Ids,
    duplicates: Duplicates,
    faults: Faults,
    /// Only calls that create inputs are hit by faults.
    only_posts: bool,
    parallel: usize,
    per_call: usize,
    seed: u64,
    /// Every `n`th input was stored before; 0 for none.
    before: usize,
    /// Every `n`th input is sent as bytes, the others as URLs; 0 for none.
    images: usize,
    /// Lifetime of tokens, if calls use tokens instead of a key.
    token_life: Option<Duration>,
}

impl Run {
    fn new(rng: &mut Rng, items: usize) -> Self {
        Self {
            items,
            ids: [Ids::Caller, Ids::Content, Ids::CallerAndContent, Ids::CallerAndNone][rng.usize(..4)],
            duplicates: [Duplicates::Refuse, Duplicates::Ignore, Duplicates::Double][rng.usize(..3)],
            faults: Faults::new(rng.u64(..), 0.2).with_latency(Duration::from_millis(300)),
            only_posts: false,
            parallel: 4,
            per_call: [128, 128, 40, 7][rng.usize(..4)],
            seed: rng.u64(..),
            before: [0, 11, 3][rng.usize(..3)],
            images: [0, 7, 2][rng.usize(..3)],
            token_life: rng.bool().then(|| Duration::from_secs(rng.u64(10..300))),
        }
    }
}

fn config(seed: u64) -> Config {
    Config::new(Credentials::key("key").unwrap()).with_seed(seed)
}

/// The same application, with tokens.
fn app_with_token(seed: u64) -> Config {
    Config::new(Credentials::app_secret("key", "secret").unwrap()).with_seed(seed)
}

fn send(simulator: &Simulator, now: Now, method: &Method, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder().method(method).uri(path).header("authorization", "Key key").body(body).unwrap();
    serde_json::from_slice(simulator.handle(now, &request).body()).unwrap()
}

/// Returns how often the app contains each URL.
fn stored_urls(simulator: &Simulator, now: Now) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for page in 1.. {
        let page = send(simulator, now, &Method::GET, &format!("/v2/inputs?page={page}&per_page=1000"), &Value::Null);
        let inputs = page["inputs"].as_array().unwrap();
        for input in inputs {
            *found.entry(url_of(input)).or_default() += 1;
        }
        if inputs.is_empty() {
            break;
        }
    }
    found
}

/// Outcome of a run: the inputs, the report of the client, and the simulator with its ledger.
struct Outcomes {
    items: Vec<Item>,
    report: Vec<UploadedItem>,
    simulator: Simulator,
    end: Now,
    /// How often each URL was sent.
    sent: BTreeMap<String, u32>,
    /// The faults that occurred.
    faults: BTreeSet<Fault>,
    /// URLs in calls that were delivered twice.
    sent_twice: BTreeSet<String>,
    /// URLs in calls whose execution the client cannot know.
    uncertain: BTreeSet<String>,
    stopped: Option<String>,
}

fn urls(request: &Request<Bytes>) -> Vec<String> {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    body["inputs"].as_array().into_iter().flatten().map(url_of).collect()
}

fn upload(run: &Run) -> Outcomes {
    let mut items: Vec<_> = (0..run.items)
        .map(|number| {
            let by_caller = match run.ids {
                Ids::Caller => true,
                Ids::Content => false,
                Ids::CallerAndContent | Ids::CallerAndNone => number % 2 == 0,
            };
            Item {
                url: format!("https://example.com/{number}.jpg"),
                image: (run.images > 0 && number % run.images == 0).then(|| image(number)),
                id: by_caller.then(|| format!("id-of-caller-{number}")),
                // A URL that could not be fetched may be stored again, so an input without an id was never stored
                // before.
                before: run.before > 0 && number % run.before == 1 && (by_caller || run.ids != Ids::CallerAndNone),
            }
        })
        .collect();
    if run.ids != Ids::CallerAndNone {
        for item in &mut items {
            let id = item.input().content_id();
            item.id.get_or_insert(id);
        }
    }
    let life = run.token_life.unwrap_or_default();
    let simulator = Simulator::new().with_duplicates(run.duplicates).with_token_life(life);
    let mut clock = ManualClock::new();
    for item in items.iter().filter(|item| item.before) {
        send(&simulator, clock.now(), &Method::POST, "/v2/inputs", &json!({"inputs": [item.json()]}));
    }
    clock.advance(HOUR);

    let (mut sent, mut faults, mut twice, mut uncertain) =
        (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut number = 0;
    let mut crowd = Simulation::new(|now, request: Request<Body>| {
        let request = request.map(|body| body.to_bytes());
        let is_post = request.method() == Method::POST;
        if run.only_posts && !is_post {
            return Reply::new(Ok(simulator.handle(now, &request)));
        }
        let exchange = run.faults.exchange(&simulator, now, number, &request);
        number += 1;
        faults.extend(exchange.fault);
        if is_post {
            let urls = urls(&request);
            for url in &urls {
                *sent.entry(url.clone()).or_insert(0) += 1;
            }
            let lost = match &exchange.response {
                Err(failure) => failure.kind != TransportErrorKind::NotSent,
                Ok(response) => serde_json::from_slice::<Value>(response.body()).is_err() || response.status() == 500,
            };
            match exchange.fault {
                Some(Fault::SentTwice) => twice.extend(urls),
                // The only HTTP 500 that proves that nothing was executed.
                Some(Fault::TryAgain) => {}
                _ if lost => uncertain.extend(urls),
                _ => {}
            }
        }
        Reply::new(exchange.response).after(exchange.takes)
    })
    .with_clock(clock);
    let mut limits = BatchLimits::default();
    limits.inputs = run.per_call;
    let inputs: Vec<_> = items.iter().map(Item::input).collect();
    let config = if run.token_life.is_some() { app_with_token(run.seed) } else { config(run.seed) };
    let mut work = Upload::new(inputs).limits(limits);
    if run.ids != Ids::CallerAndNone {
        work = work.ids_from_content();
    }
    let report = crowd.run_bulk(work.into_bulk(&config), run.parallel);
    let end = crowd.clock().now();
    drop(crowd);
    let stopped = report.stopped().map(ToString::to_string);
    Outcomes { items, report: report.into_items(), simulator, end, sent, faults, sent_twice: twice, uncertain, stopped }
}

/// Compares the report with the ledger, item by item.
fn compare(run: &Run, outcomes: &Outcomes) -> Case {
    let Outcomes { items, report, simulator, end, .. } = outcomes;
    hold!(outcomes.stopped.is_none(), "ended early: {:?}", outcomes.stopped);
    hold!(report.len() == items.len(), "{} of {} items are reported", report.len(), items.len());
    let stored = stored_urls(simulator, *end);
    for (place, (item, one)) in items.iter().zip(report).enumerate() {
        let what = format!("item {place}, {item:?}: {}", one.outcome);
        hold!(one.index == place as u64, "{what}: reported as number {}", one.index);
        hold!(item.id.is_none() || one.id == item.id, "{what}: its id is reported as {:?}", one.id);
        let count = stored.get(&item.url).copied().unwrap_or(0);
        hold!(count <= 1, "{what}: stored {count} times");
        match &one.outcome {
            Outcome::Created => {
                hold!(count == 1, "{what}: false success");
                // A service that ignores duplicates responds as if it had just stored them.
                hold!(!item.before || run.duplicates != Duplicates::Refuse, "{what}: it was stored before");
            }
            Outcome::AlreadyThere => {
                hold!(count == 1, "{what}: false success");
                let twice = outcomes.sent_twice.contains(&item.url);
                hold!(item.before || twice, "{what}: it was not stored before");
            }
            Outcome::Rejected(status) => {
                hold!(count == u64::from(item.before), "{what}: false failure");
                let code = status.code.as_ref().and_then(clarifai_core::types::StatusCode::number);
                // An ignored duplicate is returned with its present status.
                let ignored = item.before && run.duplicates == Duplicates::Ignore && code == Some(30002);
                let refused = [Some(30104), Some(10030), Some(10020)].contains(&code);
                hold!(refused || ignored, "{what}: the service did not refuse it with this code");
            }
            Outcome::NotSent(_) => hold!(count == u64::from(item.before), "{what}: false failure"),
            Outcome::Unknown(error) => {
                hold!(error.may_have_happened(), "{what}: its error is certain");
                hold!(item.id.is_none(), "{what}: it could have been looked up");
                hold!(outcomes.uncertain.contains(&item.url), "{what}: its call got a response");
            }
            other => return Err(format!("{what}: {other:?}")),
        }
        let sent = outcomes.sent.get(&item.url).copied().unwrap_or(0);
        hold!(sent > 0, "{what}: it was never sent");
    }
    // The audit of the simulator, for all inputs that have an id and were not stored before.
    let new = || items.iter().zip(report).filter(|(item, _)| !item.before && item.id.is_some());
    let claims = new().map(|(_, one)| {
        let claim = match one.outcome {
            Outcome::Created | Outcome::AlreadyThere => Claim::Created,
            Outcome::Unknown(_) => Claim::Unknown,
            _ => Claim::NotCreated,
        };
        (one.id.clone().unwrap(), claim)
    });
    let planned = new().map(|(item, _)| item.id.clone().unwrap());
    let mine: BTreeSet<_> = new().map(|(item, _)| item.id.clone().unwrap()).collect();
    let ledger: Vec<_> = simulator.ledger().into_iter().filter(|entry| mine.contains(&entry.id)).collect();
    let found = audit(planned, claims, &ledger);
    hold!(found.is_empty(), "{} of {} items: {}", found.len(), items.len(), found[0]);
    Ok(())
}

/// Runs an upload with seventeen faults. The fault that delivers a call twice is left out if the service stores
/// duplicates, because no client can prevent that.
fn check_upload(rng: &mut Rng, items: usize, spoil: impl FnOnce(&mut Outcomes)) -> Case {
    let mut run = Run::new(rng, items);
    let stores_again = match run.duplicates {
        // An image sent as bytes has no URL by which duplicates are recognized.
        Duplicates::Refuse => run.ids == Ids::CallerAndNone && run.images > 0,
        // An input without an id is recognized by its URL, and only if duplicates are refused.
        Duplicates::Ignore => run.ids == Ids::CallerAndNone,
        _ => true,
    };

    if stores_again {
        // The same is true of inputs that were stored before.
        run.before = 0;
    }
    if stores_again || rng.u8(..4) == 0 {
        run.faults = run.faults.without([Fault::SentTwice]);
    }
    let mut outcomes = upload(&run);
    spoil(&mut outcomes);
    compare(&run, &outcomes).map_err(|broken| {
        let Run { ids, duplicates, per_call, before, images, token_life, .. } = &run;
        let token = token_life.map_or("key".to_owned(), |life| format!("token of {life:?}"));
        format!("{broken} ({ids:?}, {duplicates:?}, {per_call} per call, before: {before}, images: {images}, {token})")
    })
}

#[test]
fn report_and_ledger_agree_under_faults() {
    let seen = RefCell::new(BTreeSet::new());
    cases::check("uploads", Count { quick: 4, full: 500 }, |rng| {
        check_upload(rng, 2000, |outcomes| seen.borrow_mut().extend(outcomes.faults.iter().copied()))
    });
    if !cases::is_replay() {
        assert_eq!(seen.into_inner().len(), 17, "every fault must occur");
    }
}

/// One upload of many inputs, whose calls share one retry budget and one rate limiter.
#[test]
fn report_and_ledger_agree_for_one_large_upload() {
    let inputs = Count { quick: 2_000, full: 100_000 }.size("inputs of the large upload");
    let inputs = usize::try_from(inputs).unwrap();
    cases::check("large-upload", Count { quick: 1, full: 1 }, |rng| check_upload(rng, inputs, |_| ()));
}

/// Bugs that are planted by changing the outcome.
#[test]
fn wrong_reports_are_caught() {
    type Spoil = fn(&mut Outcomes);
    let lose: Spoil = |outcomes| drop(outcomes.report.remove(700));
    let double: Spoil = |outcomes| {
        let (item, now) = (&outcomes.items[700], outcomes.end);
        let input = json!({"data": {"image": {"url": item.url, "allow_duplicate_url": true}}});
        send(&outcomes.simulator, now, &Method::POST, "/v2/inputs", &json!({"inputs": [input]}));
    };
    // Of an input that was refused permanently.
    let success: Spoil = |outcomes| {
        let refused = |one: &&mut UploadedItem| matches!(one.outcome, Outcome::Rejected(_));
        let Some(one) = outcomes.report.iter_mut().find(refused) else { return };
        let before = &mut outcomes.items[usize::try_from(one.index).unwrap()].before;
        *before = false;
        one.outcome = Outcome::Created;
    };
    let failure: Spoil = |outcomes| outcomes.report[700].outcome = Outcome::Rejected(Box::default());
    for (name, spoil, expected) in [
        ("loses", lose, "are reported"),
        ("doubles", double, "stored 2 times"),
        ("false success", success, "false success"),
        ("false failure", failure, "false failure"),
    ] {
        let message = cases::catch_bug("uploads", 10, |rng| check_upload(rng, 2000, spoil));
        assert!(message.contains(expected), "{name}: {message}");
    }
}

/// Runs an upload in which 30 % of the calls that create inputs are executed and their responses lost, at a service
/// that stores duplicates.
fn lose_responses(rng: &mut Rng, ids: Ids) -> (Run, Outcomes) {
    let mut run = Run::new(rng, 1000);
    run.ids = ids;
    run.duplicates = Duplicates::Double;
    run.before = 0;
    run.only_posts = true;
    run.per_call = rng.usize(1..=20);
    run.faults = Faults::new(rng.u64(..), 0.3).only([Fault::ResponseLost, Fault::ResetAfter]);
    let outcomes = upload(&run);
    (run, outcomes)
}

#[test]
fn lost_responses_duplicate_no_input_with_an_id() {
    cases::check("lost-responses", Count { quick: 2, full: 200 }, |rng| {
        let ids = if rng.bool() { Ids::Caller } else { Ids::CallerAndContent };
        let (run, outcomes) = lose_responses(rng, ids);
        compare(&run, &outcomes)?;
        hold!(!outcomes.uncertain.is_empty(), "no response was lost");
        hold!(outcomes.report.iter().all(|one| matches!(one.outcome, Outcome::Created)), "not all inputs are stored");
        hold!(outcomes.sent.values().all(|times| *times == 1), "an input was sent again although it was stored");
        Ok(())
    });
}

/// A client that repeats uncertain calls without looking up is caught by the same comparison.
#[test]
fn a_client_without_look_ups_is_caught() {
    let simulator = Simulator::new().with_duplicates(Duplicates::Double);
    let faults = Faults::new(1, 0.3).only([Fault::ResponseLost]);
    let mut number = 0;
    let mut crowd = Simulation::new(|now, request: Request<Body>| {
        number += 1;
        let exchange = faults.exchange(&simulator, now, number, &request.map(|body| body.to_bytes()));
        Reply::new(exchange.response).after(exchange.takes)
    });
    for number in 0..50 {
        let item =
            NewInput::image_url(format!("https://example.com/{number}.jpg")).id(format!("id-of-caller-{number}"));
        crowd.add(Call::new(&config(1), CreateInputs::new().input(item)));
    }
    crowd.run();
    let end = crowd.clock().now();
    drop(crowd);
    assert!(stored_urls(&simulator, end).values().any(|count| *count > 1));
    let found = audit([""; 0], [("id-of-caller-0", Claim::Created)], &simulator.ledger());
    assert!(found.iter().any(|one| matches!(one.problem, Problem::Doubled(_))), "{found:?}");
}

#[test]
fn inputs_without_ids_are_unknown_after_a_lost_response_and_never_repeated() {
    cases::check("lost-responses-without-ids", Count { quick: 2, full: 200 }, |rng| {
        let (run, outcomes) = lose_responses(rng, Ids::CallerAndNone);
        compare(&run, &outcomes)?;
        let mut unknown = 0;
        for (item, one) in outcomes.items.iter().zip(&outcomes.report) {
            hold!(outcomes.sent[&item.url] == 1, "sent again: {item:?}");
            let lost = item.id.is_none() && outcomes.uncertain.contains(&item.url);
            hold!(matches!(one.outcome, Outcome::Unknown(_)) == lost, "{item:?}: {}", one.outcome);
            unknown += usize::from(lost);
        }
        hold!(unknown > 0, "no response was lost");
        Ok(())
    });
}

/// Responses are lost, and the calls are executed seconds later, often after the look-up. A gateway refuses some calls
/// without a status of the service. No input that is stored in the end may be reported as definitely not stored.
#[test]
fn late_calls_are_not_reported_as_definitely_not_stored() {
    let late_calls = Cell::new(0);
    cases::check("late-calls", Count { quick: 3, full: 1_000 }, |rng| {
        let simulator = Simulator::new();
        let mut late: Vec<(Duration, Request<Bytes>)> = Vec::new();
        let mut dice = rng.fork();
        let mut crowd = Simulation::new(|now, request: Request<Body>| {
            let (request, time) = (request.map(|body| body.to_bytes()), now.instant.since_start());
            late.retain(|(due, request)| {
                if *due <= time {
                    simulator.handle(now, request);
                }
                *due > time
            });
            if request.method() == Method::POST {
                match dice.u8(..10) {
                    0..3 => {
                        late_calls.set(late_calls.get() + 1);
                        late.push((time + Duration::from_millis(dice.u64(..5000)), request));
                        return Reply::fail(TransportErrorKind::MaybeSent);
                    }
                    3 => return Reply::new(Ok(Response::builder().status(413).body(Bytes::new()).unwrap())),
                    _ => {}
                }
            }
            Reply::new(Ok(simulator.handle(now, &request))).after(Duration::from_millis(dice.u64(..300)))
        });
        let input = |number| NewInput::image_url(format!("https://example.com/{number}.jpg")).id(format!("i{number}"));
        let inputs: Vec<_> = (0..300).map(input).collect();
        let limits = BatchLimits::default().with_inputs(rng.usize(1..20));
        let report = crowd.run_bulk(Upload::new(inputs).limits(limits).into_bulk(&config(rng.u64(..))), 3);
        let end = crowd.clock().now();
        drop(crowd);
        for (_, request) in &late {
            simulator.handle(end, request);
        }
        let stored = stored_urls(&simulator, end);
        hold!(report.items().len() == 300, "{} items", report.items().len());
        for one in report.items() {
            let count = stored.get(&format!("https://example.com/{}.jpg", one.index)).copied().unwrap_or(0);
            hold!(count <= 1, "item {} is stored {count} times", one.index);
            hold!(!one.outcome.is_success() || count == 1, "item {}: false success", one.index);
            let definitely_not = matches!(one.outcome, Outcome::NotSent(_) | Outcome::Rejected(_));
            hold!(!definitely_not || count == 0, "item {}: {}, and it is stored", one.index, one.outcome);
        }
        Ok(())
    });
    assert!(cases::is_replay() || late_calls.get() > 0, "no call was late");
}

/// A single call is repeated if its input has an id, and the last error is the refusal of the duplicate.
#[test]
fn a_single_call_without_ids_is_not_repeated() {
    for (id, attempts) in [(None, 1), (Some("a"), 4)] {
        let simulator = Simulator::new().with_duplicates(Duplicates::Refuse);
        let sent = Cell::new(0);
        let mut crowd = Simulation::new(|now, request: Request<Body>| {
            simulator.handle(now, &request.map(|body| body.to_bytes()));
            sent.set(sent.get() + 1);
            Reply::fail(TransportErrorKind::MaybeSent)
        });
        let item = NewInput::image_url("https://example.com/a.jpg");
        let item = id.into_iter().fold(item, NewInput::id);
        crowd.add(Call::new(&config(1), CreateInputs::new().input(item)));
        let error = crowd.run().pop().unwrap().unwrap_err();
        drop(crowd);
        assert!(error.may_have_happened(), "{error}");
        assert_eq!((sent.get(), error.attempts()), (attempts, attempts), "{id:?}");
        assert_eq!(simulator.ledger().iter().filter(|entry| entry.committed()).count(), 1, "{id:?}");
    }
}

/// How the first response to an upload is arranged.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Arrangement {
    InOrder,
    Shuffled,
    Missing,
    Extra,
    Repeated,
}

const COUNT: usize = 128;

/// A service that stores inputs except those that it refuses, and whose first response is arranged wrongly.
struct MisarrangingService {
    failing: BTreeSet<usize>,
    arrangement: Arrangement,
    stored: BTreeSet<String>,
    creates: u32,
    looked_up: BTreeSet<String>,
}

impl MisarrangingService {
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn reply(status: u16, json: &Value) -> Reply {
        let response = Response::builder().status(status).header("date", Self::DATE);
        Reply::new(Ok(response.body(Bytes::from(json.to_string())).unwrap()))
    }

    fn handle(&mut self, request: &Request<Body>) -> Reply {
        let input = |id: &str, code: u32| json!({"id": id, "created_at": "1994-11-06T08:49:37Z", "data": {}, "status": {"code": code}});
        if request.method() == Method::GET {
            let id = request.uri().path().rsplit('/').next().unwrap();
            self.looked_up.insert(id.to_owned());
            return match self.stored.contains(id) {
                true => Self::reply(200, &json!({"status": {"code": 10000}, "input": input(id, 30000)})),
                false => Self::reply(404, &json!({"status": {"code": 11101}})),
            };
        }
        self.creates += 1;
        let body: Value = serde_json::from_slice(&request.body().to_bytes()).unwrap();
        let mut items = Vec::new();
        for id in body["inputs"].as_array().unwrap().iter().map(|input| input["id"].as_str().unwrap()) {
            let place: usize = id.rsplit('-').next().unwrap().parse().unwrap();
            items.push(match () {
                () if self.failing.contains(&place) => input(id, 30104),
                () if !self.stored.insert(id.to_owned()) => input(id, 30100),
                () => input(id, 30001),
            });
        }
        let failed = items.iter().filter(|item| item["status"]["code"] != 30001).count();
        let (http, code) = match failed {
            0 => (200, 10000),
            failed if failed == items.len() => (400, 10020),
            _ => (207, 10010),
        };
        if self.creates == 1 {
            match self.arrangement {
                Arrangement::InOrder => {}
                Arrangement::Shuffled => {
                    items = (0..COUNT).map(|place| items[(place * 51 + 7) % COUNT].clone()).collect();
                }
                Arrangement::Missing => drop(items.remove(failed.min(COUNT - 1))),
                Arrangement::Extra => items.push(input("unknown", 30001)),
                Arrangement::Repeated => items[0] = items[1].clone(),
            }
        }
        Self::reply(http, &json!({"status": {"code": code}, "inputs": items}))
    }
}

/// Runs an upload of one full call, of which the service refuses `failed` inputs, and checks the report.
fn split(failed: usize, arrangement: Arrangement, spoil: impl FnOnce(&mut Vec<UploadedItem>)) -> Case {
    let failing: BTreeSet<_> = (0..failed).map(|number| (number * 37 + failed) % COUNT).collect();
    let (stored, looked_up) = (BTreeSet::new(), BTreeSet::new());
    let mut service = MisarrangingService { failing: failing.clone(), arrangement, stored, creates: 0, looked_up };
    let input = |place| NewInput::image_url(format!("https://u/{place}")).id(format!("id-{place}"));
    let inputs: Vec<_> = (0..COUNT).map(input).collect();
    let mut crowd = Simulation::new(|_, request| service.handle(&request));
    let mut report = crowd.run_bulk(Upload::new(inputs).into_bulk(&config(1)), 1).into_items();
    drop(crowd);
    spoil(&mut report);
    let context = format!("{failed} refused, {arrangement:?}");
    hold!(report.len() == COUNT, "{context}: {} are reported", report.len());
    for (place, one) in report.iter().enumerate() {
        hold!((one.index, one.id.clone()) == (place as u64, Some(format!("id-{place}"))), "{context}: {one:?}");
        let (is_stored, fails) = (service.stored.contains(&format!("id-{place}")), failing.contains(&place));
        match &one.outcome {
            Outcome::Created => hold!(is_stored, "{context}: {place} is reported as stored"),
            Outcome::Rejected(_) => hold!(fails, "{context}: {place} is reported as refused"),
            other => return Err(format!("{context}: {place} is reported as {other}")),
        }
    }
    let clear = matches!(arrangement, Arrangement::InOrder | Arrangement::Shuffled);
    // That all inputs failed is a status of the whole call, whatever its items are.
    let looked = if clear || failed == COUNT { 0 } else { COUNT };
    hold!(service.looked_up.len() == looked, "{context}: {} were looked up", service.looked_up.len());
    let creates = if looked > 0 && failed > 0 { 2 } else { 1 };
    hold!(service.creates == creates, "{context}: sent {} times", service.creates);
    Ok(())
}

const ARRANGEMENTS: [Arrangement; 5] =
    [Arrangement::InOrder, Arrangement::Shuffled, Arrangement::Missing, Arrangement::Extra, Arrangement::Repeated];

#[test]
fn every_partial_failure_is_reported_item_by_item() {
    let splits = Count { quick: 17, full: 129 }.size("numbers of refused inputs");
    for failed in (0..=COUNT).step_by(COUNT / usize::try_from(splits - 1).unwrap()) {
        for arrangement in ARRANGEMENTS {
            split(failed, arrangement, |_| ()).unwrap();
        }
    }
}

/// Bugs that are planted by changing the report, for each arrangement of the response.
#[test]
fn wrong_reports_of_partial_failures_are_caught() {
    type Spoil = fn(&mut Vec<UploadedItem>);
    let lose: Spoil = |report| drop(report.pop());
    let double: Spoil = |report| report[7] = report[8].clone();
    // Matched by position, though the response has another order.
    let by_place: Spoil = |report| {
        let outcomes: Vec<_> = report.iter().map(|one| one.outcome.clone()).collect();
        for (place, one) in report.iter_mut().enumerate() {
            one.outcome = outcomes[(place * 51 + 7) % COUNT].clone();
        }
    };
    let success: Spoil = |report| {
        let refused = report.iter_mut().find(|one| matches!(one.outcome, Outcome::Rejected(_)));
        refused.unwrap().outcome = Outcome::Created;
    };
    let failure: Spoil = |report| {
        let stored = report.iter_mut().find(|one| matches!(one.outcome, Outcome::Created));
        stored.unwrap().outcome = Outcome::Rejected(Box::default());
    };
    for (spoil, expected) in [
        (lose, "are reported"),
        (double, "id-8"),
        (by_place, "is reported as"),
        (success, "is reported as stored"),
        (failure, "is reported as refused"),
    ] {
        for arrangement in ARRANGEMENTS {
            for failed in [1, 40, COUNT - 1] {
                let message = split(failed, arrangement, spoil).unwrap_err();
                assert!(message.contains(expected), "{expected}: {message}");
            }
        }
    }
}
