//! Reading lists and searches to their end, page by page.
//!
//! The service numbers its pages, so items move between pages when a list grows or shrinks while it is read.
//! [`Pages`] returns no item twice, and reports at the end whether it noticed a change.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;

use crate::config::Config;
use crate::error::{Error, IncompleteList, ListProblem, Misuse};
use crate::machine::{Call, Driver, Event, IntoMachine, Machine, Step, drive};
pub use crate::operation::Paged;
use crate::page::Page;
use crate::time::Latest;
use crate::time::Now;

/// A list to read to its end: what `client.pages` takes. Either an operation, or [`Pages`] of it with options.
pub trait IntoPages {
    /// The operation that returns a page.
    type List: Paged;

    /// Creates the reader for a client with this configuration.
    fn into_pages(self, config: &Config) -> PageReader<Self::List>;
}

impl<O: Paged> IntoPages for O {
    type List = O;

    fn into_pages(self, config: &Config) -> PageReader<O> {
        Pages::new(self).reader(config)
    }
}

impl<O: Paged> IntoPages for Pages<O> {
    type List = O;

    fn into_pages(self, config: &Config) -> PageReader<O> {
        self.reader(config)
    }
}

/// The number of consecutive pages without a new item after which the list is considered to repeat itself.
const MAX_STALE_PAGES: u32 = 3;

/// All pages of a list or a search, with options.
///
/// Pass it to `client.pages` for an iterator or a stream of the items, or to `client.run` for all items at once.
/// Without a client, [`reader`](Self::reader) creates the [`PageReader`] that does the work.
///
/// A short page is not the end of a list, because the service may leave items out of a page; only an empty page is.
/// With numbered pages, some changes of a list while it is read can be detected: items that come again (something was
/// added in front of them), fewer items than [expected](Self::expect_len), pages that repeat themselves. Others cannot:
/// an item that moved to a page already read because an item in front of it was deleted. To be certain to have every
/// item of a list that others change, read it twice.
///
/// ```
/// use clarifai_core::{Config, Credentials, inputs::ListInputs, pagination::Pages, testing::MockTransport};
/// use clarifai_core::machine::IntoMachine as _;
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
/// // With a client: client.run(Pages::new(ListInputs::new()))
/// let inputs = script.run(Pages::new(ListInputs::new()).into_machine(&config))?;
/// assert_eq!(inputs.iter().map(|input| &*input.id).collect::<Vec<_>>(), ["a", "b", "c"]);
/// # Ok::<(), clarifai_core::Error>(())
/// ```
#[must_use = "nothing is requested before the pages are read"]
pub struct Pages<O: Paged> {
    operation: O,
    per_page: Option<u32>,
    limit: Option<u64>,
    filter: Option<Filter<O::Item>>,
    expected: Option<u64>,
    may_change: bool,
}

type Filter<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

impl<O: Paged> Pages<O> {
    /// Reads from the page that `operation` requests to the last one.
    pub fn new(operation: O) -> Self {
        Self { operation, per_page: None, limit: None, filter: None, expected: None, may_change: false }
    }

    /// Sets the maximum number of items, counted after the [`filter`](Self::filter). Pages that are not needed for them
    /// are not requested.
    #[doc(alias = "take")]
    pub fn limit(mut self, items: u64) -> Self {
        self.limit = Some(items);
        self
    }

    /// Sets the page size, 1 to [`MAX_PER_PAGE`](crate::MAX_PER_PAGE). Default: that of the operation.
    pub fn per_page(mut self, size: u32) -> Self {
        self.per_page = Some(size);
        self
    }

    /// Returns only items for which `keep` returns true.
    pub fn filter(mut self, keep: impl Fn(&O::Item) -> bool + Send + Sync + 'static) -> Self {
        self.filter = Some(Box::new(keep));
        self
    }

    /// Sets the minimum number of items of the list. If the list, read from its first page to its end, has fewer, it
    /// ends with an error. Some services truncate long lists without reporting it; a count from elsewhere, such as
    /// [`GetInputCounts`](crate::inputs::GetInputCounts), detects that.
    pub fn expect_len(mut self, items: u64) -> Self {
        self.expected = Some(items);
        self
    }

    /// Does not report that the list changed while it was read. No item is returned twice all the same.
    pub fn allow_changes(mut self) -> Self {
        self.may_change = true;
        self
    }

    /// Creates the reader for a client with this configuration.
    pub fn reader(self, config: &Config) -> PageReader<O> {
        let mut page = self.operation.current();
        page.size = self.per_page.unwrap_or(page.size);
        PageReader {
            config: config.clone(),
            page,
            left: self.limit,
            ended: (self.limit == Some(0)).then_some(Ended::Enough),
            pages: self,
            seen: BTreeSet::new(),
            read: 0,
            repeated: 0,
            stale: 0,
        }
    }
}

