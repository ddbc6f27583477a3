//! What users of other clients and tools reported, as tables: one test for each kind of problem.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use clarifai_tests::conformance::server::{Act, Server as TlsServer};
use clarifai_tests::conformance::tls::{self, Flaw};
use common::{Cli, CliOutput, image};
use serde_json::{Value, json};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Returns HTTP status and body of a response, for a request and its body.
type Respond = dyn Fn(&str, &Value) -> (u16, Vec<u8>) + Send + Sync;

/// A server that responds to each request, given as `METHOD /path` and its body. It ends with the test.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(respond: impl Fn(&str, &Value) -> (u16, Vec<u8>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, respond) = (Arc::clone(&requests), Arc::new(respond));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, respond) = (Arc::clone(&log), Arc::clone(&respond));
                thread::spawn(move || serve(&stream.unwrap(), &log, &*respond));
            }
        });
        Self { url, requests }
    }

    /// Starts a server that always gives this response.
    fn json(status: u16, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self::start(move |_, _| (status, body.clone()))
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn run(&self, arguments: &[&str]) -> CliOutput {
        Cli::new().run(&[&["--key", KEY, "--base-url", &self.url], arguments].concat())
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<String>>, respond: &Respond) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let request = first.trim().trim_end_matches(" HTTP/1.1").to_owned();
        log.lock().unwrap().push(request.clone());
        let (status, body) = respond(&request, &serde_json::from_slice(&body).unwrap_or(Value::Null));
        let location = if status == 302 { "location: https://elsewhere.example/v2\r\n" } else { "" };
        let head = format!("HTTP/1.1 {status} x\r\n{location}content-length: {}\r\n\r\n", body.len());
        if (&mut &*stream).write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

fn ok() -> Value {
    json!({"code": 10000, "description": "Ok"})
}

fn cats(count: usize) -> Value {
    let output = json!({"status": ok(), "data": {"concepts": [{"id": "c", "name": "cat", "value": 0.9}]}});
    json!({"status": ok(), "outputs": vec![output; count]})
}

/// Kind A: nothing is sent before the handshake is complete, so uploads are reported as not sent, and one attempt
/// suffices for a certificate that is not trusted.
#[test]
fn failed_handshakes_are_reported_as_not_sent() {
    let photo = image("coffee.jpg");
    let upload = |url: &str, more: &[&str]| {
        let fixed = ["--key", KEY, "--base-url", url, "--json", "inputs", "create", &photo, &photo];
        let cli = Cli::new();
        let ran = cli.run(&[&fixed, more].concat());
        for line in ran.json_lines() {
            assert_eq!(line["outcome"], "not sent", "{ran:?}");
        }
        ran.expect_code(5)
    };
    for flaw in [Flaw::None, Flaw::WrongHost, Flaw::Expired, Flaw::SelfSigned, Flaw::OtherAuthority] {
        let server = TlsServer::with_tls(vec![vec![Act::Read]; 9], tls::server(flaw));
        let ran = upload(&server.url(), &[]);
        assert_eq!(server.connections(), 1, "{flaw:?}");
        ran.expect_text(
            &[],
            &["the certificate of the server is not trusted", "invalid peer certificate", "--ca-file"],
        );
    }
    for acts in [vec![Act::ReadBytes(5), Act::Write(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())], vec![Act::Cut]] {
        let server = TlsServer::start(vec![acts; 9]);
        upload(&format!("https://localhost:{}", server.address().port()), &[]);
    }
}

#[test]
fn root_certificates_are_added_by_option_and_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("company.pem");
    let pem = base64::engine::general_purpose::STANDARD.encode(tls::authority());
    std::fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n")).unwrap();
    let (file, dir) = (file.to_str().unwrap().to_owned(), folder.path().to_str().unwrap().to_owned());
    let body = json!({"status": ok(), "inputs": []}).to_string();
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes();
    let list = |cli: Cli, options: &[&str]| {
        let server =
            TlsServer::with_tls(vec![vec![Act::Read, Act::Write(response.clone())]; 9], tls::server(Flaw::None));
        cli.run(&[&["--key", KEY, "--base-url", &server.url(), "inputs", "list"], options].concat())
    };
    list(Cli::new(), &["--ca-file", &file]).expect_code(0);
    list(Cli::new().env("SSL_CERT_FILE", &file), &[]).expect_code(0);
    list(Cli::new().env("SSL_CERT_DIR", &dir), &[]).expect_code(0);
    list(Cli::new().env("SSL_CERT_FILE", &file), &["--native-roots"]).expect_code(0);
    list(Cli::new(), &["--ca-file", "/no/such.pem"]).expect_code(2).expect_text(&[], &["--ca-file /no/such.pem"]);
    let ran = list(Cli::new().env("SSL_CERT_FILE", "/no/such.pem"), &[]).expect_code(2);
    ran.expect_text(&[], &["SSL_CERT_FILE"]);
    // Without TLS no certificate is needed.
    let server = Server::json(200, &json!({"status": ok(), "inputs": []}));
    let cli = Cli::new().env("SSL_CERT_FILE", "/no/such.pem");
    cli.run(&["--key", KEY, "--base-url", &server.url, "inputs", "list"]).expect_code(0);
}

