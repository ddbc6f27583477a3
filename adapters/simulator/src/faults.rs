//! Exchanges that go wrong, on purpose and repeatably.
//!
//! [`Faults`] is data: a seed, a share of the exchanges that are hit, and the kinds of [`Fault`]. What befalls an
//! exchange follows from the seed and its number alone, so a run with the same seed and the same requests in the same
//! order replays exactly.
//!
//! A request that reaches the service is carried out, and stands in the [ledger](crate::Simulator::ledger), before
//! anything happens to its answer. Time is virtual: a hang takes no time, it only says how long it would have taken.
//!
//! ```
//! use clarifai_simulator::{Client, core::concepts::CreateConcepts, faults::{Fault, Faults}};
//!
//! // Every answer is lost, however often the call is repeated.
//! let client = Client::new().with_faults(Faults::new(1, 1.0).only([Fault::AnswerLost]));
//! let error = client.call(CreateConcepts::new().concept("cat")).expect_err("nobody heard of it");
//! assert!(error.may_have_happened());
//! assert!(client.simulator().ledger()[0].committed(), "and it did happen");
//! # Ok::<(), clarifai_simulator::core::Error>(())
//! ```

mod answers;
mod mixed;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use clarifai_core::machine::Now;
use clarifai_core::{TransportFailure, TransportFailureKind};
use http::{Request, Response, StatusCode};

use crate::Simulator;

/// What befalls an exchange.
///
/// | fault | the client sees | the service has carried it out |
/// |---|---|---|
/// | [`ConnectRefused`](Self::ConnectRefused) | not sent | no |
/// | [`ResetBefore`](Self::ResetBefore) | maybe sent | no |
/// | [`ResetDuring`](Self::ResetDuring) | maybe sent | no |
/// | [`ResetAfter`](Self::ResetAfter) | maybe sent | yes |
/// | [`AnswerLost`](Self::AnswerLost) | maybe sent, after the time-out | yes |
/// | [`Hang`](Self::Hang) | maybe sent, after the time-out | no |
/// | [`SlowAnswer`](Self::SlowAnswer) | the answer, after a second a byte | yes |
/// | [`SlicedAnswer`](Self::SlicedAnswer) | the answer | yes |
/// | [`TruncatedJson`](Self::TruncatedJson) | the HTTP status, and a part of the body | yes |
/// | [`BadGateway`](Self::BadGateway) | HTTP 502 with a web page | the seed decides |
/// | [`InternalError`](Self::InternalError) | HTTP 500 with 98004 | the seed decides |
/// | [`Unavailable`](Self::Unavailable) | HTTP 503 with `Retry-After` and a web page | no |
/// | [`Throttled`](Self::Throttled) | HTTP 429 with 11005; the seed decides on `Retry-After` | no |
/// | [`TryAgain`](Self::TryAgain) | HTTP 500 with 10030 | no |
/// | [`Mixed`](Self::Mixed) | HTTP 207 with 10010, or 400 with 10020 | only the items that are not refused |
/// | [`SentTwice`](Self::SentTwice) | the answer to the second sending, such as 30100 | yes, twice |
/// | [`WrongLength`](Self::WrongLength) | the HTTP status, and a body with more behind its end | yes |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Nobody listens: the one failure of which the client knows that nothing was sent.
    ConnectRefused,
    /// The connection ends before the request is written.
    ResetBefore,
    /// The connection ends while the request is written. The service throws away what it has of it.
    ResetDuring,
    /// The connection ends when the request was carried out, before the answer.
    ResetAfter,
    /// The request is carried out, and the client waits for the answer until it gives up.
    AnswerLost,
    /// The request stays somewhere on the way, and the client waits until it gives up.
    Hang,
    /// The answer comes at one byte a second.
    SlowAnswer,
    /// The answer comes in slices of one byte. In process that is no different from coming whole; on a socket it is.
    SlicedAnswer,
    /// The answer breaks off somewhere, and looks complete otherwise.
    TruncatedJson,
    /// A gateway answers in place of the service, before or after the request was carried out.
    BadGateway,
    /// The service gives up, before or after the request was carried out.
    InternalError,
    /// Something before the service says that it is not there, and when to come back: in 1 to 5 seconds.
    Unavailable,
    /// The service says that there were too many requests.
    Throttled,
    /// The service says "try again".
    TryAgain,
    /// Some inputs of a call are refused, each for a reason that passes (10030) or stays (30104), and the others are
    /// carried out. At least one is refused, and of several at least one is not. Calls that are not answered input by
    /// input are not hit.
    Mixed,
    /// Something on the way sends the request once more and hands on the second answer. Where ids were sent, the
    /// client is told that its own items are there already. Where none were sent, the service has them twice: no
    /// client can help that, so leave this kind out where doubles without ids are counted.
    SentTwice,
    /// The beginning of something else hangs on the end of the answer.
    WrongLength,
}

