//! Failures and retries: never more than the operation and the failure allow.

use std::time::Duration;

use clarifai_core::transport::TransportErrorKind::MaybeSent;

use super::super::difference::Difference;
use super::super::reply::{Reply, ServerResponse, ok, refusal, response};
use super::super::scenario::{MAYBE_SENT, NOT_SENT, Op, Outcome, Scenario, Seen, run, send};
use super::super::secrets::TOKEN;
use super::super::server::Act;
use super::responses::happened;
use super::{must, plain};

/// An image that is too large for the buffers of a socket.
const LARGE: Op = Op::PredictBytes(12_000_000);

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all = connections();
    all.extend(refusals());
    all.extend(tokens());
    all
}

fn lost() -> Reply {
    Reply::Trouble(vec![Act::Read], MaybeSent)
}

fn connections() -> Vec<Scenario> {
    vec![
        plain(
            "closed-at-once",
            "A connection closed before the request was read is no proof that nothing was sent.",
            send(Op::CreateOnce)
                .meets([Act::Cut], MaybeSent)
                .ends(MAYBE_SENT)
                .or(NOT_SENT, Difference::ClosedEarlyIsNotSent)
                .arrives(0..=1),
        ),
        plain(
            "reset-in-request",
            "After a connection reset in the middle of a large request, the request may have been sent.",
            send(LARGE).meets([Act::ReadBytes(5000), Act::Reset], MaybeSent).ends(MAYBE_SENT),
        ),
        plain(
            "closed-in-request",
            "After a connection closed in the middle of a large request, the request may have been sent.",
            send(LARGE).meets([Act::ReadBytes(5000), Act::Cut], MaybeSent).ends(MAYBE_SENT),
        ),
        plain(
            "early-response",
            "An error response that arrives before a large request is sent is read, if the connection allows it.",
            send(LARGE)
                .meets(
                    [Act::ReadHead, Act::Write(refusal(413, 11102).bytes()), Act::Pause(Duration::from_millis(300))],
                    MaybeSent,
                )
                .ends(Outcome::Status(413))
                .or(MAYBE_SENT, Difference::MissesEarlyResponse)
                .sockets_only("the mock transport receives requests completely"),
        ),
        plain(
            "lost-safe",
            "After a lost response a read-only call is repeated.",
            run(Op::List).gets(lost()).gets(lost()).gets(ok()).ends(Outcome::Done),
        ),
        plain(
            "lost-safe-post",
            "After a lost response a prediction is repeated with its whole image.",
            run(Op::PredictBytes(100_000)).gets(lost()).gets(ok()).ends(Outcome::Done).check(twice_the_same),
        ),
        plain(
            "lost-idempotent",
            "After a lost response the creation of an input with a caller-chosen id is repeated.",
            run(Op::CreateByName).gets(lost()).gets(ok()).ends(Outcome::Done).check(twice_the_same),
        ),
        plain(
            "lost-once",
            "After a lost response a call that is not idempotent is not repeated, and the error reports that it may have happened.",
            run(Op::CreateOnce).gets(lost()).ends(MAYBE_SENT).check(happened),
        ),
        plain(
            "lost-permanently",
            "A call fails after four attempts, and the error contains their number.",
            run(Op::List).gets(lost()).gets(lost()).gets(lost()).gets(lost()).ends(MAYBE_SENT).check(|seen| {
                must(seen.ended[0].error().is_some_and(|error| error.attempts() == 4), || seen.ended[0].to_string())
            }),
        ),
        plain(
            "hung-then-responds",
            "A read-only call whose first response did not arrive in time is repeated.",
            run(Op::List)
                .meets([Act::Read, Act::Hang], MaybeSent)
                .gets(ok())
                .ends(Outcome::Done)
                .timeout(Duration::from_secs(2)),
        ),
        plain(
            "two-calls-kept",
            "A client can make further calls on a connection that stays open.",
            run(Op::List)
                .gets(ok().kept())
                .ends(Outcome::Done)
                .run(Op::CreateOnce)
                .gets(ok())
                .ends(Outcome::Done)
                .run(Op::List)
                .gets(ok())
                .ends(Outcome::Done),
        ),
        plain(
            "after-failure",
            "A client can make further calls after a failed connection.",
            send(Op::List).gets(lost()).ends(MAYBE_SENT).send(Op::List).gets(ok()).ends(Outcome::Status(200)),
        ),
        plain(
            "lost-on-kept-once",
            "A POST that is not idempotent and was lost on a reused connection is not repeated, not even by the adapter.",
            run(Op::List)
                .gets(ok().kept())
                .ends(Outcome::Done)
                .run(Op::CreateOnce)
                .gets(lost())
                .ends(MAYBE_SENT)
                .check(|seen| must(seen.arrived.len() == 2, || "it was sent again".to_owned())),
        ),
    ]
}

fn twice_the_same(seen: &Seen) -> Result<(), String> {
    let (first, second) = (&seen.arrived[0], &seen.arrived[1]);
    must(first.body == second.body && first.length == second.length && second.complete, || {
        format!("first {} bytes were sent, then {}", first.length, second.length)
    })?;
    must(first.length > 0, || "no body was sent".to_owned())
}

