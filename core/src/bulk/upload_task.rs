//! A task of an upload: the requests that store some inputs and determine the outcome of each.

use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use http::header::DATE;
use serde_json::value::RawValue;

use super::plan::Planned;
use super::rounds::{ItemRetries, Rounds};
use super::upload::{Outcome, UploadedItem};
use crate::batch::{Batch, Item};
use crate::config::Config;
use crate::envelope::{DecodeError, Envelope};
use crate::error::{ApiError, Error, ErrorKind, Misuse, TransportErrorKind};
use crate::forward_operation;
use crate::inputs::{CreateInputs, GetInput, NewInput};
use crate::machine::{Call, Event, Machine, Step};
use crate::operation::{KeepRawIf, Operation, Replay};
use crate::time::{Instant, Latest, Now};
use crate::types::{Flag, Input, Status, StatusCode};

/// A task of an [`Upload`](super::Upload): stores up to 128 inputs and determines the outcome of each.
///
/// ```text
/// Begin ─► Send(create) ─┬─► response ────────────► stored, rejected, already there
///             ▲          ├─► not executed ─► pause ─► Send(create)
///             │          └─► uncertain ─┬─► without id ─► unknown
///             │                         └─► pause ─► Send(get), each ─┬─► found ─► stored
///             └──────────────────────── not found ────────────────────┘
/// all outcomes known, or no retries left ─► Done
/// ```
#[derive(Debug)]
pub struct UploadTask {
    config: Config,
    number: u64,
    slots: Vec<Slot>,
    /// Maximum number of inputs in a request; halved after a request that was too large.
    together: usize,
    /// Retries of sending. Never restored, because sending could otherwise start over without end.
    sends: Rounds,
    /// Retries of inputs that a response asks to send again.
    item_retries: ItemRetries,
    /// Retries of lookups that fail in a row.
    looks: Rounds,
    first_sent: Option<Instant>,
    /// The error after which nothing is sent any more. Uncertain inputs are still looked up.
    exhausted: Option<Arc<Error>>,
    /// The error that no other task can avoid either.
    fatal: Option<Arc<Error>>,
    /// Whether the JSON of the responses is kept.
    raw: bool,
    state: State,
    clock: Latest,
}

/// The output of an [`UploadTask`], to be passed to [`record`](super::Bulk::record).
#[derive(Debug)]
pub struct UploadTaskOutput {
    pub(super) number: u64,
    pub(super) items: Vec<UploadedItem>,
    /// The error that no other task can avoid either.
    pub(super) fatal: Option<Arc<Error>>,
}

#[derive(Debug)]
struct Slot {
    index: u64,
    id: Option<String>,
    input: NewInput,
    doubt: Doubt,
    /// The error that made it uncertain whether the input is stored.
    lost: Option<Arc<Error>>,
    /// The outcome of a [refused](Doubt::Refused) input that is not found.
    otherwise: Option<Outcome>,
    outcome: Option<Outcome>,
    /// Status and JSON of the input in the last response about it.
    status: Option<Box<Status>>,
    raw: Option<Box<RawValue>>,
}

/// What must be determined about an input before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// The input was not sent, or was definitely not stored.
    None,
    /// A request with the input may have been executed.
    Open,
    /// An earlier request was uncertain and the input was not found afterwards; now the service refuses it, possibly
    /// because the earlier request has stored it in the meantime.
    Refused,
    /// An earlier request with the input was uncertain, and the input was not found afterwards.
    Past,
}

#[derive(Debug)]
enum State {
    Start,
    /// A request with inputs, and their places in `slots`.
    Sending(Box<Call<KeepRawIf<CreateOnce>>>, Vec<usize>),
    /// The lookup of one input, and its place in `slots`.
    Looking(Box<Call<LookUp>>, usize),
    Pausing(Instant),
    Spent,
}

impl Slot {
    /// Sets the outcome of a refused input, unless an earlier request may have stored it since the last lookup.
    fn refuse(&mut self, outcome: Outcome) {
        match (self.doubt, outcome) {
            (Doubt::None, outcome) => self.outcome = Some(outcome),
            // An input with an uncertain request is never reported as definitely not stored.
            (_, Outcome::NotSent(error)) => {
                self.outcome = Some(Outcome::Unknown(self.lost.take().unwrap_or(error)));
            }
            (_, outcome) => {
                self.doubt = Doubt::Refused;
                self.otherwise = Some(outcome);
            }
        }
    }
}

