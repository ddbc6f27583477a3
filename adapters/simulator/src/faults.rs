//! Fault injection: exchanges that fail on purpose, deterministically from a seed.
//!
//! [`Faults`] is data: a seed, the share of exchanges that fail, and the kinds of [`Fault`]. The seed and the number of
//! an exchange alone decide on its fault, so a run with the same seed and the same requests in the same order has the
//! same faults.
//!
//! A request that reaches the service is executed, and recorded in the [ledger](crate::Simulator::ledger), before a
//! fault affects its response. Time is virtual: a hang takes no time, it only reports how long it would have taken.
//!
//! ```
//! use clarifai_simulator::{Client, core::concepts::CreateConcepts, faults::{Fault, Faults}};
//!
//! // Every response is lost, also those of retries.
//! let client = Client::new().with_faults(Faults::new(1, 1.0).only([Fault::ResponseLost]));
//! let error = client.call(CreateConcepts::new().concept("cat")).expect_err("no response arrives");
//! assert!(error.may_have_happened());
//! assert!(client.simulator().ledger()[0].committed(), "the call was executed");
//! # Ok::<(), clarifai_simulator::core::Error>(())
//! ```

mod mixed_success;
mod random;
mod responses;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::time::Now;
use clarifai_core::transport::{TransportError, TransportErrorKind};
use http::{Request, Response, StatusCode};

use self::random::Random;
use crate::simulator::Simulator;

/// A kind of fault.
///
/// | fault | the client sees | the service executes the request |
/// |---|---|---|
/// | [`ConnectRefused`](Self::ConnectRefused) | not sent | no |
/// | [`ResetBefore`](Self::ResetBefore) | maybe sent | no |
/// | [`ResetDuring`](Self::ResetDuring) | maybe sent | no |
/// | [`ResetAfter`](Self::ResetAfter) | maybe sent | yes |
/// | [`ResponseLost`](Self::ResponseLost) | maybe sent, after the timeout | yes |
/// | [`Hang`](Self::Hang) | maybe sent, after the timeout | no |
/// | [`SlowResponse`](Self::SlowResponse) | the response, at one second per byte | yes |
/// | [`SlicedResponse`](Self::SlicedResponse) | the response | yes |
/// | [`TruncatedJson`](Self::TruncatedJson) | the HTTP status and a part of the body | yes |
/// | [`BadGateway`](Self::BadGateway) | HTTP 502 with an HTML page | the seed decides |
/// | [`InternalError`](Self::InternalError) | HTTP 500 with 98004 | the seed decides |
/// | [`Unavailable`](Self::Unavailable) | HTTP 503 with `Retry-After` and an HTML page | no |
/// | [`Throttled`](Self::Throttled) | HTTP 429 with 11005; the seed decides on `Retry-After` | no |
/// | [`TryAgain`](Self::TryAgain) | HTTP 500 with 10030 | no |
/// | [`Mixed`](Self::Mixed) | HTTP 207 with 10010, or 400 with 10020 | only the items that are not refused |
/// | [`SentTwice`](Self::SentTwice) | the response to the second request, such as 30100 | yes, twice |
/// | [`WrongLength`](Self::WrongLength) | the HTTP status and a body with extra bytes at its end | yes |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is refused. Only after this fault does the client know that nothing was sent.
    ConnectRefused,
    /// The connection is closed before the request is written.
    ResetBefore,
    /// The connection is closed while the request is written. The service discards the partial request.
    ResetDuring,
    /// The connection is closed after the request was executed, before the response.
    ResetAfter,
    /// The request is executed, but the response never arrives and the client times out.
    ResponseLost,
    /// The request never reaches the service, and the client times out.
    Hang,
    /// The response arrives at one byte per second; see [`Faults::with_byte_time`].
    SlowResponse,
    /// The response arrives in slices of one byte. This has an effect only on a socket, not in process.
    SlicedResponse,
    /// The body is truncated at a position that the seed decides; the response is complete otherwise.
    TruncatedJson,
    /// A gateway responds instead of the service, before or after the request was executed.
    BadGateway,
    /// The service fails with an internal error, before or after the request was executed.
    InternalError,
    /// A gateway reports that the service is unavailable, with a `Retry-After` of 1 to 5 seconds.
    Unavailable,
    /// The service reports too many requests, in half of the cases with a `Retry-After` of 1 to 3 seconds.
    Throttled,
    /// The service reports "try again" (10030).
    TryAgain,
    /// Some inputs of a call are refused, each for a transient (10030) or permanent (30104) reason, and the others are
    /// executed. At least one input is refused, and of several at least one is not. Calls whose response has no status
    /// for each input are not affected.
    Mixed,
    /// A proxy sends the request a second time and returns the second response. If the request contains ids, the
    /// client gets duplicate errors for its own items. Without ids the service stores the items twice, which no client
    /// can prevent: leave this fault out of tests that count duplicates without ids.
    SentTwice,
    /// The beginning of another response is appended to the body.
    WrongLength,
}

