//! Lists that are read to their end in virtual time: constant lists, lists that change between pages, and services that
//! return short pages, repeat pages, or end a list early.
#![allow(clippy::cast_possible_truncation, reason = "sizes in this file are small")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use clarifai_core::error::{ErrorKind, ListProblem};
use clarifai_core::inputs::ListInputs;
use clarifai_core::machine::IntoMachine as _;
use clarifai_core::models::SearchModels;
use clarifai_core::pagination::IntoPages as _;
use clarifai_core::pagination::{PageReader, Paged, Pages};
use clarifai_core::testing::{MockTransport, Reply, Simulation};
use clarifai_core::{
    Config, Credentials, Error, Operation, Page,
    operation::{DecodeError, Envelope, Spec, Target},
};
use fastrand::Rng;
use proptest::prelude::*;
use serde_json::json;

use crate::support::cases::{self, Case, Count, hold};

/// Lists things that consist of a name only. The test passes pages without JSON, so that long lists are quick.
#[derive(Clone, Debug, Default)]
struct ListThings {
    page: Page,
}

impl Operation for ListThings {
    type Output = Vec<String>;
    const SPEC: Spec = Spec::get("list things");

    fn target(&self, target: &mut Target) {
        target.path("things");
    }

    fn decode(&self, response: &Envelope) -> Result<Vec<String>, DecodeError> {
        response.parse()
    }
}

impl Paged for ListThings {
    type Item = String;

    fn current(&self) -> Page {
        self.page
    }

    fn with_page(self, page: Page) -> Self {
        Self { page }
    }

    fn items(names: Vec<String>) -> Vec<String> {
        names
    }

    fn key(item: &String) -> Cow<'_, str> {
        item.into()
    }
}

/// Reads a list page by page: [`Pages`], or a reader with a bug.
trait Reader {
    fn next(&mut self) -> Option<Page>;
    fn record(&mut self, page: Vec<String>) -> Vec<String>;
    fn finish(&self) -> Result<(), Error>;
}

impl Reader for PageReader<ListThings> {
    fn next(&mut self) -> Option<Page> {
        self.next().map(|attempt| attempt.operation().current())
    }

    fn record(&mut self, page: Vec<String>) -> Vec<String> {
        self.record(Ok(page)).unwrap()
    }

    fn finish(&self) -> Result<(), Error> {
        self.finish()
    }
}

/// Treats a short page as the last one.
struct EndsOnShort {
    pages: PageReader<ListThings>,
    size: usize,
    ended: bool,
}

impl Reader for EndsOnShort {
    fn next(&mut self) -> Option<Page> {
        if self.ended { None } else { Reader::next(&mut self.pages) }
    }

    fn record(&mut self, page: Vec<String>) -> Vec<String> {
        self.ended = page.len() < self.size;
        Reader::record(&mut self.pages, page)
    }

    fn finish(&self) -> Result<(), Error> {
        if self.ended { Ok(()) } else { self.pages.finish() }
    }
}

/// Returns everything it gets, repetitions included, and reports no problem.
struct ChecksNothing {
    page: Page,
    left: Option<usize>,
    ended: bool,
}

impl Reader for ChecksNothing {
    fn next(&mut self) -> Option<Page> {
        (!self.ended).then_some(self.page)
    }

    fn record(&mut self, mut page: Vec<String>) -> Vec<String> {
        self.page.number += 1;
        self.ended = page.is_empty();
        if let Some(left) = &mut self.left {
            page.truncate(*left);
            *left -= page.len();
        }
        page
    }

