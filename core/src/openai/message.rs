//! [`ChatMessage`]: a message of a conversation, with its content and tools.

use serde::de::SeqAccess;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::record::open_record;
use crate::error::InvalidArgument;
use crate::lenient::{Lenient, deserialize_leniently};

open_record! {
    /// A message of a conversation. In a stream, the part of a message that one chunk adds.
    pub struct ChatMessage {
        /// Author: `system`, `developer`, `user`, `assistant` or `tool`. In a stream only the first chunk has it.
        pub role: String,
        /// Content.
        pub content: Option<Content>,
        /// What the model wrote while it reasoned, if the model reveals it.
        pub reasoning_content: Option<String>,
        /// Why the model declined to respond.
        pub refusal: Option<String>,
        /// Name of the author, to tell apart several with the same role.
        pub name: Option<String>,
        /// Tools that the model calls.
        pub tool_calls: Option<Vec<ToolCall>>,
        /// Id of the call that a message of the role `tool` responds to.
        pub tool_call_id: Option<String>,
    }
}

impl ChatMessage {
    /// Creates a message of any role.
    pub fn new(role: impl Into<String>, content: impl Into<Content>) -> Self {
        Self { role: role.into(), content: Some(content.into()), ..Self::default() }
    }

    /// Creates a message of the role `system`: instructions for the model.
    pub fn system(text: impl Into<String>) -> Self {
        Self::new("system", text.into())
    }

    /// Creates a message of the role `user`.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new("user", text.into())
    }

    /// Creates a message of the role `assistant`: an earlier response of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new("assistant", text.into())
    }

    /// Creates a message of the role `tool`: the result of the call with this id.
    pub fn tool(call_id: impl Into<String>, result: impl Into<String>) -> Self {
        Self { tool_call_id: Some(call_id.into()), ..Self::new("tool", result.into()) }
    }

    /// Adds an image by its URL, or as a `data:` URL.
    pub fn with_image(self, url: impl Into<String>) -> Self {
        self.with_part(ContentPart::image(url))
    }

    /// Adds an image as the bytes of its file. `media_type` is the type of the file, such as `image/jpeg`.
    pub fn with_image_bytes(self, media_type: &str, bytes: &[u8]) -> Self {
        let encoded = base64_simd::STANDARD.encode_to_string(bytes);
        self.with_image(format!("data:{media_type};base64,{encoded}"))
    }

    /// Adds a part of any kind. A text before becomes the first part.
    pub fn with_part(mut self, part: ContentPart) -> Self {
        let mut parts = match self.content.take() {
            Some(Content::Parts(parts)) => parts,
            Some(Content::Text(text)) => vec![ContentPart::text(text)],
            None => Vec::new(),
        };
        parts.push(part);
        self.content = Some(Content::Parts(parts));
        self
    }

    /// Returns the text, or that of the first part that has one. `None` without a text.
    pub fn text(&self) -> Option<&str> {
        match self.content.as_ref()? {
            Content::Text(text) => Some(text),
            Content::Parts(parts) => parts.iter().find_map(|part| part.text.as_deref()),
        }
    }

    /// Returns the tools that the model calls.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.tool_calls.as_deref().unwrap_or_default()
    }

    /// Checks that the message can be sent.
    pub(super) fn check(&self) -> Result<(), InvalidArgument> {
        let refuse = |argument: &'static str, problem: &str| Err(InvalidArgument::new(argument, problem));
        if self.role.is_empty() {
            return refuse("role", "must not be empty");
        }
        if self.role == "tool" && self.tool_call_id.as_deref().unwrap_or_default().is_empty() {
            return refuse("tool_call_id", "must not be empty in a message of the role `tool`");
        }
        match &self.content {
            None if self.tool_calls().is_empty() => refuse("content", "is missing"),
            // The result of a tool, and a response that only calls tools, may be empty.
            Some(Content::Text(text)) if text.is_empty() && !matches!(&*self.role, "tool" | "assistant") => {
                refuse("content", "must not be empty")
            }
            Some(Content::Parts(parts)) if parts.is_empty() => refuse("content", "must not be empty"),
            Some(Content::Parts(parts)) => parts
                .iter()
                .enumerate()
                .try_for_each(|(index, part)| part.check().map_err(|it| it.at("content", index))),
            _ => Ok(()),
        }
    }
}

/// The content of a message: a text, or parts such as texts and images.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// A text.
    Text(String),
    /// Parts, in their order.
    Parts(Vec<ContentPart>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Lenient for Content {
    fn from_text(value: &str) -> Option<Self> {
        Some(Self::Text(value.to_owned()))
    }
    fn from_seq<'de, A: SeqAccess<'de>>(seq: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::from_seq(seq)?.map(Self::Parts))
    }
}

