//! Errors in other shapes than the API's own `{"status": {...}}`, converted to a [`Status`].
//!
//! The OpenAI-compatible endpoint, the models behind it and the gateway in front of the service have their own shapes:
//!
//! | shape | from |
//! |---|---|
//! | `{"error": {"message", "type", "code", "param"}}` | OpenAI |
//! | `{"object": "error", "message", "type", "code"}` | servers of open models |
//! | `{"type": "error", "message", "code"}`, `{"type": "response.failed", "response": {"error": {...}}}` | OpenAI, in streams |
//! | `{"code": 21313, "description", "details"}` | a model of the service |
//! | `{"code": 5, "message", "details"}`, `{"error": {"code": 14, "message"}}` | the gateway, with a code of gRPC |

use serde_json::Value;

use crate::lenient::record;
use crate::types::{Status, StatusCode};

record! {
    /// The members of an error, of all shapes.
    #[allow(unreachable_pub, reason = "the macro declares public types")]
    pub struct Shape {
        /// The error itself, or its text.
        pub error: Option<Value>,
        /// Kind of the object.
        pub object: Option<Value>,
        /// Kind of the error, or of the event.
        pub kind: Option<Value> = "type",
        /// Code of the error.
        pub code: Option<Value>,
        /// Text for people.
        pub message: Option<Value>,
        /// Text for people.
        pub description: Option<String>,
        /// More texts.
        pub details: Option<Value>,
        /// Name of the argument that is wrong.
        pub param: Option<String>,
        /// Id of the request.
        pub req_id: Option<String>,
        /// The response that failed, of an event.
        pub response: Option<Box<Shape>>,
    }
}

/// An error read from a body, and the HTTP status that its code corresponds to.
#[derive(Debug)]
pub(crate) struct Foreign {
    pub(crate) status: Status,
    pub(crate) http_status: u16,
}

/// Reads an error in one of the shapes. `None` if the body is something else.
pub(crate) fn foreign(body: &[u8]) -> Option<Foreign> {
    let mut shape: Shape = serde_json::from_slice(body).ok()?;
    let error = shape.error.take();
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    match (error, text(&shape.object).as_deref(), text(&shape.kind).as_deref()) {
        (Some(Value::Object(error)), None | Some("error"), _) => {
            // An error of the service within an error of the gateway: `{"error": {"status": {...}}}`.
            let mut inner: Shape = serde_json::from_value(Value::Object(error)).unwrap_or_default();
            inner.req_id = inner.req_id.or(shape.req_id);
            Some(read(inner))
        }
        (Some(Value::String(message)), None | Some("error"), _) => {
            Some(read(Shape { message: shape.message.take().or(Some(message.into())), ..shape }))
        }
        (None, Some("error"), _) | (None, _, Some("error")) => Some(read(shape)),
        (None, _, Some("response.failed")) => {
            let error = shape.response.and_then(|response| response.error).unwrap_or_default();
            Some(read(serde_json::from_value(error).unwrap_or_default()))
        }
        (None, None, _) if shape.code.is_some() && (shape.message.is_some() || shape.description.is_some()) => {
            Some(read(shape))
        }
        _ => None,
    }
}

fn read(shape: Shape) -> Foreign {
    let number = shape.code.as_ref().and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let name = shape.code.as_ref().and_then(Value::as_str).filter(|_| number.is_none());
    let kind = shape.kind.as_ref().and_then(Value::as_str);
    // Codes of the service have five digits. Smaller numbers are codes of gRPC or HTTP.
    let code = shape.code.clone().and_then(|code| serde_json::from_value::<StatusCode>(code).ok());
    let code = code.filter(|code| code.number().is_some_and(|number| number >= 10_000));
    let http_status = match number {
        _ if code.is_some() => 200,
        Some(number @ 400..=599) => u16::try_from(number).unwrap_or(500),
        Some(number @ 1..=16) => of_grpc(number),
        _ => name.and_then(of_name).or_else(|| kind.and_then(of_name)).unwrap_or(500),
    };
    let details = match shape.details {
        Some(Value::String(details)) => Some(details),
        Some(Value::Array(list)) if !list.is_empty() => Some(Value::Array(list).to_string()),
        _ => {
            let number = number.filter(|_| code.is_none()).map(|number| number.to_string());
            let facts = [
                ("type", kind.map(str::to_owned)),
                ("code", name.map(str::to_owned).or(number)),
                ("parameter", shape.param),
            ];
            let facts: Vec<_> =
                facts.into_iter().filter_map(|(fact, text)| text.map(|text| format!("{fact} {text}"))).collect();
            (!facts.is_empty()).then(|| facts.join(", "))
        }
    };
    let message = match shape.message {
        Some(Value::String(message)) => Some(message),
        other => other.map(|message| message.to_string()),
    };
    let status =
        Status { code, description: shape.description.or(message), details, req_id: shape.req_id, ..Status::default() };
    Foreign { status, http_status }
}

/// Returns the HTTP status that the gateway sends for a code of gRPC.
fn of_grpc(code: u64) -> u16 {
    match code {
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 500,
    }
}

/// Returns the HTTP status that belongs to a code or a type of error of the OpenAI form.
fn of_name(name: &str) -> Option<u16> {
    Some(match name {
        "invalid_request_error" | "context_length_exceeded" | "invalid_prompt" | "BadRequestError" => 400,
        "invalid_api_key" | "authentication_error" => 401,
        "insufficient_quota" | "billing_hard_limit_reached" => 402,
        "permission_error" => 403,
        "model_not_found" | "not_found_error" | "NotFoundError" => 404,
        "rate_limit_exceeded" | "rate_limit_error" | "too_many_requests" => 429,
        "overloaded_error" | "service_unavailable" => 503,
        "timeout" | "timeout_error" => 504,
        "server_error" | "api_error" | "internal_error" | "InternalServerError" => 500,
        _ => return None,
    })
}
