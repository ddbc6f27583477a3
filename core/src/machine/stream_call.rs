//! A call whose response arrives item by item.

use std::mem;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::{Request, Response};

use super::{Call, Event, Instant, Machine as _, Now, OperationInfo, Step};
use crate::body::Body;
use crate::config::Config;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{BrokenStream, Error, ErrorKind, Misuse, TransportError, TransportErrorKind};
use crate::exchange;
use crate::operation::Operation as _;
use crate::policy::CallOptions;
use crate::stream::{DecodeFault, Decoder, Element, End};
use crate::streaming::{Open, StreamOperation};
use crate::time::Latest;

/// Default limit for the wait for the next piece of a stream.
const IDLE: Duration = Duration::from_secs(300);

/// Maximum size of a response that is read as a whole: an error, or an access token.
const MAX_WHOLE: usize = 4 * 1024 * 1024;

/// A call that returns the items of its response as they arrive.
///
/// ```text
///             ┌───────────── retry, by the rules of Call, only before the first item ─────────────┐
///             ▼                                                                                   │
/// Begin ─► Send ─ Opened ─► Read ─ Piece ─► Item ─ Next ─► Item ... Read ─ End ─► Done(Ok)        │
///             │               │  └─ error, cut off ─► before the first item ─► WaitUntil ─ Woke ──┘
///             └─ Failed ──────┴──────────────────────► after the first item ─► Done(Err(BrokenStream))
/// ```
///
/// Until the first item it follows the rules of [`Call`], which also decides about retries: an error that arrives as
/// the first element of a successful response counts like an error response. After the first item nothing is repeated,
/// because the items before would be repeated too.
///
/// A driver resumes after each step: [`Send`](StreamStep::Send) with `Opened` or `Failed`, [`Read`](StreamStep::Read) with
/// `Piece`, `End` or `Failed`, [`WaitUntil`](StreamStep::WaitUntil) with `Woke`, [`Item`](StreamStep::Item) with `Next`.
/// A response that is still open when a request or a wait follows is of no use any more: drop it.
#[derive(Debug)]
pub struct StreamCall<O: StreamOperation> {
    config: Config,
    call: Call<Open<O>>,
    state: State,
    clock: Latest,
    limit: usize,
    decoder: Decoder,
    /// Part of the last piece that is not decoded yet.
    piece: Bytes,
    head: Response<()>,
    items: u64,
    /// Whether an item arrived after which the stream may end.
    may_end: bool,
    timeout: Option<Duration>,
    idle_timeout: Duration,
    /// Time by which the first item must have arrived.
    deadline: Option<Instant>,
}

/// An event that happened since the last step of a [`StreamCall`].
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamEvent {
    /// The first event.
    Begin,
    /// The head of the response arrived.
    Opened(Response<()>),
    /// The next piece of the body arrived.
    Piece(Bytes),
    /// The body ended.
    End,
    /// The request or the connection failed, or no piece arrived in time.
    Failed(TransportError),
    /// The wait ended, on time or early.
    Woke,
    /// The item was taken.
    Next,
}

/// The next action for the driver of a [`StreamCall`].
#[derive(Debug)]
#[must_use = "a step that is not executed leaves the call waiting forever"]
#[expect(clippy::large_enum_variant, reason = "a step is taken apart at once")]
pub enum StreamStep<T> {
    /// Send this request and resume with the head of its response.
    Send(Request<Body>),
    /// Read the next piece of the body. Resume with [`Failed`](StreamEvent::Failed) if none arrives until this time.
    Read(Instant),
    /// Resume at this time or shortly after.
    WaitUntil(Instant),
    /// An item. Resume to get the next one.
    Item(T),
    /// The stream is complete, or failed. The call must not be resumed again.
    Done(Result<(), Error>),
}

#[derive(Debug)]
enum State {
    Start,
    /// The request was sent. `whole` means that it is the request for a token.
    Sent {
        whole: bool,
    },
    /// The response is not a stream, and read to its end.
    Whole(Response<()>, Vec<u8>),
    /// Waiting for the next piece of the stream.
    Reading,
    /// Returned an item.
    Returned,
    Waiting,
    Spent,
}

/// What an element of the stream is.
enum Outcome<T> {
    Nothing,
    Item(T),
    /// An error of the service, or something that cannot be decoded.
    Other(Bytes),
    Fault(DecodeFault),
}

impl<O: StreamOperation> StreamCall<O> {
    /// Creates a call with the default options. It does nothing until driven; invalid arguments are reported by the
    /// first step.
    pub fn new(config: &Config, operation: O) -> Self {
        Self::with_options(config, operation, CallOptions::default())
    }

