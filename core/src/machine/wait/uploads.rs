//! Waiting until stored inputs are processed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Condition, Evaluation};
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, ErrorKind, InvalidArgument, InvalidResponse};
use crate::inputs::{GetInput, GetInputCounts, ListInputs};
use crate::operation::{Operation, Replay, Spec};
use crate::page::{MAX_PER_PAGE, Page};
use crate::policy::retry;
use crate::target::{Target, check_id};
use crate::types::{Input, InputCount, Status, StatusClass};

super::into_machine!(AllInputsProcessed, SomeInputsProcessed);

/// Creates the conditions that inputs are processed: [all](Self::all) of the app, or [some](Self::of) by their ids.
///
/// ```
/// use clarifai_core::machine::{InputsProcessed, IntoMachine as _};
/// use clarifai_core::{Config, Credentials, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let input = |code| json!({"status": {"code": 10000}, "input": {"id": "a", "status": {"code": code}}});
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/inputs/a").reply(200, input(30001))
///     .expect("GET", "/v2/inputs/a").reply(200, input(30000));
///
/// // With a client: client.run(InputsProcessed::of(["a"]))
/// let inputs = script.run(InputsProcessed::of(["a"]).into_machine(&config))?;
/// assert!(inputs[0].is_success());
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "wait_until_inputs_upload_finish")]
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct InputsProcessed;

impl InputsProcessed {
    /// Creates the condition that no input of the app is left to process.
    ///
    /// In an app in which others store inputs all the time it may never hold: use [`of`](Self::of) there.
    pub fn all() -> AllInputsProcessed {
        AllInputsProcessed::default()
    }

    /// Creates the condition that each input with one of these ids is processed.
    pub fn of(ids: impl IntoIterator<Item = impl Into<String>>) -> SomeInputsProcessed {
        SomeInputsProcessed::new(ids.into_iter().map(Into::into).collect())
    }
}

/// The condition that no input of the app is left to process: see [`InputsProcessed::all`].
///
/// Polls `GET /v2/inputs/status`. The result is the counts, in which failed inputs have their own number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AllInputsProcessed {
    counts: Option<InputCount>,
}

impl AllInputsProcessed {
    /// Returns the counts as of the last poll.
    pub fn counts(&self) -> Option<&InputCount> {
        self.counts.as_ref()
    }
}

impl Condition for AllInputsProcessed {
    type Operation = GetInputCounts;
    type Output = InputCount;
    const NAME: &'static str = "wait for uploads";

    fn request(&self) -> GetInputCounts {
        GetInputCounts::new()
    }

    fn evaluate(&mut self, response: Result<InputCount, Error>) -> Evaluation<InputCount> {
        let counts = match response {
            Ok(counts) => counts,
            Err(error) => return Evaluation::Error(error),
        };
        let left = counts.to_process.unwrap_or(0).saturating_add(counts.processing.unwrap_or(0));
        self.counts = Some(counts.clone());
        if left == 0 { Evaluation::Success(counts) } else { Evaluation::Pending }
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.counts.as_ref()?).ok()
    }
}

/// The condition that each of some inputs is processed, failed, or missing: see [`InputsProcessed::of`].
///
/// The result is the final state of each, in the order of the ids.
///
/// While more than [`MAX_SINGLE`](Self::MAX_SINGLE) are open, each poll begins with the list of inputs
/// (`GET /v2/inputs`, with a page size of the number of ids, at most 1,000) and reads it up to the first page that has
/// none of them: 50 requests for 50,000 inputs at the beginning of the list, where inputs are that were stored a moment
/// ago. Inputs that were not in the list are then requested by id (`GET /v2/inputs/{id}`, one request each) up to the
/// first one that is not done. For many inputs, set a [rate limiter](crate::Config::with_rate_limiter).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SomeInputsProcessed {
    ids: Vec<String>,
    /// The final state of each, where it is known.
    found: BTreeMap<String, Option<Processed>>,
    open: usize,
    /// Index of the first id that is not done. The ids are requested in their order.
    next: usize,
    step: PollStep,
    /// An input that the current poll found in progress.
    waiting: Option<(String, Status)>,
    /// Whether the service provides the list.
    lists: bool,
}

