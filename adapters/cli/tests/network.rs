//! Calls side by side, lists that change, and ends by Ctrl-C, against servers on this machine.
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
use common::{Cli, Ran};
use serde_json::{Value, json};

/// What a server makes of a request: HTTP status, headers and body, or no answer at all.
type Answer = Option<(u16, &'static str, Value)>;

/// A server whose answers a function makes of method, path and body. It ends with the test.
struct Server {
    url: String,
    /// The most requests there were at once.
    at_once: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str, &Value) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (at_once, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (most, log, answer) = (Arc::clone(&at_once), Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            let now = Arc::new(AtomicUsize::new(0));
            for stream in listener.incoming() {
                let (most, log, answer, now) = (most.clone(), log.clone(), answer.clone(), now.clone());
                thread::spawn(move || serve(&stream.unwrap(), &most, &now, &log, &*answer));
            }
        });
        Self { url, at_once, asked }
    }

    fn cli(&self, arguments: &[&str]) -> Command {
        Cli::new().command(&[&["--key", "k12345", "--base-url", &self.url], arguments].concat())
    }

    /// How often it was asked.
    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Waits until it was asked so often.
    fn wait_for(&self, asked: usize) {
        let start = Instant::now();
        while self.count() < asked {
            assert!(start.elapsed() < Duration::from_secs(30), "it was not asked");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts the program, waits until the server was asked so often, and a little longer.
    fn begin(&self, arguments: &[&str], asked: usize) -> Child {
        let child = self.cli(arguments).spawn().unwrap();
        self.wait_for(asked);
        thread::sleep(Duration::from_millis(300));
        child
    }
}

fn serve(
    stream: &TcpStream,
    most: &AtomicUsize,
    now: &AtomicUsize,
    log: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str, &Value) -> Answer,
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
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        log.lock().unwrap().push(request.clone());
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let Some((status, headers, answer)) = answer(&request, &body) else {
            // Holds the connection open, and says nothing.
            thread::sleep(Duration::from_secs(3600));
            return;
        };
        now.fetch_sub(1, Ordering::SeqCst);
        let text = answer.to_string();
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", text.len());
        let mut stream = stream;
        if stream.write_all((head + &text).as_bytes()).is_err() {
            return;
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is one answer among others")]
fn good(mut members: Value) -> Answer {
    members["status"] = json!({"code": 10000, "description": "Ok"});
    Some((200, "", members))
}

/// An output for each input, which names it.
fn outputs(body: &Value) -> Answer {
    let output = |input: &Value| json!({"status": {"code": 10000}, "data": {}, "new": input["data"]["image"]["url"]});
    good(json!({"outputs": body["inputs"].as_array().unwrap().iter().map(output).collect::<Vec<_>>()}))
}

fn addresses(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("https://example.com/{number}.jpg")).collect()
}

fn with<'a>(arguments: &[&'a str], inputs: &'a [String]) -> Vec<&'a str> {
    arguments.iter().copied().chain(inputs.iter().map(String::as_str)).collect()
}

/// Tells a program to end, and what it left. It has two seconds by its own clock, one of them for what does not end by
/// itself; a busy machine may add some. What it would wait for otherwise is 100 seconds away at least.
#[cfg(unix)]
fn end(child: Child, signal: &str) -> Ran {
    let start = Instant::now();
    kill(signal, child.id());
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}: {ran:?}", start.elapsed());
    ran.ended(130)
}

/// Where requests wait for each other: how many came, and how many were answered.
#[derive(Default)]
struct Meeting {
    came_and_left: Mutex<(usize, usize)>,
    changed: Condvar,
}

impl Meeting {
    fn comes(&self) -> usize {
        let mut state = self.came_and_left.lock().unwrap();
        state.0 += 1;
        self.changed.notify_all();
        state.0
    }

    fn leaves(&self) {
        self.came_and_left.lock().unwrap().1 += 1;
        self.changed.notify_all();
    }

