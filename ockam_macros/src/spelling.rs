//! Owns suggestions for misspelt names. It knows words and distances between them, and nothing
//! about the items that have the names.

/// Returns the name of `known` that `name` most likely stands for, or `None` if it resembles none
/// of them.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the limit: a third of the letters may differ. More than that is another word.
fn tolerance(word: &str) -> usize {
    word.chars().count().div_ceil(3)
}

/// Counts the letters to insert, remove or replace to get from one word to the other (the
/// Levenshtein distance).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{closest, distance};

    const KNOWN: [&str; 3] = ["initialize", "handle_message", "shutdown"];

    #[test]
    fn distances_are_counted_in_letters() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn misspelt_names_are_recognised() {
        for (written, meant) in [
            ("handle_mesage", "handle_message"),
            ("handleMessage", "handle_message"),
            ("initialise", "initialize"),
            ("shut_down", "shutdown"),
        ] {
            assert_eq!(closest(written, KNOWN), Some(meant), "{written}");
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        for other in ["encode", "forward_to", "m", "log_everything_that_happens"] {
            assert_eq!(closest(other, KNOWN), None, "{other}");
        }
    }

    #[test]
    fn of_two_similar_names_the_nearer_one_wins() {
        assert_eq!(closest("processs", ["processor", "process"]), Some("process"));
    }
}
