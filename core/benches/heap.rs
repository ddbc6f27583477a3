//! Allocations and heap usage, against fixed limits. Separate from the timings, because counting is slow.

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
        let (config, images, mut buffer) = (samples::config(), samples::images(), vec![0; samples::BUFFER]);
        let heap = measure(|| samples::send_images(&config, &images, &mut buffer)).bytes_max;
        table.counted("body of 128 x 200 KiB, heap in bytes", heap, 256 * 1024, 256 * 1024);
    }
    if wanted("request of a predict by URL, allocations") {
        let (config, predict) = (samples::config(), samples::predict_url());
        // The first call prepares the authorization header, which all later calls share.
        drop(Exchange::new(&config, &predict));
        let count = measure(|| drop(Exchange::new(&config, &predict))).count_total;
        table.counted("request of a predict by URL, allocations", count, 8, 5);
    }
    table.finish()
}
