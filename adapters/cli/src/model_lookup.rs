//! Finds the model or workflow that a name or ID refers to.

use clarifai_core::machine::FindModel;
use clarifai_core::models::ModelRef;
use clarifai_core::{AppRef, WebAddress};

use crate::args::DEFAULT_MODEL;
use crate::client::{Client, Stopped};
use crate::context::Context;
use crate::exit::Failure;
use crate::settings::{CredentialKind, Settings};

/// IDs of Clarifai's public models that need no search: the current ones, and legacy ones that all accounts could use.
const PUBLIC_MODELS: [&str; 15] = [
    DEFAULT_MODEL,
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

/// Where models and workflows are searched for.
pub(crate) struct SearchSpace {
    /// Whether an app is set.
    has_app: bool,
    /// Whether only public models can be reached: with a personal access token and without an app.
    pub(crate) public_only: bool,
}

impl SearchSpace {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        let has_app = settings.scope()?.is_some();
        Ok(Self { has_app, public_only: !has_app && settings.credential_kind() == Some(CredentialKind::Pat) })
    }

    /// Returns the reference to a model whose ID is known.
    fn model(&self, id: &str) -> ModelRef {
        match self.public_only || (self.has_app && PUBLIC_MODELS.contains(&id)) {
            true => ModelRef::public(id),
            false => ModelRef::from(id),
        }
    }
}

/// Returns the model with this name, ID or web address. A dry run cannot search, and takes a name for an ID.
pub(crate) fn resolve(context: &mut Context<'_>, name: &str, version: Option<&str>) -> Result<ModelRef, Failure> {
    if WebAddress::is_like(name) {
        let model = name.parse::<WebAddress>().and_then(|address| address.model());
        let model = model.map_err(|invalid| Failure::usage(format!("the web address {}", invalid.problem())))?;
        return Ok(version.map_or(model.clone(), |version| model.with_version(version)));
    }
    check_part("model", name)?;
    version.map_or(Ok(()), |version| check_part("--version", version))?;
    let settings = context.settings;
    let model = match context.global.dry_run || PUBLIC_MODELS.contains(&name) {
        true => SearchSpace::new(settings)?.model(name),
        false => find(&*context.client()?, settings, name)?,
    };
    Ok(version.map_or(model.clone(), |version| model.with_version(version)))
}

/// Rejects names that cannot be a part of a path, before anything is sent.
pub(crate) fn check_part(what: &str, text: &str) -> Result<(), Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::usage(format!("{what} must not be empty")));
    }
    match text.bytes().all(|byte| byte == b'.') {
        true => Err(Failure::usage(format!("{what} must not consist of dots"))),
        false => Ok(()),
    }
}

/// Searches for a model: in the app, and then among the public models.
fn find(client: &Client, settings: &Settings, name: &str) -> Result<ModelRef, Failure> {
    let space = SearchSpace::new(settings)?;
    let find_in = |owner: Option<AppRef>| -> Result<ModelRef, Stopped> {
        let find = FindModel::new(name);
        client.run(match owner {
            Some(owner) => find.in_app(owner),
            None => find,
        })
    };
    let found = match space.public_only {
        true => find_in(Some(AppRef::public())),
        false => match find_in(None) {
            Err(Stopped::Failed(error)) if error.is_not_found() && space.has_app => find_in(Some(AppRef::public())),
            other => other,
        },
    };
    Ok(found?)
}
