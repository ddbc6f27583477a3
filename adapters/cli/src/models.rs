//! Which model is meant, and `clarifai models`.

use std::io::Write;

use clarifai_core::error::Error;
use clarifai_core::machine::{FindModel, ModelCache};
use clarifai_core::model::Model;
use clarifai_core::models::{GetModel, GetModelOutputInfo, ListModels, ModelRef, SearchModels};
use clarifai_core::{Operation, Page, Scope};
use serde_json::Value;

use crate::args::{Global, Models};
use crate::client::Client;
use crate::exit::Failure;
use crate::output;
use crate::settings::{Kind, Settings};
use crate::{dry_run, exit};

/// The model that is asked unless another is named.
pub(crate) const DEFAULT: &str = "general-image-recognition";

/// Ids of the service's own models, which need no search: today's, and of old those every account could use.
const PUBLIC: [&str; 15] = [
    DEFAULT,
    "general-image-embedding",
    "color-recognition",
    "food-item-recognition",
    "celebrity-face-recognition",
    "aaa03c23b3724a16a56b629203edc62c",
    "bbb5f41425b8468d9b7a554ff10f8581",
    "eeed0b6733a644cea07cf4c60f87ebb7",
    "bd367be194cf45149e75f01d59f77ba7",
    "eee28c313d69466f836ab83287a54ed9",
    "e9576d86d2004ed1a38ba0cf39ecb4b1",
    "c386b7a870114f4a87477c0824499348",
    "e0be3b9d6a454f0493ac3a30784001ff",
    "d16f390eb32cad478c7ae150069bd2c6",
    "a403429f2ddf4b49b307e318f00e528b",
];

/// Whose models are meant.
struct Place {
    /// A scope of one's own is set.
    scoped: bool,
    /// A personal access token without a scope reaches nothing but the public models.
    public: bool,
}

impl Place {
    fn of(settings: &Settings) -> Result<Self, Failure> {
        let scoped = settings.scope()?.is_some();
        Ok(Self { scoped, public: !scoped && settings.kind() == Some(Kind::Pat) })
    }

    /// The address of a model whose id is known.
    fn address(&self, id: &str) -> ModelRef {
        match self.public || (self.scoped && PUBLIC.contains(&id)) {
            true => ModelRef::public(id),
            false => ModelRef::from(id),
        }
    }
}

/// The model as it is named, taken for an id: for a dry run.
pub(crate) fn as_named(settings: &Settings, name: &str, version: Option<&str>) -> Result<ModelRef, Failure> {
    let model = Place::of(settings)?.address(name);
    Ok(version.map_or(model.clone(), |version| model.with_version(version)))
}

/// The model meant by a name or id. Public ids are known; others are looked for, at last among the public ones.
pub(crate) fn find(
    client: &Client,
    settings: &Settings,
    name: &str,
    version: Option<&str>,
) -> Result<ModelRef, Failure> {
    let place = Place::of(settings)?;
    let cache = ModelCache::new();
    for id in PUBLIC {
        cache.insert(id, None, place.address(id));
    }
    let search = |owner: Option<Scope>| -> Result<ModelRef, Error> {
        let find = FindModel::new(client.app(), name).cached_in(&cache);
        client.run(match owner {
            Some(owner) => find.of(owner),
            None => find,
        })
    };
    let found = match place.public && !PUBLIC.contains(&name) {
        true => search(Some(Scope::public())),
        false => match search(None) {
            Err(error) if error.is_not_found() && place.scoped => search(Some(Scope::public())),
            other => other,
        },
    };
    let model = found?;
    Ok(version.map_or(model.clone(), |version| model.with_version(version)))
}

pub(crate) fn run(command: &Models, global: &Global, settings: &Settings, out: &mut dyn Write) -> Result<(), Failure> {
    let place = Place::of(settings)?;
    let runner = Runner { global, settings, client: None };
    match command {
        Models::List { page, per_page } => {
            let mut list = ListModels::new().page(Page::new(*page, *per_page));
            if place.public {
                list = list.of(Scope::public());
            }
            runner.go(list, "models", out)
        }
        Models::Search { name, model_type } => {
            let mut search = SearchModels::new().name(name);
            if let Some(wanted) = model_type {
                // Types of today are two words with a hyphen.
                search = match wanted.contains('-') && !wanted.starts_with("facedetect") {
                    true => search.model_type_id(wanted),
                    false => search.model_type(wanted),
                };
            }
            if place.public {
                search = search.of(Scope::public());
            }
            runner.go(search, "models", out)
        }
        Models::Get { model } => {
            let (runner, model) = runner.resolve(model, None)?;
            runner.go(GetModel::new(model), "model", out)
        }
        Models::Info { model, version } => {
            let (runner, model) = runner.resolve(model, version.as_deref())?;
            runner.go(GetModelOutputInfo::new(model), "model", out)
        }
    }
}

/// Carries out what the commands about models ask for.
struct Runner<'a> {
    global: &'a Global,
    settings: &'a Settings,
    client: Option<Client>,
}

impl Runner<'_> {
    fn resolve(mut self, name: &str, version: Option<&str>) -> Result<(Self, ModelRef), Failure> {
        if self.global.dry_run {
            let model = as_named(self.settings, name, version)?;
            return Ok((self, model));
        }
        let client = Client::new(self.global, self.settings)?;
        let model = find(&client, self.settings, name, version)?;
        self.client = Some(client);
        Ok((self, model))
    }

    /// Makes the call and prints the member of the answer that counts: one model or a list of them.
    fn go<O: Operation>(self, operation: O, member: &str, out: &mut dyn Write) -> Result<(), Failure> {
        if self.global.dry_run {
            return dry_run::show(&dry_run::app(self.settings)?, operation, self.global.json, out);
        }
        let client = match self.client {
            Some(client) => client,
            None => Client::new(self.global, self.settings)?,
        };
        let mut answer = client.call(operation.raw())?.json;
        let models = match answer[member].take() {
            Value::Array(models) => models,
            Value::Null => Vec::new(),
            one => vec![one],
        };
        if self.global.json {
            for model in &models {
                writeln!(out, "{model}")?;
            }
            return Ok(());
        }
        let read = |model: Value| {
            serde_json::from_value::<Model>(model).map_err(|error| {
                Failure::Said(exit::Exit::Service, format!("the answer holds no readable model: {error}"))
            })
        };
        let models = models.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        match (member, models.as_slice()) {
            ("model", [model]) => output::write_model(model, out),
            (_, []) => Ok(writeln!(out, "No models.")?),
            (_, models) => output::write_models(models, out),
        }
    }
}
