//! Concepts, inputs, searches, models and workflows of an app, and the state file of the simulator.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

#[cfg(unix)]
use common::kill;
use common::{Cli, CliOutput, image};
use serde_json::Value;

/// A new app whose state is kept between commands.
struct TestApp {
    cli: Cli,
    state: String,
}

impl TestApp {
    fn new() -> Self {
        let cli = Cli::new();
        let state = cli.home.path().join("state.json").to_str().unwrap().to_owned();
        Self { cli, state }
    }

    /// Creates an app with four images: one of an animal, and one with a location in Dublin.
    fn with_images() -> Self {
        let app = Self::new();
        let [coffee, chelsea, rocket, brick] = ["coffee.jpg", "chelsea.jpg", "rocket.jpg", "brick.jpg"].map(image);
        app.run(&["inputs", "create", &chelsea, "--id", "chelsea", "--concept", "animal"]).expect_code(0);
        app.run(&["inputs", "create", &rocket, "--id", "rocket", "--not-concept", "animal", "--concept", "machine"])
            .expect_code(0);
        app.run(&["inputs", "create", &brick, "--id", "brick", "--not-concept", "animal"]).expect_code(0);
        let annotations = ["--metadata", r#"{"camera": {"id": 7}, "roll": "a"}"#, "--geo", "-6.26,53.35"];
        app.run(&[&["inputs", "create", &coffee, "--id", "coffee"], &annotations[..]].concat()).expect_code(0);
        app
    }

    fn run(&self, arguments: &[&str]) -> CliOutput {
        self.cli.run(&[&["--simulator", "-q", "--state", &self.state], arguments].concat())
    }

    /// Runs a command with `--json` and returns its output.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.run(&[arguments, &["--json"]].concat()).expect_code(0).json_lines()
    }

    /// Returns the IDs of the search results, best first.
    #[track_caller]
    fn found(&self, conditions: &[&str]) -> Vec<String> {
        ids(&self.json(&[&["search"], conditions].concat()), |hit| &hit["input"]["id"])
    }
}

fn ids(list: &[Value], id: impl Fn(&Value) -> &Value) -> Vec<String> {
    list.iter().map(|one| id(one).as_str().unwrap().to_owned()).collect()
}

