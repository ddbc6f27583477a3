//! Which model is meant, and `clarifai models`.

use clarifai_core::machine::FindModel;
use clarifai_core::model::Model;
use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModel, DeleteModels, GetModel, GetModelOutputInfo, ListModelVersions,
    ListModels, ModelRef, PatchModel, SearchModels, SendModelFeedback,
};
use clarifai_core::{Page, Scope};

use crate::args::{Concept, Models, Timeout};
use crate::client::{Client, Stopped};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::settings::{Kind, Settings};
use crate::{listing, output, waits};

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
pub(crate) struct Place {
    /// A scope of one's own is set.
    scoped: bool,
    /// A personal access token without a scope reaches nothing but the public models.
    pub(crate) public: bool,
}

impl Place {
    pub(crate) fn of(settings: &Settings) -> Result<Self, Failure> {
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

/// The model as it is named, taken for an id.
fn as_named(settings: &Settings, name: &str, version: Option<&str>) -> Result<ModelRef, Failure> {
    let model = Place::of(settings)?.address(name);
    Ok(version.map_or(model.clone(), |version| model.with_version(version)))
}

/// The model meant by a name or id. Public ids are known; others are looked for, at last among the public ones.
fn find(client: &Client, settings: &Settings, name: &str, version: Option<&str>) -> Result<ModelRef, Failure> {
    if PUBLIC.contains(&name) {
        return as_named(settings, name, version);
    }
    let place = Place::of(settings)?;
    let search = |owner: Option<Scope>| -> Result<ModelRef, Stopped> {
        let find = FindModel::new(client.app(), name);
        client.run(match owner {
            Some(owner) => find.of(owner),
            None => find,
        })
    };
    let found = match place.public {
        true => search(Some(Scope::public())),
        false => match search(None) {
            Err(Stopped::Failed(error)) if error.is_not_found() && place.scoped => search(Some(Scope::public())),
            other => other,
        },
    };
    let model = found?;
    Ok(version.map_or(model.clone(), |version| model.with_version(version)))
}

pub(crate) fn run(command: &Models, context: &mut Context<'_>) -> Result<(), Failure> {
    let place = Place::of(context.settings)?;
    match command {
        Models::List { own, public, pages } => {
            let mut list = ListModels::new().page(pages.first());
            if place.public {
                list = list.of(Scope::public());
            }
            let keep: Option<listing::Keep<Model>> = match (own, public) {
                (true, _) => Some(|model| !model.read.is_public()),
                (_, true) => Some(|model| model.read.is_public()),
                _ => None,
            };
            listing::run(context, list, *pages, keep)
        }
        Models::Search { name, model_type, pages } => {
            let mut search = SearchModels::new().name(name);
            if let Some(wanted) = model_type {
                // Types of today are two words with a hyphen.
                search = match wanted.contains('-') && !wanted.starts_with("facedetect") {
                    true => search.model_type_id(wanted),
                    false => search.model_type(wanted),
                };
            }
            // The first page is what is answered unasked.
            if pages.first() != Page::default() {
                search = search.page(pages.first());
            }
            if place.public {
                search = search.of(Scope::public());
            }
            listing::run(context, search, *pages, None)
        }
        Models::Get { model } => {
            let model = resolve(context, model, None)?;
            context.one::<Model>(GetModel::new(model))
        }
        Models::Info { model, version } => {
            let model = resolve(context, model, version.as_deref())?;
            context.one::<Model>(GetModelOutputInfo::new(model))
        }
        Models::Create { id, name, concepts, exclusive } => {
            let mut create = CreateModel::new(id).concepts(Concept::ids(concepts)?).mutually_exclusive(*exclusive);
            if let Some(name) = name {
                create = create.name(name);
            }
            context.one::<Model>(create)
        }
        Models::Update { id, name, action, concepts } => {
            let mut patch = PatchModel::new(id, (*action).into());
            if let Some(name) = name {
                patch = patch.name(name);
            }
            if !concepts.is_empty() {
                patch = patch.concepts(Concept::ids(concepts)?);
            }
            context.one::<Model>(patch)
        }
        Models::Delete(doomed) => {
            let deleted = context.delete(
                doomed,
                "model",
                |id| DeleteModel::new(id),
                |ids| DeleteModels::ids(ids),
                DeleteModels::all,
            )?;
            if deleted && doomed.waiting.wait { waits::models_gone(context, doomed) } else { Ok(()) }
        }
        Models::Versions { model, pages } => {
            let model = resolve(context, model, None)?;
            listing::run(context, ListModelVersions::new(model).page(pages.first()), *pages, None)
        }
        Models::Train { model, waiting } => {
            let model = resolve(context, model, None)?;
            match waiting.wait && !context.global.dry_run {
                true => waits::train(context, &model, waiting.deadline()),
                false => context.one::<Model>(CreateModelVersion::new(model)),
            }
        }
        Models::Wait { model, version, timeout } => wait(context, model, version.as_deref(), *timeout),
        Models::Feedback { model, input, url, concepts, not_concepts } => {
            let (concepts, not_concepts) = (Concept::ids(concepts)?, Concept::ids(not_concepts)?);
            if concepts.is_empty() && not_concepts.is_empty() {
                return Err(Failure::usage("nothing is said: add --concept or --not-concept"));
            }
            let model = resolve(context, model, None)?;
            let mut feedback = SendModelFeedback::new(model, input);
            if let Some(url) = url {
                feedback = feedback.url(url);
            }
            feedback = concepts.into_iter().fold(feedback, SendModelFeedback::concept);
            feedback = not_concepts.into_iter().fold(feedback, SendModelFeedback::not_concept);
            context.done(feedback, "The model was told.")
        }
    }
}

/// Waits for a version, or for the latest.
fn wait(context: &mut Context<'_>, name: &str, version: Option<&str>, timeout: Timeout) -> Result<(), Failure> {
    let model = resolve(context, name, None)?;
    if let Some(version) = version {
        return waits::training(context, &model, version, timeout.deadline());
    }
    // In a dry run nobody says which one is the latest.
    let Some(found) = context.call(GetModel::new(model.clone()))? else { return Ok(()) };
    match found.model_version.map(|version| version.id).filter(|id| !id.is_empty()) {
        Some(version) => waits::training(context, &model, &version, timeout.deadline()),
        None => Err(Failure::Said(Exit::Service, format!("the model {} has no version", output::tame(name)))),
    }
}

/// The model meant by a name or id; in a dry run, as it is named.
pub(crate) fn resolve(context: &mut Context<'_>, name: &str, version: Option<&str>) -> Result<ModelRef, Failure> {
    let settings = context.settings;
    match context.global.dry_run {
        true => as_named(settings, name, version),
        false => find(&*context.client()?, settings, name, version),
    }
}
