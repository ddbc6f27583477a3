//! Several calls: in parallel, one after the other on one connection, and dropped.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::super::TOO_SLOW;
use super::super::difference::Difference;
use super::super::reply::{OK, Reply, ok, response};
use super::super::scenario::{BACK_IN_POOL, Ended, MAYBE_SENT, NOT_SENT, Op, Outcome, Scenario};
use super::super::server::{Act, Server};
use super::super::stage::Stage;
use super::{must, sockets};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        sockets(
            "pool",
            "Successive calls share a connection that stays open.",
            "the mock transport has no connections",
            pool,
        ),
        sockets(
            "pool-closed",
            "A pooled connection that the server closed is not used for a POST that is not idempotent; or the call fails and was sent at most once.",
            "the mock transport has no connections",
            pool_closed,
        ),
        sockets(
            "pool-lost",
            "A GET request lost on a pooled connection is not repeated by the adapter: the retry policy decides.",
            "tests of core cover the policy",
            pool_lost,
        ),
        sockets(
            "parallel",
            "32 calls from four threads on one client each receive their own response.",
            "the mock transport is used by one thread",
            parallel,
        ),
        sockets(
            "parallel-slow",
            "A slow response does not delay other calls of the client.",
            "the mock transport is used by one thread",
            parallel_slow,
        ),
        sockets(
            "give-up-call",
            "A call dropped in flight ends at once, and the client stays usable.",
            "the mock transport never waits",
            give_up_call,
        ),
        sockets(
            "give-up-wait",
            "A call dropped while it waits ends at once, and nothing more is sent.",
            "the mock transport never waits",
            give_up_wait,
        ),
    ]
}

fn pool(stage: &Stage) -> Result<(), String> {
    let ops = [Op::List, Op::PredictBytes(10_000), Op::CreateOnce].repeat(2);
    let server = stage.keep(Server::by_request(vec![Reply::from(ok().kept()).acts(); ops.len()]), ops.len());
    let config = stage.config(&server.url());
    let client = stage.client(&config);
    for op in &ops {
        client.run(op.machine(&config)).map_err(|error| format!("{op:?}: {error:?}"))?;
        thread::sleep(BACK_IN_POOL);
    }
    // A client that was late once or twice still has a pool.
    if server.connections() >= ops.len() {
        stage.differs(Difference::NoPool);
    }
    Ok(())
}

fn pool_closed(stage: &Stage) -> Result<(), String> {
    // On a connection that closes at this moment.
    call_on_closed(stage, None)?;
    // Long after the connection was closed the client should notice. On a busy machine that may take more than one
    // attempt.
    for pause in [150, 600, 2400].map(Duration::from_millis) {
        if call_on_closed(stage, Some(pause))? {
            return Ok(());
        }
    }
    stage.differs(Difference::FailsOnClosedPool);
    Ok(())
}

/// Calls twice, on a connection that the server closes after the first call. The second call is made this long after
/// the close, or at once. Returns whether it succeeded. In either case its report must be true.
fn call_on_closed(stage: &Stage, pause: Option<Duration>) -> Result<bool, String> {
    let first = vec![Act::Read, Act::Write(ok().kept().bytes())];
    let server = stage.keep_uncounted(Server::by_request(vec![first, vec![Act::Read, Act::Write(ok().bytes())]]));
    let config = stage.config(&server.url());
    let client = stage.client(&config);
    client.run(Op::List.machine(&config)).map_err(|error| format!("{error:?}"))?;
    if let Some(pause) = pause {
        server.wait_for_farewell();
        thread::sleep(pause);
    }
    let ended = Ended::Sent(client.send(Op::CreateOnce.request(&config)));
    thread::sleep(Duration::from_millis(50));
    let posts = server.arrived().iter().filter(|request| request.method() == "POST").count();
    let honest = match ended.outcome() {
        Outcome::Status(200) => posts == 1,
        MAYBE_SENT => posts <= 1,
        NOT_SENT => posts == 0,
        _ => false,
    };
    must(honest, || format!("{posts} POSTs arrived after {pause:?}, and it ended: {ended}"))?;
    Ok(ended.outcome() == Outcome::Status(200))
}

