//! Predictions over a connection to this machine: each adapter against its own HTTP stack, which sends prepared bytes
//! and reads the response.

#[path = "../../core/benches/limit/mod.rs"]
mod limit;
mod server;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clarifai_core::models::Predict;
use clarifai_core::{
    Config, Credentials, Exchange,
    transport::{Body, MAX_RESPONSE_BYTES},
};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use http::Request;
use http::request::Parts;
use http_body_util::BodyExt as _;
use limit::{Bound, Table, in_turns, wanted};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// A call: a small prediction, or one with an image of 1 MiB.
struct Question {
    name: &'static str,
    predict: Predict,
    config: Config,
    image: Option<Vec<u8>>,
    /// The prepared request, and its body as bytes.
    parts: Parts,
    body: Bytes,
    batch: u32,
    rounds: u32,
}

impl Question {
    fn all(base: &str) -> [Self; 2] {
        let image: Vec<u8> =
            (0..1024 * 1024_u32).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        [("small", None, 500, 100), ("1 MiB", Some(image), 20, 100)].map(|(name, image, batch, rounds)| {
            let predict = Predict::new("general-image-recognition");
            let predict = match image.clone() {
                None => predict.image_url("https://samples.clarifai.com/metro-north.jpg"),
                Some(image) => predict.image_bytes(image),
            };
            let config = Config::new(Credentials::key("0123456789abcdef0123456789abcdef").expect("a key"));
            let config = config.with_base_url(base).expect("an address");
            let exchange = Exchange::new(&config, &predict).expect("a request");
            let (parts, ()) = exchange.request().clone().map(drop).into_parts();
            let body = exchange.request().body().to_bytes();
            Self { name, predict, config, image, parts, body, batch, rounds }
        })
    }

