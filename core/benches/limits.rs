//! Body, request and response, each compared with the minimum work of any client: see README.md in this directory.

mod limit;
#[path = "limit/samples.rs"]
mod samples;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::{StreamCall, StreamEvent, StreamStep};
use clarifai_core::openai::CreateChatCompletion;
use clarifai_core::stream::Decoder;
use clarifai_core::time::{Instant, Now};
use clarifai_core::{Exchange, Operation as _};
use http::Response;
use serde::{Deserialize, Serialize};

use limit::{Bound, Table, in_turns, wanted};

fn main() -> ExitCode {
    let mut table = Table::default();
    body(&mut table);
    request(&mut table);
    response(&mut table);
    decoders(&mut table);
    chat_stream(&mut table);
    table.finish()
}

/// Number of chunks in a streamed chat.
const CHUNKS: usize = 10_000;

/// Size of the pieces in which a streamed body arrives.
const PIECE: usize = 16 * 1024;

fn chunk(number: usize) -> String {
    let content = format!("word {number} ");
    serde_json::json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m",
        "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": null}]})
    .to_string()
}

/// Returns a body of all chunks, each between these texts.
fn streamed(before: &str, after: &str) -> String {
    (0..CHUNKS).map(|number| [before, &chunk(number), after].concat()).collect()
}

/// Measures splitting a body of 10,000 elements into the elements, in both forms, compared with 5 ns per byte: a speed
/// of 200 MB/s.
fn decoders(table: &mut Table) {
    for (name, before, after) in
        [("decoding server-sent events, speed", "data: ", "\n\n"), ("decoding JSON values, speed", "", "\n")]
    {
        if !wanted(name) {
            continue;
        }
        let body = streamed(before, after);
        let decode = || {
            let (mut decoder, mut count) = (Decoder::new(), 0);
            for mut piece in body.as_bytes().chunks(PIECE) {
                while let Some(element) = decoder.next(&mut piece).expect("an element") {
                    black_box(element);
                    count += 1;
                }
            }
            assert_eq!(count, CHUNKS);
        };
        let work = in_turns(40, 1, decode, || _ = black_box(body.len())).work;
        let limit = Duration::from_nanos(5 * body.len() as u64);
        table.rate(name, limit, work, Bound::AtLeast(1.0), Bound::AtLeast(2.0));
    }
}

/// Measures streaming a chat of 10,000 chunks, compared with parsing each chunk to structs with only the members that
/// it contains.
fn chat_stream(table: &mut Table) {
    const NAME: &str = "chat stream of 10,000 chunks, time";
    if !wanted(NAME) {
        return;
    }
    let config = samples::config();
    let lines: Vec<String> = (0..CHUNKS).map(chunk).collect();
    let body = streamed("data: ", "\n\n") + "data: [DONE]\n\n";
    let pieces: Vec<Bytes> = body.as_bytes().chunks(PIECE).map(Bytes::copy_from_slice).collect();
    let now = Now::new(Instant::new(Duration::ZERO), Duration::ZERO);
    let _heap = used_heap();
    let stream = || {
        let mut call = StreamCall::new(&config, CreateChatCompletion::new("u/a/models/m").user("a"));
        let (mut pieces, mut count, mut event) = (pieces.iter().cloned(), 0, StreamEvent::Begin);
        loop {
            event = match call.resume(now, event) {
                StreamStep::Send(_) => StreamEvent::Opened(Response::new(())),
                StreamStep::Read(_) => pieces.next().map_or(StreamEvent::End, StreamEvent::Piece),
                StreamStep::WaitUntil(_) => StreamEvent::Woke,
                StreamStep::Item(item) => {
                    drop(black_box(item));
                    count += 1;
                    StreamEvent::Next
                }
                StreamStep::Done(result) => {
                    result.expect("a complete stream");
                    break;
                }
            };
        }
        assert_eq!(count, CHUNKS);
    };
    let parse = || {
        for line in &lines {
            drop(black_box(serde_json::from_str::<plain::ChatChunk>(line).expect("a chunk")));
        }
    };
    table.timed(NAME, &in_turns(40, 1, stream, parse), Bound::AtMost(2.0), Bound::AtMost(1.2));
}

/// Measures reading a body of 128 images into a buffer, compared with copying the same bytes into a buffer.
fn body(table: &mut Table) {
    const NAME: &str = "body of 128 x 200 KiB, speed";
    if !wanted(NAME) {
        return;
    }
    let exchange = Exchange::new(&samples::config(), samples::predict_images(&samples::images())).expect("a request");
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
    allow_duplicate_url: bool,
}

