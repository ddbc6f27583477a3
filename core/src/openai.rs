//! The OpenAI-compatible endpoint of the service, `/v2/ext/openai/v1`: chat, responses, embeddings, images, models.
//!
//! It serves the models that have this interface. A model is addressed by its web address, by
//! `{user}/{app}/models/{model}`, or by a [`ModelRef`](crate::models::ModelRef) with an app. The token travels as
//! `Authorization: Key …` with [`Credentials::personal_access_token`](crate::Credentials::personal_access_token), and as
//! `Authorization: Bearer …` with [`Credentials::bearer`](crate::Credentials::bearer); the endpoint accepts both.
//!
//! Types keep what they do not model: members without a field are in `other`, and each type converts from and to
//! [`serde_json::Value`]. Options without a method are set with `set`.
//!
//! ```
//! use clarifai_core::openai::{ChatMessage, CreateChatCompletion};
//! use clarifai_core::{Config, Credentials, Exchange};
//!
//! let config = Config::new(Credentials::personal_access_token("0123456789abcdef")?);
//! let chat = CreateChatCompletion::new("openai/chat-completion/models/gpt-oss-120b")
//!     .system("Be brief.")
//!     .message(ChatMessage::user("What is in this image?").with_image("https://samples.clarifai.com/metro-north.jpg"))
//!     .max_tokens(200);
//! let exchange = Exchange::new(&config, chat)?;
//! assert_eq!(exchange.request().uri().path(), "/v2/ext/openai/v1/chat/completions");
//!
//! // Send the request. This is a typical response of the service.
//! let response = http::Response::new(r#"{"id": "c1", "object": "chat.completion", "choices": [{"index": 0,
//!     "message": {"role": "assistant", "content": "A train."}, "finish_reason": "stop"}]}"#);
//! assert_eq!(exchange.parse(response)?.text(), Some("A train."));
//! # Ok::<(), clarifai_core::Error>(())
//! ```
//!
//! # Streams
//!
//! `client.stream(chat)` returns the chunks as they arrive, and a [`ChatAccumulator`] joins them to the whole
//! completion. A stream that ends with neither `[DONE]` nor the reason why the model stopped is an error, which counts
//! the chunks that arrived.
//!
//! ```
//! use clarifai_core::machine::StreamCall;
//! use clarifai_core::openai::{ChatAccumulator, CreateChatCompletion};
//! use clarifai_core::testing::MockTransport;
//! use clarifai_core::{Config, Credentials};
//!
//! let config = Config::new(Credentials::personal_access_token("0123456789abcdef")?);
//! let chat = CreateChatCompletion::new("openai/chat-completion/models/gpt-oss-120b").user("Hello");
//! let body = "data: {\"choices\": [{\"index\": 0, \"delta\": {\"role\": \"assistant\", \"content\": \"Good \"}}]}\n\n\
//!     data: {\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"day.\"}, \"finish_reason\": \"stop\"}]}\n\n\
//!     data: [DONE]\n\n";
//! let mut transport = MockTransport::new().expect("POST", "/v2/ext/openai/v1/chat/completions").reply_bytes(200, body);
//!
//! let (chunks, result) = transport.stream(StreamCall::new(&config, chat));
//! result?;
//! let mut whole = ChatAccumulator::new();
//! chunks.iter().for_each(|chunk| whole.push(chunk));
//! assert_eq!(whole.finish().text(), Some("Good day."));
//! # Ok::<(), clarifai_core::Error>(())
//! ```

mod accumulate;
mod chat;
mod chat_types;
mod embeddings;
mod images;
mod message;
mod model_name;
mod models;
mod options;
mod record;
mod response_types;
mod responses;

pub use accumulate::{ChatAccumulator, ResponseAccumulator};
pub use chat::CreateChatCompletion;
pub use chat_types::{ChatChoice, ChatChunk, ChatCompletion, ChunkChoice, TokenDetails, Usage};
pub use embeddings::{CreateEmbeddings, EmbeddingVector, Embeddings};
pub use images::{GenerateImages, GeneratedImage, GeneratedImages};
pub use message::{ChatMessage, Content, ContentPart, FunctionCall, FunctionTool, ImageUrl, Tool, ToolCall};
pub use model_name::ModelName;
pub use models::{ListModels, ModelEntry};
pub use response_types::{ModelResponse, OutputContent, OutputItem, ResponseEvent, ResponseUsage};
pub use responses::CreateResponse;

use crate::operation::Target;

/// Appends the root of the endpoint.
fn root(target: &mut Target) -> &mut Target {
    target.unscoped().path("ext").path("openai").path("v1")
}
