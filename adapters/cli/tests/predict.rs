//! `clarifai predict` with the simulator and in dry runs.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Cli, image};

const SIMULATOR_NOTE: &str = "note: responses come from the built-in simulator";

#[test]
fn prints_a_table_for_an_image() {
    let ran = Cli::new().run(&["--simulator", "predict", &image("coffee.jpg")]).expect_code(0);
    ran.expect_text(
        &["coffee.jpg\n", "Concept", "Probability", "espresso", " %"],
        &[SIMULATOR_NOTE, "EfficientNet-Lite0"],
    );
    let ran = Cli::new().run(&["tag", "--simulator", "-q", "--max-concepts", "3", &image("coffee.jpg")]).expect_code(0);
    assert_eq!((ran.out.lines().filter(|line| line.contains(" %")).count(), ran.err.as_str()), (3, ""));
}

#[test]
fn json_has_the_field_names_of_the_api() {
    let ran = Cli::new()
        .run(&["--simulator", "--json", "predict", &image("coffee.jpg"), &image("rocket.jpg")])
        .expect_code(0);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert!(lines[0]["source"].as_str().unwrap().ends_with("coffee.jpg"));
    assert!(lines[1]["source"].as_str().unwrap().ends_with("rocket.jpg"));
    for line in &lines {
        assert_eq!(line["status"]["code"], 10000);
        assert!(line["data"]["concepts"][0]["name"].is_string());
        assert_eq!(line["model"]["visibility"]["gettable"], 50, "unknown fields are kept");
    }
    ran.expect_text(&[], &[SIMULATOR_NOTE]);
}

#[test]
fn options_are_sent_to_the_model() {
    let cli = Cli::new();
    let coffee = image("coffee.jpg");
    let ran = cli
        .run(&["--simulator", "predict", &coffee, "--json", "--select", "brown", "--select", "id:sim_red"])
        .expect_code(0);
    assert_eq!(ran.json_lines()[0]["data"]["concepts"].as_array().unwrap().len(), 2, "{ran:?}");
    let ran = cli.run(&["--simulator", "predict", &coffee, "--json", "--min-value", "0.9"]).expect_code(0);
    let lines = ran.json_lines();
    let values =
        lines[0]["data"]["concepts"].as_array().unwrap().iter().map(|concept| concept["value"].as_f64().unwrap());
    assert!(values.clone().count() > 0 && values.min_by(f64::total_cmp).unwrap() >= 0.9);
    let body = &cli
        .run(&["--dry-run", "--json", "predict", &coffee, "--language", "de", "--sample-ms", "500"])
        .expect_code(0)
        .json_lines()[0]["body"];
    assert_eq!(
        body["model"]["model_version"]["output_info"]["output_config"],
        serde_json::json!({"language": "de", "sample_ms": 500})
    );
}

#[test]
fn colors_have_swatches_on_true_color_terminals() {
    let arguments = ["--simulator", "predict", "--model", "color", &image("coffee.jpg")];
    let plain = Cli::new().run(&arguments).expect_code(0).expect_text(&["Color", "#b46031", "Sienna", " %"], &[]);
    assert!(!plain.out.contains('\u{1b}'), "{plain:?}");
    let true_color = || Cli::new().env("CLICOLOR_FORCE", "1").env("COLORTERM", "truecolor");
    true_color().run(&arguments).expect_code(0).expect_text(&["\u{1b}[48;2;180;96;49m    \u{1b}[0m"], &[]);
    let disabled = true_color().env("NO_COLOR", "1").env("CLICOLOR_FORCE", "0").run(&arguments).expect_code(0);
    assert!(!disabled.out.contains('\u{1b}'), "{disabled:?}");
}

#[test]
fn abbreviates_embeddings() {
    let ran = Cli::new().run(&["--simulator", "predict", "-m", "general-image-embedding", &image("coffee.jpg")]);
    ran.expect_code(0).expect_text(&["1024 dimensions: ", ", …\n"], &[]);
}

#[test]
fn reads_an_image_from_stdin() {
    let bytes = std::fs::read(image("coffee.jpg")).unwrap();
    let ran = Cli::new().run_with(&["--simulator", "predict", "-", "--json"], &bytes).expect_code(0);
    assert_eq!(ran.json_lines()[0]["source"], "-");
    Cli::new()
        .run_with(&["--simulator", "predict", "-", "-"], &bytes)
        .expect_code(1)
        .expect_text(&[], &["error: -: stdin was already read"]);
    Cli::new().run_with(&["--simulator", "predict", "-"], b"").expect_code(1).expect_text(&[], &["error: -: is empty"]);
}