/// Measures building the request of a prediction for one URL, compared with serializing only its JSON body.
fn request(table: &mut Table) {
    const NAME: &str = "request of a predict by URL, time";
    if !wanted(NAME) {
        return;
    }
    let config = samples::config();
    let predict = samples::predict_url();
    let plain =
        Body { inputs: [Input { data: Data { image: Image { url: samples::URL, allow_duplicate_url: false } } }] };
    let exchange = Exchange::new(&config, &predict).expect("a request");
    assert_eq!(exchange.request().body().to_bytes(), serde_json::to_vec(&plain).expect("JSON"), "the same work");
    let turns = in_turns(
        400,
        1_000,
        || drop(black_box(Exchange::new(&config, black_box(&predict)))),
        || drop(black_box(serde_json::to_vec(black_box(&plain)))),
    );
    table.timed(NAME, &turns, Bound::AtMost(6.0), Bound::AtMost(3.0));
}

/// Measures decoding a response of 128 outputs, compared with decoding it to structs of the same shape, and (without a
/// bound) to structs with only the members that it contains. Also measures decoding it with the JSON of each output,
/// compared with decoding it without.
fn response(table: &mut Table) {
    const NAME: &str = "response of 128 x 20 concepts, time";
    const BARE: &str = "response of 128 x 20 concepts, bare limit";
    const WITH_RAW: &str = "response of 128 x 20 concepts, with raw JSON";
    if !wanted(NAME) {
        return;
    }
    let exchange = Exchange::new(&samples::config(), samples::predict_urls(128)).expect("a request");
    let json = samples::response(128, 20);
    let _heap = used_heap();
    let parse = || drop(black_box(exchange.parse(Response::new(json.clone())).expect("a response")));
    let same_shape =
        || drop(black_box(serde_json::from_slice::<same_shape::ModelResponse>(&json).expect("a response")));
    table.timed(NAME, &in_turns(200, 1, parse, same_shape), Bound::AtMost(1.0), Bound::AtMost(0.8));
    let bare = || drop(black_box(serde_json::from_slice::<plain::ModelResponse>(&json).expect("a response")));
    Table::shown(BARE, &in_turns(200, 1, parse, bare));
    let exchange = Exchange::new(&samples::config(), samples::predict_urls(128).with_raw()).expect("a request");
    let with_raw = || drop(black_box(exchange.parse(Response::new(json.clone())).expect("a response")));
    Table::shown(WITH_RAW, &in_turns(200, 1, with_raw, parse));
}

/// Leaves free memory in the allocator, as in a program that has run for a while.
///
/// In a new process, each response would grow the heap and shrink it again when dropped, and half of the time would be
/// spent in the kernel clearing pages.
fn used_heap() -> impl Sized {
    let mut blocks: Vec<_> = (0..256).map(|_| vec![1_u8; 64 * 1024]).collect();
    blocks.pop()
}

/// Structs with only the members that the response contains.
#[allow(dead_code, clippy::struct_field_names, reason = "read for the sake of reading")]
mod plain {
    use super::Deserialize;

