//! Streamed responses of [`MockTransport`].

use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::log::EventKind;
use super::mock_transport::{ExpectedRequest, MAX_STEPS, MockTransport};
use crate::error::{Error, TransportError, TransportErrorKind};
use crate::machine::{Driver as _, StreamCall, StreamEvent, StreamStep};
use crate::streaming::StreamOperation;

/// The pieces of a body, and how it ends.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    list: Vec<Bytes>,
    pause: Duration,
    end: Result<(), TransportErrorKind>,
}

impl Pieces {
    fn whole(body: Bytes) -> Self {
        Self { list: vec![body], pause: Duration::ZERO, end: Ok(()) }
    }
}

impl ExpectedRequest {
    /// Sets the response to this HTTP status and a body that arrives in pieces, each after `pause`. At the end, the
    /// body is complete, or the connection fails with the error.
    ///
    /// # Panics
    ///
    /// Panics if `status` is not a valid HTTP status.
    pub fn reply_pieces<B: Into<Bytes>>(
        mut self,
        status: u16,
        pieces: impl IntoIterator<Item = B>,
        pause: Duration,
        end: Result<(), TransportErrorKind>,
    ) -> MockTransport {
        let pieces: Vec<Bytes> = pieces.into_iter().map(Into::into).collect();
        let whole = pieces.concat();
        self.planned.pieces = Some(Pieces { list: pieces, pause, end });
        self.reply_bytes(status, whole)
    }
}

impl MockTransport {
    /// Drives a stream to its end, and returns its items and the result.
    ///
    /// # Panics
    ///
    /// Panics if the call has not ended after 100,000 steps.
    pub fn stream<O: StreamOperation>(&mut self, mut call: StreamCall<O>) -> (Vec<O::Item>, Result<(), Error>) {
        let mut items = Vec::new();
        let mut event = StreamEvent::Begin;
        let mut body = None;
        for _ in 0..MAX_STEPS {
            event = match call.resume(self.clock.now(), event) {
                StreamStep::Send(request) => match self.send(request) {
                    Ok(response) => {
                        let (parts, whole) = response.into_parts();
                        let Pieces { list: pieces, pause, end } =
                            self.streamed.take().unwrap_or_else(|| Pieces::whole(whole));
                        body = Some((pieces.into_iter(), pause, end));
                        StreamEvent::Opened(Response::from_parts(parts, ()))
                    }
                    Err(failure) => StreamEvent::Failed(failure),
                },
                StreamStep::Read(until) => match &mut body {
                    Some((pieces, pause, end)) => {
                        let arrives = self.clock.now().instant + *pause;
                        self.clock.advance_to(arrives.min(until));
                        match pieces.next() {
                            _ if arrives > until => failed(TransportErrorKind::MaybeSent),
                            Some(piece) => StreamEvent::Piece(piece),
                            None => end.map_or_else(failed, |()| StreamEvent::End),
                        }
                    }
                    None => failed(TransportErrorKind::MaybeSent),
                },
                StreamStep::WaitUntil(time) => {
                    self.wait_until(time);
                    StreamEvent::Woke
                }
                StreamStep::Item(item) => {
                    items.push(item);
                    StreamEvent::Next
                }
                StreamStep::Done(result) => {
                    self.note(EventKind::Done(result.as_ref().map_err(ToString::to_string).copied()));
                    return (items, result);
                }
            };
        }
        panic!("the stream came to no end within {MAX_STEPS} steps");
    }
}

fn failed(kind: TransportErrorKind) -> StreamEvent {
    StreamEvent::Failed(TransportError::new(kind, "as the script says"))
}
