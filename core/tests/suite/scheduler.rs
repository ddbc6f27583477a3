//! The scheduler of bulk work, in virtual time: limits, order, cancellation, early and late wakes. A checker follows
//! each action and reports the first one that breaks a rule; planted bugs show that it notices.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::bulk::{Action, BatchLimits, Bulk, IntoBulk as _, PredictMany, Progress, Scheduler, TaskId, Upload};
use clarifai_core::inputs::NewInput;
use clarifai_core::machine::{Event, Machine, Step};
use clarifai_core::models::Predict;
use clarifai_core::policy::RetryPolicy;
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{Body, TransportError, TransportErrorKind};
use clarifai_core::{Config, Credentials, Error};
use http::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::cases::{Case, hold};

/// What a task does next.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// It sends a request, whose response takes this many milliseconds.
    Request(u64),
    /// It pauses for this many milliseconds.
    Pause(u64),
}
use Part::{Pause, Request as Req};

/// A task that runs through its parts, and ends with the responses it received.
struct Task {
    number: usize,
    parts: VecDeque<Part>,
    until: Instant,
    /// Number of requests sent.
    sent: usize,
    responses: Vec<String>,
}

impl Machine for Task {
    type Output = (usize, Vec<String>);

    fn resume(&mut self, now: Now, event: Event) -> Step<Self::Output> {
        match event {
            Event::Response(response) => self.responses.push(String::from_utf8_lossy(response.body()).into_owned()),
            Event::Failed(failure) => self.responses.push(format!("{:?}", failure.kind)),
            Event::Woke if now.instant < self.until => self.responses.push("woken early".to_owned()),
            _ => {}
        }
        match self.parts.pop_front() {
            Some(Req(takes)) => {
                let path = format!("/{}/{}?takes={takes}", self.number, self.sent);
                self.sent += 1;
                Step::Send(Request::get(path).body(Body::empty()).unwrap())
            }
            Some(Pause(pause)) => {
                self.until = now.instant + Duration::from_millis(pause);
                Step::WaitUntil(self.until)
            }
            None => Step::Done(Ok((self.number, std::mem::take(&mut self.responses)))),
        }
    }
}

/// The responses of each task that started; `None` for a task that was abandoned.
type Report = BTreeMap<usize, Option<Vec<String>>>;

struct Work {
    tasks: Vec<Vec<Part>>,
    report: Report,
    bug: Bug,
}

impl Bulk for Work {
    type Task = Task;
    type Report = Report;

    fn next(&mut self) -> Option<Task> {
        let taken = self.report.len();
        let number = match self.bug {
            Bug::TaskStartsTwice if taken == 2 && self.report.get(&1).is_some_and(Option::is_none) => 1,
            Bug::TaskIsSkipped if taken == 1 => 2,
            _ => self.report.keys().last().map_or(0, |last| last + 1),
        };
        let parts = self.tasks.get(number)?.clone().into();
        self.report.insert(number, None);
        Some(Task { number, parts, until: Instant::default(), sent: 0, responses: Vec::new() })
    }

    fn record(&mut self, result: Result<(usize, Vec<String>), Error>) {
        let (number, responses) = result.unwrap();
        self.report.insert(number, Some(responses));
    }

    fn progress(&self) -> Progress {
        Progress::default()
    }

    fn finish(self) -> Report {
        self.report
    }
}

/// A bug that is planted on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Bug {
    #[default]
    None,
    /// A task that is in flight starts again.
    TaskStartsTwice,
    /// A task is left out.
    TaskIsSkipped,
    /// One task too many is in flight.
    LimitIsExceeded,
    /// Pauses end too early.
    PausesEndEarly,
    /// Pauses do not end in time.
    WakesAreForgotten,
    /// Two tasks receive the response of the other.
    ResponsesAreSwapped,
    /// Tasks start after the work was canceled.
    CancelIsIgnored,
    /// The work is done while a response is missing.
    EndsEarly,
}

/// When a driver polls after a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Wakes {
    #[default]
    OnTime,
    /// Several times before the time, and on time.
    Early,
    /// Two seconds after the time.
    Late,
}

