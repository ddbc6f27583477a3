//! A call of which some items are refused and the others carried out.

use bytes::Bytes;
use clarifai_core::machine::Now;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::Draw;
use crate::answer::{date, status, timestamp};

/// Takes some inputs out of a call, lets `carry_out` see the rest, and puts refusals into the answer in their places.
/// `None` where the call is not answered input by input.
pub(super) fn exchange(
    request: &Request<Bytes>,
    draw: &mut Draw,
    now: Now,
    carry_out: impl FnOnce(&Request<Bytes>) -> Response<Bytes>,
) -> Option<Response<Bytes>> {
    let member = match request.uri().path().rsplit('/').next() {
        Some(member @ "inputs") if [Method::POST, Method::PATCH].contains(request.method()) => member,
        Some(member @ ("outputs" | "results")) if request.method() == Method::POST => member,
        _ => return None,
    };
    let mut body: Value = serde_json::from_slice(request.body()).ok()?;
    let items = body.get_mut("inputs")?.as_array_mut().filter(|items| !items.is_empty())?;
    let refused = refused(items.len(), draw);
    let all = std::mem::take(items);
    *items = all.iter().zip(&refused).filter(|(_, refused)| !**refused).map(|(item, _)| item.clone()).collect();
    let mut answer = if items.is_empty() {
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        date(&mut answer, now.unix);
        answer.map(|_| json!({"status": status(10020, "Failure", ""), member: []}))
    } else {
        let mut rest = Request::new(Bytes::from(body.to_string()));
        *rest.method_mut() = request.method().clone();
        *rest.uri_mut() = request.uri().clone();
        *rest.headers_mut() = request.headers().clone();
        let answer = carry_out(&rest);
        match serde_json::from_slice::<Value>(answer.body()) {
            Ok(body) if body[member].is_array() => answer.map(|_| body),
            // Refused as a whole: then there are no items to speak of.
            _ => return Some(answer),
        }
    };
    let mut carried_out = answer.body()[member].as_array().cloned().unwrap_or_default().into_iter();
    let items: Vec<_> = all
        .iter()
        .zip(&refused)
        .filter_map(
            |(item, refused)| if *refused { Some(refusal(item, member, draw, now)) } else { carried_out.next() },
        )
        .collect();
    let body = answer.body_mut();
    body[member] = items.into();
    let (http, code, description) = match body["status"]["code"].as_u64() {
        Some(10020) => (StatusCode::BAD_REQUEST, 10020, "Failure"),
        _ => (StatusCode::MULTI_STATUS, 10010, "Mixed Success"),
    };
    body["status"]["code"] = code.into();
    body["status"]["description"] = description.into();
    *answer.status_mut() = http;
    Some(answer.map(|body| body.to_string().into()))
}

/// Which of so many items are refused: one at least, and of several not all.
fn refused(items: usize, draw: &mut Draw) -> Vec<bool> {
    let mut refused: Vec<_> = (0..items).map(|_| draw.coin()).collect();
    if refused.iter().all(|one| *one == refused[0]) {
        refused.fill(false);
        refused[draw.below(items)] = true;
    }
    refused
}

fn refusal(item: &Value, member: &str, draw: &mut Draw, now: Now) -> Value {
    let (code, description) = match draw.coin() {
        true => (10030, "Try again"),
        false => (30104, "Input has invalid argument"),
    };
    let id = item["id"].as_str().map_or_else(|| draw.id(), str::to_owned);
    let mut answer = Map::new();
    match member {
        "inputs" => answer.insert("id".to_owned(), id.into()),
        _ => answer.insert("input".to_owned(), json!({"id": id, "data": {}})),
    };
    let more = json!({"created_at": timestamp(now.unix), "status": status(code, description, "It was not looked at.")});
    answer.extend(more.as_object().cloned().unwrap_or_default());
    let content = if member == "results" { "outputs" } else { "data" };
    answer.insert(content.to_owned(), if member == "results" { json!([]) } else { json!({}) });
    answer.into()
}
