//! The pace of requests in virtual time: never above the limit, never before the service wants to be asked again.
//!
//! A million random schedules drive a pacer as workers do that share it, each with a clock of its own. Smaller crowds of
//! machines go all the way, with answers and their headers; and one day is run at the pace of the service.
#![allow(clippy::unwrap_used)]

mod seeded;

use std::cell::RefCell;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::machine::{Attempt, Event, Machine, Mono, Now, Step};
use clarifai_core::models::GetModel;
use clarifai_core::policy::{Pacer, RetryPolicy};
use clarifai_core::testing::{Crowd, ManualClock, Reply};
use clarifai_core::{App, Credentials, Error, TransportFailure};
use fastrand::Rng;
use http::{HeaderValue, Request, Response};
use proptest::prelude::*;
use seeded::{Case, hold};

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1000 * MILLI;
/// How far the clocks of workers are off, either way.
const NOISE: u64 = MILLI;
/// Where clocks begin, so that one can be behind.
const START: u64 = SECOND;

fn mono(nanos: u64) -> Mono {
    Mono::new(Duration::from_nanos(nanos))
}

fn nanos(time: Mono) -> u64 {
    u64::try_from(time.since_start().as_nanos()).unwrap()
}

/// What is driven: the pacer, or one that is broken.
trait Pace {
    fn ask(&mut self, worker: usize, now: Mono) -> Result<(), Mono>;
    fn hold_until(&mut self, time: Mono);
}

impl Pace for Pacer {
    fn ask(&mut self, _: usize, now: Mono) -> Result<(), Mono> {
        Pacer::ask(self, now)
    }

    fn hold_until(&mut self, time: Mono) {
        Pacer::hold_until(self, time);
    }
}

/// Counts a request when it is asked for, at the time it was promised, whenever it is sent.
#[derive(Default)]
struct CountsWhenAsked {
    limit: usize,
    window: Duration,
    promised: Vec<Mono>,
    slots: [Option<Mono>; 8],
    hold: Mono,
}

impl Pace for CountsWhenAsked {
    fn ask(&mut self, worker: usize, now: Mono) -> Result<(), Mono> {
        let (promised, limit, window) = (&mut self.promised, self.limit, self.window);
        let slot = *self.slots[worker].get_or_insert_with(|| {
            let free = promised.len().checked_sub(limit).map_or(now, |place| promised[place] + window);
            promised.push(free.max(now));
            free.max(now)
        });
        let slot = slot.max(self.hold);
        if now < slot {
            return Err(slot);
        }
        self.slots[worker] = None;
        Ok(())
    }

    fn hold_until(&mut self, time: Mono) {
        self.hold = self.hold.max(time);
    }
}

/// Keeps the pace and does not hear when it is told to stop.
struct Deaf(Pacer);

impl Pace for Deaf {
    fn ask(&mut self, _: usize, now: Mono) -> Result<(), Mono> {
        self.0.ask(now)
    }

    fn hold_until(&mut self, _: Mono) {}
}

/// At most `limit` of these times, which are in order, lie in any window, sliding or fixed.
fn never_above(limit: usize, window: u64, times: &[u64]) -> Case {
    if let Some(pair) = times.windows(limit + 1).find(|some| some[limit] - some[0] < window) {
        let took = Duration::from_nanos(pair[limit] - pair[0]);
        return Err(format!("{} requests within {took:?}, the limit is {limit}", limit + 1));
    }
    let (mut current, mut count) = (u64::MAX, 0);
    for fixed in times.iter().map(|time| time / window) {
        count = if fixed == current { count + 1 } else { 1 };
        current = fixed;
        hold!(count <= limit, "{count} requests in fixed window {fixed}, the limit is {limit}");
    }
    Ok(())
}