    #[derive(Deserialize)]
    pub(crate) struct ChatChunk {
        pub id: String,
        pub object: String,
        pub created: u64,
        pub model: String,
        pub choices: Vec<ChunkChoice>,
    }
    #[derive(Deserialize)]
    pub(crate) struct ChunkChoice {
        pub index: u64,
        pub delta: Delta,
        pub finish_reason: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Delta {
        pub content: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct ModelResponse {
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

/// Structs of the same shape as the types of the crate: they have all members, whether the response contains them or
/// not.
#[allow(dead_code, clippy::struct_field_names, reason = "read for the sake of reading")]
mod same_shape {
    use serde_json::Value;

    use super::Deserialize;

    #[derive(Deserialize)]
    pub(crate) struct ModelResponse {
        pub status: Status,
        pub outputs: Vec<Output>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Status {
        pub code: Option<u32>,
        pub description: Option<String>,
        pub details: Option<String>,
        pub req_id: Option<String>,
        pub stack_trace: Option<Vec<String>>,
        pub percent_completed: Option<u32>,
        pub time_remaining: Option<u64>,
        pub internal_details: Option<String>,
        pub redirect_info: Option<Value>,
        pub developer_notes: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Output {
        #[serde(default)]
        pub id: String,
        pub status: Option<Status>,
        pub created_at: Option<String>,
        pub model: Option<Box<Model>>,
        pub input: Option<Box<Input>>,
        pub data: Option<Data>,
        pub prompt_tokens: Option<u64>,
        pub completion_tokens: Option<u64>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Model {
        #[serde(default)]
        pub id: String,
        #[serde(default)]
        pub name: String,
        pub display_name: Option<String>,
        pub created_at: Option<String>,
        pub modified_at: Option<String>,
        pub app_id: Option<String>,
        pub user_id: Option<String>,
        pub model_type_id: Option<String>,
        pub output_info: Option<Box<OutputInfo>>,
        pub model_version: Option<Box<ModelVersion>>,
        pub task: Option<String>,
        pub visibility: Option<Box<Value>>,
        pub description: Option<String>,
        pub notes: Option<String>,
        pub metadata: Option<Box<Value>>,
        pub presets: Option<Box<Value>>,
        pub default_eval_info: Option<Box<Value>>,
        pub toolkits: Option<Vec<String>>,
        pub use_cases: Option<Vec<String>>,
        pub languages: Option<Vec<String>>,
        pub languages_full: Option<Vec<Value>>,
        pub check_consents: Option<Vec<String>>,
        pub is_starred: Option<bool>,
        pub star_count: Option<u64>,
        pub workflow_recommended: Option<bool>,
        pub bookmark_origin: Option<Box<Value>>,
        pub image: Option<Box<Image>>,
        pub license_type: Option<Box<Value>>,
        pub source: Option<Box<Value>>,
        pub creator: Option<String>,
        pub version_count: Option<u64>,
        pub billing_type: Option<Box<Value>>,
        pub featured_order: Option<i64>,
        pub deploy_restriction: Option<Box<Value>>,
        pub replica_count: Option<u64>,
        pub open_router_info: Option<Box<Value>>,
        pub input_info: Option<Box<Value>>,
        pub train_info: Option<Box<Value>>,
    }
    #[derive(Deserialize)]
    pub(crate) struct ModelVersion {
        #[serde(default)]
        pub id: String,
        pub created_at: Option<String>,
        pub completed_at: Option<String>,
        pub modified_at: Option<String>,
        pub status: Option<Status>,
        pub active_concept_count: Option<u64>,
        pub total_input_count: Option<u64>,
        pub metrics: Option<Box<Value>>,
        pub description: Option<String>,
        pub visibility: Option<Box<Value>>,
        pub app_id: Option<String>,
        pub user_id: Option<String>,
        pub metadata: Option<Box<Value>>,
        pub license: Option<String>,
        pub output_info: Option<Box<OutputInfo>>,
        pub input_info: Option<Box<Value>>,
        pub train_info: Option<Box<Value>>,
        pub import_info: Option<Box<Value>>,
        pub pretrained_model_config: Option<Box<Value>>,
        pub train_log: Option<String>,
        pub inference_compute_info: Option<Box<Value>>,
        pub build_info: Option<Box<Value>>,
        pub method_signatures: Option<Vec<Value>>,
        pub special_handling: Option<Vec<Value>>,
        pub num_threads: Option<u64>,
        pub train_stats: Option<Box<Value>>,
    }
    #[derive(Deserialize)]
    pub(crate) struct OutputInfo {
        pub data: Option<Data>,
        pub output_config: Option<Box<Value>>,
        pub message: Option<String>,
        pub fields_map: Option<Value>,
        pub params: Option<Value>,
        pub params_specs: Option<Vec<Value>>,
        #[serde(rename = "type")]
        pub kind: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Input {
        #[serde(default)]
        pub id: String,
        pub data: Option<Data>,
        pub created_at: Option<String>,
        pub modified_at: Option<String>,
        pub status: Option<Status>,
        pub dataset_ids: Option<Vec<String>>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Data {
        pub image: Option<Box<Image>>,
        pub video: Option<Box<Value>>,
        pub audio: Option<Box<Value>>,
        pub text: Option<Box<Value>>,
        pub concepts: Option<Vec<Concept>>,
        pub metadata: Option<Box<Value>>,
        pub geo: Option<Box<Value>>,
        pub colors: Option<Vec<Value>>,
        pub regions: Option<Vec<Value>>,
        pub frames: Option<Vec<Value>>,
        pub embeddings: Option<Vec<Value>>,
        pub clusters: Option<Vec<Value>>,
        pub tracks: Option<Vec<Value>>,
        pub time_segments: Option<Vec<Value>>,
        pub hits: Option<Vec<Value>>,
        pub heatmaps: Option<Vec<Image>>,
        pub parts: Option<Vec<Value>>,
        pub ndarray: Option<Box<Value>>,
        pub int_value: Option<i64>,
        pub float_value: Option<f64>,
        pub bytes_value: Option<String>,
        pub bool_value: Option<bool>,
        pub string_value: Option<String>,
        pub struct_value: Option<Box<Value>>,
        pub face: Option<Box<Value>>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Image {
        pub url: Option<String>,
        pub base64: Option<String>,
        pub allow_duplicate_url: Option<bool>,
        pub hosted: Option<Box<Value>>,
        pub image_info: Option<Box<Value>>,
        pub decoded_bytes: Option<String>,
    }
    #[derive(Deserialize)]
    pub(crate) struct Concept {
        #[serde(default)]
        pub id: String,
        #[serde(default)]
        pub name: String,
        pub value: Option<f64>,
        pub created_at: Option<String>,
        pub updated_at: Option<String>,
        pub language: Option<String>,
        pub app_id: Option<String>,
        pub user_id: Option<String>,
        pub definition: Option<String>,
        pub vocab_id: Option<String>,
        pub visibility: Option<Box<Value>>,
        pub keypoint_info: Option<Box<Value>>,
        pub extra_info: Option<Box<Value>>,
        pub metadata: Option<Box<Value>>,
    }
}