impl UploadTask {
    pub(super) fn new(config: &Config, number: u64, inputs: Vec<Planned>, rounds: u32, raw: bool) -> Self {
        let slot = |Planned { index, input, .. }| Slot {
            index,
            id: input.get_id().map(str::to_owned),
            input,
            doubt: Doubt::None,
            lost: None,
            otherwise: None,
            outcome: None,
            status: None,
            raw: None,
        };
        let slots: Vec<_> = inputs.into_iter().map(slot).collect();
        Self {
            config: config.clone(),
            number,
            together: slots.len(),
            slots,
            sends: Rounds::new(config, rounds),
            item_retries: ItemRetries::new(config),
            looks: Rounds::new(config, rounds),
            first_sent: None,
            exhausted: None,
            fatal: None,
            raw,
            state: State::Start,
            clock: Latest::default(),
        }
    }

    /// Returns the number of inputs.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Returns whether there are no inputs. A task that has not ended always has some.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Continues with the next step: looks up uncertain inputs first, then sends those that are not stored.
    fn go_on(&mut self, now: Now) -> Step<UploadTaskOutput> {
        let is_open = |slot: &Slot| slot.outcome.is_none() && matches!(slot.doubt, Doubt::Open | Doubt::Refused);
        if let Some(place) = self.slots.iter().position(is_open) {
            let id = self.slots[place].id.clone().unwrap_or_default();
            let attempt = Box::new(Call::new(&self.config, LookUp { get: GetInput::new(&*id), id, raw: self.raw }));
            return self.look(attempt, place, now, Event::Begin);
        }
        let unsent: Vec<_> =
            (0..self.slots.len()).filter(|place| self.slots[*place].outcome.is_none()).take(self.together).collect();
        if unsent.is_empty() {
            return self.end();
        }
        if let Some(error) = self.exhausted.clone() {
            return self.give_up(&error);
        }
        let inputs = unsent.iter().map(|place| self.slots[*place].input.clone());
        let operation = CreateOnce(CreateInputs::new().inputs(inputs));
        let create = KeepRawIf { wanted: self.raw, operation };
        self.send(Box::new(Call::new(&self.config, create)), unsent, now, Event::Begin)
    }

    fn end(&mut self) -> Step<UploadTaskOutput> {
        let item = |slot: Slot| UploadedItem {
            index: slot.index,
            id: slot.id,
            status: slot.status,
            raw: slot.raw,
            // `go_on` and `give_up` call this only when every slot has an outcome.
            outcome: slot.outcome.unwrap_or_else(|| {
                Outcome::Unknown(Arc::new(Error::new(CreateInputs::SPEC.name, Misuse("its outcome was lost"))))
            }),
        };
        let items = mem::take(&mut self.slots).into_iter().map(item).collect();
        Step::Done(Ok(UploadTaskOutput { number: self.number, items, fatal: self.fatal.take() }))
    }

    fn send(
        &mut self,
        mut attempt: Box<Call<KeepRawIf<CreateOnce>>>,
        places: Vec<usize>,
        now: Now,
        event: Event,
    ) -> Step<UploadTaskOutput> {
        match attempt.resume(now, event).into_control_flow() {
            ControlFlow::Continue(step) => {
                if matches!(step, Step::Send(_)) {
                    self.first_sent.get_or_insert(now.instant);
                }
                self.state = State::Sending(attempt, places);
                step
            }
            ControlFlow::Break(Ok(batch)) => self.answered(now, batch, &places),
            ControlFlow::Break(Err(error)) if is_misuse(&error) => Step::Done(Err(error)),
            ControlFlow::Break(Err(error)) => self.failed(now, error, &places),
        }
    }

