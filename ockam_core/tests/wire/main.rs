//! The frames of the wire, against the golden vectors in `docs/vectors` and against every input
//! that a generator can think of.

mod bodies;
mod frames;
mod limits;
mod properties;
mod tolerance;
mod vectors;
