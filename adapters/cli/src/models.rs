//! `clarifai models`.

use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModel, DeleteModels, GetModel, GetModelOutputInfo, ListModelVersions,
    ListModels, PatchModel, SearchModels, SendModelFeedback,
};
use clarifai_core::types::Model;
use clarifai_core::{AppRef, Page};

use crate::args::{ConceptArg, ModelsCommand, TimeoutArg};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::model_lookup::{SearchSpace, resolve};
use crate::terminal::sanitize;
use crate::{listing, waits};

pub(crate) fn run(command: &ModelsCommand, context: &mut Context<'_>) -> Result<(), Failure> {
    let public_only = SearchSpace::new(context.settings)?.public_only;
    match command {
        ModelsCommand::List { own, public, pages } => {
            let mut list = ListModels::new().page(pages.first());
            if public_only {
                list = list.in_app(AppRef::public());
            }
            let keep: Option<listing::Keep<Model>> = match (own, public) {
                (true, _) => Some(|model| !model.is_public()),
                (_, true) => Some(Model::is_public),
                _ => None,
            };
            listing::run(context, list, *pages, keep)
        }
        ModelsCommand::Search { name, model_type, pages } => {
            let mut search = SearchModels::new().name(name);
            if let Some(wanted) = model_type {
                // Current model type IDs have a hyphen, legacy types do not, except `facedetect-*`.
                search = match wanted.contains('-') && !wanted.starts_with("facedetect") {
                    true => search.model_type_id(wanted),
                    false => search.model_type(wanted),
                };
            }
            // The first page is the default of the service.
            if pages.first() != Page::default() {
                search = search.page(pages.first());
            }
            if public_only {
                search = search.in_app(AppRef::public());
            }
            listing::run(context, search, *pages, None)
        }
        ModelsCommand::Get { model } => {
            let model = resolve(context, model, None)?;
            context.one::<Model>(GetModel::new(model))
        }
        ModelsCommand::Info { model, version } => {
            let model = resolve(context, model, version.as_deref())?;
            context.one::<Model>(GetModelOutputInfo::new(model))
        }
        ModelsCommand::Create { id, name, concepts, exclusive } => {
            let mut create = CreateModel::new(id).concepts(ConceptArg::ids(concepts)?).mutually_exclusive(*exclusive);
            if let Some(name) = name {
                create = create.name(name);
            }
            context.one::<Model>(create)
        }
        ModelsCommand::Update { id, name, action, concepts } => {
            let mut patch = PatchModel::new(id, (*action).into());
            if let Some(name) = name {
                patch = patch.name(name);
            }
            if !concepts.is_empty() {
                patch = patch.concepts(ConceptArg::ids(concepts)?);
            }
            context.one::<Model>(patch)
        }
        ModelsCommand::Delete(delete) => {
            let requested = context.delete(
                delete,
                "model",
                |id| DeleteModel::new(id),
                |ids| DeleteModels::ids(ids),
                DeleteModels::all,
            )?;
            if requested && delete.wait.wait { waits::models_deleted(context, delete) } else { Ok(()) }
        }
        ModelsCommand::Versions { model, pages } => {
            let model = resolve(context, model, None)?;
            listing::run(context, ListModelVersions::new(model).page(pages.first()), *pages, None)
        }
        ModelsCommand::Train { model, wait } => {
            let model = resolve(context, model, None)?;
            match wait.wait && !context.global.dry_run {
                true => waits::train(context, &model, wait.timeout()),
                false => context.one::<Model>(CreateModelVersion::new(model)),
            }
        }
        ModelsCommand::Wait { model, version, timeout } => wait(context, model, version.as_deref(), *timeout),
        ModelsCommand::Feedback { model, input, url, concepts, not_concepts } => {
            let (concepts, not_concepts) = (ConceptArg::ids(concepts)?, ConceptArg::ids(not_concepts)?);
            if concepts.is_empty() && not_concepts.is_empty() {
                return Err(Failure::usage("no feedback given: pass --concept or --not-concept"));
            }
            let model = resolve(context, model, None)?;
            let mut feedback = SendModelFeedback::new(model, input);
            if let Some(url) = url {
                feedback = feedback.url(url);
            }
            feedback = concepts.into_iter().fold(feedback, SendModelFeedback::concept);
            feedback = not_concepts.into_iter().fold(feedback, SendModelFeedback::not_concept);
            context.status_only(feedback, "Feedback sent.")
        }
    }
}

/// Waits until this version, or the latest one, is trained.
fn wait(context: &mut Context<'_>, name: &str, version: Option<&str>, timeout: TimeoutArg) -> Result<(), Failure> {
    let model = resolve(context, name, None)?;
    if let Some(version) = version {
        return waits::model_trained(context, &model, version, timeout.timeout());
    }
    // In a dry run the latest version is unknown.
    let Some(found) = context.call(GetModel::new(model.clone()))? else { return Ok(()) };
    match found.model_version.map(|version| version.id).filter(|id| !id.is_empty()) {
        Some(version) => waits::model_trained(context, &model, &version, timeout.timeout()),
        None => Err(Failure::new(Exit::Service, format!("model {} has no version", sanitize(name)))),
    }
}
