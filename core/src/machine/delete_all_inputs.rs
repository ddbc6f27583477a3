//! Deleting every input of an app: their ids are listed, and deleted as many at a time as one request takes.

use std::ops::ControlFlow;
use std::{fmt, mem};

use super::{Call, Event, IntoMachine, Machine, Now, Step};
use crate::MAX_PER_PAGE;
use crate::arguments::MAX_INPUTS;
use crate::config::Config;
use crate::error::{Error, Misuse};
use crate::inputs::{DeleteInputs, ListInputs};
use crate::pagination::{PageReader, Pages};
use crate::time::Latest;

/// Deletes every input of the app and returns their number. Run it with `client.run`.
///
/// ```text
/// Begin ─► GET inputs, page by page ─ no input ──► Done(0)
///            └─ end of the list ─► DELETE inputs, 128 ids at a time ─► Done(number of inputs)
/// ```
///
/// The service has no request for this: `delete_all` was withdrawn for inputs in February 2021. Nothing is deleted
/// before the list was read to its end. Inputs that are created meanwhile may remain. The service responds before the
/// inputs are deleted; to wait for that, run [`AllInputsDeleted`](super::AllInputsDeleted) afterwards.
///
/// If a request fails, the remaining inputs are kept, and the getters of [`DeleteAllInputsMachine`] report how many
/// were requested: run `&mut machine` to keep it. Running another `DeleteAllInputs` continues, because deleting an
/// input twice is harmless.
///
/// ```
/// use clarifai_core::machine::{DeleteAllInputs, IntoMachine as _};
/// use clarifai_core::{Config, Credentials, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let done = json!({"status": {"code": 10000}});
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/inputs?page=1&per_page=1000")
///     .reply(200, json!({"status": {"code": 10000}, "inputs": [{"id": "a"}, {"id": "b"}]}))
///     .expect("GET", "/v2/inputs?page=2&per_page=1000")
///     .reply(200, json!({"status": {"code": 10000}, "inputs": []}))
///     .expect("DELETE", "/v2/inputs").body(json!({"ids": ["a", "b"]})).reply(200, done);
///
/// // With a client: client.run(DeleteAllInputs::new())
/// assert_eq!(script.run(DeleteAllInputs::new().into_machine(&config))?, 2);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "Inputs.delete_all")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
#[must_use = "nothing is sent before it is run"]
pub struct DeleteAllInputs {}

impl DeleteAllInputs {
    /// Creates a deletion of every input of the app.
    pub fn new() -> Self {
        Self::default()
    }
}

/// The machine of [`DeleteAllInputs`].
pub struct DeleteAllInputsMachine {
    config: Config,
    reader: PageReader<ListInputs>,
    ids: Vec<String>,
    /// Number of ids, from the first, whose deletion was requested.
    deleted: usize,
    state: State,
    clock: Latest,
}

/// Name of the operation in errors.
const NAME: &str = "delete all inputs";

enum State {
    Start,
    Listing(Box<Call<ListInputs>>),
    /// A deletion, and the number of its ids.
    Deleting(Box<Call<DeleteInputs>>, usize),
    Spent,
}

impl IntoMachine for DeleteAllInputs {
    type Machine = DeleteAllInputsMachine;

    fn into_machine(self, config: &Config) -> DeleteAllInputsMachine {
        DeleteAllInputsMachine {
            config: config.clone(),
            reader: Pages::new(ListInputs::new()).per_page(MAX_PER_PAGE).allow_changes().reader(config),
            ids: Vec::new(),
            deleted: 0,
            state: State::Start,
            clock: Latest::default(),
        }
    }
}

impl DeleteAllInputsMachine {
    /// Returns the number of inputs found so far.
    pub fn found(&self) -> usize {
        self.ids.len()
    }

    /// Returns the number of inputs whose deletion the service has accepted so far.
    pub fn deleted(&self) -> usize {
        self.deleted
    }

    fn list(&mut self, now: Now) -> Step<usize> {
        match self.reader.next() {
            Some(call) => self.step(State::Listing(Box::new(call)), now, Event::Begin),
            None => match self.reader.finish() {
                Ok(()) => self.delete(now),
                Err(error) => Step::Done(Err(error)),
            },
        }
    }

    fn delete(&mut self, now: Now) -> Step<usize> {
        let left = self.ids.get(self.deleted..).unwrap_or_default();
        let batch = left.get(..MAX_INPUTS).unwrap_or(left);
        if batch.is_empty() {
            return Step::Done(Ok(self.deleted));
        }
        let call = Call::new(&self.config, DeleteInputs::ids(batch));
        let count = batch.len();
        self.step(State::Deleting(Box::new(call), count), now, Event::Begin)
    }

    /// Resumes the current call with one event.
    fn step(&mut self, state: State, now: Now, event: Event) -> Step<usize> {
        match state {
            State::Listing(mut call) => match call.resume(now, event).into_control_flow() {
                ControlFlow::Continue(step) => self.keep(State::Listing(call), step),
                ControlFlow::Break(result) => match self.reader.record(result) {
                    Ok(inputs) => {
                        self.ids.extend(inputs.into_iter().map(|input| input.id));
                        self.list(now)
                    }
                    Err(error) => Step::Done(Err(error)),
                },
            },
            State::Deleting(mut call, count) => match call.resume(now, event).into_control_flow() {
                ControlFlow::Continue(step) => self.keep(State::Deleting(call, count), step),
                ControlFlow::Break(Ok(_)) => {
                    self.deleted += count;
                    self.delete(now)
                }
                ControlFlow::Break(Err(error)) => Step::Done(Err(error)),
            },
            State::Start => Step::Done(Err(Error::new(NAME, Misuse("it has not begun")))),
            State::Spent => Step::Done(Err(Error::new(NAME, Misuse("it has ended already")))),
        }
    }

    fn keep(&mut self, state: State, step: Step<usize>) -> Step<usize> {
        self.state = state;
        step
    }
}

impl Machine for DeleteAllInputsMachine {
    /// Number of inputs whose deletion was requested.
    type Output = usize;

    fn resume(&mut self, now: Now, event: Event) -> Step<usize> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.list(now),
            (state, event) => self.step(state, now, event),
        }
    }
}

impl fmt::Debug for DeleteAllInputsMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeleteAllInputsMachine")
            .field("found", &self.found())
            .field("deleted", &self.deleted)
            .finish_non_exhaustive()
    }
}
