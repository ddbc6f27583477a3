//! Until inputs that were stored are processed.

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Condition, Evaluation, Wait};
#[cfg(doc)]
use crate::config::Config;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{Error, ErrorKind, InvalidArgument, InvalidResponse};
use crate::inputs::{GetInput, GetInputCounts, ListInputs};
use crate::operation::{Operation, Replay};
use crate::page::{MAX_PER_PAGE, Page};
use crate::policy::retry;
use crate::target::{Target, check_id};
use crate::types::{Input, InputCount, Status, StatusClass};

/// Waits until no input of the app is left to process: see [`WaitForUploads::new`].
pub type WaitForUploads = Wait<AllInputsProcessed>;

/// Waits until each of some inputs is processed: see [`WaitForUploadsOf::new`].
pub type WaitForUploadsOf = Wait<InputsProcessed>;

/// No input of the app is left to process, as `GET /v2/inputs/status` counts them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AllInputsProcessed {
    counts: Option<InputCount>,
}

impl WaitForUploads {
    /// Waits until nothing is left to process, whoever stored it. Gives the counts, in which failed inputs have a
    /// number of their own.
    ///
    /// Where others store inputs all the time this may never come: then wait for [one's own](WaitForUploadsOf::new).
    #[doc(alias = "wait_until_inputs_upload_finish")]
    #[expect(clippy::new_without_default, reason = "a wait is started on purpose")]
    pub fn new() -> Self {
        Self::until(AllInputsProcessed::default())
    }
}

impl AllInputsProcessed {
    /// The counts of the last look.
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

/// Each of some inputs is processed, or failed, or gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputsProcessed {
    ids: Vec<String>,
    /// What became of each, as far as that is known.
    found: BTreeMap<String, Option<Processed>>,
    open: usize,
    /// How many of the first are done. Each is asked for in its turn.
    next: usize,
    ask: Ask,
    /// One that was seen at this look, and goes on.
    waiting: Option<(String, Status)>,
    /// Whether the service gives the list.
    lists: bool,
}

/// What a look asks for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Ask {
    /// The first that is not done.
    One,
    /// A page of the list, its number counted from 1. The pages before it showed one of these so often.
    Page { number: u32, seen: usize },
}

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Processed {
    /// Its id.
    pub id: String,
    /// Its final status: processed, or why not. `None` where the app has no such input, or does not say.
    pub status: Option<Status>,
    /// Whether the app has no such input (any more).
    pub missing: bool,
}

impl Processed {
    /// Whether it is there, and processed well.
    pub fn is_success(&self) -> bool {
        !self.missing && self.status.as_ref().is_some_and(Status::is_success)
    }
}

impl WaitForUploadsOf {
    /// Waits until each input with one of these ids is processed, and gives what became of each, in their order.
    ///
    /// While more than [`FEW`](InputsProcessed::FEW) are open, each look begins with the list of inputs
    /// (`GET /v2/inputs`, as many to a page as there are ids and 1,000 at most), and reads on for as long as a page has
    /// some of them: 50 requests for 50,000 inputs that come first in the list, as those do that were stored a moment
    /// ago. What the list did not show is asked for by its id (`GET /v2/inputs/{id}`), up to the first that
    /// is not done: one request for each. Give the app a [pacer](Config::with_rate_limiter) when they are many.
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
    /// Waits until no input of the app is left to process: as [`WaitForUploads::new`].
    pub fn all() -> WaitForUploads {
        WaitForUploads::new()
    }

    /// Waits until each input with one of these ids is processed: as [`WaitForUploadsOf::new`].
    pub fn of(ids: impl IntoIterator<Item = impl Into<String>>) -> WaitForUploadsOf {
        WaitForUploadsOf::new(ids)
    }

    /// So many are asked for one by one and without the list.
    pub const FEW: usize = 20;

    /// What became of those that are done, by their ids.
    pub fn done(&self) -> impl Iterator<Item = &Processed> {
        self.found.values().flatten()
    }

    /// How many inputs are waited for. An id that was named twice counts once.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// How many of them are not done.
    pub fn open(&self) -> usize {
        self.open
    }

    /// All ids, in the order in which they were named.
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

    /// Notes what one of them is like.
    fn note(&mut self, id: &str, status: Option<Status>) {
        // A code that nobody knows yet may stand for something that goes on.
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

    /// What comes after an answer: the next question, or a pause, after which the look begins anew.
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
                    // Done stays done; and one of which the list does not say how it is will be asked for.
                    if known.is_none() && input.status.is_some() {
                        self.note(&input.id, input.status);
                    }
                }
                // To the first page without any of them, or until all were seen. A list that goes round in circles
                // ends by that as well.
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
                return Evaluation::Error(Error::new(LookUpInputs::NAME, InvalidResponse::of_content(problem)));
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

/// Whether it speaks against the page, such as one too deep in the list or too large, and not against who asks.
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

/// One input by its id, or a page of the list: whichever a wait for inputs asks next.
#[derive(Clone, Debug)]
pub struct LookUpInputs(Question);

#[derive(Clone, Debug)]
enum Question {
    One(GetInput),
    Page(ListInputs),
}

impl Operation for LookUpInputs {
    type Output = Vec<Input>;
    const NAME: &'static str = "look up inputs";
    const METHOD: Method = Method::GET;
    const PARTIAL: bool = true;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        match &self.0 {
            Question::One(one) => one.target(target),
            Question::Page(page) => page.target(target),
        }
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<Input>, DecodeError> {
        match &self.0 {
            Question::One(one) => one.decode(answer).map(|input| vec![input]),
            Question::Page(page) => page.decode(answer),
        }
    }
}
