//! Reads inputs lazily, records them in the job file if there is one, and keeps track of which source each one came
//! from.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::rc::Rc;
use std::time::UNIX_EPOCH;

use clarifai_core::inputs::NewInput;

use crate::args::InputArgs;
use crate::exit::Failure;
use crate::input_source::{self, Content};
use crate::interrupt;
use crate::job::journal::{Admission, FileStamp, Journal, Known, hex};
use crate::sources::{Location, Source, Sources};
use crate::terminal;

/// How many inputs are recorded in one transaction, which has to reach the disk.
const CHUNK: usize = 512;
/// How many bytes of files are read for one transaction.
const CHUNK_BYTES: usize = 16 << 20;
/// Number of inputs after which the work ends and a new one begins, so that its report stays small.
pub(crate) const SEGMENT: usize = 1 << 16;

/// Sets the options of an input from its source. `generated_id` is the ID that a job file has for it.
pub(crate) type Prepare<'a> = dyn Fn(NewInput, &Source, Option<&str>) -> NewInput + 'a;

/// Reads each input when it is about to be sent, so that memory holds only those of pending requests.
pub(crate) struct InputLoader<'a> {
    state: Rc<RefCell<LoaderState>>,
    prepare: &'a Prepare<'a>,
    /// Number of inputs that are left in this segment.
    left: usize,
}

/// Why no more inputs are read, although there are some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// `--max-inputs` is reached.
    MaxInputs,
    /// `--strict`, and an input cannot be read.
    Strict,
    /// The job file cannot be used.
    Journal,
}

/// What the loader has read so far. Shared, because the loader itself belongs to the bulk work.
#[expect(clippy::struct_excessive_bools, reason = "three are options, one is independent of the others")]
pub(crate) struct LoaderState {
    sources: Sources,
    video: bool,
    strict: bool,
    max_inputs: Option<u64>,
    /// Whether inputs have IDs of the job, unless they have others.
    needs_ids: bool,
    stdin_used: bool,
    /// Number of inputs in one transaction of the job file.
    chunk: usize,
    pub(crate) journal: Option<Journal>,
    pub(crate) journal_failure: Option<Failure>,
    ready: VecDeque<Ready>,
    /// Number of sources that were read, successfully or not.
    pub(crate) taken: u64,
    /// Number of inputs that were read and returned.
    sent: u64,
    /// Whether all sources were read.
    pub(crate) ended: bool,
    pub(crate) stop: Option<Stop>,
    /// Number of inputs that an earlier run has done.
    pub(crate) done_before: u64,
    /// Number of inputs that the service refused in an earlier run.
    pub(crate) refused_before: u64,
    /// Inputs that could not be read, each with the reason.
    pub(crate) unreadable: Vec<(Pending, String)>,
    /// Number of outcomes that were announced, which is the order in which they are printed.
    order: u64,
    /// The inputs without an outcome, starting with the input of index `first`.
    pending: VecDeque<Option<Pending>>,
    first: u64,
}

/// An input without an outcome.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// Its place in the output.
    pub(crate) order: u64,
    pub(crate) name: OsString,
    /// Its row in the job file.
    pub(crate) row: Option<i64>,
    /// Whether the user chose its ID.
    pub(crate) has_chosen_id: bool,
    /// Number of earlier attempts.
    pub(crate) attempts: u32,
}

/// An input that was read, or could not be.
struct Ready {
    source: Source,
    content: Result<Content, String>,
    row: Option<Row>,
}

/// The row of an input in the job file.
struct Row {
    position: i64,
    attempts: u32,
    input_id: Option<String>,
    hash: Option<String>,
    stamp: Option<FileStamp>,
}

impl<'a> InputLoader<'a> {
    /// Creates a loader for the next segment of inputs. It calls `prepare` with each input.
    pub(crate) fn new(state: &Rc<RefCell<LoaderState>>, prepare: &'a Prepare<'a>) -> Self {
        let mut shared = state.borrow_mut();
        (shared.first, shared.pending) = (0, VecDeque::new());
        Self { state: Rc::clone(state), prepare, left: SEGMENT }
    }
}

