//! Concurrent requests, lists that change, closed output and interrupts, with HTTP servers on this machine.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
#[cfg(unix)]
use std::net::Shutdown;
use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use common::kill;
use common::{Cli, CliOutput};
use serde_json::{Value, json};

/// HTTP status, headers and body of a response, or `None` to never respond.
type Reply = Option<(u16, &'static str, Value)>;

/// A server that responds with a function of method, path and body. It ends with the test.
struct Server {
    url: String,
    /// Largest number of concurrent requests.
    max_concurrent: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(respond: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (max_concurrent, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (max, log, respond) = (Arc::clone(&max_concurrent), Arc::clone(&requests), Arc::new(respond));
        thread::spawn(move || {
            let now = Arc::new(AtomicUsize::new(0));
            for stream in listener.incoming() {
                let (max, log, respond, now) = (max.clone(), log.clone(), respond.clone(), now.clone());
                thread::spawn(move || serve(&stream.unwrap(), &max, &now, &log, &*respond));
            }
        });
        Self { url, max_concurrent, requests }
    }

    fn cli(&self, arguments: &[&str]) -> Command {
        Cli::new().command(&[&["--key", "k12345", "--base-url", &self.url], arguments].concat())
    }

    /// Returns the number of requests.
    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Waits for this number of requests.
    fn wait_for(&self, requests: usize) {
        let start = Instant::now();
        while self.count() < requests {
            assert!(start.elapsed() < Duration::from_secs(30), "no request");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts the program, and waits for this number of requests and a little longer.
    fn begin(&self, arguments: &[&str], requests: usize) -> Child {
        let child = self.cli(arguments).spawn().unwrap();
        self.wait_for(requests);
        thread::sleep(Duration::from_millis(300));
        child
    }
}

fn serve(
    stream: &TcpStream,
    max: &AtomicUsize,
    now: &AtomicUsize,
    log: &Mutex<Vec<String>>,
    respond: &dyn Fn(&str, &Value) -> Reply,
) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut length = 0;
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
        max.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        log.lock().unwrap().push(request.clone());
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let Some((status, headers, reply)) = respond(&request, &body) else {
            // Keeps the connection open without a response.
            thread::sleep(Duration::from_secs(3600));
            return;
        };
        now.fetch_sub(1, Ordering::SeqCst);
        let text = reply.to_string();
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", text.len());
        let mut stream = stream;
        if stream.write_all((head + &text).as_bytes()).is_err() {
            return;
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "must have the same type as other replies")]
fn good(mut members: Value) -> Reply {
    members["status"] = json!({"code": 10000, "description": "Ok"});
    Some((200, "", members))
}

/// Returns an output for each input, which contains the URL of the input.
fn outputs(body: &Value) -> Reply {
    let output = |input: &Value| json!({"status": {"code": 10000}, "data": {}, "new": input["data"]["image"]["url"]});
    good(json!({"outputs": body["inputs"].as_array().unwrap().iter().map(output).collect::<Vec<_>>()}))
}

fn urls(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("https://example.com/{number}.jpg")).collect()
}

fn with<'a>(arguments: &[&'a str], inputs: &'a [String]) -> Vec<&'a str> {
    arguments.iter().copied().chain(inputs.iter().map(String::as_str)).collect()
}

/// Interrupts a program and returns its output. It has two seconds by its own clock, which can be longer on a busy
/// machine. Without the interrupt it would run for at least 100 seconds.
#[cfg(unix)]
fn end(child: Child, signal: &str) -> CliOutput {
    let start = Instant::now();
    kill(signal, child.id());
    let ran = CliOutput::new(&child.wait_with_output().unwrap());
    assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}: {ran:?}", start.elapsed());
    ran.expect_code(130)
}

/// Lets requests wait for each other: how many have arrived, and how many got a response.
#[derive(Default)]
struct Rendezvous {
    arrived_and_left: Mutex<(usize, usize)>,
    changed: Condvar,
}