    /// Handles a response in which each input has its own status.
    fn answered(&mut self, now: Now, mut batch: Batch<Input>, places: &[usize]) -> Step<UploadTaskOutput> {
        let mut again = Vec::new();
        let mut uncertain = None;
        for (place, raw) in places.iter().zip(batch.take_json()) {
            self.slots[*place].raw = Some(raw);
        }
        let results: Vec<_> = batch.results().map(|result| result.map(|input| input.id().to_owned())).collect();
        for (place, input) in places.iter().zip(batch.into_items()) {
            self.slots[*place].status = input.status.map(Box::new);
        }
        for (place, result) in places.iter().zip(results) {
            let slot = &mut self.slots[*place];
            match result {
                Ok(id) => {
                    slot.id = slot.id.take().or(Some(id).filter(|id| !id.is_empty()));
                    slot.outcome = Some(Outcome::Created);
                }
                Err(failure) if is_duplicate(&failure.status) => slot.refuse(Outcome::AlreadyThere),
                Err(failure) => match Refusal::of(&failure.status) {
                    Refusal::Final => slot.refuse(Outcome::Rejected(failure.status)),
                    Refusal::NotDone => again.push((*place, failure.status)),
                    Refusal::Uncertain if slot.id.is_some() => {
                        let error = Arc::new(by_item(failure.status));
                        slot.doubt = Doubt::Open;
                        slot.lost = Some(Arc::clone(&error));
                        uncertain = Some(error);
                    }
                    Refusal::Uncertain => slot.outcome = Some(Outcome::Unknown(Arc::new(by_item(failure.status)))),
                },
            }
        }
        if again.is_empty() && uncertain.is_none() {
            return self.go_on(now);
        }
        let statuses = again.iter().map(|(_, status)| &**status);
        let pause = self.item_retries.next(&self.config, statuses).or_else(|| self.sends.next(&self.config, None));
        if let Some(pause) = pause {
            let least = if uncertain.is_some() { SETTLING } else { Duration::ZERO };
            return self.pause(now.instant + pause.max(least));
        }
        for (place, status) in again {
            self.slots[place].refuse(Outcome::Rejected(status));
        }
        match uncertain {
            None => self.go_on(now),
            Some(error) => {
                self.exhausted = Some(error);
                self.pause(now.instant + SETTLING)
            }
        }
    }

    /// Handles an error of the whole request, which may nevertheless have been executed.
    fn failed(&mut self, now: Now, error: Error, places: &[usize]) -> Step<UploadTaskOutput> {
        let happened = error.may_have_happened();
        if is_too_large(&error) && !happened && places.len() > 1 {
            self.together = places.len().div_ceil(2);
            return self.go_on(now);
        }
        let error = Arc::new(error);
        // Inputs of a request that may have been executed are uncertain. Those with an id are looked up; the outcome of
        // the others stays unknown.
        for place in places {
            let slot = &mut self.slots[*place];
            match (happened, &slot.id) {
                (true, Some(_)) => {
                    slot.doubt = Doubt::Open;
                    slot.lost = Some(Arc::clone(&error));
                }
                (true, None) => slot.outcome = Some(Outcome::Unknown(Arc::clone(&error))),
                (false, _) => {}
            }
        }
        let stale = has_stale_token(&error, &self.config);
        if is_fatal(&error) && !stale {
            self.fatal = Some(Arc::clone(&error));
            return self.give_up(&error);
        }
        if !happened && !error.is_retryable() && !stale {
            // The service refused the whole request, and would refuse it again.
            for place in places {
                self.slots[*place].refuse(refusal(&error));
            }
            return self.go_on(now);
        }
        // The service gets time to finish a request that it may still be processing, before the first lookup.
        let least = if happened { SETTLING } else { Duration::ZERO };
        if let Some(pause) = self.sends.next(&self.config, error.retry_after()) {
            return self.pause(now.instant + pause.max(least));
        }
        self.note_unavailable(&error);
        // Nothing is sent any more. Uncertain inputs are looked up after the wait that the service asked for, as far as
        // the configuration allows it.
        let wanted = error.retry_after().unwrap_or_default().min(self.config.retry().max_server_wait);
        self.exhausted = Some(error);
        if happened { self.pause(now.instant + wanted.max(SETTLING)) } else { self.go_on(now) }
    }

    /// Stops the upload after an error that would also affect the next task: the service was unavailable during all
    /// retries.
    fn note_unavailable(&mut self, error: &Arc<Error>) {
        if is_unavailable(error) || has_stale_token(error, &self.config) {
            self.fatal = Some(Arc::clone(error));
        }
    }

    fn pause(&mut self, until: Instant) -> Step<UploadTaskOutput> {
        self.state = State::Pausing(until);
        Step::WaitUntil(until)
    }