/// A run: the tasks, and how they are driven.
#[derive(Clone, Debug, Default)]
struct Run {
    tasks: Vec<Vec<Part>>,
    concurrency: usize,
    wakes: Wakes,
    /// Number of polls after which the work is canceled.
    cancel_after: Option<usize>,
    /// Number of polls after which the tasks in flight are abandoned.
    abandon_after: Option<usize>,
    bug: Bug,
}

/// What a run shows.
#[derive(Debug)]
struct Outcome {
    report: Report,
    millis: u64,
    polls: usize,
    max_in_flight: usize,
    /// Tasks in the order in which they ended.
    ended: Vec<usize>,
}

fn at(millis: u64) -> Now {
    Now::new(Instant::new(Duration::from_millis(millis)), Duration::ZERO)
}

fn millis(time: Instant) -> u64 {
    u64::try_from(time.since_start().as_millis()).unwrap()
}

/// Follows the actions of a scheduler, and checks each one by the rules.
struct Checker<'a> {
    run: &'a Run,
    now: u64,
    started: usize,
    canceled: bool,
    /// Tasks in flight: `None` while a request is in flight, or the end of the pause.
    active: BTreeMap<usize, Option<u64>>,
    /// Requests that were sent, each exactly once.
    sent: BTreeSet<String>,
    max_in_flight: usize,
    ended: Vec<usize>,
}

impl Checker<'_> {
    fn limit(&self) -> usize {
        self.run.concurrency.max(1)
    }

    /// Returns the end of the pause that ends first.
    fn next_wake(&self) -> Option<u64> {
        self.active.values().copied().flatten().min()
    }

    /// Returns the time that the scheduler sees.
    fn clock(&self) -> Now {
        match self.run.bug {
            Bug::PausesEndEarly => at(self.next_wake().unwrap_or(self.now)),
            Bug::WakesAreForgotten => at(0),
            _ => at(self.now),
        }
    }

    /// Checks the first action of a task, or that of a task that continues.
    fn continues(&mut self, task: usize, responded: &mut BTreeSet<usize>) -> Case {
        if let Some(pause) = self.active.get(&task) {
            let over = pause.map_or_else(|| responded.remove(&task), |until| self.now >= until);
            hold!(over, "task {task} continues at {} without a reason", self.now);
            return Ok(());
        }
        hold!(task == self.started, "task {task} starts where task {} is next", self.started);
        hold!(!self.canceled, "task {task} starts after the work was canceled");
        self.started += 1;
        self.active.insert(task, None);
        hold!(self.active.len() <= self.limit(), "{} tasks are in flight", self.active.len());
        let overdue = self.active.iter().find(|(_, pause)| pause.is_some_and(|until| until <= self.now));
        hold!(overdue.is_none(), "task {task} starts before {overdue:?} continues");
        self.max_in_flight = self.max_in_flight.max(self.active.len());
        Ok(())
    }

    /// Checks that nothing but a response or the passing of time can take the work further.
    fn has_to_wait(&self, until: Option<u64>, responded: &BTreeSet<usize>) -> Case {
        let pause = self.next_wake();
        hold!(until == pause, "waits until {until:?} where {pause:?} is next");
        hold!(until.is_none_or(|until| until > self.now), "waits at {} until {until:?}", self.now);
        hold!(responded.is_empty(), "waits although {responded:?} have responses");
        let closed = self.canceled || self.started == self.run.tasks.len() || self.active.len() >= self.limit();
        hold!(closed, "waits with {} tasks in flight", self.active.len());
        hold!(!self.active.is_empty(), "waits with no task in flight");
        Ok(())
    }
}

