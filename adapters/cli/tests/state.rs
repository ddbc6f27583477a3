//! What an app keeps: concepts, inputs, searches, models, workflows; and the file in which the simulator keeps it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

#[cfg(unix)]
use common::kill;
use common::{Cli, Ran, image};
use serde_json::Value;

/// An app of its own, that each command finds as the one before has left it.
struct App {
    cli: Cli,
    state: String,
}

impl App {
    fn new() -> Self {
        let cli = Cli::new();
        let state = cli.home.path().join("state.json").to_str().unwrap().to_owned();
        Self { cli, state }
    }

    /// Four pictures, of which two are of animals, and one was taken in Dublin.
    fn with_pictures() -> Self {
        let app = Self::new();
        let [coffee, chelsea, rocket, brick] = ["coffee.jpg", "chelsea.jpg", "rocket.jpg", "brick.jpg"].map(image);
        app.run(&["inputs", "create", &chelsea, "--id", "chelsea", "--concept", "animal"]).ended(0);
        app.run(&["inputs", "create", &rocket, "--id", "rocket", "--not-concept", "animal", "--concept", "machine"])
            .ended(0);
        app.run(&["inputs", "create", &brick, "--id", "brick", "--not-concept", "animal"]).ended(0);
        let facts = ["--metadata", r#"{"camera": {"id": 7}, "roll": "a"}"#, "--geo", "-6.26,53.35"];
        app.run(&[&["inputs", "create", &coffee, "--id", "coffee"], &facts[..]].concat()).ended(0);
        app
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.cli.run(&[&["--simulator", "-q", "--state", &self.state], arguments].concat())
    }

    /// What a command prints with `--json`.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.run(&[arguments, &["--json"]].concat()).ended(0).lines()
    }

    /// The ids a search finds, best first.
    #[track_caller]
    fn found(&self, conditions: &[&str]) -> Vec<String> {
        ids(&self.json(&[&["search"], conditions].concat()), |hit| &hit["input"]["id"])
    }
}

fn ids(list: &[Value], id: impl Fn(&Value) -> &Value) -> Vec<String> {
    list.iter().map(|one| id(one).as_str().unwrap().to_owned()).collect()
}

/// A server that does not outlive its test.
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

    /// Ends it as a terminal or a service manager would.
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
fn concepts_are_made_renamed_and_found() {
    let app = App::new();
    app.run(&["concepts", "list"]).ended(0).says(&["No concepts."], &[]);
    app.run(&["concepts", "create", "cat", "--name", "house cat"]).ended(0).says(&["house cat"], &[]);
    assert_eq!(app.json(&["concepts", "create", "dog"])[0]["name"], "dog");
    app.run(&["concepts", "create", "dog"]).ended(5).says(&[], &["40003"]);
    assert_eq!(app.json(&["concepts", "update", "cat", "--name", "tom cat"])[0]["name"], "tom cat");
    app.run(&["concepts", "get", "cat"]).ended(0).says(&["Name         tom cat"], &[]);
    assert_eq!(ids(&app.json(&["concepts", "list"]), |one| &one["id"]), ["cat", "dog"]);
    assert_eq!(ids(&app.json(&["concepts", "search", "tom*"]), |one| &one["id"]), ["cat"]);
    let german = app.json(&["concepts", "search", "braun", "--language", "de"]);
    assert_eq!(ids(&german, |one| &one["id"]), ["sim_brown"]);
    app.run(&["concepts", "get", "cow"]).ended(5).says(&[], &["error: get concept: "]);
    app.run(&["concepts", "update", "cow", "--name", "x"]).ended(5);
}

