//! Exit codes, settings, secrets, and the simulator on a port.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use clarifai_simulator::faults::{Fault, Faults};
use common::{Cli, image};

const SECRET: &str = "sentinel0123456789abcdef";

/// A server that does not outlive its test.
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

/// Nobody listens here: the system gives no port below 1024 to who asks for any.
const NOBODY: &str = "http://127.0.0.1:1";

#[test]
fn help_and_version() {
    let cli = Cli::new();
    cli.run(&["--help"]).ended(0).says(&["Exit codes:", "CLARIFAI_PAT", "~/.clarifai/config", "--simulator"], &[]);
    cli.run(&["-V"]).ended(0).says(&[env!("CARGO_PKG_VERSION")], &[]);
    cli.run(&["completions", "bash"]).ended(0).says(&["_clarifai()", "--simulator"], &[]);
}

#[test]
fn bad_usage_is_2() {
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
        &["simulator", "--faults", "1.5"],
        &["config", "set", "nonsense", "1"],
        &["config", "set", "base-url", "http://example.com"],
        &["config", "set", "key", "two words"],
    ] {
        let ran = cli.run(arguments).ended(2);
        assert!(ran.err.starts_with("error: ") && !ran.err.contains("two words"), "{ran:?}");
    }
}

#[test]
fn missing_and_useless_credentials_are_3() {
    let cli = Cli::new();
    let coffee = image("coffee.jpg");
    let ran = cli.run(&["predict", &coffee]).ended(3);
    ran.says(&[], &["--key", "CLARIFAI_PAT", "clarifai config set", "--simulator"]);
    cli.run(&["--key", "two words", "predict", &coffee]).ended(3);
    // The simulator refuses keys that are too short to be any.
    let server = Server::start(&cli);
    cli.run(&["--key", "k", "--base-url", &server.url, "predict", &coffee]).ended(3).says(&[], &["11008"]);
}

#[test]
fn used_up_quota_is_4() {
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
        let answer = format!(
            "HTTP/1.1 429 Too Many Requests\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
    });
    let ran = Cli::new()
        .run(&["--key", SECRET, "--base-url", &url, "predict", "https://example.com/a.jpg", "--json"])
        .ended(4);
    assert!(ran.lines()[0]["error"].as_str().unwrap().contains("11004"), "{ran:?}");
    ran.says(&[], &["error: predict: HTTP 429", "quota"]);
    server.join().unwrap();
}

