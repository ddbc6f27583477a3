//! `--dry-run`: prints requests instead of sending them.

use std::io::Write;

use clarifai_core::{Config, Credentials, Exchange, Operation, transport::Body};
use http::Request;
use serde_json::{Map, Value, json};

use crate::exit::Failure;
use crate::output;
use crate::settings::{CredentialKind, Settings};
use crate::terminal::redact_header;

/// Longer base64 is abbreviated.
const MAX_BASE64: usize = 64;

/// Returns the client configuration that requests are built with. The real credentials are not used.
pub(crate) fn app(settings: &Settings) -> Result<Config, Failure> {
    let credentials = match settings.credential_kind() {
        Some(CredentialKind::AppSecret) => Credentials::bearer("dry-run"),
        _ => Credentials::key("dry-run"),
    };
    settings.app_with(credentials?)
}

/// Prints the request of an operation.
pub(crate) fn show<O: Operation>(app: &Config, operation: O, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let (request, _) = Exchange::new(app, operation)?.into_parts();
    show_request(&request, json, out)
}

/// Prints a request.
pub(crate) fn show_request(request: &Request<Body>, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let mut body = serde_json::from_slice(&request.body().to_bytes()).unwrap_or(Value::Null);
    abbreviate_base64(&mut body);
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), redact_header(value)));
    if json {
        let headers: Map<_, _> = headers.map(|(name, value)| (name, value.into())).collect();
        let line = json!({
            "method": request.method().as_str(),
            "url": request.uri().to_string(),
            "headers": headers,
            "body": body,
        });
        return output::write_json(&line, out);
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

/// Abbreviates all long base64 in a JSON value.
fn abbreviate_base64(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(abbreviate_base64),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "base64" && text.len() > MAX_BASE64 => {
                        let bytes = text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count();
                        let start: String = text.chars().take(8).collect();
                        *text = format!("{start}… ({bytes} bytes as base64)");
                    }
                    _ => abbreviate_base64(member),
                }
            }
        }
        _ => {}
    }
}
