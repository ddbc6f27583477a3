//! Inputs from files and addresses, sent in as many calls as it takes, their results printed in their order.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io::Write;
use std::iter::Enumerate;
use std::rc::Rc;
use std::slice;
use std::sync::mpsc;

use clarifai_core::bulk::Bulk;
use clarifai_core::error::ErrorKind;
use clarifai_core::inputs::{MAX_INPUTS, NewInput};
use clarifai_core::machine::{Event, Machine as _, Now, Step};
use clarifai_core::{App, Credentials, Error, Exchange, Operation};
use serde_json::{Map, Value};

use crate::args::Sources;
use crate::context::Context;
use crate::exit::{Exit, Failure, exit_of, words_of};
use crate::progress::{Far, Lines, Progress};
use crate::{dry_run, interrupt, load, output};

/// What is done with inputs.
pub(crate) trait Job {
    /// What is found of an input where all goes well.
    type Found: Send + 'static;
    /// The work in pieces.
    type Work<'a>: Bulk;
    /// Whether it changes something at the service: then it is brought to its end and accounted for even where nobody
    /// reads the output.
    const CHANGES: bool = false;

    /// Says of an input what there is to say.
    fn dress(&self, input: NewInput) -> NewInput {
        input
    }

    /// The work with these inputs. What becomes of each is sent to `fates`.
    fn work<'a>(&self, app: &App, inputs: Loader<'a>, fates: mpsc::Sender<Fate<Self::Found>>) -> Self::Work<'a>;

    /// Ends the work, and says why it was ended early, if it was.
    fn finish(work: Self::Work<'_>) -> Option<Problem>;

    /// Prints, for people, what was found of inputs, each with its source.
    fn write(&self, found: &[(&str, &Self::Found)], out: &mut dyn Write) -> Result<(), Failure>;
}

/// What became of an input.
pub(crate) struct Fate<F> {
    /// Its place among the inputs that could be read.
    pub(crate) index: u64,
    /// Its id, where it has one.
    pub(crate) id: Option<String>,
    /// In a word, where JSON shall say so.
    pub(crate) outcome: Option<&'static str>,
    /// The service's answer about it.
    pub(crate) raw: Option<Box<Value>>,
    pub(crate) result: Result<F, Problem>,
}

/// Why an input came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Something about this input.
    Input(String),
    /// A call failed that carried it and others.
    Call(Exit, String),
    /// The program was asked to end while it was under way.
    Lost,
}

impl Problem {
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Invalid(invalid) => Self::Input(format!("{} {}", invalid.argument(), invalid.problem())),
            ErrorKind::Misuse(_) if interrupt::asked() => Self::Lost,
            _ => Self::Call(exit_of(error), words_of(error)),
        }
    }

    fn words(&self) -> &str {
        match self {
            Self::Input(words) | Self::Call(_, words) => words,
            Self::Lost => "interrupted before its result was known",
        }
    }
}

/// Says what would be wrong with any call, whatever the inputs: that is the caller's mistake.
pub(crate) fn check_options<O: Operation>(operation: impl FnOnce(NewInput) -> O) -> Result<(), Failure> {
    let operation = operation(NewInput::image_url("https://example.com"));
    let checked = Credentials::key("check").and_then(|key| Exchange::new(&App::new(key), operation));
    checked.map(|_| ()).map_err(|error| match Problem::of(&error) {
        Problem::Input(words) => Failure::usage(words.strip_prefix("inputs[0] ").unwrap_or(&words)),
        problem => Failure::usage(problem.words()),
    })
}

/// Reads inputs when they are about to be sent.
pub(crate) struct Loader<'a> {
    sources: Enumerate<slice::Iter<'a, OsString>>,
    video: bool,
    stdin_read: bool,
    dress: &'a dyn Fn(NewInput) -> NewInput,
    account: Rc<RefCell<Account>>,
}

/// What the loader has done.
#[derive(Default)]
struct Account {
    /// How many sources were looked at.
    taken: usize,
    /// The places of the inputs that were handed on and have no fate yet, from the input with this index on.
    places: VecDeque<Option<usize>>,
    first: u64,
    /// Sources that could not be read.
    unreadable: Vec<(usize, String)>,
}

impl Account {
    /// The place of an input among the sources, asked once.
    fn place(&mut self, index: u64) -> Option<usize> {
        let at = usize::try_from(index.checked_sub(self.first)?).ok()?;
        let place = self.places.get_mut(at)?.take();
        while self.places.front().is_some_and(Option::is_none) {
            self.places.pop_front();
            self.first += 1;
        }
        place
    }
}