/// What a poll requests next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PollStep {
    /// The first input that is not done.
    One,
    /// A page of the list.
    Page {
        /// Number of the page, counted from 1.
        number: u32,
        /// How many of the inputs were on the pages before it.
        seen: usize,
    },
}

/// The final state of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Processed {
    /// Id of the input.
    pub id: String,
    /// Final status: processed, or the reason for the failure. `None` where the app has no such input, or the service
    /// reports no status.
    pub status: Option<Status>,
    /// Whether the app has no such input, or has it no longer.
    pub missing: bool,
}

impl Processed {
    /// Returns whether the input exists and was processed without an error.
    pub fn is_success(&self) -> bool {
        !self.missing && self.status.as_ref().is_some_and(Status::is_success)
    }
}

impl SomeInputsProcessed {
    /// The number of open inputs up to which each is requested by its id, without the list.
    pub const MAX_SINGLE: usize = 20;

    fn new(ids: Vec<String>) -> Self {
        let found: BTreeMap<_, _> = ids.iter().map(|id| (id.clone(), None)).collect();
        let open = found.len();
        let mut condition = Self { ids, found, open, next: 0, step: PollStep::One, waiting: None, lists: true };
        condition.restart();
        condition
    }

    /// Returns the final states known so far, by id.
    pub fn done(&self) -> impl Iterator<Item = &Processed> {
        self.found.values().flatten()
    }

    /// Returns the number of different inputs.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Returns the number of inputs that are not done.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Returns all ids in their order, duplicates included.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Prepares the next poll.
    fn restart(&mut self) {
        self.step = match self.lists && self.open > Self::MAX_SINGLE {
            true => PollStep::Page { number: 1, seen: 0 },
            false => PollStep::One,
        };
    }

    fn per_page(&self) -> u32 {
        u32::try_from(self.found.len()).unwrap_or(MAX_PER_PAGE).min(MAX_PER_PAGE)
    }

    /// Records the status of an input.
    fn note(&mut self, id: &str, status: Option<Status>) {
        // An unknown code may stand for something that is still in progress.
        let in_progress = |status: &Status| {
            matches!(status.class(), StatusClass::Pending | StatusClass::Retry | StatusClass::Unknown)
        };
        match status {
            Some(status) if in_progress(&status) => self.waiting = Some((id.to_owned(), status)),
            status => self.finish(Processed { id: id.to_owned(), status, missing: false }),
        }
    }

    fn finish(&mut self, processed: Processed) {
        if let Some(place @ None) = self.found.get_mut(&processed.id) {
            *place = Some(processed);
            self.open = self.open.saturating_sub(1);
        }
    }

    /// Decides what follows a response: the next request, or a pause before the next poll.
    fn evaluation(&mut self) -> Evaluation<Vec<Processed>> {
        while self.ids.get(self.next).is_some_and(|id| self.found.get(id).is_none_or(Option::is_some)) {
            self.next += 1;
        }
        if self.open == 0 {
            return Evaluation::Success(self.all());
        }
        if self.step != PollStep::One || self.waiting.is_none() {
            return Evaluation::RequestMore;
        }
        self.restart();
        Evaluation::Pending
    }

    fn all(&self) -> Vec<Processed> {
        self.ids.iter().filter_map(|id| self.found.get(id)?.clone()).collect()
    }

    fn evaluate_page(
        &mut self,
        number: u32,
        before: usize,
        response: Result<Vec<Input>, Error>,
    ) -> Evaluation<Vec<Processed>> {
        match response {
            Ok(inputs) => {
                if number == 1 {
                    self.waiting = None;
                }
                let mut seen = before;
                for input in inputs {
                    let Some(known) = self.found.get(&input.id) else { continue };
                    seen += 1;
                    // A final state is not replaced. An input without a status in the list is requested by its id.
                    if known.is_none() && input.status.is_some() {
                        self.note(&input.id, input.status);
                    }
                }
                // Reads up to the first page without any of them, or until all were seen, which also ends a list that
                // repeats itself.
                self.step = match seen > before && seen < self.found.len() {
                    true => PollStep::Page { number: number.saturating_add(1), seen },
                    false => PollStep::One,
                };
                self.evaluation()
            }
            Err(error) if is_about_the_page(&error) => {
                (self.lists, self.step) = (false, PollStep::One);
                self.evaluation()
            }
            Err(error) => Evaluation::Error(error),
        }
    }

