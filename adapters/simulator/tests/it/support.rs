//! Helpers for the tests of routes: a simulator with a clock that the test sets, and test images.

use std::cell::Cell;
use std::io::Cursor;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clarifai_simulator::core::time::{Instant, Now};
use clarifai_simulator::{Recognition, Simulator};
use http::Request;
use serde_json::{Value, json};

#[path = "../../../../tests/src/exchanges.rs"]
mod exchanges;

/// A simulator with a clock. Without another key, calls use `my-key`.
pub(crate) struct Service {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Cell<Duration>,
    /// Whether exchanges are recorded. Not those of invalid requests, some of which the simulator repeats.
    pub(crate) records: bool,
}

impl Service {
    /// A simulator that measures pixels, whatever features other crates turn on.
    pub(crate) fn new() -> Self {
        Self::of(Simulator::new().with_recognition(Recognition::Pixels))
    }

    pub(crate) fn of(simulator: Simulator) -> Self {
        Self { simulator, clock: Cell::new(Duration::from_secs(1_700_000_000)), records: true }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.set(self.clock.get() + Duration::from_secs(seconds));
    }

    /// Sends a request and returns HTTP status and body. The path is relative to `/v2/`.
    pub(crate) fn send(&self, key: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v2/{path}"))
            .header("authorization", format!("Key {key}"))
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        let response = self.simulator.handle(Now::new(Instant::default(), self.clock.get()), &request);
        if self.records {
            exchanges::record("", &request, Some(&response));
        }
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (_, body) = self.send("my-key", "GET", path, "");
        assert_eq!(body["status"]["code"], 10000, "{path}: {body}");
        body
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let (_, response) = self.send("my-key", method, path, &body.to_string());
        assert_eq!(response["status"]["code"], 10000, "{method} {path}: {response}");
        response
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Value {
        self.call("PATCH", path, body)
    }

    /// Sends a request and returns HTTP status and status code of the error response.
    pub(crate) fn refusal(&self, method: &str, path: &str, body: &str) -> (u16, u64) {
        let (status, response) = self.send("my-key", method, path, body);
        (status, response["status"]["code"].as_u64().unwrap_or_default())
    }

    /// Adds inputs and advances the clock until they are processed.
    pub(crate) fn add(&self, inputs: &[Value]) {
        self.post("inputs", &json!({"inputs": inputs}));
        self.wait(2);
    }

    pub(crate) fn search(&self, ands: &Value) -> Vec<(String, f64)> {
        hits(&self.post("searches", &json!({"query": {"ands": ands}})))
    }
}

pub(crate) fn hits(response: &Value) -> Vec<(String, f64)> {
    let hit = |hit: &Value| (hit["input"]["id"].as_str().unwrap().to_owned(), hit["score"].as_f64().unwrap());
    response["hits"].as_array().unwrap().iter().map(hit).collect()
}

/// Returns the ids of a list.
pub(crate) fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// Returns a small image of one color, as base64.
pub(crate) fn plain(color: [u8; 3]) -> String {
    encoded(&image::RgbImage::from_pixel(16, 16, image::Rgb(color)))
}

pub(crate) fn encoded(image: &image::RgbImage) -> String {
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    STANDARD.encode(png.into_inner())
}

pub(crate) fn photograph(name: &str) -> image::RgbImage {
    let path = format!("{}/../../tests/data/images/{name}.jpg", env!("CARGO_MANIFEST_DIR"));
    image::open(path).unwrap().to_rgb8()
}

/// Returns a tile of a photograph as base64: column `x` of four, row `y` of four. Columns 0 and 1 are the left half.
pub(crate) fn tile(name: &str, x: u32, y: u32) -> String {
    let image = photograph(name);
    let (width, height) = (image.width() / 4, image.height() / 4);
    encoded(&image::imageops::crop_imm(&image, x * width, y * height, width, height).to_image())
}

/// Returns an image input with these bytes and this data.
pub(crate) fn image_input(id: &str, base64: &str, more: &Value) -> Value {
    let mut data = more.clone();
    data["image"] = json!({"base64": base64});
    json!({"id": id, "data": data})
}