impl<O: Paged> IntoMachine for Pages<O> {
    type Machine = AllPages<O>;

    fn into_machine(self, config: &Config) -> AllPages<O> {
        let reader = self.reader(config);
        AllPages { reader, items: Vec::new(), state: State::Start, clock: Latest::default() }
    }
}

impl<O: Paged> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &O::SPEC.name)
            .field("per_page", &self.per_page)
            .field("limit", &self.limit)
            .field("filter", &self.filter.is_some())
            .field("expected", &self.expected)
            .field("may_change", &self.may_change)
            .finish()
    }
}

/// Reads the pages of a list one after the other, until one is empty: see [`Pages`].
///
/// `client.pages` makes an iterator or a stream of it. Without a client: run the call that [`next`](Self::next) returns
/// and pass its result to [`record`](Self::record), which returns the items. When there is no next page,
/// [`finish`](Self::finish) reports whether the list is complete.
#[must_use = "nothing is requested before the pages are read"]
pub struct PageReader<O: Paged> {
    config: Config,
    pages: Pages<O>,
    /// The next page.
    page: Page,
    /// The number of items left until the limit.
    left: Option<u64>,
    /// Keys of the items that were read.
    seen: BTreeSet<Box<str>>,
    read: u64,
    repeated: u64,
    stale: u32,
    ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// A page was empty.
    Empty,
    /// The limit was reached.
    Enough,
    /// The service repeats pages.
    Looping,
}

impl<O: Paged> PageReader<O> {
    /// Returns the call for the next page, or `None` after the last page. Until [`record`](Self::record) was called it
    /// returns the same call again.
    #[expect(clippy::should_implement_trait, reason = "it needs `record` to advance, so it is not an iterator")]
    pub fn next(&mut self) -> Option<Call<O>> {
        let operation = || self.pages.operation.clone().with_page(self.page);
        self.ended.is_none().then(|| Call::new(&self.config, operation()))
    }

    /// Takes the result of a page's call and returns the items that are new and pass the filter. After an error, the
    /// next page is the same one.
    ///
    /// # Errors
    ///
    /// The error of the call; [`ListProblem::Ceiling`] for a page that is deeper in the list than the service permits.
    pub fn record(&mut self, response: Result<O::Output, Error>) -> Result<Vec<O::Item>, Error> {
        let mut items = O::items(response.map_err(|error| self.name_ceiling(error))?);
        if items.is_empty() {
            self.ended = Some(Ended::Empty);
            return Ok(items);
        }
        let before = items.len();
        items.retain(|item| {
            let key = O::key(item);
            key.is_empty() || self.seen.insert(key.into())
        });
        self.repeated += (before - items.len()) as u64;
        self.read += items.len() as u64;
        self.stale = if items.is_empty() { self.stale + 1 } else { 0 };
        items.retain(|item| {
            self.pages.operation.wants(item) && self.pages.filter.as_ref().is_none_or(|keep| keep(item))
        });
        if let Some(left) = &mut self.left {
            items.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= items.len() as u64;
            if *left == 0 {
                self.ended = Some(Ended::Enough);
            }
        }
        match self.page.number.checked_add(1) {
            Some(number) if self.stale < MAX_STALE_PAGES => self.page.number = number,
            _ => self.ended = self.ended.or(Some(Ended::Looping)),
        }
        Ok(items)
    }

    /// Replaces the error for a page that is too deep by one that tells how many items came before it.
    fn name_ceiling(&self, error: Error) -> Error {
        match error.is_page_ceiling() {
            true => Error::new(
                O::SPEC.name,
                IncompleteList { problem: ListProblem::Ceiling, read: self.read, page: self.page.number },
            ),
            false => error,
        }
    }

    /// Checks that the list is complete, or was read up to the limit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::List`](crate::error::ErrorKind::List) where the list changed while it was read, has fewer items than
    /// expected, or repeats itself. [`Misuse`](crate::error::ErrorKind::Misuse) while there is a next page.
    pub fn finish(&self) -> Result<(), Error> {
        let problem = match self.ended {
            None => return Err(Error::new(O::SPEC.name, Misuse("the list has a next page"))),
            Some(Ended::Looping) => ListProblem::Looping,
            Some(Ended::Empty) if self.pages.expected.is_some_and(|expected| self.read < expected) => {
                ListProblem::Short { expected: self.pages.expected.unwrap_or_default() }
            }
            Some(_) if self.repeated > 0 && !self.pages.may_change => ListProblem::Changed { repeated: self.repeated },
            Some(_) => return Ok(()),
        };
        Err(Error::new(O::SPEC.name, IncompleteList { problem, read: self.read, page: self.page.number }))
    }

