//! Responses that replace or alter those of the service.

use bytes::Bytes;
use clarifai_core::time::Now;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::random::Random;
use crate::response::{Refusal, date, respond};

/// Returns an error response of the service.
pub(super) fn refusal(refusal: Refusal, random: &mut Random, now: Now) -> Response<Bytes> {
    let mut response = respond(Err(refusal), &random.id());
    date(&mut response, now.unix);
    response
}

pub(super) fn internal_error() -> Refusal {
    let details = "An internal error, before or after the request was executed.";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, 98004, "Internal server issue", details)
}

pub(super) fn try_again() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, 10030, "Try again", "The request was not executed.")
}

/// Returns the error for too many requests, in half of the cases with a `Retry-After` of 1 to 3 seconds.
pub(super) fn throttled(random: &mut Random) -> Refusal {
    let retry_after = random.coin().then(|| (1 + random.below(3)).to_string());
    Refusal::Throttled { details: "exceeded limit of 15 requests per second".to_owned(), retry_after }
}

/// Returns an HTML page of a gateway.
pub(super) fn html_page(status: StatusCode, now: Now) -> Response<Bytes> {
    let html = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\r\n");
    let mut response = Response::new(html.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    date(&mut response, now.unix);
    response
}

/// Returns HTTP 503 with a `Retry-After` of 1 to 5 seconds.
pub(super) fn unavailable(random: &mut Random, now: Now) -> Response<Bytes> {
    let mut response = html_page(StatusCode::SERVICE_UNAVAILABLE, now);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(1 + random.below(5)));
    response
}

/// Truncates the body at a random position before its end.
pub(super) fn truncated(response: Response<Bytes>, random: &mut Random) -> Response<Bytes> {
    response.map(|body| body.slice(..random.below(body.len())))
}

/// Appends the beginning of another response to the body.
pub(super) fn with_extra_bytes(response: Response<Bytes>) -> Response<Bytes> {
    response.map(|body| [&body[..], b"{\"status\":{\"co"].concat().into())
}