/// How much of a request the service executes under a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commits {
    /// Nothing.
    Never,
    /// All of it.
    Always,
    /// All or nothing: the seed decides.
    Either,
    /// Some of its items.
    Partly,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 17] = [
        Self::ConnectRefused,
        Self::ResetBefore,
        Self::ResetDuring,
        Self::ResetAfter,
        Self::ResponseLost,
        Self::Hang,
        Self::SlowResponse,
        Self::SlicedResponse,
        Self::TruncatedJson,
        Self::BadGateway,
        Self::InternalError,
        Self::Unavailable,
        Self::Throttled,
        Self::TryAgain,
        Self::Mixed,
        Self::SentTwice,
        Self::WrongLength,
    ];

    /// Returns the name in logs, such as `reset after the request`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectRefused => "connection refused",
            Self::ResetBefore => "reset before the request",
            Self::ResetDuring => "reset during the request",
            Self::ResetAfter => "reset after the request",
            Self::ResponseLost => "response lost",
            Self::Hang => "hang",
            Self::SlowResponse => "slow response",
            Self::SlicedResponse => "sliced response",
            Self::TruncatedJson => "truncated JSON",
            Self::BadGateway => "HTML 502",
            Self::InternalError => "HTTP 500",
            Self::Unavailable => "HTTP 503 with Retry-After",
            Self::Throttled => "11005",
            Self::TryAgain => "10030",
            Self::Mixed => "10010",
            Self::SentTwice => "sent twice",
            Self::WrongLength => "wrong length",
        }
    }

    /// Returns how much of the request the service executes.
    pub const fn commits(self) -> Commits {
        match self {
            Self::ConnectRefused
            | Self::ResetBefore
            | Self::ResetDuring
            | Self::Hang
            | Self::Unavailable
            | Self::Throttled
            | Self::TryAgain => Commits::Never,
            Self::ResetAfter
            | Self::ResponseLost
            | Self::SlowResponse
            | Self::SlicedResponse
            | Self::TruncatedJson
            | Self::SentTwice
            | Self::WrongLength => Commits::Always,
            Self::BadGateway | Self::InternalError => Commits::Either,
            Self::Mixed => Commits::Partly,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Decides which exchanges fail, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    seed: u64,
    share: f64,
    kinds: Vec<Fault>,
    timeout: Duration,
    byte: Duration,
    latency: Duration,
}

impl Faults {
    /// Lets a `share` of the exchanges fail, from 0 (none) to 1 (all), with every kind of fault equally likely.
    pub fn new(seed: u64, share: f64) -> Self {
        Self {
            seed,
            share,
            kinds: Fault::ALL.to_vec(),
            timeout: Duration::from_secs(30),
            byte: Duration::from_secs(1),
            latency: Duration::ZERO,
        }
    }

    /// Sets the kinds of faults, all equally likely. A kind given twice is twice as likely. Default: [`Fault::ALL`].
    pub fn only(mut self, kinds: impl IntoIterator<Item = Fault>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }

    /// Removes kinds of faults.
    pub fn without(mut self, kinds: impl IntoIterator<Item = Fault>) -> Self {
        let unwanted: Vec<_> = kinds.into_iter().collect();
        self.kinds.retain(|kind| !unwanted.contains(kind));
        self
    }

    /// Sets how long a client waits for a response that never arrives. Default: 30 seconds.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time per byte of a [slow response](Fault::SlowResponse). Default: 1 second.
    pub fn with_byte_time(mut self, byte: Duration) -> Self {
        self.byte = byte;
        self
    }

    /// Sets the maximum latency added to every exchange, with or without a fault. The seed decides on the actual
    /// latency. Default: 0.
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Returns the seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the time per byte of a slow response.
    #[cfg(feature = "server")]
    pub(crate) fn byte_time(&self) -> Duration {
        self.byte
    }

    /// Returns the fault of the exchange with this number, if any.
    pub fn hit(&self, number: u64) -> Option<Fault> {
        self.draw(number).0
    }

    /// Runs one exchange and returns its result and its duration.
    ///
    /// The request reaches the service at `now`; the response arrives, or the failure is known, at `now` plus
    /// [`takes`](Exchange::takes). Code that drives several machines concurrently must number the exchanges of all
    /// machines together, or give each machine its own `Faults`.
    pub fn exchange(&self, simulator: &Simulator, now: Now, number: u64, request: &Request<Bytes>) -> Exchange {
        let (fault, mut random) = self.draw(number);
        let latency = random.up_to(self.latency);
        let mut exchange = match fault {
            Some(fault) => self.inject(fault, &mut random, simulator, now, request),
            None => Exchange::whole(simulator.handle(now, request), None),
        };
        exchange.takes = exchange.takes.saturating_add(latency);
        exchange
    }

    fn inject(
        &self,
        fault: Fault,
        random: &mut Random,
        simulator: &Simulator,
        now: Now,
        request: &Request<Bytes>,
    ) -> Exchange {
        // The ledger records the call even if the response is lost afterwards.
        let execute = || simulator.handle(now, request);
        let failed = |kind, takes| Exchange {
            response: Err(TransportError::new(kind, fault.name())),
            takes,
            fault: Some(fault),
        };
        let interrupted = |takes| failed(TransportErrorKind::MaybeSent, takes);
        let responded = |response| Exchange::whole(response, Some(fault));
        match fault {
            Fault::ConnectRefused => failed(TransportErrorKind::NotSent, Duration::ZERO),
            Fault::ResetBefore | Fault::ResetDuring => interrupted(Duration::ZERO),
            Fault::Hang => interrupted(self.timeout),
            Fault::ResetAfter => {
                execute();
                interrupted(Duration::ZERO)
            }
            Fault::ResponseLost => {
                execute();
                interrupted(self.timeout)
            }
            Fault::SlowResponse => {
                let response = execute();
                let bytes = u32::try_from(response.body().len()).unwrap_or(u32::MAX);
                Exchange { takes: self.byte.saturating_mul(bytes), ..responded(response) }
            }
            Fault::SlicedResponse => responded(execute()),
            Fault::TruncatedJson => responded(responses::truncated(execute(), random)),
            Fault::WrongLength => responded(responses::with_extra_bytes(execute())),
            Fault::SentTwice => {
                execute();
                responded(execute())
            }
            Fault::BadGateway | Fault::InternalError => {
                if random.coin() {
                    execute();
                }
                responded(match fault {
                    Fault::BadGateway => responses::html_page(StatusCode::BAD_GATEWAY, now),
                    _ => responses::refusal(responses::internal_error(), random, now),
                })
            }
            Fault::Unavailable => responded(responses::unavailable(random, now)),
            Fault::Throttled => {
                let throttled = responses::throttled(random);
                responded(responses::refusal(throttled, random, now))
            }
            Fault::TryAgain => responded(responses::refusal(responses::try_again(), random, now)),
            Fault::Mixed => match mixed_success::exchange(request, random, now, |rest| simulator.handle(now, rest)) {
                Some(response) => responded(response),
                None => Exchange::whole(execute(), None),
            },
        }
    }

    /// Returns the fault of an exchange, and the random numbers for the details of the exchange.
    fn draw(&self, number: u64) -> (Option<Fault>, Random) {
        let mut random = Random::new(self.seed ^ Random::new(number).next());
        let (hit, kind) = (random.share() < self.share, random.below(self.kinds.len()));
        (self.kinds.get(kind).copied().filter(|_| hit), random)
    }
}

/// The result of an exchange.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The response, or how the transport failed.
    pub response: Result<Response<Bytes>, TransportError>,
    /// How long the exchange would have taken.
    pub takes: Duration,
    /// The injected fault. `None` also if [`Fault::Mixed`] does not apply to the call.
    pub fault: Option<Fault>,
}

impl Exchange {
    /// Creates an exchange that ends at once with a response.
    pub(crate) fn whole(response: Response<Bytes>, fault: Option<Fault>) -> Self {
        Self { response: Ok(response), takes: Duration::ZERO, fault }
    }
}
