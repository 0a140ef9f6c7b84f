//! The frames of the wire, against the golden vectors in `docs/vectors` and against every input
//! that a generator can think of.

// Helpers of tests may unwrap as tests may.
#![allow(clippy::unwrap_used)]

mod bodies;
mod frames;
mod limits;
mod notices;
mod properties;
mod tolerance;
mod vectors;
