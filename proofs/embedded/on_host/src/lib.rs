//! Nothing: the program of this package is its test.
