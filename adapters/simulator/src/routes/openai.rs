//! The OpenAI-compatible endpoint: chat, embeddings and models, over models that measure text.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::Call;
use crate::language::{self, Statistics};
use crate::response::{Content, Refusal, RouteResult};
use crate::state::ledger;

/// The model for chats, and the one for embeddings: their ids.
const CHAT_MODEL: &str = "text-statistics";
const EMBEDDING_MODEL: &str = "text-hashing";

/// Address of the models without the host, before their id.
const MODELS_PATH: &str = "clarifai/simulator/models/";

/// Number of words in each chunk of a stream.
const CHUNK_WORDS: usize = 4;

/// Returns the list of models.
pub(crate) fn models() -> Content {
    let entry = |id: &str| json!({"id": format!("{MODELS_PATH}{id}"), "object": "model", "owned_by": "clarifai"});
    Content::openai(&json!({"object": "list", "data": [entry(CHAT_MODEL), entry(EMBEDDING_MODEL)]}))
}

/// Creates the error for an argument.
fn invalid(param: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::OpenAi { http: StatusCode::BAD_REQUEST, code: "invalid_value", param, message: message.into() }
}

/// Returns the body, after checking that it is JSON and names the model.
fn body(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(call.request.body())
        .map_err(|error| invalid("body", format!("The body is not JSON: {error}")))?;
    let name = body["model"].as_str().ok_or_else(|| invalid("model", "You must provide a model."))?;
    let path = name.trim_start_matches("https://").trim_start_matches("clarifai.com/");
    match path.strip_prefix(MODELS_PATH).unwrap_or(path).split('/').next() {
        Some(found) if found == id => Ok(body),
        _ => Err(Refusal::OpenAi {
            http: StatusCode::NOT_FOUND,
            code: "model_not_found",
            param: "model",
            message: format!("The simulator has no model {name} for this; it has {MODELS_PATH}{id}."),
        }),
    }
}

/// Returns the texts and the number of images of a message.
fn content(message: &Value) -> Result<(String, usize), Refusal> {
    match &message["content"] {
        Value::String(text) => Ok((text.clone(), 0)),
        Value::Null => Ok((String::new(), 0)),
        Value::Array(parts) => {
            let texts: Vec<_> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            let images = parts.iter().filter(|part| part["type"] == "image_url").count();
            Ok((texts.join("\n"), images))
        }
        _ => Err(invalid("messages", "The content of a message must be a text or a list of parts.")),
    }
}

/// Responds to a conversation.
pub(crate) fn chat(call: &Call<'_>) -> RouteResult {
    let body = body(call, CHAT_MODEL)?;
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| invalid("messages", "The list of messages is missing or empty."))?;
    let contents = messages.iter().map(content).collect::<Result<Vec<_>, _>>()?;
    let (text, images) = contents.last().cloned().unwrap_or_default();
    let statistics = Statistics::of(&text);
    let whole = match body["response_format"]["type"].as_str() {
        Some("json_object" | "json_schema") => statistics.json(images).to_string(),
        _ => statistics.text(images),
    };
    let limit = body["max_tokens"].as_u64().or(body["max_completion_tokens"].as_u64());
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    // Each word keeps the space after it, so that the chunks are the text.
    let tokens: Vec<&str> = whole.split_inclusive(' ').collect();
    let (tokens, reason) = match tokens.get(..limit) {
        Some(tokens) if limit < whole.split_inclusive(' ').count() => (tokens.to_vec(), "length"),
        _ => (tokens, "stop"),
    };
    let prompt = contents.iter().map(|(text, _)| language::words(text).count()).sum::<usize>();
    let usage = json!({
        "prompt_tokens": prompt, "completion_tokens": tokens.len(), "total_tokens": prompt + tokens.len(),
    });
    let base = |object: &str| json!({"id": format!("chatcmpl-{}", call.new_id()), "object": object, "created": call.now.as_secs(), "model": body["model"]});
    if body["stream"].as_bool() != Some(true) {
        let mut completion = base("chat.completion");
        let message = json!({"role": "assistant", "content": tokens.concat()});
        completion["choices"] = json!([{"index": 0, "message": message, "finish_reason": reason}]);
        completion["usage"] = usage;
        return Ok(Content::openai(&completion));
    }
    let chunk = base("chat.completion.chunk");
    let event = |choices: Value, usage: Value| {
        let mut chunk = chunk.clone();
        chunk["choices"] = choices;
        chunk["usage"] = usage;
        format!("data: {chunk}\n\n")
    };
    let choice = |delta: Value, reason: Option<&str>| {
        event(json!([{"index": 0, "delta": delta, "finish_reason": reason}]), Value::Null)
    };
    let mut events = choice(json!({"role": "assistant", "content": ""}), None);
    events.extend(tokens.chunks(CHUNK_WORDS).map(|some| choice(json!({"content": some.concat()}), None)));
    events += &choice(json!({}), Some(reason));
    events += &event(json!([]), usage);
    events += "data: [DONE]\n\n";
    Ok(Content::events(events))
}

/// Returns a vector for each text.
pub(crate) fn embeddings(call: &Call<'_>) -> RouteResult {
    let body = body(call, EMBEDDING_MODEL)?;
    let texts: Option<Vec<&str>> = match &body["input"] {
        Value::String(text) => Some(vec![text]),
        Value::Array(texts) if !texts.is_empty() => texts.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let texts = texts.ok_or_else(|| invalid("input", "The input must be a text or a list of texts."))?;
    let vectors = texts.iter().enumerate().map(|(index, text)| {
        let vector = language::vector(text, ledger::fnv);
        json!({"object": "embedding", "index": index, "embedding": vector})
    });
    let tokens = texts.iter().map(|text| language::words(text).count()).sum::<usize>();
    Ok(Content::openai(&json!({
        "object": "list", "model": body["model"], "data": vectors.collect::<Vec<_>>(),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })))
}
