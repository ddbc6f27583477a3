//! Lists: one page, a limited number of items, or all items, printed as they arrive.
//!
//! `ListItem` and `RawList` are how `--json` gets at the JSON of the service; the rest does not depend on them.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _};

use clarifai_core::pagination::IntoPages as _;
use clarifai_core::pagination::{Paged, Pages};
use clarifai_core::{
    Operation, Page,
    operation::{DecodeError, Envelope, Replay, Target},
    transport::Body,
};
use http::Method;
use serde_json::Value;

use crate::args::PageArgs;
use crate::context::Context;
use crate::dry_run;
use crate::exit::Failure;
use crate::output::{self, Record, StreamedTable};
use crate::progress::{Lines, Progress, ProgressUpdate};
use crate::terminal;

/// A filter for the items of a list.
pub(crate) type Keep<T> = fn(&ListItem<T>) -> bool;

/// An item of a list: its JSON with all members, and the record parsed from it.
pub(crate) struct ListItem<T> {
    json: Value,
    pub(crate) record: T,
}

/// A list operation whose items keep their JSON, including members that this version does not know.
#[derive(Clone)]
struct RawList<O>(O);

impl<O: Paged<Item: Record>> Operation for RawList<O> {
    type Output = Vec<ListItem<O::Item>>;
    const NAME: &'static str = O::NAME;
    const METHOD: Method = O::METHOD;
    const PARTIAL: bool = O::PARTIAL;

    fn replay(&self) -> Replay {
        self.0.replay()
    }

    fn target(&self, target: &mut Target) {
        self.0.target(target);
    }

    fn body(&self) -> Result<Body, clarifai_core::error::InvalidArgument> {
        self.0.body()
    }

    fn decode(&self, response: &Envelope) -> Result<Self::Output, DecodeError> {
        // Applies the checks of the operation.
        self.0.decode(response)?;
        let mut all: Value = response.parse()?;
        let Value::Array(list) = all[O::Item::MANY].take() else { return Ok(Vec::new()) };
        let parse = |(index, json): (usize, Value)| match serde_json::from_value(json.clone()) {
            Ok(record) => Ok(ListItem { json, record }),
            Err(error) => Err(DecodeError::new(format!("{}[{index}]", O::Item::MANY), error.to_string())),
        };
        list.into_iter().enumerate().map(parse).collect()
    }
}

impl<O: Paged<Item: Record>> Paged for RawList<O> {
    type Item = ListItem<O::Item>;

    fn current(&self) -> Page {
        self.0.current()
    }

    fn with_page(self, page: Page) -> Self {
        Self(self.0.with_page(page))
    }

    fn items(output: Self::Output) -> Vec<ListItem<O::Item>> {
        output
    }

    fn key(item: &ListItem<O::Item>) -> Cow<'_, str> {
        O::key(&item.record)
    }
}

/// Prints the requested part of a list.
pub(crate) fn run<O: Paged<Item: Record>>(
    context: &mut Context<'_>,
    operation: O,
    pages: PageArgs,
    keep: Option<Keep<O::Item>>,
) -> Result<(), Failure> {
    let page = pages.first();
    if context.global.dry_run {
        return dry_run::show(&dry_run::app(context.settings)?, operation, context.global.json, context.out);
    }
    let mut printer = Printer { table: StreamedTable::new(O::Item::HEADINGS, O::Item::NUMBERS), count: 0 };
    if let Some(limit) = pages.limit() {
        return print_pages(context, operation, limit, keep, &mut printer);
    }
    let mut items = context.client()?.call(RawList(operation))?;
    let is_full = u32::try_from(items.len()) == Ok(page.size);
    if let Some(keep) = keep {
        items.retain(keep);
    }
    printer.print(&items, context)?;
    printer.finish::<O::Item>(context)?;
    if is_full {
        terminal::hint(format_args!("there may be more items: pass --page {} or --all", page.number.saturating_add(1)));
    }
    Ok(())
}

/// Prints page after page, up to `limit` items.
fn print_pages<O: Paged<Item: Record>>(
    context: &mut Context<'_>,
    operation: O,
    limit: u64,
    keep: Option<Keep<O::Item>>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let client = context.client()?;
    let mut list = Pages::new(RawList(operation)).limit(limit);
    if let Some(keep) = keep {
        list = list.filter(keep);
    }
    let mut list = list.into_pages(client.config());
    // If items are printed to a terminal, they show the progress themselves.
    let mut progress = (!io::stdout().is_terminal())
        .then(|| Progress::new(context.global, format!("reading {}", O::Item::MANY.replace('_', " ")), Lines::IfSlow));
    while let Some(page) = list.next() {
        let with_count = |failure: Failure, printer: &Printer| match failure {
            Failure::Message(exit, message) if printer.count > 0 => {
                Failure::Message(exit, message.append(&format!(", after {} items", printer.count)))
            }
            other => other,
        };
        let mut watch = |_: &_| {
            if let Some(progress) = &mut progress {
                progress.show(&ProgressUpdate { done: Some(printer.count), ..ProgressUpdate::default() });
            }
        };
        let items = match client.run_watched(&mut { page }, &mut watch) {
            Ok(page) => list.record(Ok(page)),
            Err(stopped) => return Err(with_count(stopped.into(), printer)),
        };
        printer.print(&items?, context)?;
    }
    drop(progress);
    printer.finish::<O::Item>(context)?;
    // Reports a list that changed meanwhile: the printed items are valid, but others may be missing.
    list.finish().map_err(Failure::from)
}

struct Printer {
    table: StreamedTable,
    count: u64,
}

impl Printer {
    fn print<T: Record>(&mut self, items: &[ListItem<T>], context: &mut Context<'_>) -> Result<(), Failure> {
        self.count += items.len() as u64;
        if context.global.json {
            return context.print(|out| items.iter().try_for_each(|item| output::write_json(&item.json, out)));
        }
        let rows: Vec<_> = items.iter().map(|item| item.record.row()).collect();
        context.print(|out| self.table.write(&rows, out))
    }

    fn finish<T: Record>(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.count == 0 && !context.global.json {
            context.print(|out| Ok(writeln!(out, "No {}.", T::MANY.replace('_', " "))?))?;
        }
        Ok(())
    }
}
