//! Addresses of Clarifai's website, such as <https://clarifai.com/clarifai/main/models/general-image-recognition>.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::error::InvalidArgument;
use crate::models::ModelRef;
use crate::target::AppRef;

/// An address of Clarifai's website, parsed: the app, and what in it the address is of.
///
/// Addresses have the form `https://clarifai.com/{user}/{app}`, which can be followed by `/models/{id}`, or the same with
/// `workflows`, `inputs`, `datasets` or `concepts`, and then by `/versions/{version}`. A query and a fragment are
/// ignored.
///
/// ```
/// use clarifai_core::{AppRef, WebAddress, models::{ModelRef, Predict}};
///
/// let address: WebAddress = "https://clarifai.com/clarifai/main/models/general-image-recognition".parse()?;
/// assert_eq!(address.app(), &AppRef::public());
/// let predict = Predict::new(address.model()?);
///
/// let elsewhere = "https://example.com/clarifai/main/models/x".parse::<WebAddress>();
/// assert!(elsewhere.is_err());
/// # Ok::<(), clarifai_core::error::InvalidArgument>(())
/// ```
#[doc(alias = "ClarifaiUrlHelper")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WebAddress {
    app: AppRef,
    resource: Option<(WebResource, String)>,
    version: Option<String>,
}

/// What an address of the website is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebResource {
    /// A model.
    Model,
    /// A workflow.
    Workflow,
    /// An input.
    Input,
    /// A dataset.
    Dataset,
    /// A concept.
    Concept,
}

impl WebResource {
    const ALL: [(&'static str, Self); 5] = [
        ("models", Self::Model),
        ("workflows", Self::Workflow),
        ("inputs", Self::Input),
        ("datasets", Self::Dataset),
        ("concepts", Self::Concept),
    ];
}

/// Writes the name, such as `model`.
impl fmt::Display for WebResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model",
            Self::Workflow => "workflow",
            Self::Input => "input",
            Self::Dataset => "dataset",
            Self::Concept => "concept",
        })
    }
}

impl WebAddress {
    /// Returns whether a text is meant as a web address. No id begins like one.
    pub fn is_like(text: &str) -> bool {
        let text = text.trim_start().as_bytes();
        [&b"https://"[..], b"http://"]
            .iter()
            .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
    }

    /// Returns the app.
    pub fn app(&self) -> &AppRef {
        &self.app
    }

    /// Returns what the address is of, and its id. `None` if it is of the app itself.
    pub fn resource(&self) -> Option<(WebResource, &str)> {
        self.resource.as_ref().map(|(kind, id)| (*kind, &**id))
    }

    /// Returns the id of the version, if the address has one.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the id if the address is of this kind of resource.
    ///
    /// # Errors
    ///
    /// Fails if the address is of something else.
    pub fn id_of(&self, kind: WebResource) -> Result<&str, InvalidArgument> {
        match &self.resource {
            Some((found, id)) if *found == kind => Ok(id),
            Some((found, _)) => Err(invalid(format!("is of a {found}, not of a {kind}"))),
            None => Err(invalid(format!("is of an app, not of a {kind}"))),
        }
    }

    /// Returns the reference to the model.
    ///
    /// # Errors
    ///
    /// Fails if the address is not of a model.
    pub fn model(&self) -> Result<ModelRef, InvalidArgument> {
        let model = ModelRef::from(self.id_of(WebResource::Model)?).in_app(self.app.clone());
        Ok(match &self.version {
            Some(version) => model.with_version(&**version),
            None => model,
        })
    }
}

fn invalid(problem: impl Into<String>) -> InvalidArgument {
    InvalidArgument::new("web address", problem)
}

impl FromStr for WebAddress {
    type Err = InvalidArgument;

