//! Answers that do not come from the service, or no longer as it gave them.

use bytes::Bytes;
use clarifai_core::machine::Now;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::Draw;
use crate::answer::{Refusal, date, respond};

/// A refusal as the service would say it.
pub(super) fn refusal(refusal: Refusal, draw: &mut Draw, now: Now) -> Response<Bytes> {
    let mut response = respond(Err(refusal), &draw.id());
    date(&mut response, now.unix);
    response
}

pub(super) fn internal() -> Refusal {
    let details = "Something went wrong inside, and nobody knows when.";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, 98004, "Internal server issue", details)
}

pub(super) fn try_again() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, 10030, "Try again", "It has not begun.")
}

/// Too many requests; every other time it says when to come back.
pub(super) fn throttled(draw: &mut Draw) -> Refusal {
    let retry_after = draw.coin().then(|| (1 + draw.below(3)).to_string());
    Refusal::Throttled { details: "exceeded limit of 15 requests per second".to_owned(), retry_after }
}

/// A web page of something that stands before the service.
pub(super) fn page(status: StatusCode, now: Now) -> Response<Bytes> {
    let html = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\r\n");
    let mut response = Response::new(html.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    date(&mut response, now.unix);
    response
}

/// Nobody there for 1 to 5 seconds.
pub(super) fn unavailable(draw: &mut Draw, now: Now) -> Response<Bytes> {
    let mut response = page(StatusCode::SERVICE_UNAVAILABLE, now);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(1 + draw.below(5)));
    response
}

/// Breaks off the body somewhere before its end.
pub(super) fn cut(answer: Response<Bytes>, draw: &mut Draw) -> Response<Bytes> {
    answer.map(|body| body.slice(..draw.below(body.len())))
}

/// Hangs the beginning of another answer on the end of the body.
pub(super) fn with_more(answer: Response<Bytes>) -> Response<Bytes> {
    answer.map(|body| [&body[..], b"{\"status\":{\"co"].concat().into())
}
