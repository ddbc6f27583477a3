//! Finding the id of a model by its name: in a cache, then by id, then by search.

use std::collections::BTreeMap;
use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Call, Event, IntoMachine, Machine, Now, Step};
use crate::config::Config;
use crate::error::{AmbiguousName, Error, ErrorKind, InvalidArgument, Misuse, NoSuchModel};
use crate::models::model_type::{matches, types_of};
use crate::models::{GetModel, ModelRef, SearchModels};
use crate::target::AppRef;
use crate::time::Latest;
use crate::types::Model;

/// Finds the model with a given id or name. Run it with `client.run`.
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
/// Several models of the service share one name: `general-v1.3` is the name of one that recognizes concepts, one that
/// embeds and one that clusters. Unless a [type](Self::model_type) is set, those that embed or cluster are ignored. Only
/// the first page of the search is read, with the page size of the service.
///
/// The [`ModelRef`] of a model that was requested has its current version; one from the cache has no version.
///
/// ```
/// use clarifai_core::machine::{FindModel, IntoMachine as _};
/// use clarifai_core::{Config, Credentials, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let general = json!({"id": "aaa03c23", "name": "general-v1.3", "output_info": {"type": "concept"}});
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/models/general-v1.3").reply(404, json!({"status": {"code": 21200}}))
///     .expect("POST", "/v2/models/searches").reply(200, json!({"status": {"code": 10000}, "models": [general]}));
///
/// // With a client: client.run(FindModel::new("general-v1.3"))
/// let model = script.run(FindModel::new("general-v1.3").into_machine(&config))?;
/// assert_eq!(model.id(), "aaa03c23");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "Models.get")]
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before it is run"]
pub struct FindModel {
    name: String,
    model_type: Option<String>,
    owner: Option<AppRef>,
    cache: Option<ModelCache>,
}

/// The machine of [`FindModel`].
#[derive(Debug)]
pub struct FindModelMachine {
    config: Config,
    find: FindModel,
    state: State,
    clock: Latest,
}

/// Name of the operation in errors.
const NAME: &str = "find model";

#[derive(Debug)]
enum State {
    Start,
    Getting(Call<GetModel>),
    Searching(Call<SearchModels>),
    Spent,
}

impl FindModel {
    /// Creates a search for the model with this id or name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), model_type: None, owner: None, cache: None }
    }

    /// Finds only a model of this type, in the old spelling (`concept`, `color`, `embed` …) or the current one
    /// (`visual-classifier`, `visual-embedder` …).
    pub fn model_type(mut self, model_type: impl Into<String>) -> Self {
        self.model_type = Some(model_type.into());
        self
    }

    /// Searches the models of this app, instead of the default app of the [`Config`].
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Searches this cache first, and adds the model that was found to it.
    pub fn cached_in(mut self, cache: &ModelCache) -> Self {
        self.cache = Some(cache.clone());
        self
    }
}

impl IntoMachine for FindModel {
    type Machine = FindModelMachine;

    fn into_machine(self, config: &Config) -> FindModelMachine {
        FindModelMachine { config: config.clone(), find: self, state: State::Start, clock: Latest::default() }
    }
}

impl FindModelMachine {
    fn key(&self) -> Key {
        (self.find.owner.as_ref().or(self.config.app()).cloned(), self.find.name.clone(), self.find.model_type.clone())
    }

    fn begin(&mut self, now: Now) -> Step<ModelRef> {
        if self.find.name.trim().is_empty() {
            let invalid = InvalidArgument::new("model name", "is empty");
            return Step::Done(Err(Error::new(NAME, invalid)));
        }
        if let Some(found) = self.find.cache.as_ref().and_then(|cache| cache.get(&self.key())) {
            return Step::Done(Ok(found));
        }
        let mut model = ModelRef::from(self.find.name.clone());
        if let Some(owner) = &self.find.owner {
            model = model.in_app(owner.clone());
        }
        self.step(State::Getting(Call::new(&self.config, GetModel::new(model))), now, Event::Begin)
    }

    fn search(&mut self, now: Now) -> Step<ModelRef> {
        let mut search = SearchModels::new().name(self.find.name.clone());
        if let Some(model_type) = &self.find.model_type {
            search = search.model_type(model_type.clone());
        }
        if let Some(owner) = &self.find.owner {
            search = search.in_app(owner.clone());
        }
        self.step(State::Searching(Call::new(&self.config, search)), now, Event::Begin)
    }