#[test]
fn invalid_inputs_do_not_affect_others() {
    let cli = Cli::new();
    let at = |name: &str| cli.home.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("empty.jpg"), "").unwrap();
    std::fs::write(at("text.jpg"), "not an image").unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    let inputs = [
        image("coffee.jpg"),
        at("missing.jpg"),
        at("folder"),
        at("empty.jpg"),
        at("text.jpg"),
        "http://".into(),
        "https://example.com/none.jpg".into(),
        image("rocket.jpg"),
    ];
    let mut arguments = vec!["--simulator", "predict"];
    arguments.extend(inputs.iter().map(String::as_str));
    let ran = cli.run(&arguments).expect_code(1).expect_text(
        &["coffee.jpg\n", "rocket.jpg\n"],
        &[
            "missing.jpg: no such file",
            "folder: is a directory",
            "empty.jpg: is empty",
            "text.jpg: 3",
            "error: http://: url",
            "none.jpg: 3",
        ],
    );
    assert_eq!(ran.err.matches("error: ").count(), 6, "{ran:?}");

    arguments.push("--json");
    let ran = cli.run(&arguments).expect_code(1);
    let lines = ran.json_lines();
    let sources: Vec<_> = lines.iter().map(|line| line["source"].as_str().unwrap()).collect();
    assert_eq!(sources, inputs, "in the order of the arguments");
    for index in [1, 2, 3, 5] {
        assert!(lines[index]["error"].is_string(), "{}", lines[index]);
    }
    assert_eq!((&lines[4]["status"]["code"] != 10000, lines[6]["status"]["code"].as_u64()), (true, Some(30002)));
}

#[test]
fn mount_serves_urls_from_a_folder() {
    let cli = Cli::new();
    std::fs::create_dir(cli.home.path().join("example.com")).unwrap();
    std::fs::copy(image("coffee.jpg"), cli.home.path().join("example.com/a.jpg")).unwrap();
    let home = cli.home.path().to_str().unwrap();
    cli.run(&["--simulator", "--mount", home, "predict", "https://example.com/a.jpg"])
        .expect_code(0)
        .expect_text(&["espresso"], &[]);
    cli.run(&["--simulator", "--mount", "/no/such", "predict", "https://example.com/a.jpg"])
        .expect_code(2)
        .expect_text(&[], &["--mount"]);
}

#[test]
fn dry_run_prints_requests_without_secrets() {
    let cli = Cli::new();
    let coffee = image("coffee.jpg");
    let ran = cli.run(&["--dry-run", "--key", "sentinel0123456789", "predict", &coffee]).expect_code(0);
    assert!(!format!("{ran:?}").contains("sentinel"), "{ran:?}");
    ran.expect_text(
        &[
            "POST https://api.clarifai.com/v2/models/general-image-recognition/outputs\n",
            "authorization: Key ***\n",
            "\"/9j/4AAQ… (65153 bytes as base64)\"",
        ],
        &[],
    );
    let ran = cli.run(&["--dry-run", "--json", "predict", &coffee, "https://example.com/b.jpg"]).expect_code(0);
    let [line] = &ran.json_lines()[..] else { panic!("{ran:?}") };
    assert_eq!(line["method"], "POST");
    assert_eq!(line["headers"]["authorization"], "Key ***");
    assert_eq!(line["body"]["inputs"][0]["data"]["image"]["base64"], "/9j/4AAQ… (65153 bytes as base64)");
    assert_eq!(line["body"]["inputs"][1]["data"]["image"]["url"], "https://example.com/b.jpg");
}

#[test]
fn model_url_depends_on_the_credentials() {
    let cli = Cli::new();
    let url = |arguments: &[&str]| {
        let all = [&["--dry-run", "--json", "predict", "https://example.com/b.jpg"], arguments].concat();
        cli.run(&all).expect_code(0).json_lines()[0]["url"]
            .as_str()
            .unwrap()
            .trim_start_matches("https://api.clarifai.com/v2/")
            .to_owned()
    };
    assert_eq!(url(&["--key", "k12345"]), "models/general-image-recognition/outputs");
    assert_eq!(url(&["--key", "k12345", "-m", "own", "--version", "7"]), "models/own/versions/7/outputs");
    assert_eq!(url(&["--pat", "p12345"]), "users/clarifai/apps/main/models/general-image-recognition/outputs");
    assert_eq!(
        url(&["--pat", "p12345", "-m", "own", "--user", "me", "--app", "a"]),
        "users/me/apps/a/models/own/outputs"
    );
    assert_eq!(
        url(&["--pat", "p12345", "--user", "me", "--app", "a"]),
        "users/clarifai/apps/main/models/general-image-recognition/outputs"
    );
}

