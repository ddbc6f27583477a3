//! `--dry-run`: prints requests instead of sending them.

use std::io::{self, Write};

use clarifai_core::{Config, Credentials, Exchange, Operation, transport::Body};
use http::Request;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::exit::Failure;
use crate::json::{Members, abbreviate_base64, pretty};
use crate::output;
use crate::settings::{CredentialKind, Settings};
use crate::terminal::redact_header;

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
    let body = request.body().to_bytes();
    let body = serde_json::from_slice::<&RawValue>(&body).ok().map(|body| abbreviate_base64(body.get()));
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), redact_header(value)));
    if json {
        let mut line = Members::default();
        line.push("method", request.method().as_str())?;
        line.push("url", request.uri().to_string())?;
        line.push("headers", headers.map(|(name, value)| (name, value.into())).collect::<Map<String, Value>>())?;
        line.push("body", body.map(RawValue::from_string).transpose().map_err(io::Error::from)?)?;
        return output::write_json(&line, out);
    }
    writeln!(out, "{} {}", request.method(), request.uri())?;
    for (name, value) in headers {
        writeln!(out, "{name}: {value}")?;
    }
    if let Some(body) = body {
        writeln!(out, "\n{}", pretty(&body))?;
    }
    Ok(writeln!(out)?)
}
