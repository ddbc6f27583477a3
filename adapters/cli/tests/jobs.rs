//! Sources of inputs, job files, budgets, and what happens with bad input.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::path::Path;

use clarifai_simulator::{Server, Simulator};
use common::{Cli, CliOutput, image};
use rusqlite::Connection;

/// A folder with photos, and the simulator as a server.
struct Setup {
    cli: Cli,
    server: Server,
    folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let server = Server::start(Simulator::new(), "127.0.0.1:0").unwrap();
        Self { cli: Cli::new(), server, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Copies an image of the test data.
    fn photo(&self, name: &str, from: &str) -> String {
        self.write(name, fs::read(image(from)).unwrap())
    }

    fn run(&self, arguments: &[&str]) -> CliOutput {
        let url = self.server.url();
        self.cli.run(&[&["--key", "k12345", "--base-url", &url][..], arguments].concat())
    }

    /// Number of inputs that were created or refused as duplicates.
    fn sent(&self) -> usize {
        self.server.simulator().ledger().iter().filter(|entry| entry.kind == "input").count()
    }

    fn query(&self, job: &str, query: &str) -> Vec<String> {
        let connection = Connection::open(self.path(job)).unwrap();
        let mut statement = connection.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

#[test]
fn the_same_command_continues_a_job_and_sends_nothing_twice() {
    let setup = Setup::new();
    setup.photo("photos/a.jpg", "coffee.jpg");
    setup.photo("photos/boats/b.bin", "coffee.jpg");
    setup.write("photos/notes.txt", "no image");
    let (photos, job) = (setup.path("photos"), setup.path("tags.db"));
    let command = ["predict", "--recursive", &photos, "--job", &job, "--json"];
    let first = setup.run(&command).expect_code(0).json_lines();
    assert_eq!(first.len(), 2);
    let names = "SELECT name FROM concepts GROUP BY name ORDER BY count(*) DESC, name";
    assert!(!setup.query("tags.db", names).is_empty());

    let again = setup.run(&command).expect_code(0).expect_text(&[], &["2 inputs were done before"]);
    assert_eq!(again.out, "");

    // A new file is sent, and a changed one is sent again.
    setup.photo("photos/c.jpg", "coffee.jpg");
    let mut bytes = fs::read(image("coffee.jpg")).unwrap();
    bytes.extend(b"changed");
    setup.write("photos/a.jpg", bytes);
    let third = setup.run(&command).expect_code(0).expect_text(&[], &["a.jpg has changed and is sent again"]);
    assert_eq!(third.json_lines().len(), 2);
    assert_eq!(setup.query("tags.db", "SELECT state FROM inputs"), ["done"; 3]);

    let export = setup.cli.run(&["job", "export", "--jsonl", &job]).expect_code(0).json_lines();
    assert_eq!(export.len(), 3);
    assert!(export.iter().all(|line| line["state"] == "done" && line["data"]["concepts"][0]["name"].is_string()));
    let csv = setup.cli.run(&["job", "export", "--csv", &job]).expect_code(0);
    assert!(csv.out.starts_with("source,id,state,outcome,") && csv.out.lines().count() > 3, "{csv:?}");
    let status = setup.cli.run(&["job", "status", &job, "--json"]).expect_code(0).json_lines();
    assert_eq!((&status[0]["inputs"]["done"], &status[0]["runs"]), (&3.into(), &3.into()));
}

#[test]
fn uploads_of_a_job_are_stored_once() {
    let setup = Setup::new();
    let urls: Vec<_> = (0..300).map(|n| format!("https://example.com/{n}.jpg")).collect();
    let list = setup.write("list.txt", urls.join("\n"));
    let job = setup.path("up.db");
    let command = ["inputs", "create", "--from-file", &list, "--job", &job, "--allow-duplicate-url"];
    setup.run(&command).expect_code(0);
    assert_eq!(setup.sent(), 300);
    // As if the program had been killed before the responses arrived.
    let connection = Connection::open(&job).unwrap();
    connection.execute("UPDATE inputs SET state = 'sending', outcome = NULL WHERE position < 10", []).unwrap();
    drop(connection);
    setup.run(&command).expect_code(0);
    let ledger = setup.server.simulator().ledger();
    assert_eq!(ledger.iter().filter(|entry| entry.kind == "input" && entry.committed()).count(), 300);
    assert_eq!(setup.sent(), 310, "what had no outcome was sent again");
    assert_eq!(setup.query("up.db", "SELECT DISTINCT state FROM inputs"), ["done"]);
    let attempts = "SELECT count(*) || ' ' || outcome FROM attempts GROUP BY outcome ORDER BY outcome";
    assert_eq!(setup.query("up.db", attempts), ["10 already there", "300 created", "10 unknown"]);
}

#[test]
fn another_command_is_refused() {
    let setup = Setup::new();
    let (photo, job) = (setup.photo("a.jpg", "coffee.jpg"), setup.path("tags.db"));
    setup.run(&["predict", &photo, "--job", &job, "--max-concepts", "3"]).expect_code(0);
    for (arguments, text) in [
        (&["predict", &photo, "--job", &job][..], "--max-concepts was `3`, and is not set"),
        (&["predict", &photo, "--job", &job, "--max-concepts", "3", "--shard", "1/2"], "--shard was not set"),
        (&["inputs", "create", &photo, "--job", &job], "belongs to `predict`, not to `inputs create`"),
    ] {
        setup.run(arguments).expect_code(7).expect_text(&[], &[text]);
    }
    // Options that change nothing in the results are free.
    setup.run(&["predict", &photo, "--job", &job, "--max-concepts", "3", "--jobs", "1", "--rate", "9"]).expect_code(0);
}

#[test]
fn budgets_end_with_their_own_exit_code_and_the_job_continues() {
    let setup = Setup::new();
    let urls: Vec<_> = (0..300).map(|n| format!("https://example.com/{n}.jpg")).collect();
    let list = setup.write("list.txt", urls.join("\n"));
    let job = setup.path("up.db");
    let command = ["inputs", "create", "--from-file", &list, "--job", &job, "--jobs", "1"];
    let with = |options: &[&str]| setup.run(&[&command[..], options].concat());
    with(&["--max-requests", "1"]).expect_code(8).expect_text(&[], &["stopped at --max-requests"]);
    assert_eq!(setup.sent(), 128);
    with(&["--max-inputs", "20"]).expect_code(8).expect_text(&[], &["stopped at --max-inputs"]);
    assert_eq!(setup.sent(), 148);
    with(&["--rate", "100"]).expect_code(0);
    assert_eq!(setup.sent(), 300);
    with(&["--max-inputs", "5"]).expect_code(0);
    assert_eq!(setup.sent(), 300);
}

#[test]
fn failed_inputs_are_sent_again_on_request() {
    let setup = Setup::new();
    let broken = setup.write("broken.jpg", b"\xff\xd8\xffnot an image");
    let (missing, job) = (setup.path("missing.jpg"), setup.path("tags.db"));
    let command = ["predict", &broken, &missing, "--job", &job];
    setup.run(&command).expect_code(1).expect_text(&[], &["broken.jpg: ", "missing.jpg: no such file"]);
    let outcomes = "SELECT outcome FROM inputs ORDER BY position";
    assert_eq!(setup.query("tags.db", outcomes), ["refused", "unreadable"]);
    let errors = setup.query("tags.db", "SELECT code || error FROM inputs WHERE code IS NOT NULL");
    assert!(errors.len() == 1 && errors[0].starts_with('3'), "{errors:?}");

    setup.run(&command).expect_code(1).expect_text(&[], &["1 inputs were refused before", "missing.jpg: no such file"]);
    setup.cli.run(&["job", "retry", "--failed", &job]).expect_code(0).expect_text(&["2 inputs are marked"], &[]);
    setup.photo("missing.jpg", "coffee.jpg");
    setup.run(&command).expect_code(1).expect_text(&[], &["broken.jpg: "]);
    assert_eq!(setup.query("tags.db", outcomes), ["refused", "predicted"]);
    let failed = setup.cli.run(&["job", "export", "--jsonl", "--failed", &job]).expect_code(0).json_lines();
    assert!(failed.len() == 1 && failed[0]["attempts"] == 2, "{failed:?}");
}

/// Each case: files, arguments, exit code, texts on standard error, and the number of inputs that were stored.
#[test]
fn bad_input_is_named_and_the_others_go_on() {
    struct Case(&'static [(&'static str, &'static [u8])], &'static [&'static str], i32, &'static [&'static str], usize);
    let cases = [
        Case(
            &[("l.txt", b"https://example.com/a.jpg\nb\0.jpg\nhttps://example.com/c.jpg\n")],
            &["--from-file", "l.txt"],
            1,
            &["l.txt:2: contains a NUL"],
            2,
        ),
        Case(
            &[("l.txt", b"https://example.com/a.jpg\nmissing.jpg\n")],
            &["--from-file", "l.txt"],
            1,
            &["missing.jpg: no such file"],
            1,
        ),
        Case(&[], &["--from-file", "l.txt"], 2, &["--from-file ", "l.txt: no such file"], 0),
        Case(&[("d/readme.txt", b"text")], &["--recursive", "d"], 1, &["d: contains no images or videos"], 0),
        Case(&[("d/readme.txt", b"text")], &["d"], 1, &["d: is a directory; use --recursive to search it"], 0),
        Case(
            &[(
                "l.csv",
                b"input,id\nhttps://example.com/a.jpg,x\nhttps://example.com/b.jpg,x\nhttps://example.com/c.jpg,y\n",
            )],
            &["--from-file", "l.csv"],
            1,
            &["https://example.com/b.jpg: "],
            2,
        ),
        Case(
            &[("l.csv", b"url,id\nhttps://example.com/a.jpg,x\n")],
            &["https://example.com/z.jpg", "--from-file", "l.csv"],
            1,
            &["l.csv:1: the header has no column `input`"],
            1,
        ),
        Case(
            &[(
                "l.jsonl",
                b"{\"input\":\"https://example.com/a.jpg\"}\n{\"input\":\n{\"input\":\"https://example.com/b.jpg\"}\n",
            )],
            &["--from-file", "l.jsonl"],
            1,
            &["l.jsonl:2: invalid JSON"],
            2,
        ),
        Case(
            &[(
                "l.jsonl",
                b"{\"input\":\"https://example.com/a.jpg\",\"metadata\":[1]}\n\"https://example.com/b.jpg\"\n",
            )],
            &["--from-file", "l.jsonl"],
            1,
            &["l.jsonl:1: column `metadata` must be a JSON object"],
            1,
        ),
        Case(
            &[("l.jsonl", b"oops\n\"https://example.com/b.jpg\"\n")],
            &["--from-file", "l.jsonl", "--strict"],
            1,
            &["l.jsonl:1: invalid JSON", "stopped at the first error"],
            0,
        ),
        Case(&[], &["--from-file", "-", "-"], 2, &["stdin can be read only once"], 0),
        Case(&[], &["--shard", "3/2", "https://example.com/a.jpg"], 2, &["must be I/N"], 0),
    ];
    for Case(files, arguments, code, texts, stored) in cases {
        let setup = Setup::new();
        for (name, content) in files {
            setup.write(name, content);
        }
        let is_name = |text: &str| text.starts_with("l.") || text == "d" || text == "missing.jpg";
        let arguments: Vec<_> =
            arguments.iter().map(|text| if is_name(text) { setup.path(text) } else { (*text).to_owned() }).collect();
        let arguments: Vec<_> = ["inputs", "create"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        setup.run(&arguments).expect_code(code).expect_text(&[], texts);
        assert_eq!(
            setup.server.simulator().ledger().iter().filter(|entry| entry.committed()).count(),
            stored,
            "{arguments:?}"
        );
        // The same with a job file.
        if code != 2 {
            let setup = Setup::new();
            for (name, content) in files {
                setup.write(name, content);
            }
            let moved: Vec<_> = arguments
                .iter()
                .map(|text| {
                    let name = Path::new(text).file_name().unwrap_or_default().to_str().unwrap_or_default();
                    if !text.contains("://") && is_name(name) { setup.path(name) } else { (*text).to_owned() }
                })
                .collect();
            let job = setup.path("job.db");
            let moved: Vec<_> = moved.iter().map(String::as_str).chain(["--job", &job]).collect();
            setup.run(&moved).expect_code(code).expect_text(&[], texts);
        }
    }
}

#[cfg(unix)]
#[test]
fn paths_that_are_not_utf8_work_and_stay_distinct() {
    use std::os::unix::ffi::OsStrExt as _;
    let setup = Setup::new();
    let folder = setup.folder.path().join("photos");
    fs::create_dir_all(&folder).unwrap();
    for name in [&b"\xff.jpg"[..], b"\xfe.jpg"] {
        fs::write(folder.join(std::ffi::OsStr::from_bytes(name)), fs::read(image("coffee.jpg")).unwrap()).unwrap();
    }
    let job = setup.path("tags.db");
    let command = ["predict", "-r", folder.to_str().unwrap(), "--json", "--job", &job];
    let lines = setup.run(&command).expect_code(0).json_lines();
    assert_eq!(lines.len(), 2);
    assert_ne!(lines[0]["source"], lines[1]["source"]);
    assert_ne!(lines[0]["source_base64"], lines[1]["source_base64"]);
    setup.run(&command).expect_code(0).expect_text(&[], &["2 inputs were done before"]);
}

#[test]
fn a_list_on_stdin_keeps_its_order_and_ends_with_its_input() {
    let setup = Setup::new();
    let photo = setup.photo("a.jpg", "coffee.jpg");
    let names: Vec<_> =
        (0..300).map(|n| if n % 100 == 7 { format!("missing-{n}.jpg") } else { photo.clone() }).collect();
    let url = setup.server.url();
    let command =
        ["--key", "k12345", "--base-url", &url, "predict", "--from-file", "-", "-0", "--json", "--rate", "100"];
    let output = setup.cli.run_with(&command, names.join("\0").as_bytes()).expect_code(1);
    let sources: Vec<_> = output.json_lines().iter().map(|line| line["source"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sources, names);
}

#[test]
fn lists_set_ids_concepts_and_metadata() {
    let setup = Setup::new();
    let photo = setup.photo("boats/a.jpg", "coffee.jpg");
    let csv =
        format!("input,id,concepts,metadata,lon,lat,camera\n{photo},one,boat;sea,\"{{\"\"roll\"\": 7}}\",1.5,2,X1\n");
    let list = setup.write("list.csv", csv);
    let command = ["inputs", "create", "--from-file", &list, "--metadata-columns", "--concept-from-folder"];
    setup.run(&command).expect_code(0);
    let input = &setup.run(&["inputs", "get", "one", "--json"]).expect_code(0).json_lines()[0];
    assert_eq!(input["data"]["metadata"], serde_json::json!({"roll": 7, "camera": "X1"}), "{input}");
    let mut concepts: Vec<_> =
        input["data"]["concepts"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    concepts.sort_unstable();
    assert_eq!(concepts, ["boat", "boats", "sea"]);
}
