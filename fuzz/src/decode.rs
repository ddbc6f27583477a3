//! Any bytes as the response to any operation: they give a value or a typed error.

use bytes::Bytes;
use clarifai_core::auth::GetToken;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::{GetModel, GetModelOutputInfo, ListModels, Predict, SearchModels};
use clarifai_core::{Config, Credentials, Exchange, Operation};
use http::{HeaderValue, Response};
use serde_json::Value;

use crate::check_error;

const STATUSES: [u16; 16] = [200, 201, 204, 207, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 999];

/// Too long for an input to contain it by chance: if an error contains it, it comes from the credentials.
const SECRET: &str = "fuzz-secret-0123456789";

/// Decodes a response. The first byte selects the status (low half) and the operation (high half), the rest is the
/// body.
///
/// # Panics
///
/// If a rule is broken: a response gives a value that survives encoding and decoding, or an error that can be shown.
pub fn decode(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = http::StatusCode::from_u16(STATUSES[usize::from(first & 15)]).expect("a status");
    if let Ok(hint) = HeaderValue::from_bytes(&body[..body.len().min(40)]) {
        response.headers_mut().insert(http::header::RETRY_AFTER, hint);
    }
    let input = |id: &str| NewInput::image_url("https://example.com/1").id(id);
    match first >> 4 {
        0 | 1 => batch(Predict::new("m").input(input("1")), response),
        2 | 3 => batch(Predict::new("m").inputs([input("1"), input("2")]), response),
        4 => batch(Predict::new("m").inputs((0..3).map(|_| NewInput::text("words"))), response),
        5 | 6 => written(GetModel::new("m"), response),
        7 => written(GetModelOutputInfo::new("m"), response),
        8 | 9 => written(ListModels::new(), response),
        10 | 11 => written(SearchModels::new().name("m"), response),
        12 => {
            if let Some(grant) = parse(GetToken::new(), response) {
                assert!(!grant.token().is_empty());
                assert!(!format!("{grant:?}").contains(&format!("\"{}\"", grant.token())) || grant.token() == "***");
            }
        }
        _ => drop(parse(GetModel::new("m").raw(), response).map(|raw| assert_eq!(raw.body, body))),
    }
}

fn parse<O: Operation>(operation: O, response: Response<Bytes>) -> Option<O::Output> {
    let credentials = match O::SPEC.auth {
        clarifai_core::operation::AuthScheme::AppSecret => Credentials::app_secret("id", SECRET),
        _ => Credentials::key(SECRET),
    };
    let config = Config::new(credentials.expect("a secret"));
    match Exchange::new(&config, operation).expect("good arguments").parse(response) {
        Ok(value) => Some(value),
        Err(error) => {
            check_error(&error, SECRET);
            None
        }
    }
}

fn batch(predict: Predict, response: Response<Bytes>) {
    let inputs = predict.len();
    let Some(batch) = parse(predict.by_item(), response) else { return };
    assert_eq!(batch.len(), inputs, "an output for each input");
    assert_eq!(batch.succeeded().count() + batch.failures().count(), inputs);
    for output in batch.clone().into_items() {
        survives_encoding(&output);
    }
    if let Err(error) = batch.into_result() {
        check_error(&error, SECRET);
    }
}

fn written<O>(operation: O, response: Response<Bytes>)
where
    O: Operation<Output: serde::Serialize + serde::de::DeserializeOwned>,
{
    if let Some(value) = parse(operation, response) {
        survives_encoding(&value);
    }
}

/// Checks that an encoded value can be decoded, and that encoding it again gives the same.
fn survives_encoding<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) {
    let once = serde_json::to_string(value).expect("plain data can be encoded");
    let again: T = serde_json::from_str(&once).expect("encoded data can be decoded");
    let twice = serde_json::to_string(&again).expect("plain data can be encoded");
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(read(&once), read(&twice), "a value changes when it is encoded and decoded");
}
