//! Until inputs that were stored are processed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Goal, Verdict, Wait};
use crate::app::App;
use crate::error::{DecodeError, Error, Invalid};
use crate::inputs::{GetInput, GetInputCounts};
use crate::model::{Class, Input, InputCount, Status};
use crate::operation::Operation as _;
use crate::target::check_id;

/// Waits until no input of the app is left to process: see [`WaitForUploads::new`].
pub type WaitForUploads = Wait<AllProcessed>;

/// Waits until each of some inputs is processed: see [`WaitForUploadsOf::new`].
pub type WaitForUploadsOf = Wait<TheseProcessed>;

/// No input of the app is left to process, as `GET /v2/inputs/status` counts them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AllProcessed {
    counts: Option<InputCount>,
}

impl WaitForUploads {
    /// Waits until nothing is left to process, whoever stored it. Gives the counts, in which failed inputs have a
    /// number of their own.
    ///
    /// Where others store inputs all the time this may never come: then wait for [one's own](WaitForUploadsOf::new).
    #[doc(alias = "wait_until_inputs_upload_finish")]
    pub fn new(app: &App) -> Self {
        Self::until(app, AllProcessed::default())
    }
}

impl AllProcessed {
    /// The counts of the last look.
    pub fn counts(&self) -> Option<&InputCount> {
        self.counts.as_ref()
    }
}

impl Goal for AllProcessed {
    type Operation = GetInputCounts;
    type Output = InputCount;
    const NAME: &'static str = "wait for uploads";

    fn question(&self) -> GetInputCounts {
        GetInputCounts::default()
    }

    fn judge(&mut self, answer: Result<InputCount, Error>) -> Verdict<InputCount> {
        let counts = match answer {
            Ok(counts) => counts,
            Err(error) => return Verdict::Error(error),
        };
        let left = counts.to_process.unwrap_or(0).saturating_add(counts.processing.unwrap_or(0));
        self.counts = Some(counts.clone());
        if left == 0 { Verdict::Done(counts) } else { Verdict::Pending }
    }

    fn known(&self) -> Option<Value> {
        serde_json::to_value(self.counts.as_ref()?).ok()
    }
}

/// Each of some inputs is processed, or failed, or gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TheseProcessed {
    ids: Vec<String>,
    /// Of the first of them, in order.
    done: Vec<Processed>,
    /// The status of the one that is looked at.
    current: Option<Status>,
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
    pub fn is_good(&self) -> bool {
        !self.missing && self.status.as_ref().is_some_and(Status::is_success)
    }
}

impl WaitForUploadsOf {
    /// Waits until each input with one of these ids is processed, and gives what became of each, in their order.
    ///
    /// They are looked up one after the other (`GET /v2/inputs/{id}`): one request for each, and one for each pause.
    /// Give the app a [pacer](App::with_pacer) when they are many.
    pub fn new(app: &App, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let ids: Vec<_> = ids.into_iter().map(Into::into).collect();
        Self::until(app, TheseProcessed { ids, done: Vec::new(), current: None })
    }
}

impl TheseProcessed {
    /// What became of the first of them, as far as that is known.
    pub fn done(&self) -> &[Processed] {
        &self.done
    }

    /// All ids.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }
}

impl Goal for TheseProcessed {
    type Operation = GetInput;
    type Output = Vec<Processed>;
    const NAME: &'static str = "wait for some uploads";

    fn begin(&self) -> Result<Option<Vec<Processed>>, Invalid> {
        for (index, id) in self.ids.iter().enumerate() {
            check_id("id", id).map_err(|invalid| invalid.at("ids", index))?;
        }
        Ok((self.done.len() >= self.ids.len()).then(|| self.done.clone()))
    }

    fn question(&self) -> GetInput {
        GetInput::new(self.ids.get(self.done.len()).map_or("", String::as_str))
    }

    fn judge(&mut self, answer: Result<Input, Error>) -> Verdict<Vec<Processed>> {
        let Some(id) = self.ids.get(self.done.len()).cloned() else { return Verdict::Done(self.done.clone()) };
        let found = match answer {
            Ok(input) if ![&*id, ""].contains(&&*input.id) => {
                let problem = "it is about another input than the one that was asked for";
                return Verdict::Error(Error::new(GetInput::NAME, DecodeError::of_content(problem)));
            }
            // A code that nobody knows yet may stand for something that goes on.
            Ok(Input { status: Some(status), .. })
                if matches!(status.class(), Class::Pending | Class::Retry | Class::Unknown) =>
            {
                self.current = Some(status);
                return Verdict::Pending;
            }
            Ok(input) => Processed { id, status: input.status, missing: false },
            Err(error) if error.is_surely_not_found() => Processed { id, status: None, missing: true },
            Err(error) => return Verdict::Error(error),
        };
        self.current = None;
        self.done.push(found);
        if self.done.len() == self.ids.len() { Verdict::Done(self.done.clone()) } else { Verdict::More }
    }

    fn known(&self) -> Option<Value> {
        let waiting = self.ids.get(self.done.len()).map(|id| json!({"id": id, "status": self.current}));
        Some(json!({"done": self.done.len(), "of": self.ids.len(), "waiting_for": waiting}))
    }
}
