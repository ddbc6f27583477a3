//! The simulator as a service that remembers: requests in, JSON out, on a clock that the tests turn.

#![allow(clippy::unwrap_used)]

mod concepts;
mod inputs;
mod models;
mod nonsense;
mod rules;
mod saved;
mod searches;
mod workflows;

use std::cell::Cell;
use std::io::Cursor;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clarifai_simulator::Simulator;
use clarifai_simulator::core::machine::{Mono, Now};
use http::Request;
use serde_json::{Value, json};

/// A service with a clock, and one caller of it.
struct Service {
    simulator: Simulator,
    clock: Cell<Duration>,
}

impl Service {
    fn new() -> Self {
        Self::of(Simulator::new())
    }

    fn of(simulator: Simulator) -> Self {
        Self { simulator, clock: Cell::new(Duration::from_secs(1_700_000_000)) }
    }

    fn wait(&self, seconds: u64) {
        self.clock.set(self.clock.get() + Duration::from_secs(seconds));
    }

    /// HTTP status and body of an answer; the path stands below `/v2/`.
    fn send(&self, key: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v2/{path}"))
            .header("authorization", format!("Key {key}"))
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        let response = self.simulator.handle(Now::new(Mono::default(), self.clock.get()), &request);
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    fn get(&self, path: &str) -> Value {
        let (_, body) = self.send("my-key", "GET", path, "");
        assert_eq!(body["status"]["code"], 10000, "{path}: {body}");
        body
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let (_, answer) = self.send("my-key", method, path, &body.to_string());
        assert_eq!(answer["status"]["code"], 10000, "{method} {path}: {answer}");
        answer
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, body)
    }

    fn patch(&self, path: &str, body: &Value) -> Value {
        self.call("PATCH", path, body)
    }

    /// HTTP status and code of a refusal.
    fn refusal(&self, method: &str, path: &str, body: &str) -> (u16, u64) {
        let (status, answer) = self.send("my-key", method, path, body);
        (status, answer["status"]["code"].as_u64().unwrap_or_default())
    }

    /// Adds inputs and waits until they are processed.
    fn add(&self, inputs: &[Value]) {
        self.post("inputs", &json!({"inputs": inputs}));
        self.wait(2);
    }

    fn search(&self, ands: &Value) -> Vec<(String, f64)> {
        hits(&self.post("searches", &json!({"query": {"ands": ands}})))
    }
}

fn hits(answer: &Value) -> Vec<(String, f64)> {
    let hit = |hit: &Value| (hit["input"]["id"].as_str().unwrap().to_owned(), hit["score"].as_f64().unwrap());
    answer["hits"].as_array().unwrap().iter().map(hit).collect()
}

/// The ids of a list.
fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// A small picture of one colour, as base64.
fn plain(color: [u8; 3]) -> String {
    encoded(&image::RgbImage::from_pixel(16, 16, image::Rgb(color)))
}

fn encoded(picture: &image::RgbImage) -> String {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    STANDARD.encode(png.into_inner())
}

fn photograph(name: &str) -> image::RgbImage {
    let path = format!("{}/../../tests/data/images/{name}.jpg", env!("CARGO_MANIFEST_DIR"));
    image::open(path).unwrap().to_rgb8()
}

/// A tile of a photograph: column `x` of four, row `y` of four. The first two columns are its left half.
fn tile(name: &str, x: u32, y: u32) -> String {
    let picture = photograph(name);
    let (width, height) = (picture.width() / 4, picture.height() / 4);
    encoded(&image::imageops::crop_imm(&picture, x * width, y * height, width, height).to_image())
}

/// An input of these bytes, with more data.
fn picture(id: &str, base64: &str, more: &Value) -> Value {
    let mut data = more.clone();
    data["image"] = json!({"base64": base64});
    json!({"id": id, "data": data})
}
