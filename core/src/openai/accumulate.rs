//! Joins the chunks of a stream to the whole response.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    ChatChoice, ChatChunk, ChatCompletion, ChatMessage, ChunkChoice, Content, ModelResponse, OutputContent, OutputItem,
    ResponseEvent, ToolCall,
};

/// Joins the [chunks](ChatChunk) of a streamed chat completion to the whole [`ChatCompletion`].
///
/// Texts, reasoning and the arguments of tools are concatenated; calls of tools are distinguished by their index; the
/// last usage counts.
#[derive(Clone, Debug, Default)]
pub struct ChatAccumulator {
    head: ChatCompletion,
    choices: BTreeMap<u64, ChatChoice>,
}

impl ChatAccumulator {
    /// Creates an accumulator without chunks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a chunk.
    pub fn push(&mut self, chunk: &ChatChunk) {
        replace_empty(&mut self.head.id, &chunk.id);
        replace_empty(&mut self.head.model, &chunk.model);
        self.head.created = self.head.created.or(chunk.created);
        if chunk.usage.is_some() {
            self.head.usage.clone_from(&chunk.usage);
        }
        self.head.other.extend(chunk.other.clone());
        for choice in chunk.choices() {
            self.push_choice(choice);
        }
    }

    fn push_choice(&mut self, from: &ChunkChoice) {
        let index = from.index.unwrap_or(0);
        let choice = self.choices.entry(index).or_default();
        choice.index = Some(index);
        if let Some(delta) = &from.delta {
            add_message(choice.message.get_or_insert_default(), delta);
        }
        if from.finish_reason.is_some() {
            choice.finish_reason.clone_from(&from.finish_reason);
        }
        match (choice.logprobs.as_mut(), &from.logprobs) {
            (Some(whole), Some(added)) => add_json(whole, added),
            (None, added) => choice.logprobs.clone_from(added),
            _ => {}
        }
        choice.other.extend(from.other.clone());
    }

    /// Returns whether there is an alternative, and the model reported for each why it stopped.
    pub fn is_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|choice| choice.finish_reason.is_some())
    }

    /// Returns the text of the first alternative so far.
    pub fn text(&self) -> Option<&str> {
        self.choices.values().next()?.message.as_ref()?.text()
    }

    /// Returns the whole completion.
    pub fn finish(self) -> ChatCompletion {
        let choices = Some(self.choices.into_values().collect());
        ChatCompletion { object: "chat.completion".to_owned(), choices, ..self.head }
    }
}

fn replace_empty(text: &mut String, with: &str) {
    if text.is_empty() {
        with.clone_into(text);
    }
}

/// Appends a text to one that may be absent.
fn add_text(whole: &mut Option<String>, added: Option<&String>) {
    if let Some(added) = added {
        whole.get_or_insert_default().push_str(added);
    }
}

fn add_message(whole: &mut ChatMessage, delta: &ChatMessage) {
    replace_empty(&mut whole.role, &delta.role);
    add_text(&mut whole.reasoning_content, delta.reasoning_content.as_ref());
    add_text(&mut whole.refusal, delta.refusal.as_ref());
    match (whole.content.as_mut(), &delta.content) {
        (Some(Content::Text(text)), Some(Content::Text(added))) => text.push_str(added),
        (Some(Content::Parts(parts)), Some(Content::Parts(added))) => parts.extend(added.iter().cloned()),
        (None, added) => whole.content.clone_from(added),
        _ => {}
    }
    whole.name = whole.name.take().or_else(|| delta.name.clone());
    if !delta.tool_calls().is_empty() {
        let calls = whole.tool_calls.get_or_insert_default();
        delta.tool_calls().iter().for_each(|call| add_call(calls, call));
    }
    add_members(&mut whole.other, &delta.other);
}