impl Iterator for Loader<'_> {
    type Item = NewInput;

    fn next(&mut self) -> Option<NewInput> {
        loop {
            if interrupt::asked() {
                return None;
            }
            let (place, source) = self.sources.next()?;
            let input = load::input(source, self.video, &mut self.stdin_read);
            let mut account = self.account.borrow_mut();
            account.taken = place + 1;
            match input {
                Ok(input) => {
                    account.places.push_back(Some(place));
                    drop(account);
                    return Some((self.dress)(input));
                }
                Err(problem) => account.unreadable.push((place, problem)),
            }
        }
    }
}

/// Does the job with all inputs. An input that cannot be read, or that is refused, fails alone.
pub(crate) fn run<J: Job>(job: &J, sources: &Sources, context: &mut Context<'_>) -> Result<(), Failure> {
    let account = Rc::new(RefCell::new(Account::default()));
    let dress = |input| job.dress(input);
    let loader = Loader {
        sources: sources.inputs.iter().enumerate(),
        video: sources.video,
        stdin_read: false,
        dress: &dress,
        account: Rc::clone(&account),
    };
    let (sender, fates) = mpsc::channel();
    let mut session = Session {
        job,
        sources,
        account,
        fates,
        waiting: BTreeMap::new(),
        next: 0,
        unreadable: 0,
        good: 0,
        failed: 0,
        said: BTreeMap::new(),
        exit: Exit::Items,
        unheard: None,
    };
    if context.global.dry_run {
        let mut work = job.work(&dry_run::app(context.settings)?, loader, sender);
        show(&mut work, context)?;
        // Nobody answers in a dry run; only what cannot be sent is to be told.
        return session.print(context);
    }
    let client = context.client()?;
    let mut work = job.work(client.app(), loader, sender);
    let lines = if sources.inputs.len() > MAX_INPUTS { Lines::Always } else { Lines::IfSlow };
    let mut progress = Progress::new(context.global, "inputs", lines);
    let ended = client.bulk(&mut work, sources.jobs.into(), |work| {
        session.print(context)?;
        let far = work.progress();
        let failed = far.failed + session.unreadable;
        let more = if failed > 0 { format!("{failed} failed") } else { String::new() };
        let total = sources.inputs.len() as u64;
        progress.show(&Far { done: Some(far.done + session.unreadable), total: Some(total), more });
        Ok(())
    });
    // There is nobody to tell the rest.
    if ended.as_ref().is_err_and(Failure::is_of_output) {
        return ended;
    }
    let stopped = J::finish(work);
    session.print(context)?;
    progress.end(&format!("{} done, {} failed, of {}", session.good, session.failed, sources.inputs.len()));
    session.end(ended, stopped, context)
}

/// Shows the first request of each piece.
fn show(work: &mut impl Bulk, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut now = Now::default();
    while let Some(mut piece) = work.next() {
        let mut event = Event::Begin;
        loop {
            event = match piece.resume(now, event) {
                Step::Send(request) => break dry_run::show_request(&request, context.global.json, context.out)?,
                Step::WaitUntil(time) => {
                    now.mono = time;
                    Event::Woke
                }
                Step::Done(_) => break,
            };
        }
    }
    Ok(())
}

/// One command: what came of inputs, and what was printed of it.
struct Session<'a, J: Job> {
    job: &'a J,
    sources: &'a Sources,
    account: Rc<RefCell<Account>>,
    fates: mpsc::Receiver<Fate<J::Found>>,
    /// What is known of inputs and waits for that of earlier ones, by their place among the sources.
    waiting: BTreeMap<usize, Fate<J::Found>>,
    /// The place whose turn it is.
    next: usize,
    /// How many sources could not be read.
    unreadable: u64,
    good: usize,
    failed: usize,
    /// Failed calls, which have one line of their own and not one for each input, and how many inputs they carried.
    said: BTreeMap<String, usize>,
    /// What they would have the program end with.
    exit: Exit,
    /// Why nobody reads what came of them.
    unheard: Option<Failure>,
}

