//! Tests of the guide beside its documentation tests.
#![allow(clippy::unwrap_used)]

mod chapters;
mod light;
