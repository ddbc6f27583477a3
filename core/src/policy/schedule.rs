//! How often something is looked at while it is waited for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long to pause between two looks, by how long the wait has lasted.
///
/// No jitter: what is waited for began at its own time for each client. Plain data, so that a wait can go on in another
/// process.
///
/// ```
/// use std::time::Duration;
///
/// use clarifai_core::policy::Schedule;
///
/// let training = Schedule::training();
/// assert_eq!(training.pause(Duration::from_secs(9)), Duration::from_secs(1));
/// assert_eq!(training.pause(Duration::from_secs(90)), Duration::from_secs(10));
/// assert_eq!(Schedule::every(Duration::ZERO).pause(Duration::ZERO), Schedule::LEAST);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Until the wait has lasted so long, the pause that belongs to it; the shortest time first.
    steps: Vec<(Duration, Duration)>,
    /// The pause after that.
    last: Duration,
}

impl Schedule {
    /// The shortest pause there is: 10 ms. A shorter one would be a loop that does nothing but ask.
    pub const LEAST: Duration = Duration::from_millis(10);

    /// The same pause all the time.
    pub fn every(pause: Duration) -> Self {
        Self { steps: Vec::new(), last: pause }
    }

    /// Until the wait has lasted for `until`, pauses of `pause` before those of this schedule.
    #[must_use]
    pub fn first(mut self, until: Duration, pause: Duration) -> Self {
        self.steps.push((until, pause));
        self.steps.sort_by_key(|(until, _)| *until);
        self
    }

    /// For trainings, as the Python client has it: a second for the first 10, then 5 until a minute has passed, 10 until
    /// two, 20 until three, 30 until four, and then a minute.
    pub fn training() -> Self {
        let seconds = Duration::from_secs;
        [(10, 1), (60, 5), (120, 10), (180, 20), (240, 30)]
            .into_iter()
            .fold(Self::every(seconds(60)), |schedule, (until, pause)| schedule.first(seconds(until), seconds(pause)))
    }

    /// The pause after the wait has lasted for `waited`, never shorter than [`LEAST`](Self::LEAST).
    pub fn pause(&self, waited: Duration) -> Duration {
        let step = self.steps.iter().find(|(until, _)| waited < *until);
        step.map_or(self.last, |(_, pause)| *pause).max(Self::LEAST)
    }
}

impl Default for Schedule {
    /// For what is mostly done soon: half a second for the first 5, then a second until half a minute has passed, 5
    /// until two minutes, 10 until ten, and then half a minute.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        [(30, 1), (120, 5), (600, 10)]
            .into_iter()
            .fold(Self::every(seconds(30)), |schedule, (until, pause)| schedule.first(seconds(until), seconds(pause)))
            .first(seconds(5), Duration::from_millis(500))
    }
}