/// How much of a request the service carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commits {
    /// Nothing.
    Never,
    /// All of it, as without the fault.
    Always,
    /// All or nothing: the seed decides.
    Either,
    /// Some of its items.
    Partly,
}

impl Fault {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::ConnectRefused,
        Self::ResetBefore,
        Self::ResetDuring,
        Self::ResetAfter,
        Self::AnswerLost,
        Self::Hang,
        Self::SlowAnswer,
        Self::SlicedAnswer,
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

    /// Its name in logs, such as `reset after the request`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectRefused => "connect refused",
            Self::ResetBefore => "reset before the request",
            Self::ResetDuring => "reset in the middle of the request",
            Self::ResetAfter => "reset after the request",
            Self::AnswerLost => "answer lost",
            Self::Hang => "hang",
            Self::SlowAnswer => "slow answer",
            Self::SlicedAnswer => "sliced answer",
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

    /// How much of the request the service carries out.
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
            | Self::AnswerLost
            | Self::SlowAnswer
            | Self::SlicedAnswer
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

/// Which exchanges go wrong, and how.
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
    /// Of all exchanges this share is hit, from 0 for none to 1 for all, by any kind of fault.
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

    /// Only by these kinds, each as likely as the others. Named twice, a kind is twice as likely.
    pub fn only(mut self, kinds: impl IntoIterator<Item = Fault>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }

    /// By all but these kinds.
    pub fn without(mut self, kinds: impl IntoIterator<Item = Fault>) -> Self {
        let unwanted: Vec<_> = kinds.into_iter().collect();
        self.kinds.retain(|kind| !unwanted.contains(kind));
        self
    }

    /// How long a client waits for an answer that does not come. Default 30 seconds.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long each byte of a [slow answer](Fault::SlowAnswer) takes. Default 1 second.
    pub fn with_byte_time(mut self, byte: Duration) -> Self {
        self.byte = byte;
        self
    }

    /// How long any exchange takes at most, hit or not, besides what a fault takes: the seed decides. Default 0.
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How long each byte of a slow answer takes.
    #[cfg(feature = "server")]
    pub(crate) fn byte_time(&self) -> Duration {
        self.byte
    }

    /// What befalls the exchange with this number.
    pub fn hit(&self, number: u64) -> Option<Fault> {
        self.draw(number).0
    }

    /// Carries out one exchange: what comes of it, and how long it would take.
    ///
    /// The request meets the service at `now`; the answer is there, or the failure known, at `now` and
    /// [`takes`](Exchange::takes). Whoever drives several machines side by side counts the numbers for all of them
    /// together, or gives each its own faults.
    pub fn exchange(&self, simulator: &Simulator, now: Now, number: u64, request: &Request<Bytes>) -> Exchange {
        let (fault, mut draw) = self.draw(number);
        let latency = draw.up_to(self.latency);
        let mut exchange = match fault {
            Some(fault) => self.strike(fault, &mut draw, simulator, now, request),
            None => Exchange::whole(simulator.handle(now, request), None),
        };
        exchange.takes = exchange.takes.saturating_add(latency);
        exchange
    }

