//! `clarifai models`.

use clarifai_core::models::ModelRef;
use clarifai_core::models::{
    CreateModel, CreateModelVersion, DeleteModel, DeleteModels, GetModel, GetModelOutputInfo, ListModelVersions,
    ListModels, PatchModel, SearchModels, SendModelFeedback,
};
use clarifai_core::types::{Model, StatusClass};
use clarifai_core::{AppRef, Operation as _, Page};
use serde::Deserialize as _;

use crate::args::{ConceptArg, ModelsCommand, check_contradiction};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::model_lookup::{SearchSpace, resolve};
use crate::output::{self, Record as _};
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
                search = search.model_type(wanted);
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
            let mut create = CreateModel::new(id).concepts(ConceptArg::ids(concepts)?);
            if *exclusive {
                create = create.mutually_exclusive(true);
            }
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
                true => waits::train(context, &model, context.global.wait_timeout()),
                false => start_training(context, &model),
            }
        }
        ModelsCommand::Wait { model, version } => wait(context, model, version.as_deref()),
        ModelsCommand::Feedback { model, input, url, concepts, not_concepts } => {
            check_contradiction(concepts, not_concepts, ConceptArg::id_by_default, "--not-concept")?;
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

/// Starts a training. The service may respond at once that it failed, for example because no input has a concept of
/// the model.
fn start_training(context: &mut Context<'_>, model: &ModelRef) -> Result<(), Failure> {
    let Some(response) = context.call(CreateModelVersion::new(model.clone()).raw())? else { return Ok(()) };
    let json = &response.json["model"];
    let trained = Model::deserialize(json).unwrap_or_default();
    if context.global.json {
        output::write_json(json, context.out)?;
    } else {
        trained.write(context.out)?;
    }
    let status = trained.model_version.as_ref().and_then(|version| version.status.as_ref());
    match status.filter(|status| status.class() == StatusClass::Terminal) {
        Some(status) => {
            context.out.flush()?;
            Err(Failure::new(Exit::Failed, format!("training of {} failed: {status}", model.id())))
        }
        None => Ok(()),
    }
}

/// Waits until this version, or the latest one, is trained.
fn wait(context: &mut Context<'_>, name: &str, version: Option<&str>) -> Result<(), Failure> {
    let timeout = context.global.wait_timeout();
    let model = resolve(context, name, version)?;
    if let Some(version) = version {
        return waits::model_trained(context, &model, version, timeout);
    }
    // In a dry run the latest version is unknown.
    let Some(found) = context.call(GetModel::new(model.clone()))? else { return Ok(()) };
    match found.model_version.map(|version| version.id).filter(|id| !id.is_empty()) {
        Some(version) => waits::model_trained(context, &model, &version, timeout),
        None => Err(Failure::new(Exit::Service, format!("model {} has no version", sanitize(name)))),
    }
}
