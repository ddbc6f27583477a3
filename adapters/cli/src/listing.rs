//! Lists: a page of one, so many items, or all; printed as they come.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _};

use clarifai_core::pages::{Paged, Pages};
use clarifai_core::{Body, Envelope, Operation, Page, Replay, Target, Unreadable};
use http::Method;
use serde_json::Value;

use crate::args;
use crate::context::Context;
use crate::dry_run;
use crate::exit::Failure;
use crate::output::{self, Rows, Shown};
use crate::progress::{Far, Lines, Progress};

/// Which items of a list are wanted.
pub(crate) type Keep<T> = fn(&Thing<T>) -> bool;

/// An item of a list: as it came, and as it was read.
pub(crate) struct Thing<T> {
    json: Value,
    pub(crate) read: T,
}

/// A page of a list, whose items keep the members that nobody here knows.
#[derive(Clone)]
struct Listed<O>(O);

impl<O: Paged<Item: Shown>> Operation for Listed<O> {
    type Output = Vec<Thing<O::Item>>;
    const NAME: &'static str = O::NAME;
    const METHOD: Method = O::METHOD;
    const PARTIAL: bool = O::PARTIAL;

    fn replay(&self) -> Replay {
        self.0.replay()
    }

    fn target(&self, target: &mut Target) {
        self.0.target(target);
    }

    fn body(&self) -> Result<Body, clarifai_core::error::Invalid> {
        self.0.body()
    }

    fn decode(&self, answer: &Envelope) -> Result<Self::Output, Unreadable> {
        // What the operation refuses is no list.
        self.0.decode(answer)?;
        let mut all: Value = answer.parse()?;
        let Value::Array(list) = all[O::Item::MANY].take() else { return Ok(Vec::new()) };
        let read = |(place, json): (usize, Value)| match serde_json::from_value(json.clone()) {
            Ok(read) => Ok(Thing { json, read }),
            Err(error) => Err(Unreadable::new(format!("{}[{place}]", O::Item::MANY), error.to_string())),
        };
        list.into_iter().enumerate().map(read).collect()
    }
}

impl<O: Paged<Item: Shown>> Paged for Listed<O> {
    type Item = Thing<O::Item>;

    fn current(&self) -> Page {
        self.0.current()
    }

    fn with_page(self, page: Page) -> Self {
        Self(self.0.with_page(page))
    }

    fn items(answer: Self::Output) -> Vec<Thing<O::Item>> {
        answer
    }

    fn key(item: &Thing<O::Item>) -> Cow<'_, str> {
        O::key(&item.read)
    }
}

/// Prints those items of a list that are asked for.
pub(crate) fn run<O: Paged<Item: Shown>>(
    context: &mut Context<'_>,
    operation: O,
    pages: args::Pages,
    keep: Option<Keep<O::Item>>,
) -> Result<(), Failure> {
    let page = pages.first();
    if context.global.dry_run {
        return dry_run::show(&dry_run::app(context.settings)?, operation, context.global.json, context.out);
    }
    let mut printer = Printer { rows: Rows::new(O::Item::HEADINGS, O::Item::NUMBERS), count: 0 };
    if let Some(most) = pages.most() {
        return all(context, operation, most, keep, &mut printer);
    }
    let mut things = context.client()?.call(Listed(operation))?;
    let full = u32::try_from(things.len()) == Ok(page.size);
    if let Some(keep) = keep {
        things.retain(keep);
    }
    printer.print(&things, context)?;
    printer.end::<O::Item>(context)?;
    if full && !context.global.quiet {
        output::note!("note: there may be more: --page {}, or --all", page.number.saturating_add(1));
    }
    Ok(())
}

/// Prints page after page, up to `most` items.
fn all<O: Paged<Item: Shown>>(
    context: &mut Context<'_>,
    operation: O,
    most: u64,
    keep: Option<Keep<O::Item>>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let client = context.client()?;
    let mut list = Pages::new(client.app(), Listed(operation)).take(most);
    if let Some(keep) = keep {
        list = list.only(keep);
    }
    // On a terminal the items themselves show how far it is.
    let mut progress = (!io::stdout().is_terminal())
        .then(|| Progress::new(context.global, format!("reading {}", O::Item::MANY.replace('_', " ")), Lines::IfSlow));
    while let Some(page) = list.next() {
        let so_far = |failure: Failure, printer: &Printer| match failure {
            Failure::Said(exit, words) if printer.count > 0 => {
                Failure::Said(exit, format!("{words}, after {} items", printer.count))
            }
            other => other,
        };
        let mut watch = |_: &_| {
            if let Some(progress) = &mut progress {
                progress.show(&Far { done: Some(printer.count), ..Far::default() });
            }
        };
        let answer = match client.watched(&mut { page }, &mut watch) {
            Ok(answer) => list.record(Ok(answer)),
            Err(stopped) => return Err(so_far(stopped.into(), printer)),
        };
        printer.print(&answer?, context)?;
    }
    drop(progress);
    printer.end::<O::Item>(context)?;
    // What was printed stands, but it may not be all.
    list.finish().map_err(Failure::from)
}

struct Printer {
    rows: Rows,
    count: u64,
}

impl Printer {
    fn print<T: Shown>(&mut self, things: &[Thing<T>], context: &mut Context<'_>) -> Result<(), Failure> {
        self.count += things.len() as u64;
        if context.global.json {
            return context.print(|out| things.iter().try_for_each(|thing| output::line(&thing.json, out)));
        }
        let rows: Vec<_> = things.iter().map(|thing| thing.read.row()).collect();
        context.print(|out| self.rows.write(&rows, out))
    }

    fn end<T: Shown>(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.count == 0 && !context.global.json {
            context.print(|out| Ok(writeln!(out, "No {}.", T::MANY.replace('_', " "))?))?;
        }
        Ok(())
    }
}
