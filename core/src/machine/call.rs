//! One operation from request to result: authorize, send, classify, back off, send again.

use std::mem;
use std::time::Duration;

use http::{Request, Response};

use bytes::Bytes;

use super::trace::Sent;
use super::{Event, Instant, Machine, Now, Step};
use crate::auth::GetToken;
use crate::body::Body;
use crate::config::Config;
use crate::credentials::{Access, Authorization};
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind, InvalidArgument, Misuse, TransportError, TransportErrorKind};
use crate::exchange;
use crate::operation::{AuthScheme, Operation, Replay};
use crate::policy::backoff::Backoff;
use crate::policy::{CallOptions, RetryPolicy, retry};
use crate::time::Latest;
use crate::transport::RequestTimeout;

/// A call: runs one operation until it succeeds or fails, with the retries that its
/// [`RetryPolicy`](crate::policy::RetryPolicy) allows.
///
/// ```text
///             ┌────────────────── Woke ──────────────────┐
///             ▼                                          │
/// Begin ─► authorize ─ token is being fetched ─► WaitUntil
///             │  └─ no token ─► Send(token) ─ result ─► authorize
///             ▼
///           Send ─ Response ─► success ─────────────────► Done(Ok)
///             ▲        ├─────► token expired, once ─────► authorize
///             │        ├─────► failed permanently ──────► Done(Err)
///             │        └─────► transient ┐
///             │ Woke                     ▼
///             └──────────────────── WaitUntil, while policy, budget and operation allow; else Done(Err)
/// ```
///
/// This is the only place that decides whether to repeat a request, because only here all three facts are known: what
/// the operation allows ([`Replay`](crate::operation::Replay)), what the transport reports, and how the service
/// responded.
#[derive(Debug)]
pub struct Call<O> {
    config: Config,
    operation: O,
    state: State,
    clock: Latest,
    backoff: Backoff,
    /// Number of times the request of the operation was sent.
    attempts: u32,
    /// Whether a failed attempt may have taken effect.
    happened: bool,
    /// Whether the token was renewed after it was rejected.
    renewed: bool,
    manner: Manner,
    retry: RetryPolicy,
    timeout: Option<Duration>,
    /// Time at which the time limit of the call is reached, set when the call begins.
    deadline: Option<Instant>,
}

/// What the result of the call is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It is returned to the caller.
    Plain,
    /// It becomes the state of a later wait: secrets in the response are redacted before it is decoded.
    Redacted,
    /// It is one poll of a wait: redacted as well, and any failure is final, because the wait has its own limit of
    /// errors.
    Look,
}

#[derive(Debug)]
enum State {
    Start,
    /// The request was sent, with the token of this generation if it needs one.
    Sent {
        generation: Option<u64>,
        sent: Sent,
    },
    /// The request for a token was sent.
    Fetching(Sent),
    /// Waiting, then continuing with [`Call::authorise`] or with the token that was just fetched.
    Waiting(Instant, Option<(Authorization, u64)>),
    Spent,
}

impl<O: Operation> Call<O> {
    /// Creates a call of `operation` with the default options. It does nothing until driven; invalid arguments are
    /// reported by the first step.
    pub fn new(config: &Config, operation: O) -> Self {
        Self::with_options(config, operation, CallOptions::default())
    }

    /// Creates a call of `operation` with custom options, which override the configuration for this call.
    #[expect(clippy::needless_pass_by_value, reason = "options are made for one call")]
    pub fn with_options(config: &Config, operation: O, options: CallOptions) -> Self {
        let retry = options.retry(config.retry());
        Self {
            backoff: Backoff::new(&retry),
            retry,
            timeout: options.timeout,
            deadline: None,
            config: config.clone(),
            operation,
            state: State::Start,
            clock: Latest::default(),
            attempts: 0,
            happened: false,
            renewed: false,
            manner: Manner::Plain,
        }
    }

    /// Creates one poll of a wait: a failure is final, and the wait decides whether to poll again. Only an expired
    /// token is still renewed.
    pub(crate) fn look(config: &Config, operation: O) -> Self {
        let mut attempt = Self::new(config, operation);
        attempt.manner = Manner::Look;
        attempt
    }

    /// Redacts the response, because it becomes part of a wait, which shows it in errors and saves it in checkpoints.
    pub(crate) fn redacted(mut self) -> Self {
        self.manner = Manner::Redacted;
        self
    }

    /// Returns the number of times the request was sent so far.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the operation.
    pub fn operation(&self) -> &O {
        &self.operation
    }

    fn fail(&mut self, error: impl Into<ErrorKind>) -> Step<O::Output> {
        self.end(Err(Error::new(O::SPEC.name, error)))
    }

    fn end(&mut self, result: Result<O::Output, Error>) -> Step<O::Output> {
        self.state = State::Spent;
        let read_only = self.is_read_only();
        Step::Done(result.map_err(|error| error.after(self.attempts, self.happened).read_only(read_only)))
    }

