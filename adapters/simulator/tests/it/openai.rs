//! The OpenAI-compatible endpoint.

use std::time::Duration;

use bytes::Bytes;
use clarifai_simulator::core::Error;
use clarifai_simulator::core::error::ErrorKind;
use clarifai_simulator::core::openai::{ChatAccumulator, CreateChatCompletion, CreateEmbeddings, ListModels};
use clarifai_simulator::core::time::{Instant, Now};
use clarifai_simulator::faults::{Fault, Faults};
use clarifai_simulator::{Client, Simulator};
use http::Request;
use serde_json::{Value, json};

const MODEL: &str = "clarifai/simulator/models/text-statistics";

fn chat() -> CreateChatCompletion {
    CreateChatCompletion::new(MODEL).user("To be or not to be?")
}

/// Sends a request with this header for authorization, and returns HTTP status, content type and body.
fn send(authorization: &str, path: &str, body: &Value) -> (u16, String, String) {
    let simulator = Simulator::new().with_keys(["my-token"]);
    let request = Request::builder()
        .method(if body.is_null() { "GET" } else { "POST" })
        .uri(format!("/v2/ext/openai/v1/{path}"))
        .header("authorization", authorization)
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let response = simulator.handle(Now::new(Instant::default(), Duration::from_secs(1_700_000_000)), &request);
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), content_type, String::from_utf8(response.body().to_vec()).unwrap())
}

#[test]
fn a_chat_counts_the_last_message_and_names_itself() {
    let client = Client::new();
    let completion =
        client.call(CreateChatCompletion::new(MODEL).system("Be brief.").user("To be or not to be?")).unwrap();
    let text = completion.text().unwrap();
    assert!(text.starts_with("This is the Clarifai simulator, which counts and is not a language model."), "{text}");
    assert!(text.contains("6 words, 19 characters, 1 sentence and 0 images"), "{text}");
    let usage = completion.usage.as_ref().unwrap();
    assert_eq!(usage.prompt_tokens, Some(8), "of all messages");
    assert_eq!(usage.total_tokens, Some(8 + usage.completion_tokens.unwrap()));

    let json = client.call(chat().json_schema("counts", json!({"type": "object"}))).unwrap();
    let json: Value = serde_json::from_str(json.text().unwrap()).unwrap();
    assert_eq!((&json["words"], &json["most_frequent_word"]), (&json!(6), &json!("be")));
    let short = client.call(chat().max_tokens(2)).unwrap();
    assert_eq!((short.text(), short.choices()[0].finish_reason.as_deref()), (Some("This is "), Some("length")));
}

#[test]
fn a_stream_has_several_chunks_that_are_the_whole_response() {
    let client = Client::new();
    let chunks = client.stream(chat()).collect::<Result<Vec<_>, Error>>().unwrap();
    assert!(chunks.len() > 5, "{chunks:?}");
    let mut whole = ChatAccumulator::new();
    for chunk in &chunks {
        whole.push(chunk);
    }
    let whole = whole.finish();
    let at_once = client.call(chat()).unwrap();
    assert_eq!((whole.message(), &whole.usage), (at_once.message(), &at_once.usage));

    let message = json!({"role": "user", "content": "a"});
    let body = json!({"model": MODEL, "stream": true, "messages": [message]});
    let (status, content_type, body) = send("Bearer my-token", "chat/completions", &body);
    assert_eq!((status, content_type.as_str()), (200, "text/event-stream"));
    assert!(body.ends_with("}\n\ndata: [DONE]\n\n"), "{body}");
}

#[test]
fn embeddings_and_models_are_served() {
    let client = Client::new();
    let embeddings =
        client.call(CreateEmbeddings::new("text-hashing").texts(["cat dog", "Dog, cat!", "bird"])).unwrap();
    let vectors: Vec<_> = embeddings.vectors().collect();
    assert_eq!((vectors.len(), vectors[0].len()), (3, 64));
    assert_eq!(vectors[0], vectors[1]);
    assert_ne!(vectors[0], vectors[2]);
    let models = client.call(ListModels::new()).unwrap();
    assert_eq!((models.len(), models[0].id.as_str()), (2, MODEL));
}

#[test]
fn a_token_travels_in_both_forms() {
    for authorization in ["Key my-token", "Bearer my-token"] {
        assert_eq!(send(authorization, "models", &Value::Null).0, 200, "{authorization}");
    }
    for authorization in ["Key other", "Bearer other"] {
        let (status, _, body) = send(authorization, "models", &Value::Null);
        assert_eq!((status, body.contains("11009")), (401, true), "the form of the API: {body}");
    }
}

#[test]
fn refusals_have_the_form_of_the_endpoint() {
    for (path, body, status, code, param) in [
        ("chat/completions", json!({"model": "u/a/models/none", "messages": []}), 404, "model_not_found", "model"),
        ("chat/completions", json!({"model": MODEL, "messages": []}), 400, "invalid_value", "messages"),
        ("chat/completions", json!({"messages": []}), 400, "invalid_value", "model"),
        ("embeddings", json!({"model": "text-hashing", "input": [1]}), 400, "invalid_value", "input"),
        ("embeddings", json!({"model": MODEL, "input": "a"}), 404, "model_not_found", "model"),
    ] {
        let (found, _, response) = send("Key my-token", path, &body);
        let response: Value = serde_json::from_str(&response).unwrap();
        let error = &response["error"];
        assert_eq!((found, &error["code"], &error["param"]), (status, &json!(code), &json!(param)), "{body}");
        assert!(error["message"].is_string() && response["status"].is_null());
    }
}

#[test]
fn truncated_streams_break_off_and_lose_nothing_that_arrived() {
    let whole = Client::new().stream(chat()).collect::<Result<Vec<_>, Error>>().unwrap();
    let mut broken = 0;
    for seed in 0..30 {
        let client = Client::new().with_faults(Faults::new(seed, 1.0).only([Fault::TruncatedJson]));
        let mut chunks = Vec::new();
        for item in client.request(chat()).max_attempts(1).stream() {
            match item {
                // The id differs from run to run.
                Ok(chunk) => chunks.push(chunk.choices),
                Err(error) => match error.kind() {
                    ErrorKind::Stream(stream) => {
                        assert_eq!(stream.items, chunks.len() as u64);
                        broken += 1;
                    }
                    _ => assert!(chunks.is_empty(), "{error}"),
                },
            }
        }
        assert!(chunks.iter().eq(whole[..chunks.len()].iter().map(|chunk| &chunk.choices)));
    }
    assert!(broken > 10, "{broken}");
}
