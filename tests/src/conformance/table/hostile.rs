//! Hostile responses: too large, too slow, too many, truncated.

use std::time::{Duration, Instant};

use clarifai_core::transport::TransportErrorKind::{MaybeSent, TooLarge};

use super::super::TOO_SLOW;
use super::super::difference::Difference;
use super::super::reply::{Framing, OK, ok, response};
use super::super::scenario::{Ended, MAYBE_SENT, Op, Outcome, Scenario, TOO_LARGE, run, send};
use super::super::server::{Act, Server};
use super::super::stage::Stage;
use super::responses::{gzip, happened};
use super::{must, plain, sockets};

const SHORT: Duration = Duration::from_millis(400);

#[expect(clippy::too_many_lines, reason = "a table is as long as its rows")]
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        plain(
            "truncated",
            "A response shorter than its `Content-Length` is a transport error, never a shorter response.",
            run(Op::CreateOnce).gets(ok().framed(Framing::Claim(5000))).ends(MAYBE_SENT).check(happened),
        ),
        plain(
            "truncated-by-one",
            "A response that lacks one byte is a transport error.",
            send(Op::List).gets(ok().framed(Framing::Claim(OK.len() as u64 + 1))).ends(MAYBE_SENT),
        ),
        plain(
            "truncated-chunk",
            "A response truncated within a chunk is a transport error.",
            run(Op::CreateOnce)
                .meets(
                    [
                        Act::Read,
                        Act::Write(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{OK}").into()),
                    ],
                    MaybeSent,
                )
                .ends(MAYBE_SENT),
        ),
        plain(
            "missing-last-chunk",
            "A response without the last chunk is a transport error, even if the JSON is complete.",
            run(Op::CreateOnce)
                .meets(
                    [
                        Act::Read,
                        Act::Write(
                            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{OK}\r\n", OK.len())
                                .into(),
                        ),
                    ],
                    MaybeSent,
                )
                .ends(MAYBE_SENT),
        ),
        plain(
            "length-too-short",
            "A response longer than its `Content-Length` ends there, and the rest is not parsed.",
            run(Op::CreateOnce).gets(ok().framed(Framing::Claim(20))).ends(Outcome::Unreadable),
        ),
        plain(
            "cut-in-head",
            "A connection closed within the response head is a transport error.",
            run(Op::CreateOnce)
                .meets([Act::Read, Act::Write(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())], MaybeSent)
                .ends(MAYBE_SENT)
                .or(Outcome::Unreadable, Difference::TakesCutHead)
                .check(happened),
        ),
        plain(
            "reset-in-body",
            "A connection reset within the response body is a transport error.",
            run(Op::CreateOnce)
                .meets(
                    [Act::Read, Act::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()), Act::Reset],
                    MaybeSent,
                )
                .ends(MAYBE_SENT),
        ),
        plain(
            "reset-until-close",
            "A response without a length ends only with an orderly TCP close; a reset is a transport error.",
            send(Op::List)
                .meets([Act::Read, Act::Write(ok().framed(Framing::UntilClose).bytes()), Act::Reset], MaybeSent)
                .ends(MAYBE_SENT)
                .or(Outcome::Status(200), Difference::TakesReset),
        ),
        plain(
            "slow-body",
            "A body of one byte per second is aborted at the timeout of the adapter.",
            send(Op::List)
                .meets(
                    [
                        Act::Read,
                        Act::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n".to_vec()),
                        Act::Slowly(vec![b' '; 99], 1, Duration::from_secs(1)),
                    ],
                    MaybeSent,
                )
                .ends(MAYBE_SENT)
                .arrives(0..=1)
                .timeout(SHORT)
                .within(Duration::from_secs(5)),
        ),
        plain(
            "slow-head",
            "A response head of one byte per second is aborted at the timeout of the adapter.",
            send(Op::List)
                .meets(
                    [Act::Read, Act::Slowly(b"HTTP/1.1 200 OK\r\nx: y\r\n".repeat(9), 1, Duration::from_secs(1))],
                    MaybeSent,
                )
                .ends(MAYBE_SENT)
                .arrives(0..=1)
                .timeout(SHORT)
                .within(Duration::from_secs(5)),
        ),
        plain(
            "no-response",
            "A call to a server that reads the request and never responds is aborted at the timeout.",
            run(Op::CreateOnce)
                .meets([Act::Read, Act::Hang], MaybeSent)
                .ends(MAYBE_SENT)
                .arrives(0..=1)
                .timeout(SHORT)
                .within(Duration::from_secs(5))
                .check(happened),
        ),
        plain(
            "oversized",
            "A response larger than the limit is rejected by its `Content-Length`, and not requested again.",
            run(Op::List).gets(response(200, vec![b' '; 300_000])).max_response(100_000).ends(TOO_LARGE),
        ),
        plain(
            "oversized-chunks",
            "A chunked response larger than the limit is rejected at the limit.",
            run(Op::List)
                .gets(response(200, vec![b' '; 300_000]).framed(Framing::Chunked(10_000)))
                .max_response(100_000)
                .ends(TOO_LARGE),
        ),
        plain(
            "oversized-until-close",
            "A response without a length that exceeds the limit is rejected at the limit.",
            run(Op::List)
                .gets(response(200, vec![b' '; 300_000]).framed(Framing::UntilClose))
                .max_response(100_000)
                .ends(TOO_LARGE),
        ),
        plain(
            "limit-exact",
            "A response exactly as large as the limit is read.",
            run(Op::List).gets(ok()).max_response(OK.len() as u64).ends(Outcome::Done),
        ),
        plain(
            "limit-exact-chunks",
            "A chunked response exactly as large as the limit is read.",
            run(Op::List).gets(ok().framed(Framing::Chunked(5))).max_response(OK.len() as u64).ends(Outcome::Done),
        ),
        plain(
            "four-gigabytes",
            "A response that announces 4 GiB is rejected before it arrives.",
            run(Op::List)
                .meets(
                    [
                        Act::Read,
                        Act::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 4294967296\r\n\r\n{".to_vec()),
                        Act::Hang,
                    ],
                    TooLarge,
                )
                .ends(TOO_LARGE)
                .within(Duration::from_secs(5)),
        ),
        plain(
            "length-overflow",
            "A length that does not fit into an integer is a typed error, not a panic.",
            run(Op::CreateOnce)
                .meets(
                    [
                        Act::Read,
                        Act::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{".to_vec()),
                    ],
                    MaybeSent,
                )
                .ends(MAYBE_SENT)
                .ends(TOO_LARGE)
                // Without a readable length the body ends with the connection, so it is not JSON.
                .ends(Outcome::Unreadable),
        ),
        sockets(
            "gzip-bomb",
            "30 MB compressed to 30 KB are returned compressed, or decompressed up to the limit if the adapter requested compression.",
            "the mock transport does not decompress",
            gzip_bomb,
        ),
        sockets(
            "many-headers",
            "A response with 100,000 headers is returned or is a typed error.",
            "the mock transport does not parse response heads",
            many_headers,
        ),
        sockets(
            "large-header",
            "A response with a header of 1 MiB is returned or is a typed error.",
            "the mock transport does not parse response heads",
            large_header,
        ),
        sockets(
            "header-byte",
            "A byte above 0x7f in a response header changes neither the header nor the response.",
            "the mock transport does not parse response heads",
            header_byte,
        ),
        plain(
            "deep-json",
            "JSON of depth 100,000 is an invalid response.",
            run(Op::List)
                .gets(response(
                    200,
                    format!(r#"{{"x":{}{},"status":{{"code":10000}}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
                ))
                .ends(Outcome::Unreadable),
        ),
        plain(
            "interim-100",
            "A `100 Continue` before the response is ignored.",
            run(Op::Predict).gets(ok().after(&b"HTTP/1.1 100 Continue\r\n\r\n"[..])).ends(Outcome::Done),
        ),
        plain(
            "interim-103",
            "A `103 Early Hints` before the response is ignored.",
            run(Op::List)
                .gets(ok().after(&b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n"[..]))
                .ends(Outcome::Done),
        ),
        sockets(
            "interim-flood",
            "A flood of interim responses ends with the final response or with a typed error.",
            "the mock transport has no interim responses",
            interim_flood,
        ),
        sockets(
            "interim-endless",
            "Endless interim responses are aborted at the timeout.",
            "the mock transport has no interim responses",
            |stage| {
                let acts = vec![
                    Act::Read,
                    Act::Slowly(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(500), 25, Duration::from_millis(40)),
                ];
                let server = stage.keep(Server::start(vec![acts]), 0..=1);
                let config = stage.config(&server.url());
                let settings = super::super::driver::Settings { timeout: SHORT, ..Default::default() };
                let begin = Instant::now();
                let ended =
                    Ended::Sent(stage.driver().client(config.clone(), &settings).send(Op::List.request(&config)));
                must(ended.outcome() == MAYBE_SENT, || ended.to_string())?;
                must(begin.elapsed() < Duration::from_secs(5), || format!("{TOO_SLOW}it took {:?}", begin.elapsed()))
            },
        ),
    ]
}

fn ended(stage: &Stage, bytes: Vec<u8>) -> (Ended, Duration) {
    let server = stage.keep(Server::start(vec![vec![Act::Read, Act::Write(bytes)]]), 1);
    let config = stage.config(&server.url());
    let begin = Instant::now();
    let ended = Ended::Sent(stage.client(&config).send(Op::List.request(&config)));
    server.wait_for(1);
    (ended, begin.elapsed())
}

fn gzip_bomb(stage: &Stage) -> Result<(), String> {
    let bomb = gzip(&vec![b' '; 30_000_000]);
    let (ended, _) = ended(stage, response(200, bomb.clone()).header("content-encoding", "gzip").bytes());
    match ended.response() {
        Some(response) if response.body() == bomb.as_slice() => Ok(()),
        _ if ended.outcome() == TOO_LARGE => {
            stage.differs(Difference::Unpacks);
            Ok(())
        }
        _ => Err(ended.to_string()),
    }
}

fn head_of(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n{lines}\r\n{OK}", OK.len()).into_bytes()
}

/// The rule is "too large"; a response or a failed connection are differences.
fn large_head(stage: &Stage, lines: &str, taken: Difference) -> Result<(), String> {
    let (ended, took) = ended(stage, head_of(lines));
    must(took < Duration::from_secs(10), || format!("{TOO_SLOW}it took {took:?}"))?;
    match ended.outcome() {
        TOO_LARGE => Ok(()),
        MAYBE_SENT => {
            stage.differs(Difference::LargeHeadIsMaybeSent);
            Ok(())
        }
        Outcome::Status(200) => {
            stage.differs(taken);
            Ok(())
        }
        _ => Err(ended.to_string()),
    }
}

fn many_headers(stage: &Stage) -> Result<(), String> {
    use std::fmt::Write as _;
    let mut lines = String::new();
    for number in 0..100_000 {
        let _ = write!(lines, "x-{number}: 1\r\n");
    }
    large_head(stage, &lines, Difference::TakesManyHeaders)
}

fn large_header(stage: &Stage) -> Result<(), String> {
    large_head(stage, &format!("x-large: {}\r\n", "y".repeat(1 << 20)), Difference::TakesLargeHeaders)
}

fn header_byte(stage: &Stage) -> Result<(), String> {
    let (ended, _) = ended(stage, response(200, OK).header("x-note", b"caf\xe9").bytes());
    if ended.outcome() == MAYBE_SENT {
        stage.differs(Difference::LosesNonAsciiResponse);
        return Ok(());
    }
    let response = ended.response().ok_or_else(|| ended.to_string())?;
    must(response.body() == OK, || format!("{response:?}"))?;
    match response.headers().get("x-note").map(http::HeaderValue::as_bytes) {
        Some(b"caf\xe9") => Ok(()),
        Some(other) => Err(format!("the header became {other:?}")),
        None => {
            stage.differs(Difference::LosesNonAsciiHeader);
            Ok(())
        }
    }
}

fn interim_flood(stage: &Stage) -> Result<(), String> {
    let mut bytes = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20_000);
    bytes.extend(response(200, OK).bytes());
    let (ended, took) = ended(stage, bytes);
    must(took < Duration::from_secs(10), || format!("{TOO_SLOW}it took {took:?}"))?;
    match ended.outcome() {
        Outcome::Status(200) => Ok(()),
        MAYBE_SENT | TOO_LARGE => {
            stage.differs(Difference::EndsAtFlood);
            Ok(())
        }
        _ => Err(ended.to_string()),
    }
}
