//! Which events are written: a default level, and levels by module.

use core::fmt;
use core::str::FromStr;
use tracing::level_filters::LevelFilter;

/// The levels of `OCKAM_LOG`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Levels {
    default: LevelFilter,
    /// The longest module path first, so that the first match is the closest.
    by_target: Vec<(String, LevelFilter)>,
}

/// Says which part of the text is no level.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotALevel(String);

impl Levels {
    /// Returns the level of a module.
    pub(crate) fn of(&self, target: &str) -> LevelFilter {
        let matches = |prefix: &str| {
            let rest = target.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let found = self.by_target.iter().find(|(prefix, _)| matches(prefix));
        found.map_or(self.default, |(_, level)| *level)
    }

    /// Returns the level above which nothing is ever written.
    pub(crate) fn highest(&self) -> LevelFilter {
        self.by_target.iter().map(|(_, level)| *level).fold(self.default, LevelFilter::max)
    }
}

impl Default for Levels {
    fn default() -> Self {
        Levels { default: LevelFilter::WARN, by_target: Vec::new() }
    }
}

impl FromStr for Levels {
    type Err = NotALevel;

    fn from_str(text: &str) -> Result<Self, NotALevel> {
        let mut levels = Levels::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (target, level) = match part.split_once('=') {
                Some((target, level)) => (Some(target.trim()), level.trim()),
                None => (None, part),
            };
            let level = level.parse().map_err(|_| NotALevel(part.to_owned()))?;
            match target {
                Some(target) => levels.by_target.push((target.to_owned(), level)),
                None => levels.default = level,
            }
        }
        levels.by_target.sort_by_key(|(target, _)| core::cmp::Reverse(target.len()));
        Ok(levels)
    }
}

impl fmt::Display for NotALevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a level; write off, error, warn, info, debug or trace, or a level by \
             module as in `warn,ockam_node=trace`",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{LevelFilter, Levels, NotALevel};

    #[test]
    fn the_closest_module_decides() {
        let levels: Levels = "info, ockam_node=debug,ockam_node::actor=off".parse().unwrap();
        assert_eq!(levels.of("my_program"), LevelFilter::INFO);
        assert_eq!(levels.of("ockam_node::deliver"), LevelFilter::DEBUG);
        assert_eq!(levels.of("ockam_node::actor"), LevelFilter::OFF);
        assert_eq!(levels.of("ockam_node_extra"), LevelFilter::INFO);
        assert_eq!(levels.highest(), LevelFilter::DEBUG);
    }

    #[test]
    fn nothing_means_warnings_and_a_mistake_is_named() {
        assert_eq!("".parse(), Ok(Levels::default()));
        assert_eq!("warn,x=loud".parse::<Levels>(), Err(NotALevel("x=loud".into())));
    }
}
