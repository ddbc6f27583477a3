//! `clarifai predict` with the simulator, and in a dry run.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Cli, image};

const SAYS_SIMULATOR: &str = "Answered by the built-in simulator";

#[test]
fn a_picture_gets_a_table() {
    let ran = Cli::new().run(&["--simulator", "predict", &image("coffee.jpg")]).ended(0);
    ran.says(&["coffee.jpg\n", "Concept", "Probability", "brown", " %"], &[SAYS_SIMULATOR]);
    let ran = Cli::new().run(&["tag", "--simulator", "-q", "--max-concepts", "3", &image("coffee.jpg")]).ended(0);
    assert_eq!((ran.out.lines().filter(|line| line.contains(" %")).count(), ran.err.as_str()), (3, ""));
}

#[test]
fn json_has_the_names_of_the_api() {
    let ran =
        Cli::new().run(&["--simulator", "--json", "predict", &image("coffee.jpg"), &image("rocket.jpg")]).ended(0);
    let lines = ran.lines();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert!(lines[0]["source"].as_str().unwrap().ends_with("coffee.jpg"));
    assert!(lines[1]["source"].as_str().unwrap().ends_with("rocket.jpg"));
    for line in &lines {
        assert_eq!(line["status"]["code"], 10000);
        assert!(line["data"]["concepts"][0]["name"].is_string());
        assert_eq!(line["model"]["visibility"]["gettable"], 50, "what has no field of its own is kept too");
    }
    ran.says(&[], &[SAYS_SIMULATOR]);
}

#[test]
fn options_reach_the_model() {
    let cli = Cli::new();
    let coffee = image("coffee.jpg");
    let ran =
        cli.run(&["--simulator", "predict", &coffee, "--json", "--select", "brown", "--select", "id:sim_red"]).ended(0);
    assert_eq!(ran.lines()[0]["data"]["concepts"].as_array().unwrap().len(), 2, "{ran:?}");
    let ran = cli.run(&["--simulator", "predict", &coffee, "--json", "--min-value", "0.9"]).ended(0);
    let lines = ran.lines();
    let values =
        lines[0]["data"]["concepts"].as_array().unwrap().iter().map(|concept| concept["value"].as_f64().unwrap());
    assert!(values.clone().count() > 0 && values.min_by(f64::total_cmp).unwrap() >= 0.9);
    let body = &cli
        .run(&["--dry-run", "--json", "predict", &coffee, "--language", "de", "--sample-ms", "500"])
        .ended(0)
        .lines()[0]["body"];
    assert_eq!(body["model"]["output_info"]["output_config"], serde_json::json!({"language": "de", "sample_ms": 500}));
}

#[test]
fn colours_have_swatches_where_they_can_be_seen() {
    let arguments = ["--simulator", "predict", "--model", "color", &image("coffee.jpg")];
    let plain = Cli::new().run(&arguments).ended(0).says(&["Colour", "#b46031", "Sienna", " %"], &[]);
    assert!(!plain.out.contains('\u{1b}'), "{plain:?}");
    let colours = || Cli::new().env("CLICOLOR_FORCE", "1").env("COLORTERM", "truecolor");
    colours().run(&arguments).ended(0).says(&["\u{1b}[48;2;180;96;49m    \u{1b}[0m"], &[]);
    let forbidden = colours().env("NO_COLOR", "1").env("CLICOLOR_FORCE", "0").run(&arguments).ended(0);
    assert!(!forbidden.out.contains('\u{1b}'), "{forbidden:?}");
}

#[test]
fn embeddings_are_summed_up() {
    let ran = Cli::new().run(&["--simulator", "predict", "-m", "general-image-embedding", &image("coffee.jpg")]);
    ran.ended(0).says(&["1024 dimensions: ", ", …\n"], &[]);
}

#[test]
fn standard_input_is_a_picture() {
    let bytes = std::fs::read(image("coffee.jpg")).unwrap();
    let ran = Cli::new().run_with(&["--simulator", "predict", "-", "--json"], &bytes).ended(0);
    assert_eq!(ran.lines()[0]["source"], "-");
    Cli::new().run_with(&["--simulator", "predict", "-", "-"], &bytes).ended(1).says(&[], &["read already"]);
    Cli::new().run_with(&["--simulator", "predict", "-"], b"").ended(1).says(&[], &["error: -: it is empty"]);
}

#[test]
fn bad_inputs_fail_alone() {
    let cli = Cli::new();
    let at = |name: &str| cli.home.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("empty.jpg"), "").unwrap();
    std::fs::write(at("text.jpg"), "no picture").unwrap();
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
    let ran = cli.run(&arguments).ended(1).says(
        &["coffee.jpg\n", "rocket.jpg\n"],
        &[
            "missing.jpg: there is no such file",
            "folder: it is a folder",
            "empty.jpg: it is empty",
            "text.jpg: 3",
            "error: http://: url",
            "none.jpg: 3",
        ],
    );
    assert_eq!(ran.err.matches("error: ").count(), 6, "{ran:?}");

    arguments.push("--json");
    let ran = cli.run(&arguments).ended(1);
    let lines = ran.lines();
    let sources: Vec<_> = lines.iter().map(|line| line["source"].as_str().unwrap()).collect();
    assert_eq!(sources, inputs, "in the order given");
    for index in [1, 2, 3, 5] {
        assert!(lines[index]["error"].is_string(), "{}", lines[index]);
    }
    assert_eq!((&lines[4]["status"]["code"] != 10000, lines[6]["status"]["code"].as_u64()), (true, Some(30002)));
}

