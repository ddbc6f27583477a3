//! Bugs that are planted into an adapter, to check that the table catches them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clarifai_core::machine;
use clarifai_core::time::{Instant as Mono, Now};
use clarifai_core::{
    Config, Error,
    operation::RawResponse,
    transport::{Body, TransportError, TransportErrorKind},
};
use http::{Request, Response};
use url::Url;

use super::driver::{AnyMachine, Client, Driver, Settings};

/// A bug of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: checks that planting by itself causes no failure.
    None,
    /// Follows redirects with the key.
    RedirectsOn,
    /// Turns a status of 400 or above into an error.
    StatusAsError,
    /// Reports "not sent" without proof.
    NotSentLie,
    /// Sends the body of the second attempt from where the first attempt stopped.
    BodyNotRewound,
    /// Loses the last byte of large responses.
    DroppedTail,
    /// Loses the last byte of large requests.
    DroppedBody,
    /// Holds the whole request in memory.
    HoldsBody,
    /// Repeats failed requests by itself.
    RetriesItself,
    /// Reads responses of any size.
    NoLimit,
    /// Reports a response that is too large as lost.
    TooLargeAsLost,
    /// Decodes the path and encodes it again.
    Recodes,
    /// Ignores the proxy.
    NoProxy,
    /// Includes the key in errors.
    KeyInError,
    /// Writes the key to the log.
    KeyInLog,
    /// Panics at a byte above 0x7f in a header, with the key in the message.
    PanicsAtByte,
}

impl Fault {
    /// Returns the scenarios that must fail.
    pub fn caught_by(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::RedirectsOn => {
                &["redirect-301", "redirect-302", "redirect-307", "redirect-308", "redirect-same-host"]
            }
            Self::StatusAsError => &["refusal-400", "refusal-401", "refusal-404", "refusal-500", "quoted-key", "quota"],
            Self::NotSentLie => {
                &["lost-once", "cut-in-head", "no-response", "truncated", "lost-on-kept-once", "reset-in-request"]
            }
            Self::BodyNotRewound => &["lost-safe-post", "lost-idempotent", "failed-safe", "throttled-once"],
            Self::DroppedTail => &["chunked-large"],
            Self::DroppedBody => &["body-encoded"],
            // Caught by its use of memory, not by its result: see `memory`.
            Self::HoldsBody => &[],
            Self::RetriesItself => &["lost-once", "closed-in-request", "lost-on-kept-once"],
            Self::NoLimit => &["oversized", "oversized-chunks", "oversized-until-close"],
            Self::TooLargeAsLost => &["oversized", "four-gigabytes"],
            Self::Recodes => &["path-bytes"],
            Self::NoProxy => &["proxy", "proxy-refuses"],
            Self::KeyInError => &["secrets"],
            Self::KeyInLog => &[],
            Self::PanicsAtByte => &["header-byte", "secrets"],
        }
    }
}

/// All of them.
pub const FAULTS: [Fault; 16] = [
    Fault::None,
    Fault::RedirectsOn,
    Fault::StatusAsError,
    Fault::NotSentLie,
    Fault::BodyNotRewound,
    Fault::DroppedTail,
    Fault::DroppedBody,
    Fault::HoldsBody,
    Fault::RetriesItself,
    Fault::NoLimit,
    Fault::TooLargeAsLost,
    Fault::Recodes,
    Fault::NoProxy,
    Fault::KeyInError,
    Fault::KeyInLog,
    Fault::PanicsAtByte,
];

/// Target to which [`Fault::KeyInLog`] writes with `log`.
pub const LOG_OF_THE_FAULT: &str = "planted log";

/// Target to which it writes with `tracing`.
pub const SPAN_OF_THE_FAULT: &str = "planted span";

/// An adapter with a planted bug.
pub struct Faulty(pub Arc<dyn Driver>, pub Fault);

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with {:?}", self.0.name(), self.1)
    }
}

impl Driver for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn client(&self, config: Config, settings: &Settings) -> Box<dyn Client> {
        let mut settings = settings.clone();
        match self.1 {
            Fault::NoLimit => settings.max_response = u64::MAX,
            Fault::NoProxy => settings.proxy = None,
            _ => {}
        }
        Box::new(FaultyClient { inner: self.0.client(config, &settings), fault: self.1, sent: AtomicU32::new(0) })
    }

    fn plain(&self, config: Config) -> Box<dyn Client> {
        self.0.plain(config)
    }
}