/// Kind B: the result of a workflow is that of its models.
#[test]
fn workflows_report_the_model_that_failed_and_show_the_others() {
    let model = |id: &str, status: Value, data: Value| json!({"status": status, "model": {"id": id}, "data": data});
    let bad = || {
        let status = json!({"code": 21200, "description": "Model does not exist", "details": "gone"});
        model("m1", status, json!({}))
    };
    let good = || model("m2", ok(), json!({"concepts": [{"name": "cat", "value": 0.9}]}));
    let mixed = json!({"code": 10010, "description": "Mixed Success"});
    let failure = json!({"code": 10020, "description": "Failure"});
    for (own, outputs, code, out, err) in [
        (ok(), vec![bad(), good()], 1, &["cat", "m1", "Failed: 21200", "gone"][..], &["21200", "m1", "gone"][..]),
        (mixed, vec![bad(), good()], 1, &["cat"], &["21200", "m1"]),
        (failure, vec![bad(), bad()], 1, &["Failed: 21200"], &["21200", "m1"]),
        (ok(), vec![good()], 0, &["cat"], &[]),
        (ok(), vec![], 0, &["x.jpg", "No output of any model."], &[]),
        (json!({"code": 30002, "description": "Download failed"}), vec![], 1, &["x.jpg"], &["30002"]),
    ] {
        let whole = if own["code"] == 30002 { json!({"code": 10020}) } else { own.clone() };
        let body = json!({"status": whole, "results": [{"status": own, "input": {"id": "i"}, "outputs": outputs}]});
        let ran = Server::json(200, &body).run(&["workflows", "predict", "w", "https://x.example/x.jpg"]);
        let ran = ran.expect_code(code).expect_text(out, err);
        assert!(!ran.err.contains("SUCCESS"), "{ran:?}");
    }
}