/// Workers that share a pace, wake late, and are told now and then to hold.
fn schedule<P: Pace>(rng: &mut Rng, pace: impl FnOnce(u32, Duration) -> P) -> Case {
    let limit = if rng.bool() { rng.u32(1..=100) } else { rng.u32(1..=8) };
    let window = [SECOND, SECOND, 200 * MILLI, 60 * SECOND][rng.usize(..4)];
    let workers = rng.usize(1..=8);
    let late = [0, 3 * MILLI, window, 3 * window][rng.usize(..4)];
    let holds = rng.u8(..3) == 0;
    let mut pace = pace(limit, Duration::from_nanos(window));
    let mut due = [START; 8];
    let (mut held, mut too_long) = (0, 0);
    let mut sent = Vec::new();
    for _ in 0..limit as usize + rng.usize(8..40) {
        let worker = (0..workers).min_by_key(|worker| due[*worker]).unwrap();
        let time = due[worker];
        let clock = time - NOISE + rng.u64(0..=2 * NOISE);
        match pace.ask(worker, mono(clock)) {
            Ok(()) => {
                hold!(clock >= held, "sent {} ns before it may", held - clock);
                sent.push(time);
                if holds && rng.u8(..8) == 0 {
                    // The answer comes at once, and says to wait: for a moment, long, or until a time that has passed.
                    let until = [clock + rng.u64(..2 * window), clock + 5 * SECOND, clock / 2][rng.usize(..3)];
                    pace.hold_until(mono(until));
                    held = held.max(until);
                }
                // Work of any length, or none.
                due[worker] = time + if rng.bool() { 0 } else { rng.u64(..window / 4) };
            }
            Err(until) => {
                let until = nanos(until);
                hold!(until > clock, "to wait for a time that has come");
                let most = held.max(clock + 2 * NOISE + window + window / 50);
                too_long = too_long.max(until.saturating_sub(most));
                // Waking means the worker's own clock; one that is ahead wakes a little early by the true time.
                due[worker] = until.max(time) + if late == 0 { 0 } else { rng.u64(..=late) };
            }
        }
    }
    never_above(limit as usize, window, &sent)?;
    hold!(too_long == 0, "to wait for {too_long} ns more than it takes");
    Ok(())
}

fn real(limit: u32, window: Duration) -> Pacer {
    Pacer::new(limit, window)
}

#[test]
fn a_million_schedules_part_one() {
    seeded::cases("pacing-1", 500_000, |rng| schedule(rng, real));
}

#[test]
fn a_million_schedules_part_two() {
    seeded::cases("pacing-2", 500_000, |rng| schedule(rng, real));
}

proptest! {
    /// The law for any times at all, made small where it fails: clocks that jump either way, and moments to hold until.
    #[test]
    fn any_times_keep_the_limit(
        limit in 1..20_u32,
        window in 1..10_000_u64,
        asks in prop::collection::vec((0..20_000_u64, prop::option::of(0..20_000_u64)), 0..200),
    ) {
        let pacer = Pacer::new(limit, Duration::from_nanos(window));
        let (mut sent, mut held, mut latest) = (Vec::new(), 0, 0);
        for (time, hold) in asks {
            if pacer.ask(mono(time)).is_ok() {
                prop_assert!(time >= held);
                // A clock that went back stands still.
                latest = latest.max(time);
                sent.push(latest);
            }
            if let Some(time) = hold {
                pacer.hold_until(mono(time));
                held = held.max(time);
            }
        }
        prop_assert_eq!(never_above(limit as usize, window, &sent), Ok(()));
    }
}

#[test]
fn a_pacer_that_counts_at_asking_time_is_caught() {
    let broken = |limit, window| CountsWhenAsked { limit: limit as usize, window, ..CountsWhenAsked::default() };
    let said = seeded::caught("pacing-1", 1000, |rng| schedule(rng, broken));
    assert!(said.contains("the limit is"), "{said}");
}

#[test]
fn a_pacer_that_does_not_hold_is_caught() {
    let said = seeded::caught("pacing-1", 1000, |rng| schedule(rng, |limit, window| Deaf(real(limit, window))));
    assert!(said.contains("before it may"), "{said}");
}

/// One call after the other until the time is up, by a clock that is off by up to a millisecond.
struct Worker<'a> {
    app: App,
    rng: &'a RefCell<Rng>,
    until: Mono,
    attempt: Attempt<GetModel>,
    ended: u64,
    /// Errors by what they say, for those that are not wanted.
    errors: Vec<Error>,
}

impl<'a> Worker<'a> {
    fn new(app: &App, rng: &'a RefCell<Rng>, until: Mono) -> Self {
        let attempt = Attempt::new(app, GetModel::new("m"));
        Self { app: app.clone(), rng, until, attempt, ended: 0, errors: Vec::new() }
    }
}

