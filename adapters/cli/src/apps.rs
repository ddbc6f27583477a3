//! `clarifai apps`: the containers of inputs, concepts, models and workflows.

use clarifai_core::AppRef;
use clarifai_core::apps::{CreateApps, DeleteApp, GetApp, ListApps, NewApp, PatchApp};
use clarifai_core::types::App;

use crate::args::{AppFields, AppsCommand};
use crate::context::{Context, confirm};
use crate::exit::Failure;
use crate::listing;
use crate::terminal::{self, sanitize};

pub(crate) fn run(command: &AppsCommand, context: &mut Context<'_>) -> Result<(), Failure> {
    let user = context.settings.user_id().to_owned();
    match command {
        AppsCommand::List { search, pages } => {
            let mut list = ListApps::new().of_user(user).page(pages.first());
            if let Some(search) = search {
                list = list.search(search);
            }
            listing::run(context, list, *pages, None)
        }
        AppsCommand::Get { id } => context.one::<App>(GetApp::new(AppRef::new(user, id))),
        AppsCommand::Create { id, fields } => {
            context.one::<App>(CreateApps::new().of_user(user).app(with_fields(NewApp::new(id), fields)))
        }
        AppsCommand::Patch { id, fields } => {
            context.one::<App>(PatchApp::overwrite(with_fields(NewApp::new(id), fields)).of_user(user))
        }
        AppsCommand::Delete { id, yes } => {
            let question = format!("Delete the app {} and everything in it?", sanitize(id));
            if !*yes && !context.global.dry_run && !confirm(&question)? {
                terminal::log(format_args!("Nothing deleted."));
                return Ok(());
            }
            context.status_only(DeleteApp::new(AppRef::new(user, id)), &format!("Deleted app {}.", sanitize(id)))
        }
    }
}

fn with_fields(mut app: NewApp, fields: &AppFields) -> NewApp {
    let AppFields { description, notes, language, metadata, workflow } = fields;
    if let Some(description) = description {
        app = app.description(description);
    }
    if let Some(notes) = notes {
        app = app.notes(notes);
    }
    if let Some(language) = language {
        app = app.default_language(language);
    }
    if let Some(metadata) = metadata {
        app = app.metadata(metadata.clone());
    }
    if let Some(workflow) = workflow {
        app = app.public_workflow(workflow);
    }
    app
}