    /// Returns the number of different items read so far, before the filter.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Returns the number of items that came again. If it is not 0 the list changed while it was read.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Returns an iterator over the items, which requests each page when it is needed. It ends after its first error.
    pub fn iter<D: Driver>(self, driver: D) -> Iter<O, D> {
        Iter { reader: self, driver, ready: Vec::new().into_iter(), over: false }
    }
}

/// Shows the progress, not the items.
impl<O: Paged> fmt::Debug for PageReader<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageReader")
            .field("operation", &O::SPEC.name)
            .field("page", &self.page)
            .field("read", &self.read)
            .field("repeated", &self.repeated)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Reads all items into memory: the machine of [`Pages`].
///
/// ```text
/// Begin ─► Send(page) ─ response ─┬─► items ───────────► Send(next page)
///                                 ├─► empty, or limit ─► Done(Ok), or Done(Err) if the list changed
///                                 └─► error ───────────► Done(Err)
/// ```
pub struct AllPages<O: Paged> {
    reader: PageReader<O>,
    items: Vec<O::Item>,
    state: State<O>,
    clock: Latest,
}

enum State<O> {
    Start,
    Requesting(Box<Call<O>>),
    Spent,
}

impl<O: Paged> AllPages<O> {
    /// Returns the items read so far, for callers that stop early.
    pub fn items(&self) -> &[O::Item] {
        &self.items
    }

    /// Returns the reader, which knows the progress.
    pub fn reader(&self) -> &PageReader<O> {
        &self.reader
    }

    fn request(&mut self, now: Now) -> Step<Vec<O::Item>> {
        match self.reader.next() {
            Some(call) => self.step(Box::new(call), now, Event::Begin),
            None => Step::Done(self.reader.finish().map(|()| std::mem::take(&mut self.items))),
        }
    }

    fn step(&mut self, mut call: Box<Call<O>>, now: Now, event: Event) -> Step<Vec<O::Item>> {
        let result = match call.resume(now, event).into_control_flow() {
            ControlFlow::Break(result) => result,
            ControlFlow::Continue(step) => {
                self.state = State::Requesting(call);
                return step;
            }
        };
        match self.reader.record(result) {
            Ok(items) => {
                self.items.extend(items);
                self.request(now)
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
            (State::Start, Event::Begin) => self.request(now),
            (State::Start, _) => Step::Done(Err(Error::new(O::SPEC.name, Misuse("it has not begun")))),
            (State::Requesting(call), event) => self.step(call, now, event),
            (State::Spent, _) => Step::Done(Err(Error::new(O::SPEC.name, Misuse("it has ended already")))),
        }
    }
}

impl<O: Paged> fmt::Debug for AllPages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AllPages").field(&self.reader).finish()
    }
}

/// An iterator over the items of a list: see [`PageReader::iter`].
#[must_use = "nothing is requested before the iterator is read"]
pub struct Iter<O: Paged, D> {
    reader: PageReader<O>,
    driver: D,
    ready: std::vec::IntoIter<O::Item>,
    over: bool,
}

impl<O: Paged, D> Iter<O, D> {
    /// Returns the reader, which knows the progress.
    pub fn reader(&self) -> &PageReader<O> {
        &self.reader
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
            let read = if let Some(call) = self.reader.next() {
                self.reader.record(drive(call, &mut self.driver))
            } else {
                self.over = true;
                self.reader.finish().map(|()| Vec::new())
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
        f.debug_tuple("Iter").field(&self.reader).finish()
    }
}

/// Returns a stream of the items, which requests each page when it is needed. It ends after its first error.
#[cfg(feature = "futures")]
pub fn stream<O: Paged, D: crate::transport::AsyncTransport>(
    reader: PageReader<O>,
    driver: D,
) -> impl futures_util::Stream<Item = Result<O::Item, Error>> {
    use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
    let read = stream::try_unfold(Some((reader, driver)), |state| async move {
        let Some((mut reader, driver)) = state else { return Ok(None) };
        let Some(call) = reader.next() else {
            return reader.finish().map(|()| None);
        };
        let response = crate::machine::drive_async(call, &driver).await;
        let items = reader.record(response)?;
        Ok(Some((stream::iter(items).map(Ok), Some((reader, driver)))))
    });
    read.try_flatten()
}