impl Machine for Worker<'_> {
    type Output = (u64, Vec<Error>);

    fn resume(&mut self, now: Now, mut event: Event) -> Step<Self::Output> {
        let noise = self.rng.borrow_mut().u64(0..=2 * NOISE);
        let now = Now::new(mono((nanos(now.mono) + noise).saturating_sub(NOISE)), now.unix);
        loop {
            match self.attempt.resume(now, event) {
                Step::Send(request) => return Step::Send(request),
                Step::WaitUntil(time) => return Step::WaitUntil(time),
                Step::Done(result) => {
                    self.ended += 1;
                    self.errors.extend(result.err());
                }
            }
            if now.mono >= self.until {
                return Step::Done(Ok((self.ended, std::mem::take(&mut self.errors))));
            }
            self.attempt = Attempt::new(&self.app, GetModel::new("m"));
            event = Event::Begin;
        }
    }
}

/// A service that lets so many requests a second through, and says of each other one that it is too much.
struct Service {
    limit: usize,
    fixed: bool,
    let_through: Vec<u64>,
    refused: u64,
}

impl Service {
    fn new(limit: usize, fixed: bool) -> Self {
        Self { limit, fixed, let_through: Vec::new(), refused: 0 }
    }

    /// Whether a request that arrives now is let through.
    fn admits(&mut self, now: u64) -> bool {
        let counts = |time: u64| match self.fixed {
            true => time / SECOND == now / SECOND,
            false => now - time < SECOND,
        };
        let admitted = match self.let_through.len().checked_sub(self.limit) {
            Some(place) => !counts(self.let_through[place]),
            None => true,
        };
        if admitted {
            self.let_through.push(now);
        } else {
            self.refused += 1;
        }
        admitted
    }
}

