//! Uploads through a service that goes wrong in seventeen ways: what the client reports of each input is held against the
//! simulator's ledger. In virtual time, several calls at once.
#![allow(clippy::unwrap_used)]

#[path = "../core/tests/seeded/mod.rs"]
mod seeded;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clarifai_core::bulk::{CallLimits, Outcome, Upload, UploadedItem};
use clarifai_core::inputs::{CreateInputs, NewInput};
use clarifai_core::machine::{Attempt, Now};
use clarifai_core::testing::{Crowd, ManualClock, Reply};
use clarifai_core::{App, Body, Credentials, TransportFailureKind};
use clarifai_simulator::Simulator;
use clarifai_simulator::audit::{Claim, Problem, audit};
use clarifai_simulator::faults::{Fault, Faults};
use clarifai_simulator::rules::Duplicates;
use fastrand::Rng;
use http::{Method, Request, Response};
use seeded::{Case, hold};
use serde_json::{Value, json};

/// What there was an hour before the upload began is older than any call of it.
const HOUR: Duration = Duration::from_secs(3600);

/// An input of an upload, and what is known of it beforehand.
#[derive(Clone, Debug)]
struct Item {
    /// Tells it from the others: its address, and what the metadata of a picture say.
    url: String,
    /// The bytes of a picture; without, it is the address.
    picture: Option<Bytes>,
    id: Option<String>,
    /// In the app before.
    before: bool,
}

impl Item {
    /// As the caller hands it over: an id from its content is still to be made.
    fn input(&self) -> NewInput {
        let input = match &self.picture {
            None => NewInput::image_url(&*self.url),
            Some(bytes) => {
                let metadata = json!({"url": self.url});
                NewInput::image_bytes(bytes.clone()).with_metadata(metadata.as_object().unwrap().clone())
            }
        };
        match &self.id {
            Some(id) if id.starts_with("own-") => input.with_id(id),
            _ => input,
        }
    }