/// Runs tasks in virtual time, and checks every action.
fn drive(run: &Run) -> Result<Outcome, String> {
    let work = Work { tasks: run.tasks.clone(), report: Report::new(), bug: run.bug };
    let mut scheduler = Scheduler::new(work, run.concurrency + usize::from(run.bug == Bug::LimitIsExceeded));
    let mut checker = Checker {
        run,
        now: 0,
        started: 0,
        canceled: false,
        active: BTreeMap::new(),
        sent: BTreeSet::new(),
        max_in_flight: 0,
        ended: Vec::new(),
    };
    let mut in_flight: Vec<(u64, TaskId, String)> = Vec::new();
    let mut responded = BTreeSet::new();
    for polls in 0..10_000 {
        if run.cancel_after == Some(polls) {
            checker.canceled = true;
            if run.bug != Bug::CancelIsIgnored {
                scheduler.cancel();
            }
        }
        let finished = |scheduler: Scheduler<Work>, checker: Checker<'_>| {
            let Checker { now, max_in_flight, ended, .. } = checker;
            Ok(Outcome { report: scheduler.finish(), millis: now, polls, max_in_flight, ended })
        };
        if run.abandon_after == Some(polls) {
            return finished(scheduler, checker);
        }
        let mut until = None;
        match scheduler.poll(checker.clock()) {
            Action::Send(task, request) => {
                checker.continues(task.0, &mut responded)?;
                checker.active.insert(task.0, None);
                let path = request.uri().to_string();
                let takes = path.rsplit('=').next().unwrap().parse::<u64>().unwrap();
                let request = path.split('?').next().unwrap().to_owned();
                hold!(checker.sent.insert(request.clone()), "{request} is sent twice");
                in_flight.push((checker.now + takes, task, request));
                continue;
            }
            Action::Paused(task, time) => {
                checker.continues(task.0, &mut responded)?;
                checker.active.insert(task.0, Some(millis(time)));
                continue;
            }
            Action::Ended(task) => {
                checker.continues(task.0, &mut responded)?;
                checker.active.remove(&task.0);
                checker.ended.push(task.0);
                continue;
            }
            Action::WaitForResponse | Action::WaitUntil(_) if run.bug == Bug::EndsEarly => {
                hold!(checker.active.is_empty(), "done with {:?} in flight", checker.active);
            }
            Action::WaitForResponse => checker.has_to_wait(None, &responded)?,
            Action::WaitUntil(time) => {
                checker.has_to_wait(Some(millis(time)), &responded)?;
                until = Some(millis(time));
            }
            Action::Done => {
                hold!(checker.active.is_empty(), "done with {:?} in flight", checker.active);
                hold!(checker.canceled || checker.started == run.tasks.len(), "done after {}", checker.started);
                return finished(scheduler, checker);
            }
        }
        in_flight.sort();
        let response = in_flight.first().map(|(due, ..)| *due);
        match until.map(|until| if run.wakes == Wakes::Late { until + 2000 } else { until }) {
            Some(time) if response.is_none_or(|due| time < due) => {
                // The scheduler returns the same wait again until the time has come.
                let early = run.wakes == Wakes::Early && checker.now + 1 < time;
                checker.now = if early { checker.now.midpoint(time) } else { time };
            }
            _ => {
                let (due, mut task, response) = in_flight.remove(0);
                checker.now = checker.now.max(due);
                if let (Bug::ResponsesAreSwapped, Some((_, other, _))) = (run.bug, in_flight.first_mut()) {
                    std::mem::swap(other, &mut task);
                }
                let body = Ok(Response::new(Bytes::from(response)));
                hold!(scheduler.on_response(checker.clock(), task, body), "{task} expects no response");
                let late = Err(TransportError::new(TransportErrorKind::MaybeSent, "it comes twice"));
                hold!(!scheduler.on_response(checker.clock(), task, late), "{task} takes two responses");
                responded.insert(task.0);
            }
        }
    }
    Err("does not end".to_owned())
}

/// Returns the report of tasks that all ended: each received the responses to its own requests, in their order.
fn complete(tasks: &[Vec<Part>]) -> Report {
    let requests = |parts: &[Part]| parts.iter().filter(|part| matches!(part, Req(_))).count();
    let responses = |(number, parts): (usize, &Vec<Part>)| {
        (number, Some((0..requests(parts)).map(|request| format!("/{number}/{request}")).collect()))
    };
    tasks.iter().enumerate().map(responses).collect()
}

/// Runs tasks, and checks that all of them are reported in full.
fn check(run: &Run) -> Result<Outcome, String> {
    let outcome = drive(run)?;
    let expected = complete(&run.tasks);
    hold!(outcome.report == expected, "the report is {:?} and not {expected:?}", outcome.report);
    Ok(outcome)
}

