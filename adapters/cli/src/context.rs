//! What commands that ask the service have in common: making calls, and printing what came of them.

use std::io::{self, IsTerminal as _, Write};

use clarifai_core::inputs::MAX_INPUTS;
use clarifai_core::{Batch, Item, Operation, Page};
use serde_json::{Map, Value, json};

use crate::args::{Doomed, Global};
use crate::client::Client;
use crate::dry_run;
use crate::exit::{Exit, Failure};
use crate::output::{self, Shown};
use crate::settings::Settings;

/// One command at work.
pub(crate) struct Context<'a> {
    pub(crate) global: &'a Global,
    pub(crate) settings: &'a Settings,
    pub(crate) out: &'a mut dyn Write,
    client: Option<Client>,
    /// How many items failed.
    failed: usize,
}

impl<'a> Context<'a> {
    pub(crate) fn new(global: &'a Global, settings: &'a Settings, out: &'a mut dyn Write) -> Self {
        Self { global, settings, out, client: None, failed: 0 }
    }

    /// Carries out a command, and keeps what the simulator remembers however that ended.
    pub(crate) fn carry_out(mut self, command: impl FnOnce(&mut Self) -> Result<(), Failure>) -> Result<Exit, Failure> {
        let ended = command(&mut self);
        let kept = self.client.as_ref().map_or(Ok(()), Client::keep);
        ended?;
        self.out.flush()?;
        kept?;
        Ok(if self.failed == 0 { Exit::Good } else { Exit::Items })
    }