impl Rendezvous {
    fn arrive(&self) -> usize {
        let mut state = self.arrived_and_left.lock().unwrap();
        state.0 += 1;
        self.changed.notify_all();
        state.0
    }

    fn leave(&self) {
        self.arrived_and_left.lock().unwrap().1 += 1;
        self.changed.notify_all();
    }

    fn wait_until(&self, enough: impl Fn(usize, usize) -> bool) {
        let state = self.arrived_and_left.lock().unwrap();
        // After a timeout, the assertions about the requests fail.
        drop(
            self.changed
                .wait_timeout_while(state, Duration::from_secs(30), |(came, left)| !enough(*came, *left))
                .unwrap(),
        );
    }
}

#[test]
fn sends_concurrent_requests_and_prints_results_in_order() {
    for (jobs, most) in [("1", 1), ("2", 2), ("32", 3)] {
        let rendezvous = Rendezvous::default();
        let server = Server::start(move |_, body| {
            let number = rendezvous.arrive();
            // Waits for all concurrent requests, and responds to the first one after another one.
            rendezvous.wait_until(|came, left| came >= most && (number > 1 || most == 1 || left > 0));
            // One request too many would have arrived by now.
            thread::sleep(Duration::from_millis(50));
            rendezvous.leave();
            outputs(body)
        });
        let urls = urls(300);
        let out = server.cli(&with(&["predict", "--json", "--jobs", jobs], &urls)).output().unwrap();
        let ran = CliOutput::new(&out).expect_code(0);
        let lines = ran.json_lines();
        let member = |name| lines.iter().map(|line| line[name].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(member("source"), urls);
        assert_eq!(member("new"), urls, "unknown members are kept, next to their source");
        assert_eq!(server.count(), 3);
        assert_eq!(server.max_concurrent.load(Ordering::SeqCst), most, "--jobs {jobs}");
        ran.expect_text(&[], &["inputs: started\n", "inputs: 300 done, 0 failed, of 300\n"]);
    }
    for jobs in ["0", "33", "many"] {
        Cli::new().run(&["--simulator", "predict", "a.jpg", "--jobs", jobs]).expect_code(2);
    }
}

#[test]
fn lost_response_is_looked_up_and_not_sent_twice() {
    let calls = AtomicUsize::new(0);
    let stored = Arc::new(Mutex::new(BTreeSet::new()));
    let server = Server::start(move |request, body| {
        let id = |input: &Value| input["id"].as_str().unwrap().to_owned();
        if request.starts_with("POST") {
            let ids: Vec<_> = body["inputs"].as_array().unwrap().iter().map(id).collect();
            stored.lock().unwrap().extend(ids.iter().cloned());
            if calls.fetch_add(1, Ordering::SeqCst) == 0 {
                return Some((500, "", json!({"status": {"code": 98004}})));
            }
            let inputs: Vec<_> = ids.iter().map(|id| json!({"id": id, "status": {"code": 30001}})).collect();
            return good(json!({"inputs": inputs}));
        }
        let id = request.rsplit('/').next().unwrap();
        match stored.lock().unwrap().contains(id) {
            true => good(json!({"input": {"id": id, "status": {"code": 30001}}})),
            false => Some((404, "", json!({"status": {"code": 11101}}))),
        }
    });
    let ran = CliOutput::new(
        &server.cli(&["inputs", "create", "https://example.com/a.jpg", "--content-ids", "--json"]).output().unwrap(),
    )
    .expect_code(0);
    assert!(
        ran.json_lines()[0]["outcome"].as_str().is_some_and(|outcome| ["created", "already there"].contains(&outcome)),
        "{ran:?}"
    );
    let posts = server.requests.lock().unwrap().iter().filter(|request| request.starts_with("POST")).count();
    assert_eq!(posts, 1);
}

#[test]
fn changed_list_is_printed_and_exits_1() {
    let server = Server::start(|request, _| {
        let page: usize = request.split("page=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        // An item is added at the front after the first page.
        let ids: &[usize] = [&[1, 2][..], &[2, 3], &[]][page - 1];
        good(json!({"inputs": ids.iter().map(|id| json!({"id": id.to_string()})).collect::<Vec<_>>()}))
    });
    let ran = CliOutput::new(&server.cli(&["inputs", "list", "--all", "--per-page", "2", "--json"]).output().unwrap())
        .expect_code(1);
    let ids: Vec<_> = ran.json_lines().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    ran.expect_text(&[], &["error: list inputs: "]);
}

#[cfg(unix)]
#[test]
fn interrupt_ends_a_pending_request() {
    let server = Server::start(|_, _| None);
    let ran = end(server.begin(&["predict", "https://example.com/a.jpg", "--json"], 1), "-INT");
    assert_eq!(ran.json_lines()[0]["source"], "https://example.com/a.jpg");
    assert!(ran.json_lines()[0]["error"].as_str().unwrap().contains("interrupted"));
    ran.expect_text(&[], &["error: interrupted"]);
    // A single call ends too, and SIGTERM has the same effect.
    let ran = end(server.begin(&["inputs", "status"], 2), "-TERM");
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "error: interrupted\n"));
}

