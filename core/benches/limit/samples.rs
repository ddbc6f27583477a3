//! Data for the benchmarks and the test of the heap: a batch of images, a small call, a large response.

#![allow(dead_code, unreachable_pub, reason = "each benchmark uses a part of it")]

use std::fmt::Write as _;

use bytes::Bytes;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::{Config, Credentials, Exchange};

/// Size of one image of the batch, in bytes.
pub const PICTURE: usize = 200 * 1024;
/// Size of the buffer into which a body is read.
pub const BUFFER: usize = 64 * 1024;
/// URL in the small call.
pub const URL: &str = "https://samples.clarifai.com/metro-north.jpg";
/// Model of all calls.
pub const MODEL: &str = "general-image-recognition";

/// Returns the configuration of a client.
pub fn config() -> Config {
    Config::new(Credentials::key("0123456789abcdef0123456789abcdef").expect("a key"))
}

/// Returns 128 images of 200 KiB each.
pub fn images() -> Vec<Bytes> {
    let image =
        |seed: usize| (0..PICTURE).map(|place| ((place.wrapping_mul(31) >> 3) ^ seed).to_le_bytes()[0]).collect();
    (0..128).map(image).collect()
}

/// Returns a prediction for these images.
pub fn predict_images(images: &[Bytes]) -> Predict {
    Predict::new(MODEL).inputs(images.iter().cloned().map(NewInput::image_bytes))
}

/// Returns a prediction for one URL.
pub fn predict_url() -> Predict {
    Predict::new(MODEL).image_url(URL)
}

/// Returns a prediction for this many URLs.
pub fn predict_urls(count: usize) -> Predict {
    Predict::new(MODEL).inputs((0..count).map(|_| NewInput::image_url(URL)))
}

/// Returns a response with this many outputs, with this many concepts each, as the service encodes it.
pub fn response(outputs: usize, concepts: usize) -> Bytes {
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

/// Builds the request of a prediction for these images, and reads its whole body.
pub fn send_images(config: &Config, images: &[Bytes], buffer: &mut [u8]) {
    let exchange = Exchange::new(config, predict_images(images)).expect("a request");
    let mut reader = exchange.request().body().reader();
    while reader.fill(buffer) > 0 {}
}
