//! The drivers of bulk work, on threads and without blocking: how many requests are in flight, what each responds, and
//! when progress is reported.
#![allow(clippy::disallowed_methods, reason = "core has no threads, but its blocking client runs on those of adapters")]

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::bulk::{BatchLimits, Upload, UploadReport};
use clarifai_core::client::blocking;
use clarifai_core::inputs::NewInput;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{Body, Transport, TransportError};
use clarifai_core::{Config, Credentials};
use http::{Request, Response};
use serde_json::{Value, json};

const REQUESTS: usize = 24;

fn config() -> Config {
    Config::new(Credentials::key("key").unwrap()).with_seed(1).with_retry(RetryPolicy::never())
}

/// Returns an upload of which each request has one input.
fn upload() -> Upload<impl Iterator<Item = NewInput>> {
    let image = |number| NewInput::image_url(format!("https://example.com/{number}.jpg")).id(format!("i{number}"));
    Upload::new((0..REQUESTS).map(image)).limits(BatchLimits::default().with_inputs(1))
}

fn check(report: &UploadReport, progress: &[u64]) {
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.items().len(), REQUESTS);
    assert_eq!(progress, (1..=REQUESTS as u64).collect::<Vec<_>>(), "once for each task");
}

/// What all requests share.
#[derive(Default)]
struct State {
    now: Duration,
    in_flight: usize,
    max_in_flight: usize,
    sent: usize,
    throttled: BTreeSet<String>,
    waits: usize,
}

impl State {
    fn now(&self) -> Now {
        Now::new(Instant::new(self.now), Duration::ZERO)
    }

    fn begin(&mut self) {
        self.sent += 1;
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
    }

    /// Responds that the input is stored or, for the first request with each third input, that it comes too early.
    fn end(&mut self, request: &Request<Body>, throttles: bool) -> Response<Bytes> {
        self.in_flight -= 1;
        let body: Value = serde_json::from_slice(&request.body().to_bytes()).unwrap();
        let id = body["inputs"][0]["id"].clone();
        let is_third = id.as_str().unwrap().trim_start_matches('i').parse::<usize>().unwrap() % 3 == 0;
        let (status, json) = if throttles && is_third && self.throttled.insert(id.to_string()) {
            (429, json!({"status": {"code": 11005}}))
        } else {
            (200, json!({"status": {"code": 10000}, "inputs": [{"id": id, "status": {"code": 30001}}]}))
        };
        Response::builder().status(status).body(json.to_string().into()).unwrap()
    }
}

/// A transport with threads.
struct Threads {
    /// Number of threads that the system provides.
    most: usize,
    /// Number of requests that must be in flight before any of them has a response; 0 for any number.
    together: usize,
    throttles: bool,
    state: Mutex<State>,
    changed: Condvar,
}

impl Threads {
    fn new(most: usize) -> Self {
        Self { most, together: 0, throttles: false, state: Mutex::default(), changed: Condvar::new() }
    }
}

impl Transport for &Threads {
    fn now(&self) -> Now {
        self.state.lock().unwrap().now()
    }

    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let mut state = self.state.lock().unwrap();
        state.begin();
        if self.together > 0 {
            let wanted = state.sent.next_multiple_of(self.together);
            self.changed.notify_all();
            let timeout = Duration::from_secs(30);
            state = self.changed.wait_timeout_while(state, timeout, |state| state.sent < wanted).unwrap().0;
            assert!(state.sent >= wanted, "only {} requests are in flight", state.in_flight);
        }
        Ok(state.end(&request, self.throttles))
    }

    fn wait_until(&self, time: Instant) {
        let mut state = self.state.lock().unwrap();
        state.now = state.now.max(time.since_start());
        state.waits += 1;
    }

    fn concurrently(&self, count: usize, work: &(dyn Fn() + Sync)) {
        std::thread::scope(|scope| {
            (1..count.min(self.most)).for_each(|_| drop(scope.spawn(work)));
            work();
        });
    }
}

#[test]
fn each_thread_has_a_request_in_flight() {
    for (concurrency, most, together) in [(0, 9, 1), (1, 9, 1), (2, 9, 2), (4, 9, 4), (8, 8, 8), (8, 3, 3), (3, 1, 1)] {
        let transport = Threads { together, ..Threads::new(most) };
        let mut progress = Vec::new();
        let client = blocking::Client::with_transport(config(), &transport);
        let report = client.bulk(upload(), concurrency, |now| progress.push(now.done));
        check(&report, &progress);
        let state = transport.state.lock().unwrap();
        assert_eq!((state.sent, state.in_flight), (REQUESTS, 0));
        // The last group may begin while the threads of the one before still return.
        assert!(state.max_in_flight >= together && state.max_in_flight <= concurrency.clamp(1, most), "{concurrency}");
    }
}

#[test]
fn threads_take_over_the_pauses_of_each_other() {
    for concurrency in [1, 2, 5, 40] {
        let transport = Threads { throttles: true, ..Threads::new(40) };
        let mut progress = Vec::new();
        let client = blocking::Client::with_transport(config(), &transport);
        let report = client.bulk(upload(), concurrency, |now| progress.push(now.done));
        check(&report, &progress);
        let state = transport.state.lock().unwrap();
        assert_eq!(state.sent, REQUESTS + REQUESTS / 3);
        assert!(state.waits > 0 && state.max_in_flight <= concurrency);
    }
}

#[cfg(feature = "futures")]
mod nonblocking {
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use clarifai_core::client::Client;
    use clarifai_core::transport::AsyncTransport;

    use super::*;

    /// A transport whose requests and waits take some polls.
    #[derive(Default)]
    struct Polled {
        throttles: bool,
        state: RefCell<State>,
    }

    /// Is pending for this number of polls.
    async fn pending(mut polls: usize) {
        poll_fn(move |context| {
            context.waker().wake_by_ref();
            polls = polls.wrapping_sub(1);
            if polls == usize::MAX { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    impl AsyncTransport for &Polled {
        fn now(&self) -> Now {
            self.state.borrow().now()
        }

        async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
            self.state.borrow_mut().begin();
            let polls = 1 + self.state.borrow().sent % 7;
            pending(polls).await;
            Ok(self.state.borrow_mut().end(&request, self.throttles))
        }

        async fn wait_until(&self, time: Instant) {
            pending(3).await;
            let mut state = self.state.borrow_mut();
            state.now = state.now.max(time.since_start());
            state.waits += 1;
        }
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        for _ in 0..100_000 {
            if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return result;
            }
        }
        panic!("it does not end");
    }

    #[test]
    fn futures_keep_the_limit_and_use_all_of_it() {
        for (concurrency, throttles) in [(0, false), (1, true), (2, true), (5, false), (5, true), (14, true)] {
            let transport = Polled { throttles, ..Polled::default() };
            let mut progress = Vec::new();
            let client = Client::with_transport(config(), &transport);
            let report = block_on(client.bulk(upload(), concurrency, |now| progress.push(now.done)));
            check(&report, &progress);
            let state = transport.state.borrow();
            assert_eq!((state.max_in_flight, state.in_flight), (concurrency.max(1), 0));
            assert_eq!(state.sent, if throttles { REQUESTS + REQUESTS / 3 } else { REQUESTS });
        }
    }
}
