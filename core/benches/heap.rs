//! Allocations and heap, against fixed numbers. Apart from the times, because counting costs time.

mod limit;
#[path = "limit/samples.rs"]
mod samples;

use std::process::ExitCode;

use allocation_counter::measure;
use clarifai_core::Exchange;

use limit::{Table, wanted};

fn main() -> ExitCode {
    let mut table = Table::default();
    if wanted("body of 128 x 200 KiB, heap in bytes") {
        let (app, pictures, mut buffer) = (samples::app(), samples::pictures(), vec![0; samples::BUFFER]);
        let heap = measure(|| samples::send_pictures(&app, &pictures, &mut buffer)).bytes_max;
        table.counted("body of 128 x 200 KiB, heap in bytes", heap, 256 * 1024, 256 * 1024);
    }
    if wanted("request of a predict by URL, allocations") {
        let (app, predict) = (samples::app(), samples::predict_url());
        // From the first call on the app shares its key with all others.
        drop(Exchange::new(&app, &predict));
        let count = measure(|| drop(Exchange::new(&app, &predict))).count_total;
        table.counted("request of a predict by URL, allocations", count, 8, 5);
    }
    table.finish()
}
