//! The fault [`Mixed`](super::Fault::Mixed): some items of a call are refused and the others executed.

use bytes::Bytes;
use clarifai_core::time::Now;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::random::Random;
use crate::response::{date, status, timestamp};

/// Removes some inputs from a call, executes the rest, and inserts refusals into the response at their positions.
/// Returns `None` for calls whose response has no status for each input.
pub(super) fn exchange(
    request: &Request<Bytes>,
    random: &mut Random,
    now: Now,
    execute: impl FnOnce(&Request<Bytes>) -> Response<Bytes>,
) -> Option<Response<Bytes>> {
    let member = match request.uri().path().rsplit('/').next() {
        Some(member @ "inputs") if [Method::POST, Method::PATCH].contains(request.method()) => member,
        Some(member @ ("outputs" | "results")) if request.method() == Method::POST => member,
        _ => return None,
    };
    let mut body: Value = serde_json::from_slice(request.body()).ok()?;
    let items = body.get_mut("inputs")?.as_array_mut().filter(|items| !items.is_empty())?;
    let refused = refused(items.len(), random);
    let all = std::mem::take(items);
    *items = all.iter().zip(&refused).filter(|(_, refused)| !**refused).map(|(item, _)| item.clone()).collect();
    let mut response = if items.is_empty() {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        date(&mut response, now.unix);
        response.map(|_| json!({"status": status(10020, "Failure", ""), member: []}))
    } else {
        let mut rest = Request::new(Bytes::from(body.to_string()));
        *rest.method_mut() = request.method().clone();
        *rest.uri_mut() = request.uri().clone();
        *rest.headers_mut() = request.headers().clone();
        let response = execute(&rest);
        match serde_json::from_slice::<Value>(response.body()) {
            Ok(body) if body[member].is_array() => response.map(|_| body),
            // The service refused the whole call: the response has no items.
            _ => return Some(response),
        }
    };
    let mut executed = response.body()[member].as_array().cloned().unwrap_or_default().into_iter();
    let items: Vec<_> = all
        .iter()
        .zip(&refused)
        .filter_map(|(item, refused)| if *refused { Some(refusal(item, member, random, now)) } else { executed.next() })
        .collect();
    let body = response.body_mut();
    body[member] = items.into();
    let (http, code, description) = match body["status"]["code"].as_u64() {
        Some(10020) => (StatusCode::BAD_REQUEST, 10020, "Failure"),
        _ => (StatusCode::MULTI_STATUS, 10010, "Mixed Success"),
    };
    body["status"]["code"] = code.into();
    body["status"]["description"] = description.into();
    *response.status_mut() = http;
    Some(response.map(|body| body.to_string().into()))
}

/// Decides which of `items` items are refused: at least one, and of several not all.
fn refused(items: usize, random: &mut Random) -> Vec<bool> {
    let mut refused: Vec<_> = (0..items).map(|_| random.coin()).collect();
    if refused.iter().all(|one| *one == refused[0]) {
        refused.fill(false);
        refused[random.below(items)] = true;
    }
    refused
}

fn refusal(item: &Value, member: &str, random: &mut Random, now: Now) -> Value {
    let (code, description) = match random.coin() {
        true => (10030, "Try again"),
        false => (30104, "Input has invalid argument"),
    };
    let id = item["id"].as_str().map_or_else(|| random.id(), str::to_owned);
    let mut refusal = Map::new();
    match member {
        "inputs" => refusal.insert("id".to_owned(), id.into()),
        _ => refusal.insert("input".to_owned(), json!({"id": id, "data": {}})),
    };
    let more =
        json!({"created_at": timestamp(now.unix), "status": status(code, description, "The input was not processed.")});
    refusal.extend(more.as_object().cloned().unwrap_or_default());
    let content = if member == "results" { "outputs" } else { "data" };
    refusal.insert(content.to_owned(), if member == "results" { json!([]) } else { json!({}) });
    refusal.into()
}