    /// Resumes the current call with one event.
    fn step(&mut self, state: State, now: Now, event: Event) -> Step<ModelRef> {
        match state {
            State::Getting(mut call) => match call.resume(now, event).into_control_flow() {
                ControlFlow::Continue(step) => self.keep(State::Getting(call), step),
                ControlFlow::Break(Ok(model)) if self.wants(&model) => self.found(&model),
                ControlFlow::Break(Ok(_)) => self.search(now),
                // A text that cannot be an id can still be a name.
                ControlFlow::Break(Err(error)) if error.is_not_found() || is_bad_id(&error) => self.search(now),
                ControlFlow::Break(Err(error)) => Step::Done(Err(error)),
            },
            State::Searching(mut call) => match call.resume(now, event).into_control_flow() {
                ControlFlow::Continue(step) => self.keep(State::Searching(call), step),
                ControlFlow::Break(Ok(models)) => self.choose(&models),
                ControlFlow::Break(Err(error)) => Step::Done(Err(error)),
            },
            State::Start => Step::Done(Err(Error::new(NAME, Misuse("it has not begun")))),
            State::Spent => Step::Done(Err(Error::new(NAME, Misuse("it has ended already")))),
        }
    }

    fn keep(&mut self, state: State, step: Step<ModelRef>) -> Step<ModelRef> {
        self.state = state;
        step
    }

    /// Returns whether a model has the type that was specified. Without a specified type, any type matches.
    fn wants(&self, model: &Model) -> bool {
        self.find.model_type.as_ref().is_none_or(|wanted| matches(model, wanted) || types_of(model).next().is_none())
    }

    /// Selects the specified model among the results of the search.
    fn choose(&self, models: &[Model]) -> Step<ModelRef> {
        // A search matches more than the name: wildcards, other cases, parts. Only the exact name counts. The error
        // lists the others, because predicting with the wrong model is worse than an error.
        let is_named = |model: &&Model| {
            model.name == self.find.name
                || model.id == self.find.name
                || model.display_name.as_deref() == Some(self.find.name.as_str())
        };
        let (named, others): (Vec<_>, Vec<_>) = models.iter().partition(is_named);
        let fits = |model: &&Model| match &self.find.model_type {
            Some(_) => self.wants(model),
            None => !types_of(model).any(embeds_or_clusters),
        };
        let fitting: Vec<_> = named.iter().copied().filter(fits).collect();
        match fitting[..] {
            [model] => self.found(model),
            [] => self.none(named.len(), others),
            _ => {
                let candidates = fitting.into_iter().map(candidate).collect();
                Step::Done(Err(Error::new(NAME, AmbiguousName { name: self.find.name.clone(), candidates })))
            }
        }
    }

    fn none(&self, ignored: usize, others: Vec<&Model>) -> Step<ModelRef> {
        let similar = others.into_iter().map(candidate).collect();
        Step::Done(Err(Error::new(NAME, NoSuchModel { name: self.find.name.clone(), ignored, similar })))
    }

    fn found(&self, model: &Model) -> Step<ModelRef> {
        if model.id.is_empty() {
            return self.none(0, Vec::new());
        }
        let mut found = ModelRef::from(&*model.id);
        if let Some(version) = model.model_version.as_ref().filter(|version| !version.id.is_empty()) {
            found = found.with_version(&*version.id);
        }
        if let Some(owner) = &self.find.owner {
            found = found.in_app(owner.clone());
        }
        if let Some(cache) = &self.find.cache {
            // An entry of the cache must stay valid when the model gets a new version, so it has none.
            let mut lasting = ModelRef::from(&*model.id);
            if let Some(owner) = &self.find.owner {
                lasting = lasting.in_app(owner.clone());
            }
            cache.put(self.key(), lasting);
        }
        Step::Done(Ok(found))
    }
}

impl Machine for FindModelMachine {
    type Output = ModelRef;

    fn resume(&mut self, now: Now, event: Event) -> Step<ModelRef> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.begin(now),
            (state, event) => self.step(state, now, event),
        }
    }
}

/// Describes a model in one line: id and type.
fn candidate(model: &Model) -> String {
    format!("{} ({})", model.id, types_of(model).next().unwrap_or("no type"))
}

fn is_bad_id(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument(invalid) if invalid.argument() == "model id")
}

pub(super) fn embeds_or_clusters(model_type: &str) -> bool {
    matches!(model_type, "embed" | "cluster" | "clusterer")
        || model_type.ends_with("-embedder")
        || model_type.ends_with("-clusterer")
}

/// Owner, name and type of a model.
pub(super) type Key = (Option<AppRef>, String, Option<String>);

/// A cache of the models that names stand for. Clones are cheap and share their entries.
///
/// Entries do not expire: call [`clear`](Self::clear) after models were renamed. Names are distinguished by the app that
/// is searched, and not by credentials or base URL: with API keys of several apps, use one cache for each.
/// [`WarmModelCache`](super::WarmModelCache) fills a cache in advance.
#[doc(alias = "clear_model_cache")]
#[derive(Clone, Debug, Default)]
pub struct ModelCache(Arc<Mutex<BTreeMap<Key, ModelRef>>>);

impl ModelCache {
    /// Creates an empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry: this name, with or without a type, stands for this model.
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

    /// Returns whether there are no entries.
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