/// Tasks of all kinds: with retries, with pauses at the start and at the end, and one that does nothing.
fn mixed() -> Vec<Vec<Part>> {
    vec![
        vec![Req(100)],
        vec![Pause(50), Req(300), Pause(1000), Req(20)],
        vec![],
        vec![Req(10), Req(10), Req(10)],
        vec![Pause(3000)],
        vec![Req(700), Pause(0), Pause(5), Req(0)],
        vec![Req(40), Pause(900)],
    ]
}

#[test]
fn tasks_in_flight_stay_below_the_limit_and_use_all_of_it() {
    let pausing = |tasks| vec![vec![Req(100), Pause(400), Req(100)]; tasks];
    for (tasks, concurrency, max_in_flight, millis) in [
        (vec![], 4, 0, 0),
        (vec![vec![Req(100)]; 6], 0, 1, 600),
        (vec![vec![Req(100)]; 6], 1, 1, 600),
        (vec![vec![Req(100)]; 6], 2, 2, 300),
        (vec![vec![Req(100)]; 6], 4, 4, 200),
        (vec![vec![Req(100)]; 6], 6, 6, 100),
        (vec![vec![Req(100)]; 6], usize::MAX - 1, 6, 100),
        // A task that pauses counts toward the limit.
        (pausing(4), 1, 1, 2400),
        (pausing(4), 2, 2, 1200),
        (vec![vec![]; 1000], 3, 1, 0),
    ] {
        let run = Run { tasks, concurrency, ..Run::default() };
        let outcome = check(&run).unwrap();
        assert_eq!((outcome.max_in_flight, outcome.millis), (max_in_flight, millis), "{run:?}");
    }
}

#[test]
fn tasks_start_in_order_and_end_in_any() {
    let tasks = vec![vec![Req(300)], vec![Req(100)], vec![Req(50), Pause(10)], vec![Req(20)]];
    for (concurrency, expected) in [(1, [0, 1, 2, 3]), (2, [1, 2, 3, 0]), (3, [2, 3, 1, 0]), (4, [3, 2, 1, 0])] {
        let outcome = check(&Run { tasks: tasks.clone(), concurrency, ..Run::default() }).unwrap();
        assert_eq!(outcome.ended, expected, "{concurrency} at a time");
    }
}

#[test]
fn early_and_late_wakes_change_no_report() {
    for concurrency in 1..9 {
        let run = |wakes| check(&Run { tasks: mixed(), concurrency, wakes, ..Run::default() }).unwrap();
        let [on_time, early, late] = [Wakes::OnTime, Wakes::Early, Wakes::Late].map(run);
        assert_eq!((early.millis, &early.ended), (on_time.millis, &on_time.ended), "waking early is harmless");
        assert!(late.millis > on_time.millis);
    }
}

#[test]
fn a_clock_that_runs_backwards_stands_still() {
    let work = Work { tasks: vec![vec![Pause(100), Pause(100)]], report: Report::new(), bug: Bug::None };
    let mut scheduler = Scheduler::new(work, 1);
    let time = |millis| at(millis).instant;
    assert!(matches!(scheduler.poll(at(1000)), Action::Paused(TaskId(0), until) if until == time(1100)));
    assert!(matches!(scheduler.poll(at(0)), Action::WaitUntil(until) if until == time(1100)));
    assert!(matches!(scheduler.poll(at(1100)), Action::Paused(TaskId(0), until) if until == time(1200)));
    assert!(matches!(scheduler.poll(at(5)), Action::WaitUntil(until) if until == time(1200)));
    assert!(matches!(scheduler.poll(at(1200)), Action::Ended(TaskId(0))));
    assert!(matches!(scheduler.poll(at(0)), Action::Done));
    assert!(matches!(scheduler.poll(at(0)), Action::Done), "polling again is harmless");
}

#[test]
fn a_canceled_run_completes_what_is_in_flight_at_each_step() {
    for concurrency in [1, 2, 4] {
        let run = Run { tasks: mixed(), concurrency, ..Run::default() };
        let polls = check(&run).unwrap().polls;
        let mut reported = BTreeSet::new();
        for cancel_after in 0..=polls {
            let outcome = drive(&Run { cancel_after: Some(cancel_after), ..run.clone() }).unwrap();
            let started = outcome.report.len();
            assert_eq!(outcome.report, complete(&run.tasks[..started]), "canceled after {cancel_after} polls");
            reported.insert(started);
        }
        assert!((0..=run.tasks.len()).all(|started| reported.contains(&started)), "{reported:?}");
    }
}