deserialize_leniently!(Content);

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, target: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => target.serialize_str(text),
            Self::Parts(parts) => parts.serialize(target),
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self::Parts(parts)
    }
}

open_record! {
    /// A part of the content of a message. Parts of other kinds than text and image are in `other`.
    pub struct ContentPart {
        /// Kind of the part, such as `text` or `image_url`.
        pub kind: String = "type",
        /// The text.
        pub text: Option<String>,
        /// The image.
        pub image_url: Option<ImageUrl>,
    }
}

impl ContentPart {
    /// Creates a part with a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: "text".to_owned(), text: Some(text.into()), ..Self::default() }
    }

    /// Creates a part with an image, by its URL or as a `data:` URL.
    pub fn image(url: impl Into<String>) -> Self {
        let image_url = ImageUrl { url: url.into(), ..ImageUrl::default() };
        Self { kind: "image_url".to_owned(), image_url: Some(image_url), ..Self::default() }
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        if self.kind.is_empty() {
            return Err(InvalidArgument::new("type", "must not be empty"));
        }
        let Some(image) = &self.image_url else { return Ok(()) };
        match image.url.split_once(':') {
            Some(("http" | "https" | "data", rest)) if !rest.is_empty() => Ok(()),
            _ => Err(InvalidArgument::new("image_url", "must begin with http://, https:// or data:")),
        }
    }
}

open_record! {
    /// An image of a message.
    pub struct ImageUrl {
        /// URL of the image, or the image itself as a `data:` URL.
        pub url: String,
        /// Resolution at which the model sees the image: `auto`, `low` or `high`.
        pub detail: Option<String>,
    }
}

open_record! {
    /// A call of a tool by the model. In a stream, the part of it that one chunk adds.
    pub struct ToolCall {
        /// Position of the call in its message. Only in streams.
        pub index: Option<u64>,
        /// Id of the call, which the result must repeat.
        pub id: String,
        /// Kind of the tool: `function`.
        pub kind: String = "type",
        /// The function and its arguments.
        pub function: Option<FunctionCall>,
    }
}

open_record! {
    /// A function that the model calls.
    pub struct FunctionCall {
        /// Name of the function.
        pub name: String,
        /// Arguments as JSON text, written by the model: it is not certain to be valid.
        pub arguments: Option<String>,
    }
}

impl FunctionCall {
    /// Parses the arguments. No arguments count as an empty object.
    ///
    /// # Errors
    ///
    /// If the model wrote something else than JSON.
    pub fn parse_arguments(&self) -> Result<Value, serde_json::Error> {
        match self.arguments.as_deref().map(str::trim) {
            None | Some("") => Ok(json!({})),
            Some(arguments) => serde_json::from_str(arguments),
        }
    }
}

open_record! {
    /// A tool that the model may call.
    pub struct Tool {
        /// Kind of the tool: `function`.
        pub kind: String = "type",
        /// The function.
        pub function: Option<FunctionTool>,
    }
}

open_record! {
    /// A function that the model may call.
    pub struct FunctionTool {
        /// Name of the function.
        pub name: String,
        /// What the function does, for the model.
        pub description: Option<String>,
        /// Parameters, as a JSON schema.
        pub parameters: Option<Value>,
        /// Whether the model must follow the schema exactly.
        pub strict: Option<bool>,
    }
}

impl Tool {
    /// Creates a function with this name, description and JSON schema of its parameters.
    pub fn function(name: impl Into<String>, description: impl Into<String>, parameters: Value) -> Self {
        let function = FunctionTool {
            name: name.into(),
            description: Some(description.into()),
            parameters: Some(parameters),
            ..FunctionTool::default()
        };
        Self { kind: "function".to_owned(), function: Some(function), ..Self::default() }
    }

    pub(super) fn check(&self) -> Result<(), InvalidArgument> {
        if self.kind.is_empty() {
            return Err(InvalidArgument::new("type", "must not be empty"));
        }
        let Some(function) = &self.function else { return Ok(()) };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !(1..=64).contains(&function.name.len()) || !function.name.bytes().all(is_name) {
            return Err(InvalidArgument::new("name", "must be 1 to 64 letters, digits, `_` or `-`"));
        }
        match &function.parameters {
            Some(parameters) if !parameters.is_object() => {
                Err(InvalidArgument::new("parameters", "must be a JSON schema, which is an object"))
            }
            _ => Ok(()),
        }
    }
}
