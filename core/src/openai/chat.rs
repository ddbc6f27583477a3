//! `POST /v2/ext/openai/v1/chat/completions`: the response of a model to a conversation.

use serde_json::{Value, json};

use super::options::Options;
use super::{ChatChunk, ChatCompletion, ChatMessage, ModelName, Tool};
use crate::body::Body;
use crate::envelope::{DecodeError, Envelope};
use crate::error::InvalidArgument;
use crate::operation::{Operation, Replay, Spec, Target};
use crate::stream::Element;
use crate::streaming::StreamOperation;

/// Requests the response of a model to a conversation: `POST /v2/ext/openai/v1/chat/completions`.
///
/// `client.call(chat)` returns the whole [`ChatCompletion`], `client.stream(chat)` its [chunks](ChatChunk) as they
/// arrive. The request changes nothing at the service, so it is retried; each attempt is charged.
///
/// The arguments are checked before anything is sent. An error names the argument, such as `messages[1] content`.
///
/// ```
/// use clarifai_core::openai::{CreateChatCompletion, Tool};
/// use serde_json::json;
///
/// let chat = CreateChatCompletion::new("https://clarifai.com/openai/chat-completion/models/gpt-4o")
///     .user("What is the weather in New York?")
///     .tool(Tool::function("get_weather", "Returns the current weather.", json!({
///         "type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"],
///     })))
///     .temperature(0.2)
///     .set("top_k", 40);
/// ```
#[doc(alias("chat.completions.create", "openai_transport"))]
#[derive(Clone, Debug, PartialEq)]
pub struct CreateChatCompletion {
    model: ModelName,
    messages: Vec<ChatMessage>,
    tools: Vec<Tool>,
    options: Options,
}

impl CreateChatCompletion {
    /// Creates a request without messages.
    pub fn new(model: impl Into<ModelName>) -> Self {
        Self { model: model.into(), messages: Vec::new(), tools: Vec::new(), options: Options::default() }
    }

    /// Adds a message.
    pub fn message(mut self, message: ChatMessage) -> Self {
        self.messages.push(message);
        self
    }

    /// Adds several messages.
    pub fn messages(mut self, messages: impl IntoIterator<Item = ChatMessage>) -> Self {
        self.messages.extend(messages);
        self
    }

    /// Adds a message with instructions for the model.
    pub fn system(self, text: impl Into<String>) -> Self {
        self.message(ChatMessage::system(text))
    }

    /// Adds a message of the user.
    pub fn user(self, text: impl Into<String>) -> Self {
        self.message(ChatMessage::user(text))
    }

    /// Adds a tool that the model may call.
    pub fn tool(mut self, tool: Tool) -> Self {
        self.tools.push(tool);
        self
    }

    /// Sets which tool the model calls: `"auto"`, `"none"`, `"required"`, or an object that names a function.
    pub fn tool_choice(self, choice: impl Into<Value>) -> Self {
        self.set("tool_choice", choice)
    }

    /// Sets that the response is JSON of this schema. `name` is a name for the schema.
    pub fn json_schema(self, name: impl Into<String>, schema: impl Into<Value>) -> Self {
        let format = json!({"type": "json_schema", "json_schema": {"name": name.into(), "schema": schema.into()}});
        self.set("response_format", format)
    }

    /// Sets the randomness, 0 to 2. Default: that of the model.
    pub fn temperature(self, temperature: f64) -> Self {
        self.set("temperature", temperature)
    }

    /// Sets the share of the most probable tokens to choose from, 0 to 1. Default: that of the model.
    pub fn top_p(self, top_p: f64) -> Self {
        self.set("top_p", top_p)
    }

    /// Sets the maximum number of tokens of the response, at least 1. Default: that of the model.
    pub fn max_tokens(self, tokens: u32) -> Self {
        self.set("max_tokens", tokens)
    }

    /// Sets how much the model reasons, such as `low`, `medium` or `high`.
    pub fn reasoning_effort(self, effort: impl Into<String>) -> Self {
        self.set("reasoning_effort", effort.into())
    }

    /// Requests the number of tokens in the last chunk of a stream. The models of the service send it by default.
    pub fn include_usage(self) -> Self {
        self.set("stream_options", json!({"include_usage": true}))
    }

    /// Sets any option by its name. A later value replaces an earlier one.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.set(name, value);
        self
    }

    fn build(&self, stream: bool) -> Result<Body, InvalidArgument> {
        let model = self.model.check()?;
        if self.messages.is_empty() {
            return Err(InvalidArgument::new("messages", "must not be empty"));
        }
        for (index, message) in self.messages.iter().enumerate() {
            message.check().map_err(|invalid| invalid.at("messages", index))?;
        }
        for (index, tool) in self.tools.iter().enumerate() {
            tool.check().map_err(|invalid| invalid.at("tools", index))?;
        }
        self.options.check(&["model", "messages", "tools", "stream"])?;
        let messages = self.messages.iter().cloned().map(Value::from).collect::<Vec<_>>();
        let mut members = vec![("model", model.into()), ("messages", messages.into())];
        if !self.tools.is_empty() {
            members.push(("tools", self.tools.iter().cloned().map(Value::from).collect::<Vec<_>>().into()));
        }
        if stream {
            members.push(("stream", true.into()));
        }
        self.options.body(members)
    }
}

impl Operation for CreateChatCompletion {
    type Output = ChatCompletion;
    const SPEC: Spec = Spec::post("create chat completion").replay(Replay::Safe).without_status();

    fn target(&self, target: &mut Target) {
        super::root(target).path("chat").path("completions");
    }

    fn body(&self) -> Result<Body, InvalidArgument> {
        self.build(false)
    }

    fn decode(&self, response: &Envelope) -> Result<ChatCompletion, DecodeError> {
        let completion: ChatCompletion = response.parse()?;
        match completion.choices {
            Some(_) => Ok(completion),
            None => Err(DecodeError::new("choices", "is missing")),
        }
    }
}

impl StreamOperation for CreateChatCompletion {
    type Item = ChatChunk;

    fn stream_body(&self) -> Result<Body, InvalidArgument> {
        self.build(true)
    }

    fn item(&self, element: &Element<'_>) -> Result<Option<ChatChunk>, DecodeError> {
        let mut chunk: ChatChunk = super::options::parse(element.json)?;
        // A server that does not stream sends the whole completion, whose choices have a message instead of a delta.
        for choice in chunk.choices.iter_mut().flatten().filter(|choice| choice.delta.is_none()) {
            if let Some(message) = choice.other.remove("message") {
                choice.delta = ChatMessage::try_from(message).ok();
            }
        }
        // Some servers add an error to a chunk instead of sending it alone.
        let has_error = chunk.other.get("error").is_some_and(|error| !error.is_null());
        let is_chunk = chunk.choices.is_some() || chunk.usage.is_some();
        Ok(Some(chunk).filter(|_| is_chunk && !has_error))
    }

    fn is_last(&self, chunk: &ChatChunk) -> bool {
        chunk.choices().iter().any(|choice| choice.finish_reason.is_some())
    }
}
