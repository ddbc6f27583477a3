//! `clarifai chat`: sends a prompt to a language model and prints the response while it arrives.

use std::ffi::OsStr;
use std::io;

use clarifai_core::Operation as _;
use clarifai_core::openai::{ChatAccumulator, ChatMessage, CreateChatCompletion};
use serde_json::value::RawValue;

use crate::args::ChatArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::input_source::{label, read_file, read_to_end};
use crate::output;
use crate::terminal::{self, sanitize_lines};

pub(crate) fn run(args: &ChatArgs, context: &mut Context<'_>) -> Result<(), Failure> {
    let chat = request(args)?;
    if context.global.json || context.global.dry_run {
        return print_whole(chat, context);
    }
    let client = context.client()?;
    let mut whole = ChatAccumulator::new();
    let mut ends_line = true;
    let result = client.stream(chat, |chunk| {
        whole.push(&chunk);
        if let Some(text) = chunk.text().filter(|text| !text.is_empty()) {
            ends_line = text.ends_with('\n');
            context.out.write_all(sanitize_lines(text).as_bytes())?;
            // A person reads along.
            context.out.flush()?;
        }
        Ok(())
    });
    if !ends_line {
        writeln!(context.out)?;
    }
    context.out.flush()?;
    result?;
    let completion = whole.finish();
    if let Some(refusal) = completion.message().and_then(|message| message.refusal.as_deref()) {
        terminal::note(format_args!("the model declined to respond: {refusal}"));
    }
    match completion.choices().first().and_then(|choice| choice.finish_reason.as_deref()) {
        Some("length") => terminal::note("the response ends at the maximum number of tokens"),
        Some("content_filter") => terminal::note("the response was cut by a content filter"),
        _ => {}
    }
    Ok(())
}

/// Prints the JSON of the whole response, or the request in a dry run.
fn print_whole(chat: CreateChatCompletion, context: &mut Context<'_>) -> Result<(), Failure> {
    let Some(response) = context.call(chat.raw())? else { return Ok(()) };
    match serde_json::from_slice::<&RawValue>(&response.body) {
        Ok(json) => output::write_json(&json, context.out),
        Err(_) => output::write_json(&response.json, context.out),
    }
}

/// Builds the request from the arguments, standard input and files.
fn request(args: &ChatArgs) -> Result<CreateChatCompletion, Failure> {
    let prompt = match args.prompt.as_slice() {
        [] => read_prompt()?,
        [only] if only == "-" => read_prompt()?,
        words => words.join(" "),
    };
    let mut message = ChatMessage::user(prompt);
    for image in &args.image {
        message = with_image(message, image)?;
    }
    let mut chat = CreateChatCompletion::new(args.model.as_str());
    if let Some(system) = &args.system {
        chat = chat.system(system);
    }
    chat = chat.message(message);
    if let Some(tokens) = args.max_tokens {
        chat = chat.max_tokens(tokens);
    }
    if let Some(temperature) = args.temperature {
        chat = chat.temperature(temperature);
    }
    Ok(chat)
}

fn read_prompt() -> Result<String, Failure> {
    let bytes = read_to_end(io::stdin()).map_err(|problem| Failure::usage(format!("the prompt on stdin {problem}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage("the prompt on stdin is not UTF-8 text"))?;
    match text.trim_end() {
        "" => Err(Failure::usage("the prompt on stdin is empty")),
        text => Ok(text.to_owned()),
    }
}

fn with_image(message: ChatMessage, source: &OsStr) -> Result<ChatMessage, Failure> {
    if let Some(url) = source.to_str().filter(|text| text.contains("://") || text.starts_with("data:")) {
        return Ok(message.with_image(url));
    }
    let refuse = |problem: &str| Failure::usage(format!("--image {}: {problem}", label(source)));
    let bytes = read_file(source).map_err(|problem| refuse(&problem))?;
    let media_type = media_type(&bytes).ok_or_else(|| refuse("is not a JPEG, PNG, GIF or WEBP image"))?;
    Ok(message.with_image_bytes(media_type, &bytes))
}

/// Recognizes the type of an image by its first bytes.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}
