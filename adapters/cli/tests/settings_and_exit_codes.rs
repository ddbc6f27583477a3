//! Help, exit codes, settings, secrets, and the simulator server.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use clarifai_simulator::faults::{Fault, Faults};
use common::{Cli, image};

const SECRET: &str = "sentinel0123456789abcdef";

/// A `clarifai simulator` process that ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(cli: &Cli) -> Self {
        Self::start_with(cli, &[])
    }

    fn start_with(cli: &Cli, more: &[&str]) -> Self {
        let arguments = [&["simulator", "--listen", "127.0.0.1:0"], more].concat();
        let mut child = cli.command(&arguments).stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// No server listens here: the system assigns no port below 1024 on its own.
const UNREACHABLE: &str = "http://127.0.0.1:1";

#[test]
fn prints_help_version_and_completions() {
    let cli = Cli::new();
    cli.run(&["--help"])
        .expect_code(0)
        .expect_text(&["Exit codes:", "CLARIFAI_PAT", "~/.clarifai/config", "--simulator"], &[]);
    cli.run(&["-V"]).expect_code(0).expect_text(&[env!("CARGO_PKG_VERSION")], &[]);
    cli.run(&["completions", "bash"]).expect_code(0).expect_text(&["_clarifai()", "--simulator"], &[]);
}

#[test]
fn start_commands_have_examples_in_their_long_help() {
    for command in [
        &[][..],
        &["predict"],
        &["search"],
        &["inputs", "create"],
        &["models", "train"],
        &["workflows", "predict"],
        &["config"],
        &["simulator"],
        &["completions"],
    ] {
        let long = Cli::new().run(&[command, &["--help"]].concat()).expect_code(0);
        long.expect_text(&["Examples:\n  ", "clarifai "], &[]);
        let short = Cli::new().run(&[command, &["-h"]].concat()).expect_code(0);
        assert!(!short.out.contains("Examples:"), "{short:?}");
    }
}

/// Renamed options keep their old spelling, which no help shows.
#[test]
fn renamed_options_keep_their_old_spelling() {
    let cli = Cli::new();
    for (command, old, new, value) in [
        (&["inputs", "list"][..], "--without-failed", "--exclude-failed", None),
        (&["simulator"], "--faults", "--fault-rate", Some("2")),
    ] {
        let help = cli.run(&[command, &["--help"]].concat()).expect_code(0);
        assert!(help.out.contains(new) && !help.out.contains(old), "{help:?}");
        let run = |option| {
            let arguments: Vec<_> = [option].into_iter().chain(value).chain(["--simulator"]).collect();
            cli.run(&[command, &arguments].concat())
        };
        let (old_run, new_run) = (run(old), run(new));
        assert_eq!((old_run.code, &old_run.out, &old_run.err), (new_run.code, &new_run.out, &new_run.err));
        match value {
            None => assert_eq!(new_run.out, "No inputs.\n"),
            // A value out of range, so that no server starts: the option was recognized.
            Some(_) => assert!(new_run.err.contains("expected a number from 0 to 1"), "{new_run:?}"),
        }
    }
    // Settings can be named like their environment variables.
    cli.run(&["config", "set", "CLARIFAI_USER_ID", "me"]).expect_code(0);
    cli.run(&["config", "show"]).expect_code(0).expect_text(&["user "], &[]);
}

#[test]
fn exits_2_on_invalid_usage() {
    let cli = Cli::new();
    for arguments in [
        &["predict"][..],
        &["predict", "--nonsense", "x.jpg"],
        &["predict", "--mount", ".", "x.jpg"],
        &["--simulator", "predict", "x.jpg", "--min-value", "2"],
        &["--simulator", "predict", "x.jpg", "--max-concepts", "many"],
        &["--key", "k12345", "--base-url", "http://example.com", "predict", "x.jpg"],
        &["--key", "k12345", "--user", "u", "predict", "x.jpg"],
        &["--key", "k12345", "--pat", "p12345", "predict", "x.jpg"],
        &["simulator", "--fault-rate", "1.5"],
        &["config", "set", "nonsense", "1"],
        &["config", "set", "base-url", "http://example.com"],
        &["config", "set", "key", "two words"],
    ] {
        let ran = cli.run(arguments).expect_code(2);
        assert!(ran.err.starts_with("error: ") && !ran.err.contains("two words"), "{ran:?}");
    }
}

#[test]
fn exits_3_on_missing_or_rejected_credentials() {
    let cli = Cli::new();
    let coffee = image("coffee.jpg");
    let ran = cli.run(&["predict", &coffee]).expect_code(3);
    ran.expect_text(
        &[],
        &["error: no credentials found\nhint: ", "--key", "CLARIFAI_PAT", "clarifai config set", "--simulator"],
    );
    cli.run(&["--key", "two words", "predict", &coffee]).expect_code(3);
    // The simulator rejects keys that are too short.
    let server = Server::start(&cli);
    cli.run(&["--key", "k", "--base-url", &server.url, "predict", &coffee]).expect_code(3).expect_text(&[], &["11008"]);
}

#[test]
fn exits_4_on_exhausted_quota() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let mut head = Vec::new();
        while !head.ends_with(b"]}") {
            let count = stream.read(&mut buffer).unwrap();
            head.extend_from_slice(&buffer[..count]);
        }
        let body = r#"{"status": {"code": 11004, "description": "Monthly quota exceeded", "req_id": "r"}}"#;
        let response = format!(
            "HTTP/1.1 429 Too Many Requests\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        std::io::Write::write_all(&mut stream, response.as_bytes()).unwrap();
    });
    let ran = Cli::new()
        .run(&["--key", SECRET, "--base-url", &url, "predict", "https://example.com/a.jpg", "--json"])
        .expect_code(4);
    assert!(ran.json_lines()[0]["error"].as_str().unwrap().contains("11004"), "{ran:?}");
    ran.expect_text(&[], &["error: predict: HTTP 429", "\nhint: "]);
    server.join().unwrap();
}