#[test]
fn an_abandoned_run_reports_every_started_task_at_each_step() {
    let run = Run { tasks: mixed(), concurrency: 3, ..Run::default() };
    let Outcome { polls, report: all, .. } = check(&run).unwrap();
    for abandon_after in 0..=polls {
        let outcome = drive(&Run { abandon_after: Some(abandon_after), ..run.clone() }).unwrap();
        for (number, responses) in &outcome.report {
            // Only tasks whose end was seen, or is about to be, have a result.
            match responses {
                Some(_) => assert_eq!(responses, &all[number]),
                None => assert!(!outcome.ended.contains(number), "task {number} ended and has no result"),
            }
        }
        let ended = outcome.report.values().flatten().count();
        assert!(ended >= outcome.ended.len(), "{abandon_after}");
    }
}

#[test]
fn the_limit_can_change_while_tasks_run() {
    let work = Work { tasks: vec![vec![Req(1)]; 9], report: Report::new(), bug: Bug::None };
    let mut scheduler = Scheduler::new(work, 1);
    let send_all = |scheduler: &mut Scheduler<Work>| {
        let mut tasks = Vec::new();
        loop {
            match scheduler.poll(at(0)) {
                Action::Send(task, _) => tasks.push(task.0),
                Action::Ended(_) => {}
                action => return (tasks, format!("{action:?}")),
            }
        }
    };
    let responds = |scheduler: &mut Scheduler<Work>, task| {
        scheduler.on_response(at(0), TaskId(task), Ok(Response::new(Bytes::new())))
    };
    assert_eq!(send_all(&mut scheduler).0, [0]);
    scheduler.set_concurrency(3);
    assert_eq!(send_all(&mut scheduler).0, [1, 2]);
    scheduler.set_concurrency(2);
    assert!(responds(&mut scheduler, 1));
    assert_eq!(send_all(&mut scheduler), (vec![], "WaitForResponse".to_owned()), "two are still in flight");
    assert_eq!(scheduler.in_flight(), 2);
    assert!(responds(&mut scheduler, 0));
    assert_eq!(send_all(&mut scheduler).0, [3]);
    for task in [0, 1, 4, usize::MAX] {
        assert!(!responds(&mut scheduler, task), "task {task} has no request in flight");
    }
}

#[test]
fn planted_bugs_are_caught() {
    for (bug, expected) in [
        (Bug::TaskStartsTwice, "is sent twice"),
        (Bug::TaskIsSkipped, "waits with"),
        (Bug::LimitIsExceeded, "tasks are in flight"),
        (Bug::PausesEndEarly, "without a reason"),
        (Bug::WakesAreForgotten, "waits at"),
        (Bug::ResponsesAreSwapped, "the report is"),
        (Bug::CancelIsIgnored, "after the work was canceled"),
        (Bug::EndsEarly, "done with"),
    ] {
        let cancel_after = (bug == Bug::CancelIsIgnored).then_some(3);
        let outcome = check(&Run { tasks: mixed(), concurrency: 3, cancel_after, bug, ..Run::default() });
        let message = outcome.expect_err(&format!("{bug:?} is not noticed"));
        assert!(message.contains(expected), "{bug:?}: {message}");
    }
}

/// Responds to each request in a way that depends on its content only: some inputs are stored, others are refused. The
/// first request with the same content is throttled for some contents.
#[derive(Default)]
struct Service(BTreeSet<Vec<u8>>);