impl<J: Job> Session<'_, J> {
    /// Takes what is known by now, and prints all whose turn it is.
    fn print(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        {
            let mut account = self.account.borrow_mut();
            for fate in self.fates.try_iter() {
                if let Some(place) = account.place(fate.index) {
                    self.waiting.insert(place, fate);
                }
            }
            for (place, problem) in std::mem::take(&mut account.unreadable) {
                self.unreadable += 1;
                let result = Err(Problem::Input(problem));
                self.waiting.insert(place, Fate { index: 0, id: None, outcome: None, raw: None, result });
            }
        }
        let mut ready = Vec::new();
        while let Some(fate) = self.waiting.remove(&self.next) {
            ready.push((self.sources.inputs[self.next].to_string_lossy(), fate));
            self.next += 1;
        }
        // In a dry run nothing has a turn that was sent.
        if context.global.dry_run {
            let waiting = std::mem::take(&mut self.waiting);
            ready.extend(waiting.into_iter().map(|(place, fate)| (self.sources.inputs[place].to_string_lossy(), fate)));
        }
        if ready.is_empty() {
            return Ok(());
        }
        let (json, dry_run) = (context.global.json, context.global.dry_run);
        let printed = context.print(|out| {
            if json {
                // The output of a dry run is requests only.
                let told = ready.iter().filter(|_| !dry_run);
                return told.into_iter().try_for_each(|(label, fate)| write_line(label, fate, out));
            }
            let good: Vec<_> =
                ready.iter().filter_map(|(label, fate)| Some((&**label, fate.result.as_ref().ok()?))).collect();
            if good.is_empty() { Ok(()) } else { self.job.write(&good, out) }
        });
        for (label, fate) in &ready {
            match &fate.result {
                Ok(_) => {
                    self.good += 1;
                    continue;
                }
                Err(Problem::Call(exit, words)) => {
                    self.exit = *exit;
                    *self.said.entry(words.clone()).or_default() += 1;
                }
                Err(problem) => output::error(&format!("{label}: {}", problem.words())),
            }
            self.failed += 1;
            context.failed += 1;
        }
        self.heard(printed, context)
    }

    /// Goes on where only the output failed and the work changes something.
    fn heard(&mut self, printed: Result<(), Failure>, context: &mut Context<'_>) -> Result<(), Failure> {
        match printed {
            Err(failure) if J::CHANGES && !context.global.dry_run && failure.is_of_output() => {
                context.mute();
                self.unheard.get_or_insert(failure);
                Ok(())
            }
            printed => printed,
        }
    }

    /// Says which calls failed and what was left, and how the program ends for that.
    fn end(
        mut self,
        ended: Result<(), Failure>,
        stopped: Option<Problem>,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let flushed = context.out.flush().map_err(Failure::from);
        self.heard(flushed, context)?;
        for (words, inputs) in &self.said {
            output::error(&if *inputs > 1 { format!("{words} ({inputs} inputs)") } else { words.clone() });
        }
        let left = self.sources.inputs.len() - self.account.borrow().taken;
        if left > 0 {
            output::note!("note: {left} more inputs were not looked at");
        }
        ended?;
        if let Some(failure) = &self.unheard {
            return Err(failure
                .unheard(&format!("{} inputs are done, {} failed, {left} were not sent", self.good, self.failed)));
        }
        match stopped {
            // What ended the work was found out to have gone well.
            Some(_) if self.failed == 0 && left == 0 => Ok(()),
            Some(Problem::Call(exit, words)) if self.said.contains_key(&words) => Err(Failure::Quiet(exit)),
            Some(Problem::Call(exit, words)) => Err(Failure::Said(exit, words)),
            Some(problem) => Err(Failure::Said(Exit::Service, problem.words().to_owned())),
            // Where nothing at all got through, the call has more to say than its items.
            None if self.good == 0 && !self.said.is_empty() => Err(Failure::Quiet(self.exit)),
            None => Ok(()),
        }
    }
}

/// Prints an input's JSON: the API's names, after the label as `source`.
fn write_line<F>(label: &str, fate: &Fate<F>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut line = Map::new();
    line.insert("source".to_owned(), label.into());
    if let Some(outcome) = fate.outcome {
        line.insert("outcome".to_owned(), outcome.into());
    }
    match (fate.raw.as_deref(), &fate.result) {
        (Some(Value::Object(members)), _) => {
            let own = |name: &str| name == "source" || (name == "outcome" && fate.outcome.is_some());
            line.extend(
                members.iter().filter(|(name, _)| !own(name)).map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        (_, Err(problem)) => _ = line.insert("error".to_owned(), output::tame(problem.words()).into()),
        (_, Ok(_)) => {}
    }
    match &fate.id {
        Some(id) => _ = line.entry("id").or_insert_with(|| id.as_str().into()),
        // The service names the id that it would have given, and the input that is there has another.
        None if fate.outcome == Some("already there") => _ = line.remove("id"),
        None => {}
    }
    output::line(&Value::Object(line), out)
}