struct FaultyClient {
    inner: Box<dyn Client>,
    fault: Fault,
    /// How often the request of this machine was sent.
    sent: AtomicU32,
}

fn copy(request: &Request<Body>) -> Request<Body> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

impl FaultyClient {
    fn follow(&self, mut request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        loop {
            let again = copy(&request);
            let response = self.inner.send(request)?;
            let location = response.headers().get("location").and_then(|location| location.to_str().ok());
            let (true, Some(location)) = (response.status().is_redirection(), location) else { return Ok(response) };
            let here = Url::parse(&again.uri().to_string()).and_then(|here| here.join(location));
            request = again;
            *request.uri_mut() = here.ok().and_then(|url| url.as_str().parse().ok()).unwrap_or_default();
            if self.sent.fetch_add(1, Ordering::SeqCst) > 4 {
                return Ok(response);
            }
        }
    }
}

impl Client for FaultyClient {
    fn send(&self, mut request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        use TransportErrorKind::{MaybeSent, NotSent, TooLarge};
        let first = self.sent.fetch_add(1, Ordering::SeqCst) == 0;
        let key =
            request.headers().get("authorization").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
        match self.fault {
            Fault::RedirectsOn => return self.follow(request),
            Fault::BodyNotRewound if !first => *request.body_mut() = Body::empty(),
            Fault::DroppedBody if request.body().len() > 65_536 => {
                let body = request.body().to_bytes();
                *request.body_mut() = Body::from_bytes(body.slice(..body.len() - 1));
            }
            Fault::HoldsBody => {
                let body = request.body().to_bytes();
                *request.body_mut() = Body::from_bytes(body);
            }
            Fault::Recodes => {
                let text = request.uri().to_string();
                let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
                if let Some(uri) = Url::parse(&decoded).ok().and_then(|url| url.as_str().parse().ok()) {
                    *request.uri_mut() = uri;
                }
            }
            Fault::KeyInLog => {
                log::trace!(target: LOG_OF_THE_FAULT, "authorization: {key}");
                tracing::trace_span!(target: SPAN_OF_THE_FAULT, "sent", key);
            }
            _ => {}
        }
        let again = copy(&request);
        let result = self.inner.send(request);
        match (self.fault, result) {
            (Fault::StatusAsError, Ok(response)) if response.status().as_u16() >= 400 => {
                Err(TransportError::new(MaybeSent, format!("HTTP {}", response.status())))
            }
            (Fault::DroppedTail, Ok(response)) if response.body().len() > 65_536 => {
                Ok(response.map(|body| body.slice(..body.len() - 1)))
            }
            (Fault::PanicsAtByte, Ok(response)) => {
                assert!(
                    response.headers().values().all(|value| value.to_str().is_ok()),
                    "a byte above 0x7f in the response to {key}"
                );
                Ok(response)
            }
            (Fault::NotSentLie, Err(failure)) if failure.kind == MaybeSent => {
                Err(TransportError::new(NotSent, failure.source))
            }
            (Fault::TooLargeAsLost, Err(failure)) if failure.kind == TooLarge => {
                Err(TransportError::new(MaybeSent, failure.source))
            }
            (Fault::RetriesItself, Err(_)) => self.inner.send(again),
            (Fault::KeyInError, Err(failure)) => {
                Err(TransportError::new(failure.kind, format!("{}; it was sent with {key}", failure.source)))
            }
            (_, result) => result,
        }
    }

    fn run(&self, machine: AnyMachine) -> Result<RawResponse, Error> {
        self.sent.store(0, Ordering::SeqCst);
        machine::drive(machine, &mut Loop(self, Instant::now()))
    }
}

/// The loop of a blocking adapter.
struct Loop<'a>(&'a FaultyClient, Instant);

impl machine::Driver for Loop<'_> {
    fn now(&mut self) -> Now {
        Now::new(Mono::new(self.1.elapsed()), SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn send(&mut self, request: Request<Body>) -> Result<Response<Bytes>, TransportError> {
        self.0.send(request)
    }

    fn wait_until(&mut self, time: Mono) {
        let wait: Duration = time.since(Mono::new(self.1.elapsed()));
        thread::sleep(wait);
    }
}
