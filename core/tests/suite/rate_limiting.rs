//! The rate limiter in virtual time: requests never exceed the limit, and none is sent before the time that the service
//! asked for.
//!
//! Random schedules drive a limiter as workers do that share it, each with its own clock. Groups of machines test it
//! end to end, with responses and their headers, and one test runs a whole day at the default rate.

use std::cell::RefCell;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::machine::{Call, Event, Machine, Step};
use clarifai_core::models::GetModel;
use clarifai_core::policy::{RateLimiter, RetryPolicy};
use clarifai_core::testing::{ManualClock, Reply, Simulation};
use clarifai_core::time::{Instant, Now};
use clarifai_core::{Config, Credentials, Error, transport::TransportError};
use fastrand::Rng;
use http::{HeaderValue, Request, Response};
use proptest::prelude::*;

use crate::support::cases::{self, Case, Count, hold};

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1000 * MILLI;
/// The most that clocks of workers deviate, either way, in nanoseconds.
const NOISE: u64 = MILLI;
/// The time at which clocks start, so that one can be behind.
const START: u64 = SECOND;

fn mono(nanos: u64) -> Instant {
    Instant::new(Duration::from_nanos(nanos))
}

fn nanos(time: Instant) -> u64 {
    u64::try_from(time.since_start().as_nanos()).unwrap()
}

/// The limiter under test, or one with a bug.
trait Limiter {
    fn acquire(&mut self, worker: usize, now: Instant) -> Result<(), Instant>;
    fn hold_until(&mut self, time: Instant);
}

impl Limiter for RateLimiter {
    fn acquire(&mut self, _: usize, now: Instant) -> Result<(), Instant> {
        RateLimiter::try_acquire(self, now)
    }

    fn hold_until(&mut self, time: Instant) {
        RateLimiter::hold_until(self, time);
    }
}

/// Counts a request at the time for which it was scheduled, even if it is sent later.
#[derive(Default)]
struct CountsScheduledTime {
    limit: usize,
    window: Duration,
    scheduled: Vec<Instant>,
    slots: [Option<Instant>; 8],
    hold: Instant,
}

impl Limiter for CountsScheduledTime {
    fn acquire(&mut self, worker: usize, now: Instant) -> Result<(), Instant> {
        let (scheduled, limit, window) = (&mut self.scheduled, self.limit, self.window);
        let slot = *self.slots[worker].get_or_insert_with(|| {
            let free = scheduled.len().checked_sub(limit).map_or(now, |place| scheduled[place] + window);
            scheduled.push(free.max(now));
            free.max(now)
        });
        let slot = slot.max(self.hold);
        if now < slot {
            return Err(slot);
        }
        self.slots[worker] = None;
        Ok(())
    }

    fn hold_until(&mut self, time: Instant) {
        self.hold = self.hold.max(time);
    }
}

/// Keeps the limit, and ignores `hold_until`.
struct IgnoresHold(RateLimiter);

impl Limiter for IgnoresHold {
    fn acquire(&mut self, _: usize, now: Instant) -> Result<(), Instant> {
        self.0.try_acquire(now)
    }

    fn hold_until(&mut self, _: Instant) {}
}

