//! Waits until stored inputs are processed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Condition, Evaluation, Wait};
use crate::body::Body;
#[cfg(doc)]
use crate::config::Config;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, ErrorKind, InvalidArgument, InvalidResponse};
use crate::inputs::{GetInput, GetInputCounts, ListInputs};
use crate::operation::{Operation, Replay, Spec};
use crate::page::{MAX_PER_PAGE, Page};
use crate::policy::retry;
use crate::target::{Target, check_id};
use crate::types::{Input, InputCount, Status, StatusClass};

/// A wait until no input of the app is left to process: see [`WaitForUploads::new`].
pub type WaitForUploads = Wait<AllInputsProcessed>;

/// A wait until each of some inputs is processed: see [`WaitForUploadsOf::new`].
pub type WaitForUploadsOf = Wait<InputsProcessed>;

/// The condition that no input of the app is left to process, according to the counts of `GET /v2/inputs/status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AllInputsProcessed {
    counts: Option<InputCount>,
}

impl WaitForUploads {
    /// Creates a wait until no input of the app is left to process, including inputs stored by other clients. Its
    /// output is the counts; failed inputs are counted separately.
    ///
    /// If other clients store inputs continuously, this condition may never hold: then wait for [particular
    /// inputs](WaitForUploadsOf::new).
    #[doc(alias = "wait_until_inputs_upload_finish")]
    #[expect(clippy::new_without_default, reason = "a wait is started on purpose")]
    pub fn new() -> Self {
        Self::until(AllInputsProcessed::default())
    }
}

impl AllInputsProcessed {
    /// Returns the counts of the last poll, or `None` before the first one.
    pub fn counts(&self) -> Option<&InputCount> {
        self.counts.as_ref()
    }
}

impl Condition for AllInputsProcessed {
    type Operation = GetInputCounts;
    type Output = InputCount;
    const NAME: &'static str = "wait for uploads";

    fn request(&self) -> GetInputCounts {
        GetInputCounts::default()
    }

    fn evaluate(&mut self, answer: Result<InputCount, Error>) -> Evaluation<InputCount> {
        let counts = match answer {
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

/// The condition that each of some inputs is processed, failed or missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputsProcessed {
    ids: Vec<String>,
    /// Outcome of each input, as far as it is known.
    found: BTreeMap<String, Option<Processed>>,
    open: usize,
    /// Number of ids at the start of `ids` that are done. The next one is requested individually.
    next: usize,
    ask: Ask,
    /// An input that was still being processed at this poll.
    waiting: Option<(String, Status)>,
    /// Whether the service serves the list.
    lists: bool,
}

/// The next request of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Ask {
    /// The first input that is not done.
    One,
    /// A page of the list, numbered from 1. `seen` counts the awaited inputs on the pages before it.
    Page { number: u32, seen: usize },
}

/// The outcome of the processing of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Processed {
    /// Id of the input.
    pub id: String,
    /// Final status of the input: processed, or the reason why not. `None` if the input is missing or the service
    /// reports no status.
    pub status: Option<Status>,
    /// Whether the app does not contain the input, or no longer contains it.
    pub missing: bool,
}

impl Processed {
    /// Returns whether the input exists and was processed successfully.
    pub fn is_success(&self) -> bool {
        !self.missing && self.status.as_ref().is_some_and(Status::is_success)
    }
}

impl WaitForUploadsOf {
    /// Creates a wait until each input with one of these ids is processed. Its output is the outcome of each input, in
    /// the order of the ids.
    ///
    /// While more than [`FEW`](InputsProcessed::FEW) inputs are open, each poll starts with the list of inputs (`GET
    /// /v2/inputs`, with as many inputs per page as there are ids, at most 1,000) and reads the next page as long as a
    /// page contains some of them. This takes 50 requests for 50,000 inputs at the start of the list, where inputs are
    /// that were stored recently. Inputs not found in the list are requested by id (`GET /v2/inputs/{id}`), one request
    /// each, up to the first that is not done. For many inputs, configure a [rate limiter](Config::with_rate_limiter).
    pub fn new(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let ids: Vec<_> = ids.into_iter().map(Into::into).collect();
        let found: BTreeMap<_, _> = ids.iter().map(|id| (id.clone(), None)).collect();
        let open = found.len();
        let mut condition = InputsProcessed { ids, found, open, next: 0, ask: Ask::One, waiting: None, lists: true };
        condition.look_again();
        Self::until(condition)
    }
}