#[test]
fn inputs_are_kept_changed_and_deleted() {
    let app = App::new();
    let ran = app.run(&["inputs", "create", &image("coffee.jpg"), "--id", "coffee", "--concept", "drink"]).ended(0);
    ran.says(&["Id", "State", "Source", "coffee", "Download pending", "coffee.jpg"], &[]);
    let ran =
        app.run(&["inputs", "create", &image("chelsea.jpg"), "missing.jpg", &image("rocket.jpg"), "--json"]).ended(1);
    let lines = ran.lines();
    assert_eq!((lines.len(), &lines[0]["status"]["code"]), (3, &30001.into()), "{ran:?}");
    assert!(lines[0]["source"].as_str().unwrap().ends_with("chelsea.jpg") && lines[1]["error"].is_string());
    ran.says(&[], &["error: missing.jpg: there is no such file"]);
    app.run(&["inputs", "create", &image("coffee.jpg"), "--id", "coffee"]).ended(1).says(&[], &["coffee.jpg: 30100"]);

    let listed = app.json(&["inputs", "list"]);
    assert_eq!((listed.len(), &listed[2]["id"], &listed[2]["status"]["code"]), (3, &"coffee".into(), &30000.into()));
    app.run(&["inputs", "status"]).ended(0).says(&["Processed      3"], &[]);
    assert_eq!(app.json(&["inputs", "status"])[0]["processed"], 3);

    let stated = |input: &Value| {
        let one = |concept: &Value| format!("{}={}", concept["id"].as_str().unwrap(), concept["value"]);
        input["data"]["concepts"].as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join(" ")
    };
    let facts = ["--concept", "id:hot", "--not-concept", "cold", "--metadata", r#"{"a": 1}"#, "--geo", "1.5,-2"];
    let changed = app.json(&[&["inputs", "update", "coffee"], &facts[..]].concat());
    assert_eq!(stated(&changed[0]), "drink=1 hot=1 cold=0");
    assert_eq!(changed[0]["data"]["geo"]["geo_point"]["latitude"], -2.0);
    app.run(&["inputs", "get", "coffee"]).ended(0).says(&["drink, hot, not cold", r#"{"a":1}"#, "1.5,-2"], &[]);
    let changed = app.json(&["inputs", "update", "coffee", "--action", "remove", "--concept", "hot"]);
    assert_eq!(stated(&changed[0]), "drink=1 cold=0");
    let changed = app.json(&["inputs", "update", "coffee", "--action", "overwrite", "--concept", "tea"]);
    assert_eq!(stated(&changed[0]), "tea=1");
    let ran = app.run(&["inputs", "update", "nothing", "coffee", "--concept", "cup", "--json"]).ended(1);
    assert_eq!(ids(&ran.lines(), |one| &one["id"]), ["nothing", "coffee"]);
    ran.says(&[], &["error: nothing: 30102"]);

    app.run(&["inputs", "get", "nothing"]).ended(5).says(&[], &["30102"]);
    app.run(&["inputs", "delete", "nothing"]).ended(5).says(&[], &["30102"]);
    app.run(&["inputs", "delete", "coffee"]).ended(0).says(&["The input coffee is being deleted."], &[]);
    assert_eq!(app.json(&["inputs", "list"]).len(), 2);
    let left = ids(&app.json(&["inputs", "list"]), |one| &one["id"]);
    assert_eq!(app.json(&["inputs", "delete", &left[0], &left[1]])[0]["code"], 10000);
    app.run(&["inputs", "list"]).ended(0).says(&["No inputs."], &[]);
}

#[test]
fn searches_find_by_what_is_said_and_seen() {
    let app = App::with_pictures();
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
    for looks_like in [&image("coffee.jpg"), "coffee", "id:coffee"] {
        assert_eq!(first(&["--image", looks_like]), "coffee", "{looks_like}");
    }
    let brown = first(&["--predicted", "brown"]);
    assert_eq!(first(&["--predicted", "braun", "--language", "de"]), brown);
    assert_ne!(first(&["--not-predicted", "id:sim_brown"]), brown);
    let address = app.json(&["inputs", "get", "rocket"])[0]["data"]["image"]["url"].as_str().unwrap().to_owned();
    assert_eq!(app.found(&["--url", &address]), ["rocket"]);
    app.run(&["search", "--concept", "animal"]).ended(0).says(&["Score", "1.000  chelsea"], &[]);
    app.run(&["search", "--concept", "no such thing"]).ended(5).says(&[], &["40002"]);
    app.run(&["search", "--url", "https://example.com/a.jpg"]).ended(0).says(&["No hits."], &[]);
}

#[test]
fn models_learn_and_workflows_ask() {
    let app = App::with_pictures();
    let made = ["models", "create", "sorter", "--name", "Sorter", "--concept", "animal", "--concept", "id:machine"];
    app.run(&made).ended(0).says(&["Id           sorter", "Name         Sorter"], &[]);
    app.run(&["models", "train", "sorter"]).ended(0).says(&["queued"], &[]);
    app.run(&["models", "versions", "Sorter"]).ended(0).says(&["Model is trained and ready"], &[]);
    let versions = app.json(&["models", "versions", "sorter"]);
    assert_eq!((versions.len(), &versions[0]["status"]["code"]), (2, &21100.into()));
    let ran = app.run(&["predict", "-m", "Sorter", &image("chelsea.jpg"), "--json"]).ended(0);
    assert_eq!(ran.lines()[0]["data"]["concepts"][0]["id"], "animal");
    let told =
        ["models", "feedback", "sorter", "--input", "chelsea", "--concept", "animal", "--not-concept", "machine"];
    app.run(&told).ended(0).says(&["The model was told."], &[]);
    let changed = app.json(&["models", "update", "sorter", "--action", "remove", "--concept", "machine"]);
    assert_eq!(changed[0]["id"], "sorter");
    assert_eq!(app.json(&["models", "update", "sorter", "--name", "Finder"])[0]["name"], "Finder");
    app.run(&["models", "info", "sorter"]).ended(0).says(&["animal"], &[]);

    app.run(&["workflows", "list"]).ended(0).says(&["No workflows."], &[]);
    assert_eq!(ids(&app.json(&["workflows", "list", "--public"]), |one| &one["id"]), ["General"]);
    app.run(&["workflows", "get", "General"]).ended(0).says(&["Node", "general", "color"], &[]);
    let asked = ["workflows", "predict", "General", &image("coffee.jpg"), "missing.jpg", "--max-concepts", "2"];
    app.run(&asked).ended(1).says(&["coffee.jpg (color)\n", "Sienna"], &["missing.jpg: there is no such file"]);
    let ran = app.run(&[&asked[..], &["--json"]].concat()).ended(1);
    let lines = ran.lines();
    assert_eq!(lines[0]["outputs"][0]["data"]["concepts"].as_array().unwrap().len(), 2, "{ran:?}");
    app.run(&["workflows", "get", "None"]).ended(5);
    app.run(&["workflows", "predict", "None", &image("coffee.jpg")]).ended(5);

    for command in
        [&["models", "update", "none", "--name", "x"][..], &["models", "train", "none"], &["models", "delete", "none"]]
    {
        app.run(command).ended(5);
    }
    app.run(&["models", "delete", "sorter"]).ended(0);
    app.run(&["models", "get", "sorter"]).ended(5);
    app.run(&["models", "delete", "--all", "--yes"]).ended(0).says(&["All models are being deleted."], &[]);
}

#[test]
fn lists_have_pages() {
    let app = App::new();
    for id in ["a", "b", "c"] {
        app.run(&["concepts", "create", id]).ended(0);
    }
    let page = |number: &str| {
        let arguments = ["concepts", "list", "--json", "--per-page", "2", "--page", number];
        app.cli.run(&[&["--simulator", "--state", &app.state], &arguments[..]].concat()).ended(0)
    };
    let first = page("1").says(&[], &["note: there may be more: --page 2"]);
    assert_eq!(ids(&first.lines(), |one| &one["id"]), ["a", "b"]);
    let second = page("2");
    assert_eq!(ids(&second.lines(), |one| &one["id"]), ["c"]);
    assert!(!second.err.contains("more"), "{second:?}");
    assert_eq!(page("3").out, "");
}

#[test]
fn all_is_deleted_only_by_those_who_mean_it() {
    let app = App::with_pictures();
    for kind in ["inputs", "models"] {
        app.run(&[kind, "delete", "--all"]).ended(2).says(&[], &["--yes"]);
        app.run(&[kind, "delete"]).ended(2);
        app.run(&[kind, "delete", "--all", "coffee"]).ended(2);
        app.run(&[kind, "delete", "--all", "--dry-run"]).ended(0).says(&["DELETE ", "\"delete_all\": true"], &[]);
    }
    assert_eq!(app.json(&["inputs", "list"]).len(), 4);
    app.run(&["inputs", "delete", "--all", "--yes"]).ended(0).says(&["All inputs are being deleted."], &[]);
    assert_eq!(app.json(&["inputs", "list"]).len(), 0);
}

#[test]
fn a_dry_run_sends_nothing() {
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
        (&["inputs", "delete", "--all"], "DELETE inputs"),
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
        (&["workflows", "list", "--public"], "GET public_workflows?page=1&per_page=20"),
        (&["workflows", "get", "w"], "GET workflows/w"),
        (&["workflows", "predict", "w", &coffee], "POST workflows/w/results"),
    ] {
        // Nobody listens at that address, and nobody needs to.
        let global = ["--dry-run", "--key", "k12345", "--base-url", "http://127.0.0.1:9", "--json"];
        let ran = cli.run(&[&global, arguments].concat()).ended(0);
        let [line] = &ran.lines()[..] else { panic!("{ran:?}") };
        let url = line["url"].as_str().unwrap().trim_start_matches("http://127.0.0.1:9/v2/").to_owned();
        assert_eq!(format!("{} {url}", line["method"].as_str().unwrap()), request, "{arguments:?}");
    }
}

#[test]
fn workflows_are_addressed_as_the_credentials_demand() {
    let cli = Cli::new();
    let url = |arguments: &[&str]| {
        let ran = cli.run(&[&["--dry-run", "--json", "workflows", "get", "w"], arguments].concat()).ended(0);
        ran.lines()[0]["url"].as_str().unwrap().trim_start_matches("https://api.clarifai.com/v2/").to_owned()
    };
    assert_eq!(url(&["--key", "k12345"]), "workflows/w");
    assert_eq!(url(&["--pat", "p12345"]), "users/clarifai/apps/main/workflows/w");
    assert_eq!(url(&["--pat", "p12345", "--user", "u", "--app", "a"]), "users/u/apps/a/workflows/w");
}

#[test]
fn requests_say_what_the_options_say() {
    let cli = Cli::new();
    let body = |arguments: &[&str]| {
        cli.run(&[&["--dry-run", "--key", "k12345", "--json"], arguments].concat()).ended(0).lines()[0]["body"].clone()
    };
    let facts = ["--concept", "a", "--concept", "name:b", "--not-concept", "id:c", "--geo", "-1,2"];
    let data = serde_json::json!({
        "image": {"url": "https://example.com/a.jpg", "allow_duplicate_url": true},
        "concepts": [{"id": "a", "value": true}, {"name": "b", "value": true}, {"id": "c", "value": false}],
        "geo": {"geo_point": {"longitude": -1.0, "latitude": 2.0}},
    });
    let sent = ["inputs", "create", "https://example.com/a.jpg", "--allow-duplicate-url"];
    assert_eq!(body(&[&sent[..], &facts].concat())["inputs"][0]["data"], data);
    let changed = body(&["inputs", "update", "i", "--action", "overwrite", "--concept", "a"]);
    assert_eq!((&changed["action"], &changed["inputs"][0]["id"]), (&"overwrite".into(), &"i".into()));
    let terms = body(&["search", "--concept", "a", "--not-predicted", "id:b", "--near", "-1,2", "--within", "3mi"]);
    let term = |index: usize| terms["query"]["ands"][index].to_string();
    assert_eq!(term(0), r#"{"input":{"data":{"concepts":[{"name":"a","value":true}]}}}"#);
    assert_eq!(term(1), r#"{"output":{"data":{"concepts":[{"id":"b","value":false}]}}}"#);
    assert!(term(2).contains(r#""geo_limit":{"type":"withinMiles","value":3.0}"#), "{}", term(2));
}

#[test]
fn many_ids_go_in_several_calls() {
    let cli = Cli::new();
    let names: Vec<_> = (0..300).map(|number| format!("i{number}")).collect();
    let counts = |command: &[&str], member: &str| -> Vec<usize> {
        let mut arguments = [&["--dry-run", "--key", "k12345", "--json"], command].concat();
        arguments.extend(names.iter().map(String::as_str));
        let ran = cli.run(&arguments).ended(0);
        ran.lines().iter().map(|line| line["body"][member].as_array().unwrap().len()).collect()
    };
    assert_eq!(counts(&["inputs", "delete"], "ids"), [128, 128, 44]);
    assert_eq!(counts(&["models", "delete"], "ids"), [128, 128, 44]);
    assert_eq!(counts(&["inputs", "update", "--concept", "c"], "inputs"), [128, 128, 44]);
    let mut arguments = vec!["--key", "k12345", "--base-url", "http://127.0.0.1:9", "inputs", "delete"];
    arguments.extend(names.iter().map(String::as_str));
    cli.run(&arguments).ended(5).says(&[], &["note: 128 failed together, 172 more were not sent"]);
}

#[test]
fn what_cannot_be_meant_is_2() {
    let app = App::new();
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
        let ran = app.run(arguments).ended(2);
        assert!(ran.err.starts_with("error: "), "{ran:?}");
    }
    app.cli.run(&["--state", &app.state, "--key", "k12345", "inputs", "list"]).ended(2).says(&[], &["--simulator"]);
}

#[test]
fn a_state_that_cannot_be_read_is_left_alone() {
    let app = App::new();
    for text in ["", "{", "[]", r#"{"apps": 1}"#] {
        std::fs::write(&app.state, text).unwrap();
        app.run(&["inputs", "list"]).ended(2).says(&[], &["--state"]);
        assert_eq!(std::fs::read_to_string(&app.state).unwrap(), text);
    }
    app.cli.run(&["--simulator", "--state", "/no/such/folder/state", "inputs", "list"]).ended(2);
    app.run(&["inputs", "list", "--dry-run"]).ended(0);
}

#[cfg(unix)]
#[test]
fn a_server_goes_on_where_it_was_ended() {
    let app = App::new();
    let ask = |server: &Server, arguments: &[&str]| {
        app.cli.run(&[&["--base-url", &server.url, "--key", "k12345", "--json"], arguments].concat()).ended(0).lines()
    };
    let server = Server::start(&app.cli, &app.state);
    ask(&server, &["inputs", "create", &image("coffee.jpg"), "--id", "coffee", "--concept", "drink"]);
    ask(&server, &["concepts", "create", "cat"]);
    server.end();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&app.state).unwrap().permissions()) & 0o777,
        0o600
    );

    let server = Server::start(&app.cli, &app.state);
    assert_eq!(ids(&ask(&server, &["concepts", "list"]), |one| &one["id"]), ["drink", "cat"]);
    assert_eq!(ask(&server, &["inputs", "get", "coffee"])[0]["data"]["concepts"][0]["id"], "drink");
    ask(&server, &["concepts", "create", "late"]);
    // It is written while it is served, too: a second later at most.
    let start = Instant::now();
    while !std::fs::read_to_string(&app.state).unwrap().contains("late") {
        assert!(start.elapsed() < Duration::from_secs(30), "nothing was written");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(server);
    // The same file serves in the process, for whoever has the same key.
    assert_eq!(app.json(&["--key", "k12345", "concepts", "list"]).len(), 3);
    assert_eq!(app.json(&["--key", "other12345", "concepts", "list"]).len(), 0);
    let files = std::fs::read_dir(app.cli.home.path()).unwrap().count();
    assert_eq!(files, 1, "no temporary file is left");
}

#[test]
fn without_a_file_nothing_is_remembered() {
    let cli = Cli::new();
    cli.run(&["--simulator", "concepts", "create", "cat"]).ended(0);
    cli.run(&["--simulator", "concepts", "list"]).ended(0).says(&["No concepts."], &[]);
}
