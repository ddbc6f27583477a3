//! Finds the id of a model by its name: through a cache, then by id, then by search.

use std::collections::BTreeMap;
use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Call, Event, Machine as _, Now, Procedure, Step, runs};
use crate::config::Config;
use crate::error::{AmbiguousName, Error, ErrorKind, Misuse, NoSuchModel};
use crate::models::{GetModel, ModelRef, SearchModels};
use crate::target::AppRef;
use crate::time::Latest;
use crate::types::Model;

/// Finds the model with a given id or name.
///
/// ```text
///         in the cache ─────────────────────────────────► Done
/// Begin ─┤
///         GET models/{name} ─ found ────────────────────► Done
///            └─ not found ─► POST models/searches ─ one ─► Done
///                              ├─ none ─────────────────► Done(NoSuchModel)
///                              └─ several ──────────────► Done(AmbiguousName)
/// ```
///
/// Several models of the service share one name: `general-v1.3` is the name of a model that predicts concepts, of an
/// embedder and of a clusterer. Unless a [type](Self::model_type) is set, embedders and clusterers are ignored. Only
/// the first page of a search is read, in the page size chosen by the service.
///
/// The result contains the current version of the model if it was found by a request, and no version if it comes from
/// the cache. Errors: [`NoSuchModel`] and [`AmbiguousName`].
#[doc(alias = "Models.get")]
#[derive(Debug)]
pub struct FindModel {
    config: Config,
    name: String,
    model_type: Option<String>,
    owner: Option<AppRef>,
    cache: Option<ModelCache>,
    state: State,
    clock: Latest,
}

#[derive(Debug)]
enum State {
    Start,
    Getting(Call<GetModel>),
    Searching(Call<SearchModels>),
    Spent,
}

impl FindModel {
    /// Name of the operation in errors.
    const NAME: &'static str = "find model";

    /// Creates a search for the model with this id or name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            config: Config::placeholder(),
            name: name.into(),
            model_type: None,
            owner: None,
            cache: None,
            state: State::Start,
            clock: Latest::default(),
        }
    }

    /// Sets the required type of the model, in the old spelling (`concept`, `color`, `embed`, ...) or the current one
    /// (`visual-classifier`, `visual-embedder`, ...).
    pub fn model_type(mut self, model_type: impl Into<String>) -> Self {
        self.model_type = Some(model_type.into());
        self
    }

    /// Searches the models of this app, overriding the app of the [`Config`].
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Searches this cache first, and stores the result in it.
    pub fn cached_in(mut self, cache: &ModelCache) -> Self {
        self.cache = Some(cache.clone());
        self
    }

    fn key(&self) -> Key {
        (self.owner.as_ref().or(self.config.app()).cloned(), self.name.clone(), self.model_type.clone())
    }

    fn begin(&mut self, now: Now) -> Step<ModelRef> {
        if self.name.trim().is_empty() {
            let invalid = crate::error::InvalidArgument::new("model name", "is empty");
            return Step::Done(Err(Error::new(Self::NAME, invalid)));
        }
        if let Some(found) = self.cache.as_ref().and_then(|cache| cache.get(&self.key())) {
            return Step::Done(Ok(found));
        }
        let mut model = ModelRef::from(self.name.clone());
        if let Some(owner) = &self.owner {
            model = model.in_app(owner.clone());
        }
        self.go(State::Getting(Call::new(&self.config, GetModel::new(model))), now, Event::Begin)
    }

    fn search(&mut self, now: Now) -> Step<ModelRef> {
        let mut search = SearchModels::new().name(self.name.clone());
        if let Some(model_type) = &self.model_type {
            search = match is_old_type(model_type) {
                true => search.model_type(model_type.clone()),
                false => search.model_type_id(model_type.clone()),
            };
        }
        if let Some(owner) = &self.owner {
            search = search.in_app(owner.clone());
        }
        self.go(State::Searching(Call::new(&self.config, search)), now, Event::Begin)
    }

    /// Passes an event to the call in progress.
    fn go(&mut self, state: State, now: Now, event: Event) -> Step<ModelRef> {
        match state {
            State::Getting(mut attempt) => match attempt.resume(now, event).into_control_flow() {
                ControlFlow::Continue(step) => self.keep(State::Getting(attempt), step),
                ControlFlow::Break(Ok(model)) if self.wants(&model) => self.found(&model),
                ControlFlow::Break(Ok(_)) => self.search(now),
                // A value that is not a valid id can still be a name.
                ControlFlow::Break(Err(error)) if error.is_not_found() || is_bad_id(&error) => self.search(now),
                ControlFlow::Break(Err(error)) => Step::Done(Err(error)),
            },
            State::Searching(mut attempt) => match attempt.resume(now, event).into_control_flow() {
                ControlFlow::Continue(step) => self.keep(State::Searching(attempt), step),
                ControlFlow::Break(Ok(models)) => self.choose(&models),
                ControlFlow::Break(Err(error)) => Step::Done(Err(error)),
            },
            State::Start => Step::Done(Err(Error::new(Self::NAME, Misuse("it has not begun")))),
            State::Spent => Step::Done(Err(Error::new(Self::NAME, Misuse("it has ended already")))),
        }
    }

    fn keep(&mut self, state: State, step: Step<ModelRef>) -> Step<ModelRef> {
        self.state = state;
        step
    }

    /// Returns whether a model found by its id has the requested type. If no type was requested, every model does: the
    /// caller gave its id.
    fn wants(&self, model: &Model) -> bool {
        self.model_type
            .as_ref()
            .is_none_or(|wanted| types_of(model).any(|one| one == wanted) || types_of(model).next().is_none())
    }

    /// Selects the requested model from the results of a search.
    fn choose(&self, models: &[Model]) -> Step<ModelRef> {
        // A search also matches wildcards, other letter cases and parts of names. Only the exact name counts; the other
        // models are listed in the error, because predicting with a different model than intended is worse than
        // failing.
        let is_named = |model: &&Model| {
            model.name == self.name
                || model.id == self.name
                || model.display_name.as_deref() == Some(self.name.as_str())
        };
        let (named, others): (Vec<_>, Vec<_>) = models.iter().partition(is_named);
        let fits = |model: &&Model| match &self.model_type {
            Some(_) => self.wants(model),
            None => !types_of(model).any(embeds_or_clusters),
        };
        let fitting: Vec<_> = named.iter().copied().filter(fits).collect();
        match fitting[..] {
            [model] => self.found(model),
            [] => self.none(named.len(), others),
            _ => {
                let candidates = fitting.into_iter().map(candidate).collect();
                Step::Done(Err(Error::new(Self::NAME, AmbiguousName { name: self.name.clone(), candidates })))
            }
        }
    }

    fn none(&self, ignored: usize, others: Vec<&Model>) -> Step<ModelRef> {
        let similar = others.into_iter().map(candidate).collect();
        Step::Done(Err(Error::new(Self::NAME, NoSuchModel { name: self.name.clone(), ignored, similar })))
    }

    fn found(&self, model: &Model) -> Step<ModelRef> {
        if model.id.is_empty() {
            return self.none(0, Vec::new());
        }
        let mut found = ModelRef::from(&*model.id);
        if let Some(version) = model.model_version.as_ref().filter(|version| !version.id.is_empty()) {
            found = found.with_version(&*version.id);
        }
        if let Some(owner) = &self.owner {
            found = found.in_app(owner.clone());
        }
        if let Some(cache) = &self.cache {
            // The cache outlives versions, so it stores the model without one.
            let mut lasting = ModelRef::from(&*model.id);
            if let Some(owner) = &self.owner {
                lasting = lasting.in_app(owner.clone());
            }
            cache.put(self.key(), lasting);
        }
        Step::Done(Ok(found))
    }
}

