//! How often a wait polls.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The pause between two polls, depending on how long the wait has lasted.
///
/// It has no jitter: each client begins its wait at its own time. It is plain data, so that a wait can be resumed in
/// another process.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::policy::Schedule;
///
/// let training = Schedule::training();
/// assert_eq!(training.pause(Duration::from_secs(9)), Duration::from_secs(1));
/// assert_eq!(training.pause(Duration::from_secs(90)), Duration::from_secs(10));
/// assert_eq!(Schedule::every(Duration::ZERO).pause(Duration::ZERO), Schedule::MIN_INTERVAL);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// For each phase its end, as a duration of the wait, and its pause; the earliest phase first.
    steps: Vec<(Duration, Duration)>,
    /// The pause after the last phase.
    last: Duration,
}

impl Schedule {
    /// Shortest pause: 10 ms. A shorter one would poll in a busy loop.
    pub const MIN_INTERVAL: Duration = Duration::from_millis(10);

    /// Creates a schedule with a constant pause.
    pub fn every(pause: Duration) -> Self {
        Self { steps: Vec::new(), last: pause }
    }

    /// Adds a phase: until the wait has lasted for `until`, the pause is `pause`. Of several phases the one that ends
    /// first applies.
    #[must_use]
    pub fn with_phase(mut self, until: Duration, pause: Duration) -> Self {
        self.steps.push((until, pause));
        self.steps.sort_by_key(|(until, _)| *until);
        self
    }

    /// Creates the schedule for trainings, the same as in the Python client.
    ///
    /// | waited, less than | pause |
    /// |---|---|
    /// | 10 s | 1 s |
    /// | 1 min | 5 s |
    /// | 2 min | 10 s |
    /// | 3 min | 20 s |
    /// | 4 min | 30 s |
    /// | longer | 1 min |
    pub fn training() -> Self {
        let seconds = Duration::from_secs;
        [(10, 1), (60, 5), (120, 10), (180, 20), (240, 30)]
            .into_iter()
            .fold(Self::every(seconds(60)), |schedule, (until, pause)| {
                schedule.with_phase(seconds(until), seconds(pause))
            })
    }

    /// Returns the pause after the wait has lasted for `waited`. It is never shorter than [`MIN_INTERVAL`](Self::MIN_INTERVAL).
    pub fn pause(&self, waited: Duration) -> Duration {
        let step = self.steps.iter().find(|(until, _)| waited < *until);
        step.map_or(self.last, |(_, pause)| *pause).max(Self::MIN_INTERVAL)
    }
}

impl Default for Schedule {
    /// Creates the schedule for jobs that are usually done soon.
    ///
    /// | waited, less than | pause |
    /// |---|---|
    /// | 5 s | 0.5 s |
    /// | 30 s | 1 s |
    /// | 2 min | 5 s |
    /// | 10 min | 10 s |
    /// | longer | 30 s |
    fn default() -> Self {
        let seconds = Duration::from_secs;
        [(30, 1), (120, 5), (600, 10)]
            .into_iter()
            .fold(Self::every(seconds(30)), |schedule, (until, pause)| {
                schedule.with_phase(seconds(until), seconds(pause))
            })
            .with_phase(seconds(5), Duration::from_millis(500))
    }
}
