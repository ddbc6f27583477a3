//! Filling a cache of model names beforehand.

use std::collections::{BTreeMap, BTreeSet};

use super::find_model::{embeds_or_clusters, types_of};
use super::{Event, IntoMachine as _, Machine as _, ModelCache, Now, Procedure, Step, runs};
use crate::config::Config;
use crate::models::{ListModels, ModelRef};
use crate::pagination::{AllPages, Pages};
use crate::target::AppRef;
use crate::types::Model;

/// Reads the list of models to its end and notes their ids and names in a cache, so that
/// [`FindModel`](super::FindModel) need not ask for them: a page of requests now in place of one or two for each name
/// later. The list is that of [`ListModels`]; of it the service's own models are noted, unless told otherwise.
///
/// A name that several models have is noted for each of their types, and without a type only where one of them is left
/// when those that embed or cluster are not counted. Models that are not to be noted count there all the same.
///
/// ```
/// use clarifai_core::{Config, Credentials, machine::{IntoMachine, ModelCache, WarmModelCache}, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let general = json!({"id": "aaa03c23", "name": "general-v1.3", "app_id": "main", "output_info": {"type": "concept"}});
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/models?page=1&per_page=20").reply(200, json!({"status": {"code": 10000}, "models": [general]}))
///     .expect("GET", "/v2/models?page=2&per_page=20").reply(200, json!({"status": {"code": 10000}, "models": []}));
///
/// let cache = ModelCache::new();
/// assert_eq!(script.run(WarmModelCache::new(&cache).into_machine(&config))?, 1, "models");
/// assert_eq!(cache.len(), 3, "by id, by name, and by name and type");
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[doc(alias = "init_model_cache")]
#[derive(Debug)]
pub struct WarmModelCache {
    config: Config,
    cache: ModelCache,
    owner: Option<AppRef>,
    list: ListModels,
    only: Option<fn(&Model) -> bool>,
    reading: Option<AllPages<ListModels>>,
}

impl WarmModelCache {
    /// Fills this cache. Nothing is forgotten that it holds.
    pub fn new(cache: &ModelCache) -> Self {
        Self {
            config: Config::placeholder(),
            cache: cache.clone(),
            owner: None,
            list: ListModels::new(),
            only: Some(Model::is_public),
            reading: None,
        }
    }

    /// With the models of that user's app, whatever the scope of the [`Config`], and all of them.
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.list = self.list.in_app(owner.clone());
        self.owner = Some(owner);
        self.with_all()
    }

    /// One's own models as well.
    pub fn with_all(mut self) -> Self {
        self.only = None;
        self
    }

    fn note(&self, models: &[Model]) {
        let ids: BTreeSet<&str> = models.iter().map(|model| model.id.as_str()).collect();
        let mut by_name: BTreeMap<&str, Vec<&Model>> = BTreeMap::new();
        let mut by_kind: BTreeMap<(&str, &str), Vec<&Model>> = BTreeMap::new();
        for model in models.iter().filter(|model| !model.id.is_empty()) {
            self.insert(&model.id, None, model);
            // A name that is somebody's id means that one: ids are looked up first.
            if model.name.is_empty() || ids.contains(&*model.name) {
                continue;
            }
            if !types_of(model).any(embeds_or_clusters) {
                by_name.entry(&model.name).or_default().push(model);
            }
            // A type may be said twice, in two spellings or in one.
            for kind in types_of(model).collect::<BTreeSet<_>>() {
                by_kind.entry((&model.name, kind)).or_default().push(model);
            }
        }
        // What several models share must be asked for, and is answered with all of them.
        for (name, models) in by_name {
            if let [model] = models[..] {
                self.insert(name, None, model);
            }
        }
        for ((name, kind), models) in by_kind {
            if let [model] = models[..] {
                self.insert(name, Some(kind), model);
            }
        }
    }

    fn wants(&self, model: &Model) -> bool {
        self.only.is_none_or(|only| only(model))
    }

    fn insert(&self, name: &str, kind: Option<&str>, model: &Model) {
        if !self.wants(model) {
            return;
        }
        let mut found = ModelRef::from(&*model.id);
        if let Some(owner) = &self.owner {
            found = found.in_app(owner.clone());
        }
        let asked = self.owner.as_ref().or(self.config.app()).cloned();
        self.cache.put((asked, name.to_owned(), kind.map(str::to_owned)), found);
    }
}

runs!(WarmModelCache);

impl Procedure for WarmModelCache {
    /// How many models were noted.
    type Output = usize;

    fn configure(&mut self, config: &Config) {
        self.config = config.clone();
    }

    fn step(&mut self, now: Now, event: Event) -> Step<usize> {
        let reading = self.reading.get_or_insert_with(|| {
            // All of it is read: what is not noted can still make a name ambiguous.
            Pages::new(self.list.clone()).allow_changes().into_machine(&self.config)
        });
        reading.resume(now, event).map(|models| {
            let models = models?;
            self.note(&models);
            Ok(models.iter().filter(|model| self.wants(model)).count())
        })
    }
}