impl InputsProcessed {
    /// Creates a wait until no input of the app is left to process, like [`WaitForUploads::new`].
    pub fn all() -> WaitForUploads {
        WaitForUploads::new()
    }

    /// Creates a wait until each input with one of these ids is processed, like [`WaitForUploadsOf::new`].
    pub fn of(ids: impl IntoIterator<Item = impl Into<String>>) -> WaitForUploadsOf {
        WaitForUploadsOf::new(ids)
    }

    /// Up to this many open inputs are polled individually instead of through the list endpoint.
    pub const FEW: usize = 20;

    /// Returns the outcomes of the inputs that are done, ordered by id.
    pub fn done(&self) -> impl Iterator<Item = &Processed> {
        self.found.values().flatten()
    }

    /// Returns the number of awaited inputs. An id that was given twice counts once.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Returns the number of awaited inputs that are not done.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Returns all ids, in the order in which they were given.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    fn look_again(&mut self) {
        self.ask = match self.lists && self.open > Self::FEW {
            true => Ask::Page { number: 1, seen: 0 },
            false => Ask::One,
        };
    }

    fn per_page(&self) -> u32 {
        u32::try_from(self.found.len()).unwrap_or(MAX_PER_PAGE).min(MAX_PER_PAGE)
    }

    /// Records the status of an input.
    fn note(&mut self, id: &str, status: Option<Status>) {
        // An unknown code may stand for processing that continues.
        let goes_on = |status: &Status| {
            matches!(status.class(), StatusClass::Pending | StatusClass::Retry | StatusClass::Unknown)
        };
        match status {
            Some(status) if goes_on(&status) => self.waiting = Some((id.to_owned(), status)),
            status => self.finish(Processed { id: id.to_owned(), status, missing: false }),
        }
    }

    fn finish(&mut self, processed: Processed) {
        if let Some(place @ None) = self.found.get_mut(&processed.id) {
            *place = Some(processed);
            self.open = self.open.saturating_sub(1);
        }
    }

    /// Decides what follows a response: the next request, or a pause before a new poll.
    fn verdict(&mut self) -> Evaluation<Vec<Processed>> {
        while self.ids.get(self.next).is_some_and(|id| self.found.get(id).is_none_or(Option::is_some)) {
            self.next += 1;
        }
        if self.open == 0 {
            return Evaluation::Success(self.processed());
        }
        if self.ask != Ask::One || self.waiting.is_none() {
            return Evaluation::RequestMore;
        }
        self.look_again();
        Evaluation::Pending
    }

    fn processed(&self) -> Vec<Processed> {
        self.ids.iter().filter_map(|id| self.found.get(id)?.clone()).collect()
    }

    fn judge_page(
        &mut self,
        number: u32,
        before: usize,
        answer: Result<Vec<Input>, Error>,
    ) -> Evaluation<Vec<Processed>> {
        match answer {
            Ok(inputs) => {
                if number == 1 {
                    self.waiting = None;
                }
                let mut seen = before;
                for input in inputs {
                    let Some(known) = self.found.get(&input.id) else { continue };
                    seen += 1;
                    // Inputs that are done stay done. An input without a status in the list is requested by id later.
                    if known.is_none() && input.status.is_some() {
                        self.note(&input.id, input.status);
                    }
                }
                // Reading stops at the first page without any awaited input, or when all of them were seen. This also
                // ends a list that repeats its pages.
                self.ask = match seen > before && seen < self.found.len() {
                    true => Ask::Page { number: number.saturating_add(1), seen },
                    false => Ask::One,
                };
                self.verdict()
            }
            Err(error) if is_of_the_page(&error) => {
                (self.lists, self.ask) = (false, Ask::One);
                self.verdict()
            }
            Err(error) => Evaluation::Error(error),
        }
    }

    fn judge_one(&mut self, answer: Result<Vec<Input>, Error>) -> Evaluation<Vec<Processed>> {
        let Some(id) = self.ids.get(self.next).cloned() else { return Evaluation::Success(self.processed()) };
        match answer.map(|inputs| inputs.into_iter().next()) {
            Ok(Some(input)) if [&*id, ""].contains(&&*input.id) => {
                self.waiting = None;
                self.note(&id, input.status);
            }
            Ok(_) => {
                let problem = "it is about another input than the one that was asked for";
                return Evaluation::Error(Error::new(LookUpInputs::SPEC.name, InvalidResponse::of_content(problem)));
            }
            Err(error) if error.is_definitely_not_found() => {
                self.waiting = None;
                self.finish(Processed { id, status: None, missing: true });
            }
            Err(error) => return Evaluation::Error(error),
        }
        self.verdict()
    }
}