    fn waits_for(&self, enough: impl Fn(usize, usize) -> bool) {
        let state = self.came_and_left.lock().unwrap();
        // Who waits in vain is found out by what is said of it afterwards.
        drop(
            self.changed
                .wait_timeout_while(state, Duration::from_secs(30), |(came, left)| !enough(*came, *left))
                .unwrap(),
        );
    }
}

#[test]
fn calls_go_side_by_side_and_results_stay_in_order() {
    for (jobs, most) in [("1", 1), ("2", 2), ("32", 3)] {
        let meeting = Meeting::default();
        let server = Server::start(move |_, body| {
            let number = meeting.comes();
            // All that may be there at once are, and the first of several is answered after another.
            meeting.waits_for(|came, left| came >= most && (number > 1 || most == 1 || left > 0));
            // One too many would come by now.
            thread::sleep(Duration::from_millis(50));
            meeting.leaves();
            outputs(body)
        });
        let urls = addresses(300);
        let out = server.cli(&with(&["predict", "--json", "--jobs", jobs], &urls)).output().unwrap();
        let ran = Ran::of(&out).ended(0);
        let lines = ran.lines();
        let member = |name| lines.iter().map(|line| line[name].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(member("source"), urls);
        assert_eq!(member("new"), urls, "what nobody here knows is kept too, and with its source");
        assert_eq!(server.count(), 3);
        assert_eq!(server.at_once.load(Ordering::SeqCst), most, "--jobs {jobs}");
        ran.says(&[], &["inputs: begun\n", "inputs: 300 done, 0 failed, of 300\n"]);
    }
    for jobs in ["0", "33", "many"] {
        Cli::new().run(&["--simulator", "predict", "a.jpg", "--jobs", jobs]).ended(2);
    }
}

#[test]
fn a_lost_answer_is_looked_up_and_not_sent_twice() {
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
    let ran = Ran::of(
        &server.cli(&["inputs", "create", "https://example.com/a.jpg", "--content-ids", "--json"]).output().unwrap(),
    )
    .ended(0);
    assert!(
        ran.lines()[0]["outcome"].as_str().is_some_and(|outcome| ["created", "already there"].contains(&outcome)),
        "{ran:?}"
    );
    let asked = server.asked.lock().unwrap().iter().filter(|request| request.starts_with("POST")).count();
    assert_eq!(asked, 1);
}

#[test]
fn a_list_that_changes_is_printed_and_reported() {
    let server = Server::start(|request, _| {
        let page: usize = request.split("page=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        // Somebody adds one in front after the first page.
        let ids: &[usize] = [&[1, 2][..], &[2, 3], &[]][page - 1];
        good(json!({"inputs": ids.iter().map(|id| json!({"id": id.to_string()})).collect::<Vec<_>>()}))
    });
    let ran =
        Ran::of(&server.cli(&["inputs", "list", "--all", "--per-page", "2", "--json"]).output().unwrap()).ended(1);
    let ids: Vec<_> = ran.lines().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    ran.says(&[], &["error: list inputs: the list changed while it was read: 1 items came twice"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_request_that_hangs() {
    let server = Server::start(|_, _| None);
    let ran = end(server.begin(&["predict", "https://example.com/a.jpg", "--json"], 1), "-INT");
    assert_eq!(ran.lines()[0]["source"], "https://example.com/a.jpg");
    assert!(ran.lines()[0]["error"].as_str().unwrap().contains("interrupted"));
    ran.says(&[], &["error: interrupted"]);
    // A call without an account of its own, too; and by SIGTERM.
    let ran = end(server.begin(&["inputs", "status"], 2), "-TERM");
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "error: interrupted\n"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_what_is_known() {
    let calls = AtomicUsize::new(0);
    let server =
        Server::start(move |_, body| (calls.fetch_add(1, Ordering::SeqCst) < 2).then(|| outputs(body)).flatten());
    let urls = addresses(600);
    // The third call hangs, and with one job there is no fourth.
    let ran = end(server.begin(&with(&["predict", "--json", "--jobs", "1"], &urls), 3), "-INT");
    let lines = ran.lines();
    assert_eq!(lines.len(), 3 * 128, "{ran:?}");
    assert_eq!(lines.iter().filter(|line| line["error"].is_null()).count(), 256);
    ran.says(&[], &["note: 216 more inputs were not looked at", "error: interrupted"]);

    let calls = AtomicUsize::new(0);
    let server = Server::start(move |_, _| {
        let page = calls.fetch_add(1, Ordering::SeqCst);
        (page < 2).then(|| good(json!({"inputs": [{"id": page.to_string()}]}))).flatten()
    });
    let ran = end(server.begin(&["inputs", "list", "--all", "--json"], 3), "-INT");
    assert_eq!(ran.lines().len(), 2);
    ran.says(&[], &["error: interrupted, after 2 items"]);

    // What may be stored or not is named.
    let server = Server::start(|_, _| None);
    let ran = end(server.begin(&["inputs", "create", "https://example.com/a.jpg", "--id", "a", "--json"], 1), "-INT");
    assert_eq!(ran.lines()[0]["outcome"], "unknown");
    ran.says(&[], &["error: https://example.com/a.jpg: interrupted: it may be stored or not"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_what_cannot_be_woken() {
    let mut child = Cli::new().command(&["--simulator", "predict", "-"]).spawn().unwrap();
    // Standard input is open, and nobody writes to it.
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
fn ctrl_c_ends_a_pause() {
    let server = Server::start(|_, _| Some((429, "retry-after: 100\r\n", json!({"status": {"code": 11005}}))));
    for arguments in [&["inputs", "status"][..], &["predict", "https://example.com/a.jpg"]] {
        let asked = server.count();
        end(server.begin(arguments, asked + 1), "-INT").says(&[], &["error: interrupted"]);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_wait_and_tells_how_to_go_on() {
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
    // After the third question the answer to the second is known.
    let ran = end(server.begin(&["models", "train", "m", "--wait", "--json"], 3), "-INT");
    assert_eq!(
        (&ran.lines()[0]["outcome"], &ran.lines()[0]["model_version"]["id"]),
        (&"interrupted".into(), &"v1".into())
    );
    ran.says(&[], &["training m: begun", "wait on with `clarifai models wait m --version v1`"]);
    // A server that nobody else asks any more.
    let server = queued();
    let ran = end(server.begin(&["inputs", "wait", "--json"], 2), "-TERM");
    assert_eq!(ran.lines(), [json!({"outcome": "interrupted", "last": {"processed": 1, "to_process": 2}})]);
    // And one whose time is up.
    let late = Ran::of(&server.cli(&["inputs", "wait", "--timeout", "1", "--json"]).output().unwrap()).ended(6);
    assert_eq!((&late.lines()[0]["outcome"], &late.lines()[0]["last"]["to_process"]), (&"timed out".into(), &2.into()));
    late.says(&[], &["error: wait for uploads: the deadline passed"]);
}

/// A token reaches the service's own models at their owner's address and nowhere else; their ids are known, so nobody
/// looks them up.
#[test]
fn a_public_model_is_asked_at_its_own_address() {
    let server = Server::start(|_, body| outputs(body));
    let owner = "/v2/users/clarifai/apps/main/models/general-image-recognition/outputs";
    for scope in [&[][..], &["--user", "u", "--app", "a"]] {
        let arguments =
            [&["--pat", "p12345", "--base-url", &server.url], scope, &["predict", "https://u/1.jpg"]].concat();
        Cli::new().run(&arguments).ended(0).says(&["Nothing was recognised."], &[]);
        assert_eq!(std::mem::take(&mut *server.asked.lock().unwrap()), [format!("POST {owner}")]);
    }
}

#[test]
fn an_empty_answer_is_called_so() {
    let server = Server::start(|_, _| {
        good(
            json!({"outputs": [{"status": {"code": 10000}, "data": {"concepts": [], "regions": null, "metadata": {}}}]}),
        )
    });
    let ran = Ran::of(&server.cli(&["predict", "https://u/1.jpg"]).output().unwrap()).ended(0);
    ran.says(&["Nothing was recognised."], &[]);
}

/// The answer was lost, and the input was found: nothing is wrong any more.
#[test]
fn what_was_lost_and_found_is_no_failure() {
    let server = Server::start(|request, _| match request.rsplit_once('/') {
        _ if request.starts_with("POST") => Some((502, "", json!("<html>"))),
        id => good(json!({"input": {"id": id.unwrap().1, "status": {"code": 30000}}})),
    });
    let ran =
        Ran::of(&server.cli(&["inputs", "create", "https://u/1.jpg", "--content-ids", "--wait"]).output().unwrap());
    ran.ended(0).says(&["1 of 1 input processed."], &[]);
}

/// Stores what it is sent.
fn stores(body: &Value, code: u32) -> Answer {
    let stored = |input: &Value| json!({"id": input["id"].as_str().unwrap_or("new"), "status": {"code": code}});
    let inputs: Vec<_> = body["inputs"].as_array().unwrap().iter().map(stored).collect();
    match code {
        30100 => Some((400, "", json!({"status": {"code": 10020}, "inputs": inputs}))),
        _ => good(json!({"inputs": inputs})),
    }
}

#[cfg(unix)]
#[test]
fn what_changes_something_is_brought_to_its_end_without_a_reader() {
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
    for (arguments, inputs, said) in [
        (&["inputs", "create"][..], addresses(700), "700 inputs are done, 0 failed"),
        (&["inputs", "delete"], ids, "all 700 were sent"),
    ] {
        // A reader that is gone before the program begins.
        let (reader, writer) = UnixStream::pair().unwrap();
        reader.shutdown(Shutdown::Both).unwrap();
        let mut child = server.cli(&with(arguments, &inputs)).stdout(OwnedFd::from(writer)).spawn().unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(5), "{err}");
        assert!(err.contains(said), "{err}");
        assert_eq!(stored.swap(0, Ordering::SeqCst), 700, "{err}");
    }
}

#[test]
fn the_id_of_a_refused_attempt_is_not_that_of_the_input() {
    let server = Server::start(|_, body| stores(body, 30100));
    let ran = Ran::of(&server.cli(&["inputs", "create", "https://u/1.jpg", "--json"]).output().unwrap()).ended(0);
    let line: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&line["outcome"], &line["id"]), (&json!("already there"), &Value::Null), "{line}");
    let twice = ["inputs", "create", "https://u/1.jpg", "https://u/1.jpg", "--content-ids", "--json"];
    let ran = Ran::of(&server.cli(&twice).output().unwrap()).ended(0);
    let ids: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0].is_string() && ids[0] == ids[1], "{ids:?}");
}

#[test]
fn several_deletions_have_one_deadline_and_one_account() {
    let looks = AtomicUsize::new(0);
    let server = Server::start(move |request, _| match request.rsplit_once('/') {
        _ if request.starts_with("DELETE") => good(json!({})),
        // Each is there for two looks, and so for a second.
        Some((_, id @ ("c" | "d" | "e" | "f"))) if looks.fetch_add(1, Ordering::SeqCst) % 3 < 2 => {
            good(json!({"input": {"id": id, "status": {"code": 30000}}}))
        }
        _ => Some((404, "", json!({"status": {"code": 11101}}))),
    });
    let ran = Ran::of(&server.cli(&["inputs", "delete", "a", "b", "--wait"]).output().unwrap()).ended(0);
    assert_eq!(ran.err.matches("begun").count(), 1, "{}", ran.err);
    ran.says(&["2 inputs are deleted."], &["2 of 2"]);
    // No one of them takes two seconds, and all together do.
    let late = ["inputs", "delete", "c", "d", "e", "f", "--wait", "--timeout", "2"];
    Ran::of(&server.cli(&late).output().unwrap()).ended(6);
}

/// What `nohup` has started does not end when its terminal goes.
#[cfg(unix)]
#[test]
fn a_hangup_that_is_ignored_stays_so() {
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
