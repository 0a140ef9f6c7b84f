//! What the attributes say about mistakes, one file in `ui` for each, and programs in `ui/pass` that
//! they must not complain about.

#[test]
fn mistakes_are_told_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[test]
fn correct_programs_compile() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}
