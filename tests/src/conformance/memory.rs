//! Scenarios that measure memory, in a process of their own, so that nothing else stands in the figures.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::{App, Credentials};

use super::child;
use super::difference::Difference;
use super::driver::{Driver, Settings};
use super::readme;
use super::reply::{answer, ok};
use super::scenario::{Ended, Op, machine, picture, quick};
use super::secrets;
use super::server::{Act, Server};
use super::table::packed;

const MIB: u64 = 1 << 20;

/// What is measured: name, what it shows, and the most that memory may grow in bytes.
pub const MEASURED: [(&str, &str, u64); 6] = [
    ("memory-upload", "An upload of 100 MB", 8 * MIB),
    ("memory-four-gigabytes", "An announced answer of 4 GiB", 8 * MIB),
    ("memory-endless", "An answer without an end", 8 * MIB),
    ("memory-gzip-bomb", "30 MB packed into 30 KB", 8 * MIB),
    ("memory-headers", "100,000 headers", 64 * MIB),
    ("memory-interim", "A flood of 20,000 interim answers", 64 * MIB),
];

/// Measures, and compares with the limits. The test that calls this is named `memory`.
///
/// # Panics
///
/// Where a call fails, memory grows too much, or a secret shows in what the process prints.
pub fn hold(driver: &impl Driver) {
    let name = driver.name();
    let Some(grown) = measured(driver) else { return };
    for (scenario, _, most) in &MEASURED {
        let bytes = grown[*scenario];
        println!("{name}: {scenario} grew by {} KiB of {}", bytes >> 10, most >> 10);
        let listed = *scenario == "memory-headers" && readme::differs(name, &Difference::ManyHeadersTakeMemory);
        let either = *scenario == "memory-gzip-bomb" && readme::differs(name, &Difference::UnpacksAhead);
        assert!(
            either || (bytes <= *most) != listed,
            "{scenario}: memory grew by {bytes} bytes, {most} are allowed; that it is more is listed: {listed}"
        );
    }
}

/// Runs the test `memory` of this program again in a process of its own, and answers by how many bytes it grew in each
/// scenario; `None` in that process itself. All is 0 where there is no `/proc`.
///
/// # Panics
///
/// Where a call fails, something was not measured, or a secret shows in what the process prints.
pub fn measured(driver: &impl Driver) -> Option<BTreeMap<String, u64>> {
    if child::is_here() {
        measure(driver);
        return None;
    }
    let text = child::run("memory", []);
    // The harness may have written its own words in front.
    let of_line = |line: &str| {
        let (name, bytes) = line.split_once(" grew ")?;
        Some((name.rsplit(' ').next()?.to_owned(), bytes.trim().parse().ok()?))
    };
    let grown: BTreeMap<String, u64> = text.lines().filter_map(of_line).collect();
    for (scenario, ..) in &MEASURED {
        assert!(grown.contains_key(*scenario), "{scenario} was not measured: {grown:?}");
    }
    Some(grown)
}

/// A figure of `/proc/self/status`, in bytes.
fn status(key: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

/// Runs `call` and prints how much more memory was held at its height than before.
fn growth(name: &str, call: impl FnOnce()) {
    // Forgets the height reached before; where that is not allowed, the figure is too large rather than too small.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = status("VmRSS");
    call();
    let grown = status("VmHWM").zip(before).map_or(0, |(height, before)| height.saturating_sub(before));
    println!("{name} grew {grown}");
}

fn app(server: &Server) -> App {
    let app = Credentials::key(secrets::KEY).and_then(|key| App::new(key).with_base(&server.url()));
    app.expect("an app").with_retry(quick().with_max_attempts(1))
}

fn measure(driver: &impl Driver) {
    // What is built on first use is not what is measured.
    let server = Server::always(vec![Act::Discard, Act::Write(ok().bytes())]);
    let app_of = app(&server);
    driver
        .client(app_of.clone(), &Settings::default())
        .run(Op::PredictBytes(100_000).machine(&app_of))
        .expect("an answer");

    upload(driver);
    let bodies: [(&str, Vec<Act>); 5] = [
        (
            "memory-four-gigabytes",
            vec![Act::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 4294967296\r\n\r\n".to_vec()), Act::Hang],
        ),
        (
            "memory-endless",
            vec![
                Act::Write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()),
                Act::Repeat([b"10000\r\n".as_slice(), &[b' '; 65_536], b"\r\n"].concat(), 10_000),
            ],
        ),
        (
            "memory-gzip-bomb",
            vec![Act::Write(answer(200, packed(30_000_000)).header("content-encoding", "gzip").bytes())],
        ),
        (
            "memory-headers",
            vec![
                Act::Write(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Act::Repeat(b"x-a-header: of the flood\r\n".to_vec(), 100_000),
            ],
        ),
        (
            "memory-interim",
            vec![Act::Repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), 20_000), Act::Write(ok().bytes())],
        ),
    ];
    for (name, acts) in bodies {
        let server = Server::start(vec![[vec![Act::Discard], acts].concat()]);
        let app = app(&server);
        let client = driver.client(app.clone(), &Settings::default());
        growth(name, || {
            let ended = Ended::Sent(client.send(Op::List.request(&app)));
            ended.search(name);
        });
    }
    assert!(secrets::take().is_empty(), "a secret stood in an error");
}

fn upload(driver: &impl Driver) {
    let server = Server::start(vec![vec![Act::Discard, Act::Write(ok().bytes())]]);
    let app = app(&server);
    // As long as it takes.
    let client = driver.client(app.clone(), &Settings { timeout: Duration::from_secs(600), ..Settings::default() });
    let part: Bytes = picture(750_000);
    // A hundred pictures that share their bytes: what grows is what the adapter holds.
    let predict = Predict::with("m").inputs((0..100).map(|_| NewInput::image_bytes(part.clone())));
    let machine = machine(&app, predict);
    growth("memory-upload", || drop(client.run(machine).expect("an answer")));
    let arrived = server.arrived();
    let length = arrived[0].header("content-length").and_then(|length| length.parse::<u64>().ok());
    assert!(arrived[0].length > 100_000_000 && length == Some(arrived[0].length), "{:?}", arrived[0]);
}
