//! Runs bulk work with a transport: in one thread, in several, or without blocking. All decisions are those of the
//! [`Scheduler`].

#[cfg(feature = "futures")]
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::Response;

use super::{Action, Bulk, Progress, Scheduler, TaskId};
use crate::error::TransportError;
use crate::machine::{self, Driver};
use crate::transport::Transport;

/// Runs the tasks one after another, calls `watch` with the progress after each, and returns the report.
pub fn run<B: Bulk>(bulk: B, driver: &mut impl Driver, mut watch: impl FnMut(&Progress)) -> B::Report {
    let mut scheduler = Scheduler::new(bulk, 1);
    loop {
        match scheduler.poll(driver.now()) {
            Action::Send(task, request) => {
                let response = machine::send(driver, request);
                scheduler.on_response(driver.now(), task, response);
            }
            Action::Paused(..) => {}
            Action::Ended(_) => watch(&scheduler.progress()),
            Action::WaitUntil(time) => driver.wait_until(time),
            // No request is in flight here, because each one has received its response.
            Action::WaitForResponse | Action::Done => return scheduler.finish(),
        }
    }
}

/// Runs up to `concurrency` tasks on as many threads, calls `watch` with the progress after each, and returns the
/// report.
pub(crate) fn run_on_threads<B: Bulk + Send>(
    bulk: B,
    concurrency: usize,
    transport: &(impl Transport + Sync),
    watch: impl FnMut(&Progress) + Send,
) -> B::Report
where
    B::Task: Send,
{
    let shared = Mutex::new((Scheduler::new(bulk, 1), watch, 0));
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    // Returns the next action of one thread, after the response to its last request, if there is one.
    let next = |response: Option<(TaskId, Result<Response<Bytes>, TransportError>)>| {
        let (scheduler, watch, _) = &mut *lock();
        if let Some((task, response)) = response {
            scheduler.on_response(transport.now(), task, response);
        }
        let action = scheduler.poll(transport.now());
        if let Action::Ended(_) = action {
            watch(&scheduler.progress());
        }
        action
    };
    transport.concurrently(concurrency.max(1), &|| {
        // Where the system provides fewer threads, fewer tasks run at a time.
        {
            let (scheduler, _, threads) = &mut *lock();
            *threads += 1;
            scheduler.set_concurrency(*threads);
        }
        let mut response = None;
        loop {
            match next(response.take()) {
                Action::Send(task, request) => response = Some((task, machine::send(&mut &*transport, request))),
                Action::Paused(..) | Action::Ended(_) => {}
                Action::WaitUntil(time) => transport.wait_until(time),
                // No task can start, and each request in flight has a thread that continues its task. As there are at
                // most as many tasks as threads, this thread is not needed any more.
                Action::WaitForResponse | Action::Done => return,
            }
        }
    });
    shared.into_inner().unwrap_or_else(PoisonError::into_inner).0.finish()
}

/// Runs up to `parallel` tasks concurrently (at least 1), calls `watch` with the progress after each, and returns the
/// report.
///
/// Dropping the future stops the work. Whether the requests in flight took effect is then uncertain.
#[cfg(feature = "futures")]
pub async fn run_async<B: Bulk>(
    bulk: B,
    parallel: usize,
    driver: &impl crate::transport::AsyncTransport,
    mut watch: impl FnMut(&Progress),
) -> B::Report {
    use futures_util::future::{Either, select};
    use futures_util::stream::{FuturesUnordered, StreamExt as _};
    let mut scheduler = Scheduler::new(bulk, parallel);
    let mut requests = FuturesUnordered::new();
    loop {
        let response = match scheduler.poll(driver.now()) {
            Action::Send(task, request) => {
                requests.push(async move { (task, machine::send_async(driver, request).await) });
                continue;
            }
            Action::Paused(..) => continue,
            Action::Ended(_) => {
                watch(&scheduler.progress());
                continue;
            }
            Action::WaitUntil(time) if requests.is_empty() => {
                driver.wait_until(time).await;
                continue;
            }
            Action::WaitUntil(time) => match select(requests.next(), pin!(driver.wait_until(time))).await {
                Either::Left((response, _)) => response,
                Either::Right(_) => continue,
            },
            Action::WaitForResponse => requests.next().await,
            Action::Done => return scheduler.finish(),
        };
        if let Some((task, response)) = response {
            scheduler.on_response(driver.now(), task, response);
        }
    }
}