#[cfg(unix)]
#[test]
fn interrupt_prints_known_results() {
    let calls = AtomicUsize::new(0);
    let server =
        Server::start(move |_, body| (calls.fetch_add(1, Ordering::SeqCst) < 2).then(|| outputs(body)).flatten());
    let urls = urls(600);
    // The third request gets no response, and with one job there is no fourth.
    let ran = end(server.begin(&with(&["predict", "--json", "--jobs", "1"], &urls), 3), "-INT");
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 3 * 128, "{ran:?}");
    assert_eq!(lines.iter().filter(|line| line["error"].is_null()).count(), 256);
    ran.expect_text(&[], &["warning: 216 inputs skipped", "error: interrupted"]);

    let calls = AtomicUsize::new(0);
    let server = Server::start(move |_, _| {
        let page = calls.fetch_add(1, Ordering::SeqCst);
        (page < 2).then(|| good(json!({"inputs": [{"id": page.to_string()}]}))).flatten()
    });
    let ran = end(server.begin(&["inputs", "list", "--all", "--json"], 3), "-INT");
    assert_eq!(ran.json_lines().len(), 2);
    ran.expect_text(&[], &["error: interrupted, after 2 items"]);

    // An input that may have been stored is reported.
    let server = Server::start(|_, _| None);
    let ran = end(server.begin(&["inputs", "create", "https://example.com/a.jpg", "--id", "a", "--json"], 1), "-INT");
    assert_eq!(ran.json_lines()[0]["outcome"], "unknown");
    ran.expect_text(&[], &["error: https://example.com/a.jpg: interrupted; the input may have been stored"]);
}

#[cfg(unix)]
#[test]
fn interrupt_ends_a_blocked_read_of_stdin() {
    let mut child = Cli::new().command(&["--simulator", "predict", "-"]).spawn().unwrap();
    // Standard input stays open, and nothing is written to it.
    let input = child.stdin.take();
    let mut note = String::new();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    err.read_line(&mut note).unwrap();
    assert!(note.contains("simulator"), "{note}");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(end(child, "-INT").out, "");
    drop(input);
}

#[cfg(unix)]
#[test]
fn interrupt_ends_a_retry_pause() {
    let server = Server::start(|_, _| Some((429, "retry-after: 100\r\n", json!({"status": {"code": 11005}}))));
    for arguments in [&["inputs", "status"][..], &["predict", "https://example.com/a.jpg"]] {
        let requests = server.count();
        end(server.begin(arguments, requests + 1), "-INT").expect_text(&[], &["error: interrupted"]);
    }
}

