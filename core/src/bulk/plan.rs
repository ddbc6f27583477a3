//! Which inputs go into a call together.

use std::iter::Fuse;

use crate::error::Invalid;
use crate::inputs::{MAX_INPUTS, NewInput};

/// How much one call takes. The service has changed these numbers before, so they are data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallLimits {
    /// Inputs. Default 128; more are never sent.
    pub inputs: usize,
    /// Bytes of the body as it is sent, base64 included. Default 128 MB.
    pub bytes: u64,
    /// Bytes of one picture before encoding. Default 20 MB.
    pub image_bytes: u64,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self { inputs: MAX_INPUTS, bytes: 128_000_000, image_bytes: 20_000_000 }
    }
}

impl CallLimits {
    /// The same with so many inputs a call.
    pub fn with_inputs(mut self, inputs: usize) -> Self {
        self.inputs = inputs;
        self
    }

    /// The same with so many bytes a call.
    pub fn with_bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// The same with so many bytes a picture.
    pub fn with_image_bytes(mut self, bytes: u64) -> Self {
        self.image_bytes = bytes;
        self
    }

    /// How long an input is as it is sent, or what is wrong with it that no call can carry it.
    pub(crate) fn check(&self, input: &NewInput) -> Result<u64, Invalid> {
        let length = input.measure()?;
        let (bytes, encoded) = (input.source_len(), length + FRAME);
        if input.is_image() && bytes > self.image_bytes {
            let problem = format!("are {bytes}, a picture has at most {}", self.image_bytes);
            return Err(Invalid::new("bytes", problem));
        }
        if encoded > self.bytes {
            let problem = format!("are {encoded} as they are sent, a call takes at most {}", self.bytes);
            return Err(Invalid::new("bytes", problem));
        }
        Ok(length)
    }
}

/// Bytes of a call around its inputs, options included, generously.
const FRAME: u64 = 4096;

/// An input with its place among all.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) index: u64,
    pub(crate) input: NewInput,
    /// Bytes as it is sent, once it was measured.
    pub(crate) bytes: u64,
}

/// Takes inputs from an iterator, as many at a time as a call takes.
#[derive(Debug)]
pub(crate) struct Plan<I: Iterator> {
    inputs: Fuse<I>,
    /// One that did not fit any more.
    held: Option<Planned>,
    taken: u64,
    /// Whether the iterator said that there are no more.
    ended: bool,
    pub(crate) limits: CallLimits,
}

impl<I: Iterator<Item = NewInput>> Plan<I> {
    pub(crate) fn new(inputs: I) -> Self {
        Self { inputs: inputs.fuse(), held: None, taken: 0, ended: false, limits: CallLimits::default() }
    }

    /// How many inputs there are in all, where the iterator knows.
    pub(crate) fn total(&self) -> Option<u64> {
        match self.inputs.size_hint() {
            (least, Some(most)) if least == most => Some(self.taken + least as u64),
            _ => None,
        }
    }

    /// Whether the iterator ended and all are handed out.
    pub(crate) fn is_empty(&self) -> bool {
        self.ended && self.held.is_none()
    }

    /// One that was taken and is in no call.
    pub(crate) fn take_held(&mut self) -> Option<Planned> {
        self.held.take()
    }

    /// The inputs of the next call; none when all are taken. `accept` keeps an input, or keeps account of it otherwise.
    pub(crate) fn call(&mut self, mut accept: impl FnMut(Planned) -> Option<Planned>) -> Vec<Planned> {
        let mut call = Vec::new();
        let mut bytes = FRAME;
        let most = self.limits.inputs.clamp(1, MAX_INPUTS);
        while call.len() < most {
            let Some(planned) = self.held.take().or_else(|| self.take(&mut accept)) else { break };
            let length = planned.bytes + 1;
            let alone = planned.input.is_video();
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

    fn take(&mut self, accept: &mut impl FnMut(Planned) -> Option<Planned>) -> Option<Planned> {
        loop {
            let Some(input) = self.inputs.next() else {
                self.ended = true;
                return None;
            };
            let index = self.taken;
            self.taken += 1;
            if let Some(planned) = accept(Planned { index, input, bytes: 0 }) {
                return Some(planned);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(inputs: Vec<NewInput>, limits: CallLimits) -> Vec<usize> {
        let mut plan = Plan::new(inputs.into_iter());
        plan.limits = limits;
        let measured = |planned: Planned| {
            let bytes = limits.check(&planned.input).expect("it can be sent");
            Some(Planned { bytes, ..planned })
        };
        std::iter::from_fn(|| Some(plan.call(measured).len()).filter(|size| *size > 0)).collect()
    }

    #[test]
    fn calls_are_full_and_no_fuller() {
        let picture = || NewInput::image_bytes(vec![0xff; 3_000]);
        let address = || NewInput::image_url("https://example.com/a.jpg");
        let video = || NewInput::video_url("https://example.com/a.mp4");
        let limits = CallLimits::default();
        let small = CallLimits { bytes: FRAME + 9_000, ..limits };
        for (inputs, limits, expected) in [
            (vec![], limits, vec![]),
            ((0..300).map(|_| address()).collect(), limits, vec![128, 128, 44]),
            ((0..256).map(|_| address()).collect(), limits, vec![128, 128]),
            ((0..5).map(|_| address()).collect(), CallLimits { inputs: 2, ..limits }, vec![2, 2, 1]),
            ((0..130).map(|_| address()).collect(), CallLimits { inputs: 500, ..limits }, vec![128, 2]),
            ((0..3).map(|_| address()).collect(), CallLimits { inputs: 0, ..limits }, vec![1, 1, 1]),
            ((0..5).map(|_| picture()).collect(), small, vec![2, 2, 1]),
            (vec![address(), video(), address(), address()], limits, vec![1, 1, 2]),
            (vec![video(), video()], limits, vec![1, 1]),
        ] {
            assert_eq!(sizes(inputs, limits), expected);
        }
    }
}
