//! Body, request and answer, each against the least that any client has to do: see README.md beside this file.

mod limit;
#[path = "limit/samples.rs"]
mod samples;

use std::hint::black_box;
use std::process::ExitCode;

use clarifai_core::Exchange;
use http::Response;
use serde::{Deserialize, Serialize};

use limit::{Bound, Table, in_turns, wanted};

fn main() -> ExitCode {
    let mut table = Table::default();
    body(&mut table);
    request(&mut table);
    answer(&mut table);
    table.finish()
}

/// Reading a body of 128 pictures into a buffer, against copying the same bytes into the same buffer.
fn body(table: &mut Table) {
    const NAME: &str = "body of 128 x 200 KiB, speed";
    if !wanted(NAME) {
        return;
    }
    let exchange = Exchange::new(&samples::app(), samples::predict_pictures(&samples::pictures())).expect("a request");
    let body = exchange.request().body();
    let encoded = body.to_bytes();
    let mut buffer = vec![0; samples::BUFFER];
    let mut other = vec![0; samples::BUFFER];
    let turns = in_turns(
        60,
        1,
        || {
            let mut reader = body.reader();
            while reader.fill(black_box(&mut buffer)) > 0 {
                black_box(&mut buffer);
            }
        },
        || {
            for chunk in encoded.chunks(samples::BUFFER) {
                black_box(&mut other)[..chunk.len()].copy_from_slice(chunk);
                black_box(&mut other);
            }
        },
    );
    table.timed(NAME, &turns, Bound::AtLeast(0.5), Bound::AtLeast(0.75));
}

#[derive(Serialize)]
struct Body<'a> {
    inputs: [Input<'a>; 1],
}
#[derive(Serialize)]
struct Input<'a> {
    data: Data<'a>,
}
#[derive(Serialize)]
struct Data<'a> {
    image: Image<'a>,
}
#[derive(Serialize)]
struct Image<'a> {
    url: &'a str,
}

/// Building the request of a prediction on one address, against writing its JSON body alone.
fn request(table: &mut Table) {
    const NAME: &str = "request of a predict by URL, time";
    if !wanted(NAME) {
        return;
    }
    let app = samples::app();
    let predict = samples::predict_url();
    let plain = Body { inputs: [Input { data: Data { image: Image { url: samples::URL } } }] };
    let exchange = Exchange::new(&app, &predict).expect("a request");
    assert_eq!(exchange.request().body().to_bytes(), serde_json::to_vec(&plain).expect("JSON"), "the same work");
    let turns = in_turns(
        400,
        1_000,
        || drop(black_box(Exchange::new(&app, black_box(&predict)))),
        || drop(black_box(serde_json::to_vec(black_box(&plain)))),
    );
    table.timed(NAME, &turns, Bound::AtMost(6.0), Bound::AtMost(3.0));
}

/// Parsing an answer of 128 outputs, against parsing it to structs that have nothing but the members it holds.
fn answer(table: &mut Table) {
    const NAME: &str = "answer of 128 x 20 concepts, time";
    if !wanted(NAME) {
        return;
    }
    let exchange = Exchange::new(&samples::app(), samples::predict_urls(128)).expect("a request");
    let json = samples::answer(128, 20);
    let _heap = used_heap();
    let turns = in_turns(
        200,
        1,
        || drop(black_box(exchange.parse(Response::new(json.clone())).expect("an answer"))),
        || drop(black_box(serde_json::from_slice::<plain::Answer>(&json).expect("an answer"))),
    );
    table.timed(NAME, &turns, Bound::AtMost(1.0), Bound::AtMost(0.8));
}

/// Leaves free memory that the allocator keeps, as in a program that has run for a while.
///
/// In a fresh process each answer would grow the heap and give it back when it is dropped, and half of the time would
/// be the kernel's, for clearing pages.
fn used_heap() -> impl Sized {
    let mut blocks: Vec<_> = (0..256).map(|_| vec![1_u8; 64 * 1024]).collect();
    blocks.pop()
}

/// The answer as somebody would write it down who knows what is in it.
#[allow(dead_code, clippy::struct_field_names, reason = "read for the sake of reading")]
mod plain {
    use super::Deserialize;

    #[derive(Deserialize)]
    pub(crate) struct Answer {
        pub status: Status,
        pub outputs: Vec<Output>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Status {
        pub code: u32,
        pub description: Option<String>,
        pub req_id: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Output {
        pub id: String,
        pub status: Status,
        pub created_at: String,
        pub model: Model,
        pub input: Input,
        pub data: Data,
    }
    #[derive(Deserialize)]
    pub(crate) struct Model {
        pub id: String,
        pub name: String,
        pub created_at: Option<String>,
        pub app_id: Option<String>,
        pub output_info: Option<OutputInfo>,
        pub model_version: Option<ModelVersion>,
        pub display_name: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct OutputInfo {
        pub message: Option<String>,
        pub r#type: Option<String>,
        pub type_ext: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct ModelVersion {
        pub id: String,
        pub created_at: Option<String>,
        pub status: Option<Status>,
        pub train_stats: Option<TrainStats>,
    }
    #[derive(Deserialize)]
    pub(crate) struct TrainStats {}
    #[derive(Deserialize)]
    pub(crate) struct Input {
        pub id: String,
        pub data: InputData,
    }
    #[derive(Deserialize)]
    pub(crate) struct InputData {
        pub image: Option<Image>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Image {
        pub url: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Data {
        pub concepts: Vec<Concept>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Concept {
        pub id: String,
        pub name: String,
        pub value: f64,
        pub app_id: Option<String>,
    }
}
