//! One operation to its answer: authorise, send, classify, back off, send again.

use std::mem;
use std::time::Duration;

use http::{Request, Response};

use bytes::Bytes;

use super::trace::Sent;
use super::{Event, Latest, Machine, Mono, Now, Step};
use crate::app::App;
use crate::auth::{Access, Authorization, Token};
use crate::body::Body;
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind, Invalid, Misuse, TransportFailure};
use crate::exchange;
use crate::operation::{Auth, Operation};
use crate::policy::backoff::Backoff;
use crate::policy::retry;

/// Carries one operation to its answer, with the retries its [`RetryPolicy`](crate::policy::RetryPolicy) allows.
///
/// ```text
///             ┌────────────────── Woke ──────────────────┐
///             ▼                                          │
/// Begin ─► authorise ─ token is being fetched ─► WaitUntil
///             │  └─ no token ─► Send(token) ─ answer ─► authorise
///             ▼
///           Send ─ Response ─► success ─────────────────► Done(Ok)
///             ▲        ├─────► token ran out, once ─────► authorise
///             │        ├─────► refused for good ────────► Done(Err)
///             │        └─────► may pass ─┐
///             │ Woke                     ▼
///             └──────────────────── WaitUntil, while policy, budget and operation allow; else Done(Err)
/// ```
///
/// This is the only place that decides on repeating a call, because only here all three facts meet: what the
/// operation allows ([`Replay`](crate::Replay)), what the transport knows, and what the service answered.
#[derive(Debug)]
pub struct Attempt<O> {
    app: App,
    operation: O,
    state: State,
    clock: Latest,
    backoff: Backoff,
    /// How often the request of the operation was sent.
    attempts: u32,
    /// Whether an attempt that failed may have taken effect.
    happened: bool,
    /// Whether the token was renewed because it was refused.
    renewed: bool,
    manner: Manner,
}

/// For whom the call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// The caller.
    Plain,
    /// A wait that is to come: secrets are blotted out of the answer before it is read.
    Redacted,
    /// A wait, as one of its looks: the same, and a failure is final, because the wait has a patience of its own.
    Look,
}

#[derive(Debug)]
enum State {
    Start,
    /// The request is on its way under the token of that generation.
    Sent {
        generation: Option<u64>,
        sent: Sent,
    },
    /// The request for a token is on its way.
    Fetching(Sent),
    /// Waiting, then going on with [`Attempt::authorise`], or with the token that was just fetched.
    Waiting(Mono, Option<(Authorization, u64)>),
    Spent,
}

impl<O: Operation> Attempt<O> {
    /// A machine for `operation`. Nothing happens before it is driven; bad arguments come out of the first step.
    pub fn new(app: &App, operation: O) -> Self {
        Self {
            backoff: Backoff::new(app.retry()),
            app: app.clone(),
            operation,
            state: State::Start,
            clock: Latest::default(),
            attempts: 0,
            happened: false,
            renewed: false,
            manner: Manner::Plain,
        }
    }

    /// One look of a wait: a failure is final, and the wait decides whether to look again. Only a token that ran out is
    /// still renewed.
    pub(crate) fn look(app: &App, operation: O) -> Self {
        let mut attempt = Self::new(app, operation);
        attempt.manner = Manner::Look;
        attempt
    }

    /// Its answer goes into a wait, where it is shown in errors and written down in checkpoints.
    pub(crate) fn redacted(mut self) -> Self {
        self.manner = Manner::Redacted;
        self
    }

    /// How often the request was sent so far.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The operation being carried out.
    pub fn operation(&self) -> &O {
        &self.operation
    }

    fn fail(&mut self, error: impl Into<ErrorKind>) -> Step<O::Output> {
        self.end(Err(Error::new(O::NAME, error)))
    }

    fn end(&mut self, result: Result<O::Output, Error>) -> Step<O::Output> {
        self.state = State::Spent;
        Step::Done(result.map_err(|error| error.after(self.attempts, self.happened)))
    }