    fn strike(
        &self,
        fault: Fault,
        draw: &mut Draw,
        simulator: &Simulator,
        now: Now,
        request: &Request<Bytes>,
    ) -> Exchange {
        // Whatever becomes of its answer: the ledger has the call by then.
        let carry_out = || simulator.handle(now, request);
        let failed = |kind, takes| Exchange {
            answer: Err(TransportFailure::new(kind, fault.name())),
            takes,
            fault: Some(fault),
        };
        let cut_off = |takes| failed(TransportFailureKind::MaybeSent, takes);
        let answered = |answer| Exchange::whole(answer, Some(fault));
        match fault {
            Fault::ConnectRefused => failed(TransportFailureKind::NotSent, Duration::ZERO),
            Fault::ResetBefore | Fault::ResetDuring => cut_off(Duration::ZERO),
            Fault::Hang => cut_off(self.timeout),
            Fault::ResetAfter => {
                carry_out();
                cut_off(Duration::ZERO)
            }
            Fault::AnswerLost => {
                carry_out();
                cut_off(self.timeout)
            }
            Fault::SlowAnswer => {
                let answer = carry_out();
                let bytes = u32::try_from(answer.body().len()).unwrap_or(u32::MAX);
                Exchange { takes: self.byte.saturating_mul(bytes), ..answered(answer) }
            }
            Fault::SlicedAnswer => answered(carry_out()),
            Fault::TruncatedJson => answered(answers::cut(carry_out(), draw)),
            Fault::WrongLength => answered(answers::with_more(carry_out())),
            Fault::SentTwice => {
                carry_out();
                answered(carry_out())
            }
            Fault::BadGateway | Fault::InternalError => {
                if draw.coin() {
                    carry_out();
                }
                answered(match fault {
                    Fault::BadGateway => answers::page(StatusCode::BAD_GATEWAY, now),
                    _ => answers::refusal(answers::internal(), draw, now),
                })
            }
            Fault::Unavailable => answered(answers::unavailable(draw, now)),
            Fault::Throttled => {
                let throttled = answers::throttled(draw);
                answered(answers::refusal(throttled, draw, now))
            }
            Fault::TryAgain => answered(answers::refusal(answers::try_again(), draw, now)),
            Fault::Mixed => match mixed::exchange(request, draw, now, |rest| simulator.handle(now, rest)) {
                Some(answer) => answered(answer),
                None => Exchange::whole(carry_out(), None),
            },
        }
    }

    /// What befalls an exchange, and the numbers that decide on the rest of it.
    fn draw(&self, number: u64) -> (Option<Fault>, Draw) {
        let mut draw = Draw(self.seed ^ Draw(number).next());
        let (hit, kind) = (draw.share() < self.share, draw.below(self.kinds.len()));
        (self.kinds.get(kind).copied().filter(|_| hit), draw)
    }
}

/// What came of an exchange.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The answer, or how the transport failed.
    pub answer: Result<Response<Bytes>, TransportFailure>,
    /// How long it would have taken.
    pub takes: Duration,
    /// What befell it. A fault that does not fit the call is none.
    pub fault: Option<Fault>,
}

impl Exchange {
    pub(crate) fn whole(answer: Response<Bytes>, fault: Option<Fault>) -> Self {
        Self { answer: Ok(answer), takes: Duration::ZERO, fault }
    }
}

/// Numbers that follow from one another: `SplitMix64` (Steele, Lea and Flood, 2014).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to but not 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what fits")]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn coin(&mut self) -> bool {
        self.next() >> 63 == 1
    }

    /// From 0 up to but not `end`; 0 where there is nothing below it.
    fn below(&mut self, end: usize) -> usize {
        let scaled = (u128::from(self.next()) * end as u128) >> 64;
        usize::try_from(scaled).unwrap_or_default()
    }

    fn up_to(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.share())
    }

    /// 32 hexadecimal digits, as ids have them.
    fn id(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}
