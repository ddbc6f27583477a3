//! What the commands share: making calls and printing their results.

use std::io::{self, IsTerminal as _, Write};
use std::rc::Rc;

use clarifai_core::inputs::MAX_INPUTS;
use clarifai_core::operation::{AddRaw, WithRaw};
use clarifai_core::types::Status;
use clarifai_core::{Batch, Item, Operation};

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

    /// Executes an operation, and prints the records in its response: with `--json` the JSON of the service.
    pub(crate) fn one<T: Record>(
        &mut self,
        operation: impl Operation<Output: AddRaw<WithRaw: Records<WithRaw<T>>> + Records<T>>,
    ) -> Result<(), Failure> {
        if self.global.json {
            let Some(response) = self.call(operation.with_raw())? else { return Ok(()) };
            return response.records().iter().try_for_each(|record| output::write_json(&record.json, self.out));
        }
        let Some(response) = self.call(operation)? else { return Ok(()) };
        response.records().iter().try_for_each(|record| record.write(self.out))
    }

    /// Prints the results for the items with these IDs with `write`. Failed items are printed as errors.
    pub(crate) fn results<T: Item>(
        &mut self,
        ids: &[String],
        batch: Batch<T>,
        write: impl FnOnce(Batch<T>, &mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let failures: Vec<_> = batch.failures().collect();
        write(batch, self.out)?;
        self.out.flush()?;
        for failure in failures {
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
    pub(crate) fn delete<One: Operation<Output = Status>, Some: Operation<Output = Status>>(
        &mut self,
        delete: &DeleteArgs,
        kind: &str,
        one: impl Fn(&str) -> One,
        some: impl Fn(&[String]) -> Some,
        all: impl FnOnce() -> Some,
    ) -> Result<bool, Failure> {
        if delete.all {
            if !self.confirms_all(delete, kind)? {
                return Ok(false);
            }
            self.start_deletion(delete, all(), &format!("Requested deletion of all {kind}s."))?;
            return Ok(!self.global.dry_run);
        }
        self.delete_ids(delete, kind, one, some)
    }

    /// Returns whether everything may be deleted: if the user confirmed it, and in a dry run.
    pub(crate) fn confirms_all(&self, delete: &DeleteArgs, kind: &str) -> Result<bool, Failure> {
        let confirmed = delete.yes || self.global.dry_run || confirm(&format!("Delete all {kind}s of the app?"))?;
        if !confirmed {
            terminal::log(format_args!("Nothing deleted."));
        }
        Ok(confirmed)
    }

    /// Like [`delete`](Self::delete), for items given by their IDs.
    pub(crate) fn delete_ids<One: Operation<Output = Status>, Some: Operation<Output = Status>>(
        &mut self,
        delete: &DeleteArgs,
        kind: &str,
        one: impl Fn(&str) -> One,
        some: impl Fn(&[String]) -> Some,
    ) -> Result<bool, Failure> {
        if let [id] = delete.ids.as_slice() {
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
    fn start_deletion(
        &mut self,
        delete: &DeleteArgs,
        operation: impl Operation<Output = Status>,
        text: &str,
    ) -> Result<(), Failure> {
        match delete.wait.wait {
            true => self.call(operation).map(|_| ()),
            false => self.status_only(operation, text),
        }
    }

    /// Executes an operation whose response contains only a status. Prints the status as JSON, or this text.
    pub(crate) fn status_only(
        &mut self,
        operation: impl Operation<Output = Status>,
        text: &str,
    ) -> Result<(), Failure> {
        if self.global.json {
            let Some(status) = self.call(operation.with_raw())? else { return Ok(()) };
            return output::write_json(&status.json, self.out);
        }
        match self.call(operation)? {
            None => Ok(()),
            Some(_) => Ok(writeln!(self.out, "{text}")?),
        }
    }
}

/// The records in the output of an operation: one, or a list.
pub(crate) trait Records<T> {
    /// Returns the records.
    fn records(self) -> Vec<T>;
}

impl<T> Records<T> for T {
    fn records(self) -> Vec<T> {
        vec![self]
    }
}

impl<T> Records<T> for Vec<T> {
    fn records(self) -> Vec<T> {
        self
    }
}

/// Asks the user for confirmation. Fails without a terminal.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
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