    fn evaluate_one(&mut self, response: Result<Vec<Input>, Error>) -> Evaluation<Vec<Processed>> {
        let Some(id) = self.ids.get(self.next).cloned() else { return Evaluation::Success(self.all()) };
        match response.map(|inputs| inputs.into_iter().next()) {
            Ok(Some(input)) if [&*id, ""].contains(&&*input.id) => {
                self.waiting = None;
                self.note(&id, input.status);
            }
            Ok(_) => {
                let problem = "the response contains another input than the requested one";
                return Evaluation::Error(Error::new(LookUpInputs::SPEC.name, InvalidResponse::of_content(problem)));
            }
            Err(error) if error.is_definitely_not_found() => {
                self.waiting = None;
                self.finish(Processed { id, status: None, missing: true });
            }
            Err(error) => return Evaluation::Error(error),
        }
        self.evaluation()
    }
}

/// Returns whether the error is about the page, such as one too deep in the list or too large, and not about the
/// caller.
fn is_about_the_page(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Api(_) | ErrorKind::InvalidResponse(_) | ErrorKind::Transport(_))
        && retry::cause(error, Replay::Safe).is_none()
        && !error.is_auth()
        && !error.is_quota()
}

impl Condition for SomeInputsProcessed {
    #[doc(hidden)]
    type Operation = LookUpInputs;
    type Output = Vec<Processed>;
    const NAME: &'static str = "wait for some uploads";

    fn begin(&self) -> Result<Option<Vec<Processed>>, InvalidArgument> {
        for (index, id) in self.ids.iter().enumerate() {
            check_id("id", id).map_err(|invalid| invalid.at("ids", index))?;
        }
        Ok((self.open == 0).then(|| self.all()))
    }

    fn request(&self) -> LookUpInputs {
        LookUpInputs(match self.step {
            PollStep::One => Request::One(GetInput::new(self.ids.get(self.next).map_or("", String::as_str))),
            PollStep::Page { number, .. } => Request::Page(ListInputs::new().page(Page::new(number, self.per_page()))),
        })
    }

    fn evaluate(&mut self, response: Result<Vec<Input>, Error>) -> Evaluation<Vec<Processed>> {
        match self.step {
            PollStep::One => self.evaluate_one(response),
            PollStep::Page { number, seen } => self.evaluate_page(number, seen, response),
        }
    }

    fn last_state(&self) -> Option<Value> {
        let seen = self.waiting.as_ref().map(|(id, status)| (id, Some(status)));
        let waiting = seen.or_else(|| Some((self.ids.get(self.next)?, None)));
        let waiting = waiting.map(|(id, status)| json!({"id": id, "status": status}));
        Some(json!({"done": self.count() - self.open, "of": self.count(), "waiting_for": waiting}))
    }
}

/// The request of [`SomeInputsProcessed`]: one input by its id, or a page of the list.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct LookUpInputs(Request);

#[derive(Clone, Debug)]
enum Request {
    One(GetInput),
    Page(ListInputs),
}

impl Operation for LookUpInputs {
    type Output = Vec<Input>;
    const SPEC: Spec = Spec::get("look up inputs").partial();

    fn target(&self, target: &mut Target) {
        match &self.0 {
            Request::One(one) => one.target(target),
            Request::Page(page) => page.target(target),
        }
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        match &self.0 {
            Request::One(one) => one.body(),
            Request::Page(page) => page.body(),
        }
    }

    fn decode(&self, response: &Envelope) -> Result<Vec<Input>, DecodeError> {
        match &self.0 {
            Request::One(one) => one.decode(response).map(|input| vec![input]),
            Request::Page(page) => page.decode(response),
        }
    }
}