/// Kind D: a config file that is not needed is no reason to give up.
#[test]
fn unreadable_config_is_a_warning_unless_it_is_needed() {
    let server = Server::start(|_, _| (200, cats(1).to_string().into_bytes()));
    let predict = ["predict", "https://x.example/1.jpg"];
    for what in ["a folder", "another encoding", "not INI", "home is a file"] {
        let with = |cli: Cli| {
            match what {
                "a folder" => std::fs::create_dir_all(cli.config_path()).unwrap(),
                "home is a file" => {}
                _ => {
                    cli.write_config("");
                    let bytes: &[u8] =
                        if what == "not INI" { b"[clarifai\nx" } else { b"[clarifai]\n# caf\xE9\nx = y" };
                    std::fs::write(cli.config_path(), bytes).unwrap();
                }
            }
            cli
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        let with_home = |cli: Cli| match what {
            "home is a file" => cli.env("HOME", file.path().to_str().unwrap()),
            _ => cli,
        };
        let cli = with_home(with(Cli::new().env("CLARIFAI_PAT", KEY).env("CLARIFAI_API_BASE", &server.url)));
        cli.run(&predict).expect_code(0).expect_text(&["cat"], &["warning: ", "config"]);
        let cli = with_home(with(Cli::new().env("CLARIFAI_API_BASE", &server.url)));
        cli.run(&predict).expect_code(2).expect_text(&[], &["error: ", "config"]);
    }
}

/// Kind E: byte order marks, UTF-16 and empty files.
#[test]
fn marks_and_empty_files_are_read_over() {
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let text = format!("[clarifai]\r\nCLARIFAI_API_KEY = {KEY}\r\n");
    for bytes in [format!("\u{feff}{text}").into_bytes(), utf16(&text), text.clone().into_bytes()] {
        let cli = Cli::new();
        cli.write_config("");
        std::fs::write(cli.config_path(), bytes).unwrap();
        cli.run(&["config"]).expect_code(0).expect_text(&["****cdef"], &[]);
        // Line ends stay, and there is one section.
        cli.run(&["config", "set", "user", "me"]).expect_code(0);
        let changed = std::fs::read_to_string(cli.config_path()).unwrap();
        assert_eq!(changed.matches("[clarifai]").count(), 1, "{changed:?}");
        assert_eq!(changed.matches('\n').count(), changed.matches("\r\n").count(), "{changed:?}");
        cli.run(&["config", "unset", "user"]).expect_code(0);
        assert_eq!(std::fs::read_to_string(cli.config_path()).unwrap(), text);
    }
    for bytes in [utf16(KEY), format!("\u{feff}{KEY}\r\n").into_bytes()] {
        let cli = Cli::new();
        cli.run_with(&["config", "set", "pat", "-"], &bytes).expect_code(0);
        cli.run(&["config"]).expect_code(0).expect_text(&["****cdef"], &[]);
    }
    for content in ["", " \n", "\u{feff}"] {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        std::fs::write(&state, content).unwrap();
        let state = state.to_str().unwrap();
        Cli::new().run(&["--simulator", "--state", state, "inputs", "create", &image("coffee.jpg")]).expect_code(0);
        let saved = std::fs::read_to_string(state).unwrap();
        std::fs::write(state, format!("\u{feff}{saved}")).unwrap();
        let ran = Cli::new().run(&["--simulator", "--state", state, "--json", "inputs", "list"]).expect_code(0);
        assert_eq!(ran.json_lines().len(), 1, "{ran:?}");
    }
    let server = Server::start(|_, _| (200, format!("\u{feff}{}", cats(1)).into_bytes()));
    server.run(&["predict", "https://x.example/1.jpg"]).expect_code(0).expect_text(&["cat"], &[]);
}

/// Kind F: settings of other clients are used, or named.
#[test]
fn settings_of_other_clients_count_or_are_named() {
    for (set, path, warning) in [
        (
            &[("CLARIFAI_PAT", KEY), ("CLARIFAI_USER_ID", "alice"), ("CLARIFAI_APP_ID", "holiday")][..],
            "/v2/users/alice/apps/holiday/inputs",
            "",
        ),
        (&[("CLARIFAI_PAT", KEY), ("CLARIFAI_APP_ID", "holiday")], "/v2/users/me/apps/holiday/inputs", ""),
        (&[("CLARIFAI_PAT", KEY), ("CLARIFAI_USER_ID", "alice")], "/v2/inputs", "CLARIFAI_USER_ID"),
        (
            &[("CLARIFAI_PAT", KEY), ("CLARIFAI_APP_ID", "id"), ("CLARIFAI_APP_SECRET", "secret")],
            "/v2/inputs",
            "CLARIFAI_APP_ID and CLARIFAI_APP_SECRET",
        ),
        (&[("CLARIFAI_PAT", KEY), ("CLARIFAI_APP_SECRET", "secret")], "/v2/inputs", "CLARIFAI_APP_SECRET"),
        (&[("CLARIFAI_PAT", KEY), ("CLARIFAI_SESSION_TOKEN", "x")], "/v2/inputs", "CLARIFAI_SESSION_TOKEN"),
        (&[("CLARIFAI_PAT", KEY), ("CLARIFAI_BASE_URL", "x")], "/v2/inputs", "CLARIFAI_API_BASE"),
        (&[("CLARIFAI_PAT", KEY), ("CLARIFAI_PATIENCE", "x")], "/v2/inputs", ""),
    ] {
        let server = Server::json(200, &json!({"status": ok(), "inputs": []}));
        let cli = set.iter().fold(Cli::new(), |cli, (name, value)| cli.env(name, value));
        let ran = cli.run(&["--base-url", &server.url, "inputs", "list"]).expect_code(0);
        assert!(server.requests()[0].starts_with(&format!("GET {path}?")), "{set:?}: {:?}", server.requests());
        assert_eq!(ran.err.contains("warning: "), !warning.is_empty(), "{set:?}: {ran:?}");
        assert!(ran.err.contains(warning), "{set:?}: {ran:?}");
    }
    for (text, used) in [
        (format!("CLARIFAI_API_KEY = {KEY}"), false),
        (format!("[Clarifai]\nCLARIFAI_API_KEY = {KEY}"), true),
        (format!("[clarifai]\nexport CLARIFAI_API_KEY={KEY}"), false),
        (format!("[clarifai]\nAPI_KEY = {KEY}"), false),
        (format!("[default]\nCLARIFAI_API_KEY = {KEY}"), false),
        (format!("contexts:\n  default:\n    env:\n      CLARIFAI_PAT: {KEY}"), false),
        (format!("current_context: default\ncontexts:\n  default:\n    CLARIFAI_PAT: {KEY}"), false),
    ] {
        let cli = Cli::new();
        cli.write_config(&text);
        let ran = cli.run(&["config"]);
        assert_eq!(ran.out.contains("cdef"), used, "{text}: {ran:?}");
        assert!(used || ran.err.contains(".clarifai/config"), "{text}: {ran:?}");
        assert!(!ran.err.contains(KEY), "{ran:?}");
    }
    let cli = Cli::new();
    let file = cli.home.path().join(".config/clarifai/config");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "current_context: default\n").unwrap();
    cli.run(&["config"]).expect_code(0).expect_text(&[], &[".config/clarifai/config", "another Clarifai client"]);
}