#[test]
fn splits_many_inputs_into_batches() {
    let urls: Vec<_> = (0..130).map(|number| format!("https://example.com/{number}.jpg")).collect();
    let mut arguments = vec!["--dry-run", "--json", "predict"];
    arguments.extend(urls.iter().map(String::as_str));
    let counts = |arguments: &[&str]| -> Vec<usize> {
        let ran = Cli::new().run(arguments).expect_code(0);
        ran.json_lines().iter().map(|line| line["body"]["inputs"].as_array().unwrap().len()).collect()
    };
    assert_eq!(counts(&arguments), [128, 2]);
    arguments.truncate(6);
    arguments.push("--video");
    assert_eq!(counts(&arguments), [1, 1, 1], "one video per request");
}

#[test]
fn lists_shows_and_searches_models() {
    let cli = Cli::new();
    cli.run(&["--simulator", "models", "list"]).expect_code(0).expect_text(&["ID", "image-color-recognizer"], &[]);
    cli.run(&["--simulator", "models", "get", "color"])
        .expect_code(0)
        .expect_text(&["Type         image-color-recognizer"], &[]);
    cli.run(&["--simulator", "models", "info", "general-image-recognition"])
        .expect_code(0)
        .expect_text(&["ai_HLmqFqBf", "espresso"], &[]);
    let ran = cli.run(&["--simulator", "models", "search", "general*", "--type", "embed", "--json"]).expect_code(0);
    assert_eq!(ran.json_lines().len(), 1, "{ran:?}");
    cli.run(&["--simulator", "models", "search", "nothing*"]).expect_code(0).expect_text(&["No models."], &[]);
}

#[test]
fn exits_5_on_unknown_model() {
    let ran = Cli::new().run(&["--simulator", "predict", "-m", "no-such-model", &image("coffee.jpg")]).expect_code(5);
    ran.expect_text(&[], &["error: find model: no model has the id or name `no-such-model`"]);
}

#[test]
fn results_of_several_requests_keep_their_order() {
    let urls: Vec<_> = (0..130).map(|number| format!("https://example.com/{number}.jpg")).collect();
    let mut arguments = vec!["--simulator", "--json", "-v", "predict"];
    arguments.extend(urls.iter().map(String::as_str));
    let ran = Cli::new().run(&arguments).expect_code(1);
    let sources: Vec<_> = ran.json_lines().iter().map(|line| line["source"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sources, urls);
    assert_eq!(ran.err.matches("/outputs: 400 in ").count(), 2, "{ran:?}");
    assert_eq!(ran.err.matches("error: https://example.com/").count(), 130);
}

#[test]
fn failed_request_ends_the_job_and_reports_skipped_inputs() {
    let urls: Vec<_> = (0..130).map(|number| format!("https://example.com/{number}.jpg")).collect();
    let mut arguments = vec!["--json", "--key", "k12345", "--base-url", "http://127.0.0.1:9", "predict", "--jobs", "1"];
    arguments.extend(urls.iter().map(String::as_str));
    let ran = Cli::new().run(&arguments).expect_code(5).expect_text(&[], &["warning: 2 inputs skipped"]);
    assert_eq!(ran.json_lines().len(), 128);
    assert_eq!(ran.err.matches("error: ").count(), 1, "one message for all inputs of the request");
}

#[test]
fn prints_a_row_for_each_video_frame() {
    // One frame of one white pixel.
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let measured = ["--select", "bright", "--select", "white"];
    let arguments = [&["--simulator", "predict", "--video", "-"][..], &measured].concat();
    let ran = Cli::new().run_with(&arguments, gif).expect_code(0);
    ran.expect_text(&["Time", "0.000 s  bright ", " white  "], &[]);
}

#[test]
fn faces_have_boxes_in_fractions_and_in_pixels() {
    let ran = Cli::new().run(&["--simulator", "predict", "--model", "face", &image("astronaut.jpg")]).expect_code(0);
    ran.expect_text(&["Region", "33.", " face ", "Pixels of 512 x 512", "     1  172, 66, 278, 172"], &["faces"]);
    let ran = Cli::new().run(&["--simulator", "predict", "--model", "face", &image("coffee.jpg")]).expect_code(0);
    ran.expect_text(&["No predictions."], &[]);
}

#[test]
fn the_simulator_refuses_rejected_keys() {
    let help = Cli::new().run(&["simulator", "--help"]).expect_code(0);
    help.expect_text(&["--reject-keys <KEYS>"], &[]);
}