runs!(FindModel);

impl Procedure for FindModel {
    type Output = ModelRef;

    fn configure(&mut self, config: &Config) {
        self.config = config.clone();
    }

    fn step(&mut self, now: Now, event: Event) -> Step<ModelRef> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.begin(now),
            (state, event) => self.go(state, now, event),
        }
    }
}

/// Returns the description of a model for errors: id and type.
fn candidate(model: &Model) -> String {
    format!("{} ({})", model.id, types_of(model).next().unwrap_or("no type"))
}

fn is_bad_id(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument(invalid) if invalid.argument() == "model id")
}

/// Returns the types of a model, in the current and in the old spelling.
pub(super) fn types_of(model: &Model) -> impl Iterator<Item = &str> {
    let info = model.output_info.as_deref();
    [
        model.model_type_id.as_deref(),
        info.and_then(|info| info.kind.as_deref()),
        info.and_then(|info| info.type_ext.as_deref()),
    ]
    .into_iter()
    .flatten()
}

pub(super) fn embeds_or_clusters(model_type: &str) -> bool {
    matches!(model_type, "embed" | "cluster" | "clusterer")
        || model_type.ends_with("-embedder")
        || model_type.ends_with("-clusterer")
}

/// Returns whether a type has the old spelling. Current types are hyphenated and end with the task of the model.
fn is_old_type(model_type: &str) -> bool {
    !["-classifier", "-embedder", "-detector", "-clusterer", "-segmenter", "-to-text", "-to-image", "-recognizer"]
        .iter()
        .any(|ending| model_type.ends_with(ending))
}

/// Owner, name and type of a model.
pub(super) type Key = (Option<AppRef>, String, Option<String>);

/// A cache of the models that names refer to, which saves requests. Cheap to clone; clones share their entries.
///
/// The caller owns the cache, decides how long to keep it, and clears it when models were renamed. Entries are
/// separated by the owner or the configured app, and not by credentials or base URL: use one cache per key if you have
/// keys of several apps. To fill it in advance, use [`WarmModelCache`](super::WarmModelCache).
#[doc(alias = "clear_model_cache")]
#[derive(Clone, Debug, Default)]
pub struct ModelCache(Arc<Mutex<BTreeMap<Key, ModelRef>>>);

impl ModelCache {
    /// Creates an empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores the model that this name, with or without a type, refers to. The entry belongs to the owner of the model.
    pub fn insert(&self, name: impl Into<String>, model_type: Option<&str>, model: ModelRef) {
        self.put((model.owner().cloned(), name.into(), model_type.map(str::to_owned)), model);
    }

    /// Removes all entries.
    pub fn clear(&self) {
        self.entries().clear();
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Returns whether the cache has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    fn get(&self, key: &Key) -> Option<ModelRef> {
        self.entries().get(key).cloned()
    }

    pub(super) fn put(&self, key: Key, model: ModelRef) {
        self.entries().insert(key, model);
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, ModelRef>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