    /// Sends the request, or obtains a token first.
    fn authorise(&mut self, now: Now) -> Step<O::Output> {
        let (authorization, generation) = match O::SPEC.auth {
            AuthScheme::AppSecret => match exchange::basic(&self.config) {
                Ok(authorization) => (authorization, None),
                Err(invalid) => return self.fail(invalid),
            },
            AuthScheme::App => match self.config.credentials().ready() {
                Some(authorization) => (authorization, None),
                None => match self.config.shared().token.ask(now.instant) {
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

    /// Sends the request with this header. `fetched` means that its token was fetched for this request.
    fn send(
        &mut self,
        now: Now,
        authorization: Authorization,
        generation: Option<u64>,
        fetched: bool,
    ) -> Step<O::Output> {
        let mut request = match exchange::request(&self.config, &self.operation, authorization.clone()) {
            Ok(request) => request,
            Err(invalid) => return self.fail(invalid),
        };
        let left = match self.time_left(now) {
            Ok(left) => left,
            Err(error) => return self.fail(error),
        };
        if let Err(until) = self.may_send(now) {
            if let Some(error) = self.passes_limit(until) {
                return self.fail(error);
            }
            // A token that was just fetched is kept: if its life is very short, fetching another one could repeat
            // endlessly.
            let fetched = if fetched { Some(authorization).zip(generation) } else { None };
            self.state = State::Waiting(until, fetched);
            return Step::WaitUntil(until);
        }
        if self.attempts == 0 {
            self.config.shared().budget.deposit();
        }
        self.attempts += 1;
        limit(&mut request, left);
        let sent = Sent::new(&mut request, O::SPEC.name, self.attempts, now.instant);
        self.state = State::Sent { generation, sent };
        Step::Send(request)
    }

    fn fetch(&mut self, now: Now) -> Step<O::Output> {
        let request: Result<Request<Body>, _> = self
            .check()
            .and_then(|()| exchange::basic(&self.config))
            .and_then(|authorization| exchange::request(&self.config, &GetToken::new(), authorization));
        match request.map(|request| (request, self.may_send(now))) {
            Ok((_, Err(until))) => {
                self.config.shared().token.give_up();
                self.wait(until)
            }
            Ok((mut request, Ok(()))) => {
                match self.time_left(now) {
                    Ok(left) => limit(&mut request, left),
                    Err(error) => {
                        self.config.shared().token.give_up();
                        return self.fail(error);
                    }
                }
                self.state = State::Fetching(Sent::new(&mut request, GetToken::SPEC.name, 1, now.instant));
                Step::Send(request)
            }
            Err(invalid) => {
                self.config.shared().token.give_up();
                self.fail(invalid)
            }
        }
    }

    /// Checks the arguments before a token is fetched for the request.
    fn check(&self) -> Result<(), InvalidArgument> {
        if self.attempts > 0 {
            return Ok(());
        }
        let nobody =
            Authorization { name: http::header::AUTHORIZATION, value: http::HeaderValue::from_static("none yet") };
        exchange::request(&self.config, &self.operation, nobody).map(drop)
    }

    /// Returns the time left until the time limit of the call, or an error if the limit has been reached.
    fn time_left(&self, now: Now) -> Result<Option<Duration>, TransportError> {
        match self.deadline {
            Some(deadline) if now.instant >= deadline => Err(out_of_time()),
            Some(deadline) => Ok(Some(deadline.since(now.instant))),
            None => Ok(None),
        }
    }

    /// Returns an error if a wait until this time would exceed the time limit of the call.
    fn passes_limit(&self, until: Instant) -> Option<TransportError> {
        self.deadline.is_some_and(|deadline| until >= deadline).then(out_of_time)
    }

    fn wait(&mut self, until: Instant) -> Step<O::Output> {
        if let Some(error) = self.passes_limit(until) {
            return self.fail(error);
        }
        self.state = State::Waiting(until, None);
        Step::WaitUntil(until)
    }

    fn token_answered(&mut self, now: Now, response: Response<Bytes>, sent: &Sent) -> Step<O::Output> {
        let token = GetToken::new();
        let answer = Envelope::open(self.config.redactor(), token.replay(), response);
        let judged = exchange::judge(&token, &answer);
        sent.ended(now.instant, Some(&answer), judged.as_ref().err());
        match judged {
            Ok(grant) => {
                // The token is used at once, however short its life.
                let (value, generation) = self.config.shared().token.put(now.instant, &grant);
                self.send(now, Authorization { name: http::header::AUTHORIZATION, value }, Some(generation), true)
            }
            Err(error) => {
                self.config.shared().token.give_up();
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
        let replay = self.operation.replay();
        let answer = match self.manner {
            Manner::Plain => Envelope::open(self.config.redactor(), replay, response),
            Manner::Redacted | Manner::Look => Envelope::open_redacted(self.config.redactor(), replay, response),
        };
        let judged = exchange::judge(&self.operation, &answer);
        sent.ended(now.instant, Some(&answer), judged.as_ref().err());
        let error = match judged {
            Ok(output) => return self.end(Ok(output)),
            Err(error) => error,
        };
        if let (Some(generation), true) = (generation, error.is_of_expired_token()) {
            self.config.shared().token.refused(generation);
            if !self.renewed && self.may_send_again() && retry::allows_new_token(&error, replay) {
                self.renewed = true;
                self.happened |= error.may_have_happened();
                return self.authorise(now);
            }
        }
        let hint = answer.retry_after(Some(now.unix));
        self.again_or_fail(now, error, hint, false)
    }

    fn failed(&mut self, now: Now, failure: TransportError, sent: &Sent) -> Step<O::Output> {
        let error = Error::new(O::SPEC.name, failure).read_only(self.is_read_only());
        sent.ended(now.instant, None, Some(&error));
        self.again_or_fail(now, error, None, false)
    }

    /// Returns whether the call is read-only, so that no failure of it can have an effect on the service.
    fn is_read_only(&self) -> bool {
        self.operation.replay() == Replay::Safe
    }

    /// Returns whether the limit of attempts allows another one. Sending again after a token was renewed counts as an
    /// attempt.
    fn may_send_again(&self) -> bool {
        self.manner == Manner::Look || self.attempts < self.retry.max_attempts
    }

    /// Checks with the rate limiter whether a request may be sent now. Returns the time of the next try as the error.
    fn may_send(&self, now: Now) -> Result<(), Instant> {
        self.config.rate_limiter().map_or(Ok(()), |limiter| limiter.try_acquire(now.instant))
    }

    /// Slows down all machines that share the rate limiter when the service asks for it.
    fn heed(&self, now: Now, error: &Error, hint: Option<Duration>) {
        let Some(limiter) = self.config.rate_limiter() else { return };
        if error.is_throttled() || (hint.is_some() && error.http_status() == Some(503)) {
            limiter.throttled(now.instant, hint, self.retry.max_server_wait);
        }
    }

    /// Backs off and tries again if policy, budget and operation allow it; otherwise fails. `token` means that the
    /// request for a token failed.
    fn again_or_fail(&mut self, now: Now, error: Error, hint: Option<Duration>, token: bool) -> Step<O::Output> {
        self.heed(now, &error, hint);
        let error = error.with_hint(hint);
        let error = match token {
            true => error.at_token_stage(),
            false => error,
        };
        self.happened |= error.may_have_happened();
        if self.manner == Manner::Look || (!token && !self.may_send_again()) {
            return self.end(Err(error));
        }
        let replay = if token { Replay::Safe } else { self.operation.replay() };
        let Some(cause) = retry::cause(&error, replay) else { return self.end(Err(error)) };
        let Some(wait) = self.backoff.next(cause, hint, || self.config.shared().next_seed()) else {
            return self.end(Err(error));
        };
        if !self.config.shared().budget.withdraw() {
            return self.end(Err(error));
        }
        // The cause of the failure is more informative than a report that no time is left for another attempt.
        if self.passes_limit(now.instant + wait).is_some() {
            return self.end(Err(error));
        }
        self.wait(now.instant + wait)
    }
}

/// Passes the time left for this request to the transport.
fn limit(request: &mut Request<Body>, left: Option<Duration>) {
    if let Some(left) = left {
        request.extensions_mut().insert(RequestTimeout(left));
    }
}

fn out_of_time() -> TransportError {
    TransportError::new(TransportErrorKind::NotSent, "the time limit of the call has passed")
}

impl<O: Operation> Machine for Call<O> {
    type Output = O::Output;

    fn resume(&mut self, now: Now, event: Event) -> Step<O::Output> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => {
                self.deadline = self.timeout.map(|timeout| now.instant + timeout);
                self.authorise(now)
            }
            (State::Sent { generation, sent }, Event::Response(response)) => {
                self.answered(now, response, generation, &sent)
            }
            (State::Sent { sent, .. }, Event::Failed(failure)) => self.failed(now, failure, &sent),
            (State::Fetching(sent), Event::Response(response)) => self.token_answered(now, response, &sent),
            (State::Fetching(sent), Event::Failed(failure)) => {
                self.config.shared().token.give_up();
                let error = Error::new(GetToken::SPEC.name, failure);
                sent.ended(now.instant, None, Some(&error));
                self.again_or_fail(now, error, None, true)
            }
            (State::Waiting(until, fetched), Event::Woke) if now.instant < until => {
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
                        // The outcome of the request will never be reported.
                        self.happened |= !self.is_read_only();
                        "it waits for a response"
                    }
                    State::Fetching(_) => {
                        self.config.shared().token.give_up();
                        "it waits for a response"
                    }
                    State::Waiting(..) => "it waits for a time",
                    State::Spent => "it has ended already",
                };
                self.fail(Misuse(how))
            }
        }
    }
}

impl<O> Drop for Call<O> {
    /// Releases the lease on the token, so that other machines do not wait for a dropped one.
    fn drop(&mut self) {
        if matches!(self.state, State::Fetching(_)) {
            self.config.shared().token.give_up();
        }
    }
}