#[test]
fn a_refused_connection_is_5() {
    let ran = Cli::new().run(&["--key", SECRET, "--base-url", NOBODY, "predict", &image("coffee.jpg")]).ended(5);
    ran.says(&[], &["error: predict: the request could not be sent", "refused"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let cli = Cli::new();
    let mut child = cli.command(&["completions", "bash"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn settings_are_kept_shown_and_removed() {
    let cli = Cli::new();
    cli.run(&["config", "path"]).ended(0).says(&[cli.config_path().to_str().unwrap()], &[]);
    cli.run_with(&["config", "set", "pat", "-"], format!("{SECRET}\n").as_bytes()).ended(0);
    cli.run(&["config", "set", "base-url", "https://gateway.example.com"]).ended(0);
    let ran = cli.run(&["config"]).ended(0);
    assert!(!ran.out.contains("sentinel"), "{ran:?}");
    ran.says(&["****cdef", "https://gateway.example.com", "file "], &[]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cli.config_path()), 0o600);
        assert_eq!(mode(cli.config_path().parent().unwrap()), 0o700);
    }
    cli.run(&["config", "unset", "pat"]).ended(0);
    let text = std::fs::read_to_string(cli.config_path()).unwrap();
    assert!(!text.contains("PAT") && text.contains("CLARIFAI_API_BASE = https://gateway.example.com"), "{text}");
    cli.run(&["config", "unset", "pat"]).ended(0).says(&[], &["was not set"]);
    let files = std::fs::read_dir(cli.config_path().parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "no temporary file is left");
}

#[test]
fn the_file_of_the_python_client_is_understood_and_kept() {
    let cli = Cli::new();
    cli.config(
        "# my account\n[clarifai]\nclarifai_app_id = id\nCLARIFAI_APP_SECRET: a\\b\"c\n[other]\nkey = value # \"x\\\n",
    );
    let url = "https://example.com/b.jpg";
    let ran = cli.run(&["--dry-run", "predict", url]).ended(0).says(&["authorization: Bearer ***"], &[]);
    assert!(!ran.out.contains("a\\b"), "{ran:?}");
    cli.run(&["config", "set", "user", "me"]).ended(0);
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
    cli.config("[clarifai\nCLARIFAI_PAT = sentinel\n");
    let ran = cli.run(&["config"]).ended(2);
    assert!(ran.err.contains("INI") && !ran.err.contains("sentinel"), "{ran:?}");
    cli.run(&["--simulator", "predict", &image("coffee.jpg")]).ended(0);
}

#[test]
fn options_come_before_environment_and_file() {
    let shown = |cli: &Cli, arguments: &[&str]| {
        let ran = cli.run(&[arguments, &["config", "show", "--json"]].concat()).ended(0);
        ran.lines()
            .iter()
            .map(|line| format!("{} {} {}", line["name"], line["value"], line["source"]))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let file = "[clarifai]\nCLARIFAI_PAT = file0123456789file\nCLARIFAI_API_BASE = https://file.example.com\n";
    let cli = Cli::new();
    cli.config(file);
    let text = shown(&cli, &[]);
    assert!(text.contains("pat") && text.contains("****file") && text.contains("https://file.example.com"), "{text}");
    let cli =
        Cli::new().env("CLARIFAI_API_KEY", "env0123456789envi").env("CLARIFAI_API_BASE", "https://env.example.com");
    cli.config(file);
    let text = shown(&cli, &[]);
    assert!(text.contains("****envi") && text.contains("env CLARIFAI_API_KEY") && !text.contains("file"), "{text}");
    let text = shown(&cli, &["--key", "flag0123456789flag", "--base-url", "https://flag.example.com"]);
    assert!(text.contains("****flag") && text.contains("\"flag\"") && !text.contains("env"), "{text}");
    let ran = cli
        .run(&["--dry-run", "--base-url", "https://flag.example.com", "predict", "https://example.com/b.jpg"])
        .ended(0);
    ran.says(&["POST https://flag.example.com/v2/"], &[]);
    cli.run(&["--dry-run", "predict", "https://example.com/b.jpg"])
        .ended(0)
        .says(&["POST https://env.example.com/v2/"], &[]);
}

#[test]
fn a_second_process_asks_the_server() {
    let cli = Cli::new();
    let server = Server::start(&cli);
    assert!(server.url.starts_with("http://127.0.0.1:"), "{}", server.url);
    let ran = cli
        .run(&["--base-url", &server.url, "--key", SECRET, "-v", "predict", "-m", "color", &image("coffee.jpg")])
        .ended(0);
    assert!(!ran.err.contains("built-in simulator"), "{ran:?}");
    ran.says(&["Sienna"], &["POST http://127.0.0.1:", "/outputs: 200 in ", "request "]);
    // A scope of one's own has no such model; the public ones have it.
    let scoped =
        ["--base-url", &server.url, "--pat", SECRET, "--user", "u", "--app", "a", "-v", "predict", "-m", "color"];
    let ran = cli.run(&[&scoped[..], &[&image("coffee.jpg")]].concat()).ended(0);
    ran.says(&["Sienna"], &["/v2/users/u/apps/a/models/color: 404", "/v2/users/clarifai/apps/main/models/"]);
}

#[test]
fn a_served_simulator_misbehaves_as_its_seed_says() {
    let wanted = |seed: &u64| {
        let faults = Faults::new(*seed, 0.2);
        faults.hit(0) == Some(Fault::TryAgain) && (1..10).all(|number| faults.hit(number).is_none())
    };
    let seed = (0..10_000).find(wanted).unwrap().to_string();
    let cli = Cli::new();
    let server = Server::start_with(&cli, &["--faults", "0.2", "--seed", &seed]);
    let ran = cli
        .run(&["--base-url", &server.url, "--key", SECRET, "-v", "predict", "-m", "color", &image("coffee.jpg")])
        .ended(0);
    ran.says(&["Sienna"], &["/models/color: 500 in ", "/outputs: 200 in "]);
}

#[test]
fn the_key_appears_nowhere() {
    let cli = Cli::new();
    let server = Server::start(&cli);
    let coffee = image("coffee.jpg");
    for key in ["--key", "--pat"] {
        for arguments in [
            &["--base-url", &server.url, "predict", &coffee, "-vvv"][..],
            &["--base-url", &server.url, "predict", "-m", "no-such-model", &coffee, "-vvv"],
            &["--base-url", NOBODY, "predict", &coffee, "-vvv"],
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
fn an_app_secret_is_traded_for_a_token_and_neither_is_shown() {
    let cli = Cli::new().env("CLARIFAI_APP_ID", "id").env("CLARIFAI_APP_SECRET", SECRET);
    let server = Server::start(&cli);
    let ran = cli.run(&["--base-url", &server.url, "predict", &image("coffee.jpg"), "-vvv"]).ended(0);
    assert!(!format!("{ran:?}").contains("sentinel"), "{ran:?}");
    ran.says(&["brown"], &["/v2/token: 200", "authorization: Basic ***", "authorization: Bearer ***"]);
}
