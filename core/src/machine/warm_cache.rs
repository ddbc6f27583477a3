//! Filling a cache of model names in advance.

use std::collections::{BTreeMap, BTreeSet};

use super::find_model::{embeds_or_clusters, types_of};
use super::{Event, IntoMachine as _, Machine as _, ModelCache, Now, Procedure, Step, runs};
use crate::config::Config;
use crate::models::{ListModels, ModelRef};
use crate::pagination::{AllPages, Pages};
use crate::target::AppRef;
use crate::types::Model;

/// Reads the list of models to its end and stores their ids and names in a cache, so that
/// [`FindModel`](super::FindModel) does not need to request them: one request per page now instead of one or two per
/// name later. The list is that of [`ListModels`]. By default, only the service's own models are stored. The result is
/// the number of stored models.
///
/// A name shared by several models is stored for each type that only one of them has. Without a type it is stored only
/// if exactly one of them is neither an embedder nor a clusterer. Models that are not stored are considered as well.
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
    /// Creates a machine that fills this cache. Existing entries are kept.
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

    /// Reads the models of this app, overriding the app of the [`Config`], and stores all of them.
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.list = self.list.in_app(owner.clone());
        self.owner = Some(owner);
        self.with_all()
    }

    /// Stores all models of the list, including your own.
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
            // A name that is also the id of a model refers to that model: ids are tried first.
            if model.name.is_empty() || ids.contains(&*model.name) {
                continue;
            }
            if !types_of(model).any(embeds_or_clusters) {
                by_name.entry(&model.name).or_default().push(model);
            }
            // The same type may occur twice, in two spellings or in one.
            for kind in types_of(model).collect::<BTreeSet<_>>() {
                by_kind.entry((&model.name, kind)).or_default().push(model);
            }
        }
        // Names shared by several models are not stored: a search for them reports all candidates.
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
    /// Number of stored models.
    type Output = usize;

    fn configure(&mut self, config: &Config) {
        self.config = config.clone();
    }

    fn step(&mut self, now: Now, event: Event) -> Step<usize> {
        let reading = self.reading.get_or_insert_with(|| {
            // The whole list is read, because models that are not stored can still make a name ambiguous.
            Pages::new(self.list.clone()).allow_changes().into_machine(&self.config)
        });
        reading.resume(now, event).map(|models| {
            let models = models?;
            self.note(&models);
            Ok(models.iter().filter(|model| self.wants(model)).count())
        })
    }
}
