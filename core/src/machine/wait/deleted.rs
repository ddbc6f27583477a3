//! Waits until deleted things are gone: the service responds to a deletion before it is finished.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Condition, Evaluation, Wait};
use crate::error::Error;
use crate::inputs::{GetInput, ListInputs};
use crate::models::{GetModel, ListModels, ModelRef};
use crate::operation::Paged as _;
use crate::page::Page;
use crate::target::AppRef;
use crate::types::{Input, Model, StatusCode};

/// A wait until the app has no inputs: see [`WaitForInputsDeleted::new`].
pub type WaitForInputsDeleted = Wait<AllInputsDeleted>;

/// A wait until one input is deleted: see [`WaitForInputDeleted::new`].
pub type WaitForInputDeleted = Wait<InputDeleted>;

/// A wait until the app has no models of its own: see [`WaitForModelsDeleted::new`].
pub type WaitForModelsDeleted = Wait<AllModelsDeleted>;

/// A wait until one model is deleted: see [`WaitForModelDeleted::new`].
pub type WaitForModelDeleted = Wait<ModelDeleted>;

/// The condition that the list of the app's inputs is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllInputsDeleted {
    first_page: Option<u64>,
}

impl WaitForInputsDeleted {
    /// Creates a wait until `GET /v2/inputs` lists no inputs.
    #[doc(alias = "wait_until_inputs_delete_finish")]
    #[expect(clippy::new_without_default, reason = "a wait is started on purpose")]
    pub fn new() -> Self {
        Self::until(AllInputsDeleted::default())
    }
}

impl AllInputsDeleted {
    /// Returns the number of inputs on the first page at the last poll, at most 20, or `None` before the first poll.
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

    fn evaluate(&mut self, answer: Result<Vec<Input>, Error>) -> Evaluation<()> {
        match answer {
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

/// The condition that one input is deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputDeleted {
    id: String,
    last: Option<Input>,
}

impl WaitForInputDeleted {
    /// Creates a wait until `GET /v2/inputs/{id}` reports that the input does not exist. If the service reports that it
    /// could not delete the input, the wait ends with the error [`WaitCause::Failed`](crate::error::WaitCause::Failed).
    pub fn new(id: impl Into<String>) -> Self {
        Self::until(InputDeleted { id: id.into(), last: None })
    }
}

impl InputDeleted {
    /// Returns the input as of the last poll that found it.
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

    fn evaluate(&mut self, answer: Result<Input, Error>) -> Evaluation<()> {
        if let Ok(Input { status: Some(status), .. }) = &answer {
            if status.code == Some(StatusCode::INPUT_DELETE_FAILED) {
                let status = Box::new(status.clone());
                self.last = answer.ok();
                return Evaluation::Failure(status);
            }
        }
        gone(answer, &mut self.last)
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}

/// Evaluates a request for a thing that is to be deleted.
fn gone<T>(answer: Result<T, Error>, last: &mut Option<T>) -> Evaluation<()> {
    match answer {
        Ok(there) => {
            *last = Some(there);
            Evaluation::Pending
        }
        Err(error) if error.is_definitely_not_found() => Evaluation::Success(()),
        Err(error) => Evaluation::Error(error),
    }
}

/// The condition that the list of models contains none of the app's own. Models of the service are not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllModelsDeleted {
    /// Page of the poll in progress, minus 1.
    page: u32,
    /// Number of the app's own models on the pages read so far.
    own: u64,
    /// Keys of all models on the pages read so far. A page without any new model is the last one.
    seen: BTreeSet<String>,
    /// Number of the app's own models found by the last complete poll.
    left: Option<u64>,
}

impl WaitForModelsDeleted {
    /// Creates a wait until `GET /v2/models`, read to its end, lists only models of the service.
    #[doc(alias = "wait_until_models_delete_finish")]
    #[expect(clippy::new_without_default, reason = "a wait is started on purpose")]
    pub fn new() -> Self {
        Self::until(AllModelsDeleted::default())
    }
}

impl AllModelsDeleted {
    /// Returns the number of the app's own models at the last complete poll, or `None` before it.
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

    fn evaluate(&mut self, answer: Result<Vec<Model>, Error>) -> Evaluation<()> {
        let models = match answer {
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
        let look = std::mem::take(self);
        self.left = Some(look.own);
        if look.own == 0 { Evaluation::Success(()) } else { Evaluation::Pending }
    }

    fn last_state(&self) -> Option<Value> {
        Some(json!({"models_left": self.left?}))
    }
}

/// The condition that one model is deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelDeleted {
    id: String,
    owner: Option<AppRef>,
    last: Option<Model>,
}

impl WaitForModelDeleted {
    /// Creates a wait until `GET /v2/models/{id}` reports that the model does not exist. A version in the [`ModelRef`]
    /// is ignored.
    pub fn new(model: impl Into<ModelRef>) -> Self {
        let model = model.into();
        Self::until(ModelDeleted { id: model.id().to_owned(), owner: model.owner().cloned(), last: None })
    }
}

impl ModelDeleted {
    /// Returns the model as of the last poll that found it.
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

    fn evaluate(&mut self, answer: Result<Model, Error>) -> Evaluation<()> {
        gone(answer, &mut self.last)
    }

    fn last_state(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}