/// Checks that at most `limit` of these times, which are in order, are in any window, sliding or fixed.
fn within_limit(limit: usize, window: u64, times: &[u64]) -> Case {
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

/// Runs workers that share a limiter, wake late, and sometimes get a response that asks for a pause.
fn schedule<L: Limiter>(rng: &mut Rng, limiter: impl FnOnce(u32, Duration) -> L) -> Case {
    let limit = if rng.bool() { rng.u32(1..=100) } else { rng.u32(1..=8) };
    let window = [SECOND, SECOND, 200 * MILLI, 60 * SECOND][rng.usize(..4)];
    let workers = rng.usize(1..=8);
    let late = [0, 3 * MILLI, window, 3 * window][rng.usize(..4)];
    let holds = rng.u8(..3) == 0;
    let mut limiter = limiter(limit, Duration::from_nanos(window));
    let mut due = [START; 8];
    let (mut held, mut too_long) = (0, 0);
    let mut sent = Vec::new();
    for _ in 0..limit as usize + rng.usize(8..40) {
        let worker = (0..workers).min_by_key(|worker| due[*worker]).unwrap();
        let time = due[worker];
        let clock = time - NOISE + rng.u64(0..=2 * NOISE);
        match limiter.acquire(worker, mono(clock)) {
            Ok(()) => {
                hold!(clock >= held, "sent {} ns too early", held - clock);
                sent.push(time);
                if holds && rng.u8(..8) == 0 {
                    // The response arrives at once and asks for a pause: a short one, a long one, or until a past time.
                    let until = [clock + rng.u64(..2 * window), clock + 5 * SECOND, clock / 2][rng.usize(..3)];
                    limiter.hold_until(mono(until));
                    held = held.max(until);
                }
                // The worker is busy for a while, or not at all.
                due[worker] = time + if rng.bool() { 0 } else { rng.u64(..window / 4) };
            }
            Err(until) => {
                let until = nanos(until);
                hold!(until > clock, "waits for a time that is not in the future");
                let most = held.max(clock + 2 * NOISE + window + window / 50);
                too_long = too_long.max(until.saturating_sub(most));
                // Workers wake by their own clock, so one whose clock is ahead wakes a little early by the true time.
                due[worker] = until.max(time) + if late == 0 { 0 } else { rng.u64(..=late) };
            }
        }
    }
    within_limit(limit as usize, window, &sent)?;
    hold!(too_long == 0, "waits {too_long} ns longer than necessary");
    Ok(())
}

fn real(limit: u32, window: Duration) -> RateLimiter {
    RateLimiter::new(limit, window)
}

#[test]
fn random_schedules_keep_the_limit() {
    let count = Count { quick: 20_000, full: 1_000_000 };
    cases::check("rate-limit-schedule", count, |rng| schedule(rng, real));
}

proptest! {
    /// The same rules for arbitrary times, which proptest shrinks: clocks jump either way, and so do times to hold
    /// until.
    #[test]
    fn arbitrary_times_keep_the_limit(
        limit in 1..20_u32,
        window in 1..10_000_u64,
        asks in prop::collection::vec((0..20_000_u64, prop::option::of(0..20_000_u64)), 0..200),
    ) {
        let pacer = RateLimiter::new(limit, Duration::from_nanos(window));
        let (mut sent, mut held, mut latest) = (Vec::new(), 0, 0);
        for (time, hold) in asks {
            if pacer.try_acquire(mono(time)).is_ok() {
                prop_assert!(time >= held);
                // A clock that went back counts as standing still.
                latest = latest.max(time);
                sent.push(latest);
            }
            if let Some(time) = hold {
                pacer.hold_until(mono(time));
                held = held.max(time);
            }
        }
        prop_assert_eq!(within_limit(limit as usize, window, &sent), Ok(()));
    }
}

#[test]
fn a_limiter_that_counts_the_scheduled_time_is_caught() {
    let broken =
        |limit, window| CountsScheduledTime { limit: limit as usize, window, ..CountsScheduledTime::default() };
    let message = cases::catch_bug("rate-limit-schedule", 1000, |rng| schedule(rng, broken));
    assert!(message.contains("the limit is"), "{message}");
}

#[test]
fn a_limiter_that_ignores_hold_until_is_caught() {
    let broken = |limit, window| IgnoresHold(real(limit, window));
    let message = cases::catch_bug("rate-limit-schedule", 1000, |rng| schedule(rng, broken));
    assert!(message.contains("too early"), "{message}");
}

/// Makes one call after the other until its time is up, by a clock that deviates by up to a millisecond.
struct Worker<'a> {
    config: Config,
    rng: &'a RefCell<Rng>,
    until: Instant,
    attempt: Call<GetModel>,
    calls: u64,
    /// Errors of the calls.
    errors: Vec<Error>,
}

impl<'a> Worker<'a> {
    fn new(config: &Config, rng: &'a RefCell<Rng>, until: Instant) -> Self {
        let attempt = Call::new(config, GetModel::new("m"));
        Self { config: config.clone(), rng, until, attempt, calls: 0, errors: Vec::new() }
    }
}

