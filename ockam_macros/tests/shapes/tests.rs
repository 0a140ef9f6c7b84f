//! Every way to write a test. A program that is built without tests still reads them.

#[ockam::test]
async fn borrowed(_ctx: &mut ockam::Context) -> ockam::Result<()> {
    Ok(())
}

#[ockam::test(timeout = 5_000)]
async fn owned(_ctx: ockam::Context) -> ockam::Result<()> {
    Ok(())
}

#[ockam::test(crate = "::ockam", timeout = 1_000u64)]
#[should_panic(expected = "on purpose")]
#[ignore]
async fn absent() -> ockam::Result<()> {
    panic!("on purpose");
}

pub fn main() {}
