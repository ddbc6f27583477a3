//! Loads a network and runs it, on one thread for each caller.

use std::sync::{Arc, Mutex, PoisonError};

use rten::{Model, ModelOptions, NodeId, OpRegistry, RunOptions, ThreadPool, op_registry};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

/// A network could not be loaded or run.
///
/// The networks are part of the program and their input always has the same shape, so this means that the computer is
/// out of memory, or a defect.
#[derive(Debug, thiserror::Error)]
#[error("the network failed: {0}")]
pub struct Error(Box<dyn std::error::Error + Send + Sync>);

impl Error {
    fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

/// A network with one input, `image`, and two outputs.
pub(crate) struct Network {
    model: Model,
    image: NodeId,
    outputs: [NodeId; 2],
    /// The thread pools that no caller uses at the moment, each of one thread.
    ///
    /// Splitting one image over several threads gains little. One thread for each image uses all cores as well, and
    /// makes the results independent of their number.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Network {
    /// Loads a network in ONNX format with these outputs.
    pub(crate) fn load(onnx: &'static [u8], outputs: [&str; 2]) -> Result<Self, Error> {
        let model = ModelOptions::with_ops(operators()).load_static_slice(onnx).map_err(Error::new)?;
        let node = |name: &str| model.node_id(name).map_err(Error::new);
        let (image, outputs) = (node("image")?, [node(outputs[0])?, node(outputs[1])?]);
        Ok(Self { model, image, outputs, idle: Mutex::default() })
    }

    /// Runs the network on one image, and returns the numbers of both outputs.
    pub(crate) fn run(&self, image: NdTensor<f32, 4>) -> Result<[Vec<f32>; 2], Error> {
        let pool = self.idle().pop().unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&pool)));
        let outputs = self.model.run_n(vec![(self.image, image.into())], self.outputs, Some(options));
        self.idle().push(pool);
        let [first, second] = outputs.map_err(Error::new)?;
        let numbers =
            |output: rten::Value| Tensor::<f32>::try_from(output).map(|tensor| tensor.to_vec()).map_err(Error::new);
        Ok([numbers(first)?, numbers(second)?])
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Arc<ThreadPool>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

/// Returns the operators that the two networks use. The others stay out of the program.
fn operators() -> OpRegistry {
    op_registry!(Add, Clip, Conv, DequantizeLinear, Flatten, Gemm, GlobalAveragePool, Relu, Reshape, Resize, Transpose)
}
