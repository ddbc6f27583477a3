//! Replays recordings of an old client: each request must equal the recorded one, and gets the recorded response.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::{Driver, OperationInfo};
use clarifai_core::time::{Instant, Now};
use clarifai_core::transport::{Body, TransportError, TransportErrorKind};
use http::{Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::exchanges;

/// A transport that expects the requests of a recording.
#[derive(Debug)]
pub struct Replay {
    exchanges: VecDeque<Value>,
    now: Now,
    differences: Vec<String>,
}

impl Replay {
    /// Creates a transport for these exchanges, each `{"request", "response"}`.
    pub fn new(exchanges: &[Value]) -> Self {
        Self { exchanges: exchanges.iter().cloned().collect(), now: Now::default(), differences: Vec::new() }
    }

    /// Inserts the request for a token, which the old client had made before the recording began.
    pub fn insert_token(&mut self, token: &str) {
        self.exchanges.push_front(json!({
            "request": {
                "method": "POST",
                "path": "/v2/token",
                "query": [],
                "headers": {
                    "authorization": "Basic YXBwLWlkOmFwcC1zZWNyZXQ=",
                    "content-type": "application/x-www-form-urlencoded",
                },
                "body": "grant_type=client_credentials",
            },
            "response": {
                "status": 200,
                "body": {"status": {"code": 10000}, "access_token": token, "expires_in": 176_400},
            },
        }));
    }

    /// Records a difference between a request and its recording.
    pub fn compare(&mut self, what: &str, sent: &Value, recorded: &Value) {
        let mut recorded = recorded.clone();
        concept_values(&mut recorded);
        let (sent, recorded) = (normal(sent), normal(&recorded));
        if sent != recorded {
            self.differences.push(format!("{what}: sent {sent}, recorded {recorded}"));
        }
    }

    /// Returns how requests differed from the recorded ones, and which of those were not sent.
    pub fn differences(mut self) -> Vec<String> {
        for exchange in self.exchanges {
            let request = &exchange["request"];
            self.differences.push(format!("not sent: {} {}", request["method"], request["path"]));
        }
        self.differences
    }
}

impl Driver for Replay {
    fn now(&mut self) -> Now {
        self.now
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        let operation = request.extensions().get::<OperationInfo>().map_or("", |info| info.operation);
        exchanges::record(operation, &request.clone().map(|body| body.to_bytes()), None);
        let Some(exchange) = self.exchanges.pop_front() else {
            self.differences.push(format!("one request too many: {} {}", request.method(), request.uri()));
            return Err(TransportError::new(TransportErrorKind::TooLarge, "the recording has ended"));
        };
        let recorded = &exchange["request"];
        for (what, sent, recorded) in [
            ("method", Value::from(request.method().as_str()), recorded["method"].clone()),
            ("path", path(request.uri().path()), path(recorded["path"].as_str().unwrap_or_default())),
            ("query", query(request.uri().query()), recorded["query"].clone()),
            ("authorization", header(&request, "authorization"), recorded["headers"]["authorization"].clone()),
            ("content-type", sent_type(&request, recorded), content_type(recorded)),
            ("body", sent_body(&request, recorded), tolerated(&modern(operation, recorded["body"].clone()))),
        ] {
            if sent != recorded {
                self.differences.push(format!("{what}: sent {sent}, recorded {recorded}"));
            }
        }
        let recorded = &exchange["response"];
        let Some(status) = recorded["status"].as_u64().and_then(|status| u16::try_from(status).ok()) else {
            return Err(TransportError::new(TransportErrorKind::MaybeSent, "the recording has no response"));
        };
        let body = recorded["body"].as_str().map_or_else(|| recorded["body"].to_string(), str::to_owned);
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status.try_into().unwrap_or_default();
        Ok(response)
    }

    fn wait_until(&mut self, time: Instant) {
        self.now.unix += Duration::from_secs(1);
        self.now.instant = self.now.instant.max(time);
    }
}

/// Returns the decoded segments. A slash at the end is an empty segment, which Q15 tolerates.
fn path(path: &str) -> Value {
    let decode = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    path.trim_end_matches('/').split('/').map(decode).collect::<Vec<_>>().into()
}

fn query(query: Option<&str>) -> Value {
    let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split('=').map(decode).collect::<Vec<_>>()).collect::<Vec<_>>().into()
}

fn header(request: &Request<Body>, name: &str) -> Value {
    let Some(value) = request.headers().get(name) else { return Value::Null };
    // Basic credentials that are not ASCII are a valid header.
    String::from_utf8_lossy(value.as_bytes()).into_owned().into()
}

/// The old client sends a content type with every GET, and with the body `null` (Q14).
fn content_type(recorded: &Value) -> Value {
    if recorded["body"].is_null() { Value::Null } else { recorded["headers"]["content-type"].clone() }
}

fn sent_type(request: &Request<Body>, recorded: &Value) -> Value {
    if recorded["body"].is_null() { Value::Null } else { header(request, "content-type") }
}