#[test]
fn a_mounted_folder_is_the_web() {
    let cli = Cli::new();
    std::fs::create_dir(cli.home.path().join("example.com")).unwrap();
    std::fs::copy(image("coffee.jpg"), cli.home.path().join("example.com/a.jpg")).unwrap();
    let home = cli.home.path().to_str().unwrap();
    cli.run(&["--simulator", "--mount", home, "predict", "https://example.com/a.jpg"]).ended(0).says(&["brown"], &[]);
    cli.run(&["--simulator", "--mount", "/no/such", "predict", "https://example.com/a.jpg"])
        .ended(2)
        .says(&[], &["--mount"]);
}

#[test]
fn a_dry_run_shows_requests_without_secrets() {
    let cli = Cli::new();
    let coffee = image("coffee.jpg");
    let ran = cli.run(&["--dry-run", "--key", "sentinel0123456789", "predict", &coffee]).ended(0);
    assert!(!format!("{ran:?}").contains("sentinel"), "{ran:?}");
    ran.says(
        &[
            "POST https://api.clarifai.com/v2/models/general-image-recognition/outputs\n",
            "authorization: Key ***\n",
            "\"/9j/4AAQ… (65153 bytes as base64)\"",
        ],
        &[],
    );
    let ran = cli.run(&["--dry-run", "--json", "predict", &coffee, "https://example.com/b.jpg"]).ended(0);
    let [line] = &ran.lines()[..] else { panic!("{ran:?}") };
    assert_eq!(line["method"], "POST");
    assert_eq!(line["headers"]["authorization"], "Key ***");
    assert_eq!(line["body"]["inputs"][0]["data"]["image"]["base64"], "/9j/4AAQ… (65153 bytes as base64)");
    assert_eq!(line["body"]["inputs"][1]["data"]["image"]["url"], "https://example.com/b.jpg");
}

#[test]
fn models_are_addressed_as_the_credentials_demand() {
    let cli = Cli::new();
    let url = |arguments: &[&str]| {
        let all = [&["--dry-run", "--json", "predict", "https://example.com/b.jpg"], arguments].concat();
        cli.run(&all).ended(0).lines()[0]["url"]
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
fn many_inputs_go_in_several_calls() {
    let urls: Vec<_> = (0..130).map(|number| format!("https://example.com/{number}.jpg")).collect();
    let mut arguments = vec!["--dry-run", "--json", "predict"];
    arguments.extend(urls.iter().map(String::as_str));
    let counts = |arguments: &[&str]| -> Vec<usize> {
        let ran = Cli::new().run(arguments).ended(0);
        ran.lines().iter().map(|line| line["body"]["inputs"].as_array().unwrap().len()).collect()
    };
    assert_eq!(counts(&arguments), [128, 2]);
    arguments.truncate(6);
    arguments.push("--video");
    assert_eq!(counts(&arguments), [1, 1, 1], "a video needs a call of its own");
}

#[test]
fn models_can_be_looked_up() {
    let cli = Cli::new();
    cli.run(&["--simulator", "models", "list"]).ended(0).says(&["Id", "color-classifier"], &[]);
    cli.run(&["--simulator", "models", "get", "color"]).ended(0).says(&["Type         color-classifier"], &[]);
    cli.run(&["--simulator", "models", "info", "general-image-recognition"]).ended(0).says(&["sim_brown"], &[]);
    let ran = cli.run(&["--simulator", "models", "search", "general*", "--type", "embed", "--json"]).ended(0);
    assert_eq!(ran.lines().len(), 1, "{ran:?}");
    cli.run(&["--simulator", "models", "search", "nothing*"]).ended(0).says(&["No models."], &[]);
}

#[test]
fn models_without_a_name_are_said_to_be_missing() {
    let ran = Cli::new().run(&["--simulator", "predict", "-m", "no-such-model", &image("coffee.jpg")]).ended(5);
    ran.says(&[], &["error: find model: no model has the id or name `no-such-model`"]);
}

#[test]
fn results_of_several_calls_stay_in_order() {
    let urls: Vec<_> = (0..130).map(|number| format!("https://example.com/{number}.jpg")).collect();
    let mut arguments = vec!["--simulator", "--json", "-v", "predict"];
    arguments.extend(urls.iter().map(String::as_str));
    let ran = Cli::new().run(&arguments).ended(1);
    let sources: Vec<_> = ran.lines().iter().map(|line| line["source"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sources, urls);
    assert_eq!(ran.err.matches("/outputs: 400 in ").count(), 2, "{ran:?}");
    assert_eq!(ran.err.matches("error: https://example.com/").count(), 130);
}

#[test]
fn a_failed_call_ends_the_work_and_says_what_was_left() {
    let urls: Vec<_> = (0..130).map(|number| format!("https://example.com/{number}.jpg")).collect();
    let mut arguments = vec!["--json", "--key", "k12345", "--base-url", "http://127.0.0.1:9", "predict", "--jobs", "1"];
    arguments.extend(urls.iter().map(String::as_str));
    let ran = Cli::new().run(&arguments).ended(5).says(&[], &["note: 2 more inputs were not looked at"]);
    assert_eq!(ran.lines().len(), 128);
    assert_eq!(ran.err.matches("error: ").count(), 1, "one line serves for all");
}

#[test]
fn videos_have_a_line_for_each_moment() {
    // One frame of one white pixel.
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let ran = Cli::new().run_with(&["--simulator", "predict", "--video", "-"], gif).ended(0);
    ran.says(&["Time", "0.000 s  bright ", " white  "], &[]);
}