    fn finish(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A list at a service, and how the service presents it.
#[derive(Debug)]
struct Service {
    list: Vec<u32>,
    /// Name of the next new thing.
    next_name: u32,
    /// Every `n`th item is missing from its page.
    leave_out: Option<usize>,
    /// Pages beyond this number of items are empty.
    hidden_beyond: Option<usize>,
    /// This page is returned for every later one, too.
    stuck_at: Option<u32>,
}

impl Service {
    fn page(&self, mut page: Page) -> Vec<String> {
        if let Some(stuck) = self.stuck_at {
            page.number = page.number.min(stuck);
        }
        let (size, number) = (page.size as usize, page.number as usize);
        let end = self.hidden_beyond.map_or(self.list.len(), |most| most.min(self.list.len()));
        let (from, to) = (end.min((number - 1) * size), end.min(number * size));
        let left_in = |place: &usize| self.leave_out.is_none_or(|every| (place + 1) % every != 0);
        (from..to).filter(left_in).map(|place| self.list[place].to_string()).collect()
    }

    /// Adds and removes items, mostly at the front, where new ones appear.
    fn change(&mut self, rng: &mut Rng) {
        for _ in 0..rng.usize(1..4) {
            let place = if rng.bool() { 0 } else { rng.usize(..=self.list.len()) };
            if rng.bool() {
                self.list.insert(place, self.next_name);
                self.next_name += 1;
            } else if place < self.list.len() {
                self.list.remove(place);
            }
        }
    }
}

/// Returns a random size up to `most`. Small sizes are frequent.
fn size(rng: &mut Rng, most: u32) -> u32 {
    let shift = rng.u32(..most.ilog2());
    rng.u32(0..=most >> shift)
}

fn config() -> Config {
    Config::new(Credentials::key("key").unwrap()).with_seed(1)
}

/// How a list is read.
#[derive(Clone, Copy, Debug)]
struct Options {
    size: u32,
    take: Option<u64>,
    expecting: Option<u64>,
}

fn pages(options: Options) -> PageReader<ListThings> {
    let mut pages = Pages::new(ListThings::default()).per_page(options.size);
    if let Some(items) = options.take {
        pages = pages.limit(items);
    }
    if let Some(items) = options.expecting {
        pages = pages.expect_len(items);
    }
    pages.into_pages(&config())
}

/// Reads one list to its end, and checks the items and the problem that is reported.
fn read<R: Reader>(rng: &mut Rng, reader: impl FnOnce(Options) -> R) -> Case {
    let changing = rng.u8(..3) == 0;
    let length = if changing || rng.u8(..32) > 0 { size(rng, 3_000) } else { size(rng, 100_000) };
    // 100,000 pages with one item each would take long, and show nothing that 1,000 do not.
    let per_page = size(rng, 1000).clamp(1 + length / 2000, 1000);
    let mut service = Service {
        list: (0..length).rev().collect(),
        next_name: length,
        leave_out: (rng.u8(..4) == 0).then(|| rng.usize(2..50)).filter(|_| per_page > 1),
        hidden_beyond: (rng.u8(..6) == 0).then(|| if rng.bool() { 10_000 } else { rng.usize(..3000) }),
        stuck_at: (rng.u8(..12) == 0).then(|| rng.u32(1..20)),
    };
    let options = Options {
        size: per_page,
        take: (rng.u8(..4) == 0).then(|| u64::from(size(rng, 3_000))),
        expecting: (rng.u8(..3) == 0).then_some(u64::from(length)),
    };
    let context = format!("{length} items, {options:?}, changing: {changing}, {:?}", {
        let Service { leave_out, hidden_beyond, stuck_at, .. } = &service;
        (leave_out, hidden_beyond, stuck_at)
    });

    let mut reader = reader(options);
    let (mut read, mut requested) = (Vec::new(), Vec::new());
    // Counted independently of the reader: all items seen, the number of repetitions, and the number of pages in a row
    // without a new item.
    let (mut seen, mut repeated, mut stale) = (BTreeSet::new(), 0, 0);
    while let Some(page) = reader.next() {
        hold!(page.size == per_page && page.number as usize == requested.len() + 1, "{page:?} is not next, {context}");
        hold!(
            options.take.is_none_or(|take| (read.len() as u64) < take),
            "page {} is not needed, {context}",
            page.number
        );
        hold!(requested.len() < 150_000, "does not end, {context}");
        let items = service.page(page);
        let new = items.iter().filter(|item| seen.insert((*item).clone())).count();
        repeated += items.len() - new;
        stale = if new == 0 { stale + 1 } else { 0 };
        requested.push(items.len());
        read.extend(reader.record(items));
        hold!(stale < 5, "reads repeated pages without an end, {context}");
        if changing && rng.u8(..3) == 0 {
            service.change(rng);
        }
    }
    let unique: BTreeSet<_> = read.iter().collect();
    hold!(unique.len() == read.len(), "{} items were returned twice, {context}", read.len() - unique.len());
    hold!(options.take.is_none_or(|take| read.len() as u64 <= take), "more items than requested, {context}");

    let problem = match reader.finish() {
        Ok(()) => None,
        Err(error) => match error.kind() {
            ErrorKind::List(list) => Some(list.problem),
            other => return Err(format!("{other}, {context}")),
        },
    };
    let taken = options.take.is_some_and(|take| read.len() as u64 == take);
    let ended_empty = requested.last() == Some(&0);
    let short = options.expecting.is_some_and(|expected| (seen.len() as u64) < expected);
    let expected = match () {
        () if !taken && !ended_empty => Some(ListProblem::Looping),
        () if !taken && short => Some(ListProblem::Short { expected: options.expecting.unwrap() }),
        () if repeated > 0 => Some(ListProblem::Changed { repeated: repeated as u64 }),
        () => None,
    };
    hold!(problem == expected, "reported {problem:?} instead of {expected:?}, {context}");

    // A constant list that the service presents completely is returned completely and in order.
    if !changing && service.stuck_at.is_none() {
        let whole = (1..).map(|number| service.page(Page { number, size: per_page }));
        let whole: Vec<_> = whole.take_while(|page| !page.is_empty()).flatten().collect();
        let whole = &whole[..options.take.map_or(whole.len(), |take| whole.len().min(take as usize))];
        hold!(read == whole, "{} items of {}, {context}", read.len(), whole.len());
    }
    Ok(())
}

#[test]
fn random_lists_are_read_completely_or_report_a_problem() {
    let count = Count { quick: 1_000, full: 50_000 };
    cases::check("lists", count, |rng| read(rng, pages));
}

#[test]
fn a_reader_that_ends_on_a_short_page_is_caught() {
    let broken = |options: Options| EndsOnShort { pages: pages(options), size: options.size as usize, ended: false };
    let message = cases::catch_bug("lists", 1000, |rng| read(rng, broken));
    assert!(message.contains("items of") || message.contains("reported None"), "{message}");
}

#[test]
fn a_reader_that_checks_nothing_is_caught() {
    let broken = |options: Options| ChecksNothing {
        page: Page::new(1, options.size),
        left: options.take.map(|items| items as usize),
        ended: options.take == Some(0),
    };
    let message = cases::catch_bug("lists", 1000, |rng| read(rng, broken));
    assert!(message.contains("returned twice") || message.contains("reported None"), "{message}");
}

/// Reads a list end to end: by a machine, in JSON, with transient errors, from a service that refuses pages beyond a
/// ceiling, as search engines do.
fn end_to_end(rng: &mut Rng) -> Case {
    let length = size(rng, 1500) as usize;
    let per_page = size(rng, 1000).max(1) as usize;
    let ceiling = (rng.u8(..3) == 0).then(|| rng.usize(..2000));
    let faults = rng.bool();
    let context = format!("{length} inputs, {per_page} a page, ceiling {ceiling:?}, faults: {faults}");
    let config = config();
    let mut all = Pages::new(ListInputs::new()).per_page(per_page as u32).into_machine(&config);
    let mut requested = 0;
    let mut crowd = Simulation::new(|_, request| {
        let query: BTreeMap<_, _> =
            request.uri().query().unwrap().split('&').filter_map(|x| x.split_once('=')).collect();
        let number: usize = query["page"].parse().unwrap();
        assert_eq!(query["per_page"], per_page.to_string());
        if faults && rng.u8(..20) == 0 {
            return match rng.u8(..3) {
                0 => Reply::fail(clarifai_core::transport::TransportErrorKind::MaybeSent),
                1 => Reply::json(503, json!({"status": {"code": 98004}})),
                _ => Reply::json(429, json!({"status": {"code": 11005}})),
            };
        }
        requested = number;
        if ceiling.is_some_and(|ceiling| number * per_page > ceiling) {
            return Reply::json(400, json!({"status": {"code": 11102, "details": "page * per_page is at most 10000"}}));
        }
        let page = (number - 1) * per_page..length.min(number * per_page);
        let inputs: Vec<_> = page.map(|place| json!({"id": format!("i{place}")})).collect();
        Reply::json(200, json!({"status": {"code": 10000}, "inputs": inputs}))
    });
    crowd.add(&mut all);
    let result = crowd.run().pop().unwrap();
    drop(crowd);
    let last = length.div_ceil(per_page) + 1;
    let beyond = ceiling.is_some_and(|ceiling| last * per_page > ceiling);
    match result {
        Ok(inputs) => {
            hold!(!beyond, "the ceiling was not reported, {context}");
            hold!(requested == last, "{requested} pages were requested, {last} are needed, {context}");
            let whole = (0..length).map(|place| format!("i{place}"));
            hold!(inputs.into_iter().map(|input| input.id).eq(whole), "the list is incomplete, {context}");
        }
        Err(error) if error.api_code() == Some(11102) => {
            hold!(beyond, "{error}, {context}");
            let before = ceiling.unwrap() / per_page * per_page;
            hold!(all.items().len() == before.min(length), "{} read before it, {context}", all.items().len());
        }
        // All attempts at a page may fail.
        Err(error) => hold!(faults && error.attempts() == 4 || error.is_retryable(), "{error}, {context}"),
    }
    Ok(())
}

#[test]
fn lists_are_read_through_transient_errors_up_to_a_ceiling() {
    cases::check("lists-end-to-end", Count { quick: 50, full: 1_000 }, end_to_end);
}

proptest! {
    /// The items returned for arbitrary pages, which proptest shrinks: none twice, none that was not listed, and none
    /// left out before the end.
    #[test]
    fn arbitrary_pages_yield_each_item_once(
        responses in prop::collection::vec(prop::collection::vec(0..30_u8, 0..6), 0..12),
        take in prop::option::of(0..20_u64),
    ) {
        let mut pages = pages(Options { size: 5, take, expecting: None });
        let (mut read, mut shown) = (Vec::new(), Vec::new());
        for names in responses {
            let Some(_) = Reader::next(&mut pages) else { break };
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            for item in &names {
                if !shown.contains(item) {
                    shown.push(item.clone());
                }
            }
            read.extend(Reader::record(&mut pages, names));
        }
        shown.truncate(take.unwrap_or(u64::MAX).min(1000) as usize);
        prop_assert_eq!(read, shown);
    }
}

/// A search is a POST, and the service reads its page from the body, not from the query.
#[test]
fn the_page_of_a_search_is_in_the_body() {
    let config = Config::new(Credentials::key("key").unwrap());
    let body = |page| json!({"model_query": {"name": "g*"}, "pagination": {"page": page, "per_page": 2}});
    let found = |ids: &[&str]| {
        let models: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        json!({"status": {"code": 10000}, "models": models})
    };
    let mut script = MockTransport::new()
        .expect("POST", "/v2/models/searches")
        .body(body(1))
        .reply(200, found(&["a", "b"]))
        .expect("POST", "/v2/models/searches")
        .body(body(2))
        .reply(200, found(&["c"]))
        .expect("POST", "/v2/models/searches")
        .body(body(3))
        .reply(200, found(&[]));
    let models = script.run(Pages::new(SearchModels::new().name("g*")).per_page(2).into_machine(&config)).unwrap();
    assert_eq!(models.len(), 3);
    script.assert_done();
}
