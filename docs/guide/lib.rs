//! The programs of the guide, compiled and run.
//!
//! Every Rust block of a chapter is a documentation test: `cargo test -p ockam_guide --doc` compiles
//! all of them into one binary and runs each in a process. So a program cannot differ from what the
//! chapter shows. This crate holds nothing else.

/// Makes a chapter a module with documentation, for the documentation tests only.
macro_rules! chapters {
    ($($name:ident = $file:literal,)+) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("src/", $file))]
            mod $name {}
        )+
    };
}

chapters! {
    front = "README.md",
    concepts = "01-concepts.md",
    request_and_reply = "02-request-and-reply.md",
    errors_and_timeouts = "03-errors-and-timeouts.md",
    backpressure = "04-backpressure.md",
    stopping = "05-stopping.md",
    inside_a_tokio_program = "06-inside-a-tokio-program.md",
    secure_channels = "07-secure-channels.md",
    relays = "08-relays.md",
    reconnecting = "09-reconnecting.md",
    testing = "10-testing.md",
    microcontrollers = "11-microcontrollers.md",
    other_languages = "12-other-languages.md",
    moving_from_ockam = "13-moving-from-ockam.md",
}
