//! One call of an upload, and all it takes to know what became of each of its inputs.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::DATE;
use serde_json::Value;

use super::plan::Planned;
use super::rounds::Rounds;
use super::upload::{Outcome, UploadedItem};
use crate::app::App;
use crate::batch::{Batch, Item};
use crate::body::Body;
use crate::envelope::{Envelope, Unreadable};
use crate::error::{ApiError, Error, ErrorKind, Invalid, Misuse};
use crate::inputs::{CreateInputs, GetInput, NewInput};
use crate::machine::{Attempt, Event, Latest, Machine, Mono, Now, Step};
use crate::model::{Input, Status, StatusCode};
use crate::operation::{Operation, Replay};
use crate::policy::retry;
use crate::target::Target;

/// Stores up to 128 inputs, and comes to know of each what became of it: a piece of an [`Upload`](super::Upload).
///
/// ```text
/// Begin ─► Send(create) ─┬─► answered ────────────► stored, refused, there already
///             ▲          ├─► surely not done ─► pause ─► Send(create)
///             │          └─► in doubt ─┬─► without id ─► unknown
///             │                        └─► pause ─► Send(get), each ─┬─► found ─► stored
///             └──────────────────────── not found ───────────────────┘
/// all known, or the rounds are used up ─► Done
/// ```
#[derive(Debug)]
pub struct UploadBatch {
    app: App,
    number: u64,
    slots: Vec<Slot>,
    /// How many inputs are sent together; less than all where a call was too large.
    together: usize,
    /// Of sending. Sending is what can begin anew for ever, so they are never renewed.
    sends: Rounds,
    /// Of looking up, in a row that failed.
    looks: Rounds,
    first_sent: Option<Mono>,
    /// Why nothing is sent any more, once that is so. What is in doubt is still looked up.
    exhausted: Option<Arc<Error>>,
    fatal: Option<Arc<Error>>,
    /// Whether the service's answers about the inputs are handed on.
    raw: bool,
    state: State,
    clock: Latest,
}

/// What came of one call of an upload: hand it to [`record`](super::Bulk::record).
#[derive(Debug)]
pub struct UploadedBatch {
    pub(super) number: u64,
    pub(super) items: Vec<UploadedItem>,
    /// Why no other call has a chance either.
    pub(super) fatal: Option<Arc<Error>>,
}

#[derive(Debug)]
struct Slot {
    index: u64,
    id: Option<String>,
    input: NewInput,
    doubt: Doubt,
    /// How it came into doubt.
    lost: Option<Arc<Error>>,
    /// What it is where it was [refused](Doubt::Refused) and is not there.
    otherwise: Option<Outcome>,
    outcome: Option<Outcome>,
    /// The last answer about it.
    raw: Option<Box<Value>>,
}

/// What must be found out about an input before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// It was not sent, or surely not stored.
    None,
    /// A call with it may have been carried out.
    Open,
    /// An earlier call was in doubt, the input was not found then, and now the service refuses it: perhaps because it is
    /// there since.
    Refused,
    /// A call with it was in doubt once, and it was not found.
    Past,
}

#[derive(Debug)]
enum State {
    Start,
    /// The places of the inputs in the call.
    Sending(Box<Attempt<CreateOnce>>, Vec<usize>),
    Looking(Box<Attempt<LookUp>>, usize),
    Pausing(Mono),
    Spent,
}