#[cfg(unix)]
#[test]
fn interrupt_ends_a_wait_and_prints_how_to_continue() {
    let queued = || {
        let version = json!({"id": "v1", "status": {"code": 21103, "description": "Model is queued"}});
        Server::start(move |request, _| match request.starts_with("POST") {
            true => good(json!({"model": {"id": "m", "model_version": version}})),
            false if request.contains("/versions/") => good(json!({"model_version": version})),
            false if request.contains("/models/m") => good(json!({"model": {"id": "m", "model_version": version}})),
            false => good(json!({"counts": {"processed": 1, "to_process": 2}})),
        })
    };
    let server = queued();
    // When the third request arrives, the response to the second one is known.
    let ran = end(server.begin(&["models", "train", "m", "--wait", "--json"], 3), "-INT");
    assert_eq!(
        (&ran.json_lines()[0]["outcome"], &ran.json_lines()[0]["model_version"]["id"]),
        (&"interrupted".into(), &"v1".into())
    );
    ran.expect_text(
        &[],
        &[
            "training m: started",
            "error: interrupted\nhint: ",
            "wait for it with `clarifai models wait m --version v1`",
        ],
    );
    // A new server, whose requests are counted from 0.
    let server = queued();
    let ran = end(server.begin(&["inputs", "wait", "--json"], 2), "-TERM");
    assert_eq!(ran.json_lines(), [json!({"outcome": "interrupted", "last": {"processed": 1, "to_process": 2}})]);
    // A wait that times out.
    let late =
        CliOutput::new(&server.cli(&["inputs", "wait", "--timeout", "1", "--json"]).output().unwrap()).expect_code(6);
    assert_eq!(
        (&late.json_lines()[0]["outcome"], &late.json_lines()[0]["last"]["to_process"]),
        (&"timed out".into(), &2.into())
    );
    late.expect_text(&[], &["error: wait for uploads: "]);
}

/// With a personal access token, public models are reached only at the URL of their owner. Their IDs are known, so no
/// search is needed.
#[test]
fn public_model_is_called_at_its_owners_url() {
    let server = Server::start(|_, body| outputs(body));
    let owner = "/v2/users/clarifai/apps/main/models/general-image-recognition/outputs";
    for scope in [&[][..], &["--user", "u", "--app", "a"]] {
        let arguments =
            [&["--pat", "p12345", "--base-url", &server.url], scope, &["predict", "https://u/1.jpg"]].concat();
        Cli::new().run(&arguments).expect_code(0).expect_text(&["No predictions."], &[]);
        assert_eq!(std::mem::take(&mut *server.requests.lock().unwrap()), [format!("POST {owner}")]);
    }
}

#[test]
fn empty_prediction_is_reported() {
    let server = Server::start(|_, _| {
        good(
            json!({"outputs": [{"status": {"code": 10000}, "data": {"concepts": [], "regions": null, "metadata": {}}}]}),
        )
    });
    let ran = CliOutput::new(&server.cli(&["predict", "https://u/1.jpg"]).output().unwrap()).expect_code(0);
    ran.expect_text(&["No predictions."], &[]);
}

/// The response was lost, but the input was found: that is a success.
#[test]
fn lost_response_is_a_success_if_the_input_was_stored() {
    let server = Server::start(|request, _| match request.rsplit_once('/') {
        _ if request.starts_with("POST") => Some((502, "", json!("<html>"))),
        id => good(json!({"input": {"id": id.unwrap().1, "status": {"code": 30000}}})),
    });
    let ran = CliOutput::new(
        &server.cli(&["inputs", "create", "https://u/1.jpg", "--content-ids", "--wait"]).output().unwrap(),
    );
    ran.expect_code(0).expect_text(&["1 of 1 input processed."], &[]);
}

