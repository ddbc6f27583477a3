//! `--dry-run`: shows requests instead of sending them.

use std::io::Write;

use clarifai_core::{App, Body, Credentials, Exchange, Operation};
use http::Request;
use serde_json::{Map, Value, json};

use crate::client::masked;
use crate::exit::Failure;
use crate::output;
use crate::settings::{Kind, Settings};

/// Base64 longer than this is shortened.
const LONG: usize = 64;

/// The app requests are built for. Its credentials stand for the real ones, which are not even looked at.
pub(crate) fn app(settings: &Settings) -> Result<App, Failure> {
    let credentials = match settings.kind() {
        Some(Kind::AppSecret) => Credentials::bearer("dry-run"),
        _ => Credentials::key("dry-run"),
    };
    settings.app_with(credentials?)
}

/// Prints the request of an operation.
pub(crate) fn show<O: Operation>(app: &App, operation: O, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let (request, _) = Exchange::new(app, operation)?.into_parts();
    show_request(&request, json, out)
}

/// Prints a request.
pub(crate) fn show_request(request: &Request<Body>, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let mut body = serde_json::from_slice(&request.body().to_bytes()).unwrap_or(Value::Null);
    shorten(&mut body);
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), masked(value)));
    if json {
        let headers: Map<_, _> = headers.map(|(name, value)| (name, value.into())).collect();
        let line = json!({
            "method": request.method().as_str(),
            "url": request.uri().to_string(),
            "headers": headers,
            "body": body,
        });
        return output::line(&line, out);
    }
    writeln!(out, "{} {}", request.method(), request.uri())?;
    for (name, value) in headers {
        writeln!(out, "{name}: {value}")?;
    }
    if !body.is_null() {
        writeln!(out, "\n{body:#}")?;
    }
    Ok(writeln!(out)?)
}

/// Cuts long base64 wherever it stands.
fn shorten(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "base64" && text.len() > LONG => {
                        let bytes = text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count();
                        let start: String = text.chars().take(8).collect();
                        *text = format!("{start}… ({bytes} bytes as base64)");
                    }
                    _ => shorten(member),
                }
            }
        }
        _ => {}
    }
}
