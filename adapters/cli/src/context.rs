//! What the commands share: making calls and printing their results.

use std::io::{self, IsTerminal as _, Write};
use std::rc::Rc;

use clarifai_core::inputs::MAX_INPUTS;
use clarifai_core::{Batch, Item, Operation};
use serde_json::Value;

use crate::args::{DeleteArgs, GlobalArgs};
use crate::client::Client;
use crate::dry_run;
use crate::exit::{Exit, Failure};
use crate::output::{self, Record};
use crate::settings::Settings;
use crate::terminal::{self, sanitize};

/// The state of one command.
pub(crate) struct Context<'a> {
    pub(crate) global: &'a GlobalArgs,
    pub(crate) settings: &'a Settings,
    pub(crate) out: &'a mut dyn Write,
    client: Option<Rc<Client>>,
    /// Maximum number of requests per second, if it is not that of the service. Has no effect on an existing client.
    pub(crate) rate: Option<f64>,
    /// Number of failed items.
    pub(crate) failed: usize,
}

impl<'a> Context<'a> {
    pub(crate) fn new(global: &'a GlobalArgs, settings: &'a Settings, out: &'a mut dyn Write) -> Self {
        Self { global, settings, out, client: None, rate: None, failed: 0 }
    }

    /// Runs a command, and saves the state of the simulator whether or not the command succeeded.
    pub(crate) fn run(mut self, command: impl FnOnce(&mut Self) -> Result<(), Failure>) -> Result<Exit, Failure> {
        let result = command(&mut self);
        let saved = self.client.as_ref().map_or(Ok(()), |client| client.save_state());
        result?;
        self.out.flush()?;
        saved?;
        Ok(if self.failed == 0 { Exit::Success } else { Exit::Failed })
    }