impl Slot {
    /// It is this, unless an earlier call may have stored it since somebody looked.
    fn refuse(&mut self, outcome: Outcome) {
        match (self.doubt, outcome) {
            (Doubt::None, outcome) => self.outcome = Some(outcome),
            // Nobody says so for certain of what was lost once.
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

impl UploadBatch {
    pub(super) fn new(app: &App, number: u64, inputs: Vec<Planned>, rounds: u32, raw: bool) -> Self {
        let slot = |Planned { index, input, .. }| Slot {
            index,
            id: input.id().map(str::to_owned),
            input,
            doubt: Doubt::None,
            lost: None,
            otherwise: None,
            outcome: None,
            raw: None,
        };
        let slots: Vec<_> = inputs.into_iter().map(slot).collect();
        Self {
            app: app.clone(),
            number,
            together: slots.len(),
            slots,
            sends: Rounds::new(app, rounds),
            looks: Rounds::new(app, rounds),
            first_sent: None,
            exhausted: None,
            fatal: None,
            raw,
            state: State::Start,
            clock: Latest::default(),
        }
    }

    /// How many inputs it holds.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it holds none. It never does.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Does what is to be done next: first whatever is in doubt, then what was not sent.
    fn go_on(&mut self, now: Now) -> Step<UploadedBatch> {
        let is_open = |slot: &Slot| slot.outcome.is_none() && matches!(slot.doubt, Doubt::Open | Doubt::Refused);
        if let Some(place) = self.slots.iter().position(is_open) {
            let id = self.slots[place].id.clone().unwrap_or_default();
            let attempt = Box::new(Attempt::new(&self.app, LookUp { get: GetInput::new(&*id), id, raw: self.raw }));
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
        let create = CreateOnce(CreateInputs::new().inputs(inputs));
        self.send(Box::new(Attempt::new(&self.app, create)), unsent, now, Event::Begin)
    }

    fn end(&mut self) -> Step<UploadedBatch> {
        let item = |slot: Slot| UploadedItem {
            index: slot.index,
            id: slot.id,
            raw: slot.raw,
            // Every way here goes over `go_on`, which leaves none without.
            outcome: slot.outcome.unwrap_or_else(|| {
                Outcome::Unknown(Arc::new(Error::new(CreateInputs::NAME, Misuse("its outcome was lost"))))
            }),
        };
        let items = mem::take(&mut self.slots).into_iter().map(item).collect();
        Step::Done(Ok(UploadedBatch { number: self.number, items, fatal: self.fatal.take() }))
    }

    fn send(
        &mut self,
        mut attempt: Box<Attempt<CreateOnce>>,
        places: Vec<usize>,
        now: Now,
        event: Event,
    ) -> Step<UploadedBatch> {
        match attempt.resume(now, event).ended() {
            Err(step) => {
                if matches!(step, Step::Send(_)) {
                    self.first_sent.get_or_insert(now.mono);
                }
                self.state = State::Sending(attempt, places);
                step
            }
            Ok(Ok(batch)) => self.answered(now, &batch, &places),
            Ok(Err(error)) if is_misuse(&error) => Step::Done(Err(error)),
            Ok(Err(error)) => self.failed(now, error, &places),
        }
    }

    /// Each item has a status of its own.
    fn answered(&mut self, now: Now, batch: &Batch<Input>, places: &[usize]) -> Step<UploadedBatch> {
        let mut again = Vec::new();
        let mut uncertain = None;
        let raw = if self.raw { batch.raw_items() } else { Vec::new() };
        for (place, raw) in places.iter().zip(raw) {
            self.slots[*place].raw = Some(Box::new(raw));
        }
        let results: Vec<_> = batch.results().map(|result| result.map(|input| input.id().to_owned())).collect();
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
        if let Some(pause) = self.sends.next(&self.app, None) {
            let least = if uncertain.is_some() { SETTLING } else { Duration::ZERO };
            return self.pause(now.mono + pause.max(least));
        }
        for (place, status) in again {
            self.slots[place].refuse(Outcome::Rejected(status));
        }
        match uncertain {
            None => self.go_on(now),
            Some(error) => {
                self.exhausted = Some(error);
                self.pause(now.mono + SETTLING)
            }
        }
    }

    /// The call as a whole came to nothing, or nobody knows to what.
    fn failed(&mut self, now: Now, error: Error, places: &[usize]) -> Step<UploadedBatch> {
        let happened = error.may_have_happened();
        if is_too_large(&error) && !happened && places.len() > 1 {
            self.together = places.len().div_ceil(2);
            return self.go_on(now);
        }
        let error = Arc::new(error);
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
        let stale = has_stale_token(&error, &self.app);
        if is_fatal(&error) && !stale {
            self.fatal = Some(Arc::clone(&error));
            return self.give_up(&error);
        }
        if !happened && !error.is_retryable() && !stale {
            // A refusal of the call, which would be the same again.
            for place in places {
                self.slots[*place].refuse(refusal(&error));
            }
            return self.go_on(now);
        }
        // What the service may still be at work on shall have settled before anybody looks.
        let least = if happened { SETTLING } else { Duration::ZERO };
        if let Some(pause) = self.sends.next(&self.app, error.retry_after()) {
            return self.pause(now.mono + pause.max(least));
        }
        self.note_unavailable(&error);
        // Nothing is sent any more; what is in doubt is looked up, no sooner than the service wants to be asked.
        let wanted = error.retry_after().unwrap_or_default().min(self.app.retry().max_server_wait);
        self.exhausted = Some(error);
        if happened { self.pause(now.mono + wanted.max(SETTLING)) } else { self.go_on(now) }
    }

    /// Whoever was not served in all the rounds will not be served with the next call either.
    fn note_unavailable(&mut self, error: &Arc<Error>) {
        if is_unavailable(error) || has_stale_token(error, &self.app) {
            self.fatal = Some(Arc::clone(error));
        }
    }

    fn pause(&mut self, until: Mono) -> Step<UploadedBatch> {
        self.state = State::Pausing(until);
        Step::WaitUntil(until)
    }

    /// What is not known by now stays so.
    fn give_up(&mut self, error: &Arc<Error>) -> Step<UploadedBatch> {
        for slot in &mut self.slots {
            slot.outcome.get_or_insert_with(|| match slot.doubt {
                Doubt::None => Outcome::NotSent(Arc::clone(error)),
                // Not even where it was not found: what was lost once may still arrive.
                Doubt::Open | Doubt::Refused | Doubt::Past => {
                    Outcome::Unknown(slot.lost.take().unwrap_or_else(|| Arc::clone(error)))
                }
            });
        }
        self.end()
    }

    fn look(&mut self, mut attempt: Box<Attempt<LookUp>>, place: usize, now: Now, event: Event) -> Step<UploadedBatch> {
        let found = match attempt.resume(now, event).ended() {
            Err(step) => {
                self.state = State::Looking(attempt, place);
                return step;
            }
            Ok(Err(error)) if is_misuse(&error) => return Step::Done(Err(error)),
            Ok(found) => found,
        };
        let since = self.first_sent.map_or(Duration::ZERO, |sent| now.mono.since(sent));
        if found.is_ok() || found.as_ref().is_err_and(Error::is_surely_not_found) {
            self.looks.restart();
        }
        let slot = &mut self.slots[place];
        match found {
            Ok(found) => {
                let outcome = if found.is_ours(since) { Outcome::Created } else { Outcome::AlreadyThere };
                slot.outcome = Some(outcome);
                slot.raw = found.raw;
                self.go_on(now)
            }
            Err(error) if error.is_surely_not_found() => {
                match slot.otherwise.take() {
                    Some(outcome) => slot.outcome = Some(outcome),
                    None => slot.doubt = Doubt::Past,
                }
                self.go_on(now)
            }
            Err(error) => {
                let error = Arc::new(error);
                // A key may be allowed to store and not to read; then storing goes on.
                let stale = has_stale_token(&error, &self.app);
                if is_fatal(&error) && error.api_code() != Some(11007) && !stale {
                    self.fatal = Some(Arc::clone(&error));
                    return self.give_up(&error);
                }
                // An answer that nobody can read, or a page of a gateway, may be another one next time.
                if error.is_retryable() || error.api_code().is_none() || stale {
                    if let Some(pause) = self.looks.next(&self.app, error.retry_after()) {
                        return self.pause(now.mono + pause);
                    }
                    self.note_unavailable(&error);
                }
                self.give_up(&error)
            }
        }
    }
}

impl Machine for UploadBatch {
    type Output = UploadedBatch;

    fn resume(&mut self, now: Now, event: Event) -> Step<UploadedBatch> {
        let now = self.clock.observe(now);
        let misuse = |how| Step::Done(Err(Error::new(CreateInputs::NAME, Misuse(how))));
        match (mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.go_on(now),
            (State::Start, _) => misuse("it has not begun"),
            (State::Sending(attempt, places), event) => self.send(attempt, places, now, event),
            (State::Looking(attempt, place), event) => self.look(attempt, place, now, event),
            (State::Pausing(until), Event::Woke) if now.mono < until => self.pause(until),
            (State::Pausing(_), Event::Woke) => self.go_on(now),
            (State::Pausing(_), _) => misuse("it waits for a time"),
            (State::Spent, _) => misuse("it has ended already"),
        }
    }
}

/// Whether it is there already: an input's own code, and that of a video.
fn is_duplicate(status: &Status) -> bool {
    [Some(StatusCode::INPUT_DUPLICATE), Some(StatusCode::INPUT_VIDEO_DUPLICATE)].contains(&status.code)
}

/// Whether no other call has a chance either.
pub(super) fn is_fatal(error: &Error) -> bool {
    let is_maintenance = matches!(error.kind(), ErrorKind::Api(api) if api.is_maintenance());
    // Inputs are looked at before, so what cannot be sent is the call.
    let is_invalid = matches!(error.kind(), ErrorKind::Invalid(_));
    let no_token = error.is_of_token() && !error.is_retryable();
    error.is_auth() || error.is_quota() || is_maintenance || is_invalid || no_token
}

/// Whether the token ran out between the tries of a call, and the next call fetches another.
pub(super) fn has_stale_token(error: &Error, app: &App) -> bool {
    error.is_of_expired_token() && app.credentials().ready().is_none()
}

/// Whether nobody is served at the moment, whatever they ask.
pub(super) fn is_unavailable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport(_))
        || error.is_throttled()
        || matches!(error.http_status(), Some(502..=504))
}

/// Whether fewer inputs in a call might do.
pub(super) fn is_too_large(error: &Error) -> bool {
    error.http_status() == Some(413) || error.api_code() == Some(40033)
}

/// How long what was lost on the way is given to take effect before it is looked for.
const SETTLING: Duration = Duration::from_secs(1);

/// What it means that an item was refused, by the same rules as for whole calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It would be refused again.
    Final,
    /// The service did not even begin.
    NotDone,
    /// It may have been stored all the same.
    Uncertain,
}

impl Refusal {
    pub(super) fn of(status: &Status) -> Self {
        let api = as_call(Box::new(status.clone()));
        match () {
            () if retry::was_not_carried_out(&api) => Self::NotDone,
            () if retry::may_have_happened(&api) => Self::Uncertain,
            () => Self::Final,
        }
    }
}

fn as_call(status: Box<Status>) -> ApiError {
    ApiError { http_status: 200, status: Some(status), retry_after: None, excerpt: String::new() }
}

/// The error for an item whose own status leaves in doubt what became of it.
fn by_item(status: Box<Status>) -> Error {
    Error::new(CreateInputs::NAME, as_call(status)).in_doubt()
}

/// Whether the machine was driven wrongly, which ends it: no outcome of its inputs is known then.
pub(super) fn is_misuse(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Misuse(_))
}

