//! Hostile responses: too large, too slow, too many, truncated.

use std::time::{Duration, Instant};

use clarifai_core::transport::TransportErrorKind::{MaybeSent, TooLarge};

use super::super::TOO_SLOW;
use super::super::difference::Difference;
use super::super::reply::{Framing, OK, answer, ok};
use super::super::scenario::{Ended, MAYBE_SENT, Op, Outcome, Scenario, TOO_LARGE, run, send};
use super::super::server::{Act, Server};
use super::super::stage::Stage;
use super::answers::{gzip, happened};
use super::{must, plain, sockets};

const SHORT: Duration = Duration::from_millis(400);

#[expect(clippy::too_many_lines, reason = "a table is as long as its rows")]
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        plain(
            "truncated",
            "An answer shorter than its length is a failed connection, never a shorter answer.",
            run(Op::CreateOnce).gets(ok().framed(Framing::Claim(5000))).ends(MAYBE_SENT).check(happened),
        ),
        plain(
            "truncated-by-one",
            "Even if only one byte is missing.",
            send(Op::List).gets(ok().framed(Framing::Claim(OK.len() as u64 + 1))).ends(MAYBE_SENT),
        ),
        plain(
            "truncated-chunk",
            "An answer that breaks off within a chunk is a failed connection.",
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
            "So is one without its last chunk, although all of the JSON came.",
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
            "An answer longer than its length ends there, and what is left of it is not taken for JSON.",
            run(Op::CreateOnce).gets(ok().framed(Framing::Claim(20))).ends(Outcome::Unreadable),
        ),
        plain(
            "cut-in-head",
            "A connection cut within the head of the answer is a failed connection.",
            run(Op::CreateOnce)
                .meets([Act::Read, Act::Write(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())], MaybeSent)
                .ends(MAYBE_SENT)
                .or(Outcome::Unreadable, Difference::TakesCutHead)
                .check(happened),
        ),
        plain(
            "reset-in-body",
            "So is one that is reset within the body.",
            run(Op::CreateOnce)
                .meets(
                    [Act::Read, Act::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()), Act::Reset],
                    MaybeSent,
                )
                .ends(MAYBE_SENT),
        ),
        plain(
            "reset-until-close",
            "Where no length is said, only the farewell of TCP ends a body, and a reset is a failed connection.",
            send(Op::List)
                .meets([Act::Read, Act::Write(ok().framed(Framing::UntilClose).bytes()), Act::Reset], MaybeSent)
                .ends(MAYBE_SENT)
                .or(Outcome::Status(200), Difference::TakesReset),
        ),
        plain(
            "slow-body",
            "A body of one byte a second does not outlast the limit of the adapter.",
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
            "Nor does such a head.",
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
            "no-answer",
            "A server that takes the request and says nothing is given up at the limit.",
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
            "An answer beyond the limit is refused by its length, and not asked for again.",
            run(Op::List).gets(answer(200, vec![b' '; 300_000])).max_response(100_000).ends(TOO_LARGE),
        ),
        plain(
            "oversized-chunks",
            "So is one in chunks, at the limit.",
            run(Op::List)
                .gets(answer(200, vec![b' '; 300_000]).framed(Framing::Chunked(10_000)))
                .max_response(100_000)
                .ends(TOO_LARGE),
        ),
        plain(
            "oversized-until-close",
            "So is one whose end nobody told.",
            run(Op::List)
                .gets(answer(200, vec![b' '; 300_000]).framed(Framing::UntilClose))
                .max_response(100_000)
                .ends(TOO_LARGE),
        ),
        plain(
            "limit-exact",
            "An answer as large as the limit is read.",
            run(Op::List).gets(ok()).max_response(OK.len() as u64).ends(Outcome::Done),
        ),
        plain(
            "limit-exact-chunks",
            "In chunks as well.",
            run(Op::List).gets(ok().framed(Framing::Chunked(5))).max_response(OK.len() as u64).ends(Outcome::Done),
        ),
        plain(
            "four-gigabytes",
            "An announced 4 GiB are refused before they come.",
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
            "length-beyond-numbers",
            "A length that no number holds is a failed connection or too large, and no panic.",
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
            "30 MB packed into 30 KB come as they are, or unpacked up to the limit; an adapter that never asked for them keeps them packed.",
            "the script unpacks nothing",
            gzip_bomb,
        ),
        sockets(
            "many-headers",
            "100,000 headers end in an answer or in a typed error.",
            "the script has no parser of heads",
            many_headers,
        ),
        sockets("large-header", "So does a header of 1 MiB.", "the script has no parser of heads", large_header),
        sockets(
            "header-byte",
            "A byte above 0x7f in a header does no harm, neither to the header nor to the answer.",
            "the script has no parser of heads",
            header_byte,
        ),
        plain(
            "deep-json",
            "JSON of depth 100,000 is an answer that cannot be read.",
            run(Op::List)
                .gets(answer(
                    200,
                    format!(r#"{{"x":{}{},"status":{{"code":10000}}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
                ))
                .ends(Outcome::Unreadable),
        ),
        plain(
            "interim-100",
            "A 100 in front of the answer is passed over.",
            run(Op::Predict).gets(ok().after(&b"HTTP/1.1 100 Continue\r\n\r\n"[..])).ends(Outcome::Done),
        ),
        plain(
            "interim-103",
            "So are early hints.",
            run(Op::List)
                .gets(ok().after(&b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n"[..]))
                .ends(Outcome::Done),
        ),
        sockets(
            "interim-flood",
            "A flood of interim answers ends, in the answer or in a typed error.",
            "the script knows no interim answers",
            interim_flood,
        ),
        sockets(
            "interim-endless",
            "One that does not end is given up at the limit.",
            "the script knows no interim answers",
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
    let (ended, _) = ended(stage, answer(200, bomb.clone()).header("content-encoding", "gzip").bytes());
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
    let (ended, _) = ended(stage, answer(200, OK).header("x-note", b"caf\xe9").bytes());
    if ended.outcome() == MAYBE_SENT {
        stage.differs(Difference::LosesForeignAnswer);
        return Ok(());
    }
    let response = ended.response().ok_or_else(|| ended.to_string())?;
    must(response.body() == OK, || format!("{response:?}"))?;
    match response.headers().get("x-note").map(http::HeaderValue::as_bytes) {
        Some(b"caf\xe9") => Ok(()),
        Some(other) => Err(format!("the header became {other:?}")),
        None => {
            stage.differs(Difference::LosesForeignHeader);
            Ok(())
        }
    }
}

fn interim_flood(stage: &Stage) -> Result<(), String> {
    let mut bytes = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20_000);
    bytes.extend(answer(200, OK).bytes());
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