/// Kind G: an item that asks for patience is asked again, in the same way for few and for many inputs.
#[test]
fn items_that_ask_for_patience_are_asked_again() {
    for (code, list) in [(10030, "outputs"), (40031, "outputs"), (21355, "outputs"), (40031, "results")] {
        let asked = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&asked);
        let server = Server::start(move |_, body| {
            let item = |input: &Value| {
                let is_odd = input["data"]["image"]["url"] == "https://x.example/1.jpg";
                let mut asked = counter.lock().unwrap();
                *asked += u32::from(is_odd);
                let status = if is_odd && *asked == 1 { json!({"code": code}) } else { ok() };
                json!({"status": status, "data": {}, "outputs": [{"status": status, "data": {}}]})
            };
            let items: Vec<_> = body["inputs"].as_array().unwrap().iter().map(item).collect();
            (200, json!({"status": ok(), list: items}).to_string().into_bytes())
        });
        let inputs: Vec<_> = (0..2).map(|number| format!("https://x.example/{number}.jpg")).collect();
        let command: &[&str] = if list == "outputs" { &["predict"] } else { &["workflows", "predict", "w"] };
        server.run(&[command, &[&*inputs[0], &*inputs[1]]].concat()).expect_code(0);
        assert_eq!(*asked.lock().unwrap(), 2, "{code} in {list}");
    }
}

/// Kind H: one unreadable part costs only itself, and is reported.
#[test]
fn unreadable_parts_are_reported_and_cost_only_themselves() {
    for (old, new) in [("\"cat\"", "\"\\ud83d\""), ("0.9", "1e400"), ("0.9", "NaN"), ("\"cat\"", "\"\u{1}\"")] {
        let body = cats(3).to_string().replacen(old, new, 1).into_bytes();
        let server = Server::start(move |_, _| (200, body.clone()));
        let inputs = ["https://x.example/0.jpg", "https://x.example/1.jpg", "https://x.example/2.jpg"];
        let ran = server.run(&[&["predict"], &inputs[..]].concat()).expect_code(0);
        assert!(ran.out.matches("cat").count() >= 2, "{new}: {ran:?}");
        ran.expect_text(&[], &["1 part of the response cannot be read"]);
    }
}