    /// Creates a call with custom options, which override the configuration for this call. The time limit applies until
    /// the first item.
    pub fn with_options(config: &Config, operation: O, options: CallOptions) -> Self {
        Self {
            config: config.clone(),
            timeout: options.timeout,
            idle_timeout: options.idle_timeout.unwrap_or(IDLE),
            call: Call::with_options(config, Open(operation), options),
            state: State::Start,
            clock: Latest::default(),
            limit: crate::stream::MAX_ELEMENT_BYTES,
            decoder: Decoder::new(),
            piece: Bytes::new(),
            head: Response::new(()),
            items: 0,
            may_end: false,
            deadline: None,
        }
    }

    /// Sets the maximum size of one item, in bytes. Default: [`MAX_ELEMENT_BYTES`](crate::stream::MAX_ELEMENT_BYTES).
    pub fn max_item(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Returns the number of items returned so far.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// Returns the number of times the request was sent so far.
    pub fn attempts(&self) -> u32 {
        self.call.attempts()
    }

    fn operation(&self) -> &O {
        &self.call.operation().0
    }

    /// Takes an event and returns the next step.
    pub fn resume(&mut self, now: Now, event: StreamEvent) -> StreamStep<O::Item> {
        let now = self.clock.observe(now);
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, StreamEvent::Begin) => {
                self.deadline = self.timeout.map(|timeout| now.instant + timeout);
                self.start(now, Event::Begin)
            }
            (State::Waiting, StreamEvent::Woke) => self.start(now, Event::Woke),
            (State::Sent { whole: false }, StreamEvent::Opened(head)) if head.status().is_success() => {
                self.head = head;
                self.decoder = Decoder::with_limit(self.limit);
                self.piece = Bytes::new();
                self.may_end = false;
                self.read(now, State::Reading)
            }
            (State::Sent { .. }, StreamEvent::Opened(head)) => self.read(now, State::Whole(head, Vec::new())),
            (State::Sent { .. } | State::Whole(..), StreamEvent::Failed(failure)) => {
                self.start(now, Event::Failed(failure))
            }
            (State::Whole(head, mut body), StreamEvent::Piece(piece)) => {
                if body.len() + piece.len() > MAX_WHOLE {
                    let failure = TransportError::new(TransportErrorKind::TooLarge, "the error response is too large");
                    return self.start(now, Event::Failed(failure));
                }
                body.extend_from_slice(&piece);
                self.read(now, State::Whole(head, body))
            }
            (State::Whole(head, body), StreamEvent::End) => {
                self.start(now, Event::Response(head.map(|()| Bytes::from(body))))
            }
            (State::Reading, StreamEvent::Piece(piece)) => {
                self.piece = piece;
                self.decode(now)
            }
            (State::Returned, StreamEvent::Next) => self.decode(now),
            (State::Reading, StreamEvent::End) => self.ended(now),
            (State::Reading, StreamEvent::Failed(failure)) => self.broken(now, failure),
            (state, _) => {
                let problem = match state {
                    State::Start => "it has not begun",
                    State::Sent { .. } => "it waits for a response",
                    State::Whole(..) | State::Reading => "it waits for a piece of the response",
                    State::Returned => "it has returned an item",
                    State::Waiting => "it waits for a time",
                    State::Spent => "it has ended already",
                };
                self.done(Err(Error::new(O::SPEC.name, Misuse(problem))))
            }
        }
    }

    /// Passes an event to the call that opens the stream, which decides about the next attempt.
    fn start(&mut self, now: Now, event: Event) -> StreamStep<O::Item> {
        match self.call.resume(now, event) {
            Step::Send(request) => {
                let operation = request.extensions().get::<OperationInfo>().map(|info| info.operation);
                self.state = State::Sent { whole: operation != Some(O::SPEC.name) };
                StreamStep::Send(request)
            }
            Step::WaitUntil(time) => {
                self.state = State::Waiting;
                StreamStep::WaitUntil(time)
            }
            Step::Done(Err(error)) => self.done(Err(error)),
            // Only `begun` reports the first item, so a success here is an error response that reports none.
            Step::Done(Ok(())) => self.done(Err(self.unreadable(DecodeError::new("", "it is not a stream"), &[]))),
        }
    }

    fn done(&mut self, result: Result<(), Error>) -> StreamStep<O::Item> {
        self.state = State::Spent;
        StreamStep::Done(result.map_err(|error| self.counted(error)))
    }

    fn counted(&self, error: Error) -> Error {
        match self.items {
            0 => error,
            items => {
                let attempts = self.call.attempts();
                Error::new(O::SPEC.name, BrokenStream { items, cause: Box::new(error) }).after(attempts, false)
            }
        }
    }

    fn read(&mut self, now: Now, state: State) -> StreamStep<O::Item> {
        self.state = state;
        let idle = now.instant + self.idle_timeout;
        let until = self.deadline.filter(|_| self.items == 0).map_or(idle, |deadline| deadline.min(idle));
        StreamStep::Read(until)
    }

    /// Reports to the call that the first item, or the end of a stream without items, has arrived.
    fn begun(&mut self, now: Now) -> Result<(), Error> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.head.status();
        match self.call.resume(now, Event::Response(response)) {
            Step::Done(result) => result,
            Step::Send(_) | Step::WaitUntil(_) => {
                Err(Error::new(O::SPEC.name, Misuse("the start of a stream was not accepted")))
            }
        }
    }

    fn decode(&mut self, now: Now) -> StreamStep<O::Item> {
        match self.next_element() {
            Outcome::Item(item) => {
                if self.items == 0 {
                    if let Err(error) = self.begun(now) {
                        return self.done(Err(error));
                    }
                }
                self.items += 1;
                self.may_end |= self.operation().is_last(&item);
                self.state = State::Returned;
                StreamStep::Item(item)
            }
            Outcome::Nothing if self.decoder.is_done() => self.ended(now),
            Outcome::Nothing => self.read(now, State::Reading),
            Outcome::Other(json) => self.refused(now, json),
            Outcome::Fault(fault) => match fault {
                DecodeFault::TooLarge(_) => self.broken(now, TransportError::new(TransportErrorKind::TooLarge, fault)),
                DecodeFault::NotJson(_) => {
                    let rest = self.piece.clone();
                    let error = self.unreadable(DecodeError::new("", fault.to_string()), &rest);
                    self.done(Err(error))
                }
            },
        }
    }

    fn next_element(&mut self) -> Outcome<O::Item> {
        let operation = &self.call.operation().0;
        let mut rest: &[u8] = &self.piece;
        let before = rest.len();
        let outcome = match self.decoder.next(&mut rest) {
            Err(fault) => return Outcome::Fault(fault),
            Ok(None) => Outcome::Nothing,
            Ok(Some(element)) => {
                let json = operation.payload(element.json);
                let is_error = element.name == "error";
                match operation.item(&Element { name: element.name, json }) {
                    Ok(Some(item)) if !is_error => Outcome::Item(item),
                    _ => Outcome::Other(Bytes::copy_from_slice(json)),
                }
            }
        };
        let used = before - rest.len();
        self.piece.advance(used);
        outcome
    }

    /// Handles an element that is not an item: an error of the service, or something that cannot be decoded.
    fn refused(&mut self, now: Now, json: Bytes) -> StreamStep<O::Item> {
        let response = self.head.clone().map(|()| json);
        if self.items == 0 {
            return self.start(now, Event::Response(response));
        }
        let operation = self.call.operation();
        let envelope = Envelope::open(self.config.redactor(), operation.replay(), response);
        match exchange::judge(operation, &envelope) {
            Err(error) => self.done(Err(error)),
            Ok(()) => self.done(Err(self.unreadable(DecodeError::new("", "an element is empty"), &[]))),
        }
    }

    fn ended(&mut self, now: Now) -> StreamStep<O::Item> {
        let problem = match self.decoder.finish() {
            End::Finished => None,
            End::Unmarked if self.may_end => None,
            End::Unmarked if self.items == 0 => Some("the response ended before its first item"),
            End::Unmarked => Some("the response ended between two items, without an end mark"),
            End::Within => Some("the response ended within an item"),
        };
        match problem {
            Some(problem) => self.broken(now, TransportError::new(TransportErrorKind::MaybeSent, problem)),
            None if self.items == 0 => {
                let result = self.begun(now);
                self.done(result)
            }
            None => self.done(Ok(())),
        }
    }

    /// Handles a failure of the connection.
    fn broken(&mut self, now: Now, failure: TransportError) -> StreamStep<O::Item> {
        if self.items == 0 {
            return self.start(now, Event::Failed(failure));
        }
        let is_read_only = self.call.operation().replay() == crate::operation::Replay::Safe;
        let error = Error::new(O::SPEC.name, ErrorKind::Transport(failure)).read_only(is_read_only);
        self.done(Err(error))
    }

    fn unreadable(&self, problem: DecodeError, body: &[u8]) -> Error {
        let response = self.head.clone().map(|()| Bytes::copy_from_slice(body));
        Envelope::open(self.config.redactor(), self.call.operation().replay(), response)
            .unreadable(O::SPEC.name, problem)
    }
}
