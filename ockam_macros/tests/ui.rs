//! What the attributes say about mistakes, one file in `ui` for each.

#[test]
fn mistakes_are_told_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