    /// Returns the client. Must not be called in a dry run.
    pub(crate) fn client(&mut self) -> Result<Rc<Client>, Failure> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Rc::new(Client::new(self.global, self.settings, self.rate)?),
        };
        Ok(Rc::clone(self.client.insert(client)))
    }

    /// Discards all further output, after standard output was closed.
    pub(crate) fn discard_output(&mut self) {
        // Leaks nothing, because a sink has no size.
        self.out = Box::leak(Box::new(io::sink()));
    }

    /// Prints to standard output while the progress bar is hidden.
    pub(crate) fn print(&mut self, print: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Failure> {
        terminal::suspend_bar(|| print(self.out))
    }

    /// Executes an operation. In a dry run, prints its request and returns `None`.
    pub(crate) fn call<O: Operation>(&mut self, operation: O) -> Result<Option<O::Output>, Failure> {
        if self.global.dry_run {
            dry_run::show(&dry_run::app(self.settings)?, operation, self.global.json, self.out)?;
            return Ok(None);
        }
        Ok(Some(self.client()?.call(operation)?))
    }

    /// Executes an operation, and prints the record in its response.
    pub(crate) fn one<T: Record>(&mut self, operation: impl Operation) -> Result<(), Failure> {
        let Some(response) = self.call(operation.raw())? else { return Ok(()) };
        let mut response = response.json;
        let records = match (response[T::ONE].take(), response[T::MANY].take()) {
            (Value::Null, Value::Array(records)) => records,
            (Value::Null, _) => Vec::new(),
            (one, _) => vec![one],
        };
        for json in records {
            if self.global.json {
                output::write_json(&json, self.out)?;
                continue;
            }
            let record: T = serde_json::from_value(json).map_err(|error| {
                let kind = T::ONE.replace('_', " ");
                Failure::new(Exit::Service, format!("invalid {kind} in the response: {error}"))
            })?;
            record.write(self.out)?;
        }
        Ok(())
    }

    /// Prints the results for the items with these IDs: as JSON, or with `write`. Failed items are printed as errors.
    pub(crate) fn results<T: Item>(
        &mut self,
        ids: &[String],
        batch: &Batch<T>,
        write: impl FnOnce(&[&T], &mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.global.json {
            for item in batch.raw_items() {
                output::write_json(&item, self.out)?;
            }
        } else {
            let succeeded: Vec<_> = batch.succeeded().collect();
            write(&succeeded, self.out)?;
        }
        self.out.flush()?;
        for failure in batch.failures() {
            self.failed += 1;
            let id = ids.get(failure.index).map_or("", String::as_str);
            terminal::error(format_args!("{id}: {}", failure.status));
        }
        Ok(())
    }

    /// Calls `send` with all IDs, at most as many at a time as one request can hold.
    pub(crate) fn in_batches(
        &mut self,
        ids: &[String],
        mut send: impl FnMut(&mut Self, &[String]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut output_failure = None;
        for (number, batch) in (1..).zip(ids.chunks(MAX_INPUTS)) {
            match send(self, batch) {
                Ok(()) => {}
                // The request succeeded, so the remaining ones are sent too.
                Err(failure) if failure.is_output() && !self.global.dry_run => {
                    self.discard_output();
                    output_failure.get_or_insert(failure);
                }
                Err(failure) => {
                    let left = ids.len().saturating_sub(number * MAX_INPUTS);
                    if left > 0 {
                        let failed = batch.len();
                        terminal::warning(format_args!("{failed} items failed in one request; {left} were not sent"));
                    }
                    return Err(failure);
                }
            }
        }
        output_failure
            .map_or(Ok(()), |failure| Err(failure.with_completed_work(&format!("all {} items were sent", ids.len()))))
    }

    /// Deletes items of one kind. A single ID is sent with `one`, because that reports an ID that does not exist.
    ///
    /// Returns whether requests were sent: not in a dry run, and not if the user declined.
    pub(crate) fn delete<One: Operation, Some: Operation>(
        &mut self,
        delete: &DeleteArgs,
        kind: &str,
        one: impl Fn(&str) -> One,
        some: impl Fn(&[String]) -> Some,
        all: impl FnOnce() -> Some,
    ) -> Result<bool, Failure> {
        if delete.all {
            if !delete.yes && !self.global.dry_run && !confirm(&format!("Delete all {kind}s of the app?"))? {
                terminal::log(format_args!("Nothing deleted."));
                return Ok(false);
            }
            self.start_deletion(delete, all(), &format!("Requested deletion of all {kind}s."))?;
        } else if let [id] = delete.ids.as_slice() {
            self.start_deletion(delete, one(id), &format!("Requested deletion of {kind} {}.", sanitize(id)))?;
        } else {
            self.in_batches(&delete.ids, |context, ids| {
                context.start_deletion(delete, some(ids), &format!("Requested deletion of {} {kind}s.", ids.len()))
            })?;
        }
        Ok(!self.global.dry_run)
    }

    /// Like [`status_only`](Self::status_only), but prints nothing if the end of the deletion is waited for, because
    /// the wait prints the outcome.
    fn start_deletion(&mut self, delete: &DeleteArgs, operation: impl Operation, text: &str) -> Result<(), Failure> {
        match delete.wait.wait {
            true => self.call(operation).map(|_| ()),
            false => self.status_only(operation, text),
        }
    }

    /// Executes an operation whose response contains only a status. Prints the status as JSON, or this text.
    pub(crate) fn status_only(&mut self, operation: impl Operation, text: &str) -> Result<(), Failure> {
        match self.call(operation.raw())? {
            None => Ok(()),
            Some(response) if self.global.json => output::write_json(&response.json["status"], self.out),
            Some(_) => Ok(writeln!(self.out, "{text}")?),
        }
    }
}

/// Asks the user for confirmation. Fails without a terminal.
fn confirm(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("refusing to delete everything without confirmation; pass --yes"));
    }
    let mut error = io::stderr();
    let _ = write!(error, "{question} [y/N] ");
    let _ = error.flush();
    let mut reply = String::new();
    io::stdin().read_line(&mut reply).map_err(|error| Failure::usage(format!("cannot read from stdin: {error}")))?;
    Ok(["y", "yes"].contains(&reply.trim().to_ascii_lowercase().as_str()))
}
