//! `clarifai chat` with the simulator and in dry runs.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Cli, image};

const MODEL: &str = "clarifai/simulator/models/text-statistics";

#[test]
fn prints_the_response_of_the_model() {
    let ran = Cli::new().run(&["--simulator", "-q", "chat", MODEL, "To be", "or not to be"]).expect_code(0);
    assert!(ran.out.contains("is not a language model"), "{ran:?}");
    assert!(ran.out.ends_with(
        "has 6 words, 18 characters, 1 sentence and 0 images. Its most frequent word is \"be\" (2 times).\n"
    ));
}

#[test]
fn reads_the_prompt_from_stdin() {
    for arguments in [&["--simulator", "-q", "chat", MODEL][..], &["--simulator", "-q", "chat", MODEL, "-"]] {
        let ran = Cli::new().run_with(arguments, b"one two three\n").expect_code(0);
        assert!(ran.out.contains("has 3 words, 13 characters"), "{ran:?}");
    }
    for bytes in [&b""[..], b"\n", b"\xff\xfe"] {
        Cli::new()
            .run_with(&["--simulator", "chat", MODEL], bytes)
            .expect_code(2)
            .expect_text(&[], &["the prompt on stdin"]);
    }
}

#[test]
fn json_is_the_response_as_the_service_sent_it() {
    let ran = Cli::new().run(&["--simulator", "-q", "--json", "chat", MODEL, "a"]).expect_code(0);
    let lines = ran.json_lines();
    assert_eq!((lines.len(), lines[0]["choices"][0]["finish_reason"].as_str()), (1, Some("stop")));
    assert_eq!(lines[0]["usage"]["prompt_tokens"], 1);
}

#[test]
fn system_image_and_options_are_sent() {
    let coffee = image("coffee.jpg");
    let arguments = [
        "--dry-run",
        "--json",
        "chat",
        MODEL,
        "What is it?",
        "--system",
        "Be brief.",
        "--image",
        &coffee,
        "--image",
        "https://u/i.png",
        "--max-tokens",
        "5",
        "--temperature",
        "0.5",
    ];
    let ran = Cli::new().run(&arguments).expect_code(0);
    let line = &ran.json_lines()[0];
    assert!(line["url"].as_str().unwrap().ends_with("/v2/ext/openai/v1/chat/completions"));
    let body = &line["body"];
    assert_eq!((&body["model"], &body["max_tokens"], &body["temperature"]), (&MODEL.into(), &5.into(), &0.5.into()));
    assert_eq!(body["messages"][0], serde_json::json!({"role": "system", "content": "Be brief."}));
    let parts = body["messages"][1]["content"].as_array().unwrap();
    assert_eq!(parts[0], serde_json::json!({"type": "text", "text": "What is it?"}));
    assert!(parts[1]["image_url"]["url"].as_str().unwrap().starts_with("data:image/jpeg;base64,"), "{parts:?}");
    assert_eq!(parts[2]["image_url"]["url"], "https://u/i.png");
}

#[test]
fn a_response_at_the_maximum_of_tokens_is_noted() {
    let ran = Cli::new().run(&["--simulator", "chat", MODEL, "a", "--max-tokens", "3"]).expect_code(0);
    ran.expect_text(&["This is the"], &["the response ends at the maximum number of tokens"]);
}

#[test]
fn invalid_arguments_and_missing_models_are_errors() {
    let other = ["--simulator", "chat", "https://example.com/u/a/models/m", "a"];
    Cli::new().run(&other).expect_code(2).expect_text(&[], &["model", "another site"]);
    let missing = ["--simulator", "chat", "u/a/models/none", "a"];
    Cli::new().run(&missing).expect_code(5).expect_text(&[], &["404", "none"]);
    let file = ["--simulator", "chat", MODEL, "a", "--image", "missing.jpg"];
    Cli::new().run(&file).expect_code(2).expect_text(&[], &["--image missing.jpg: no such file"]);
    let hot = ["--simulator", "chat", MODEL, "a", "--temperature", "3"];
    Cli::new().run(&hot).expect_code(2).expect_text(&[], &["temperature"]);
}