/// Returns the response to a request that stores inputs.
fn stores(body: &Value, code: u32) -> Reply {
    let stored = |input: &Value| json!({"id": input["id"].as_str().unwrap_or("new"), "status": {"code": code}});
    let inputs: Vec<_> = body["inputs"].as_array().unwrap().iter().map(stored).collect();
    match code {
        30100 => Some((400, "", json!({"status": {"code": 10020}, "inputs": inputs}))),
        _ => good(json!({"inputs": inputs})),
    }
}

#[cfg(unix)]
#[test]
fn jobs_that_change_something_complete_after_stdout_is_closed() {
    let stored = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&stored);
    let server = Server::start(move |request, body| {
        if request.starts_with("DELETE") {
            count.fetch_add(body["ids"].as_array().unwrap().len(), Ordering::SeqCst);
            return good(json!({}));
        }
        count.fetch_add(body["inputs"].as_array().unwrap().len(), Ordering::SeqCst);
        stores(body, 30001)
    });
    let ids: Vec<_> = (0..700).map(|number| format!("i{number}")).collect();
    for (arguments, inputs, message) in [
        (&["inputs", "create"][..], urls(700), "700 inputs are done, 0 failed"),
        (&["inputs", "delete"], ids, "stdout was closed; all 700 items were sent"),
    ] {
        // The reader is closed before the program starts.
        let (reader, writer) = UnixStream::pair().unwrap();
        reader.shutdown(Shutdown::Both).unwrap();
        let mut child = server.cli(&with(arguments, &inputs)).stdout(OwnedFd::from(writer)).spawn().unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(5), "{err}");
        assert!(err.contains(message), "{err}");
        assert_eq!(stored.swap(0, Ordering::SeqCst), 700, "{err}");
    }
}

#[test]
fn id_of_a_rejected_duplicate_is_not_reported() {
    let server = Server::start(|_, body| stores(body, 30100));
    let ran = CliOutput::new(&server.cli(&["inputs", "create", "https://u/1.jpg", "--json"]).output().unwrap())
        .expect_code(0);
    let line: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&line["outcome"], &line["id"]), (&json!("already there"), &Value::Null), "{line}");
    let twice = ["inputs", "create", "https://u/1.jpg", "https://u/1.jpg", "--content-ids", "--json"];
    let ran = CliOutput::new(&server.cli(&twice).output().unwrap()).expect_code(0);
    let ids: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0].is_string() && ids[0] == ids[1], "{ids:?}");
}

#[test]
fn several_deletions_share_one_timeout_and_one_progress() {
    let polls = AtomicUsize::new(0);
    let server = Server::start(move |request, _| match request.rsplit_once('/') {
        _ if request.starts_with("DELETE") => good(json!({})),
        // Each one exists for two polls, and so for a second.
        Some((_, id @ ("c" | "d" | "e" | "f"))) if polls.fetch_add(1, Ordering::SeqCst) % 3 < 2 => {
            good(json!({"input": {"id": id, "status": {"code": 30000}}}))
        }
        _ => Some((404, "", json!({"status": {"code": 11101}}))),
    });
    let ran = CliOutput::new(&server.cli(&["inputs", "delete", "a", "b", "--wait"]).output().unwrap()).expect_code(0);
    assert_eq!(ran.err.matches("started").count(), 1, "{}", ran.err);
    ran.expect_text(&["Deleted 2 inputs."], &["2 of 2"]);
    // Each one takes less than two seconds, all of them together take longer.
    let late = ["inputs", "delete", "c", "d", "e", "f", "--wait", "--timeout", "2"];
    CliOutput::new(&server.cli(&late).output().unwrap()).expect_code(6);
}

/// A program started with `nohup` does not end when its terminal is closed.
#[cfg(unix)]
#[test]
fn ignored_hangup_stays_ignored() {
    let server = Server::start(|_, _| None);
    let plain = server.cli(&["models", "list"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = shell.spawn().unwrap();
    server.wait_for(1);
    kill("-HUP", child.id());
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it ended");
    end(child, "-TERM");
}
