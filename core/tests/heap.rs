//! How much heap a call may take: the part of the benchmarks that is the same on every machine.

#[path = "../benches/limit/samples.rs"]
mod samples;

use allocation_counter::measure;
use clarifai_core::Exchange;

#[test]
fn pictures_are_not_held_twice() {
    let (app, pictures, mut buffer) = (samples::app(), samples::pictures(), vec![0; samples::BUFFER]);
    let heap = measure(|| samples::send_pictures(&app, &pictures, &mut buffer)).bytes_max;
    assert!(heap <= 256 * 1024, "{heap} bytes beyond the pictures");
}

#[test]
fn a_small_request_takes_few_allocations() {
    let (app, predict) = (samples::app(), samples::predict_url());
    // From the first call on the app shares its key with all others.
    drop(Exchange::new(&app, &predict));
    let count = measure(|| drop(Exchange::new(&app, &predict))).count_total;
    assert!(count <= 8, "{count} allocations");
}