    /// Returns the body as a simple client makes it: an image is encoded to a string, which is inserted into the JSON.
    /// Without an image, returns the prepared bytes.
    fn plain_body(&self) -> Bytes {
        let Some(image) = &self.image else { return self.body.clone() };
        let encoded = base64_simd::STANDARD.encode_to_string(image);
        let body =
            format!(r#"{{"inputs":[{{"data":{{"image":{{"base64":"{encoded}","allow_duplicate_url":false}}}}}}]}}"#);
        debug_assert_eq!(body.len(), self.body.len(), "the same work");
        body.into()
    }

    fn request(&self) -> Request<Body> {
        Exchange::new(&self.config, &self.predict).expect("a request").into_parts().0
    }
}

/// Measures one adapter. Sending and receiving bytes is compared with its own HTTP stack, which sends prepared bytes,
/// or for an image bytes that it encodes. The whole call, with retries and decoding, and an image against prepared
/// bytes are only shown.
fn measure(
    table: &mut Table,
    adapter: &str,
    question: &Question,
    mut send: impl FnMut(Request<Body>) -> Bytes,
    mut call: impl FnMut(&Predict),
    mut plain: impl FnMut(Parts, Bytes) -> Bytes,
) {
    let Question { name, predict, parts, body, batch, rounds, .. } = question;
    let mut post = |body| {
        let response = plain(parts.clone(), body);
        assert_eq!(response.len(), server::RESPONSE.len());
        black_box(response);
    };
    let mut work = || drop(black_box(send(question.request())));
    let row = format!("{adapter}, {name} predict, bytes");
    if wanted(&row) {
        let turns = in_turns(*rounds, *batch, &mut work, || post(question.plain_body()));
        table.timed(&row, &turns, Bound::AtMost(1.1), Bound::AtMost(1.02));
    }
    let row = format!("{adapter}, {name} predict, ready bytes");
    if question.image.is_some() && wanted(&row) {
        let turns = in_turns(*rounds, *batch, work, || post(body.clone()));
        Table::shown(&row, &turns);
    }
    let row = format!("{adapter}, {name} predict, parsed");
    if wanted(&row) {
        let turns = in_turns(*rounds, *batch, || call(predict), || post(question.plain_body()));
        Table::shown(&row, &turns);
    }
}

fn ureq(table: &mut Table, question: &Question) {
    use clarifai_ureq::{Client, Ureq, ureq};
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
    let agent = ureq::Agent::from(config.build());
    // Both use the same connection, because latency differs between connections.
    let client = Client::with_transport(question.config.clone(), Ureq::with_agent(agent.clone()));
    measure(
        table,
        "ureq",
        question,
        |request| client.send(request).expect("a response").into_body(),
        |predict| drop(black_box(client.call(predict).expect("a response"))),
        |parts, body| {
            let mut response = agent.run(Request::from_parts(parts, &body[..])).expect("a response").into_body();
            let response = response.with_config().limit(MAX_RESPONSE_BYTES).read_to_vec().expect("a body");
            response.into()
        },
    );
}

fn reqwest(table: &mut Table, question: &Question, runtime: &Runtime) {
    use clarifai_reqwest::{Client, Reqwest, reqwest};
    let http = Reqwest::builder().build().expect("a client");
    let client = Client::with_transport(question.config.clone(), Reqwest::with_client(http.clone()));
    measure(
        table,
        "reqwest",
        question,
        |request| runtime.block_on(client.send(request)).expect("a response").into_body(),
        |predict| drop(black_box(runtime.block_on(client.call(predict)).expect("a response"))),
        |parts, body| {
            let request = Request::from_parts(parts, reqwest::Body::from(body));
            let request = reqwest::Request::try_from(request).expect("a request");
            runtime.block_on(async { http.execute(request).await?.bytes().await }).expect("a response")
        },
    );
}

fn tower(table: &mut Table, question: &Question, runtime: &Runtime) {
    use clarifai_tower::{Client, Tower, hyper};
    let hyper = hyper();
    let client = Client::with_transport(question.config.clone(), Tower::new(hyper.clone()));
    measure(
        table,
        "tower",
        question,
        |request| runtime.block_on(client.send(request)).expect("a response").into_body(),
        |predict| drop(black_box(runtime.block_on(client.call(predict)).expect("a response"))),
        |parts, body| {
            let request = Request::from_parts(parts, Body::from_bytes(body).reader());
            let response = runtime.block_on(async {
                let response = hyper.clone().oneshot(request).await.expect("a response");
                response.into_body().collect().await
            });
            response.expect("a body").to_bytes()
        },
    );
}

/// Measures how many times faster 32 calls in flight are than one after the other, with a service that takes 5 ms.
fn in_flight(table: &mut Table, adapter: &str, runtime: &Runtime, mut call: impl AsyncFnMut() + Clone) {
    const IN_FLIGHT: usize = 32;
    let row = format!("{adapter}, {IN_FLIGHT} in flight, times faster");
    if !wanted(&row) {
        return;
    }
    let calls = if limit::is_bench() { 640 } else { 2 * IN_FLIGHT };
    let (one_by_one, at_once) = runtime.block_on(async {
        call().await;
        let start = Instant::now();
        for _ in 0..calls / 8 {
            call().await;
        }
        let one_by_one = start.elapsed() * 8;
        let start = Instant::now();
        let mut left = calls;
        let mut flying = FuturesUnordered::new();
        while left > 0 || !flying.is_empty() {
            while left > 0 && flying.len() < IN_FLIGHT {
                let mut call = call.clone();
                flying.push(async move { call().await });
                left -= 1;
            }
            flying.next().await;
        }
        (one_by_one, start.elapsed())
    });
    table.rate(&row, one_by_one, at_once, Bound::AtLeast(4.0), Bound::AtLeast(16.0));
}

fn main() -> ExitCode {
    let mut table = Table::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let at_once = server::serve(Duration::ZERO).expect("a port of this machine");
    for question in Question::all(&at_once) {
        ureq(&mut table, &question);
        reqwest(&mut table, &question, &runtime);
        tower(&mut table, &question, &runtime);
    }
    let slow = server::serve(Duration::from_millis(5)).expect("a port of this machine");
    let [Question { config, predict, .. }, _] = Question::all(&slow);
    let client = clarifai_reqwest::Client::new(config.clone()).expect("a client");
    let ask = async || drop(client.call(&predict).await.expect("a response"));
    in_flight(&mut table, "reqwest", &runtime, ask);
    let client = clarifai_tower::Client::new(config).expect("a client");
    let ask = async || drop(client.call(&predict).await.expect("a response"));
    in_flight(&mut table, "tower", &runtime, ask);
    table.finish()
}