    /// Ends the task. The remaining inputs are reported as not sent or, if uncertain, as unknown.
    fn give_up(&mut self, error: &Arc<Error>) -> Step<UploadTaskOutput> {
        for slot in &mut self.slots {
            slot.outcome.get_or_insert_with(|| match slot.doubt {
                Doubt::None => Outcome::NotSent(Arc::clone(error)),
                // This includes inputs that were not found: a request that was lost once may still arrive.
                Doubt::Open | Doubt::Refused | Doubt::Past => {
                    Outcome::Unknown(slot.lost.take().unwrap_or_else(|| Arc::clone(error)))
                }
            });
        }
        self.end()
    }

    fn look(&mut self, mut attempt: Box<Call<LookUp>>, place: usize, now: Now, event: Event) -> Step<UploadTaskOutput> {
        let found = match attempt.resume(now, event).into_control_flow() {
            ControlFlow::Continue(step) => {
                self.state = State::Looking(attempt, place);
                return step;
            }
            ControlFlow::Break(Err(error)) if is_misuse(&error) => return Step::Done(Err(error)),
            ControlFlow::Break(found) => found,
        };
        let since = self.first_sent.map_or(Duration::ZERO, |sent| now.instant.since(sent));
        if found.is_ok() || found.as_ref().is_err_and(Error::is_definitely_not_found) {
            self.looks.restart();
        }
        let slot = &mut self.slots[place];
        match found {
            Ok(found) => {
                let outcome = if found.is_ours(since) { Outcome::Created } else { Outcome::AlreadyThere };
                slot.outcome = Some(outcome);
                slot.status = found.input.status.map(Box::new);
                slot.raw = found.raw;
                self.go_on(now)
            }
            Err(error) if error.is_definitely_not_found() => {
                match slot.otherwise.take() {
                    Some(outcome) => slot.outcome = Some(outcome),
                    None => slot.doubt = Doubt::Past,
                }
                self.go_on(now)
            }
            Err(error) => {
                let error = Arc::new(error);
                // A key may have the permission to store inputs but not to read them. That stops this task only.
                let stale = has_stale_token(&error, &self.config);
                if is_fatal(&error) && error.code() != Some(&StatusCode::INSUFFICIENT_SCOPES) && !stale {
                    self.fatal = Some(Arc::clone(&error));
                    return self.give_up(&error);
                }
                // An unreadable response, or a gateway's error page, may be transient.
                if error.is_retryable() || error.api_code().is_none() || stale {
                    if let Some(pause) = self.looks.next(&self.config, error.retry_after()) {
                        return self.pause(now.instant + pause);
                    }
                    self.note_unavailable(&error);
                }
                self.give_up(&error)
            }
        }
    }
}

impl Machine for UploadTask {
    type Output = UploadTaskOutput;

    fn resume(&mut self, now: Now, event: Event) -> Step<UploadTaskOutput> {
        let now = self.clock.observe(now);
        let misuse = |how| Step::Done(Err(Error::new(CreateInputs::SPEC.name, Misuse(how))));
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.go_on(now),
            (State::Start, _) => misuse("it has not begun"),
            (State::Sending(attempt, places), event) => self.send(attempt, places, now, event),
            (State::Looking(attempt, place), event) => self.look(attempt, place, now, event),
            (State::Pausing(until), Event::Woke) if now.instant < until => self.pause(until),
            (State::Pausing(_), Event::Woke) => self.go_on(now),
            (State::Pausing(_), _) => misuse("it waits for a time"),
            (State::Spent, _) => misuse("it has ended already"),
        }
    }
}

/// Returns whether the status reports a duplicate; videos have a status code of their own for this.
fn is_duplicate(status: &Status) -> bool {
    status.has(Flag::DuplicateInput)
}

/// Returns whether no other task can avoid this error.
pub(super) fn is_fatal(error: &Error) -> bool {
    let is_maintenance = matches!(error.kind(), ErrorKind::Api(api) if api.is_maintenance());
    // Inputs are checked before, so an invalid argument concerns the request itself.
    let is_invalid = matches!(error.kind(), ErrorKind::InvalidArgument(_));
    let no_token = error.is_of_token() && !error.is_retryable();
    let is_untrusted =
        matches!(error.kind(), ErrorKind::Transport(failure) if failure.kind == TransportErrorKind::Untrusted);
    error.is_auth() || error.is_quota() || is_maintenance || is_invalid || no_token || is_untrusted
}