impl Iterator for InputLoader<'_> {
    type Item = NewInput;

    fn next(&mut self) -> Option<NewInput> {
        if self.left == 0 {
            return None;
        }
        let mut state = self.state.borrow_mut();
        loop {
            if interrupt::is_requested() {
                return None;
            }
            let Ready { source, content, row } = state.next_ready()?;
            let pending = Pending {
                order: state.order,
                has_chosen_id: source.record.as_ref().is_some_and(|record| record.id.is_some()),
                row: row.as_ref().map(|row| row.position),
                attempts: row.as_ref().map_or(0, |row| row.attempts),
                name: source.name.clone(),
            };
            state.order += 1;
            match content {
                Ok(content) => {
                    self.left -= 1;
                    state.pending.push_back(Some(pending));
                    let id = row.and_then(|row| row.input_id);
                    return Some((self.prepare)(content.into_input(), &source, id.as_deref()));
                }
                Err(problem) => {
                    state.unreadable.push((pending, problem));
                    if state.strict {
                        state.stop = Some(Stop::Strict);
                        return None;
                    }
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl LoaderState {
    pub(crate) fn new(args: &InputArgs, journal: Option<Journal>, needs_ids: bool) -> Self {
        let options = args.sources();
        Self {
            // A list from a pipe may arrive slowly, and must not wait for more than a request can hold.
            chunk: if options.reads_list_from_stdin() { CHUNK / 4 } else { CHUNK },
            sources: Sources::new(options),
            video: args.video,
            strict: args.strict,
            max_inputs: args.max_inputs,
            needs_ids,
            stdin_used: false,
            journal,
            journal_failure: None,
            ready: VecDeque::new(),
            taken: 0,
            sent: 0,
            ended: false,
            stop: None,
            done_before: 0,
            refused_before: 0,
            unreadable: Vec::new(),
            order: 0,
            pending: VecDeque::new(),
            first: 0,
        }
    }

    /// Whether there may be inputs that were not returned.
    pub(crate) fn has_more(&self) -> bool {
        self.stop.is_none() && !(self.ended && self.ready.is_empty())
    }

    /// Returns the input with this index of the segment, the first time it is called.
    pub(crate) fn take_pending(&mut self, index: u64) -> Option<Pending> {
        let offset = usize::try_from(index.checked_sub(self.first)?).ok()?;
        let pending = self.pending.get_mut(offset)?.take();
        while self.pending.front().is_some_and(Option::is_none) {
            self.pending.pop_front();
            self.first += 1;
        }
        pending
    }

    fn next_ready(&mut self) -> Option<Ready> {
        if self.ready.is_empty()
            && self.stop.is_none()
            && !self.ended
            && let Err(failure) = self.fill()
        {
            // What was not recorded is not sent.
            self.ready.clear();
            self.journal_failure = Some(failure);
            self.stop = Some(Stop::Journal);
        }
        self.ready.pop_front()
    }

    /// Reads inputs: one without a job file, and otherwise as many as one transaction holds.
    fn fill(&mut self) -> Result<(), Failure> {
        let chunk = if self.journal.is_some() { self.chunk } else { 1 };
        let mut bytes = 0;
        while self.ready.len() < chunk && bytes < CHUNK_BYTES && !interrupt::is_requested() {
            let Some(source) = self.sources.next() else {
                self.ended = !interrupt::is_requested();
                break;
            };
            let Some(ready) = self.read(source)? else {
                if self.stop.is_some() {
                    break;
                }
                continue;
            };
            bytes += ready.content.as_ref().map_or(0, Content::len);
            self.ready.push_back(ready);
        }
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let rows = self.ready.iter().filter_map(|ready| {
            let row = ready.row.as_ref()?;
            Some(Admission {
                position: row.position,
                source: &ready.source,
                medium: ready.content.as_ref().ok().map(Content::medium),
                input_id: row.input_id.as_deref(),
                hash: row.hash.as_deref(),
                stamp: row.stamp,
                problem: ready.content.as_ref().err().map(String::as_str),
            })
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() { Ok(()) } else { journal.admit(&rows) }
    }

    /// Reads an input. Returns `None` if it is not to be sent: an earlier run has done it, or a limit is reached.
    fn read(&mut self, source: Source) -> Result<Option<Ready>, Failure> {
        let known = match &mut self.journal {
            Some(journal) => journal.look_up(&source)?,
            None => None,
        };
        let stamp = if source.location == Location::File { stamp_of(&source) } else { None };
        if let Some(known) = &known
            && self.is_settled(known, stamp)
        {
            self.taken += 1;
            return Ok(None);
        }
        if self.max_inputs.is_some_and(|max| self.sent >= max) {
            self.stop = Some(Stop::MaxInputs);
            return Ok(None);
        }
        self.taken += 1;
        let content = input_source::read(&source, self.video, &mut self.stdin_used);
        let hash = match (&self.journal, &content) {
            (Some(_), Ok(content)) => content.bytes().map(|bytes| hex(&hmac_sha256::Hash::hash(bytes))),
            _ => None,
        };
        if let Some(known) = known.as_ref().filter(|known| known.is_done) {
            if known.hash.is_some() && known.hash == hash {
                // Only its modification time has changed.
                self.done_before += 1;
                return Ok(None);
            }
            let name = source.name.to_string_lossy();
            terminal::note(format_args!("{} has changed and is sent again", terminal::sanitize(&name)));
        }
        self.sent += u64::from(content.is_ok());
        let row = self.journal.as_mut().map(|journal| {
            let is_changed = known.as_ref().is_some_and(|known| known.hash.is_some() && known.hash != hash);
            let position = match &known {
                Some(known) => known.position,
                None => journal.new_position(),
            };
            let chosen = source.record.as_ref().and_then(|record| record.id.clone());
            // The service does not replace the content of an input, so changed content needs an input of its own.
            let generated = |known: Option<&Known>| match known.and_then(|known| known.input_id.clone()) {
                Some(id) if !is_changed => id,
                Some(_) => {
                    journal.input_id(position)
                        + &hash.as_deref().unwrap_or_default()[..8.min(hash.as_ref().map_or(0, String::len))]
                }
                None => journal.input_id(position),
            };
            let input_id = chosen.or_else(|| self.needs_ids.then(|| generated(known.as_ref())));
            let attempts = known.as_ref().map_or(0, |known| if is_changed { 0 } else { known.attempts });
            Row { position, attempts, input_id, hash, stamp }
        });
        Ok(Some(Ready { source, content, row }))
    }

    /// Whether an earlier run has settled an input, so that it is not sent again. Counts it.
    fn is_settled(&mut self, known: &Known, stamp: Option<FileStamp>) -> bool {
        let is_same = stamp.is_none() || known.stamp.is_none() || known.stamp == stamp;
        if known.is_done && is_same {
            self.done_before += 1;
            return true;
        }
        let is_refused = known.is_failed && known.outcome.as_deref() == Some("refused") && is_same;
        self.refused_before += u64::from(is_refused);
        is_refused
    }
}

/// Returns size and modification time of a file, if it exists.
fn stamp_of(source: &Source) -> Option<FileStamp> {
    let metadata = fs::metadata(&source.name).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(FileStamp { bytes: i64::try_from(metadata.len()).ok()?, modified: i64::try_from(modified.as_nanos()).ok()? })
}
