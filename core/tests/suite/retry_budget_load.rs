//! Two hundred clients during an outage of ten minutes, in virtual time: retries add at most a tenth to the load, and
//! no two clients retry at the same moment.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::{Call, Event, Machine, OperationInfo, Step};
use clarifai_core::models::GetModel;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::testing::{Reply, Simulation};
use clarifai_core::time::{Instant, Now};
use clarifai_core::{Config, Credentials, transport::TransportErrorKind};
use fastrand::Rng;
use http::{Request, Response, StatusCode};

use crate::support::cases::{self, Case, Count, hold};

const CLIENTS: usize = 200;
/// End of the outage. All clients start at the same moment at its beginning, which is the worst case.
const END: Duration = Duration::from_secs(600);
/// Time after which clients start no more calls.
const STOP: Duration = Duration::from_secs(720);

/// A bug that is planted on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    None,
    /// Each call has its own retry budget, so that no budget is used up.
    NoBudget,
    /// All clients have the same seed, and therefore the same pauses.
    InStep,
}

/// Makes about one call per second, whether calls fail or not.
struct Client<'a> {
    config: Config,
    rng: &'a RefCell<Rng>,
    bug: Bug,
    attempt: Option<Call<GetModel>>,
    /// Time at which the last failed call ended.
    last_failure: Option<Instant>,
}

fn config(seed: u64) -> Config {
    Config::new(Credentials::key("key").unwrap()).with_seed(seed)
}

impl Client<'_> {
    fn step(&mut self, now: Now, event: Event) -> Step<Option<Instant>> {
        match self.attempt.as_mut().unwrap().resume(now, event) {
            Step::Send(request) => Step::Send(request),
            Step::WaitUntil(time) => Step::WaitUntil(time),
            Step::Done(result) => {
                self.attempt = None;
                if result.is_err() {
                    self.last_failure = Some(now.instant);
                }
                if now.instant.since_start() >= STOP {
                    return Step::Done(Ok(self.last_failure));
                }
                Step::WaitUntil(now.instant + Duration::from_millis(self.rng.borrow_mut().u64(900..1100)))
            }
        }
    }
}

impl Machine for Client<'_> {
    /// Time at which the last failed call ended.
    type Output = Option<Instant>;

    fn resume(&mut self, now: Now, event: Event) -> Step<Option<Instant>> {
        if self.attempt.is_some() {
            return self.step(now, event);
        }
        let config =
            if self.bug == Bug::NoBudget { config(self.rng.borrow_mut().u64(..)) } else { self.config.clone() };
        self.attempt = Some(Call::new(&config, GetModel::new("m")));
        self.step(now, Event::Begin)
    }
}

/// Runs the clients, each with its own configuration or all with the same one, and checks the load on the service.
fn outage(rng: &mut Rng, bug: Bug, one_app: bool) -> Case {
    let refused = rng.u8(..3);
    let common = rng.u64(1..);
    let apps: Vec<_> = (0..CLIENTS)
        .map(|client| match (one_app, bug) {
            (_, Bug::InStep) => config(common),
            (true, _) => config(common),
            (false, _) => config(common.wrapping_add(client as u64 * 77)),
        })
        .collect();
    let shared = apps[0].clone();
    let apps = apps.into_iter().map(|own| if one_app && bug == Bug::None { shared.clone() } else { own });
    let rng = RefCell::new(rng.fork());
    // Times of first attempts and of retries.
    let (mut first, mut retries) = (Vec::new(), Vec::new());
    let mut crowd = Simulation::new(|now, request: Request<_>| {
        let time = now.instant.since_start();
        let call = request.extensions().get::<OperationInfo>().unwrap();
        let times = if call.attempt == 1 { &mut first } else { &mut retries };
        times.push(time);
        let latency = Duration::from_millis(rng.borrow_mut().u64(20..200));
        if time >= END {
            let body = Bytes::from_static(br#"{"status": {"code": 10000}, "model": {"id": "m"}}"#);
            return Reply::new(Ok(Response::new(body))).after(latency);
        }
        // All clients fail at the same moment, so without jitter they would retry at the same moment.
        match refused {
            0 => Reply::fail(TransportErrorKind::NotSent),
            1 => Reply::fail(TransportErrorKind::MaybeSent),
            _ => {
                let mut response = Response::new(Bytes::from_static(br#"{"status": {"code": 98004}}"#));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                Reply::new(Ok(response))
            }
        }
    });
    for config in apps {
        crowd.add(Client { config, rng: &rng, bug, attempt: None, last_failure: None });
    }
    let last_failures: Vec<_> = crowd.run().into_iter().map(Result::unwrap).collect();
    drop(crowd);

    // No two retries fall on the same moment, and they are spread out.
    let mut moments = BTreeMap::new();
    for time in &retries {
        *moments.entry(*time).or_insert(0) += 1;
    }
    let together = moments.values().filter(|count| **count > 1).count();
    hold!(together == 0, "{together} times several clients retried in the same nanosecond");
    let mut per_interval: BTreeMap<u128, usize> = BTreeMap::new();
    for time in &retries {
        *per_interval.entry(time.as_millis() / 10).or_default() += 1;
    }
    let highest = per_interval.values().max().copied().unwrap_or_default();
    hold!(highest <= 20, "{highest} of {CLIENTS} clients retried within 10 ms");

    // The normal load is each call sent once.
    let during = |times: &[Duration], from: Duration| times.iter().filter(|time| (from..END).contains(*time)).count();
    let settled = Duration::from_secs(10);
    let (calls, extra) = (during(&first, settled), during(&retries, settled));
    hold!(extra * 10 <= calls, "{extra} extra requests for {calls} calls: more than a tenth");
    // The budget is also used.
    hold!(extra * 12 >= calls, "{extra} extra requests for {calls} calls: less than the budget allows");

    let cap = RetryPolicy::default().max_delay;
    for last in last_failures.into_iter().flatten() {
        hold!(last.since_start() <= END + 2 * cap, "a call still failed at {:?}", last.since_start());
    }
    Ok(())
}

const COUNT: Count = Count { quick: 1, full: 4 };

#[test]
fn retries_of_separate_clients_add_at_most_a_tenth() {
    cases::check("outage-separate-clients", COUNT, |rng| outage(rng, Bug::None, false));
}

#[test]
fn retries_of_one_client_add_at_most_a_tenth() {
    cases::check("outage-one-client", COUNT, |rng| outage(rng, Bug::None, true));
}

#[test]
fn clients_without_a_budget_are_caught() {
    let message = cases::catch_bug("outage-separate-clients", 1, |rng| outage(rng, Bug::NoBudget, false));
    assert!(message.contains("more than a tenth"), "{message}");
}

#[test]
fn clients_with_the_same_seed_are_caught() {
    let message = cases::catch_bug("outage-separate-clients", 1, |rng| outage(rng, Bug::InStep, false));
    assert!(message.contains("clients retried"), "{message}");
}
