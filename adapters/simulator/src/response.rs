//! Responses in the service's format: a status object and the content next to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

/// Content type of a stream of server-sent events.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// Result of a route: an HTTP status with the members next to `status`, or an error response.
pub(crate) type RouteResult = Result<Content, Refusal>;

/// A complete or partial success.
#[derive(Debug)]
pub(crate) struct Content {
    http: StatusCode,
    code: u32,
    description: &'static str,
    members: Map<String, Value>,
    /// The complete body in another format, and its content type.
    other: Option<(&'static str, Bytes)>,
}

impl Content {
    /// Creates a response for a success in the format of the OpenAI-compatible endpoint: without a status object.
    pub(crate) fn openai(body: &Value) -> Self {
        Self::other("application/json", body.to_string().into())
    }

    /// Creates a response that is a stream of server-sent events.
    pub(crate) fn events(events: String) -> Self {
        Self::other(EVENT_STREAM, events.into())
    }

    fn other(content_type: &'static str, body: Bytes) -> Self {
        Self { other: Some((content_type, body)), ..Self::ok(Value::Null) }
    }

    /// Creates a response for a complete success.
    pub(crate) fn ok(members: Value) -> Self {
        Self::with(StatusCode::OK, 10000, "Ok", members)
    }

    /// Creates a response for work that the service has accepted and does later.
    pub(crate) fn accepted(members: Value) -> Self {
        Self::with(StatusCode::ACCEPTED, 10070, "Accepted", members)
    }

    /// Creates a response for a list whose items have their own status, of which `failed` of `total` failed.
    pub(crate) fn by_item(failed: usize, total: usize, members: Value) -> Self {
        match failed {
            0 => Self::ok(members),
            _ if failed < total => Self::with(StatusCode::MULTI_STATUS, 10010, "Mixed Success", members),
            _ => Self::with(StatusCode::BAD_REQUEST, 10020, "Failure", members),
        }
    }

    /// Adds or replaces a member.
    pub(crate) fn with_member(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    fn with(http: StatusCode, code: u32, description: &'static str, members: Value) -> Self {
        let members = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self { http, code, description, members, other: None }
    }
}

/// An error response to a whole call.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A failure with a status of the API.
    Api { http: StatusCode, code: u32, description: &'static str, details: String, members: Value },
    /// Too many requests, with an optional `Retry-After` header.
    Throttled { details: String, retry_after: Option<String> },
    /// A failure in the format of the OpenAI-compatible endpoint: the HTTP status, the code, the wrong argument and a
    /// text.
    OpenAi { http: StatusCode, code: &'static str, param: &'static str, message: String },
    /// No such route. The service uses a different body format for these.
    NoRoute(String),
}

impl Refusal {
    pub(crate) fn new(http: StatusCode, code: u32, description: &'static str, details: impl Into<String>) -> Self {
        Self::Api { http, code, description, details: details.into(), members: Value::Null }
    }

    pub(crate) fn bad_format(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 11100, "Bad request format", details)
    }

    pub(crate) fn bad_predict(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 40001, "Invalid predict request", details)
    }

    pub(crate) fn no_model(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            21200,
            "Model does not exist",
            format!("Model '{id}' does not exist in this app."),
        )
    }

    pub(crate) fn bad_concept(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 40003, "Invalid concepts request", details)
    }

    pub(crate) fn bad_input(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 30104, "Input has invalid argument", details)
    }

    pub(crate) fn bad_model(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 21202, "Invalid model argument", details)
    }

    pub(crate) fn bad_search(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 40002, "Invalid search request", details).beside(json!({"hits": null}))
    }

    pub(crate) fn bad_workflow(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 22104, "Invalid workflow argument", details)
    }

    pub(crate) fn no_input(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 30102, "Input does not exist", format!("No input '{id}' in this app."))
    }

    pub(crate) fn no_workflow(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 22102, "Workflow does not exist", format!("No workflow '{id}' in this app."))
    }

    /// Converts an error of one model into the error of the workflow that contains it.
    pub(crate) fn in_workflow(self) -> Self {
        match self {
            Self::Api { details, .. } => {
                Self::new(StatusCode::BAD_REQUEST, 22002, "Workflow requires trained models", details)
            }
            other => other,
        }
    }

    /// Creates an error for any other resource that does not exist.
    pub(crate) fn missing(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 11101, "Resource does not exist", format!("{what} '{id}' not found."))
    }

    /// Adds members next to the status. Failed list calls still contain their (empty) list.
    pub(crate) fn beside(mut self, beside: Value) -> Self {
        if let Self::Api { members, .. } = &mut self {
            *members = beside;
        }
        self
    }
}

/// Returns a status object. Empty details are left out.
pub(crate) fn status(code: u32, description: &str, details: &str) -> Value {
    let mut status = json!({"code": code, "description": description});
    if !details.is_empty() {
        status["details"] = details.into();
    }
    status
}

/// Formats a time since 1970 as RFC 3339 with microseconds, as the service does.
pub(crate) fn timestamp(unix: Duration) -> String {
    humantime::format_rfc3339_micros(writable(unix)).to_string()
}

/// Formats a time since 1970 as an HTTP date.
pub(crate) fn http_date(unix: Duration) -> String {
    httpdate::fmt_http_date(writable(unix))
}

/// Clamps a time to the year 9999, the last one both formats support; a test's clock can have any value.
fn writable(unix: Duration) -> SystemTime {
    UNIX_EPOCH + unix.min(Duration::from_secs(253_402_300_799))
}

/// Converts the result of a route into an HTTP response.
pub(crate) fn respond(result: RouteResult, request_id: &str) -> Response<Bytes> {
    let mut wait = None;
    let (http, body) = match result {
        Ok(Content { http, other: Some((content_type, body)), .. }) => {
            let mut response = Response::new(body);
            *response.status_mut() = http;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            return response;
        }
        Ok(Content { http, code, description, members, .. }) => {
            (http, envelope(code, description, "", request_id, members))
        }
        Err(Refusal::Api { http, code, description, details, members }) => {
            let members = if let Value::Object(members) = members { members } else { Map::new() };
            (http, envelope(code, description, &details, request_id, members))
        }
        Err(Refusal::Throttled { details, retry_after }) => {
            wait = retry_after;
            let body = envelope(11005, "Making too many requests", &details, request_id, Map::new());
            (StatusCode::TOO_MANY_REQUESTS, body)
        }
        Err(Refusal::OpenAi { http, code, param, message }) => {
            let error = json!({"message": message, "type": "invalid_request_error", "param": param, "code": code});
            (http, json!({"error": error}))
        }
        Err(Refusal::NoRoute(route)) => {
            let body = json!({"status": "NOT_FOUND", "status_msg": format!("{route} not found")});
            (StatusCode::NOT_FOUND, body)
        }
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = http;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(wait) = wait.and_then(|wait| HeaderValue::from_maybe_shared(Bytes::from(wait)).ok()) {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

/// Sets the `Date` header.
pub(crate) fn date(response: &mut Response<Bytes>, unix: Duration) {
    if let Ok(date) = HeaderValue::from_maybe_shared(Bytes::from(http_date(unix))) {
        response.headers_mut().insert(DATE, date);
    }
}

fn envelope(code: u32, description: &str, details: &str, request_id: &str, members: Map<String, Value>) -> Value {
    let mut status = status(code, description, details);
    status["req_id"] = request_id.into();
    let mut body = Map::new();
    body.insert("status".to_owned(), status);
    body.extend(members);
    Value::Object(body)
}