    /// Who answers; not to be asked for in a dry run.
    pub(crate) fn client(&mut self) -> Result<&Client, Failure> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Client::new(self.global, self.settings)?,
        };
        Ok(self.client.insert(client))
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
        let things = self.print::<T>(answer.json)?;
        for thing in &things {
            thing.write(self.out)?;
        }
        Ok(())
    }

    /// Makes a call, and prints the list it answers with.
    pub(crate) fn list<T: Shown>(&mut self, operation: impl Operation, page: Page) -> Result<(), Failure> {
        let Some(mut answer) = self.call(operation.raw())? else { return Ok(()) };
        let count = answer.json[T::MANY].as_array().map_or(0, Vec::len);
        let list = json!({T::MANY: answer.json[T::MANY].take()});
        let things = self.print::<T>(list)?;
        if !things.is_empty() {
            T::write_list(&things, self.out)?;
        } else if !self.global.json {
            writeln!(self.out, "No {}.", T::MANY.replace('_', " "))?;
        }
        if !self.global.quiet && u32::try_from(count) == Ok(page.size) {
            self.out.flush()?;
            output::note!("note: there may be more: --page {}", page.number.saturating_add(1));
        }
        Ok(())
    }

    /// Prints what an answer holds as JSON, or gives it to be printed for people.
    fn print<T: Shown>(&mut self, mut answer: Value) -> Result<Vec<T>, Failure> {
        let things = match (answer[T::ONE].take(), answer[T::MANY].take()) {
            (Value::Null, Value::Array(things)) => things,
            (Value::Null, _) => Vec::new(),
            (one, _) => vec![one],
        };
        if self.global.json {
            for thing in &things {
                writeln!(self.out, "{thing}")?;
            }
            return Ok(Vec::new());
        }
        let read = |thing: Value| {
            serde_json::from_value(thing).map_err(|error| {
                let what = T::ONE.replace('_', " ");
                Failure::Said(Exit::Service, format!("the answer holds no readable {what}: {error}"))
            })
        };
        things.into_iter().map(read).collect()
    }

    /// Prints what became of items: of those without a problem the next result of the answer. JSON has the API's names,
    /// after the label as `source` where it is one; for people it is done by `write`, and failures have lines of their
    /// own.
    pub(crate) fn results<T: Item>(
        &mut self,
        entries: &[(&str, Option<&str>)],
        answer: Option<&Batch<T>>,
        form: Form,
        write: impl FnOnce(&[(&str, &T)], &mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut raw = match (self.global.json, answer) {
            (true, Some(batch)) => serde_json::from_slice(batch.raw()).unwrap_or(Value::Null),
            _ => Value::Null,
        };
        let raw = &mut raw[form.member];
        let mut results = answer.into_iter().flat_map(Batch::results).enumerate();
        let mut good = Vec::new();
        let mut failures = Vec::new();
        for (label, problem) in entries {
            if let Some(problem) = problem {
                self.unsent(label, problem)?;
                failures.push(format!("{label}: {problem}"));
                continue;
            }
            // In a dry run nobody answered.
            let Some((index, result)) = results.next() else { continue };
            if self.global.json {
                // The order of the answer need not be that of the request.
                let named = raw.as_array().and_then(|all| all.iter().position(|one| one["id"] == *label));
                let place = named.filter(|_| !form.sources).unwrap_or(index);
                let mut line = Map::new();
                if form.sources {
                    line.insert("source".to_owned(), (*label).into());
                }
                if let Some(Value::Object(members)) = raw.get_mut(place).map(Value::take) {
                    line.extend(members.into_iter().filter(|(name, _)| !form.sources || name != "source"));
                }
                writeln!(self.out, "{}", Value::Object(line))?;
            }
            match result {
                Ok(item) => good.push((*label, item)),
                Err(failure) => failures.push(format!("{label}: {}", failure.status)),
            }
        }
        if !self.global.json && !good.is_empty() {
            write(&good, self.out)?;
        }
        self.out.flush()?;
        self.failed += failures.len();
        for failure in failures {
            output::error(&failure);
        }
        Ok(())
    }

    /// Prints of inputs that a failed call was to carry that they were not sent. Only those with a problem of their
    /// own have a line of their own on standard error.
    pub(crate) fn lost(&mut self, entries: &[(&str, Option<&str>)], failure: &Failure) -> Result<(), Failure> {
        let Failure::Said(_, words) = failure else { return Ok(()) };
        for (label, problem) in entries {
            self.unsent(label, problem.unwrap_or(&output::tame(words)))?;
        }
        self.out.flush()?;
        for (label, problem) in entries {
            if let Some(problem) = problem {
                output::error(&format!("{label}: {problem}"));
            }
        }
        Ok(())
    }

    /// Says in JSON of an input that it never reached the service. The output of a dry run is requests only.
    fn unsent(&mut self, label: &str, problem: &str) -> Result<(), Failure> {
        if self.global.json && !self.global.dry_run {
            writeln!(self.out, "{}", json!({"source": label, "error": problem}))?;
        }
        Ok(())
    }

    /// Does something with ids, as many at a time as a call takes.
    pub(crate) fn in_calls(
        &mut self,
        ids: &[String],
        mut each: impl FnMut(&mut Self, &[String]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        for (number, some) in (1..).zip(ids.chunks(MAX_INPUTS)) {
            if let Err(failure) = each(self, some) {
                let left = ids.len().saturating_sub(number * MAX_INPUTS);
                if left > 0 && !matches!(failure, Failure::Pipe) {
                    output::note!("note: {left} more were not sent");
                }
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Deletes some of a kind, or all; `one` is sent for a single one, since it says when there is none.
    pub(crate) fn delete<One: Operation, Some: Operation>(
        &mut self,
        doomed: &Doomed,
        kind: &str,
        one: impl Fn(&str) -> One,
        some: impl Fn(&[String]) -> Some,
        all: impl FnOnce() -> Some,
    ) -> Result<(), Failure> {
        if doomed.all {
            if !doomed.yes && !self.global.dry_run && !agreed(&format!("Delete all {kind}s of the app?"))? {
                output::note!("Nothing was deleted.");
                return Ok(());
            }
            return self.done(all(), &format!("All {kind}s are being deleted."));
        }
        if let [id] = doomed.ids.as_slice() {
            return self.done(one(id), &format!("The {kind} {} is being deleted.", output::tame(id)));
        }
        self.in_calls(&doomed.ids, |context, ids| {
            context.done(some(ids), &format!("{} {kind}s are being deleted.", ids.len()))
        })
    }

    /// Makes a call that answers with nothing but a status: in JSON that, for people these words.
    pub(crate) fn done(&mut self, operation: impl Operation, words: &str) -> Result<(), Failure> {
        match self.call(operation.raw())? {
            None => Ok(()),
            Some(answer) if self.global.json => Ok(writeln!(self.out, "{}", answer.json["status"])?),
            Some(_) => Ok(writeln!(self.out, "{words}")?),
        }
    }
}

/// The form of the results of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// The member of the answer that lists them.
    pub(crate) member: &'static str,
    /// Whether labels are where inputs came from; otherwise they are ids.
    pub(crate) sources: bool,
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
