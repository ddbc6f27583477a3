//! The response to a chat request, whole and in chunks.

use serde_json::Value;

use super::ChatMessage;
use super::record::open_record;

open_record! {
    /// The response of a model to a conversation.
    pub struct ChatCompletion {
        /// Id of the completion.
        pub id: String,
        /// Kind of the object: `chat.completion`.
        pub object: String,
        /// Time of creation, in seconds since 1970.
        pub created: Option<u64>,
        /// Name of the model.
        pub model: String,
        /// Alternatives: one, unless the request asks for more.
        pub choices: Option<Vec<ChatChoice>>,
        /// Number of tokens used.
        pub usage: Option<Usage>,
    }
}

impl ChatCompletion {
    /// Returns the alternatives.
    pub fn choices(&self) -> &[ChatChoice] {
        self.choices.as_deref().unwrap_or_default()
    }

    /// Returns the message of the first alternative.
    pub fn message(&self) -> Option<&ChatMessage> {
        self.choices().first()?.message.as_ref()
    }

    /// Returns the text of the first alternative. `None` if the model wrote none, for example because it calls a tool.
    pub fn text(&self) -> Option<&str> {
        self.message()?.text()
    }
}

open_record! {
    /// One alternative.
    pub struct ChatChoice {
        /// Position among the alternatives.
        pub index: Option<u64>,
        /// The message.
        pub message: Option<ChatMessage>,
        /// Why the model stopped: `stop`, `length`, `tool_calls` or `content_filter`.
        pub finish_reason: Option<String>,
        /// Probabilities of the tokens, if the request asks for them.
        pub logprobs: Option<Value>,
    }
}

open_record! {
    /// A chunk of a streamed completion.
    pub struct ChatChunk {
        /// Id of the completion, the same in all chunks.
        pub id: String,
        /// Kind of the object: `chat.completion.chunk`.
        pub object: String,
        /// Time of creation, in seconds since 1970.
        pub created: Option<u64>,
        /// Name of the model.
        pub model: String,
        /// What the chunk adds to each alternative. Empty in the chunk that reports the usage.
        pub choices: Option<Vec<ChunkChoice>>,
        /// Number of tokens used. Usually only in the last chunk.
        pub usage: Option<Usage>,
    }
}

impl ChatChunk {
    /// Returns what the chunk adds to each alternative.
    pub fn choices(&self) -> &[ChunkChoice] {
        self.choices.as_deref().unwrap_or_default()
    }

    /// Returns the text that the chunk adds to the first alternative.
    pub fn text(&self) -> Option<&str> {
        self.choices().iter().find(|choice| choice.index.unwrap_or(0) == 0)?.delta.as_ref()?.text()
    }
}

open_record! {
    /// What a chunk adds to one alternative.
    pub struct ChunkChoice {
        /// Position among the alternatives.
        pub index: Option<u64>,
        /// The addition.
        pub delta: Option<ChatMessage>,
        /// Why the model stopped. Only in the last chunk of an alternative.
        pub finish_reason: Option<String>,
        /// Probabilities of the tokens, if the request asks for them.
        pub logprobs: Option<Value>,
    }
}

open_record! {
    /// Number of tokens that a request used.
    pub struct Usage {
        /// Tokens of the request.
        pub prompt_tokens: Option<u64>,
        /// Tokens of the response, including those of the reasoning.
        pub completion_tokens: Option<u64>,
        /// Tokens of both.
        pub total_tokens: Option<u64>,
        /// Details of the tokens of the request.
        pub prompt_tokens_details: Option<TokenDetails>,
        /// Details of the tokens of the response.
        pub completion_tokens_details: Option<TokenDetails>,
    }
}

open_record! {
    /// Details of a number of tokens.
    pub struct TokenDetails {
        /// Tokens that came from a cache.
        pub cached_tokens: Option<u64>,
        /// Tokens of the reasoning.
        pub reasoning_tokens: Option<u64>,
    }
}