fn refusals() -> Vec<Scenario> {
    let busy = || response(503, "busy");
    vec![
        plain(
            "retry-after-seconds",
            "After a 429 response the client waits for a `Retry-After` in seconds.",
            run(Op::List)
                .gets(refusal(429, 11005).header("retry-after", "1"))
                .gets(ok())
                .ends(Outcome::Done)
                .at_least(Duration::from_secs(1)),
        ),
        plain(
            "retry-after-date",
            "After a 429 response the client waits for a `Retry-After` with a date.",
            // A date has whole seconds, so that one two seconds ahead is more than one second away.
            run(Op::List)
                .gets(refusal(429, 11005).retry_in(2))
                .gets(ok())
                .ends(Outcome::Done)
                .at_least(Duration::from_secs(1)),
        ),
        plain(
            "retry-after-past",
            "A `Retry-After` date in the past causes no wait.",
            run(Op::List)
                .gets(refusal(429, 11005).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"))
                .gets(ok())
                .ends(Outcome::Done)
                .within(Duration::from_secs(5)),
        ),
        plain(
            "retry-after-too-long",
            "A `Retry-After` of an hour makes the call fail at once.",
            run(Op::List)
                .gets(refusal(429, 11005).header("retry-after", "3600"))
                .ends(Outcome::Refused(429))
                .within(Duration::from_secs(5)),
        ),
        plain(
            "retry-after-garbage",
            "An invalid `Retry-After` is ignored.",
            run(Op::List).gets(busy().header("retry-after", b"so\xe9n")).gets(ok()).ends(Outcome::Done),
        ),
        plain(
            "throttled-once",
            "A call that is not idempotent is repeated after a 429 response, because it was not executed.",
            run(Op::CreateOnce).gets(refusal(429, 11005)).gets(ok()).ends(Outcome::Done).check(twice_the_same),
        ),
        plain(
            "failed-once",
            "A call that is not idempotent is not repeated after a 500 response, because it may have been executed.",
            run(Op::CreateOnce).gets(refusal(500, 98004)).ends(Outcome::Refused(500)).check(happened),
        ),
        plain(
            "failed-safe",
            "A read-only call is repeated with its whole body.",
            run(Op::PredictBytes(50_000))
                .gets(busy())
                .gets(busy())
                .gets(ok())
                .ends(Outcome::Done)
                .check(twice_the_same),
        ),
        plain(
            "quota",
            "A call is not repeated after the quota is exceeded.",
            run(Op::List).gets(refusal(429, 11006)).ends(Outcome::Refused(429)),
        ),
        plain(
            "refused-permanently",
            "A call is not repeated after a permanent API error.",
            run(Op::List).gets(refusal(400, 11102)).ends(Outcome::Refused(400)),
        ),
        plain(
            "once-policy",
            "A policy with one attempt never repeats a call.",
            run(Op::List).gets(busy()).ends(Outcome::Refused(503)).once(),
        ),
    ]
}

fn token(life: u32) -> ServerResponse {
    response(200, format!(r#"{{"status":{{"code":10000}},"access_token":"{TOKEN}","expires_in":{life}}}"#))
}

fn tokens() -> Vec<Scenario> {
    let expired =
        || response(401, r#"{"status":{"code":11001,"description":"Invalid token","details":"expired token"}}"#);
    vec![
        plain(
            "token-first",
            "An app id and secret are exchanged for a token, which later calls share.",
            run(Op::List)
                .by_secret()
                .first_gets("POST", "/v2/token", token(3600))
                .gets(ok())
                .ends(Outcome::Done)
                .run(Op::CreateOnce)
                .gets(ok())
                .ends(Outcome::Done)
                .check(|seen| {
                    let bearer = format!("Bearer {TOKEN}");
                    let shown: Vec<_> =
                        seen.arrived.iter().filter_map(|request| request.header("authorization")).collect();
                    must(shown[0].starts_with("Basic ") && shown[1..] == [bearer.clone(), bearer], || {
                        "another header was sent".to_owned()
                    })
                }),
        ),
        plain(
            "token-refresh",
            "A token rejected with 401 is renewed once, and the call is repeated once.",
            run(Op::CreateOnce)
                .by_secret()
                .first_gets("POST", "/v2/token", token(3600))
                .gets(expired())
                .first_gets("POST", "/v2/token", token(3600))
                .gets(ok())
                .ends(Outcome::Done),
        ),
        plain(
            "token-refused-again",
            "If the renewed token is rejected, too, the call fails.",
            run(Op::CreateOnce)
                .by_secret()
                .first_gets("POST", "/v2/token", token(3600))
                .gets(expired())
                .first_gets("POST", "/v2/token", token(3600))
                .gets(expired())
                .ends(Outcome::Refused(401)),
        ),
        plain(
            "token-denied",
            "A rejected app secret is not sent again, and the error does not quote the response.",
            run(Op::List)
                .by_secret()
                .first_gets(
                    "POST",
                    "/v2/token",
                    response(401, format!("no such secret: {}", super::super::secrets::KEY)),
                )
                .ends(Outcome::Refused(401)),
        ),
        plain(
            "token-unreadable",
            "A token response is never quoted, even if it is invalid.",
            run(Op::List)
                .by_secret()
                .once()
                .first_gets(
                    "POST",
                    "/v2/token",
                    response(200, format!(r#"{{"status":{{"code":10000}},"access_token":["{TOKEN}"]}}"#)),
                )
                .ends(Outcome::Unreadable),
        ),
    ]
}
