//! Filling a cache of model names in advance.

use std::collections::{BTreeMap, BTreeSet};

use super::find_model::embeds_or_clusters;
use super::{Event, IntoMachine, Machine, ModelCache, Now, Step};
use crate::config::Config;
use crate::models::model_type::types_of;
use crate::models::{ListModels, ModelRef};
use crate::pagination::{AllPages, Pages};
use crate::target::AppRef;
use crate::types::Model;

/// Reads the list of models to its end and adds their ids and names to a cache, so that
/// [`FindModel`](super::FindModel) sends no requests for them: one request for each page of the list now, instead of one
/// or two for each name later. Run it with `client.run`. By default, only the models of the service are added.
///
/// A name of several models is added once for each of their types, and without a type only where just one of them
/// neither embeds nor clusters. Models that are not added themselves count there too.
///
/// ```
/// use clarifai_core::{Config, Credentials, machine::{IntoMachine as _, ModelCache, WarmModelCache}, testing::MockTransport};
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
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before it is run"]
pub struct WarmModelCache {
    cache: ModelCache,
    owner: Option<AppRef>,
    all: bool,
}

/// The machine of [`WarmModelCache`].
#[derive(Debug)]
pub struct WarmModelCacheMachine {
    config: Config,
    warm: WarmModelCache,
    /// Reads the whole list, because models that are not added can still make a name ambiguous.
    reading: AllPages<ListModels>,
}

impl WarmModelCache {
    /// Fills this cache. Entries that it has already are kept, unless the list has newer ones.
    pub fn new(cache: &ModelCache) -> Self {
        Self { cache: cache.clone(), owner: None, all: false }
    }

    /// Adds all models of this app, instead of the default app of the [`Config`].
    pub fn in_app(mut self, owner: AppRef) -> Self {
        self.owner = Some(owner);
        self.with_all()
    }

    /// Adds the models of the app too, and not only those of the service.
    pub fn with_all(mut self) -> Self {
        self.all = true;
        self
    }
}

impl IntoMachine for WarmModelCache {
    type Machine = WarmModelCacheMachine;

    fn into_machine(self, config: &Config) -> WarmModelCacheMachine {
        let list = match &self.owner {
            Some(owner) => ListModels::new().in_app(owner.clone()),
            None => ListModels::new(),
        };
        let reading = Pages::new(list).allow_changes().into_machine(config);
        WarmModelCacheMachine { config: config.clone(), warm: self, reading }
    }
}

impl WarmModelCacheMachine {
    fn note(&self, models: &[Model]) {
        let ids: BTreeSet<&str> = models.iter().map(|model| model.id.as_str()).collect();
        let mut by_name: BTreeMap<&str, Vec<&Model>> = BTreeMap::new();
        let mut by_kind: BTreeMap<(&str, &str), Vec<&Model>> = BTreeMap::new();
        for model in models.iter().filter(|model| !model.id.is_empty()) {
            self.insert(&model.id, None, model);
            // A name that is the id of another model stands for that model: ids are requested first.
            if model.name.is_empty() || ids.contains(&*model.name) {
                continue;
            }
            if !types_of(model).any(embeds_or_clusters) {
                by_name.entry(&model.name).or_default().push(model);
            }
            // The service may report a type twice, in two spellings or in one.
            for kind in types_of(model).collect::<BTreeSet<_>>() {
                by_kind.entry((&model.name, kind)).or_default().push(model);
            }
        }
        // A name or type that several models share is not added: the search reports all of them.
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
        self.warm.all || model.is_public()
    }

    fn insert(&self, name: &str, kind: Option<&str>, model: &Model) {
        if !self.wants(model) {
            return;
        }
        let mut found = ModelRef::from(&*model.id);
        if let Some(owner) = &self.warm.owner {
            found = found.in_app(owner.clone());
        }
        let app = self.warm.owner.as_ref().or(self.config.app()).cloned();
        self.warm.cache.put((app, name.to_owned(), kind.map(str::to_owned)), found);
    }
}

impl Machine for WarmModelCacheMachine {
    /// Number of models that were added.
    type Output = usize;

    fn resume(&mut self, now: Now, event: Event) -> Step<usize> {
        self.reading.resume(now, event).map(|models| {
            let models = models?;
            self.note(&models);
            Ok(models.iter().filter(|model| self.wants(model)).count())
        })
    }
}
