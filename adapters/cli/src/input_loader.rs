//! Reads inputs lazily, and keeps track of which argument each one came from.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::iter::Enumerate;
use std::rc::Rc;
use std::slice;

use clarifai_core::inputs::NewInput;

use crate::args::InputArgs;
use crate::{input_source, interrupt};

/// Reads each input when it is about to be sent, so that memory holds only those of pending requests.
pub(crate) struct InputLoader<'a> {
    sources: Enumerate<slice::Iter<'a, OsString>>,
    video: bool,
    stdin_used: bool,
    prepare: &'a dyn Fn(NewInput) -> NewInput,
    state: Rc<RefCell<LoaderState>>,
}

/// What the loader has read so far. Shared, because the loader itself belongs to the bulk work.
#[derive(Default)]
pub(crate) struct LoaderState {
    /// Number of arguments that were read, successfully or not.
    pub(crate) taken: usize,
    /// Arguments that could not be read: position and reason.
    pub(crate) unreadable: Vec<(usize, String)>,
    /// The positions of the inputs without an outcome, starting with the input of index `first`.
    positions: VecDeque<Option<usize>>,
    first: u64,
}

impl<'a> InputLoader<'a> {
    /// Creates a loader that calls `prepare` with each input.
    pub(crate) fn new(args: &'a InputArgs, prepare: &'a dyn Fn(NewInput) -> NewInput) -> Self {
        let sources = args.inputs.iter().enumerate();
        Self { sources, video: args.video, stdin_used: false, prepare, state: Rc::default() }
    }

    /// Returns the state, which the loader keeps up to date.
    pub(crate) fn state(&self) -> Rc<RefCell<LoaderState>> {
        Rc::clone(&self.state)
    }
}

impl LoaderState {
    /// Returns the position, among the arguments, of the input with this index, the first time it is called.
    pub(crate) fn take_position(&mut self, index: u64) -> Option<usize> {
        let offset = usize::try_from(index.checked_sub(self.first)?).ok()?;
        let position = self.positions.get_mut(offset)?.take();
        while self.positions.front().is_some_and(Option::is_none) {
            self.positions.pop_front();
            self.first += 1;
        }
        position
    }
}

impl Iterator for InputLoader<'_> {
    type Item = NewInput;

    fn next(&mut self) -> Option<NewInput> {
        loop {
            if interrupt::is_requested() {
                return None;
            }
            let (position, source) = self.sources.next()?;
            let input = input_source::read_input(source, self.video, &mut self.stdin_used);
            let mut state = self.state.borrow_mut();
            state.taken = position + 1;
            match input {
                Ok(input) => {
                    state.positions.push_back(Some(position));
                    drop(state);
                    return Some((self.prepare)(input));
                }
                Err(problem) => state.unreadable.push((position, problem)),
            }
        }
    }
}
