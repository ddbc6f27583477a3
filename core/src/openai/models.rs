//! `GET /v2/ext/openai/v1/models`: the models of the endpoint.

use super::record::open_record;
use crate::envelope::{DecodeError, Envelope};
use crate::lenient::record;
use crate::operation::{Operation, Spec, Target};

/// Lists the models of the OpenAI-compatible endpoint: `GET /v2/ext/openai/v1/models`.
///
/// The form of the response is not documented. A list, and an object with the list in `data` or `models`, are accepted.
#[doc(alias = "models.list")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListModels;

impl ListModels {
    /// Creates a request for the list.
    pub fn new() -> Self {
        Self
    }
}

record! {
    /// The forms of the response that are objects.
    #[allow(unreachable_pub, reason = "the macro declares public types")]
    pub struct Listed {
        /// The form of the OpenAI documentation.
        pub data: Option<Vec<ModelEntry>>,
        /// The form of the service.
        pub models: Option<Vec<ModelEntry>>,
    }
}

impl Operation for ListModels {
    type Output = Vec<ModelEntry>;
    const SPEC: Spec = Spec::get("list models of the OpenAI endpoint").without_status();

    fn target(&self, target: &mut Target) {
        super::root(target).path("models");
    }

    fn decode(&self, response: &Envelope) -> Result<Vec<ModelEntry>, DecodeError> {
        if response.body().trim_ascii_start().starts_with(b"[") {
            return super::options::parse(response.body());
        }
        let listed: Listed = response.parse()?;
        listed.data.or(listed.models).ok_or_else(|| DecodeError::new("data", "is missing"))
    }
}

open_record! {
    /// A model of the OpenAI-compatible endpoint.
    pub struct ModelEntry {
        /// Name to use in requests.
        pub id: String,
        /// Time of creation, in seconds since 1970.
        pub created: Option<u64>,
        /// Owner of the model.
        pub owned_by: Option<String>,
    }
}
