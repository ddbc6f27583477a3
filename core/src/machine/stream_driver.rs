//! Drivers of streams: an iterator for blocking transports, and its twin for asynchronous ones.

use http::Response;

use super::trace;
use super::{StreamCall, StreamEvent, StreamStep};
use crate::error::{Error, TransportError, TransportErrorKind};
use crate::streaming::StreamOperation;
use crate::transport::{StreamBody as _, StreamTransport};

/// The items of a streamed response, as an iterator over a blocking transport.
///
/// The request is sent when the first item is requested. After an error the iterator ends; where it ends without an
/// error, the response is complete. Dropping it closes the connection.
#[derive(Debug)]
#[must_use = "nothing is sent before the first item is requested"]
pub struct Items<O: StreamOperation, T: StreamTransport> {
    call: StreamCall<O>,
    transport: T,
    body: Option<T::Body>,
    state: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Before,
    Under,
    Ended,
}

impl<O: StreamOperation, T: StreamTransport> Items<O, T> {
    /// Creates the iterator of a call over this transport.
    pub fn new(call: StreamCall<O>, transport: T) -> Self {
        Self { call, transport, body: None, state: Progress::Before }
    }

    /// Returns the call, which counts items and attempts.
    pub fn call(&self) -> &StreamCall<O> {
        &self.call
    }

    fn open(&mut self, request: http::Request<crate::body::Body>) -> StreamEvent {
        self.body = None;
        match trace::in_span(request, |request| self.transport.open(request)) {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                self.body = Some(body);
                StreamEvent::Opened(Response::from_parts(parts, ()))
            }
            Err(failure) => StreamEvent::Failed(failure),
        }
    }
}

impl<O: StreamOperation, T: StreamTransport> Iterator for Items<O, T> {
    type Item = Result<O::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut event = match self.state {
            Progress::Before => StreamEvent::Begin,
            Progress::Under => StreamEvent::Next,
            Progress::Ended => return None,
        };
        self.state = Progress::Under;
        loop {
            event = match self.call.resume(self.transport.now(), event) {
                StreamStep::Send(request) => self.open(request),
                StreamStep::Read(until) => {
                    let within = until.since(self.transport.now().instant);
                    match self.body.as_mut().map(|body| body.next_piece(within)) {
                        Some(Ok(Some(piece))) => StreamEvent::Piece(piece),
                        Some(Ok(None)) => StreamEvent::End,
                        Some(Err(failure)) => StreamEvent::Failed(failure),
                        None => StreamEvent::Failed(not_open()),
                    }
                }
                StreamStep::WaitUntil(time) => {
                    self.body = None;
                    self.transport.wait_until(time);
                    StreamEvent::Woke
                }
                StreamStep::Item(item) => return Some(Ok(item)),
                StreamStep::Done(result) => {
                    self.body = None;
                    self.state = Progress::Ended;
                    return result.err().map(Err);
                }
            };
        }
    }
}

impl<O: StreamOperation, T: StreamTransport> std::iter::FusedIterator for Items<O, T> {}

fn not_open() -> TransportError {
    TransportError::new(TransportErrorKind::MaybeSent, "there is no open response")
}

/// Converts a call into a stream of its items over an asynchronous transport. The request is sent when the stream is
/// polled first. Dropping the stream closes the connection.
#[cfg(feature = "futures")]
pub fn stream_items<O: StreamOperation, T: crate::transport::AsyncStreamTransport>(
    call: StreamCall<O>,
    transport: T,
) -> impl futures_util::Stream<Item = Result<O::Item, Error>> {
    let state = nonblocking::Open { call, transport, body: None };
    futures_util::stream::unfold(Some((state, StreamEvent::Begin)), |state| async move {
        let (mut open, event) = state?;
        match open.next(event).await {
            Some(Ok(item)) => Some((Ok(item), Some((open, StreamEvent::Next)))),
            Some(Err(error)) => Some((Err(error), None)),
            None => None,
        }
    })
}

#[cfg(feature = "futures")]
mod nonblocking {
    use std::pin::pin;

    use futures_util::future::{Either, select};
    use http::{Request, Response};

    use super::not_open;
    use crate::body::Body;
    use crate::error::{Error, TransportError, TransportErrorKind};
    use crate::machine::{StreamCall, StreamEvent, StreamStep};
    use crate::streaming::StreamOperation;
    use crate::time::Instant;
    use crate::transport::{AsyncStreamBody as _, AsyncStreamTransport, RequestTimeout};

    /// A call, and its response as far as it is open.
    pub(super) struct Open<O: StreamOperation, T: AsyncStreamTransport> {
        pub(super) call: StreamCall<O>,
        pub(super) transport: T,
        pub(super) body: Option<T::Body>,
    }

    impl<O: StreamOperation, T: AsyncStreamTransport> Open<O, T> {
        pub(super) async fn next(&mut self, mut event: StreamEvent) -> Option<Result<O::Item, Error>> {
            loop {
                event = match self.call.resume(self.transport.now(), event) {
                    StreamStep::Send(request) => self.open(request).await,
                    StreamStep::Read(until) => self.read(until).await,
                    StreamStep::WaitUntil(time) => {
                        self.body = None;
                        self.transport.wait_until(time).await;
                        StreamEvent::Woke
                    }
                    StreamStep::Item(item) => return Some(Ok(item)),
                    StreamStep::Done(result) => return result.err().map(Err),
                };
            }
        }

        async fn open(&mut self, request: Request<Body>) -> StreamEvent {
            self.body = None;
            let until = RequestTimeout::of(&request).map(|timeout| self.transport.now().instant + timeout);
            #[cfg(feature = "tracing")]
            let span = crate::machine::trace::span(&request);
            let response = self.transport.open(request);
            #[cfg(feature = "tracing")]
            let response = tracing::Instrument::instrument(response, span);
            let response = match until {
                None => response.await,
                Some(until) => match select(pin!(response), pin!(self.transport.wait_until(until))).await {
                    Either::Left((response, _)) => response,
                    Either::Right(_) => Err(late("no response arrived in time")),
                },
            };
            match response {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    self.body = Some(body);
                    StreamEvent::Opened(Response::from_parts(parts, ()))
                }
                Err(failure) => StreamEvent::Failed(failure),
            }
        }

        async fn read(&mut self, until: Instant) -> StreamEvent {
            let Some(body) = self.body.as_mut() else { return StreamEvent::Failed(not_open()) };
            let piece = match select(pin!(body.next_piece()), pin!(self.transport.wait_until(until))).await {
                Either::Left((piece, _)) => piece,
                Either::Right(_) => Err(late("no piece of the response arrived in time")),
            };
            match piece {
                Ok(Some(piece)) => StreamEvent::Piece(piece),
                Ok(None) => StreamEvent::End,
                Err(failure) => StreamEvent::Failed(failure),
            }
        }
    }

    fn late(problem: &'static str) -> TransportError {
        TransportError::new(TransportErrorKind::MaybeSent, problem)
    }
}