/// Kind I: addresses and options.
#[test]
fn addresses_and_options_are_checked() {
    let server = Server::start(|_, _| (200, cats(1).to_string().into_bytes()));
    for base in ["/v2", "/v2/"] {
        let base = format!("{}{base}", server.url);
        Cli::new().run(&["--key", KEY, "--base-url", &base, "predict", "https://x.example/1.jpg"]).expect_code(0);
    }
    assert!(server.requests().iter().all(|request| request.starts_with("POST /v2/models/")), "{:?}", server.requests());
    let before = server.requests().len();
    let data = format!("data:image/png,{}", "A".repeat(20_000));
    let bad = format!("data:image/png;base64,{}", "?".repeat(20_000));
    for (arguments, shown) in [
        (&["predict", "--version", "", "https://x.example/1.jpg"][..], "--version must not be empty"),
        (&["predict", "--version", "..", "https://x.example/1.jpg"], "--version must not consist of dots"),
        (&["predict", "--model", "..", "https://x.example/1.jpg"], "dots"),
        (&["models", "get", ".."], "dots"),
        (&["models", "get", ""], "empty"),
        (&["models", "info", "m", "--version", ""], "--version"),
        (&["models", "wait", "m", "--version", "."], "--version"),
        (&["models", "train", ".."], "dots"),
        (&["predict", "--max-concepts", "0", "https://x.example/1.jpg"], "--max-concepts"),
        (&["predict", "--max-concepts", "201", "https://x.example/1.jpg"], "--max-concepts"),
        (&["predict", "--sample-ms", "99", "https://x.example/1.jpg"], "--sample-ms"),
        (&["predict", "--min-value", "2", "https://x.example/1.jpg"], "--min-value"),
        (&["inputs", "list", "--per-page", "0"], "--per-page"),
        (&["search", "--image", "./photo.jgp"], "no such file"),
        (&["search", "--image", "../shots/photo.jpg"], "no such file"),
        (&["search", "--image", "/tmp/no/such.webp"], "no such file"),
        (&["search", "--image", "photo.jpg"], "id:photo.jpg"),
        (&["search", "--image", &data], "data URL"),
        (&["search", "--concept", "boat", "--not-concept", "boat"], "--concept boat contradicts --not-concept boat"),
        (&["search", "--predicted", "boat", "--not-predicted", "name:boat"], "contradicts"),
        (&["inputs", "create", "a.jpg", "--concept", "boat", "--not-concept", "id:boat"], "contradicts"),
        (&["inputs", "update", "a", "--concept", "boat", "--not-concept", "boat"], "contradicts"),
        (&["models", "feedback", "m", "--input", "a", "--concept", "boat", "--not-concept", "boat"], "contradicts"),
    ] {
        let ran = server.run(arguments).expect_code(2).expect_text(&[], &[shown]);
        assert_eq!(ran.err.matches("error:").count(), 1, "{ran:?}");
        assert!(ran.err.len() < 1000, "{ran:?}");
    }
    for url in [&data, &bad] {
        for command in [&["predict"][..], &["inputs", "create"], &["workflows", "predict", "w"]] {
            let ran = server.run(&[command, &[url.as_str()]].concat()).expect_code(1);
            assert!(ran.err.len() < 1000 && ran.err.contains("data URL"), "{ran:?}");
        }
    }
    assert_eq!(server.requests().len(), before, "nothing was sent");
    // A valid data URL is read, and abbreviated as the source.
    let photo = base64::engine::general_purpose::STANDARD.encode(std::fs::read(image("coffee.jpg")).unwrap());
    let photo = &format!("DATA:image/jpeg;base64,{photo}");
    if photo.len() < 100_000 {
        let ran = Cli::new().run(&["--simulator", "--json", "predict", photo]).expect_code(0);
        assert!(ran.out.contains("espresso") && ran.json_lines()[0]["source"].as_str().unwrap().len() < 200, "{ran:?}");
    }
}

/// Kind J: exit codes and names.
#[test]
fn training_that_failed_at_once_ends_with_1() {
    for code in [21111, 21110, 21104] {
        let status = json!({"code": code, "description": "Model training had no positive examples."});
        let model = json!({"id": "m", "name": "m", "model_version": {"id": "v1", "status": status}});
        let server = Server::json(200, &json!({"status": ok(), "model": model, "models": [model]}));
        let ran = server.run(&["models", "train", "m"]);
        let is_failure = ran.err.contains("training of m failed");
        assert_eq!(ran.code, i32::from(is_failure), "{code}: {ran:?}");
        assert!(code != 21111 || is_failure, "{ran:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_stay_distinct() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let names: [&[u8]; 2] = [b"caf\xe8.jpg", b"caf\xe9.jpg"];
    let mut command = Cli::new().command(&["--simulator", "--json", "-q", "predict"]);
    for name in names {
        let path = folder.path().join(OsStr::from_bytes(name));
        std::fs::copy(image("coffee.jpg"), &path).unwrap();
        command.arg(path);
    }
    let ran = CliOutput::new(&command.output().unwrap()).expect_code(0);
    let sources: Vec<_> = ran.json_lines().iter().map(|line| line["source"].as_str().unwrap().to_owned()).collect();
    assert!(sources[0].ends_with("caf\\xE8.jpg") && sources[1].ends_with("caf\\xE9.jpg"), "{sources:?}");
}

#[test]
fn proxies_of_the_environment_follow_the_rules_of_curl() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(0));
    let count = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in proxy.incoming() {
            let mut stream = stream.unwrap();
            *count.lock().unwrap() += 1;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        }
    });
    for (exempt, direct) in [
        ("", false),
        ("localhost, api.clarifai.invalid", true),
        ("clarifai.invalid", true),
        ("*", true),
        ("other.invalid", false),
    ] {
        *seen.lock().unwrap() = 0;
        let cli = Cli::new().env("HTTPS_PROXY", &url).env("NO_PROXY", exempt);
        cli.run(&["--key", KEY, "--base-url", "https://api.clarifai.invalid", "-q", "inputs", "get", "a"]);
        assert_eq!(*seen.lock().unwrap() == 0, direct, "NO_PROXY={exempt:?}");
    }
    let cli = Cli::new().env("HTTPS_PROXY", "socks9://hunter2.example");
    let ran = cli.run(&["--key", KEY, "inputs", "get", "a"]).expect_code(2).expect_text(&[], &["HTTPS_PROXY"]);
    assert!(!ran.err.contains("hunter2"), "{ran:?}");
}