/// Returns whether the error is about the page, such as one that is too deep in the list or too large, and not about
/// the caller.
fn is_of_the_page(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Api(_) | ErrorKind::InvalidResponse(_) | ErrorKind::Transport(_))
        && retry::cause(error, Replay::Safe).is_none()
        && !error.is_auth()
        && !error.is_quota()
}

impl Condition for InputsProcessed {
    type Operation = LookUpInputs;
    type Output = Vec<Processed>;
    const NAME: &'static str = "wait for some uploads";

    fn begin(&self) -> Result<Option<Vec<Processed>>, InvalidArgument> {
        for (index, id) in self.ids.iter().enumerate() {
            check_id("id", id).map_err(|invalid| invalid.at("ids", index))?;
        }
        Ok((self.open == 0).then(|| self.processed()))
    }

    fn request(&self) -> LookUpInputs {
        LookUpInputs(match self.ask {
            Ask::One => Question::One(GetInput::new(self.ids.get(self.next).map_or("", String::as_str))),
            Ask::Page { number, .. } => Question::Page(ListInputs::new().page(Page::new(number, self.per_page()))),
        })
    }

    fn evaluate(&mut self, answer: Result<Vec<Input>, Error>) -> Evaluation<Vec<Processed>> {
        match self.ask {
            Ask::One => self.judge_one(answer),
            Ask::Page { number, seen } => self.judge_page(number, seen, answer),
        }
    }

    fn last_state(&self) -> Option<Value> {
        let seen = self.waiting.as_ref().map(|(id, status)| (id, Some(status)));
        let waiting = seen.or_else(|| Some((self.ids.get(self.next)?, None)));
        let waiting = waiting.map(|(id, status)| json!({"id": id, "status": status}));
        Some(json!({"done": self.count() - self.open, "of": self.count(), "waiting_for": waiting}))
    }
}

/// A request for one input by id or for a page of the list, as a wait for inputs needs it.
#[derive(Clone, Debug)]
pub struct LookUpInputs(Question);

#[derive(Clone, Debug)]
enum Question {
    One(GetInput),
    Page(ListInputs),
}

impl Operation for LookUpInputs {
    type Output = Vec<Input>;
    const SPEC: Spec = Spec::get("look up inputs").partial();

    fn target(&self, target: &mut Target) {
        match &self.0 {
            Question::One(one) => one.target(target),
            Question::Page(page) => page.target(target),
        }
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        match &self.0 {
            Question::One(one) => one.body(),
            Question::Page(page) => page.body(),
        }
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Input>, DecodeError> {
        match &self.0 {
            Question::One(one) => one.decode(answer).map(|input| vec![input]),
            Question::Page(page) => page.decode(answer),
        }
    }
}
