//! Failures and retries: never more than the operation and the failure allow.

use std::time::Duration;

use clarifai_core::transport::TransportErrorKind::MaybeSent;

use super::super::difference::Difference;
use super::super::reply::{Answer, Reply, answer, ok, refusal};
use super::super::scenario::{MAYBE_SENT, NOT_SENT, Op, Outcome, Scenario, Seen, run, send};
use super::super::secrets::TOKEN;
use super::super::server::Act;
use super::answers::happened;
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
            "A connection reset in the middle of a large request may have carried it.",
            send(LARGE).meets([Act::ReadBytes(5000), Act::Reset], MaybeSent).ends(MAYBE_SENT),
        ),
        plain(
            "closed-in-request",
            "So may one that is closed there.",
            send(LARGE).meets([Act::ReadBytes(5000), Act::Cut], MaybeSent).ends(MAYBE_SENT),
        ),
        plain(
            "early-answer",
            "A refusal that comes before a large request is sent is read, where the connection allows it.",
            send(LARGE)
                .meets(
                    [Act::ReadHead, Act::Write(refusal(413, 11102).bytes()), Act::Pause(Duration::from_millis(300))],
                    MaybeSent,
                )
                .ends(Outcome::Status(413))
                .or(MAYBE_SENT, Difference::MissesEarlyAnswer)
                .sockets_only("the script takes a request as a whole"),
        ),
        plain(
            "lost-safe",
            "After a lost answer a call that only reads is asked again.",
            run(Op::List).gets(lost()).gets(lost()).gets(ok()).ends(Outcome::Done),
        ),
        plain(
            "lost-safe-post",
            "So is a prediction, with all of its picture.",
            run(Op::PredictBytes(100_000)).gets(lost()).gets(ok()).ends(Outcome::Done).check(twice_the_same),
        ),
        plain(
            "lost-idempotent",
            "So is a creation under an id of one's own.",
            run(Op::CreateByName).gets(lost()).gets(ok()).ends(Outcome::Done).check(twice_the_same),
        ),
        plain(
            "lost-once",
            "After an answer lost after commit a call that counts twice is not sent again, and the error says that it may have happened.",
            run(Op::CreateOnce).gets(lost()).ends(MAYBE_SENT).check(happened),
        ),
        plain(
            "lost-for-good",
            "A call is given up after four attempts, and the error counts them.",
            run(Op::List).gets(lost()).gets(lost()).gets(lost()).gets(lost()).ends(MAYBE_SENT).check(|seen| {
                must(seen.ended[0].error().is_some_and(|error| error.attempts() == 4), || seen.ended[0].to_string())
            }),
        ),
        plain(
            "hung-then-well",
            "A call that reads is asked again when the first answer did not come in time.",
            run(Op::List)
                .meets([Act::Read, Act::Hang], MaybeSent)
                .gets(ok())
                .ends(Outcome::Done)
                .timeout(Duration::from_secs(2)),
        ),
        plain(
            "two-calls-kept",
            "A client goes on after an answer on a connection that stays open.",
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
            "after-trouble",
            "A client goes on after a failed connection.",
            send(Op::List).gets(lost()).ends(MAYBE_SENT).send(Op::List).gets(ok()).ends(Outcome::Status(200)),
        ),
        plain(
            "lost-on-kept-once",
            "A POST that counts twice and is lost on a connection that had been used is not sent again by anybody.",
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
    let busy = || answer(503, "busy");
    vec![
        plain(
            "retry-after-seconds",
            "429 with `Retry-After` in seconds is kept to.",
            run(Op::List)
                .gets(refusal(429, 11005).header("retry-after", "1"))
                .gets(ok())
                .ends(Outcome::Done)
                .at_least(Duration::from_secs(1)),
        ),
        plain(
            "retry-after-date",
            "429 with `Retry-After` as a date is kept to.",
            // A date has whole seconds, so that one two seconds ahead is more than one second away.
            run(Op::List)
                .gets(refusal(429, 11005).retry_in(2))
                .gets(ok())
                .ends(Outcome::Done)
                .at_least(Duration::from_secs(1)),
        ),
        plain(
            "retry-after-past",
            "A date that has passed asks for no wait.",
            run(Op::List)
                .gets(refusal(429, 11005).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"))
                .gets(ok())
                .ends(Outcome::Done)
                .within(Duration::from_secs(5)),
        ),
        plain(
            "retry-after-too-long",
            "Asked to wait for an hour the call fails at once.",
            run(Op::List)
                .gets(refusal(429, 11005).header("retry-after", "3600"))
                .ends(Outcome::Refused(429))
                .within(Duration::from_secs(5)),
        ),
        plain(
            "retry-after-garbage",
            "Garbage in `Retry-After` counts as nothing.",
            run(Op::List).gets(busy().header("retry-after", b"so\xe9n")).gets(ok()).ends(Outcome::Done),
        ),
        plain(
            "throttled-once",
            "A call that counts twice is sent again after 429, which says that it was not carried out.",
            run(Op::CreateOnce).gets(refusal(429, 11005)).gets(ok()).ends(Outcome::Done).check(twice_the_same),
        ),
        plain(
            "failed-once",
            "It is not sent again after a 500, which says nothing of the kind.",
            run(Op::CreateOnce).gets(refusal(500, 98004)).ends(Outcome::Refused(500)).check(happened),
        ),
        plain(
            "failed-safe",
            "A call that reads is, with its whole body.",
            run(Op::PredictBytes(50_000))
                .gets(busy())
                .gets(busy())
                .gets(ok())
                .ends(Outcome::Done)
                .check(twice_the_same),
        ),
        plain(
            "quota",
            "A used up quota is not asked again.",
            run(Op::List).gets(refusal(429, 11006)).ends(Outcome::Refused(429)),
        ),
        plain(
            "refused-for-good",
            "Nor is a call that was refused for good.",
            run(Op::List).gets(refusal(400, 11102)).ends(Outcome::Refused(400)),
        ),
        plain(
            "once-policy",
            "A policy that never repeats does not.",
            run(Op::List).gets(busy()).ends(Outcome::Refused(503)).once(),
        ),
    ]
}

fn token(life: u32) -> Answer {
    answer(200, format!(r#"{{"status":{{"code":10000}},"access_token":"{TOKEN}","expires_in":{life}}}"#))
}

fn tokens() -> Vec<Scenario> {
    let expired =
        || answer(401, r#"{"status":{"code":11001,"description":"Invalid token","details":"expired token"}}"#);
    vec![
        plain(
            "token-first",
            "The id and secret of an app are traded for a token, which later calls share.",
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
            "A token that is refused with 401 is renewed once, and the call sent again once.",
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
            "Refused again, the call fails.",
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
            "A refused secret is not tried again, and the error does not quote the answer.",
            run(Op::List)
                .by_secret()
                .first_gets("POST", "/v2/token", answer(401, format!("no such secret: {}", super::super::secrets::KEY)))
                .ends(Outcome::Refused(401)),
        ),
        plain(
            "token-unreadable",
            "An answer with a token in it is never quoted, even where it cannot be read.",
            run(Op::List)
                .by_secret()
                .once()
                .first_gets(
                    "POST",
                    "/v2/token",
                    answer(200, format!(r#"{{"status":{{"code":10000}},"access_token":["{TOKEN}"]}}"#)),
                )
                .ends(Outcome::Unreadable),
        ),
    ]
}
