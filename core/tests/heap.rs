//! Limits of the heap that a call uses: the part of the benchmarks that is the same on every machine.
//!
//! A program of its own, because it replaces the allocator with one that counts.

#[path = "../benches/limit/samples.rs"]
mod samples;

use allocation_counter::measure;
use clarifai_core::{Exchange, Operation as _};

#[test]
fn images_are_not_copied() {
    let (config, images, mut buffer) = (samples::config(), samples::images(), vec![0; samples::BUFFER]);
    let heap = measure(|| samples::send_images(&config, &images, &mut buffer)).bytes_max;
    assert!(heap <= 256 * 1024, "{heap} bytes beyond the images");
}

#[test]
fn a_small_request_makes_few_allocations() {
    let (config, predict) = (samples::config(), samples::predict_url());
    // The first call prepares the key, which all later calls share.
    drop(Exchange::new(&config, &predict));
    let count = measure(|| drop(Exchange::new(&config, &predict))).count_total;
    assert!(count <= 8, "{count} allocations");
}

/// The JSON of each item is one more allocation, and nothing else: no second reading, no tree of values.
#[test]
fn raw_json_costs_one_allocation_for_each_item() {
    const ITEMS: usize = 64;
    let (config, json) = (samples::config(), samples::response(ITEMS, 20));
    let response = || http::Response::new(json.clone());
    let typed = Exchange::new(&config, samples::predict_urls(ITEMS)).expect("a request");
    let raw = Exchange::new(&config, samples::predict_urls(ITEMS).with_raw()).expect("a request");
    let allocations = |parse: &dyn Fn()| measure(parse).count_total;
    let typed = allocations(&|| drop(typed.parse(response()).expect("a response")));
    let raw = allocations(&|| drop(raw.parse(response()).expect("a response")));
    let most = typed + ITEMS as u64 + 32;
    assert!(raw <= most, "{raw} allocations with the JSON, {typed} without it");
}
