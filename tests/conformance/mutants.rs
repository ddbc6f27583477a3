//! Bugs planted into the ureq adapter: the suite must catch each of them.

use std::sync::Arc;

use clarifai_tests::conformance::faults::{FAULTS, Fault, Faulty, LOG_OF_THE_FAULT, SPAN_OF_THE_FAULT};
use clarifai_tests::conformance::ureq::Ureq;
use clarifai_tests::conformance::{Difference, Driver, memory, play_again, run, table};

#[test]
fn each_planted_fault_is_caught() {
    for fault in FAULTS {
        let expected = fault.caught_by();
        let mut table = table::table();
        match fault {
            // Without a bug, all scenarios that catch one must pass.
            Fault::None => table.retain(|one| FAULTS.iter().any(|fault| fault.caught_by().contains(&one.name))),
            Fault::KeyInError => table.retain(|one| one.name == "truncated"),
            Fault::KeyInLog => table.retain(|one| one.name == "response"),
            _ => table.retain(|one| expected.contains(&one.name)),
        }
        let driver: Arc<dyn Driver> = Arc::new(Faulty(Arc::new(Ureq), fault));
        let mut report = run(&driver, table);
        if fault == Fault::None {
            play_again(&driver, &mut report);
        }
        let failed: Vec<_> = report.failures.keys().copied().collect();
        println!("{fault:?}: {failed:?} failed");
        assert!(fault != Fault::None || failed.is_empty(), "without a fault: {:?}", report.failures);
        for name in expected {
            assert!(failed.contains(name), "{fault:?} passed {name}");
        }
        if fault == Fault::KeyInLog {
            for target in [LOG_OF_THE_FAULT, SPAN_OF_THE_FAULT] {
                assert!(report.differences.contains(&Difference::LogsKey(target.to_owned())), "{report:?}");
            }
        }
    }
}

#[test]
fn memory() {
    let Some(grown) = memory::measured(&Faulty(Arc::new(Ureq), Fault::HoldsBody)) else { return };
    assert!(grown["memory-upload"] > 90 << 20, "{grown:?}");
}