    /// Sends the request, or first sees to a token.
    fn authorise(&mut self, now: Now) -> Step<O::Output> {
        let (authorization, generation) = match O::AUTH {
            Auth::AppSecret => match exchange::basic(&self.app) {
                Ok(authorization) => (authorization, None),
                Err(invalid) => return self.fail(invalid),
            },
            Auth::App => match self.app.credentials().ready() {
                Some(authorization) => (authorization, None),
                None => match self.app.shared().token.ask(now.mono) {
                    Access::Granted(value, generation) => {
                        (Authorization { name: http::header::AUTHORIZATION, value }, Some(generation))
                    }
                    Access::Busy(until) => match self.check() {
                        Ok(()) => return self.wait(until),
                        Err(invalid) => return self.fail(invalid),
                    },
                    Access::Fetch => return self.fetch(now),
                },
            },
        };
        self.send(now, authorization, generation, false)
    }

    /// Sends the request under this header. `fetched` says that its token was fetched for this very request.
    fn send(
        &mut self,
        now: Now,
        authorization: Authorization,
        generation: Option<u64>,
        fetched: bool,
    ) -> Step<O::Output> {
        let mut request = match exchange::request(&self.app, &self.operation, authorization.clone()) {
            Ok(request) => request,
            Err(invalid) => return self.fail(invalid),
        };
        if let Err(until) = self.may_send(now) {
            // A token just fetched is kept: however short its life, fetching another could go on for ever.
            let fetched = if fetched { Some(authorization).zip(generation) } else { None };
            self.state = State::Waiting(until, fetched);
            return Step::WaitUntil(until);
        }
        if self.attempts == 0 {
            self.app.shared().budget.deposit();
        }
        self.attempts += 1;
        let sent = Sent::new(&mut request, O::NAME, self.attempts, now.mono);
        self.state = State::Sent { generation, sent };
        Step::Send(request)
    }

    fn fetch(&mut self, now: Now) -> Step<O::Output> {
        let request: Result<Request<Body>, _> = self
            .check()
            .and_then(|()| exchange::basic(&self.app))
            .and_then(|authorization| exchange::request(&self.app, &Token::default(), authorization));
        match request.map(|request| (request, self.may_send(now))) {
            Ok((_, Err(until))) => {
                self.app.shared().token.give_up();
                self.wait(until)
            }
            Ok((mut request, Ok(()))) => {
                self.state = State::Fetching(Sent::new(&mut request, Token::NAME, 1, now.mono));
                Step::Send(request)
            }
            Err(invalid) => {
                self.app.shared().token.give_up();
                self.fail(invalid)
            }
        }
    }

    /// Finds bad arguments before a token is fetched for them.
    fn check(&self) -> Result<(), Invalid> {
        if self.attempts > 0 {
            return Ok(());
        }
        let nobody =
            Authorization { name: http::header::AUTHORIZATION, value: http::HeaderValue::from_static("none yet") };
        exchange::request(&self.app, &self.operation, nobody).map(drop)
    }

    fn wait(&mut self, until: Mono) -> Step<O::Output> {
        self.state = State::Waiting(until, None);
        Step::WaitUntil(until)
    }

    fn token_answered(&mut self, now: Now, response: Response<Bytes>, sent: &Sent) -> Step<O::Output> {
        let answer = Envelope::open(&self.app, response);
        let judged = exchange::judge(&Token::default(), &answer);
        sent.ended(now.mono, Some(&answer), judged.as_ref().err());
        match judged {
            Ok(grant) => {
                // Used at once, however short its life.
                let (value, generation) = self.app.shared().token.put(now.mono, &grant);
                self.send(now, Authorization { name: http::header::AUTHORIZATION, value }, Some(generation), true)
            }
            Err(error) => {
                self.app.shared().token.give_up();
                let hint = answer.retry_after(Some(now.unix));
                self.again_or_fail(now, error, hint, true)
            }
        }
    }

    fn answered(
        &mut self,
        now: Now,
        response: Response<Bytes>,
        generation: Option<u64>,
        sent: &Sent,
    ) -> Step<O::Output> {
        let answer = match self.manner {
            Manner::Plain => Envelope::open(&self.app, response),
            Manner::Redacted | Manner::Look => Envelope::open_redacted(&self.app, response),
        };
        let judged = exchange::judge(&self.operation, &answer);
        sent.ended(now.mono, Some(&answer), judged.as_ref().err());
        let error = match judged {
            Ok(output) => return self.end(Ok(output)),
            Err(error) => error,
        };
        if let (Some(generation), true) = (generation, error.is_of_expired_token()) {
            self.app.shared().token.refused(generation);
            if !self.renewed && self.may_send_again() {
                self.renewed = true;
                return self.authorise(now);
            }
        }
        let hint = answer.retry_after(Some(now.unix));
        self.again_or_fail(now, error, hint, false)
    }

