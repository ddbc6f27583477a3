//! Splits items into requests.

use std::iter::Fuse;

use crate::error::InvalidArgument;
use crate::inputs::MAX_INPUTS;
use crate::operation::ItemSize;

/// Limits of one request. The service has changed these numbers before, so they can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchLimits {
    /// Maximum number of items, from 1 to 128; other values are clamped. Default: 128.
    pub inputs: usize,
    /// Maximum size of the request body in bytes, after base64 encoding. Default: 128 MB (128,000,000).
    pub bytes: u64,
    /// Maximum size of one image in bytes, before base64 encoding. Default: 20 MB (20,000,000).
    pub image_bytes: u64,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { inputs: MAX_INPUTS, bytes: 128_000_000, image_bytes: 20_000_000 }
    }
}

impl BatchLimits {
    /// Sets the maximum number of items: [`inputs`](Self::inputs).
    pub fn with_inputs(mut self, inputs: usize) -> Self {
        self.inputs = inputs;
        self
    }

    /// Sets the maximum size of the request body in [bytes](Self::bytes).
    pub fn with_bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets the maximum size of one image in [bytes](Self::image_bytes).
    pub fn with_image_bytes(mut self, bytes: u64) -> Self {
        self.image_bytes = bytes;
        self
    }

    /// Checks that an item of this size fits into a request.
    pub(crate) fn check(&self, size: ItemSize) -> Result<(), InvalidArgument> {
        let (bytes, encoded) = (size.image_bytes, size.bytes + FRAME);
        if bytes > self.image_bytes {
            let problem = format!("are {bytes}, an image has at most {}", self.image_bytes);
            return Err(InvalidArgument::new("bytes", problem));
        }
        if encoded > self.bytes {
            let problem = format!("are {encoded} as they are sent, a call takes at most {}", self.bytes);
            return Err(InvalidArgument::new("bytes", problem));
        }
        Ok(())
    }
}

/// Upper bound for the bytes of a request besides its items, such as the options.
const FRAME: u64 = 4096;

/// An item with its index.
#[derive(Debug)]
pub(crate) struct Planned<T> {
    pub(crate) index: u64,
    pub(crate) item: T,
    /// Zero until it is measured.
    pub(crate) size: ItemSize,
}

/// Splits the items of an iterator into requests, each as large as the limits allow.
pub(crate) struct Plan<I: Iterator> {
    items: Fuse<I>,
    /// An item that did not fit into the last request.
    held: Option<Planned<I::Item>>,
    taken: u64,
    /// Whether the iterator returned `None`.
    ended: bool,
    pub(crate) limits: BatchLimits,
}

impl<I: Iterator> Plan<I> {
    pub(crate) fn new(items: I) -> Self {
        Self { items: items.fuse(), held: None, taken: 0, ended: false, limits: BatchLimits::default() }
    }

    /// Returns the total number of items, if the iterator knows it.
    pub(crate) fn total(&self) -> Option<u64> {
        match self.items.size_hint() {
            (least, Some(most)) if least == most => Some(self.taken + least as u64),
            _ => None,
        }
    }

    /// Returns whether the iterator ended and all of its items were returned.
    pub(crate) fn is_empty(&self) -> bool {
        self.ended && self.held.is_none()
    }

    /// Removes and returns the item that was taken from the iterator and is not part of any request.
    pub(crate) fn take_held(&mut self) -> Option<Planned<I::Item>> {
        self.held.take()
    }

    /// Returns the items of the next request; empty if there are no more. `accept` returns an item that is to be sent,
    /// with its size, and records the outcome of any other.
    pub(crate) fn call(
        &mut self,
        mut accept: impl FnMut(Planned<I::Item>) -> Option<Planned<I::Item>>,
    ) -> Vec<Planned<I::Item>> {
        let mut call = Vec::new();
        let mut bytes = FRAME;
        let most = self.limits.inputs.clamp(1, MAX_INPUTS);
        while call.len() < most {
            let Some(planned) = self.held.take().or_else(|| self.take(&mut accept)) else { break };
            let length = planned.size.bytes + 1;
            let alone = planned.size.is_alone;
            if !call.is_empty() && (alone || bytes + length > self.limits.bytes) {
                self.held = Some(planned);
                break;
            }
            bytes += length;
            call.push(planned);
            if alone {
                break;
            }
        }
        call
    }

    fn take(
        &mut self,
        accept: &mut impl FnMut(Planned<I::Item>) -> Option<Planned<I::Item>>,
    ) -> Option<Planned<I::Item>> {
        loop {
            let Some(item) = self.items.next() else {
                self.ended = true;
                return None;
            };
            let index = self.taken;
            self.taken += 1;
            if let Some(planned) = accept(Planned { index, item, size: ItemSize::default() }) {
                return Some(planned);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::NewInput;

    fn sizes(inputs: Vec<NewInput>, limits: BatchLimits) -> Vec<usize> {
        let mut plan = Plan::new(inputs.into_iter());
        plan.limits = limits;
        let measured = |planned: Planned<NewInput>| {
            let size = planned.item.measure().expect("it can be sent");
            limits.check(size).expect("it fits");
            Some(Planned { size, ..planned })
        };
        std::iter::from_fn(|| Some(plan.call(measured).len()).filter(|size| *size > 0)).collect()
    }

    #[test]
    fn calls_are_full_and_no_fuller() {
        let image = || NewInput::image_bytes(vec![0xff; 3_000]);
        let address = || NewInput::image_url("https://example.com/a.jpg");
        let video = || NewInput::video_url("https://example.com/a.mp4");
        let limits = BatchLimits::default();
        let small = BatchLimits { bytes: FRAME + 9_000, ..limits };
        for (inputs, limits, expected) in [
            (vec![], limits, vec![]),
            ((0..300).map(|_| address()).collect(), limits, vec![128, 128, 44]),
            ((0..256).map(|_| address()).collect(), limits, vec![128, 128]),
            ((0..5).map(|_| address()).collect(), BatchLimits { inputs: 2, ..limits }, vec![2, 2, 1]),
            ((0..130).map(|_| address()).collect(), BatchLimits { inputs: 500, ..limits }, vec![128, 2]),
            ((0..3).map(|_| address()).collect(), BatchLimits { inputs: 0, ..limits }, vec![1, 1, 1]),
            ((0..5).map(|_| image()).collect(), small, vec![2, 2, 1]),
            (vec![address(), video(), address(), address()], limits, vec![1, 1, 2]),
            (vec![video(), video()], limits, vec![1, 1]),
        ] {
            assert_eq!(sizes(inputs, limits), expected);
        }
    }
}