    /// As it goes over the wire.
    fn json(&self) -> Value {
        let mut json = match &self.picture {
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

/// A bitmap of one pixel, each number in a colour of its own.
fn picture(number: usize) -> Bytes {
    let colour = u32::try_from(number).unwrap().to_le_bytes();
    let header = [58_u32, 0, 54, 40, 1, 1, 0x0018_0001, 0, 4, 0, 0, 0, 0];
    let header = header.iter().flat_map(|number| number.to_le_bytes());
    b"BM".iter().copied().chain(header).chain(colour).collect()
}

fn url_of(input: &Value) -> String {
    let data = &input["data"];
    let url = data["metadata"]["url"].as_str().or(data["image"]["url"].as_str());
    url.unwrap_or_default().to_owned()
}

/// How the inputs get their ids.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ids {
    Own,
    Content,
    /// Own ids, ids from the content, and none to begin with.
    OwnAndContent,
    /// Own ids and none at all.
    OwnAndNone,
}

/// A run: what is uploaded, how, and what goes wrong.
#[derive(Debug)]
struct Run {
    items: usize,
    ids: Ids,
    duplicates: Duplicates,
    faults: Faults,
    /// Only calls that create something are hit.
    only_posts: bool,
    parallel: usize,
    per_call: usize,
    seed: u64,
    /// Of so many inputs one was there before; 0 for none.
    before: usize,
    /// Of so many inputs one is a picture and no address; 0 for none.
    pictures: usize,
    /// How long a token lives, where calls are made under one and not under a key.
    token_life: Option<Duration>,
}

impl Run {
    fn new(rng: &mut Rng, items: usize) -> Self {
        Self {
            items,
            ids: [Ids::Own, Ids::Content, Ids::OwnAndContent, Ids::OwnAndNone][rng.usize(..4)],
            duplicates: [Duplicates::Refuse, Duplicates::Ignore, Duplicates::Double][rng.usize(..3)],
            faults: Faults::new(rng.u64(..), 0.2).with_latency(Duration::from_millis(300)),
            only_posts: false,
            parallel: 4,
            per_call: [128, 128, 40, 7][rng.usize(..4)],
            seed: rng.u64(..),
            before: [0, 11, 3][rng.usize(..3)],
            pictures: [0, 7, 2][rng.usize(..3)],
            token_life: rng.bool().then(|| Duration::from_secs(rng.u64(10..300))),
        }
    }
}

fn app(seed: u64) -> App {
    App::new(Credentials::key("key").unwrap()).with_seed(seed)
}

/// The same application, entered with a token.
fn app_with_token(seed: u64) -> App {
    App::new(Credentials::app_secret("key", "secret").unwrap()).with_seed(seed)
}

fn send(simulator: &Simulator, now: Now, method: &Method, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder().method(method).uri(path).header("authorization", "Key key").body(body).unwrap();
    serde_json::from_slice(simulator.handle(now, &request).body()).unwrap()
}

/// All that the app holds in the end: how often each address is there.
fn addresses(simulator: &Simulator, now: Now) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for page in 1.. {
        let answer = send(simulator, now, &Method::GET, &format!("/v2/inputs?page={page}&per_page=1000"), &Value::Null);
        let inputs = answer["inputs"].as_array().unwrap();
        for input in inputs {
            *found.entry(url_of(input)).or_default() += 1;
        }
        if inputs.is_empty() {
            break;
        }
    }
    found
}

/// What came of a run: what was to be stored, what the client says, and where the truth is.
struct Outcomes {
    items: Vec<Item>,
    told: Vec<UploadedItem>,
    simulator: Simulator,
    end: Now,
    /// How often each address was sent.
    sent: BTreeMap<String, u32>,
    /// What befell the exchanges.
    faults: BTreeSet<Fault>,
    /// Addresses of calls that something on the way sent twice.
    sent_twice: BTreeSet<String>,
    /// Addresses of calls of which the client did not hear whether they were carried out.
    in_doubt: BTreeSet<String>,
    stopped: Option<String>,
}

fn urls(request: &Request<Bytes>) -> Vec<String> {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    body["inputs"].as_array().into_iter().flatten().map(url_of).collect()
}

fn upload(run: &Run) -> Outcomes {
    let mut items: Vec<_> = (0..run.items)
        .map(|number| {
            let own = match run.ids {
                Ids::Own => true,
                Ids::Content => false,
                Ids::OwnAndContent | Ids::OwnAndNone => number % 2 == 0,
            };
            Item {
                url: format!("https://example.com/{number}.jpg"),
                picture: (run.pictures > 0 && number % run.pictures == 0).then(|| picture(number)),
                id: own.then(|| format!("own-{number}")),
                // An address that could not be fetched may be stored again, so one without an id is never there before.
                before: run.before > 0 && number % run.before == 1 && (own || run.ids != Ids::OwnAndNone),
            }
        })
        .collect();
    if run.ids != Ids::OwnAndNone {
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

    let (mut sent, mut faults, mut twice, mut doubt) =
        (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut number = 0;
    let mut crowd = Crowd::new(|now, request: Request<Body>| {
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
            let lost = match &exchange.answer {
                Err(failure) => failure.kind != TransportFailureKind::NotSent,
                Ok(answer) => serde_json::from_slice::<Value>(answer.body()).is_err() || answer.status() == 500,
            };
            match exchange.fault {
                Some(Fault::SentTwice) => twice.extend(urls),
                // The one refusal with HTTP 500 that says for certain that nothing was done.
                Some(Fault::TryAgain) => {}
                _ if lost => doubt.extend(urls),
                _ => {}
            }
        }
        Reply::new(exchange.answer).after(exchange.takes)
    })
    .with_clock(clock);
    let mut limits = CallLimits::default();
    limits.inputs = run.per_call;
    let inputs: Vec<_> = items.iter().map(Item::input).collect();
    let app = if run.token_life.is_some() { app_with_token(run.seed) } else { app(run.seed) };
    let mut work = Upload::new(&app, inputs).limits(limits);
    if run.ids != Ids::OwnAndNone {
        work = work.ids_from_content();
    }
    let report = crowd.run_bulk(work, run.parallel);
    let end = crowd.clock().now();
    drop(crowd);
    let stopped = report.stopped().map(ToString::to_string);
    Outcomes {
        items,
        told: report.into_items(),
        simulator,
        end,
        sent,
        faults,
        sent_twice: twice,
        in_doubt: doubt,
        stopped,
    }
}

/// Report and ledger, item by item.
fn judge(run: &Run, outcomes: &Outcomes) -> Case {
    let Outcomes { items, told, simulator, end, .. } = outcomes;
    hold!(outcomes.stopped.is_none(), "it stopped before its end: {:?}", outcomes.stopped);
    hold!(told.len() == items.len(), "{} items of {} are told of", told.len(), items.len());
    let there = addresses(simulator, *end);
    for (place, (item, one)) in items.iter().zip(told).enumerate() {
        let what = format!("item {place}, {item:?}: {}", one.outcome);
        hold!(one.index == place as u64, "{what}: told as {}", one.index);
        hold!(item.id.is_none() || one.id == item.id, "{what}: its id is told as {:?}", one.id);
        let count = there.get(&item.url).copied().unwrap_or(0);
        hold!(count <= 1, "{what}: doubled, {count} are there");
        match &one.outcome {
            Outcome::Created => {
                hold!(count == 1, "{what}: false success");
                // A service that passes over what is there already answers as if it had just been stored.
                hold!(!item.before || run.duplicates != Duplicates::Refuse, "{what}: it was there before");
            }
            Outcome::AlreadyThere => {
                hold!(count == 1, "{what}: false success");
                let twice = outcomes.sent_twice.contains(&item.url);
                hold!(item.before || twice, "{what}: nobody stored it before");
            }
            Outcome::Rejected(status) => {
                hold!(count == u64::from(item.before), "{what}: false failure");
                let code = status.code.as_ref().and_then(clarifai_core::model::StatusCode::number);
                // One that is passed over as being there already is answered with what became of it since.
                let passed_over = item.before && run.duplicates == Duplicates::Ignore && code == Some(30002);
                let refused = [Some(30104), Some(10030), Some(10020)].contains(&code);
                hold!(refused || passed_over, "{what}: it was not refused so");
            }
            Outcome::NotSent(_) => hold!(count == u64::from(item.before), "{what}: false failure"),
            Outcome::Unknown(error) => {
                hold!(error.may_have_happened(), "{what}: nothing is unknown of it");
                hold!(item.id.is_none(), "{what}: it could have been looked up");
                hold!(outcomes.in_doubt.contains(&item.url), "{what}: it was answered");
            }
            other => return Err(format!("{what}: {other:?}")),
        }
        // Without an id nothing is sent again that may have arrived.
        let sent = outcomes.sent.get(&item.url).copied().unwrap_or(0);
        hold!(sent > 0, "{what}: it was not even sent");
    }
    // The simulator's own audit, of all that have an id and were not there before.
    let new = || items.iter().zip(told).filter(|(item, _)| !item.before && item.id.is_some());
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

/// Seventeen faults; without the one that no client can help where a service stores what it has twice.
fn case(rng: &mut Rng, items: usize, spoil: impl FnOnce(&mut Outcomes)) -> Case {
    let mut run = Run::new(rng, items);
    let stores_again = match run.duplicates {
        // Nor has a picture an address to be told by.
        Duplicates::Refuse => run.ids == Ids::OwnAndNone && run.pictures > 0,
        // What has no id is told by its address, and that only where repeated addresses are refused.
        Duplicates::Ignore => run.ids == Ids::OwnAndNone,
        _ => true,
    };

    if stores_again {
        // Nor what was there before.
        run.before = 0;
    }
    if stores_again || rng.u8(..4) == 0 {
        run.faults = run.faults.without([Fault::SentTwice]);
    }
    let mut outcomes = upload(&run);
    spoil(&mut outcomes);
    judge(&run, &outcomes).map_err(|broken| {
        let Run { ids, duplicates, per_call, before, pictures, token_life, .. } = &run;
        let token = token_life.map_or("key".to_owned(), |life| format!("token of {life:?}"));
        format!(
            "{broken} ({ids:?}, {duplicates:?}, {per_call} a call, before: {before}, pictures: {pictures}, {token})"
        )
    })
}

#[test]
fn fifty_uploads_of_two_thousand() {
    let seen = RefCell::new(BTreeSet::new());
    seeded::cases("ledger", 50, |rng| {
        case(rng, 2000, |outcomes| seen.borrow_mut().extend(outcomes.faults.iter().copied()))
    });
    if !seeded::is_replay() {
        assert_eq!(seen.into_inner().len(), 17, "every fault befell some exchange");
    }
}

/// One upload of many inputs, with all of its calls sharing one budget and one pace.
#[test]
fn one_upload_of_a_hundred_thousand_in_a_soak() {
    let items = if seeded::soaked(1) > 1 { 100_000 } else { 10_000 };
    seeded::exactly("ledger-long", 1, |rng| case(rng, items, |_| ()));
}

/// Clients that are broken on purpose, each by what is done to the truth.
#[test]
fn clients_that_lie_are_caught() {
    type Spoil = fn(&mut Outcomes);
    let lose: Spoil = |outcomes| drop(outcomes.told.remove(700));
    let double: Spoil = |outcomes| {
        let (item, now) = (&outcomes.items[700], outcomes.end);
        let input = json!({"data": {"image": {"url": item.url, "allow_duplicate_url": true}}});
        send(&outcomes.simulator, now, &Method::POST, "/v2/inputs", &json!({"inputs": [input]}));
    };
    // Of an input that was refused for good.
    let success: Spoil = |outcomes| {
        let refused = |one: &&mut UploadedItem| matches!(one.outcome, Outcome::Rejected(_));
        let Some(one) = outcomes.told.iter_mut().find(refused) else { return };
        let before = &mut outcomes.items[usize::try_from(one.index).unwrap()].before;
        *before = false;
        one.outcome = Outcome::Created;
    };
    let failure: Spoil = |outcomes| outcomes.told[700].outcome = Outcome::Rejected(Box::default());
    for (name, spoil, said) in [
        ("loses", lose, "are told of"),
        ("doubles", double, "doubled"),
        ("false success", success, "false success"),
        ("false failure", failure, "false failure"),
    ] {
        let told = seeded::caught("ledger", 10, |rng| case(rng, 2000, spoil));
        assert!(told.contains(said), "{name}: {told}");
    }
}

/// Of the calls that create inputs 30 % are carried out and their answers lost, at a service that stores again what is
/// sent again.
fn lost_answers(rng: &mut Rng, ids: Ids) -> (Run, Outcomes) {
    let mut run = Run::new(rng, 1000);
    run.ids = ids;
    run.duplicates = Duplicates::Double;
    run.before = 0;
    run.only_posts = true;
    run.per_call = rng.usize(1..=20);
    run.faults = Faults::new(rng.u64(..), 0.3).only([Fault::AnswerLost, Fault::ResetAfter]);
    let outcomes = upload(&run);
    (run, outcomes)
}

#[test]
fn lost_answers_double_nothing_that_has_an_id() {
    seeded::cases("lost-answers", 20, |rng| {
        let ids = if rng.bool() { Ids::Own } else { Ids::OwnAndContent };
        let (run, outcomes) = lost_answers(rng, ids);
        judge(&run, &outcomes)?;
        hold!(!outcomes.in_doubt.is_empty(), "no answer was lost");
        hold!(outcomes.told.iter().all(|one| matches!(one.outcome, Outcome::Created)), "not all are stored");
        hold!(outcomes.sent.values().all(|times| *times == 1), "something was sent again that was there");
        Ok(())
    });
}

/// A client that sends again what it did not hear of, ids or not, is caught by the same count.
#[test]
fn a_client_that_does_not_look_doubles_and_is_caught() {
    let simulator = Simulator::new().with_duplicates(Duplicates::Double);
    let faults = Faults::new(1, 0.3).only([Fault::AnswerLost]);
    let mut number = 0;
    let mut crowd = Crowd::new(|now, request: Request<Body>| {
        number += 1;
        let exchange = faults.exchange(&simulator, now, number, &request.map(|body| body.to_bytes()));
        Reply::new(exchange.answer).after(exchange.takes)
    });
    for number in 0..50 {
        let item = NewInput::image_url(format!("https://example.com/{number}.jpg")).with_id(format!("own-{number}"));
        crowd.add(Attempt::new(&app(1), CreateInputs::new().input(item)));
    }
    crowd.run();
    let end = crowd.clock().now();
    drop(crowd);
    assert!(addresses(&simulator, end).values().any(|count| *count > 1));
    let found = audit([""; 0], [("own-0", Claim::Created)], &simulator.ledger());
    assert!(found.iter().any(|one| matches!(one.problem, Problem::Doubled(_))), "{found:?}");
}

#[test]
fn lost_answers_without_ids_are_told_and_nothing_is_sent_again() {
    seeded::cases("lost-answers-without-ids", 20, |rng| {
        let (run, outcomes) = lost_answers(rng, Ids::OwnAndNone);
        judge(&run, &outcomes)?;
        let mut unknown = 0;
        for (item, one) in outcomes.items.iter().zip(&outcomes.told) {
            hold!(outcomes.sent[&item.url] == 1, "sent again: {item:?}");
            let lost = item.id.is_none() && outcomes.in_doubt.contains(&item.url);
            hold!(matches!(one.outcome, Outcome::Unknown(_)) == lost, "{item:?}: {}", one.outcome);
            unknown += usize::from(lost);
        }
        hold!(unknown > 0, "no answer was lost");
        Ok(())
    });
}

/// Answers are lost, and what was asked for is carried out seconds later, often after it was looked for; and a gateway
/// refuses some of the calls without a word of the service. Whatever arrives late, nothing is told as surely not stored
/// that is there in the end.
#[test]
fn calls_that_arrive_late_are_never_told_as_surely_not_stored() {
    seeded::cases("late-calls", 30, |rng| {
        let simulator = Simulator::new();
        let mut late: Vec<(Duration, Request<Bytes>)> = Vec::new();
        let (mut dice, mut hidden) = (rng.fork(), 0);
        let mut crowd = Crowd::new(|now, request: Request<Body>| {
            let (request, time) = (request.map(|body| body.to_bytes()), now.mono.since_start());
            late.retain(|(due, request)| {
                if *due <= time {
                    simulator.handle(now, request);
                }
                *due > time
            });
            if request.method() == Method::POST {
                match dice.u8(..10) {
                    0..3 => {
                        hidden += 1;
                        late.push((time + Duration::from_millis(dice.u64(..5000)), request));
                        return Reply::fail(TransportFailureKind::MaybeSent);
                    }
                    3 => return Reply::new(Ok(Response::builder().status(413).body(Bytes::new()).unwrap())),
                    _ => {}
                }
            }
            Reply::new(Ok(simulator.handle(now, &request))).after(Duration::from_millis(dice.u64(..300)))
        });
        let input =
            |number| NewInput::image_url(format!("https://example.com/{number}.jpg")).with_id(format!("i{number}"));
        let inputs: Vec<_> = (0..300).map(input).collect();
        let limits = CallLimits::default().with_inputs(rng.usize(1..20));
        let report = crowd.run_bulk(Upload::new(&app(rng.u64(..)), inputs).limits(limits), 3);
        let end = crowd.clock().now();
        drop(crowd);
        for (_, request) in &late {
            simulator.handle(end, request);
        }
        let there = addresses(&simulator, end);
        hold!(hidden > 0 && report.items().len() == 300, "{hidden} late calls, {} items", report.items().len());
        for one in report.items() {
            let count = there.get(&format!("https://example.com/{}.jpg", one.index)).copied().unwrap_or(0);
            hold!(count <= 1, "item {} is there {count} times", one.index);
            hold!(!one.outcome.is_stored() || count == 1, "item {}: false success", one.index);
            let surely_not = matches!(one.outcome, Outcome::NotSent(_) | Outcome::Rejected(_));
            hold!(!surely_not || count == 0, "item {}: {}, and it is there", one.index, one.outcome);
        }
        Ok(())
    });
}

/// A single call: with ids it is repeated, and the service's refusal of what is there shows; without it is not.
#[test]
fn a_single_call_without_ids_is_not_repeated() {
    for (id, attempts) in [(None, 1), (Some("a"), 4)] {
        let simulator = Simulator::new().with_duplicates(Duplicates::Refuse);
        let sent = Cell::new(0);
        let mut crowd = Crowd::new(|now, request: Request<Body>| {
            simulator.handle(now, &request.map(|body| body.to_bytes()));
            sent.set(sent.get() + 1);
            Reply::fail(TransportFailureKind::MaybeSent)
        });
        let item = NewInput::image_url("https://example.com/a.jpg");
        let item = id.into_iter().fold(item, NewInput::with_id);
        crowd.add(Attempt::new(&app(1), CreateInputs::new().input(item)));
        let error = crowd.run().pop().unwrap().unwrap_err();
        drop(crowd);
        assert!(error.may_have_happened(), "{error}");
        assert_eq!((sent.get(), error.attempts()), (attempts, attempts), "{id:?}");
        assert_eq!(simulator.ledger().iter().filter(|entry| entry.committed()).count(), 1, "{id:?}");
    }
}

/// What the first answer to an upload looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    InOrder,
    Shuffled,
    Missing,
    Extra,
    Repeated,
}

const COUNT: usize = 128;

/// A service that stores inputs, but for those it refuses, and whose first answer is put together wrongly.
struct Mangler {
    failing: BTreeSet<usize>,
    answer: Answer,
    stored: BTreeSet<String>,
    creates: u32,
    looks: BTreeSet<String>,
}

impl Mangler {
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn reply(status: u16, json: &Value) -> Reply {
        let response = Response::builder().status(status).header("date", Self::DATE);
        Reply::new(Ok(response.body(Bytes::from(json.to_string())).unwrap()))
    }

    fn handle(&mut self, request: &Request<Body>) -> Reply {
        let input = |id: &str, code: u32| json!({"id": id, "created_at": "1994-11-06T08:49:37Z", "data": {}, "status": {"code": code}});
        if request.method() == Method::GET {
            let id = request.uri().path().rsplit('/').next().unwrap();
            self.looks.insert(id.to_owned());
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
            match self.answer {
                Answer::InOrder => {}
                Answer::Shuffled => items = (0..COUNT).map(|place| items[(place * 51 + 7) % COUNT].clone()).collect(),
                Answer::Missing => drop(items.remove(failed.min(COUNT - 1))),
                Answer::Extra => items.push(input("nobody's", 30001)),
                Answer::Repeated => items[0] = items[1].clone(),
            }
        }
        Self::reply(http, &json!({"status": {"code": code}, "inputs": items}))
    }
}

/// One split of a full call into stored and refused, and what the client tells of it.
fn split(failed: usize, answer: Answer, spoil: impl FnOnce(&mut Vec<UploadedItem>)) -> Case {
    let failing: BTreeSet<_> = (0..failed).map(|number| (number * 37 + failed) % COUNT).collect();
    let (stored, looks) = (BTreeSet::new(), BTreeSet::new());
    let mut service = Mangler { failing: failing.clone(), answer, stored, creates: 0, looks };
    let input = |place| NewInput::image_url(format!("https://u/{place}")).with_id(format!("id-{place}"));
    let inputs: Vec<_> = (0..COUNT).map(input).collect();
    let mut crowd = Crowd::new(|_, request| service.handle(&request));
    let mut told = crowd.run_bulk(Upload::new(&app(1), inputs), 1).into_items();
    drop(crowd);
    spoil(&mut told);
    let context = format!("{failed} failing, {answer:?}");
    hold!(told.len() == COUNT, "{context}: {} are told of", told.len());
    for (place, one) in told.iter().enumerate() {
        hold!((one.index, one.id.clone()) == (place as u64, Some(format!("id-{place}"))), "{context}: {one:?}");
        let (is_stored, fails) = (service.stored.contains(&format!("id-{place}")), failing.contains(&place));
        match &one.outcome {
            Outcome::Created => hold!(is_stored, "{context}: {place} is told as stored"),
            Outcome::Rejected(_) => hold!(fails, "{context}: {place} is told as refused"),
            other => return Err(format!("{context}: {place} is told as {other}")),
        }
    }
    let clear = matches!(answer, Answer::InOrder | Answer::Shuffled);
    // That all of it failed is said of the call as a whole, whatever its items.
    let looked = if clear || failed == COUNT { 0 } else { COUNT };
    hold!(service.looks.len() == looked, "{context}: {} were looked up", service.looks.len());
    let creates = if looked > 0 && failed > 0 { 2 } else { 1 };
    hold!(service.creates == creates, "{context}: sent {} times", service.creates);
    Ok(())
}

const ANSWERS: [Answer; 5] = [Answer::InOrder, Answer::Shuffled, Answer::Missing, Answer::Extra, Answer::Repeated];

#[test]
fn every_split_of_a_call_is_told_item_by_item() {
    for failed in 0..=COUNT {
        for answer in ANSWERS {
            split(failed, answer, |_| ()).unwrap();
        }
    }
}

/// Clients that are broken on purpose, in every kind of answer: by what they make of the outcomes.
#[test]
fn clients_that_guess_are_caught() {
    type Spoil = fn(&mut Vec<UploadedItem>);
    let lose: Spoil = |told| drop(told.pop());
    let double: Spoil = |told| told[7] = told[8].clone();
    // By their places in an answer that has them in another order.
    let by_place: Spoil = |told| {
        let outcomes: Vec<_> = told.iter().map(|one| one.outcome.clone()).collect();
        for (place, one) in told.iter_mut().enumerate() {
            one.outcome = outcomes[(place * 51 + 7) % COUNT].clone();
        }
    };
    let success: Spoil = |told| {
        let refused = told.iter_mut().find(|one| matches!(one.outcome, Outcome::Rejected(_)));
        refused.unwrap().outcome = Outcome::Created;
    };
    let failure: Spoil = |told| {
        let stored = told.iter_mut().find(|one| matches!(one.outcome, Outcome::Created));
        stored.unwrap().outcome = Outcome::Rejected(Box::default());
    };
    for (spoil, said) in [
        (lose, "are told of"),
        (double, "id-8"),
        (by_place, "is told as"),
        (success, "is told as stored"),
        (failure, "is told as refused"),
    ] {
        for answer in ANSWERS {
            for failed in [1, 40, COUNT - 1] {
                let told = split(failed, answer, spoil).unwrap_err();
                assert!(told.contains(said), "{said}: {told}");
            }
        }
    }
}