/// Returns whether the token expired between the attempts of a call, so that the next call gets a new one.
pub(super) fn has_stale_token(error: &Error, config: &Config) -> bool {
    error.is_of_expired_token() && config.credentials().ready().is_none()
}

/// Returns whether the service is currently unavailable for all requests.
pub(super) fn is_unavailable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport(_))
        || error.is_throttled()
        || matches!(error.http_status(), Some(502..=504))
}

/// Returns whether a request with fewer inputs may succeed.
pub(super) fn is_too_large(error: &Error) -> bool {
    error.http_status() == Some(413) || error.has(Flag::TooLarge)
}

/// Time that a lost request gets to take effect before its inputs are looked up.
const SETTLING: Duration = Duration::from_secs(1);

/// What the status of a refused input means, by the same rules as for whole calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The input would be refused again.
    Final,
    /// The input was definitely not stored, and can be sent again.
    NotDone,
    /// The input may have been stored nevertheless.
    Uncertain,
}

impl Refusal {
    pub(super) fn of(status: &Status) -> Self {
        let api = as_call(Box::new(status.clone()));
        match () {
            () if api.was_not_executed() => Self::NotDone,
            () if api.may_have_happened() => Self::Uncertain,
            () => Self::Final,
        }
    }
}

fn as_call(status: Box<Status>) -> ApiError {
    ApiError { http_status: 200, status: Some(status), retry_after: None, excerpt: String::new(), location: None }
}

/// Returns the error for an input whose own status leaves it uncertain whether the input is stored.
fn by_item(status: Box<Status>) -> Error {
    Error::new(CreateInputs::SPEC.name, as_call(status)).in_doubt()
}

/// Returns whether the machine was driven incorrectly. This ends the machine, with no known outcome for its inputs.
pub(super) fn is_misuse(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Misuse(_))
}

/// Returns the outcome for each input of a request that was refused as a whole.
fn refusal(error: &Arc<Error>) -> Outcome {
    match error.kind() {
        ErrorKind::Api(api) if api.status.is_some() => {
            Outcome::Rejected(api.status.clone().unwrap_or_else(|| Box::new(Status::default())))
        }
        _ => Outcome::NotSent(Arc::clone(error)),
    }
}

/// An operation that creates inputs and is never retried while uncertain: the task looks the inputs up first.
#[derive(Debug)]
struct CreateOnce(CreateInputs);

impl Operation for CreateOnce {
    type Output = Batch<Input>;

    forward_operation!(CreateInputs, |this| &this.0; decode);

    fn replay(&self) -> Replay {
        Replay::Once
    }
}

/// An operation that gets an input, together with the time at the service.
#[derive(Debug)]
struct LookUp {
    get: GetInput,
    id: String,
    /// Whether the JSON of the input is kept.
    raw: bool,
}

#[derive(Debug)]
struct Found {
    input: Input,
    /// Time since 1970 by the service's clock.
    date: Option<Duration>,
    raw: Option<Box<RawValue>>,
}

impl Found {
    /// Returns whether the input was stored after a request that was sent `since` ago, by the service's own clock. The
    /// margin is needed because its `Date` header counts in whole seconds.
    fn is_ours(&self, since: Duration) -> bool {
        const MARGIN: Duration = Duration::from_secs(2);
        let created = self.input.created_at.as_ref().and_then(crate::types::Timestamp::duration_since_epoch);
        match (created, self.date) {
            (Some(created), Some(date)) => created.saturating_add(MARGIN).saturating_add(since) >= date,
            _ => false,
        }
    }
}

impl Operation for LookUp {
    type Output = Found;

    forward_operation!(GetInput, |this| &this.get; replay);

    fn decode(&self, answer: &Envelope) -> Result<Found, DecodeError> {
        let date = answer.headers().get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let date = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
        let (input, raw) = if self.raw {
            let keeping = answer.keeping_raw();
            (self.get.decode(&keeping)?, keeping.take_kept().pop())
        } else {
            (self.get.decode(answer)?, None)
        };
        // A response about another input, such as one from a cache, must not be accepted for this one.
        match input.id == self.id {
            true => Ok(Found { input, date, raw }),
            false => Err(DecodeError::new("input.id", "is not the requested one")),
        }
    }
}
