//! Pagination: reads lists and searches page by page to their end.
//!
//! The service numbers its pages, so items move between pages when a list grows or shrinks while it is read. [`Pages`]
//! never yields an item twice and reports an error if it noticed that the list changed.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;

use crate::config::Config;
use crate::error::{Error, IncompleteList, ListProblem, Misuse};
use crate::machine::{Call, Driver, Event, IntoMachine, Machine, Now, Step, drive};
pub use crate::operation::Paged;
use crate::page::Page;
use crate::time::Latest;

/// A list that adapters can read to its end: an operation, or a [`Pages`] configured with limits and filters.
pub trait IntoPages {
    /// Type of the operation that returns a page.
    type List: Paged;

    /// Creates the reader of all pages. Its calls use this configuration.
    fn into_pages(self, config: &Config) -> PageReader<Self::List>;
}

impl<O: Paged> IntoPages for O {
    type List = O;

    fn into_pages(self, config: &Config) -> PageReader<O> {
        Pages::new(self).into_pages(config)
    }
}

impl<O: Paged> IntoPages for Pages<O> {
    type List = O;

    fn into_pages(mut self, config: &Config) -> PageReader<O> {
        self.config = config.clone();
        PageReader { pages: self }
    }
}

/// Number of consecutive pages without new items after which the list is considered to repeat itself endlessly.
const MOST_STALE_PAGES: u32 = 3;

/// The pages of a list or a search, read one after another until a page is empty.
///
/// Adapters turn it into an iterator or a stream. Without an adapter, drive a [`PageReader`]: run the call that
/// [`next`](PageReader::next) returns, pass its result to [`record`](PageReader::record), which returns the items, and
/// call [`finish`](PageReader::finish) when there is no next page; it reports whether the list is complete.
///
/// A short page is not the end, because the service may omit items from a page; only an empty page is. Page numbers
/// reveal some changes of the list: items that occur again (something was added before them), fewer items than
/// [expected](Self::expect_len), and pages that repeat endlessly. They cannot reveal an item that moved to a page
/// already read because an item before it was deleted. To be certain of every item in a list that others modify, read
/// it twice.
///
/// ```
/// use clarifai_core::{Config, Credentials, inputs::ListInputs, machine::IntoMachine, pagination::Pages, testing::MockTransport};
/// use serde_json::json;
///
/// let config = Config::new(Credentials::key("0123456789abcdef")?);
/// let page = |ids: &[&str]| {
///     let inputs: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
///     json!({"status": {"code": 10000}, "inputs": inputs})
/// };
/// let mut script = MockTransport::new()
///     .expect("GET", "/v2/inputs?page=1&per_page=20").reply(200, page(&["a", "b"]))
///     .expect("GET", "/v2/inputs?page=2&per_page=20").reply(200, page(&["c"]))
///     .expect("GET", "/v2/inputs?page=3&per_page=20").reply(200, page(&[]));
///
/// let inputs = script.run(Pages::new(ListInputs::new()).into_machine(&config))?;
/// assert_eq!(inputs.iter().map(|input| &*input.id).collect::<Vec<_>>(), ["a", "b", "c"]);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[must_use = "nothing is asked for before the pages are read"]
pub struct Pages<O: Paged> {
    config: Config,
    operation: O,
    page: Page,
    left: Option<u64>,
    keep: Option<Keep<O::Item>>,
    expected: Option<u64>,
    may_change: bool,
    /// Keys of the items read so far.
    seen: BTreeSet<Box<str>>,
    read: u64,
    repeated: u64,
    stale: u32,
    ended: Option<Ended>,
}

type Keep<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// A page was empty.
    Empty,
    /// The maximum number of items was read.
    Enough,
    /// The service repeats its pages.
    Looping,
}

impl<O: Paged> Pages<O> {
    /// Creates a list that starts at the page that `operation` requests and ends with the last page.
    pub fn new(operation: O) -> Self {
        Self {
            config: Config::placeholder(),
            page: operation.current(),
            operation,
            left: None,
            keep: None,
            expected: None,
            may_change: false,
            seen: BTreeSet::new(),
            read: 0,
            repeated: 0,
            stale: 0,
            ended: None,
        }
    }

    /// Limits the total number of items, counted after [`filter`](Self::filter). Pages beyond the limit are not
    /// requested. Default: no limit.
    pub fn take(mut self, items: u64) -> Self {
        self.left = Some(items);
        if items == 0 {
            self.ended = Some(Ended::Enough);
        }
        self
    }

    /// Sets the number of items per page, 1 to [`MAX_PER_PAGE`](crate::MAX_PER_PAGE). Default: that of the operation.
    pub fn per_page(mut self, size: u32) -> Self {
        self.page.size = size;
        self
    }

