//! Any bytes as the answer of any operation: a value, or an error of our own.

use bytes::Bytes;
use clarifai_core::auth::Token;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::{GetModel, GetModelOutputInfo, ListModels, Predict, SearchModels};
use clarifai_core::{App, Credentials, Exchange, Operation};
use http::{HeaderValue, Response};
use serde_json::Value;

use crate::check_error;

const STATUSES: [u16; 16] = [200, 201, 204, 207, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 999];

/// Longer than any text the mutator makes of its own accord, so that it shows only where it was taken in.
const SECRET: &str = "fuzz-secret-0123456789";

/// The first byte picks status (low half) and operation (high half), the rest is the body.
///
/// # Panics
///
/// Where the law is broken: an answer gives a value that can be written and read again, or an error fit to be shown.
pub fn decode(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = http::StatusCode::from_u16(STATUSES[usize::from(first & 15)]).expect("a status");
    if let Ok(hint) = HeaderValue::from_bytes(&body[..body.len().min(40)]) {
        response.headers_mut().insert(http::header::RETRY_AFTER, hint);
    }
    let input = |id: &str| NewInput::image_url("https://example.com/1").with_id(id);
    match first >> 4 {
        0 | 1 => batch(Predict::with("m").input(input("1")), response),
        2 | 3 => batch(Predict::with("m").inputs([input("1"), input("2")]), response),
        4 => batch(Predict::with("m").inputs((0..3).map(|_| NewInput::text("words"))), response),
        5 | 6 => written(GetModel::new("m"), response),
        7 => written(GetModelOutputInfo::new("m"), response),
        8 | 9 => written(ListModels::new(), response),
        10 | 11 => written(SearchModels::new().name("m"), response),
        12 => {
            if let Some(grant) = parse(Token::default(), response) {
                assert!(!grant.token().is_empty());
                assert!(!format!("{grant:?}").contains(&format!("\"{}\"", grant.token())) || grant.token() == "***");
            }
        }
        _ => drop(parse(GetModel::new("m").raw(), response).map(|answer| assert_eq!(answer.body, body))),
    }
}

fn parse<O: Operation>(operation: O, response: Response<Bytes>) -> Option<O::Output> {
    let credentials = match O::AUTH {
        clarifai_core::Auth::AppSecret => Credentials::app_secret("id", SECRET),
        _ => Credentials::key(SECRET),
    };
    let app = App::new(credentials.expect("a secret"));
    match Exchange::new(&app, operation).expect("good arguments").parse(response) {
        Ok(value) => Some(value),
        Err(error) => {
            check_error(&error, SECRET);
            None
        }
    }
}

fn batch(predict: Predict, response: Response<Bytes>) {
    let asked = predict.len();
    let Some(batch) = parse(predict, response) else { return };
    assert_eq!(batch.len(), asked, "an output for each input");
    assert_eq!(batch.succeeded().count() + batch.failures().count(), asked);
    for output in batch.clone().into_items() {
        same_again(&output);
    }
    if let Err(error) = batch.all() {
        check_error(&error, SECRET);
    }
}

fn written<O>(operation: O, response: Response<Bytes>)
where
    O: Operation<Output: serde::Serialize + serde::de::DeserializeOwned>,
{
    if let Some(value) = parse(operation, response) {
        same_again(&value);
    }
}

/// What was written is read again, and writing that gives the same.
fn same_again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) {
    let once = serde_json::to_string(value).expect("plain data can be written");
    let again: T = serde_json::from_str(&once).expect("what was written can be read");
    let twice = serde_json::to_string(&again).expect("plain data can be written");
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(read(&once), read(&twice), "writing and reading settles after the first time");
}
