//! The log of requests that `-v` prints to standard error.

use std::time::{Duration, Instant};

use bytes::Bytes;
use clarifai_core::transport::{Body, TransportError, TransportErrorKind};
use http::{HeaderMap, Request, Response};

use crate::terminal::{self, redact_header, sanitize};

/// What is logged: 0 nothing, 1 requests, 2 their headers and sizes too, 3 response headers too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLog(pub(crate) u8);

impl RequestLog {
    /// Sends a request, and logs it with its response.
    pub(crate) fn send(
        self,
        request: Request<Body>,
        send: impl FnOnce(Request<Body>) -> Result<Response<Bytes>, TransportError>,
    ) -> Result<Response<Bytes>, TransportError> {
        let Self(level) = self;
        if level == 0 {
            return send(request);
        }
        let line = format!("{} {}", request.method(), request.uri());
        if level > 1 {
            terminal::log(format_args!("> {line} ({} bytes)", request.body().len()));
            log_headers('>', request.headers());
        }
        let start = Instant::now();
        let result = send(request);
        let seconds = start.elapsed().as_secs_f64();
        match &result {
            Ok(response) => {
                let status = response.status().as_u16();
                let id = request_id(response.body()).map(|id| format!(", request {id}")).unwrap_or_default();
                terminal::log(format_args!("{line}: {status} in {seconds:.3} s{id}"));
                if level > 1 {
                    terminal::log(format_args!("< {} bytes", response.body().len()));
                }
                if level > 2 {
                    log_headers('<', response.headers());
                }
            }
            Err(failure) => terminal::log(format_args!("{line}: {failure} after {seconds:.3} s")),
        }
        result
    }

    /// Sends a request whose response arrives piece by piece, and logs it with the head of the response.
    pub(crate) fn open<B>(
        self,
        request: Request<Body>,
        open: impl FnOnce(Request<Body>) -> Result<Response<B>, TransportError>,
    ) -> Result<Response<B>, TransportError> {
        let mut body = None;
        let head = self.send(request, |request| {
            let (parts, pieces) = open(request)?.into_parts();
            body = Some(pieces);
            Ok(Response::from_parts(parts, Bytes::new()))
        })?;
        let missing = || TransportError::new(TransportErrorKind::MaybeSent, "there is no response");
        let body = body.ok_or_else(missing)?;
        Ok(head.map(|_| body))
    }

    /// Logs a pause between two requests.
    pub(crate) fn pause(self, pause: Duration) {
        if self.0 > 0 {
            terminal::log(format_args!("waiting {:.3} s", pause.as_secs_f64()));
        }
    }
}

fn log_headers(mark: char, headers: &HeaderMap) {
    for (name, value) in headers {
        // Cookies can identify a session.
        let shown = if name.as_str().contains("cookie") { "***".to_owned() } else { redact_header(value) };
        terminal::log(format_args!("{mark} {name}: {shown}"));
    }
}

/// Returns the service's ID of the request, if the response contains one.
fn request_id(body: &[u8]) -> Option<String> {
    let response: serde_json::Value = serde_json::from_slice(body).ok()?;
    response["status"]["req_id"].as_str().map(sanitize)
}
