//! Writes the seeds of all targets into a folder: `seeds FOLDER`, which is `corpus` for cargo-fuzz.

use std::path::PathBuf;
use std::{env, io};

fn main() -> io::Result<()> {
    let Some(folder) = env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("say where to: seeds FOLDER"));
    };
    for (target, _) in ockam_fuzz::TARGETS {
        let number = ockam_fuzz::seed::write(target, &folder.join(target))?;
        println!("{target}: {number} seeds");
    }
    Ok(())
}