    /// Yields only the items for which `keep` returns `true`. A later filter replaces an earlier one.
    pub fn filter(mut self, keep: impl Fn(&O::Item) -> bool + Send + Sync + 'static) -> Self {
        self.keep = Some(Box::new(keep));
        self
    }

    /// Sets the minimum number of items: if the list, read from its first page to its end, has fewer, the reader
    /// reports an error at the end. Some services truncate long lists silently; a count from another source, such as
    /// [`GetInputCounts`](crate::inputs::GetInputCounts), reveals that.
    pub fn expect_len(mut self, items: u64) -> Self {
        self.expected = Some(items);
        self
    }

    /// Does not treat a list that changes during pagination as an error. Items are still deduplicated.
    pub fn allow_changes(mut self) -> Self {
        self.may_change = true;
        self
    }
}

/// A reader of the pages of a list, one after another: the result of [`IntoPages::into_pages`].
///
/// Run the call that [`next`](Self::next) returns, pass its result to [`record`](Self::record), which returns the
/// items, and call [`finish`](Self::finish) when there is no next page; it reports whether the list is complete.
pub struct PageReader<O: Paged> {
    pages: Pages<O>,
}

impl<O: Paged> fmt::Debug for PageReader<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PageReader").field(&self.pages).finish()
    }
}

impl<O: Paged> PageReader<O> {
    /// Returns the call for the next page, or `None` if there is none. Until [`record`](Self::record) is called, it
    /// returns the same call again.
    #[expect(clippy::should_implement_trait, reason = "it takes `record` to get on, so it is no iterator")]
    pub fn next(&mut self) -> Option<Call<O>> {
        let operation = || self.pages.operation.clone().with_page(self.pages.page);
        self.pages.ended.is_none().then(|| Call::new(&self.pages.config, operation()))
    }

    /// Records the result of a call and returns the items of the page that are new and wanted. After an error the same
    /// page is next.
    ///
    /// # Errors
    ///
    /// Returns the error that was passed in.
    pub fn record(&mut self, answer: Result<O::Output, Error>) -> Result<Vec<O::Item>, Error> {
        let mut items = O::items(answer?);
        if items.is_empty() {
            self.pages.ended = Some(Ended::Empty);
            return Ok(items);
        }
        let before = items.len();
        items.retain(|item| {
            let key = O::key(item);
            key.is_empty() || self.pages.seen.insert(key.into())
        });
        self.pages.repeated += (before - items.len()) as u64;
        self.pages.read += items.len() as u64;
        self.pages.stale = if items.is_empty() { self.pages.stale + 1 } else { 0 };
        items.retain(|item| self.pages.operation.wants(item) && self.pages.keep.as_ref().is_none_or(|keep| keep(item)));
        if let Some(left) = &mut self.pages.left {
            items.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= items.len() as u64;
            if *left == 0 {
                self.pages.ended = Some(Ended::Enough);
            }
        }
        match self.pages.page.number.checked_add(1) {
            Some(number) if self.pages.stale < MOST_STALE_PAGES => self.pages.page.number = number,
            _ => self.pages.ended = self.pages.ended.or(Some(Ended::Looping)),
        }
        Ok(items)
    }

    /// Checks that the items read are the whole list, or as many as were requested.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::List`](crate::error::ErrorKind::List) if the list changed noticeably, ended before the expected
    /// number of items, or repeats its pages. [`Misuse`](crate::error::ErrorKind::Misuse) if there is a next page.
    pub fn finish(&self) -> Result<(), Error> {
        let problem = match self.pages.ended {
            None => return Err(Error::new(O::SPEC.name, Misuse("the list has a next page"))),
            Some(Ended::Looping) => ListProblem::Looping,
            Some(Ended::Empty) if self.pages.expected.is_some_and(|expected| self.pages.read < expected) => {
                ListProblem::Short { expected: self.pages.expected.unwrap_or_default() }
            }
            Some(_) if self.pages.repeated > 0 && !self.pages.may_change => {
                ListProblem::Changed { repeated: self.pages.repeated }
            }
            Some(_) => return Ok(()),
        };
        Err(Error::new(O::SPEC.name, IncompleteList { problem, read: self.pages.read, page: self.pages.page.number }))
    }

    /// Returns the number of distinct items read so far, including those that were filtered out.
    pub fn read(&self) -> u64 {
        self.pages.read
    }

    /// Returns the number of items that occurred again. A value other than 0 means that the list changed.
    pub fn repeated(&self) -> u64 {
        self.pages.repeated
    }

    /// Returns an iterator that requests each page when it is needed. It ends after its first error.
    pub fn iter<D: Driver>(self, driver: D) -> Iter<O, D> {
        Iter { pages: self, driver, ready: Vec::new().into_iter(), over: false }
    }
}