    fn failed(&mut self, now: Now, failure: TransportFailure, sent: &Sent) -> Step<O::Output> {
        let error = Error::new(O::NAME, failure);
        sent.ended(now.mono, None, Some(&error));
        self.again_or_fail(now, error, None, false)
    }

    /// Whether the limit for sending leaves room for once more. A renewed token counts like any other reason.
    fn may_send_again(&self) -> bool {
        self.manner == Manner::Look || self.attempts < self.app.retry().max_attempts
    }

    /// Whether the pace allows a request now; otherwise when to ask again.
    fn may_send(&self, now: Now) -> Result<(), Mono> {
        self.app.pacer().map_or(Ok(()), |pacer| pacer.ask(now.mono))
    }

    /// Slows down all machines of the same pace when the service asks for it.
    fn heed(&self, now: Now, error: &Error, hint: Option<Duration>) {
        let Some(pacer) = self.app.pacer() else { return };
        if error.is_throttled() || (hint.is_some() && error.http_status() == Some(503)) {
            pacer.throttled(now.mono, hint, self.app.retry().max_server_wait);
        }
    }

    /// Backs off and tries again where everything allows it. `token` says that it was the token's request.
    fn again_or_fail(&mut self, now: Now, error: Error, hint: Option<Duration>, token: bool) -> Step<O::Output> {
        self.heed(now, &error, hint);
        let error = error.with_hint(hint);
        let error = match token {
            // Nobody sent the call itself yet, whatever became of the token.
            true => error.before_the_call(),
            false => error,
        };
        self.happened |= error.may_have_happened();
        if self.manner == Manner::Look || (!token && !self.may_send_again()) {
            return self.end(Err(error));
        }
        let replay = if token { crate::Replay::Safe } else { self.operation.replay() };
        let Some(cause) = retry::cause(&error, replay) else { return self.end(Err(error)) };
        let Some(wait) = self.backoff.next(&self.app, cause, hint) else { return self.end(Err(error)) };
        if !self.app.shared().budget.withdraw() {
            return self.end(Err(error));
        }
        self.wait(now.mono + wait)
    }
}

impl<O: Operation> Machine for Attempt<O> {
    type Output = O::Output;

    fn resume(&mut self, now: Now, event: Event) -> Step<O::Output> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.authorise(now),
            (State::Sent { generation, sent }, Event::Response(response)) => {
                self.answered(now, response, generation, &sent)
            }
            (State::Sent { sent, .. }, Event::Failed(failure)) => self.failed(now, failure, &sent),
            (State::Fetching(sent), Event::Response(response)) => self.token_answered(now, response, &sent),
            (State::Fetching(sent), Event::Failed(failure)) => {
                self.app.shared().token.give_up();
                let error = Error::new(Token::NAME, failure);
                sent.ended(now.mono, None, Some(&error));
                self.again_or_fail(now, error, None, true)
            }
            (State::Waiting(until, fetched), Event::Woke) if now.mono < until => {
                self.state = State::Waiting(until, fetched);
                Step::WaitUntil(until)
            }
            (State::Waiting(_, Some((authorization, generation))), Event::Woke) => {
                self.send(now, authorization, Some(generation), true)
            }
            (State::Waiting(_, None), Event::Woke) => self.authorise(now),
            (state, _) => {
                let how = match state {
                    State::Start => "it has not begun",
                    State::Sent { .. } => {
                        // Whoever sent the request will not tell how it ended.
                        self.happened = true;
                        "it waits for an answer"
                    }
                    State::Fetching(_) => {
                        self.app.shared().token.give_up();
                        "it waits for an answer"
                    }
                    State::Waiting(..) => "it waits for a time",
                    State::Spent => "it has ended already",
                };
                self.fail(Misuse(how))
            }
        }
    }
}

impl<O> Drop for Attempt<O> {
    /// Hands back the lease on the token, so that nobody waits for a machine that is gone.
    fn drop(&mut self) {
        if matches!(self.state, State::Fetching(_)) {
            self.app.shared().token.give_up();
        }
    }
}