/// What a refusal of the whole call means for each of its inputs.
fn refusal(error: &Arc<Error>) -> Outcome {
    match error.kind() {
        ErrorKind::Api(api) if api.status.is_some() => {
            Outcome::Rejected(api.status.clone().unwrap_or_else(|| Box::new(Status::default())))
        }
        _ => Outcome::NotSent(Arc::clone(error)),
    }
}

/// Creating inputs, never repeated when it is in doubt: a batch looks first.
#[derive(Debug)]
struct CreateOnce(CreateInputs);

impl Operation for CreateOnce {
    type Output = Batch<Input>;
    const NAME: &'static str = CreateInputs::NAME;
    const METHOD: Method = CreateInputs::METHOD;
    const PARTIAL: bool = CreateInputs::PARTIAL;

    fn replay(&self) -> Replay {
        Replay::Once
    }

    fn target(&self, target: &mut Target) {
        self.0.target(target);
    }

    fn body(&self) -> Result<Body, Invalid> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Batch<Input>, Unreadable> {
        self.0.decode(answer)
    }
}

/// Looking an input up, and what time it is at the service.
#[derive(Debug)]
struct LookUp {
    get: GetInput,
    id: String,
    /// Whether the service's own words are kept.
    raw: bool,
}

#[derive(Debug)]
struct Found {
    input: Input,
    /// Time since 1970 by the service's clock.
    date: Option<Duration>,
    raw: Option<Box<Value>>,
}

impl Found {
    /// Whether it was stored after a call that was made `since` ago, by the service's own clock. Its `Date` counts in
    /// seconds, hence the margin.
    fn is_ours(&self, since: Duration) -> bool {
        const MARGIN: Duration = Duration::from_secs(2);
        let created = self.input.created_at.as_ref().and_then(crate::model::Timestamp::since_1970);
        match (created, self.date) {
            (Some(created), Some(date)) => created.saturating_add(MARGIN).saturating_add(since) >= date,
            _ => false,
        }
    }
}

impl Operation for LookUp {
    type Output = Found;
    const NAME: &'static str = GetInput::NAME;
    const METHOD: Method = GetInput::METHOD;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        self.get.target(target);
    }

    fn decode(&self, answer: &Envelope) -> Result<Found, Unreadable> {
        let date = answer.headers().get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let date = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
        let input = self.get.decode(answer)?;
        let raw =
            if self.raw { answer.parse::<Value>()?.get_mut("input").map(|input| Box::new(input.take())) } else { None };
        // An answer about something else, out of a cache on the way, must not pass for this one.
        match input.id == self.id {
            true => Ok(Found { input, date, raw }),
            false => Err(Unreadable::new("input.id", "is not the one that was asked for")),
        }
    }
}
