//! Lists: one page, a limited number of items, or all items, printed as they arrive.

use std::io::{self, IsTerminal as _, Write};

use clarifai_core::operation::{AddRaw, KeepRaw, WithRaw};
use clarifai_core::pagination::{IntoPages as _, Paged, Pages};

use crate::args::PageArgs;
use crate::context::Context;
use crate::dry_run;
use crate::exit::Failure;
use crate::output::{self, Record, StreamedTable};
use crate::progress::{Lines, Progress, ProgressUpdate};
use crate::terminal;

/// A filter for the items of a list.
pub(crate) type Keep<T> = fn(&T) -> bool;

/// Prints the requested part of a list: with `--json` the JSON of the service, otherwise a table.
pub(crate) fn run<O>(
    context: &mut Context<'_>,
    operation: O,
    pages: PageArgs,
    keep: Option<Keep<O::Item>>,
) -> Result<(), Failure>
where
    O: Paged<Item: Record, Output: AddRaw>,
    KeepRaw<O>: Paged<Item = WithRaw<O::Item>>,
{
    if context.global.dry_run {
        return dry_run::show(&dry_run::app(context.settings)?, operation, context.global.json, context.out);
    }
    let kind = O::Item::MANY.replace('_', " ");
    if context.global.json {
        let print = |items: &[WithRaw<O::Item>], out: &mut dyn Write| {
            items.iter().try_for_each(|item| output::write_json(&item.json, out))
        };
        let keep = keep.map(|keep| move |item: &WithRaw<O::Item>| keep(&item.value));
        return print_list(context, operation.with_raw(), pages, keep, &mut Printer { kind, print, count: 0 });
    }
    let mut table = StreamedTable::new(O::Item::HEADINGS, O::Item::NUMBERS);
    let print =
        |items: &[O::Item], out: &mut dyn Write| table.write(&items.iter().map(Record::row).collect::<Vec<_>>(), out);
    print_list(context, operation, pages, keep, &mut Printer { kind, print, count: 0 })
}

/// Prints one page, or the pages up to the limit of items.
fn print_list<L: Paged, P>(
    context: &mut Context<'_>,
    operation: L,
    pages: PageArgs,
    keep: Option<impl Fn(&L::Item) -> bool + Send + Sync + 'static>,
    printer: &mut Printer<P>,
) -> Result<(), Failure>
where
    P: FnMut(&[L::Item], &mut dyn Write) -> Result<(), Failure>,
{
    if let Some(limit) = pages.limit() {
        let mut list = Pages::new(operation).limit(limit);
        if let Some(keep) = keep {
            list = list.filter(keep);
        }
        return print_pages(context, list, printer);
    }
    let page = pages.first();
    let mut items = L::items(context.client()?.call(operation)?);
    let is_full = u32::try_from(items.len()) == Ok(page.size);
    if let Some(keep) = keep {
        items.retain(keep);
    }
    printer.print(&items, context)?;
    printer.finish(context)?;
    if is_full {
        terminal::hint(format_args!("there may be more items: pass --page {} or --all", page.number.saturating_add(1)));
    }
    Ok(())
}

/// Prints page after page.
fn print_pages<L: Paged, P>(context: &mut Context<'_>, list: Pages<L>, printer: &mut Printer<P>) -> Result<(), Failure>
where
    P: FnMut(&[L::Item], &mut dyn Write) -> Result<(), Failure>,
{
    let client = context.client()?;
    let mut list = list.into_pages(client.config());
    // If items are printed to a terminal, they show the progress themselves.
    let mut progress = (!io::stdout().is_terminal())
        .then(|| Progress::new(context.global, format!("reading {}", printer.kind), Lines::IfSlow));
    while let Some(page) = list.next() {
        let count = printer.count;
        let with_count = |failure: Failure| match failure {
            Failure::Message(exit, message) if count > 0 => {
                Failure::Message(exit, message.append(&format!(", after {count} items")))
            }
            other => other,
        };
        let mut watch = |_: &_| {
            if let Some(progress) = &mut progress {
                progress.show(&ProgressUpdate { done: Some(count), ..ProgressUpdate::default() });
            }
        };
        let items = match client.run_watched(&mut { page }, &mut watch) {
            Ok(page) => list.record(Ok(page)),
            Err(stopped) => return Err(with_count(stopped.into())),
        };
        printer.print(&items?, context)?;
    }
    drop(progress);
    printer.finish(context)?;
    // Reports a list that changed meanwhile: the printed items are valid, but others may be missing.
    list.finish().map_err(Failure::from)
}

/// Prints items and counts them.
struct Printer<P> {
    /// What the items are called, in the plural.
    kind: String,
    print: P,
    count: u64,
}

impl<P> Printer<P> {
    fn print<T>(&mut self, items: &[T], context: &mut Context<'_>) -> Result<(), Failure>
    where
        P: FnMut(&[T], &mut dyn Write) -> Result<(), Failure>,
    {
        self.count += items.len() as u64;
        context.print(|out| (self.print)(items, out))
    }

    fn finish(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.count == 0 && !context.global.json {
            context.print(|out| Ok(writeln!(out, "No {}.", self.kind)?))?;
        }
        Ok(())
    }
}