fn pool_lost(stage: &Stage) -> Result<(), String> {
    let first = Reply::from(ok().kept()).acts();
    let server = stage.keep_uncounted(Server::by_request([vec![first], vec![vec![Act::Read]; 8]].concat()));
    let config = stage.config(&server.url());
    let client = stage.client(&config);
    for expected in [Outcome::Status(200), MAYBE_SENT] {
        let ended = Ended::Sent(client.send(Op::List.request(&config)));
        must(ended.outcome() == expected, || format!("it ended as {:?}, not {expected:?}", ended.outcome()))?;
        thread::sleep(BACK_IN_POOL);
    }
    if server.count() > 2 {
        stage.differs(Difference::RepeatsOnKept);
    }
    Ok(())
}

fn parallel(stage: &Stage) -> Result<(), String> {
    let server =
        stage.keep(Server::always(vec![Act::Read, Act::Pause(Duration::from_millis(5)), Act::Write(ok().bytes())]), 32);
    let config = stage.config(&server.url());
    let client: Arc<dyn super::super::driver::Client> = stage.client(&config).into();
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let (client, config) = (Arc::clone(&client), config.clone());
            thread::spawn(move || {
                (0..8).all(|_| {
                    client.run(Op::PredictBytes(2000).machine(&config)).is_ok_and(|response| response.body == OK)
                })
            })
        })
        .collect();
    let all = calls.into_iter().all(|call| call.join().unwrap_or(false));
    must(all, || "a call failed".to_owned())
}

fn parallel_slow(stage: &Stage) -> Result<(), String> {
    let slow = vec![Act::Read, Act::Pause(Duration::from_millis(1500)), Act::Write(ok().bytes())];
    let server = stage.keep(Server::start(vec![slow, vec![Act::Read, Act::Write(ok().bytes())]]), 2);
    let config = stage.config(&server.url());
    let client: Arc<dyn super::super::driver::Client> = stage.client(&config).into();
    let first = {
        let (client, config) = (Arc::clone(&client), config.clone());
        thread::spawn(move || client.run(Op::List.machine(&config)).is_ok())
    };
    server.wait_for(1);
    let begin = Instant::now();
    client.run(Op::List.machine(&config)).map_err(|error| format!("{error:?}"))?;
    let took = begin.elapsed();
    must(first.join().unwrap_or(false), || "the slow call failed".to_owned())?;
    must(took < Duration::from_millis(1200), || format!("{TOO_SLOW}the quick call took {took:?}"))
}

fn give_up_call(stage: &Stage) -> Result<(), String> {
    given_up(stage, vec![Act::Read, Act::Hang])
}

fn give_up_wait(stage: &Stage) -> Result<(), String> {
    let wait = response(429, r#"{"status":{"code":11005}}"#).header("retry-after", "2").bytes();
    given_up(stage, vec![Act::Read, Act::Write(wait)])
}

fn given_up(stage: &Stage, acts: Vec<Act>) -> Result<(), String> {
    // By requests, because a call that is dropped before it was written takes nothing from the plan.
    let server = stage.keep_uncounted(Server::by_request(vec![acts, vec![Act::Read, Act::Write(ok().bytes())]]));
    let config = stage.config(&server.url());
    let client = stage.client(&config);
    let begin = Instant::now();
    if !client.give_up(Op::CreateOnce.machine(&config), Duration::from_millis(200)) {
        stage.differs(Difference::Blocks);
        return Ok(());
    }
    let took = begin.elapsed();
    must(took < Duration::from_millis(1500), || format!("{TOO_SLOW}it took {took:?} to give it up"))?;
    client.run(Op::List.machine(&config)).map_err(|error| format!("{error:?}"))?;
    thread::sleep(Duration::from_millis(2500));
    must(server.count() == 2, || format!("{} requests arrived, not 2", server.count()))
}