impl Service {
    fn respond(&mut self, request: &Request<Body>) -> Response<Bytes> {
        let body = request.body().to_bytes();
        let value: Value = serde_json::from_slice(&body).unwrap();
        let inputs = value["inputs"].as_array().unwrap();
        let number = |input: &Value| {
            input["data"]["image"]["url"]
                .as_str()
                .unwrap()
                .bytes()
                .filter(u8::is_ascii_digit)
                .map(u64::from)
                .sum::<u64>()
        };
        let first = self.0.insert(body.to_vec());
        let (status, json) = if first && number(&inputs[0]) % 3 == 0 {
            (429, json!({"status": {"code": 11005}}))
        } else if request.uri().path() == "/v2/inputs" {
            let code = |input| [30001, 30001, 30100, 30104, 11102][usize::try_from(number(input) % 5).unwrap()];
            let inputs = inputs.iter().map(|input| json!({"id": input["id"], "status": {"code": code(input)}}));
            (200, json!({"status": {"code": 10000}, "inputs": inputs.collect::<Vec<_>>()}))
        } else {
            let code = |input| [10000, 10000, 30002][usize::try_from(number(input) % 3).unwrap()];
            let outputs =
                inputs.iter().map(|input| json!({"id": number(input).to_string(), "status": {"code": code(input)}}));
            (200, json!({"status": {"code": 10000}, "outputs": outputs.collect::<Vec<_>>()}))
        };
        Response::builder().status(status).body(json.to_string().into()).unwrap()
    }
}

/// Runs bulk work, with responses and the ends of waits in the order that `choices` selects.
fn in_order<B: Bulk>(bulk: B, concurrency: usize, choices: &[u8]) -> B::Report {
    let mut scheduler = Scheduler::new(bulk, concurrency);
    let (mut service, mut in_flight) = (Service::default(), Vec::new());
    let mut now = at(0);
    let mut choices = choices.iter().copied().chain(std::iter::repeat(0));
    loop {
        let action = scheduler.poll(now);
        assert!(scheduler.in_flight() <= concurrency);
        let until = match action {
            Action::Send(task, request) => {
                in_flight.push((task, service.respond(&request)));
                continue;
            }
            Action::Paused(..) | Action::Ended(_) => continue,
            Action::WaitUntil(time) => Some(time),
            Action::WaitForResponse => None,
            Action::Done => return scheduler.finish(),
        };
        let choice = usize::from(choices.next().unwrap());
        match until {
            Some(time) if in_flight.is_empty() || choice % 2 == 1 => now.instant = time,
            _ => {
                let (task, response) = in_flight.remove(choice / 2 % in_flight.len());
                assert!(scheduler.on_response(now, task, Ok(response)));
            }
        }
    }
}

proptest! {
    /// The order of responses and wakes, and the number of tasks in flight, do not change a report.
    #[test]
    fn any_order_of_responses_gives_the_same_report(
        inputs in 0..60_usize,
        per_request in 1..9_usize,
        concurrency in 1..9_usize,
        choices in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let config = Config::new(Credentials::key("key").unwrap()).with_seed(1).with_retry(RetryPolicy::never());
        let image = |number| NewInput::image_url(format!("https://example.com/{number}.jpg")).id(format!("i{number}"));
        let limits = BatchLimits::default().with_inputs(per_request);
        let upload = |concurrency, choices: &[u8]| {
            let upload = Upload::new((0..inputs).map(image)).limits(limits).into_bulk(&config);
            format!("{:?}", in_order(upload, concurrency, choices).items())
        };
        prop_assert_eq!(upload(concurrency, &choices), upload(1, &[]));
        let predict = |concurrency, choices: &[u8]| {
            let many = PredictMany::new(Predict::new("m"), (0..inputs).map(image)).limits(limits).into_bulk(&config);
            format!("{:?}", in_order(many, concurrency, choices).predictions())
        };
        prop_assert_eq!(predict(concurrency, &choices), predict(1, &[]));
    }

    /// The rules hold for arbitrary tasks, which proptest shrinks.
    #[test]
    fn arbitrary_tasks_keep_the_rules(
        tasks in prop::collection::vec(
            prop::collection::vec(prop_oneof![(0..50_u64).prop_map(Req), (0..50_u64).prop_map(Pause)], 0..6),
            0..12,
        ),
        concurrency in 0..6_usize,
        wakes in prop_oneof![Just(Wakes::OnTime), Just(Wakes::Early), Just(Wakes::Late)],
    ) {
        let run = Run { tasks, concurrency, wakes, ..Run::default() };
        if let Err(broken) = check(&run) {
            return Err(TestCaseError::fail(broken));
        }
    }
}
