//! Numbers and characters that pass through the program unchanged: `--metadata` and `--json`.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use common::{Cli, CliOutput};

/// A number of each kind that an `f64` changes or cannot hold.
const METADATA: &str = r#"{"exact":0.46909166766811283,"big":12345678901234567890123,"e":1e400,"z":1.0,"m":-0.0}"#;

/// A server that responds with one JSON text, and keeps the bodies of the requests.
struct Server {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(reply: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&bodies);
        thread::spawn(move || listener.incoming().for_each(|stream| serve(&stream.unwrap(), &log, reply)));
        Self { url, bodies }
    }

    fn run(&self, arguments: &[&str]) -> CliOutput {
        let global = ["--key", "k12345", "--base-url", &self.url];
        Cli::new().run(&[&global, arguments].concat()).expect_code(0)
    }

    /// Returns the body of the last request.
    fn last_body(&self) -> String {
        self.bodies.lock().unwrap().last().unwrap().clone()
    }
}

fn serve(mut stream: &TcpStream, log: &Mutex<Vec<String>>, reply: &str) {
    let mut lines = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).unwrap();
    log.lock().unwrap().push(String::from_utf8(body).unwrap());
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", reply.len());
    stream.write_all((head + reply).as_bytes()).unwrap();
}

#[test]
fn metadata_are_sent_digit_for_digit() {
    let server = Server::start(r#"{"status": {"code": 10000}, "inputs": [{"id": "a"}], "hits": []}"#);
    let url = "https://example.com/a.jpg";
    let member = format!("\"metadata\":{METADATA}");
    for arguments in
        [&["inputs", "create", url, "--metadata", METADATA][..], &["inputs", "update", "a", "--metadata", METADATA]]
    {
        server.run(arguments);
        assert!(server.last_body().contains(&member), "{}", server.last_body());
        for json in [&["--dry-run"][..], &["--dry-run", "--json"]] {
            let shown = server.run(&[json, arguments].concat()).out;
            let text: String = shown.split_whitespace().collect();
            assert!(text.contains(&member), "{shown}");
        }
    }
    server.run(&["search", "--metadata", METADATA]);
    for member in METADATA.trim_matches(['{', '}']).split(',') {
        assert!(server.last_body().contains(&format!("{{\"metadata\":{{{member}}}}}")), "{}", server.last_body());
    }
}

#[test]
fn json_output_has_the_digits_and_characters_of_the_service() {
    let reply = "{\"status\": {\"code\": 10000},\n \"inputs\": [\n  {\"id\": \"a\", \"data\": {\"metadata\": {\"exact\": \
        0.46909166766811283, \"e\": 1e400}},\n   \"n\": 12345678901234567890123, \"text\": \"\u{7f}\\u001b\\/\u{9b}é\"}]}";
    let line = "{\"id\":\"a\",\"data\":{\"metadata\":{\"exact\":0.46909166766811283,\"e\":1e400}},\
        \"n\":12345678901234567890123,\"text\":\"\u{7f}\\u001b\\/\u{9b}é\"}\n";
    let server = Server::start(reply);
    assert_eq!(server.run(&["inputs", "list", "--json"]).out, line);
    assert_eq!(server.run(&["inputs", "list", "--limit", "1", "--json"]).out, line);
    assert_eq!(server.run(&["inputs", "update", "a", "--concept", "c", "--json"]).out, line);
    let created = server.run(&["inputs", "create", "https://example.com/a.jpg", "--json"]).out;
    assert_eq!(created, line.replacen('{', "{\"source\":\"https://example.com/a.jpg\",\"outcome\":\"created\",", 1));
    // A table is readable although no `f64` holds the number.
    server.run(&["inputs", "list"]).expect_text(&["ID", "a"], &[]);
}

#[test]
fn predictions_and_single_records_have_the_digits_of_the_service() {
    let reply = r#"{"status": {"code": 10000, "x": 1.50}, "model": {"id": "m", "n": 1.0}, "outputs": [{"status":
        {"code": 10000}, "data": {"concepts": [{"name": "cat", "value": 0.46909166766811283, "e": 1e400}]}}], "results":
        [{"status": {"code": 10000}, "outputs": [{"data": {}, "e": -1e400}]}]}"#;
    let server = Server::start(reply);
    let url = "https://example.com/a.jpg";
    assert_eq!(
        server.run(&["predict", url, "--json"]).out,
        "{\"source\":\"https://example.com/a.jpg\",\"status\":{\"code\":10000},\"data\":{\"concepts\":[{\"name\":\"cat\",\
         \"value\":0.46909166766811283,\"e\":1e400}]}}\n"
    );
    assert_eq!(
        server.run(&["workflows", "predict", "w", url, "--json"]).out,
        "{\"source\":\"https://example.com/a.jpg\",\"status\":{\"code\":10000},\"outputs\":[{\"data\":{},\"e\":-1e400}]}\n"
    );
    assert_eq!(server.run(&["models", "create", "m", "--json"]).out, "{\"id\":\"m\",\"n\":1.0}\n");
    assert_eq!(server.run(&["inputs", "delete", "a", "--json"]).out, "{\"code\":10000,\"x\":1.50}\n");
    server.run(&["predict", url]).expect_text(&["cat", "46.9 %"], &[]);
}