/// Further reports, without a kind of their own.
#[test]
fn further_reports() {
    // A redirect names where it points, and a call that only reads never took effect.
    let ran = Server::json(302, &json!({})).run(&["inputs", "get", "a"]).expect_code(5);
    ran.expect_text(&[], &["https://elsewhere.example/v2", "base URL"]);
    let ran = Server::json(500, &json!({})).run(&["inputs", "get", "a"]).expect_code(5);
    assert!(!ran.err.contains("taken effect"), "{ran:?}");
    // Counts that are missing are not 0.
    let ran = Server::json(200, &json!({"status": ok()})).run(&["inputs", "status"]).expect_code(5);
    ran.expect_text(&[], &["missing at `counts`"]);
    // A concept of an input without a value is present.
    let input = json!({"id": "a", "data": {"concepts": [{"id": "boat"}, {"id": "car", "value": 0}]}});
    let server = Server::json(200, &json!({"status": ok(), "input": input}));
    server.run(&["inputs", "get", "a"]).expect_code(0).expect_text(&["boat, not car"], &[]);
    // JSON is not filtered, text for terminals is.
    let odd = "a\u{7f}b\u{1b}[31m";
    let status = json!({"code": 30002, "details": odd});
    let input = json!({"id": "a", "status": status, "data": {"concepts": [{"id": odd}]}});
    let server = Server::json(200, &json!({"status": ok(), "inputs": [input], "input": input}));
    for command in [&["inputs", "list"][..], &["inputs", "get", "a"]] {
        let ran = server.run(&[command, &["--json"]].concat()).expect_code(0);
        assert_eq!(ran.json_lines()[0]["status"]["details"], odd, "{ran:?}");
        let ran = server.run(command).expect_code(0);
        assert!(!ran.out.contains(['\u{7f}', '\u{1b}']) && ran.out.contains("30002"), "{ran:?}");
    }
}

#[test]
fn time_limits_end_requests_and_commands() {
    let slow = || {
        Server::start(|_, _| {
            thread::sleep(Duration::from_secs(30));
            (200, Vec::new())
        })
    };
    let start = Instant::now();
    let ran = slow().run(&["inputs", "get", "a", "--timeout", "1"]).expect_code(6);
    ran.expect_text(&[], &["timed out after 1 s"]);
    let ran = slow().run(&["predict", "https://x.example/1.jpg", "--json", "--timeout", "1"]).expect_code(6);
    assert_eq!(ran.json_lines().len(), 1, "{ran:?}");
    let ran = slow().run(&["inputs", "create", "https://x.example/1.jpg", "--request-timeout", "1"]);
    ran.expect_text(&[], &["may be stored or not"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn slow_requests_are_reported_after_ten_seconds() {
    let server = Server::start(|_, _| {
        thread::sleep(Duration::from_millis(10_500));
        (200, json!({"status": ok(), "input": {"id": "a"}}).to_string().into_bytes())
    });
    let ran = server.run(&["inputs", "get", "a"]).expect_code(0);
    ran.expect_text(&[], &["GET /v2/inputs/a: no response for 10 s, still waiting"]);
}
