//! What commands that ask the service have in common: making calls, and printing what came of them.

use std::io::{self, IsTerminal as _, Write};
use std::rc::Rc;

use clarifai_core::inputs::MAX_INPUTS;
use clarifai_core::{Batch, Item, Operation};
use serde_json::Value;

use crate::args::{Doomed, Global};
use crate::client::Client;
use crate::dry_run;
use crate::exit::{Exit, Failure};
use crate::output::{self, Shown};
use crate::progress;
use crate::settings::Settings;

/// One command at work.
pub(crate) struct Context<'a> {
    pub(crate) global: &'a Global,
    pub(crate) settings: &'a Settings,
    pub(crate) out: &'a mut dyn Write,
    client: Option<Rc<Client>>,
    /// How many items failed.
    pub(crate) failed: usize,
}

impl<'a> Context<'a> {
    pub(crate) fn new(global: &'a Global, settings: &'a Settings, out: &'a mut dyn Write) -> Self {
        Self { global, settings, out, client: None, failed: 0 }
    }

    /// Carries out a command, and keeps what the simulator remembers however that ended.
    pub(crate) fn carry_out(mut self, command: impl FnOnce(&mut Self) -> Result<(), Failure>) -> Result<Exit, Failure> {
        let ended = command(&mut self);
        let kept = self.client.as_ref().map_or(Ok(()), |client| client.keep());
        ended?;
        self.out.flush()?;
        kept?;
        Ok(if self.failed == 0 { Exit::Good } else { Exit::Items })
    }

    /// Who answers; not to be asked for in a dry run.
    pub(crate) fn client(&mut self) -> Result<Rc<Client>, Failure> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Rc::new(Client::new(self.global, self.settings)?),
        };
        Ok(Rc::clone(self.client.insert(client)))
    }

    /// Prints nothing from here on, where nobody can read it.
    pub(crate) fn mute(&mut self) {
        // A sink has no size, so there is nothing that leaks.
        self.out = Box::leak(Box::new(io::sink()));
    }

    /// Prints to standard output, and puts a bar aside for that.
    pub(crate) fn print(&mut self, print: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Failure> {
        progress::aside(|| print(self.out))
    }

    /// Makes a call; in a dry run shows it, and has no answer.
    pub(crate) fn call<O: Operation>(&mut self, operation: O) -> Result<Option<O::Output>, Failure> {
        if self.global.dry_run {
            dry_run::show(&dry_run::app(self.settings)?, operation, self.global.json, self.out)?;
            return Ok(None);
        }
        Ok(Some(self.client()?.call(operation)?))
    }

    /// Makes a call, and prints the one thing it answers with.
    pub(crate) fn one<T: Shown>(&mut self, operation: impl Operation) -> Result<(), Failure> {
        let Some(answer) = self.call(operation.raw())? else { return Ok(()) };
        let mut answer = answer.json;
        let things = match (answer[T::ONE].take(), answer[T::MANY].take()) {
            (Value::Null, Value::Array(things)) => things,
            (Value::Null, _) => Vec::new(),
            (one, _) => vec![one],
        };
        for thing in things {
            if self.global.json {
                output::line(&thing, self.out)?;
                continue;
            }
            let read: T = serde_json::from_value(thing).map_err(|error| {
                let what = T::ONE.replace('_', " ");
                Failure::Said(Exit::Service, format!("the answer holds no readable {what}: {error}"))
            })?;
            read.write(self.out)?;
        }
        Ok(())
    }

    /// Prints what became of the things with these ids. JSON has the API's names; for people it is done by `write`, and
    /// failures have lines of their own.
    pub(crate) fn results<T: Item>(
        &mut self,
        ids: &[String],
        answer: &Batch<T>,
        write: impl FnOnce(&[&T], &mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.global.json {
            for item in answer.raw_items() {
                output::line(&item, self.out)?;
            }
        } else {
            let good: Vec<_> = answer.succeeded().collect();
            write(&good, self.out)?;
        }
        self.out.flush()?;
        for failure in answer.failures() {
            self.failed += 1;
            let id = ids.get(failure.index).map_or("", String::as_str);
            output::error(&format!("{id}: {}", failure.status));
        }
        Ok(())
    }

    /// Does something with ids, as many at a time as a call takes.
    pub(crate) fn in_calls(
        &mut self,
        ids: &[String],
        mut each: impl FnMut(&mut Self, &[String]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut unheard = None;
        for (number, some) in (1..).zip(ids.chunks(MAX_INPUTS)) {
            match each(self, some) {
                Ok(()) => {}
                // The call went well, and so shall the others.
                Err(failure) if failure.is_of_output() && !self.global.dry_run => {
                    self.mute();
                    unheard.get_or_insert(failure);
                }
                Err(failure) => {
                    let left = ids.len().saturating_sub(number * MAX_INPUTS);
                    if left > 0 {
                        output::note!("note: {} failed together, {left} more were not sent", some.len());
                    }
                    return Err(failure);
                }
            }
        }
        unheard.map_or(Ok(()), |failure| Err(failure.unheard(&format!("all {} were sent", ids.len()))))
    }

    /// Deletes some of a kind, or all; `one` is sent for a single one, since it says when there is none. Answers
    /// whether it was done: a dry run does nothing, and a person may think better of it.
    pub(crate) fn delete<One: Operation, Some: Operation>(
        &mut self,
        doomed: &Doomed,
        kind: &str,
        one: impl Fn(&str) -> One,
        some: impl Fn(&[String]) -> Some,
        all: impl FnOnce() -> Some,
    ) -> Result<bool, Failure> {
        if doomed.all {
            if !doomed.yes && !self.global.dry_run && !agreed(&format!("Delete all {kind}s of the app?"))? {
                output::note!("Nothing was deleted.");
                return Ok(false);
            }
            self.begun(doomed, all(), &format!("All {kind}s are being deleted."))?;
        } else if let [id] = doomed.ids.as_slice() {
            self.begun(doomed, one(id), &format!("The {kind} {} is being deleted.", output::tame(id)))?;
        } else {
            self.in_calls(&doomed.ids, |context, ids| {
                context.begun(doomed, some(ids), &format!("{} {kind}s are being deleted.", ids.len()))
            })?;
        }
        Ok(!self.global.dry_run)
    }

    /// As [`done`](Self::done), unless what is only begun is waited for: then the wait has the word.
    fn begun(&mut self, doomed: &Doomed, operation: impl Operation, words: &str) -> Result<(), Failure> {
        match doomed.waiting.wait {
            true => self.call(operation).map(|_| ()),
            false => self.done(operation, words),
        }
    }

    /// Makes a call that answers with nothing but a status: in JSON that, for people these words.
    pub(crate) fn done(&mut self, operation: impl Operation, words: &str) -> Result<(), Failure> {
        match self.call(operation.raw())? {
            None => Ok(()),
            Some(answer) if self.global.json => output::line(&answer.json["status"], self.out),
            Some(_) => Ok(writeln!(self.out, "{words}")?),
        }
    }
}

/// Asks a person. Where there is none, the answer must be given in advance.
fn agreed(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("nobody is there to be asked: add --yes to delete all"));
    }
    let mut error = io::stderr();
    let _ = write!(error, "{question} [y/N] ");
    let _ = error.flush();
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Failure::usage(format!("cannot read the answer: {error}")))?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}
