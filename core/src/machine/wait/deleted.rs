//! Waiting until deleted things are gone: the service responds to a deletion before it has happened.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Condition, Evaluation};
use crate::error::Error;
use crate::inputs::{GetInput, ListInputs};
use crate::models::{GetModel, ListModels, ModelRef};
use crate::operation::Paged as _;
use crate::page::Page;
use crate::target::AppRef;
use crate::types::{Input, Model, StatusCode};

super::into_machine!(AllInputsDeleted, InputDeleted, AllModelsDeleted, ModelDeleted);

/// The condition that the app has no inputs: `GET /v2/inputs` lists none.
#[doc(alias = "wait_until_inputs_delete_finish")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllInputsDeleted {
    first_page: Option<u64>,
}

impl AllInputsDeleted {
    /// Creates the condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of inputs on the first page as of the last poll. A page has at most 20.
    pub fn first_page(&self) -> Option<u64> {
        self.first_page
    }
}

impl Condition for AllInputsDeleted {
    type Operation = ListInputs;
    type Output = ();
    const NAME: &'static str = "wait for inputs to be deleted";

    fn request(&self) -> ListInputs {
        ListInputs::new()
    }

    fn evaluate(&mut self, response: Result<Vec<Input>, Error>) -> Evaluation<()> {
        match response {
            Ok(inputs) => {
                self.first_page = Some(inputs.len() as u64);
                if inputs.is_empty() { Evaluation::Success(()) } else { Evaluation::Pending }
            }
            Err(error) => Evaluation::Error(error),
        }
    }

    fn last_state(&self) -> Option<Value> {
        Some(json!({"inputs_on_first_page": self.first_page?}))
    }
}

/// The condition that one input is deleted: `GET /v2/inputs/{id}` does not find it.
///
/// If the service could not delete it the wait ends with [`WaitCause::Failed`](crate::error::WaitCause::Failed).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputDeleted {
    id: String,
    last: Option<Input>,
}

impl InputDeleted {
    /// Creates the condition for the input with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), last: None }
    }

    /// Returns the input as of the last poll.
    pub fn last(&self) -> Option<&Input> {
        self.last.as_ref()
    }
}

impl Condition for InputDeleted {
    type Operation = GetInput;
    type Output = ();
    const NAME: &'static str = "wait for input to be deleted";

    fn request(&self) -> GetInput {
        GetInput::new(&self.id)
    }

    fn evaluate(&mut self, response: Result<Input, Error>) -> Evaluation<()> {
        if let Ok(Input { status: Some(status), .. }) = &response {
            if status.code == Some(StatusCode::INPUT_DELETE_FAILED) {
                let status = Box::new(status.clone());
                self.last = response.ok();
                return Evaluation::Failure(status);
            }
        }
        not_found(response, &mut self.last)
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}

/// Evaluates a request for one thing that must not be found.
fn not_found<T>(response: Result<T, Error>, last: &mut Option<T>) -> Evaluation<()> {
    match response {
        Ok(found) => {
            *last = Some(found);
            Evaluation::Pending
        }
        Err(error) if error.is_definitely_not_found() => Evaluation::Success(()),
        Err(error) => Evaluation::Error(error),
    }
}

/// The condition that the app has no models: `GET /v2/models`, read to its end, lists only those of the service, which
/// cannot be deleted.
#[doc(alias = "wait_until_models_delete_finish")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllModelsDeleted {
    /// The page that the current poll requests next, counted from 0.
    page: u32,
    /// The number of the app's models on the pages of the current poll so far.
    own: u64,
    /// All models on the pages of the current poll so far. A page without a new one is taken for the last page, so that
    /// a list that repeats itself ends too.
    seen: BTreeSet<String>,
    /// The number of the app's models as of the last complete poll.
    left: Option<u64>,
}

impl AllModelsDeleted {
    /// Creates the condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of the app's models as of the last poll.
    pub fn left(&self) -> Option<u64> {
        self.left
    }
}

impl Condition for AllModelsDeleted {
    type Operation = ListModels;
    type Output = ();
    const NAME: &'static str = "wait for models to be deleted";

    fn request(&self) -> ListModels {
        ListModels::new().page(Page { number: self.page.saturating_add(1), ..Page::default() })
    }

    fn evaluate(&mut self, response: Result<Vec<Model>, Error>) -> Evaluation<()> {
        let models = match response {
            Ok(models) => models,
            Err(error) => return Evaluation::Error(error),
        };
        let before = self.seen.len();
        for model in models {
            if self.seen.insert(ListModels::key(&model).into_owned()) && !model.is_public() {
                self.own += 1;
            }
        }
        if self.seen.len() > before && self.page < u32::MAX - 1 {
            self.page += 1;
            return Evaluation::RequestMore;
        }
        let poll = std::mem::take(self);
        self.left = Some(poll.own);
        if poll.own == 0 { Evaluation::Success(()) } else { Evaluation::Pending }
    }

    fn last_state(&self) -> Option<Value> {
        Some(json!({"models_left": self.left?}))
    }
}

/// The condition that one model is deleted: `GET /v2/models/{id}` does not find it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelDeleted {
    id: String,
    owner: Option<AppRef>,
    last: Option<Model>,
}

impl ModelDeleted {
    /// Creates the condition for this model. A version in the [`ModelRef`] is ignored.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        let model = model.into();
        Self { id: model.id().to_owned(), owner: model.owner().cloned(), last: None }
    }

    /// Returns the model as of the last poll.
    pub fn last(&self) -> Option<&Model> {
        self.last.as_ref()
    }
}

impl Condition for ModelDeleted {
    type Operation = GetModel;
    type Output = ();
    const NAME: &'static str = "wait for model to be deleted";

    fn request(&self) -> GetModel {
        let model = ModelRef::from(&*self.id);
        GetModel::new(match &self.owner {
            Some(owner) => model.in_app(owner.clone()),
            None => model,
        })
    }

    fn evaluate(&mut self, response: Result<Model, Error>) -> Evaluation<()> {
        not_found(response, &mut self.last)
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}