/// Adds a part of a call: to the call with its index; without an index, to the call with its id; without both, to the
/// last call.
fn add_call(calls: &mut Vec<ToolCall>, added: &ToolCall) {
    let found = match (added.index, added.id.is_empty()) {
        (Some(index), _) => calls.iter().position(|call| call.index == Some(index)),
        (None, false) => calls.iter().position(|call| call.id == added.id),
        (None, true) => calls.len().checked_sub(1),
    };
    let Some(call) = found.and_then(|at| calls.get_mut(at)) else {
        let at =
            calls.partition_point(|call| call.index.is_none() || call.index <= added.index || added.index.is_none());
        calls.insert(at, added.clone());
        return;
    };
    replace_empty(&mut call.id, &added.id);
    replace_empty(&mut call.kind, &added.kind);
    if let Some(from) = &added.function {
        let function = call.function.get_or_insert_default();
        // Some servers repeat the name in each chunk, none splits it.
        replace_empty(&mut function.name, &from.name);
        add_text(&mut function.arguments, from.arguments.as_ref());
        add_members(&mut function.other, &from.other);
    }
    call.other.extend(added.other.clone());
}

/// Adds members without a field: texts and lists are concatenated, other values replaced.
fn add_members(whole: &mut Map<String, Value>, added: &Map<String, Value>) {
    for (name, value) in added {
        match whole.get_mut(name) {
            Some(known) => add_json(known, value),
            None => _ = whole.insert(name.clone(), value.clone()),
        }
    }
}

fn add_json(whole: &mut Value, added: &Value) {
    match (whole, added) {
        (_, Value::Null) => {}
        (Value::String(text), Value::String(added)) => text.push_str(added),
        (Value::Array(list), Value::Array(added)) => list.extend(added.iter().cloned()),
        (Value::Object(members), Value::Object(added)) => add_members(members, added),
        (whole, added) => whole.clone_from(added),
    }
}

/// Joins the [events](ResponseEvent) of a streamed response to the whole [`ModelResponse`].
///
/// The event `response.completed` contains the whole response. Before it arrives, the accumulator has what the events
/// so far added.
#[derive(Clone, Debug, Default)]
pub struct ResponseAccumulator {
    response: ModelResponse,
    items: BTreeMap<u64, OutputItem>,
    finished: bool,
}

impl ResponseAccumulator {
    /// Creates an accumulator without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event.
    pub fn push(&mut self, event: &ResponseEvent) {
        if let Some(response) = &event.response {
            self.response = (**response).clone();
        }
        self.finished |= matches!(&*event.kind, "response.completed" | "response.incomplete" | "response.done");
        let index = event.output_index.unwrap_or(0);
        match (&*event.kind, &event.delta) {
            ("response.output_item.added" | "response.output_item.done", _) => {
                self.items.extend(event.item.clone().map(|item| (index, item)));
            }
            ("response.content_part.added" | "response.content_part.done", _) => {
                if let (Some(part), Some(place)) = (&event.part, self.content(event)) {
                    *place = part.clone();
                }
            }
            ("response.output_text.delta", Some(delta)) => {
                if let Some(content) = self.content(event) {
                    "output_text".clone_into(&mut content.kind);
                    add_text(&mut content.text, Some(delta));
                }
            }
            ("response.refusal.delta", Some(delta)) => {
                if let Some(content) = self.content(event) {
                    "refusal".clone_into(&mut content.kind);
                    add_text(&mut content.refusal, Some(delta));
                }
            }
            ("response.function_call_arguments.delta", Some(delta)) => {
                add_text(&mut self.items.entry(index).or_default().arguments, Some(delta));
            }
            _ => {}
        }
    }

    /// Returns the part of a message that an event is about. `None` if its position is not the next one.
    fn content(&mut self, event: &ResponseEvent) -> Option<&mut OutputContent> {
        let item = self.items.entry(event.output_index.unwrap_or(0)).or_default();
        let contents = item.content.get_or_insert_default();
        let at = usize::try_from(event.content_index.unwrap_or(0)).ok()?;
        if at == contents.len() {
            contents.push(OutputContent::default());
        }
        contents.get_mut(at)
    }

    /// Returns whether the event arrived after which no other one follows.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Returns the response as far as it arrived.
    pub fn finish(mut self) -> ModelResponse {
        if self.response.output().is_empty() {
            self.response.output = Some(self.items.into_values().collect());
        }
        self.response
    }
}