impl Machine for Worker<'_> {
    type Output = (u64, Vec<Error>);

    fn resume(&mut self, now: Now, mut event: Event) -> Step<Self::Output> {
        let noise = self.rng.borrow_mut().u64(0..=2 * NOISE);
        let now = Now::new(mono((nanos(now.instant) + noise).saturating_sub(NOISE)), now.unix);
        loop {
            match self.attempt.resume(now, event) {
                Step::Send(request) => return Step::Send(request),
                Step::WaitUntil(time) => return Step::WaitUntil(time),
                Step::Done(result) => {
                    self.calls += 1;
                    self.errors.extend(result.err());
                }
            }
            if now.instant >= self.until {
                return Step::Done(Ok((self.calls, std::mem::take(&mut self.errors))));
            }
            self.attempt = Call::new(&self.config, GetModel::new("m"));
            event = Event::Begin;
        }
    }
}

/// A service that admits `limit` requests per second and refuses all others.
struct Service {
    limit: usize,
    fixed: bool,
    admitted: Vec<u64>,
    refused: u64,
}

impl Service {
    fn new(limit: usize, fixed: bool) -> Self {
        Self { limit, fixed, admitted: Vec::new(), refused: 0 }
    }

    /// Returns whether a request that arrives now is admitted.
    fn admits(&mut self, now: u64) -> bool {
        let counts = |time: u64| match self.fixed {
            true => time / SECOND == now / SECOND,
            false => now - time < SECOND,
        };
        let admitted = match self.admitted.len().checked_sub(self.limit) {
            Some(place) => !counts(self.admitted[place]),
            None => true,
        };
        if admitted {
            self.admitted.push(now);
        } else {
            self.refused += 1;
        }
        admitted
    }
}

fn success() -> Reply {
    Reply::new(Ok(Response::new(Bytes::from_static(br#"{"status": {"code": 10000}, "model": {"id": "m"}}"#))))
}

fn throttled(retry_after: Option<&str>) -> Reply {
    let body = br#"{"status": {"code": 11005, "description": "Throttled"}}"#;
    let mut response = Response::new(Bytes::from_static(body));
    *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    if let Some(text) = retry_after {
        response.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from_str(text).unwrap());
    }
    Reply::new(Ok::<_, TransportError>(response))
}

/// A day at the default rate: eight workers without pauses, clocks that deviate by a millisecond, and no response
/// 11005.
#[test]
fn a_day_at_the_default_rate_is_never_throttled() {
    let hours = Count { quick: 1, full: 24 }.size("hours at the default rate");
    let rng = RefCell::new(Rng::with_seed(24));
    // Two services count at once, one by sliding windows and one by fixed ones. Neither may refuse a request.
    let services = RefCell::new([Service::new(15, false), Service::new(15, true)]);
    let config = Config::new(Credentials::key("key").unwrap()).with_seed(1).with_rate_limiter(RateLimiter::default());
    let mut crowd = Simulation::new(|now, _: Request<_>| {
        let latency = Duration::from_nanos(rng.borrow_mut().u64(MILLI..120 * MILLI));
        let mut admitted = true;
        for service in services.borrow_mut().iter_mut() {
            admitted &= service.admits(nanos(now.instant));
            if service.admitted.len() > 1000 {
                service.admitted.drain(..900);
            }
        }
        if admitted { success() } else { throttled(None) }.after(latency)
    });
    let until = mono(START + hours * 3600 * SECOND);
    for _ in 0..8 {
        crowd.add(Worker::new(&config, &rng, until));
    }
    let done: Vec<_> = crowd.run().into_iter().map(Result::unwrap).collect();
    let calls: u64 = done.iter().map(|(calls, _)| calls).sum();
    assert!(done.iter().all(|(_, errors)| errors.is_empty()), "a call failed");
    assert!(services.borrow().iter().all(|service| service.refused == 0), "a call was throttled");
    // The limit is also used up: 15 calls per window, which is 2 % longer than a second.
    let most = 15 * hours * 3600 * 100 / 102;
    assert!((most * 99 / 100..=most + 15).contains(&calls), "{calls} of {most} calls");
}

/// Returns a `Retry-After` header in one of the forms that occur, and the time until which it holds back those that
/// read it at `read`. One that cannot be parsed counts like a missing one: it holds back for one window.
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
            // A date has whole seconds, and the virtual calendar starts at a whole second.
            let end = (read / SECOND + seconds) * SECOND;
            (Some(date(unix(end))), end)
        }
        3 => (Some(date(unix(read).saturating_sub(Duration::from_secs(rng.u64(1..100_000))))), read),
        4 => (Some(["soon", "-3", "1.5", "Sun, 99 Nov 1994", ""][rng.usize(..5)].to_owned()), window),
        5 => (Some(["99999999999999999999", "86400"][rng.usize(..2)].to_owned()), read + 120 * SECOND),
        _ => (Some("Fri, 31 Dec 9999 23:59:59 GMT".to_owned()), read + 120 * SECOND),
    }
}

