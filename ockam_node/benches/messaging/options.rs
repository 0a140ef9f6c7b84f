//! The command line.
//!
//! It owns the words and their rules. It refuses to know what a workload does; it only checks that
//! there is one of the name.

use crate::workload::{WORKLOADS, Workload};
use crate::{COMMAND, Result};
use std::fmt::Write;

/// How long a measurement may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Long enough for numbers to compare.
    Full,
    /// A look whether everything works; the numbers mean little.
    Quick,
}

/// What the command line asks for.
pub(crate) enum Command {
    Help,
    Measure { workloads: Vec<&'static Workload>, effort: Effort, json: bool },
    RunOnce { workload: &'static Workload, ops: u64, floor: bool },
}

#[derive(Default)]
struct Words {
    workloads: Vec<&'static Workload>,
    ops: Option<u64>,
    floor: bool,
    json: bool,
    quick: bool,
    help: bool,
}

impl Command {
    /// Reads the arguments, without the program's name.
    ///
    /// # Errors
    /// A text for the user, if a word is unknown or does not go with the others.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command> {
        let words = Words::read(arguments)?;
        if words.help {
            return Ok(Command::Help);
        }
        let Some(ops) = words.ops else {
            return words.measure();
        };
        let &[workload] = words.workloads.as_slice() else {
            return Err(format!("--ops needs exactly one workload\n\n{}", usage()).into());
        };
        if words.json || words.quick {
            return Err("--ops measures nothing: it goes with --floor only".into());
        }
        Ok(Command::RunOnce { workload, ops, floor: words.floor })
    }
}

impl Words {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Words> {
        let mut words = Words::default();
        while let Some(word) = arguments.next() {
            match word.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--json" => words.json = true,
                "--quick" => words.quick = true,
                "--floor" => words.floor = true,
                "--help" | "-h" => words.help = true,
                "--ops" => words.ops = Some(count(arguments.next())?),
                name => words.workloads.push(find(name)?),
            }
        }
        Ok(words)
    }

    fn measure(self) -> Result<Command> {
        if self.floor {
            return Err("--floor needs --ops: without it both sides run".into());
        }
        let workloads = match self.workloads.is_empty() {
            true => WORKLOADS.iter().collect(),
            false => self.workloads,
        };
        let effort = if self.quick { Effort::Quick } else { Effort::Full };
        Ok(Command::Measure { workloads, effort, json: self.json })
    }
}

fn count(word: Option<String>) -> Result<u64> {
    let number = word.as_deref().and_then(|word| word.parse().ok()).filter(|ops| *ops > 0);
    number.ok_or_else(|| "--ops needs the number of operations, at least 1".into())
}

fn find(name: &str) -> Result<&'static Workload> {
    let found = WORKLOADS.iter().find(|workload| workload.name == name);
    found.ok_or_else(|| {
        let what = if name.starts_with('-') { "option" } else { "workload" };
        format!("there is no {what} `{name}`\n\n{}", usage()).into()
    })
}

/// Says what can be written, with all workloads.
pub(crate) fn usage() -> String {
    let mut text = format!(
        "{COMMAND} -- [WORKLOAD...] [--json] [--quick]\n\
         {COMMAND} -- WORKLOAD --ops N [--floor]\n\n\
         --json     one line of JSON for each workload instead of a table\n\
         --quick    everything in a few seconds, to see that it works\n\
         --ops N    run Ockam once with exactly N operations, for an instruction counter\n\
         --floor    with --ops: run raw tokio instead\n\n\
         workloads (all, if none is named):\n",
    );
    for workload in WORKLOADS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:<13} {}", workload.name, workload.about);
    }
    text
}
