//! [`ModelName`]: how the OpenAI-compatible endpoint addresses a model.

use crate::error::InvalidArgument;
use crate::models::ModelRef;
use crate::target::check_id;

/// The model of a request: its web address, `{user}/{app}/models/{model}`, or a short id that the endpoint lists.
///
/// A [`ModelRef`] must have an app, because the endpoint knows no default app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName(Result<String, ModelRef>);

impl ModelName {
    /// Returns the name as sent.
    ///
    /// # Errors
    ///
    /// Refuses an empty name, a web address of another site, and a reference without an app.
    pub(super) fn check(&self) -> Result<&str, InvalidArgument> {
        let refuse = |problem: &str| Err(InvalidArgument::new("model", problem));
        let name = match &self.0 {
            Ok(name) => name.trim(),
            Err(model) => {
                check_id("model", model.id())?;
                return refuse("must have an app: `ModelRef::in_app`");
            }
        };
        if name.is_empty() {
            return refuse("must not be empty");
        }
        if name.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
            return refuse("must not contain white space");
        }
        if let Some((_, rest)) = name.split_once("://") {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let is_ours =
                host.eq_ignore_ascii_case("clarifai.com") || host.to_ascii_lowercase().ends_with(".clarifai.com");
            let is_model = rest.split('/').nth(3) == Some("models");
            return match (is_ours, is_model) {
                (true, true) => Ok(name),
                (true, false) => {
                    refuse("must be the web address of a model: https://clarifai.com/{user}/{app}/models/{model}")
                }
                (false, _) => refuse("is a web address of another site"),
            };
        }
        Ok(name)
    }
}

impl From<&str> for ModelName {
    fn from(name: &str) -> Self {
        Self(Ok(name.to_owned()))
    }
}

impl From<String> for ModelName {
    fn from(name: String) -> Self {
        Self(Ok(name))
    }
}

impl From<ModelRef> for ModelName {
    fn from(model: ModelRef) -> Self {
        let Some(app) = model.owner() else { return Self(Err(model)) };
        let version = model.version().map(|version| format!("/versions/{version}")).unwrap_or_default();
        Self(Ok(format!("https://clarifai.com/{}/{}/models/{}{version}", app.user_id(), app.app_id(), model.id())))
    }
}