#[test]
fn exits_5_on_refused_connection() {
    let ran =
        Cli::new().run(&["--key", SECRET, "--base-url", UNREACHABLE, "predict", &image("coffee.jpg")]).expect_code(5);
    ran.expect_text(&[], &["error: predict: ", "refused"]);
}

#[test]
fn exits_0_if_stdout_is_closed() {
    let cli = Cli::new();
    let mut child = cli.command(&["completions", "bash"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn config_sets_shows_and_unsets() {
    let cli = Cli::new();
    cli.run(&["config", "path"]).expect_code(0).expect_text(&[cli.config_path().to_str().unwrap()], &[]);
    cli.run_with(&["config", "set", "pat", "-"], format!("{SECRET}\n").as_bytes()).expect_code(0);
    cli.run(&["config", "set", "base-url", "https://gateway.example.com"]).expect_code(0);
    let ran = cli.run(&["config"]).expect_code(0);
    assert!(!ran.out.contains("sentinel"), "{ran:?}");
    ran.expect_text(&["****cdef", "https://gateway.example.com", "file "], &[]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cli.config_path()), 0o600);
        assert_eq!(mode(cli.config_path().parent().unwrap()), 0o700);
    }
    cli.run(&["config", "unset", "pat"]).expect_code(0);
    let text = std::fs::read_to_string(cli.config_path()).unwrap();
    assert!(!text.contains("PAT") && text.contains("CLARIFAI_API_BASE = https://gateway.example.com"), "{text}");
    cli.run(&["config", "unset", "pat"]).expect_code(0).expect_text(&[], &["warning: pat is not set in "]);
    let files = std::fs::read_dir(cli.config_path().parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "no temporary file is left");
}

#[test]
fn config_file_of_the_python_client_is_read_and_preserved() {
    let cli = Cli::new();
    cli.write_config(
        "# my account\n[clarifai]\nclarifai_app_id = id\nCLARIFAI_APP_SECRET: a\\b\"c\n[other]\nkey = value # \"x\\\n",
    );
    let url = "https://example.com/b.jpg";
    let ran = cli.run(&["--dry-run", "predict", url]).expect_code(0).expect_text(&["authorization: Bearer ***"], &[]);
    assert!(!ran.out.contains("a\\b"), "{ran:?}");
    cli.run(&["config", "set", "user", "me"]).expect_code(0);
    let text = std::fs::read_to_string(cli.config_path()).unwrap();
    for kept in [
        "clarifai_app_id = id",
        "CLARIFAI_APP_SECRET: a\\b\"c",
        "# my account",
        "[other]",
        "key = value # \"x\\",
        "CLARIFAI_USER_ID = me",
    ] {
        assert!(text.contains(kept), "no `{kept}` in {text}");
    }
    cli.write_config("[clarifai\nCLARIFAI_PAT = sentinel\n");
    let ran = cli.run(&["config"]).expect_code(2);
    assert!(ran.err.contains("INI") && !ran.err.contains("sentinel"), "{ran:?}");
    cli.run(&["--simulator", "predict", &image("coffee.jpg")]).expect_code(0);
}

#[test]
fn options_override_environment_and_file() {
    let shown = |cli: &Cli, arguments: &[&str]| {
        let ran = cli.run(&[arguments, &["config", "show", "--json"]].concat()).expect_code(0);
        ran.json_lines()
            .iter()
            .map(|line| format!("{} {} {}", line["name"], line["value"], line["source"]))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let file = "[clarifai]\nCLARIFAI_PAT = file0123456789file\nCLARIFAI_API_BASE = https://file.example.com\n";
    let cli = Cli::new();
    cli.write_config(file);
    let text = shown(&cli, &[]);
    assert!(text.contains("pat") && text.contains("****file") && text.contains("https://file.example.com"), "{text}");
    let cli =
        Cli::new().env("CLARIFAI_API_KEY", "env0123456789envi").env("CLARIFAI_API_BASE", "https://env.example.com");
    cli.write_config(file);
    let text = shown(&cli, &[]);
    assert!(text.contains("****envi") && text.contains("env CLARIFAI_API_KEY") && !text.contains("file"), "{text}");
    let text = shown(&cli, &["--key", "flag0123456789flag", "--base-url", "https://flag.example.com"]);
    assert!(text.contains("****flag") && text.contains("\"flag\"") && !text.contains("env"), "{text}");
    let ran = cli
        .run(&["--dry-run", "--base-url", "https://flag.example.com", "predict", "https://example.com/b.jpg"])
        .expect_code(0);
    ran.expect_text(&["POST https://flag.example.com/v2/"], &[]);
    cli.run(&["--dry-run", "predict", "https://example.com/b.jpg"])
        .expect_code(0)
        .expect_text(&["POST https://env.example.com/v2/"], &[]);
}

#[test]
fn simulator_server_responds_to_other_processes() {
    let cli = Cli::new();
    let server = Server::start(&cli);
    assert!(server.url.starts_with("http://127.0.0.1:"), "{}", server.url);
    let ran = cli
        .run(&["--base-url", &server.url, "--key", SECRET, "-v", "predict", "-m", "color", &image("coffee.jpg")])
        .expect_code(0);
    assert!(!ran.err.contains("built-in simulator"), "{ran:?}");
    ran.expect_text(&["Sienna"], &["POST http://127.0.0.1:", "/outputs: 200 in ", "request "]);
    // The app does not contain the model, so the public models are searched.
    let scoped =
        ["--base-url", &server.url, "--pat", SECRET, "--user", "u", "--app", "a", "-v", "predict", "-m", "color"];
    let ran = cli.run(&[&scoped[..], &[&image("coffee.jpg")]].concat()).expect_code(0);
    ran.expect_text(&["Sienna"], &["/v2/users/u/apps/a/models/color: 404", "/v2/users/clarifai/apps/main/models/"]);
}

#[test]
fn simulator_server_injects_the_faults_of_its_seed() {
    let wanted = |seed: &u64| {
        let faults = Faults::new(*seed, 0.2);
        faults.hit(0) == Some(Fault::TryAgain) && (1..10).all(|number| faults.hit(number).is_none())
    };
    let seed = (0..10_000).find(wanted).unwrap().to_string();
    let cli = Cli::new();
    let server = Server::start_with(&cli, &["--fault-rate", "0.2", "--seed", &seed]);
    let ran = cli
        .run(&["--base-url", &server.url, "--key", SECRET, "-v", "predict", "-m", "color", &image("coffee.jpg")])
        .expect_code(0);
    ran.expect_text(&["Sienna"], &["/models/color: 500 in ", "/outputs: 200 in "]);
}

#[test]
fn secrets_are_never_printed() {
    let cli = Cli::new();
    let server = Server::start(&cli);
    let coffee = image("coffee.jpg");
    for key in ["--key", "--pat"] {
        for arguments in [
            &["--base-url", &server.url, "predict", &coffee, "-vvv"][..],
            &["--base-url", &server.url, "predict", "-m", "no-such-model", &coffee, "-vvv"],
            &["--base-url", UNREACHABLE, "predict", &coffee, "-vvv"],
            &["--base-url", "http://example.com", "predict", &coffee, "-vvv"],
            &["--dry-run", "predict", &coffee, "-vvv"],
            &["predict", "--nonsense"],
            &["config", "show"],
        ] {
            let ran = cli.run(&[&[key, SECRET], arguments].concat());
            assert!(!format!("{ran:?}").contains("sentinel"), "{ran:?}");
        }
    }
}

#[test]
fn app_secret_is_exchanged_for_a_token_and_neither_is_printed() {
    let cli = Cli::new().env("CLARIFAI_APP_ID", "id").env("CLARIFAI_APP_SECRET", SECRET);
    let server = Server::start(&cli);
    let ran = cli.run(&["--base-url", &server.url, "predict", &image("coffee.jpg"), "-vvv"]).expect_code(0);
    assert!(!format!("{ran:?}").contains("sentinel"), "{ran:?}");
    ran.expect_text(&["espresso"], &["/v2/token: 200", "authorization: Basic ***", "authorization: Bearer ***"]);
}