/// Shows the progress, not the items.
impl<O: Paged> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &O::SPEC.name)
            .field("page", &self.page)
            .field("read", &self.read)
            .field("repeated", &self.repeated)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// A machine that reads all pages into memory: the machine of [`Pages`].
///
/// ```text
/// Begin ─► Send(page) ─ result ─► next page ─► Send(page)
///                        ├─ empty, or enough ─► Done(Ok), or Done(Err) if the list changed or is incomplete
///                        └─ error ────────────► Done(Err)
/// ```
pub struct AllPages<O: Paged> {
    pages: PageReader<O>,
    items: Vec<O::Item>,
    state: State<O>,
    clock: Latest,
}

enum State<O> {
    Start,
    Asking(Box<Call<O>>),
    Spent,
}

impl<O: Paged> IntoMachine for Pages<O> {
    type Machine = AllPages<O>;

    fn into_machine(self, config: &Config) -> AllPages<O> {
        AllPages { pages: self.into_pages(config), items: Vec::new(), state: State::Start, clock: Latest::default() }
    }
}

impl<O: Paged> AllPages<O> {
    /// Returns the items read so far, for callers that stop early. Empty after the machine succeeded.
    pub fn items(&self) -> &[O::Item] {
        &self.items
    }

    /// Returns the reader of the pages, which reports the progress.
    pub fn pages(&self) -> &PageReader<O> {
        &self.pages
    }

    fn ask(&mut self, now: Now) -> Step<Vec<O::Item>> {
        match self.pages.next() {
            Some(attempt) => self.step(Box::new(attempt), now, Event::Begin),
            None => Step::Done(self.pages.finish().map(|()| std::mem::take(&mut self.items))),
        }
    }

    fn step(&mut self, mut attempt: Box<Call<O>>, now: Now, event: Event) -> Step<Vec<O::Item>> {
        let result = match attempt.resume(now, event).into_control_flow() {
            ControlFlow::Break(result) => result,
            ControlFlow::Continue(step) => {
                self.state = State::Asking(attempt);
                return step;
            }
        };
        match self.pages.record(result) {
            Ok(items) => {
                self.items.extend(items);
                self.ask(now)
            }
            Err(error) => Step::Done(Err(error)),
        }
    }
}

impl<O: Paged> Machine for AllPages<O> {
    type Output = Vec<O::Item>;

    fn resume(&mut self, now: Now, event: Event) -> Step<Vec<O::Item>> {
        let now = self.clock.observe(now);
        match (std::mem::replace(&mut self.state, State::Spent), event) {
            (State::Start, Event::Begin) => self.ask(now),
            (State::Start, _) => Step::Done(Err(Error::new(O::SPEC.name, Misuse("it has not begun")))),
            (State::Asking(attempt), event) => self.step(attempt, now, event),
            (State::Spent, _) => Step::Done(Err(Error::new(O::SPEC.name, Misuse("it has ended already")))),
        }
    }
}

impl<O: Paged> fmt::Debug for AllPages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AllPages").field(&self.pages).finish()
    }
}

/// An iterator over the items of all pages: see [`PageReader::iter`].
#[must_use = "nothing is asked for before the iterator is read"]
pub struct Iter<O: Paged, D> {
    pages: PageReader<O>,
    driver: D,
    ready: std::vec::IntoIter<O::Item>,
    over: bool,
}

impl<O: Paged, D> Iter<O, D> {
    /// Returns the reader of the pages, which reports the progress.
    pub fn pages(&self) -> &PageReader<O> {
        &self.pages
    }
}

impl<O: Paged, D: Driver> Iterator for Iter<O, D> {
    type Item = Result<O::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.next() {
                return Some(Ok(item));
            }
            if self.over {
                return None;
            }
            let read = if let Some(attempt) = self.pages.next() {
                self.pages.record(drive(attempt, &mut self.driver))
            } else {
                self.over = true;
                self.pages.finish().map(|()| Vec::new())
            };
            match read {
                Ok(items) => self.ready = items.into_iter(),
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl<O: Paged, D> fmt::Debug for Iter<O, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.pages).finish()
    }
}

/// Returns a stream that requests each page when it is needed. It ends after its first error.
#[cfg(feature = "futures")]
pub fn stream<O: Paged, D: crate::transport::AsyncTransport>(
    pages: PageReader<O>,
    driver: D,
) -> impl futures_util::Stream<Item = Result<O::Item, Error>> {
    use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
    let read = stream::try_unfold(Some((pages, driver)), |state| async move {
        let Some((mut pages, driver)) = state else { return Ok(None) };
        let Some(attempt) = pages.next() else {
            return pages.finish().map(|()| None);
        };
        let answer = crate::machine::drive_async(attempt, &driver).await;
        let items = pages.record(answer)?;
        Ok(Some((stream::iter(items).map(Ok), Some((pages, driver)))))
    });
    read.try_flatten()
}
