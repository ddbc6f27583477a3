//! What the benchmarks and the test of the heap work on: a batch of pictures, a small call, a large answer.

#![allow(dead_code, unreachable_pub, reason = "each benchmark uses a part of it")]

use std::fmt::Write as _;

use bytes::Bytes;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::{App, Credentials, Exchange};

/// Bytes of one picture of the batch.
pub const PICTURE: usize = 200 * 1024;
/// Size of the buffer a body is read into.
pub const BUFFER: usize = 64 * 1024;
/// The address in the small call.
pub const URL: &str = "https://samples.clarifai.com/metro-north.jpg";
/// The model of all calls.
pub const MODEL: &str = "general-image-recognition";

/// An app as a program holds it.
pub fn app() -> App {
    App::new(Credentials::key("0123456789abcdef0123456789abcdef").expect("a key"))
}

/// 128 pictures of 200 KiB each.
pub fn pictures() -> Vec<Bytes> {
    let picture =
        |seed: usize| (0..PICTURE).map(|place| ((place.wrapping_mul(31) >> 3) ^ seed).to_le_bytes()[0]).collect();
    (0..128).map(picture).collect()
}

/// A prediction on these pictures.
pub fn predict_pictures(pictures: &[Bytes]) -> Predict {
    Predict::with(MODEL).inputs(pictures.iter().cloned().map(NewInput::image_bytes))
}

/// A prediction on one address.
pub fn predict_url() -> Predict {
    Predict::with(MODEL).image_url(URL)
}

/// A prediction on so many addresses.
pub fn predict_urls(count: usize) -> Predict {
    Predict::with(MODEL).inputs((0..count).map(|_| NewInput::image_url(URL)))
}

/// An answer of so many outputs with so many concepts each, as the service writes it.
pub fn answer(outputs: usize, concepts: usize) -> Bytes {
    let mut json =
        String::from(r#"{"status":{"code":10000,"description":"Ok","req_id":"8c1d3b0f5f2a4c0e9a6b"},"outputs":["#);
    for output in 0..outputs {
        if output > 0 {
            json.push(',');
        }
        let _ = write!(
            json,
            r#"{{"id":"{output:032x}","status":{{"code":10000,"description":"Ok"}},"created_at":"2019-01-18T16:56:55.{output:09}Z","model":{{"id":"aaa03c23b3724a16a56b629203edc62c","name":"general","created_at":"2016-03-09T17:11:39.608845Z","app_id":"main","output_info":{{"message":"Show output_info with: GET /models/{{model_id}}/output_info","type":"concept","type_ext":"concept"}},"model_version":{{"id":"aa9ca48295b37401f8af92ad1af0d91d","created_at":"2016-07-13T01:19:12.147644Z","status":{{"code":21100,"description":"Model is trained and ready for deployment"}},"train_stats":{{}}}},"display_name":"General"}},"input":{{"id":"{output:032x}","data":{{"image":{{"url":"{URL}"}}}}}},"data":{{"concepts":["#
        );
        for concept in 0..concepts {
            if concept > 0 {
                json.push(',');
            }
            let number = output * concepts + concept;
            let value = 0.999_123_47 - f64::from(u32::try_from(number).unwrap_or(0)) * 1.234_567e-4;
            let _ = write!(
                json,
                r#"{{"id":"ai_{number:08}","name":"concept {number}","value":{value:.8},"app_id":"main"}}"#
            );
        }
        json.push_str("]}}");
    }
    json.push_str("]}");
    json.into()
}

/// Builds the request of a prediction on these pictures, and reads its body through.
pub fn send_pictures(app: &App, pictures: &[Bytes], buffer: &mut [u8]) {
    let exchange = Exchange::new(app, predict_pictures(pictures)).expect("a request");
    let mut reader = exchange.request().body().reader();
    while reader.fill(buffer) > 0 {}
}