/// A `clarifai simulator` process that ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(cli: &Cli, state: &str) -> Self {
        let mut command = cli.command(&["simulator", "--listen", "127.0.0.1:0", "--state", state]);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }

    /// Ends the server like a service manager does.
    #[cfg(unix)]
    fn end(mut self) {
        kill("-TERM", self.child.id());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn creates_renames_and_searches_concepts() {
    let app = TestApp::new();
    app.run(&["concepts", "list"]).expect_code(0).expect_text(&["No concepts."], &[]);
    app.run(&["concepts", "create", "cat", "--name", "house cat"]).expect_code(0).expect_text(&["house cat"], &[]);
    assert_eq!(app.json(&["concepts", "create", "dog"])[0]["name"], "dog");
    app.run(&["concepts", "create", "dog"]).expect_code(5).expect_text(&[], &["40003"]);
    assert_eq!(app.json(&["concepts", "update", "cat", "--name", "tom cat"])[0]["name"], "tom cat");
    app.run(&["concepts", "get", "cat"]).expect_code(0).expect_text(&["Name         tom cat"], &[]);
    assert_eq!(ids(&app.json(&["concepts", "list"]), |one| &one["id"]), ["cat", "dog"]);
    assert_eq!(ids(&app.json(&["concepts", "search", "tom*"]), |one| &one["id"]), ["cat"]);
    let german = app.json(&["concepts", "search", "braun", "--language", "de"]);
    assert_eq!(ids(&german, |one| &one["id"]), ["sim_brown"]);
    app.run(&["concepts", "get", "cow"]).expect_code(5).expect_text(&[], &["error: get concept: "]);
    app.run(&["concepts", "update", "cow", "--name", "x"]).expect_code(5);
}

#[test]
fn creates_updates_and_deletes_inputs() {
    let app = TestApp::new();
    let ran =
        app.run(&["inputs", "create", &image("coffee.jpg"), "--id", "coffee", "--concept", "drink"]).expect_code(0);
    ran.expect_text(&["ID", "Status", "Source", "coffee", "Download pending", "coffee.jpg"], &[]);
    let ran = app
        .run(&["inputs", "create", &image("chelsea.jpg"), "missing.jpg", &image("rocket.jpg"), "--json"])
        .expect_code(1);
    let lines = ran.json_lines();
    assert_eq!((lines.len(), &lines[0]["status"]["code"]), (3, &30001.into()), "{ran:?}");
    assert!(lines[0]["source"].as_str().unwrap().ends_with("chelsea.jpg") && lines[1]["error"].is_string());
    ran.expect_text(&[], &["error: missing.jpg: no such file"]);
    app.run(&["inputs", "create", &image("coffee.jpg"), "--id", "coffee"])
        .expect_code(1)
        .expect_text(&[], &["coffee.jpg: 30100"]);

    let listed = app.json(&["inputs", "list"]);
    assert_eq!((listed.len(), &listed[2]["id"], &listed[2]["status"]["code"]), (3, &"coffee".into(), &30000.into()));
    app.run(&["inputs", "status"]).expect_code(0).expect_text(&["Processed       3"], &[]);
    assert_eq!(app.json(&["inputs", "status"])[0]["processed"], 3);

    let concepts = |input: &Value| {
        let one = |concept: &Value| format!("{}={}", concept["id"].as_str().unwrap(), concept["value"]);
        input["data"]["concepts"].as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join(" ")
    };
    let annotations = ["--concept", "id:hot", "--not-concept", "cold", "--metadata", r#"{"a": 1}"#, "--geo", "1.5,-2"];
    let changed = app.json(&[&["inputs", "update", "coffee"], &annotations[..]].concat());
    assert_eq!(concepts(&changed[0]), "drink=1 hot=1 cold=0");
    assert_eq!(changed[0]["data"]["geo"]["geo_point"]["latitude"], -2.0);
    app.run(&["inputs", "get", "coffee"])
        .expect_code(0)
        .expect_text(&["drink, hot, not cold", r#"{"a":1}"#, "1.5,-2"], &[]);
    let changed = app.json(&["inputs", "update", "coffee", "--action", "remove", "--concept", "hot"]);
    assert_eq!(concepts(&changed[0]), "drink=1 cold=0");
    let changed = app.json(&["inputs", "update", "coffee", "--action", "overwrite", "--concept", "tea"]);
    assert_eq!(concepts(&changed[0]), "tea=1");
    let ran = app.run(&["inputs", "update", "nothing", "coffee", "--concept", "cup", "--json"]).expect_code(1);
    assert_eq!(ids(&ran.json_lines(), |one| &one["id"]), ["nothing", "coffee"]);
    ran.expect_text(&[], &["error: nothing: 30102"]);

    app.run(&["inputs", "get", "nothing"]).expect_code(5).expect_text(&[], &["30102"]);
    app.run(&["inputs", "delete", "nothing"]).expect_code(5).expect_text(&[], &["30102"]);
    app.run(&["inputs", "delete", "coffee"]).expect_code(0).expect_text(&["Requested deletion of input coffee."], &[]);
    assert_eq!(app.json(&["inputs", "list"]).len(), 2);
    let left = ids(&app.json(&["inputs", "list"]), |one| &one["id"]);
    assert_eq!(app.json(&["inputs", "delete", &left[0], &left[1]])[0]["code"], 10000);
    app.run(&["inputs", "list"]).expect_code(0).expect_text(&["No inputs."], &[]);
}

#[test]
fn searches_by_annotation_prediction_and_location() {
    let app = TestApp::with_images();
    assert_eq!(app.found(&[]).len(), 4);
    assert_eq!(app.found(&["--concept", "animal"]), ["chelsea"]);
    assert_eq!(app.found(&["--concept", "id:machine", "--not-concept", "name:animal"]), ["rocket"]);
    assert_eq!(app.found(&["--metadata", r#"{"camera": {"id": 7}}"#]), ["coffee"]);
    assert_eq!(app.found(&["--metadata", r#"{"camera": {"id": 8}}"#]), [""; 0]);
    for within in ["20km", "20mi", "0.2deg", "0.01rad"] {
        assert_eq!(app.found(&["--near", "-6.2,53.3", "--within", within]), ["coffee"], "{within}");
    }
    assert_eq!(app.found(&["--near", "-6.2,53.3", "--within", "1km"]), [""; 0]);
    assert_eq!(app.found(&["--near", "-6.26,53.35"]), ["coffee"]);
    assert_eq!(app.found(&["--box", "-7,53,-6,54"]), ["coffee"]);
    let first = |conditions: &[&str]| app.found(conditions).swap_remove(0);
    for similar in [&image("coffee.jpg"), "coffee", "id:coffee"] {
        assert_eq!(first(&["--image", similar]), "coffee", "{similar}");
    }
    let brown = first(&["--predicted", "brown"]);
    assert_eq!(first(&["--predicted", "braun", "--language", "de"]), brown);
    assert_ne!(first(&["--not-predicted", "id:sim_brown"]), brown);
    let url = app.json(&["inputs", "get", "rocket"])[0]["data"]["image"]["url"].as_str().unwrap().to_owned();
    assert_eq!(app.found(&["--url", &url]), ["rocket"]);
    app.run(&["search", "--concept", "animal"]).expect_code(0).expect_text(&["Score", "1.000  chelsea"], &[]);
    app.run(&["search", "--concept", "no such thing"]).expect_code(5).expect_text(&[], &["40002"]);
    app.run(&["search", "--url", "https://example.com/a.jpg"]).expect_code(0).expect_text(&["No hits."], &[]);
}

#[test]
fn trains_models_and_runs_workflows() {
    let app = TestApp::with_images();
    let create = ["models", "create", "sorter", "--name", "Sorter", "--concept", "animal", "--concept", "id:machine"];
    app.run(&create).expect_code(0).expect_text(&["ID           sorter", "Name         Sorter"], &[]);
    app.run(&["models", "train", "sorter"]).expect_code(0).expect_text(&["queued"], &[]);
    app.run(&["models", "versions", "Sorter"]).expect_code(0).expect_text(&["Model is trained and ready"], &[]);
    let versions = app.json(&["models", "versions", "sorter"]);
    assert_eq!((versions.len(), &versions[0]["status"]["code"]), (2, &21100.into()));
    let ran = app.run(&["predict", "-m", "Sorter", &image("chelsea.jpg"), "--json"]).expect_code(0);
    assert_eq!(ran.json_lines()[0]["data"]["concepts"][0]["id"], "animal");
    let feedback =
        ["models", "feedback", "sorter", "--input", "chelsea", "--concept", "animal", "--not-concept", "machine"];
    app.run(&feedback).expect_code(0).expect_text(&["Feedback sent."], &[]);
    let changed = app.json(&["models", "update", "sorter", "--action", "remove", "--concept", "machine"]);
    assert_eq!(changed[0]["id"], "sorter");
    assert_eq!(app.json(&["models", "update", "sorter", "--name", "Finder"])[0]["name"], "Finder");
    app.run(&["models", "info", "sorter"]).expect_code(0).expect_text(&["animal"], &[]);

    app.run(&["workflows", "list"]).expect_code(0).expect_text(&["No workflows."], &[]);
    assert_eq!(ids(&app.json(&["workflows", "list", "--public"]), |one| &one["id"]), ["General", "food-and-general"]);
    app.run(&["workflows", "get", "General"]).expect_code(0).expect_text(&["Node", "general", "color"], &[]);
    let predict = ["workflows", "predict", "General", &image("coffee.jpg"), "missing.jpg", "--max-concepts", "2"];
    app.run(&predict).expect_code(1).expect_text(&["coffee.jpg (color)\n", "Sienna"], &["missing.jpg: no such file"]);
    let ran = app.run(&[&predict[..], &["--json"]].concat()).expect_code(1);
    let lines = ran.json_lines();
    assert_eq!(lines[0]["outputs"][0]["data"]["concepts"].as_array().unwrap().len(), 2, "{ran:?}");
    app.run(&["workflows", "get", "None"]).expect_code(5);
    app.run(&["workflows", "predict", "None", &image("coffee.jpg")]).expect_code(5);

    for command in
        [&["models", "update", "none", "--name", "x"][..], &["models", "train", "none"], &["models", "delete", "none"]]
    {
        app.run(command).expect_code(5);
    }
    app.run(&["models", "delete", "sorter"]).expect_code(0);
    app.run(&["models", "get", "sorter"]).expect_code(5);
    app.run(&["models", "delete", "--all", "--yes"])
        .expect_code(0)
        .expect_text(&["Requested deletion of all models."], &[]);
}

#[test]
fn lists_are_printed_page_by_page() {
    let app = TestApp::new();
    for id in ["a", "b", "c"] {
        app.run(&["concepts", "create", id]).expect_code(0);
    }
    let page = |number: &str| {
        let arguments = ["concepts", "list", "--json", "--per-page", "2", "--page", number];
        app.cli.run(&[&["--simulator", "--state", &app.state], &arguments[..]].concat()).expect_code(0)
    };
    let first = page("1").expect_text(&[], &["hint: there may be more items: pass --page 2 or --all"]);
    assert_eq!(ids(&first.json_lines(), |one| &one["id"]), ["a", "b"]);
    let second = page("2");
    assert_eq!(ids(&second.json_lines(), |one| &one["id"]), ["c"]);
    assert!(!second.err.contains("more"), "{second:?}");
    assert_eq!(page("3").out, "");
}

#[test]
fn delete_all_requires_confirmation() {
    let app = TestApp::with_images();
    for kind in ["inputs", "models"] {
        app.run(&[kind, "delete", "--all"])
            .expect_code(2)
            .expect_text(&[], &["error: refusing to delete everything without confirmation; pass --yes"]);
        app.run(&[kind, "delete"]).expect_code(2);
        app.run(&[kind, "delete", "--all", "coffee"]).expect_code(2);
        let request: &[_] = match kind {
            // The ids are listed first.
            "inputs" => &["GET ", "/inputs?page=1&per_page=1000"],
            _ => &["DELETE ", "\"delete_all\": true"],
        };
        app.run(&[kind, "delete", "--all", "--dry-run"]).expect_code(0).expect_text(request, &[]);
    }
    assert_eq!(app.json(&["inputs", "list"]).len(), 4);
    app.run(&["inputs", "delete", "--all", "--yes"])
        .expect_code(0)
        .expect_text(&["Requested deletion of all 4 inputs."], &[]);
    assert_eq!(app.json(&["inputs", "list"]).len(), 0);
}

#[test]
fn dry_run_sends_nothing() {
    let cli = Cli::new();
    let coffee = image("coffee.jpg");
    for (arguments, request) in [
        (&["concepts", "list", "--page", "2"][..], "GET concepts?page=2&per_page=20"),
        (&["concepts", "get", "a/b"], "GET concepts/a%2Fb"),
        (&["concepts", "create", "cat", "--name", "n"], "POST concepts"),
        (&["concepts", "update", "cat", "--name", "n"], "PATCH concepts"),
        (&["concepts", "search", "c*", "--language", "de"], "POST concepts/searches"),
        (&["inputs", "list", "--per-page", "5"], "GET inputs?page=1&per_page=5"),
        (&["inputs", "get", "i"], "GET inputs/i"),
        (&["inputs", "create", &coffee, "--id", "i", "--concept", "c"], "POST inputs"),
        (&["inputs", "update", "i", "--concept", "c"], "PATCH inputs"),
        (&["inputs", "delete", "i"], "DELETE inputs/i"),
        (&["inputs", "delete", "i", "j"], "DELETE inputs"),
        (&["inputs", "delete", "--all"], "GET inputs?page=1&per_page=1000"),
        (&["inputs", "status"], "GET inputs/status"),
        (&["search", "--concept", "c", "--image", &coffee], "POST searches"),
        (&["models", "list"], "GET models?page=1&per_page=20"),
        (&["models", "get", "m"], "GET models/m"),
        (&["models", "search", "m*"], "POST models/searches"),
        (&["models", "search", "m*", "--page", "2"], "POST models/searches"),
        (&["models", "info", "m"], "GET models/m/output_info"),
        (&["models", "create", "m", "--concept", "c"], "POST models"),
        (&["models", "update", "m", "--name", "n"], "PATCH models"),
        (&["models", "delete", "m"], "DELETE models/m"),
        (&["models", "delete", "--all"], "DELETE models"),
        (&["models", "versions", "m"], "GET models/m/versions?page=1&per_page=20"),
        (&["models", "train", "m"], "POST models/m/versions"),
        (&["models", "feedback", "m", "--input", "i", "--concept", "c"], "POST models/m/feedback"),
        (&["workflows", "list"], "GET workflows?page=1&per_page=20"),
        (&["workflows", "list", "--public"], "GET users/clarifai/apps/main/workflows?page=1&per_page=20"),
        (&["workflows", "get", "w"], "GET workflows/w"),
        (&["workflows", "predict", "w", &coffee], "POST workflows/w/results"),
    ] {
        // No server listens at this address.
        let global = ["--dry-run", "--key", "k12345", "--base-url", "http://127.0.0.1:9", "--json"];
        let ran = cli.run(&[&global, arguments].concat()).expect_code(0);
        let [line] = &ran.json_lines()[..] else { panic!("{ran:?}") };
        let url = line["url"].as_str().unwrap().trim_start_matches("http://127.0.0.1:9/v2/").to_owned();
        assert_eq!(format!("{} {url}", line["method"].as_str().unwrap()), request, "{arguments:?}");
    }
}

#[test]
fn workflow_url_depends_on_the_credentials() {
    let cli = Cli::new();
    let url = |arguments: &[&str]| {
        let ran = cli.run(&[&["--dry-run", "--json", "workflows", "get", "w"], arguments].concat()).expect_code(0);
        ran.json_lines()[0]["url"].as_str().unwrap().trim_start_matches("https://api.clarifai.com/v2/").to_owned()
    };
    assert_eq!(url(&["--key", "k12345"]), "workflows/w");
    assert_eq!(url(&["--pat", "p12345"]), "users/clarifai/apps/main/workflows/w");
    assert_eq!(url(&["--pat", "p12345", "--user", "u", "--app", "a"]), "users/u/apps/a/workflows/w");
}

#[test]
fn options_are_sent_in_requests() {
    let cli = Cli::new();
    let body = |arguments: &[&str]| {
        let output = cli.run(&[&["--dry-run", "--key", "k12345", "--json"], arguments].concat()).expect_code(0);
        output.json_lines()[0]["body"].clone()
    };
    let annotations = ["--concept", "a", "--concept", "name:b", "--not-concept", "id:c", "--geo", "-1,2"];
    let data = serde_json::json!({
        "image": {"url": "https://example.com/a.jpg", "allow_duplicate_url": true},
        "concepts": [{"id": "a", "value": 1}, {"name": "b", "value": 1}, {"id": "c", "value": 0}],
        "geo": {"geo_point": {"longitude": -1.0, "latitude": 2.0}},
    });
    let create = ["inputs", "create", "https://example.com/a.jpg", "--allow-duplicate-url"];
    assert_eq!(body(&[&create[..], &annotations].concat())["inputs"][0]["data"], data);
    let changed = body(&["inputs", "update", "i", "--action", "overwrite", "--concept", "a"]);
    assert_eq!((&changed["action"], &changed["inputs"][0]["id"]), (&"overwrite".into(), &"i".into()));
    let terms = body(&["search", "--concept", "a", "--not-predicted", "id:b", "--near", "-1,2", "--within", "3mi"]);
    let term = |index: usize| terms["query"]["ands"][index].to_string();
    assert_eq!(term(0), r#"{"input":{"data":{"concepts":[{"name":"a","value":1}]}}}"#);
    assert_eq!(term(1), r#"{"output":{"data":{"concepts":[{"id":"b","value":0}]}}}"#);
    assert!(term(2).contains(r#""geo_limit":{"type":"withinMiles","value":3.0}"#), "{}", term(2));
}

#[test]
fn splits_many_ids_into_batches() {
    let cli = Cli::new();
    let names: Vec<_> = (0..300).map(|number| format!("i{number}")).collect();
    let counts = |command: &[&str], member: &str| -> Vec<usize> {
        let mut arguments = [&["--dry-run", "--key", "k12345", "--json"], command].concat();
        arguments.extend(names.iter().map(String::as_str));
        let ran = cli.run(&arguments).expect_code(0);
        ran.json_lines().iter().map(|line| line["body"][member].as_array().unwrap().len()).collect()
    };
    assert_eq!(counts(&["inputs", "delete"], "ids"), [128, 128, 44]);
    assert_eq!(counts(&["models", "delete"], "ids"), [128, 128, 44]);
    assert_eq!(counts(&["inputs", "update", "--concept", "c"], "inputs"), [128, 128, 44]);
    let mut arguments = vec!["--key", "k12345", "--base-url", "http://127.0.0.1:9", "inputs", "delete"];
    arguments.extend(names.iter().map(String::as_str));
    cli.run(&arguments)
        .expect_code(5)
        .expect_text(&[], &["warning: 128 items failed in one request; 172 were not sent"]);
}

#[test]
fn exits_2_on_invalid_arguments() {
    let app = TestApp::new();
    let coffee = image("coffee.jpg");
    for arguments in [
        &["inputs", "create", &coffee, "--metadata", "{"][..],
        &["inputs", "create", &coffee, "--metadata", "[1]"],
        &["inputs", "create", &coffee, "--geo", "0,91"],
        &["inputs", "create", &coffee, "--geo", "somewhere"],
        &["inputs", "create", &coffee, "--concept", "id:"],
        &["inputs", "create", &coffee, &coffee, "--id", "i"],
        &["inputs", "create", &coffee, "--id", ""],
        &["inputs", "create"],
        &["inputs", "update", "i"],
        &["inputs", "update", "i", "--action", "forget", "--concept", "c"],
        &["inputs", "list", "--page", "0"],
        &["inputs", "list", "--per-page", "1001"],
        &["search", "--near", "0,91"],
        &["search", "--near", "0,0", "--within", "10"],
        &["search", "--near", "0,0", "--within", "10 furlongs"],
        &["search", "--near", "0,0", "--within", "-1km"],
        &["search", "--within", "10km"],
        &["search", "--near", "0,0", "--box", "0,0,1,1"],
        &["search", "--box", "0,0,1"],
        &["search", "--metadata", "{}"],
        &["search", "--image", "/"],
        &["concepts", "update", "c"],
        &["models", "create", "m", "--concept", "name:c"],
        &["models", "update", "m"],
        &["models", "feedback", "m", "--input", "i"],
        &["workflows", "predict", "w"],
    ] {
        let ran = app.run(arguments).expect_code(2);
        assert!(ran.err.starts_with("error: "), "{ran:?}");
    }
    app.cli
        .run(&["--state", &app.state, "--key", "k12345", "inputs", "list"])
        .expect_code(2)
        .expect_text(&[], &["--simulator"]);
}

#[test]
fn invalid_state_file_is_not_overwritten() {
    let app = TestApp::new();
    for text in ["{", "[]", r#"{"apps": 1}"#] {
        std::fs::write(&app.state, text).unwrap();
        app.run(&["inputs", "list"]).expect_code(2).expect_text(&[], &["--state"]);
        assert_eq!(std::fs::read_to_string(&app.state).unwrap(), text);
    }
    app.cli.run(&["--simulator", "--state", "/no/such/folder/state", "inputs", "list"]).expect_code(2);
    app.run(&["inputs", "list", "--dry-run"]).expect_code(0);
}

#[cfg(unix)]
#[test]
fn simulator_server_restores_its_state() {
    let app = TestApp::new();
    let json = |server: &Server, arguments: &[&str]| {
        app.cli
            .run(&[&["--base-url", &server.url, "--key", "k12345", "--json"], arguments].concat())
            .expect_code(0)
            .json_lines()
    };
    let server = Server::start(&app.cli, &app.state);
    json(&server, &["inputs", "create", &image("coffee.jpg"), "--id", "coffee", "--concept", "drink"]);
    json(&server, &["concepts", "create", "cat"]);
    server.end();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&app.state).unwrap().permissions()) & 0o777,
        0o600
    );

    let server = Server::start(&app.cli, &app.state);
    assert_eq!(ids(&json(&server, &["concepts", "list"]), |one| &one["id"]), ["drink", "cat"]);
    assert_eq!(json(&server, &["inputs", "get", "coffee"])[0]["data"]["concepts"][0]["id"], "drink");
    json(&server, &["concepts", "create", "late"]);
    // The state is saved while the server runs, too.
    let start = Instant::now();
    while !std::fs::read_to_string(&app.state).unwrap().contains("late") {
        assert!(start.elapsed() < Duration::from_secs(30), "the state was not saved");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(server);
    // The simulator in the process uses the same file. Each key is a separate app.
    assert_eq!(app.json(&["--key", "k12345", "concepts", "list"]).len(), 3);
    assert_eq!(app.json(&["--key", "other12345", "concepts", "list"]).len(), 0);
    let files = std::fs::read_dir(app.cli.home.path()).unwrap().count();
    assert_eq!(files, 1, "no temporary file is left");
}

#[test]
fn state_is_lost_without_a_state_file() {
    let cli = Cli::new();
    cli.run(&["--simulator", "concepts", "create", "cat"]).expect_code(0);
    cli.run(&["--simulator", "concepts", "list"]).expect_code(0).expect_text(&["No concepts."], &[]);
}
