//! Two hundred clients through an outage of ten minutes in virtual time: the service is not buried under retries, and no
//! two clients come back in step.
#![allow(clippy::unwrap_used)]

mod seeded;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::{Attempt, Call, Event, Machine, Mono, Now, Step};
use clarifai_core::models::GetModel;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::{Crowd, Reply};
use clarifai_core::{App, Credentials, TransportFailureKind};
use fastrand::Rng;
use http::{Request, Response, StatusCode};
use seeded::{Case, hold};

const CLIENTS: usize = 200;
/// All begin at the same moment, and nobody answers: that is the worst there is.
const END: Duration = Duration::from_secs(600);
const STOP: Duration = Duration::from_secs(720);

/// How a client misbehaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    /// Each call has a budget of its own, so that none is ever used up.
    NoBudget,
    /// All clients draw their waits from the same seed.
    InStep,
}

/// A client that makes a call a second, more or less, whatever becomes of it.
struct Client<'a> {
    app: App,
    rng: &'a RefCell<Rng>,
    bug: Bug,
    attempt: Option<Attempt<GetModel>>,
    /// When the last call that failed came back.
    last_failure: Option<Mono>,
}

fn app(seed: u64) -> App {
    App::new(Credentials::key("key").unwrap()).with_seed(seed)
}

impl Client<'_> {
    fn step(&mut self, now: Now, event: Event) -> Step<Option<Mono>> {
        match self.attempt.as_mut().unwrap().resume(now, event) {
            Step::Send(request) => Step::Send(request),
            Step::WaitUntil(time) => Step::WaitUntil(time),
            Step::Done(result) => {
                self.attempt = None;
                if result.is_err() {
                    self.last_failure = Some(now.mono);
                }
                if now.mono.since_start() >= STOP {
                    return Step::Done(Ok(self.last_failure));
                }
                Step::WaitUntil(now.mono + Duration::from_millis(self.rng.borrow_mut().u64(900..1100)))
            }
        }
    }
}

impl Machine for Client<'_> {
    /// When the last call that failed came back.
    type Output = Option<Mono>;

    fn resume(&mut self, now: Now, event: Event) -> Step<Option<Mono>> {
        if self.attempt.is_some() {
            return self.step(now, event);
        }
        let app = if self.bug == Bug::NoBudget { app(self.rng.borrow_mut().u64(..)) } else { self.app.clone() };
        self.attempt = Some(Attempt::new(&app, GetModel::new("m")));
        self.step(now, Event::Begin)
    }
}

/// Runs the clients, each with an app of its own or all with one, and checks what the service sees.
fn storm(rng: &mut Rng, bug: Bug, one_app: bool) -> Case {
    let refused = rng.u8(..3);
    let common = rng.u64(1..);
    let apps: Vec<_> = (0..CLIENTS)
        .map(|client| match (one_app, bug) {
            (_, Bug::InStep) => app(common),
            (true, _) => app(common),
            (false, _) => app(common.wrapping_add(client as u64 * 77)),
        })
        .collect();
    let shared = apps[0].clone();
    let apps = apps.into_iter().map(|own| if one_app && bug == Bug::None { shared.clone() } else { own });
    let rng = RefCell::new(rng.fork());
    // First calls and repeated ones: their times.
    let (mut first, mut again) = (Vec::new(), Vec::new());
    let mut crowd = Crowd::new(|now, request: Request<_>| {
        let time = now.mono.since_start();
        let call = request.extensions().get::<Call>().unwrap();
        let times = if call.attempt == 1 { &mut first } else { &mut again };
        times.push(time);
        let latency = Duration::from_millis(rng.borrow_mut().u64(20..200));
        if time >= END {
            let body = Bytes::from_static(br#"{"status": {"code": 10000}, "model": {"id": "m"}}"#);
            return Reply::new(Ok(Response::new(body))).after(latency);
        }
        // All hear of it at the same moment: so they would come back together, if they did not draw lots.
        match refused {
            0 => Reply::fail(TransportFailureKind::NotSent),
            1 => Reply::fail(TransportFailureKind::MaybeSent),
            _ => {
                let mut response = Response::new(Bytes::from_static(br#"{"status": {"code": 98004}}"#));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                Reply::new(Ok(response))
            }
        }
    });
    for app in apps {
        crowd.add(Client { app, rng: &rng, bug, attempt: None, last_failure: None });
    }
    let last_failures: Vec<_> = crowd.run().into_iter().map(Result::unwrap).collect();
    drop(crowd);

    // Of the retries no two fall on the same moment, and they are spread over the time that they may take, not heaped.
    let mut moments = BTreeMap::new();
    for time in &again {
        *moments.entry(*time).or_insert(0) += 1;
    }
    let together = moments.values().filter(|count| **count > 1).count();
    hold!(together == 0, "{together} times several clients came back in the same nanosecond");
    let mut heaps: BTreeMap<u128, usize> = BTreeMap::new();
    for time in &again {
        *heaps.entry(time.as_millis() / 10).or_default() += 1;
    }
    let highest = heaps.values().max().copied().unwrap_or_default();
    hold!(highest <= 20, "{highest} of {CLIENTS} clients came back within 10 ms");

    // The normal load is what the calls themselves are, each sent once.
    let during = |times: &[Duration], from: Duration| times.iter().filter(|time| (from..END).contains(*time)).count();
    let settled = Duration::from_secs(10);
    let (calls, extra) = (during(&first, settled), during(&again, settled));
    hold!(extra * 10 <= calls, "{extra} extra requests for {calls} calls: more than a tenth");
    // And there are retries at all, as far as a tenth allows.
    hold!(extra * 12 >= calls, "{extra} extra requests for {calls} calls: less than could be");

    let cap = RetryPolicy::default().max_delay;
    for last in last_failures.into_iter().flatten() {
        hold!(last.since_start() <= END + 2 * cap, "a call failed as late as at {:?}", last.since_start());
    }
    Ok(())
}

#[test]
fn clients_of_their_own_keep_to_a_tenth() {
    seeded::cases("storms", 4, |rng| storm(rng, Bug::None, false));
}

#[test]
fn machines_of_one_app_keep_to_a_tenth() {
    seeded::cases("storms-one-app", 4, |rng| storm(rng, Bug::None, true));
}

#[test]
fn clients_without_a_budget_are_caught() {
    let said = seeded::caught("storms", 1, |rng| storm(rng, Bug::NoBudget, false));
    assert!(said.contains("more than a tenth"), "{said}");
}

#[test]
fn clients_in_step_are_caught() {
    let said = seeded::caught("storms", 1, |rng| storm(rng, Bug::InStep, false));
    assert!(said.contains("came back"), "{said}");
}