/// Runs machines that share a limiter, against a service whose limit changes and whose refusals carry `Retry-After`.
fn changing_service(rng: &mut Rng, limited: bool) -> Case {
    let (limit, workers, fixed) = (rng.u32(1..=30), rng.usize(1..=8), rng.bool());
    let policy = RetryPolicy::default().with_max_attempts(rng.u32(1..=4));
    let mut config = Config::new(Credentials::key("key").unwrap()).with_seed(rng.u64(..)).with_retry(policy);
    if limited {
        config = config.with_rate_limiter(RateLimiter::per_second(limit));
    }
    let changes = rng.bool();
    let noise = RefCell::new(rng.fork());
    let mut arrived = Vec::new();
    let mut holds: Vec<(u64, u64)> = Vec::new();
    let (mut broken, mut huge, mut refused) = (None, 0, 0_u64);
    let mut service = Service::new(limit as usize, fixed);
    let mut crowd = Simulation::new(|now, _: Request<_>| {
        let now = nanos(now.instant);
        if let Some((_, until)) = holds.iter().find(|(read, until)| *read < now && now + 2 * NOISE < *until) {
            broken.get_or_insert(format!("sent {} ns too early", until - now));
        }
        arrived.push(now);
        if changes && rng.u8(..16) == 0 {
            service.limit = rng.usize(1..=2 * limit as usize);
        }
        let latency = rng.u64(..300 * MILLI);
        if service.admits(now) {
            return success().after(Duration::from_nanos(latency));
        }
        refused += 1;
        let (text, until) = retry_after(rng, now + latency);
        huge += u64::from(until >= now + latency + 100 * SECOND);
        holds.push((now + latency, until));
        throttled(text.as_deref()).after(Duration::from_nanos(latency))
    });
    let until = mono(START + 20 * SECOND);
    for _ in 0..workers {
        crowd.add(Worker::new(&config, &noise, until));
    }
    let done: Vec<_> = crowd.run().into_iter().map(Result::unwrap).collect();
    drop(crowd);
    within_limit(limit as usize, SECOND, &arrived)?;
    hold!(broken.is_none(), "{}", broken.unwrap());
    hold!(changes || refused == 0, "{refused} refused by a service with the same limit of {limit}");
    let errors = done.iter().flat_map(|(_, errors)| errors);
    let reported = errors.filter(|error| error.retry_after().is_some_and(|hint| hint.as_secs() > 120)).count() as u64;
    hold!(reported == huge, "{huge} pauses were too long, and {reported} errors report one");
    Ok(())
}

#[test]
fn changing_limits_and_every_form_of_retry_after_are_respected() {
    let count = Count { quick: 100, full: 2_000 };
    cases::check("rate-limit-service", count, |rng| changing_service(rng, true));
}

#[test]
fn a_client_without_a_limiter_is_caught() {
    let message = cases::catch_bug("rate-limit-service", 100, |rng| changing_service(rng, false));
    assert!(message.contains("the limit is"), "{message}");
}