    fn from_str(text: &str) -> Result<Self, InvalidArgument> {
        let form = "must have the form https://clarifai.com/{user}/{app}/models/{id}";
        let text = text.trim();
        let rest = match Self::is_like(text) {
            true => text.split_once("://").map_or("", |(_, rest)| rest),
            false => return Err(invalid(form)),
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.strip_suffix(":443").unwrap_or(host);
        if !["clarifai.com", "www.clarifai.com"].iter().any(|own| host.eq_ignore_ascii_case(own)) {
            return Err(invalid("is not of the site clarifai.com"));
        }
        let mut parts = Vec::new();
        for part in path.strip_suffix('/').unwrap_or(path).split('/') {
            let part = percent_decode_str(part).decode_utf8().map_err(|_| invalid("is not text in UTF-8"))?;
            if part.is_empty() || part.bytes().all(|byte| byte == b'.') {
                return Err(invalid(form));
            }
            parts.push(part.into_owned());
        }
        let mut parts = parts.into_iter();
        let (Some(user), Some(app)) = (parts.next(), parts.next()) else { return Err(invalid(form)) };
        let mut address = Self { app: AppRef::new(user, app), resource: None, version: None };
        if let Some(kind) = parts.next() {
            let Some((_, kind)) = WebResource::ALL.into_iter().find(|(name, _)| *name == kind) else {
                return Err(invalid("is not of a model, workflow, input, dataset or concept"));
            };
            address.resource = Some((kind, parts.next().ok_or_else(|| invalid("has no id at its end"))?));
        }
        match (parts.next().as_deref(), parts.next(), parts.next()) {
            (None, ..) => Ok(address),
            (Some("versions"), Some(version), None) => Ok(Self { version: Some(version), ..address }),
            _ => Err(invalid(form)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_site_are_parsed() {
        use WebResource::{Concept, Dataset, Input, Model, Workflow};
        for (address, user, app, resource, version) in [
            ("https://clarifai.com/flora/garden", "flora", "garden", None, None),
            ("https://clarifai.com/flora/garden/", "flora", "garden", None, None),
            ("https://clarifai.com/flora/garden/models/roses", "flora", "garden", Some((Model, "roses")), None),
            ("http://www.Clarifai.com:443/f/g/models/r/versions/v1/", "f", "g", Some((Model, "r")), Some("v1")),
            (" HTTPS://clarifai.com/f/g/workflows/w?tab=1#x ", "f", "g", Some((Workflow, "w")), None),
            ("https://clarifai.com/f/g/inputs/a%20b", "f", "g", Some((Input, "a b")), None),
            ("https://clarifai.com/f/g/datasets/d/versions/2", "f", "g", Some((Dataset, "d")), Some("2")),
            ("https://clarifai.com/f/g/concepts/c", "f", "g", Some((Concept, "c")), None),
        ] {
            let parsed: WebAddress = address.parse().expect(address);
            assert_eq!(parsed.app(), &AppRef::new(user, app), "{address}");
            assert_eq!((parsed.resource(), parsed.version()), (resource, version), "{address}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for (address, problem) in [
            ("https://example.com/f/g/models/m", "not of the site"),
            ("https://clarifai.com.example.com/f/g/models/m", "not of the site"),
            ("https://clarifai.com@example.com/f/g/models/m", "not of the site"),
            ("https://user:password@clarifai.com/f/g", "not of the site"),
            ("https://clarifai.com:8080/f/g", "not of the site"),
            ("ftp://clarifai.com/f/g", "must have the form"),
            ("f/g/models/m", "must have the form"),
            ("https://clarifai.com", "must have the form"),
            ("https://clarifai.com/explore", "must have the form"),
            ("https://clarifai.com/f/g/models/../x", "must have the form"),
            ("https://clarifai.com/f//models/m", "must have the form"),
            ("https://clarifai.com/f/g/models/m/versions", "must have the form"),
            ("https://clarifai.com/f/g/models/m/versions/v/x", "must have the form"),
            ("https://clarifai.com/f/g/models", "no id"),
            ("https://clarifai.com/f/g/settings/x", "is not of a model"),
            ("https://clarifai.com/f/g/models/%ff", "UTF-8"),
            ("", "must have the form"),
        ] {
            let error = address.parse::<WebAddress>().expect_err(address);
            assert!(error.problem().contains(problem), "{address}: {error}");
        }
        let workflow: WebAddress = "https://clarifai.com/f/g/workflows/w".parse().expect("an address");
        assert!(workflow.model().is_err_and(|error| error.problem() == "is of a workflow, not of a model"));
    }
}
