//! `GET /v2/annotations`: lists annotations, one page per request.

use crate::operation::{Spec, paged, plain_operation};
use crate::page::Page;
use crate::target::Target;
use crate::types::Annotation;

/// Lists one page of annotations: `GET /v2/annotations`.
///
/// By default the list contains only annotations that people made and that are accepted: see [`all`](Self::all) and
/// [`with_models`](Self::with_models). It contains 20 annotations per page.
#[doc(alias("list_annotations", "Inputs.list_annotations"))]
#[derive(Clone, Debug, Default)]
pub struct ListAnnotations {
    page: Page,
    ids: Vec<String>,
    inputs: Vec<String>,
    users: Vec<String>,
    model_versions: Vec<String>,
    workflow_versions: Vec<String>,
    task: Option<String>,
    all: bool,
    with_models: bool,
}

impl ListAnnotations {
    /// Creates a request for the first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a request for the first page of the annotations of the input with this id.
    pub fn of_input(input: impl Into<String>) -> Self {
        Self::new().input(input)
    }

    /// Sets the page. Default: the first, with 20 annotations.
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Lists annotations with this id. Several ids widen the list.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.ids.push(id.into());
        self
    }

    /// Lists annotations of the input with this id. Several ids widen the list.
    pub fn input(mut self, id: impl Into<String>) -> Self {
        self.inputs.push(id.into());
        self
    }

    /// Lists annotations made by the user with this id. Several ids widen the list.
    pub fn user(mut self, id: impl Into<String>) -> Self {
        self.users.push(id.into());
        self
    }

    /// Lists annotations made by the model version with this id. Several ids widen the list.
    pub fn model_version(mut self, id: impl Into<String>) -> Self {
        self.model_versions.push(id.into());
        self
    }

    /// Lists annotations made by the workflow version with this id. Several ids widen the list.
    pub fn workflow_version(mut self, id: impl Into<String>) -> Self {
        self.workflow_versions.push(id.into());
        self
    }

    /// Lists annotations of the labeling task with this id.
    pub fn task(mut self, id: impl Into<String>) -> Self {
        self.task = Some(id.into());
        self
    }

    /// Lists annotations of every review state. Default: only accepted ones.
    #[doc(alias = "list_all_annotations")]
    pub fn all(mut self) -> Self {
        self.all = true;
        self
    }

    /// Lists annotations made by models too. Default: only those made by people.
    #[doc(alias = "return_model_output")]
    pub fn with_models(mut self) -> Self {
        self.with_models = true;
        self
    }

    fn query(&self, target: &mut Target) {
        target.path("annotations").page(self.page);
        for (key, values) in [
            ("ids", &self.ids),
            ("input_ids", &self.inputs),
            ("user_ids", &self.users),
            ("model_version_ids", &self.model_versions),
            ("workflow_version_ids", &self.workflow_versions),
        ] {
            for value in values {
                target.query(key, value);
            }
        }
        if let Some(task) = &self.task {
            target.query("task_id", task);
        }
        if self.all {
            target.query("list_all_annotations", true);
        }
        if self.with_models {
            target.query("return_model_output", true);
        }
    }
}

plain_operation!(ListAnnotations => Vec<Annotation> {
    spec: Spec::get("list annotations").partial(),
    target: |this, target| this.query(target),
    decode: list("annotations"),
});

paged!(ListAnnotations, |annotation: &Annotation| crate::operation::in_app(
    annotation.input_id.as_deref(),
    &annotation.id
));