fn answered() -> Reply {
    Reply::new(Ok(Response::new(Bytes::from_static(br#"{"status": {"code": 10000}, "model": {"id": "m"}}"#))))
}

fn throttled(retry_after: Option<&str>) -> Reply {
    let body = br#"{"status": {"code": 11005, "description": "Throttled"}}"#;
    let mut response = Response::new(Bytes::from_static(body));
    *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    if let Some(text) = retry_after {
        response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from_str(text).unwrap());
    }
    Reply::new(Ok::<_, TransportFailure>(response))
}

/// A day at the pace of the service: eight workers that never rest, clocks off by a millisecond, and no answer 11005.
#[test]
fn a_day_at_the_default_pace_is_never_throttled() {
    let hours = 24;
    let rng = RefCell::new(Rng::with_seed(24));
    // Counted both ways at once: where either would refuse it is too much.
    let services = RefCell::new([Service::new(15, false), Service::new(15, true)]);
    let app = App::new(Credentials::key("key").unwrap()).with_seed(1).with_pacer(Pacer::default());
    let mut crowd = Crowd::new(|now, _: Request<_>| {
        let latency = Duration::from_nanos(rng.borrow_mut().u64(MILLI..120 * MILLI));
        let mut admitted = true;
        for service in services.borrow_mut().iter_mut() {
            admitted &= service.admits(nanos(now.mono));
            if service.let_through.len() > 1000 {
                service.let_through.drain(..900);
            }
        }
        if admitted { answered() } else { throttled(None) }.after(latency)
    });
    let until = mono(START + hours * 3600 * SECOND);
    for _ in 0..8 {
        crowd.add(Worker::new(&app, &rng, until));
    }
    let done: Vec<_> = crowd.run().into_iter().map(Result::unwrap).collect();
    let calls: u64 = done.iter().map(|(calls, _)| calls).sum();
    assert!(done.iter().all(|(_, errors)| errors.is_empty()), "a call failed");
    assert!(services.borrow().iter().all(|service| service.refused == 0), "a call was throttled");
    // What the pace allows is also used: 15 a window, and the window is a fiftieth longer than a second.
    let most = 15 * hours * 3600 * 100 / 102;
    assert!((most * 99 / 100..=most + 15).contains(&calls), "{calls} of {most} calls");
}

/// Whole seconds until or at which to come back, in each form that is seen: the text, and until when it binds those
/// who read it at `read`. What cannot be understood binds for a window, as an answer without the header does.
fn retry_after(rng: &mut Rng, read: u64) -> (Option<String>, u64) {
    let unix = |elapsed: u64| ManualClock::UNIX + Duration::from_nanos(elapsed);
    let date = |unix: Duration| httpdate::fmt_http_date(UNIX_EPOCH + unix);
    let window = read + SECOND + SECOND / 50;
    match rng.u8(..7) {
        0 => (None, window),
        1 => {
            let seconds = rng.u64(..20);
            (Some(seconds.to_string()), read + seconds * SECOND)
        }
        2 => {
            let seconds = rng.u64(1..20);
            // A date has whole seconds, and so has the clock of the calendar at its start.
            let end = (read / SECOND + seconds) * SECOND;
            (Some(date(unix(end))), end)
        }
        3 => (Some(date(unix(read).saturating_sub(Duration::from_secs(rng.u64(1..100_000))))), read),
        4 => (Some(["soon", "-3", "1.5", "Sun, 99 Nov 1994", ""][rng.usize(..5)].to_owned()), window),
        5 => (Some(["99999999999999999999", "86400"][rng.usize(..2)].to_owned()), read + 120 * SECOND),
        _ => (Some("Fri, 31 Dec 9999 23:59:59 GMT".to_owned()), read + 120 * SECOND),
    }
}

/// Machines that share a pace, and a service whose limit changes and whose refusals say when to come back.
fn crowd(rng: &mut Rng, paced: bool) -> Case {
    let (limit, workers, fixed) = (rng.u32(1..=30), rng.usize(1..=8), rng.bool());
    let policy = RetryPolicy::default().with_max_attempts(rng.u32(1..=4));
    let mut app = App::new(Credentials::key("key").unwrap()).with_seed(rng.u64(..)).with_retry(policy);
    if paced {
        app = app.with_pacer(Pacer::per_second(limit));
    }
    let changes = rng.bool();
    let noise = RefCell::new(rng.fork());
    let mut arrived = Vec::new();
    let mut holds: Vec<(u64, u64)> = Vec::new();
    let (mut broken, mut huge, mut refused) = (None, 0, 0_u64);
    let mut service = Service::new(limit as usize, fixed);
    let mut crowd = Crowd::new(|now, _: Request<_>| {
        let now = nanos(now.mono);
        if let Some((_, until)) = holds.iter().find(|(read, until)| *read < now && now + 2 * NOISE < *until) {
            broken.get_or_insert(format!("sent {} ns before it may", until - now));
        }
        arrived.push(now);
        if changes && rng.u8(..16) == 0 {
            service.limit = rng.usize(1..=2 * limit as usize);
        }
        let latency = rng.u64(..300 * MILLI);
        if service.admits(now) {
            return answered().after(Duration::from_nanos(latency));
        }
        refused += 1;
        let (text, until) = retry_after(rng, now + latency);
        huge += u64::from(until >= now + latency + 100 * SECOND);
        holds.push((now + latency, until));
        throttled(text.as_deref()).after(Duration::from_nanos(latency))
    });
    let until = mono(START + 20 * SECOND);
    for _ in 0..workers {
        crowd.add(Worker::new(&app, &noise, until));
    }
    let done: Vec<_> = crowd.run().into_iter().map(Result::unwrap).collect();
    drop(crowd);
    never_above(limit as usize, SECOND, &arrived)?;
    hold!(broken.is_none(), "{}", broken.unwrap());
    hold!(changes || refused == 0, "{refused} refused by a service with the same limit of {limit}");
    let errors = done.iter().flat_map(|(_, errors)| errors);
    let told = errors.filter(|error| error.retry_after().is_some_and(|hint| hint.as_secs() > 120)).count() as u64;
    hold!(told == huge, "{huge} times too long a wait was asked for, and {told} errors say so");
    Ok(())
}

#[test]
fn limits_that_change_and_every_form_of_retry_after() {
    seeded::cases("pacing-crowd", 2000, |rng| crowd(rng, true));
}

#[test]
fn an_app_without_a_pacer_is_caught() {
    let said = seeded::caught("pacing-crowd", 100, |rng| crowd(rng, false));
    assert!(said.contains("the limit is"), "{said}");
}
