//! Scenarios that measure memory, in a separate process, so that nothing else is measured.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::inputs::NewInput;
use clarifai_core::models::Predict;
use clarifai_core::{Config, Credentials};

use super::child;
use super::difference::Difference;
use super::driver::{Driver, Settings};
use super::readme;
use super::reply::{ok, response};
use super::scenario::{Ended, Op, image, machine, quick};
use super::secrets;
use super::server::{Act, Server};
use super::table::packed;

const MIB: u64 = 1 << 20;

/// Scenarios: name, description, and the most that memory may grow, in bytes.
pub const MEASURED: [(&str, &str, u64); 6] = [
    ("memory-upload", "An upload of 100 MB", 8 * MIB),
    ("memory-four-gigabytes", "A response that announces 4 GiB", 8 * MIB),
    ("memory-endless", "An endless response", 8 * MIB),
    ("memory-gzip-bomb", "A response of 30 MB compressed to 30 KB", 8 * MIB),
    ("memory-headers", "A response with 100,000 headers", 64 * MIB),
    ("memory-interim", "A flood of 20,000 interim responses", 64 * MIB),
];

/// Measures memory, and compares it with the limits. The test that calls this must be named `memory`.
///
/// # Panics
///
/// If a call fails, memory grows too much, or the output of the process contains a secret.
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

/// Runs the test `memory` of this program again in a child process, and returns by how many bytes that grew in each
/// scenario, or `None` in the child itself. Without `/proc` all numbers are 0.
///
/// # Panics
///
/// If a call fails, a scenario was not measured, or the output of the process contains a secret.
pub fn measured(driver: &impl Driver) -> Option<BTreeMap<String, u64>> {
    if child::is_here() {
        measure(driver);
        return None;
    }
    let text = child::run("memory", []);
    // The line may start with text of the test harness.
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

/// Returns a value of `/proc/self/status`, in bytes.
fn status(key: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

/// Runs `call`, and prints by how much the peak of memory exceeds the memory before it.
fn growth(name: &str, call: impl FnOnce()) {
    // Resets the peak. Where that is not allowed, the result is too large, never too small.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = status("VmRSS");
    call();
    let grown = status("VmHWM").zip(before).map_or(0, |(height, before)| height.saturating_sub(before));
    println!("{name} grew {grown}");
}

fn config(server: &Server) -> Config {
    let config = Credentials::key(secrets::KEY).and_then(|key| Config::new(key).with_base_url(&server.url()));
    config.expect("a configuration").with_retry(quick().with_max_attempts(1))
}

fn measure(driver: &impl Driver) {
    // The first call creates caches and pools, which are not measured.
    let server = Server::always(vec![Act::Discard, Act::Write(ok().bytes())]);
    let app_of = config(&server);
    driver
        .client(app_of.clone(), &Settings::default())
        .run(Op::PredictBytes(100_000).machine(&app_of))
        .expect("a response");

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
            vec![Act::Write(response(200, packed(30_000_000)).header("content-encoding", "gzip").bytes())],
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
        let config = config(&server);
        let client = driver.client(config.clone(), &Settings::default());
        growth(name, || {
            let ended = Ended::Sent(client.send(Op::List.request(&config)));
            ended.search(name);
        });
    }
    assert!(secrets::take().is_empty(), "an error contained a secret");
}

fn upload(driver: &impl Driver) {
    let server = Server::start(vec![vec![Act::Discard, Act::Write(ok().bytes())]]);
    let config = config(&server);
    // The upload is not limited in time.
    let client = driver.client(config.clone(), &Settings { timeout: Duration::from_secs(600), ..Settings::default() });
    let part: Bytes = image(750_000);
    // A hundred images share their bytes, so that only memory of the adapter grows.
    let predict = Predict::new("m").inputs((0..100).map(|_| NewInput::image_bytes(part.clone())));
    let machine = machine(&config, predict);
    growth("memory-upload", || drop(client.run(machine).expect("a response")));
    let arrived = server.arrived();
    let length = arrived[0].header("content-length").and_then(|length| length.parse::<u64>().ok());
    assert!(arrived[0].length > 100_000_000 && length == Some(arrived[0].length), "{:?}", arrived[0]);
}
