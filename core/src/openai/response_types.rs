//! The response to a request of the Responses API, whole and as events.

use serde_json::Value;

use super::TokenDetails;
use super::record::open_record;

open_record! {
    /// The response of a model, in the form of the Responses API.
    pub struct ModelResponse {
        /// Id of the response.
        pub id: String,
        /// Kind of the object: `response`.
        pub object: String,
        /// Time of creation, in seconds since 1970.
        pub created_at: Option<u64>,
        /// State: `completed`, `failed`, `in_progress`, `incomplete`.
        pub status: Option<String>,
        /// Name of the model.
        pub model: String,
        /// What the model produced: messages, reasoning, calls of tools.
        pub output: Option<Vec<OutputItem>>,
        /// Number of tokens used.
        pub usage: Option<ResponseUsage>,
        /// Why it failed.
        pub error: Option<Value>,
        /// Why it is incomplete.
        pub incomplete_details: Option<Value>,
    }
}

impl ModelResponse {
    /// Returns what the model produced.
    pub fn output(&self) -> &[OutputItem] {
        self.output.as_deref().unwrap_or_default()
    }

    /// Returns the text of all messages.
    #[doc(alias = "output_text")]
    pub fn text(&self) -> String {
        let contents = self.output().iter().flat_map(|item| item.content.iter().flatten());
        contents.filter(|content| content.kind == "output_text").filter_map(|content| content.text.as_deref()).collect()
    }
}

open_record! {
    /// Something that a model produced: a message, reasoning, or a call of a tool.
    pub struct OutputItem {
        /// Id of the item.
        pub id: String,
        /// Kind of the item, such as `message`, `reasoning` or `function_call`.
        pub kind: String = "type",
        /// State of the item.
        pub status: Option<String>,
        /// Author of a message.
        pub role: Option<String>,
        /// Content of a message.
        pub content: Option<Vec<OutputContent>>,
        /// Id of the call of a tool, which the result must repeat.
        pub call_id: Option<String>,
        /// Name of the function that the model calls.
        pub name: Option<String>,
        /// Arguments of the function as JSON text, written by the model.
        pub arguments: Option<String>,
    }
}

open_record! {
    /// A part of a message.
    pub struct OutputContent {
        /// Kind of the part, such as `output_text` or `refusal`.
        pub kind: String = "type",
        /// The text.
        pub text: Option<String>,
        /// Why the model declined to respond.
        pub refusal: Option<String>,
    }
}

open_record! {
    /// Number of tokens that a request used.
    pub struct ResponseUsage {
        /// Tokens of the request.
        pub input_tokens: Option<u64>,
        /// Tokens of the response, including those of the reasoning.
        pub output_tokens: Option<u64>,
        /// Tokens of both.
        pub total_tokens: Option<u64>,
        /// Details of the tokens of the request.
        pub input_tokens_details: Option<TokenDetails>,
        /// Details of the tokens of the response.
        pub output_tokens_details: Option<TokenDetails>,
    }
}

open_record! {
    /// An event of a streamed response. Which members it has depends on its kind.
    pub struct ResponseEvent {
        /// Kind of the event, such as `response.output_text.delta` or `response.completed`.
        pub kind: String = "type",
        /// Number of the event.
        pub sequence_number: Option<u64>,
        /// The response so far, in events about all of it.
        pub response: Option<Box<ModelResponse>>,
        /// Position of the output item that the event is about.
        pub output_index: Option<u64>,
        /// Position of the part of the message that the event is about.
        pub content_index: Option<u64>,
        /// The output item, when it begins and when it is complete.
        pub item: Option<OutputItem>,
        /// The part of the message, when it begins and when it is complete.
        pub part: Option<OutputContent>,
        /// Text that the event adds.
        pub delta: Option<String>,
        /// The whole text, when it is complete.
        pub text: Option<String>,
        /// The whole arguments of a function, when they are complete.
        pub arguments: Option<String>,
    }
}

impl ResponseEvent {
    /// Returns the text that the event adds to a message.
    pub fn text_delta(&self) -> Option<&str> {
        self.delta.as_deref().filter(|_| self.kind == "response.output_text.delta")
    }
}
