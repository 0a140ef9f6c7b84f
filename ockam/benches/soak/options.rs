//! The command line.

use crate::Result;
use std::time::Duration;

pub(crate) struct Options {
    pub(crate) time: Duration,
    pub(crate) seed: u64,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Options { time: Duration::from_secs(60), seed: 1 };
        while let Some(name) = arguments.next() {
            let mut number = || -> Result<u64> {
                let value = arguments.next().ok_or(format!("{name} needs a number"))?;
                value.parse().map_err(|error| format!("{name} {value}: {error}").into())
            };
            match name.as_str() {
                "--seconds" => options.time = Duration::from_secs(number()?.max(6)),
                "--seed" => options.seed = number()?,
                // Cargo passes this to every bench.
                "--bench" => {}
                _ => {
                    return Err(format!(
                        "unknown argument {name}: there are --seconds N and --seed N"
                    )
                    .into());
                }
            }
        }
        Ok(options)
    }
}
