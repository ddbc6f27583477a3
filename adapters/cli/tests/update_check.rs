//! `clarifai update-check`, with a server on this machine.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use common::Cli;
use serde_json::json;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Serves one response, and returns its URL and the request.
fn serve(status: &str, body: &str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/tags", listener.local_addr().unwrap());
    let response = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let head = BufReader::new(&stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        (&stream).write_all(response.as_bytes()).unwrap();
        head
    });
    (url, server)
}

#[test]
fn reports_a_newer_release() {
    let tags = r#"[{"name": "v0.0.1"}, {"name": "v99.1.0"}, {"name": "v100.0.0-rc.1"}]"#;
    let (url, server) = serve("200 OK", tags);
    // Credentials in the environment are not sent.
    let cli = Cli::new().env("CLARIFAI_PAT", "sentinel0123456789");
    let output = cli.run(&["update-check", "--url", &url]).expect_code(0);
    assert_eq!(output.out, format!("clarifai 99.1.0 is available (installed: {VERSION}).\n"));
    assert_eq!(output.err, "");
    let request = server.join().unwrap();
    assert_eq!(request[0], "GET /tags HTTP/1.1");
    assert!(request.iter().any(|line| line.to_lowercase().starts_with("user-agent: clarifai-rust/")), "{request:?}");
    let has_credentials = |line: &String| line.to_lowercase().starts_with("authorization") || line.contains("sentinel");
    assert!(!request.iter().any(has_credentials), "{request:?}");

    let (url, _) = serve("200 OK", tags);
    let lines = Cli::new().run(&["update-check", "--url", &url, "--json"]).expect_code(0).json_lines();
    assert_eq!(lines, [json!({"current": VERSION, "newer": "99.1.0"})]);
}

#[test]
fn reports_that_the_program_is_up_to_date() {
    let (url, _) = serve("200 OK", r#"[{"name": "v0.0.1"}]"#);
    let output = Cli::new().run(&["update-check", "--url", &url]).expect_code(0);
    assert_eq!(output.out, format!("clarifai {VERSION} is up to date.\n"));
    let (url, _) = serve("200 OK", r#"[{"name": "v0.0.1"}]"#);
    let lines = Cli::new().run(&["update-check", "--url", &url, "--json"]).expect_code(0).json_lines();
    assert_eq!(lines, [json!({"current": VERSION, "newer": null})]);
}

#[test]
fn failure_is_a_warning() {
    for (status, body, reason) in [
        ("404 Not Found", "[]", "HTTP 404"),
        ("200 OK", "<html>", "invalid response"),
        ("200 OK", "[]", "no releases found"),
    ] {
        let (url, _) = serve(status, body);
        let output = Cli::new().run(&["update-check", "--url", &url]).expect_code(0);
        assert_eq!(output.out, "");
        output.expect_text(&[], &[&format!("warning: cannot check for updates: {reason}")]);
    }
    let output = Cli::new().run(&["update-check", "--url", "http://127.0.0.1:1/"]).expect_code(0);
    output.expect_text(&[], &["warning: cannot check for updates: "]);
}

#[test]
fn dry_run_prints_the_request() {
    let output = Cli::new().run(&["update-check", "--dry-run"]).expect_code(0);
    output.expect_text(&["GET https://api.github.com/repos/clarifai-rs/clarifai/tags\n"], &[]);
}

#[test]
fn exits_2_on_insecure_url_and_simulator() {
    for arguments in
        [&["--url", "http://example.com/tags"][..], &["--url", "https://user@example.com/"], &["--simulator"]]
    {
        Cli::new().run(&[&["update-check"], arguments].concat()).expect_code(2).expect_text(&[], &["error: "]);
    }
}
