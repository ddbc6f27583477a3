//! Until what was deleted is gone: the service answers a deletion before that.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Goal, Verdict, Wait};
use crate::app::App;
use crate::error::Error;
use crate::inputs::{GetInput, ListInputs};
use crate::model::{Input, Model, StatusCode};
use crate::models::{GetModel, ListModels, ModelRef};
use crate::page::Page;
use crate::pages::Paged;
use crate::target::Scope;

/// Waits until the app has no inputs: see [`WaitForInputsDeleted::new`].
pub type WaitForInputsDeleted = Wait<NoInputs>;

/// Waits until one input is gone: see [`WaitForInputDeleted::new`].
pub type WaitForInputDeleted = Wait<InputGone>;

/// Waits until the app has no models of its own: see [`WaitForModelsDeleted::new`].
pub type WaitForModelsDeleted = Wait<NoModels>;

/// Waits until one model is gone: see [`WaitForModelDeleted::new`].
pub type WaitForModelDeleted = Wait<ModelGone>;

/// The list of the app's inputs is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoInputs {
    first_page: Option<u64>,
}

impl WaitForInputsDeleted {
    /// Waits until `GET /v2/inputs` lists nothing.
    #[doc(alias = "wait_until_inputs_delete_finish")]
    pub fn new(app: &App) -> Self {
        Self::until(app, NoInputs::default())
    }
}

impl NoInputs {
    /// How many inputs the first page had at the last look: a page holds 20.
    pub fn first_page(&self) -> Option<u64> {
        self.first_page
    }
}

impl Goal for NoInputs {
    type Operation = ListInputs;
    type Output = ();
    const NAME: &'static str = "wait for inputs to be deleted";

    fn question(&self) -> ListInputs {
        ListInputs::new()
    }

    fn judge(&mut self, answer: Result<Vec<Input>, Error>) -> Verdict<()> {
        match answer {
            Ok(inputs) => {
                self.first_page = Some(inputs.len() as u64);
                if inputs.is_empty() { Verdict::Done(()) } else { Verdict::Pending }
            }
            Err(error) => Verdict::Error(error),
        }
    }

    fn known(&self) -> Option<Value> {
        Some(json!({"inputs_on_first_page": self.first_page?}))
    }
}

/// One input is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputGone {
    id: String,
    last: Option<Input>,
}

impl WaitForInputDeleted {
    /// Waits until `GET /v2/inputs/{id}` says that there is no such input. That the service could not delete it is the error
    /// [`WaitCause::Failed`](crate::error::WaitCause::Failed).
    pub fn new(app: &App, id: impl Into<String>) -> Self {
        Self::until(app, InputGone { id: id.into(), last: None })
    }
}

impl InputGone {
    /// The input as it was at the last look.
    pub fn last(&self) -> Option<&Input> {
        self.last.as_ref()
    }
}

impl Goal for InputGone {
    type Operation = GetInput;
    type Output = ();
    const NAME: &'static str = "wait for input to be deleted";

    fn question(&self) -> GetInput {
        GetInput::new(&self.id)
    }

    fn judge(&mut self, answer: Result<Input, Error>) -> Verdict<()> {
        if let Ok(Input { status: Some(status), .. }) = &answer {
            if status.code == Some(StatusCode::new(30005)) {
                let status = Box::new(status.clone());
                self.last = answer.ok();
                return Verdict::Failed(status);
            }
        }
        gone(answer, &mut self.last)
    }

    fn known(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}

/// A look at one thing that shall not be there.
fn gone<T>(answer: Result<T, Error>, last: &mut Option<T>) -> Verdict<()> {
    match answer {
        Ok(there) => {
            *last = Some(there);
            Verdict::Pending
        }
        Err(error) if error.is_surely_not_found() => Verdict::Done(()),
        Err(error) => Verdict::Error(error),
    }
}

/// The list of models holds none of the app's own; those of the service stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoModels {
    /// The page of the look that is under way, less one.
    page: u32,
    /// Models of one's own on its pages so far.
    own: u64,
    /// All models on its pages so far: a page that brings none of them anew is the last one, whatever comes after.
    seen: BTreeSet<String>,
    /// How many models of one's own the last whole look found.
    left: Option<u64>,
}

impl WaitForModelsDeleted {
    /// Waits until `GET /v2/models`, read to its end, lists no model but those of the service.
    #[doc(alias = "wait_until_models_delete_finish")]
    pub fn new(app: &App) -> Self {
        Self::until(app, NoModels::default())
    }
}

impl NoModels {
    /// How many models of its own the app had at the last look.
    pub fn left(&self) -> Option<u64> {
        self.left
    }
}

impl Goal for NoModels {
    type Operation = ListModels;
    type Output = ();
    const NAME: &'static str = "wait for models to be deleted";

    fn question(&self) -> ListModels {
        ListModels::new().page(Page { number: self.page.saturating_add(1), ..Page::default() })
    }

    fn judge(&mut self, answer: Result<Vec<Model>, Error>) -> Verdict<()> {
        let models = match answer {
            Ok(models) => models,
            Err(error) => return Verdict::Error(error),
        };
        let before = self.seen.len();
        for model in models {
            if self.seen.insert(ListModels::key(&model).into_owned()) && !model.is_public() {
                self.own += 1;
            }
        }
        if self.seen.len() > before && self.page < u32::MAX - 1 {
            self.page += 1;
            return Verdict::More;
        }
        let look = std::mem::take(self);
        self.left = Some(look.own);
        if look.own == 0 { Verdict::Done(()) } else { Verdict::Pending }
    }

    fn known(&self) -> Option<Value> {
        Some(json!({"models_left": self.left?}))
    }
}

/// One model is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelGone {
    id: String,
    owner: Option<Scope>,
    last: Option<Model>,
}

impl WaitForModelDeleted {
    /// Waits until `GET /v2/models/{id}` says that there is no such model. A version in the [`ModelRef`] counts for
    /// nothing.
    pub fn new(app: &App, model: impl Into<ModelRef>) -> Self {
        let model = model.into();
        Self::until(app, ModelGone { id: model.id().to_owned(), owner: model.owner().cloned(), last: None })
    }
}

impl ModelGone {
    /// The model as it was at the last look.
    pub fn last(&self) -> Option<&Model> {
        self.last.as_ref()
    }
}

impl Goal for ModelGone {
    type Operation = GetModel;
    type Output = ();
    const NAME: &'static str = "wait for model to be deleted";

    fn question(&self) -> GetModel {
        let model = ModelRef::from(&*self.id);
        GetModel::new(match &self.owner {
            Some(owner) => model.of(owner.clone()),
            None => model,
        })
    }

    fn judge(&mut self, answer: Result<Model, Error>) -> Verdict<()> {
        gone(answer, &mut self.last)
    }

    fn known(&self) -> Option<Value> {
        serde_json::to_value(self.last.as_ref()?).ok()
    }
}
