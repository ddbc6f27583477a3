//! Lists to their end in virtual time: lists that stand still, that change between pages, and services that answer short,
//! repeat themselves, or end a list early.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "sizes here are small")]

mod seeded;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use clarifai_core::error::{ErrorKind, ListProblem};
use clarifai_core::inputs::ListInputs;
use clarifai_core::models::SearchModels;
use clarifai_core::pages::{Paged, Pages};
use clarifai_core::testing::{Crowd, Reply, Script};
use clarifai_core::{App, Credentials, Envelope, Error, Operation, Page, Replay, Target, Unreadable};
use fastrand::Rng;
use http::Method;
use proptest::prelude::*;
use seeded::{Case, hold};
use serde_json::json;

/// A list of things that are nothing but their names: read without JSON, so that long lists take no time.
#[derive(Clone, Debug, Default)]
struct ListThings {
    page: Page,
}

impl Operation for ListThings {
    type Output = Vec<String>;
    const NAME: &'static str = "list things";
    const METHOD: Method = Method::GET;

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn target(&self, target: &mut Target) {
        target.path("things");
    }

    fn decode(&self, answer: &Envelope) -> Result<Vec<String>, Unreadable> {
        answer.parse()
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

    fn items(answer: Vec<String>) -> Vec<String> {
        answer
    }

    fn key(item: &String) -> Cow<'_, str> {
        item.into()
    }
}

/// What reads a list, as [`Pages`] is read by hand; or something that does it wrongly.
trait Reader {
    fn next(&mut self) -> Option<Page>;
    fn record(&mut self, page: Vec<String>) -> Vec<String>;
    fn finish(&self) -> Result<(), Error>;
}

impl Reader for Pages<ListThings> {
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

/// Takes a short page for the last one.
struct EndsOnShort {
    pages: Pages<ListThings>,
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

/// Hands out whatever comes, as often as it comes, and says nothing of it.
struct Believes {
    page: Page,
    left: Option<usize>,
    ended: bool,
}

impl Reader for Believes {
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

/// A list at a service, and what the service makes of it.
#[derive(Debug)]
struct Service {
    list: Vec<u32>,
    /// The names that the next new things get.
    fresh: u32,
    /// Of so many in a row the last one is left out of its page.
    leave_out: Option<usize>,
    /// Beyond so many things the list is empty.
    hidden_beyond: Option<usize>,
    /// From this page on, that page is answered again and again.
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

