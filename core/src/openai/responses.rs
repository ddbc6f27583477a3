//! `POST /v2/ext/openai/v1/responses`: the response of a model, in the form of the Responses API.

use serde_json::{Value, json};

use super::options::Options;
use super::{ModelName, ModelResponse, ResponseEvent};
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec, Target};
use crate::stream::Element;
use crate::streaming::StreamOperation;

/// Requests the response of a model in the form of the Responses API: `POST /v2/ext/openai/v1/responses`.
///
/// `client.call(request)` returns the whole [`ModelResponse`], `client.stream(request)` its [events](ResponseEvent) as
/// they arrive.
///
/// ```
/// use clarifai_core::openai::CreateResponse;
///
/// let request = CreateResponse::new("openai/chat-completion/models/gpt-4.1", "Tell me a joke.").max_output_tokens(150);
/// let request = CreateResponse::new("openai/chat-completion/models/gpt-4.1", "What is it?")
///     .image("https://samples.clarifai.com/metro-north.jpg");
/// ```
#[doc(alias = "responses.create")]
#[derive(Clone, Debug, PartialEq)]
pub struct CreateResponse {
    model: ModelName,
    input: Value,
    options: Options,
}

impl CreateResponse {
    /// Creates a request. `input` is a text, or a list of items as JSON.
    pub fn new(model: impl Into<ModelName>, input: impl Into<Value>) -> Self {
        Self { model: model.into(), input: input.into(), options: Options::default() }
    }

    /// Adds an item to the input: a message, or the result of a tool. A text before becomes a message of the user.
    pub fn item(mut self, item: impl Into<Value>) -> Self {
        let mut items = self.items();
        items.push(item.into());
        self.input = items.into();
        self
    }

    /// Adds an image to the last message of the input, by its URL or as a `data:` URL.
    pub fn image(mut self, url: impl Into<String>) -> Self {
        let image = json!({"type": "input_image", "image_url": url.into()});
        let mut items = self.items();
        match items.last_mut().and_then(|item| item.get_mut("content")) {
            Some(Value::Array(parts)) => parts.push(image),
            Some(content @ Value::String(_)) => {
                *content = json!([{"type": "input_text", "text": content.take()}, image]);
            }
            _ => items.push(json!({"role": "user", "content": [image]})),
        }
        self.input = items.into();
        self
    }

    fn items(&mut self) -> Vec<Value> {
        match self.input.take() {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            text => vec![json!({"role": "user", "content": [{"type": "input_text", "text": text}]})],
        }
    }

    /// Sets the instructions for the model.
    pub fn instructions(self, text: impl Into<String>) -> Self {
        self.set("instructions", text.into())
    }

    /// Sets the randomness, 0 to 2. Default: that of the model.
    pub fn temperature(self, temperature: f64) -> Self {
        self.set("temperature", temperature)
    }

    /// Sets the maximum number of tokens of the response, at least 1. Default: that of the model.
    pub fn max_output_tokens(self, tokens: u32) -> Self {
        self.set("max_output_tokens", tokens)
    }

    /// Sets any option by its name, such as `tools`. A later value replaces an earlier one.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.set(name, value);
        self
    }

    fn build(&self, stream: bool) -> Result<Body, InvalidArgument> {
        let model = self.model.check()?;
        let problem = match &self.input {
            Value::String(text) if text.is_empty() => Some("must not be empty"),
            Value::Array(items) if items.is_empty() => Some("must not be empty"),
            Value::Array(items) if !items.iter().all(Value::is_object) => Some("must be a list of objects"),
            Value::String(_) | Value::Array(_) => None,
            _ => Some("must be a text or a list of items"),
        };
        if let Some(problem) = problem {
            return Err(InvalidArgument::new("input", problem));
        }
        self.options.check(&["model", "input", "stream"])?;
        let mut members = vec![("model", model.into()), ("input", self.input.clone())];
        if stream {
            members.push(("stream", true.into()));
        }
        self.options.body(members)
    }
}

impl Operation for CreateResponse {
    type Output = ModelResponse;
    // A response can be stored for later requests, but repeating it does no harm.
    const SPEC: Spec = Spec::post("create response").replay(Replay::Safe).without_status();

    fn target(&self, target: &mut Target) {
        super::root(target).path("responses");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.build(false)
    }

    fn decode(&self, response: &Envelope) -> Result<ModelResponse, DecodeError> {
        let response: ModelResponse = response.parse()?;
        match response.output.is_some() || response.status.is_some() {
            true => Ok(response),
            false => Err(DecodeError::new("output", "is missing")),
        }
    }
}

impl StreamOperation for CreateResponse {
    type Item = ResponseEvent;

    fn stream_body(&self) -> Result<Body, InvalidArgument> {
        self.build(true)
    }

    fn item(&self, element: &Element<'_>) -> Result<Option<ResponseEvent>, DecodeError> {
        let mut event: ResponseEvent = super::options::parse(element.json)?;
        if event.kind.is_empty() {
            element.name.clone_into(&mut event.kind);
        }
        let is_event = event.kind.starts_with("response.") && event.kind != "response.failed";
        Ok(Some(event).filter(|_| is_event))
    }

    fn is_last(&self, event: &ResponseEvent) -> bool {
        matches!(&*event.kind, "response.completed" | "response.incomplete" | "response.done")
    }
}