fn sent_body(request: &Request<Body>, recorded: &Value) -> Value {
    let bytes = request.body().to_bytes();
    match serde_json::from_slice::<Value>(&bytes) {
        _ if bytes.is_empty() => Value::Null,
        // Q14: the old client sends the body `null` where this client sends an empty object.
        Ok(json) if json == json!({}) && recorded["body_text"] == "null" => Value::Null,
        Ok(json) => tolerated(&json),
        Err(_) => String::from_utf8_lossy(&bytes).into_owned().into(),
    }
}

/// Rewrites a recorded body as the current description of the API has it. `D` and a number name each tolerance: a
/// deprecated or withdrawn form, and what this client sends instead.
fn modern(operation: &str, mut body: Value) -> Value {
    concept_values(&mut body);
    match operation {
        "predict" => options_in_version(&mut body),
        "create model" => name_of_model(&mut body),
        "search models" | "find model" => type_of_model(&mut body),
        _ => {}
    }
    body
}

/// D1: the value of a concept is a number, never a boolean.
fn concept_values(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key == "concepts" || key == "select_concepts" {
                    for concept in member.as_array_mut().into_iter().flatten() {
                        if let Some(Value::Bool(is)) = concept.get("value") {
                            concept["value"] = u8::from(*is).into();
                        }
                    }
                }
                concept_values(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(concept_values),
        _ => {}
    }
}

/// D2: the options of a prediction are in `model.model_version`.
fn options_in_version(body: &mut Value) {
    let Some(model) = body.get_mut("model").and_then(Value::as_object_mut) else { return };
    if let Some(info) = model.remove("output_info") {
        model.insert("model_version".to_owned(), json!({"output_info": info}));
    }
}

/// D3: a new model has no name but its id.
fn name_of_model(body: &mut Value) {
    if let Some(model) =
        body.get_mut("model").and_then(Value::as_object_mut).filter(|model| model.get("name") == model.get("id"))
    {
        model.remove("name");
    }
}

/// D4: a type has its current name; `concept`, which stands for several, is not sent.
fn type_of_model(body: &mut Value) {
    let Some(query) = body.get_mut("model_query").and_then(Value::as_object_mut) else { return };
    match query.remove("type").as_ref().and_then(Value::as_str) {
        Some("embed") => _ = query.insert("model_type_id".to_owned(), "visual-embedder".into()),
        Some("facedetect") => _ = query.insert("model_type_id".to_owned(), "visual-detector".into()),
        Some("color") => _ = query.insert("model_type_id".to_owned(), "image-color-recognizer".into()),
        Some("concept") | None => {}
        Some(other) => _ = query.insert("type".to_owned(), other.into()),
    }
}

/// Returns a body without the parts that may differ by the list of quirks, and with one form for each number.
fn tolerated(body: &Value) -> Value {
    let mut body = normal(body);
    let Some(members) = body.as_object_mut() else { return body };
    if let Some(model) = members.get_mut("model").and_then(Value::as_object_mut) {
        let predict = !model.contains_key("id");
        tolerated_model(model, true);
        if let Some(version) = model.get_mut("model_version").and_then(Value::as_object_mut).filter(|_| predict) {
            tolerated_model(version, true);
        }
        drop_empty(model, "model_version");
    }
    for model in members.get_mut("models").and_then(Value::as_array_mut).into_iter().flatten() {
        model.as_object_mut().into_iter().for_each(|model| tolerated_model(model, false));
    }
    if let Some(config) = members.get_mut("output_config").and_then(Value::as_object_mut) {
        drop_unset(config);
    }
    for empty in ["model", "model_query", "output_config"] {
        drop_empty(members, empty);
    }
    body
}

/// Q37: empty objects in a model; Q38: settings as JSON text of any form; where the model is not patched, Q32 as well.
fn tolerated_model(model: &mut Map<String, Value>, drops_unset: bool) {
    if let Some(info) = model.get_mut("output_info").and_then(Value::as_object_mut) {
        if let Some(config) = info.get_mut("output_config").and_then(Value::as_object_mut) {
            if drops_unset {
                drop_unset(config);
            }
            if let Some(text) = config.get_mut("hyper_parameters") {
                *text = text
                    .as_str()
                    .and_then(|text| serde_json::from_str(text).ok())
                    .map_or(Value::Null, |json| normal(&json));
            }
        }
        drop_empty(info, "output_config");
        drop_empty(info, "data");
    }
    drop_empty(model, "output_info");
}

/// Q32: two options that the caller did not set.
fn drop_unset(config: &mut Map<String, Value>) {
    for unset in ["concepts_mutually_exclusive", "closed_environment"] {
        if config.get(unset) == Some(&Value::Bool(false)) {
            config.remove(unset);
        }
    }
}

fn drop_empty(map: &mut Map<String, Value>, key: &str) {
    if map.get(key).and_then(Value::as_object).is_some_and(Map::is_empty) {
        map.remove(key);
    }
}

/// `1` and `1.0` are the same number.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), normal(value))).collect(),
        _ => value.clone(),
    }
}