    /// Adds and removes some, anywhere but mostly in front, where new things stand.
    fn change(&mut self, rng: &mut Rng) {
        for _ in 0..rng.usize(1..4) {
            let place = if rng.bool() { 0 } else { rng.usize(..=self.list.len()) };
            if rng.bool() {
                self.list.insert(place, self.fresh);
                self.fresh += 1;
            } else if place < self.list.len() {
                self.list.remove(place);
            }
        }
    }
}

/// Sizes of which small ones are frequent and the largest still occur.
fn size(rng: &mut Rng, most: u32) -> u32 {
    let shift = rng.u32(..most.ilog2());
    rng.u32(0..=most >> shift)
}

fn app() -> App {
    App::new(Credentials::key("key").unwrap()).with_seed(1)
}

/// How a list is read.
#[derive(Clone, Copy, Debug)]
struct Wish {
    size: u32,
    take: Option<u64>,
    expecting: Option<u64>,
}

fn pages(wish: Wish) -> Pages<ListThings> {
    let mut pages = Pages::new(&app(), ListThings::default()).per_page(wish.size);
    if let Some(items) = wish.take {
        pages = pages.take(items);
    }
    if let Some(items) = wish.expecting {
        pages = pages.expecting(items);
    }
    pages
}

/// One list, read to its end, with all that can be said of it.
fn read<R: Reader>(rng: &mut Rng, reader: impl FnOnce(Wish) -> R) -> Case {
    let moves = rng.u8(..3) == 0;
    let length = if moves || rng.u8(..32) > 0 { size(rng, 3_000) } else { size(rng, 100_000) };
    // A hundred thousand pages with one thing each take long and say nothing that a thousand do not.
    let per_page = size(rng, 1000).clamp(1 + length / 2000, 1000);
    let mut service = Service {
        list: (0..length).rev().collect(),
        fresh: length,
        leave_out: (rng.u8(..4) == 0).then(|| rng.usize(2..50)).filter(|_| per_page > 1),
        hidden_beyond: (rng.u8(..6) == 0).then(|| if rng.bool() { 10_000 } else { rng.usize(..3000) }),
        stuck_at: (rng.u8(..12) == 0).then(|| rng.u32(1..20)),
    };
    let wish = Wish {
        size: per_page,
        take: (rng.u8(..4) == 0).then(|| u64::from(size(rng, 3_000))),
        expecting: (rng.u8(..3) == 0).then_some(u64::from(length)),
    };
    let context = format!("{length} things, {wish:?}, moves: {moves}, {:?}", {
        let Service { leave_out, hidden_beyond, stuck_at, .. } = &service;
        (leave_out, hidden_beyond, stuck_at)
    });

    let mut reader = reader(wish);
    let (mut read, mut asked) = (Vec::new(), Vec::new());
    // Written down apart from the reader: how many came more than once, and of what was seen how much was new.
    let (mut seen, mut repeated, mut stale) = (BTreeSet::new(), 0, 0);
    while let Some(page) = reader.next() {
        hold!(page.size == per_page && page.number as usize == asked.len() + 1, "{page:?} is not next, {context}");
        hold!(wish.take.is_none_or(|take| (read.len() as u64) < take), "page {} is not needed, {context}", page.number);
        hold!(asked.len() < 150_000, "it goes on for ever, {context}");
        let answer = service.page(page);
        let new = answer.iter().filter(|item| seen.insert((*item).clone())).count();
        repeated += answer.len() - new;
        stale = if new == 0 { stale + 1 } else { 0 };
        asked.push(answer.len());
        read.extend(reader.record(answer));
        hold!(stale < 5, "it goes in a circle, {context}");
        if moves && rng.u8(..3) == 0 {
            service.change(rng);
        }
    }
    let unique: BTreeSet<_> = read.iter().collect();
    hold!(unique.len() == read.len(), "{} things came twice, {context}", read.len() - unique.len());
    hold!(wish.take.is_none_or(|take| read.len() as u64 <= take), "more than asked for, {context}");

    let problem = match reader.finish() {
        Ok(()) => None,
        Err(error) => match error.kind() {
            ErrorKind::List(list) => Some(list.problem),
            other => return Err(format!("{other}, {context}")),
        },
    };
    let taken = wish.take.is_some_and(|take| read.len() as u64 == take);
    let ended_empty = asked.last() == Some(&0);
    let short = wish.expecting.is_some_and(|expected| (seen.len() as u64) < expected);
    let expected = match () {
        () if !taken && !ended_empty => Some(ListProblem::Looping),
        () if !taken && short => Some(ListProblem::Short { expected: wish.expecting.unwrap() }),
        () if repeated > 0 => Some(ListProblem::Changed { repeated: repeated as u64 }),
        () => None,
    };
    hold!(problem == expected, "told {problem:?} where {expected:?} could be seen, {context}");

    // A still list that the service shows whole comes whole, and in its order.
    if !moves && service.stuck_at.is_none() {
        let whole = (1..).map(|number| service.page(Page { number, size: per_page }));
        let whole: Vec<_> = whole.take_while(|page| !page.is_empty()).flatten().collect();
        let whole = &whole[..wish.take.map_or(whole.len(), |take| whole.len().min(take as usize))];
        hold!(read == whole, "{} things of {}, {context}", read.len(), whole.len());
    }
    Ok(())
}

#[test]
fn fifty_thousand_lists() {
    seeded::cases("pages", 50_000, |rng| read(rng, pages));
}

#[test]
fn a_reader_that_ends_on_a_short_page_is_caught() {
    let broken = |wish: Wish| EndsOnShort { pages: pages(wish), size: wish.size as usize, ended: false };
    let said = seeded::caught("pages", 1000, |rng| read(rng, broken));
    assert!(said.contains("things of") || said.contains("told None"), "{said}");
}

#[test]
fn a_reader_that_believes_what_comes_is_caught() {
    let broken = |wish: Wish| Believes {
        page: Page::new(1, wish.size),
        left: wish.take.map(|items| items as usize),
        ended: wish.take == Some(0),
    };
    let said = seeded::caught("pages", 1000, |rng| read(rng, broken));
    assert!(said.contains("came twice") || said.contains("told None"), "{said}");
}

/// All the way: a machine, JSON, errors that pass, and a service that refuses pages beyond its ceiling, as search engines
/// do.
fn all(rng: &mut Rng) -> Case {
    let length = size(rng, 1500) as usize;
    let per_page = size(rng, 1000).max(1) as usize;
    let ceiling = (rng.u8(..3) == 0).then(|| rng.usize(..2000));
    let faults = rng.bool();
    let context = format!("{length} inputs, {per_page} a page, ceiling {ceiling:?}, faults: {faults}");
    let app = app();
    let mut all = Pages::new(&app, ListInputs::new()).per_page(per_page as u32).all();
    let mut asked = 0;
    let mut crowd = Crowd::new(|_, request| {
        let query: BTreeMap<_, _> =
            request.uri().query().unwrap().split('&').filter_map(|x| x.split_once('=')).collect();
        let number: usize = query["page"].parse().unwrap();
        assert_eq!(query["per_page"], per_page.to_string());
        if faults && rng.u8(..20) == 0 {
            return match rng.u8(..3) {
                0 => Reply::fail(clarifai_core::TransportFailureKind::MaybeSent),
                1 => Reply::json(503, json!({"status": {"code": 98004}})),
                _ => Reply::json(429, json!({"status": {"code": 11005}})),
            };
        }
        asked = number;
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
            hold!(!beyond, "the ceiling was not told, {context}");
            hold!(asked == last, "{asked} pages asked for, {last} are needed, {context}");
            let whole = (0..length).map(|place| format!("i{place}"));
            hold!(inputs.into_iter().map(|input| input.id).eq(whole), "not the whole list, {context}");
        }
        Err(error) if error.api_code() == Some(11102) => {
            hold!(beyond, "{error}, {context}");
            let before = ceiling.unwrap() / per_page * per_page;
            hold!(all.items().len() == before.min(length), "{} read before it, {context}", all.items().len());
        }
        // A page may fail more often than it is asked for.
        Err(error) => hold!(faults && error.attempts() == 4 || error.is_retryable(), "{error}, {context}"),
    }
    Ok(())
}

#[test]
fn whole_lists_over_answers_and_errors() {
    seeded::cases("pages-all", 1000, all);
}

proptest! {
    /// What is handed out of any pages at all, made small where it fails: nothing twice, nothing that was not there, and
    /// nothing left out before the end.
    #[test]
    fn any_pages_give_each_item_once(
        answers in prop::collection::vec(prop::collection::vec(0..30_u8, 0..6), 0..12),
        take in prop::option::of(0..20_u64),
    ) {
        let mut pages = pages(Wish { size: 5, take, expecting: None });
        let (mut read, mut shown) = (Vec::new(), Vec::new());
        for answer in answers {
            let Some(_) = Reader::next(&mut pages) else { break };
            let answer: Vec<_> = answer.iter().map(ToString::to_string).collect();
            for item in &answer {
                if !shown.contains(item) {
                    shown.push(item.clone());
                }
            }
            read.extend(Reader::record(&mut pages, answer));
        }
        shown.truncate(take.unwrap_or(u64::MAX).min(1000) as usize);
        prop_assert_eq!(read, shown);
    }
}

/// A search is a POST, and says in its body which page it wants: the service does not read the query of one.
#[test]
fn the_page_of_a_search_stands_in_its_body() {
    let app = App::new(Credentials::key("key").unwrap());
    let wanted = |page| json!({"model_query": {"name": "g*"}, "pagination": {"page": page, "per_page": 2}});
    let found = |ids: &[&str]| {
        let models: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        json!({"status": {"code": 10000}, "models": models})
    };
    let mut script = Script::new()
        .expect("POST", "/v2/models/searches")
        .body(wanted(1))
        .reply(200, found(&["a", "b"]))
        .expect("POST", "/v2/models/searches")
        .body(wanted(2))
        .reply(200, found(&["c"]))
        .expect("POST", "/v2/models/searches")
        .body(wanted(3))
        .reply(200, found(&[]));
    let models = script.run(Pages::new(&app, SearchModels::new().name("g*")).per_page(2).all()).unwrap();
    assert_eq!(models.len(), 3);
    script.assert_done();
}
