//! Owns the arguments of an attribute: `crate = "path"`, `timeout = milliseconds` and
//! `stop_timeout = "time"`. It parses the arguments and does not know how they are used. A wrong
//! argument is reported and replaced by its default, so that the rest of the item is checked too.

use crate::problem::Problems;
use crate::spelling;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Lit, LitInt, LitStr, Path, parse_quote};

/// Default timeout of a test in milliseconds.
const DEFAULT_TIMEOUT_MS: u64 = 30_000;

/// The attribute that the arguments belong to, for messages, and the names that it accepts.
pub(crate) struct Attribute {
    /// The attribute as the user writes it, such as `#[ockam::node]`.
    pub(crate) name: &'static str,
    /// The names of its arguments.
    pub(crate) accepts: &'static [&'static str],
}

/// The arguments of an attribute, with the defaults filled in.
pub(crate) struct Arguments {
    /// The path of the facade.
    pub(crate) krate: Path,
    /// The timeout of a test in milliseconds.
    pub(crate) timeout_ms: u64,
    /// The stop timeout of a node in milliseconds, if the attribute sets it.
    pub(crate) stop_timeout_ms: Option<u64>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { krate: parse_quote!(::ockam), timeout_ms: DEFAULT_TIMEOUT_MS, stop_timeout_ms: None }
    }
}

impl Arguments {
    /// Parses the tokens between the parentheses of an attribute.
    pub(crate) fn read(
        attribute: &Attribute,
        tokens: TokenStream,
        problems: &mut Problems,
    ) -> Self {
        let mut arguments = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        for Argument { name, value } in split(attribute, tokens, problems) {
            if !attribute.accepts.iter().any(|accepted| name == accepted) {
                problems.at(&name, unknown(attribute, &name));
            } else if seen.contains(&name) {
                problems.at(&name, format_args!("`{name}` is given twice: remove one of them"));
            } else {
                arguments.set(&name, value, problems);
                seen.push(name);
            }
        }
        arguments
    }

    fn set(&mut self, name: &Ident, value: TokenStream, problems: &mut Problems) {
        let outcome = if name == "crate" {
            read_crate(name, value).map(|path| self.krate = path)
        } else if name == "stop_timeout" {
            read_stop_timeout(name, value).map(|limit| self.stop_timeout_ms = Some(limit))
        } else {
            read_timeout(name, value).map(|timeout| self.timeout_ms = timeout)
        };
        if let Err(error) = outcome {
            problems.add(error);
        }
    }
}

/// One argument as written, before its name and value are checked.
struct Argument {
    name: Ident,
    value: TokenStream,
}

/// Splits the arguments at the commas and reports those that are not of the form `name = value`.
fn split(attribute: &Attribute, tokens: TokenStream, problems: &mut Problems) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for piece in tokens.split_inclusive(|token| is_punct(token, ',')) {
        let (piece, comma) = match piece.split_last() {
            Some((last, front)) if is_punct(last, ',') => (front, Some(last)),
            _ => (piece, None),
        };
        match piece.split_first() {
            Some((TokenTree::Ident(name), value)) => arguments
                .push(Argument { name: name.clone(), value: value.iter().cloned().collect() }),
            Some(_) => problems.at(
                piece.iter().cloned().collect::<TokenStream>(),
                format_args!(
                    "this is not an argument of `{}`: {}",
                    attribute.name,
                    accepted(attribute)
                ),
            ),
            None => problems.at(comma, "there is nothing before this comma: remove it"),
        }
    }
    arguments
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Removes the `=` from the front of a value.
fn after_equals(name: &Ident, value: TokenStream, example: &str) -> syn::Result<TokenStream> {
    let mut rest = value.clone().into_iter();
    let is_assigned = rest.next().is_some_and(|token| is_punct(&token, '='));
    let rest: TokenStream = rest.collect();
    match is_assigned && !rest.is_empty() {
        true => Ok(rest),
        false => {
            let mut place = name.to_token_stream();
            place.extend(value);
            Err(syn::Error::new_spanned(
                place,
                format_args!("`{name}` has a value: write `{example}`"),
            ))
        }
    }
}

fn read_crate(name: &Ident, value: TokenStream) -> syn::Result<Path> {
    const EXAMPLE: &str = "crate = \"::ockam\"";
    let value = after_equals(name, value, EXAMPLE)?;
    let wrong = || {
        let message =
            format!("`crate` is a path in quotes: write `{EXAMPLE}` with the name of your facade");
        syn::Error::new_spanned(&value, message)
    };
    let text: LitStr = syn::parse2(value.clone()).map_err(|_| wrong())?;
    text.parse_with(Path::parse_mod_style).map_err(|_| wrong())
}

fn read_timeout(name: &Ident, value: TokenStream) -> syn::Result<u64> {
    let example = "timeout = 30_000";
    let value = after_equals(name, value, example)?;
    let wrong = |why: &str| {
        syn::Error::new_spanned(&value, format_args!("{why}: write `{example}` for thirty seconds"))
    };
    let number: LitInt = match syn::parse2(value.clone()) {
        Ok(Lit::Int(number)) if is_whole(&number) => number,
        _ => return Err(wrong("`timeout` is a whole number of milliseconds")),
    };
    match number.base10_parse() {
        Ok(0) => Err(wrong("with `timeout = 0` the test can only fail")),
        Ok(milliseconds) => Ok(milliseconds),
        Err(_) => Err(wrong("this number of milliseconds does not fit into 64 bits")),
    }
}

fn read_stop_timeout(name: &Ident, value: TokenStream) -> syn::Result<u64> {
    const EXAMPLE: &str = "stop_timeout = \"30s\"";
    let value = after_equals(name, value, EXAMPLE)?;
    let wrong = |why: &str| {
        syn::Error::new_spanned(&value, format_args!("{why}: write `{EXAMPLE}` for thirty seconds"))
    };
    let text: LitStr = syn::parse2(value.clone())
        .map_err(|_| wrong("`stop_timeout` is a time with its unit, in quotes"))?;
    milliseconds(&text.value()).ok_or_else(|| {
        wrong("`stop_timeout` is a whole number with the unit `ms`, `s`, `m` or `h`")
    })
}

/// Parses a whole number with a unit, such as `30s`.
fn milliseconds(text: &str) -> Option<u64> {
    let end = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// Returns whether a number is positive and has no suffix that would change its meaning.
fn is_whole(number: &LitInt) -> bool {
    matches!(number.suffix(), "" | "u64") && !number.base10_digits().starts_with('-')
}

fn unknown(attribute: &Attribute, name: &Ident) -> String {
    match spelling::closest(&name.to_string(), attribute.accepts.iter().copied()) {
        Some(meant) => {
            format!("`{}` has no argument `{name}`: did you mean `{meant}`?", attribute.name)
        }
        None => format!("`{}` has no argument `{name}`: {}", attribute.name, accepted(attribute)),
    }
}

fn accepted(attribute: &Attribute) -> String {
    let forms: Vec<&str> = attribute
        .accepts
        .iter()
        .map(|name| match *name {
            "crate" => "`crate = \"path\"`",
            "stop_timeout" => "`stop_timeout = \"30s\"`",
            _ => "`timeout = milliseconds`",
        })
        .collect();
    format!("it accepts {}", forms.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Attribute, DEFAULT_TIMEOUT_MS};
    use crate::problem::Problems;
    use quote::{ToTokens, quote};

    const TEST: Attribute = Attribute { name: "#[ockam::test]", accepts: &["timeout", "crate"] };

    fn read(tokens: proc_macro2::TokenStream) -> (Arguments, Vec<String>) {
        let mut problems = Problems::default();
        let arguments = Arguments::read(&TEST, tokens, &mut problems);
        (arguments, problems.into_messages())
    }

    #[test]
    fn no_arguments_mean_the_defaults() {
        let (arguments, messages) = read(quote!());
        assert_eq!(messages, [""; 0]);
        assert_eq!(arguments.timeout_ms, DEFAULT_TIMEOUT_MS);
        assert_eq!(arguments.krate.to_token_stream().to_string(), ":: ockam");
    }

    #[test]
    fn both_arguments_are_read_in_any_order() {
        let (arguments, messages) = read(quote!(crate = "my::ockam", timeout = 5_000,));
        assert_eq!(messages, [""; 0]);
        assert_eq!(arguments.timeout_ms, 5_000);
        assert_eq!(arguments.krate.to_token_stream().to_string(), "my :: ockam");
    }

    #[test]
    fn wrong_values_say_what_to_write() {
        for (tokens, part) in [
            (quote!(timeout = "5s"), "whole number of milliseconds"),
            (quote!(timeout = -5), "whole number of milliseconds"),
            (quote!(timeout = 5ms), "whole number of milliseconds"),
            (quote!(timeout = 1.5), "whole number of milliseconds"),
            (quote!(timeout = 0), "can only fail"),
            (quote!(timeout = 99999999999999999999), "does not fit"),
            (quote!(timeout), "`timeout` has a value"),
            (quote!(timeout(5)), "`timeout` has a value"),
            (quote!(timeout =), "`timeout` has a value"),
            (quote!(crate = ockam), "path in quotes"),
            (quote!(crate = "not a path"), "path in quotes"),
            (quote!(crate = 5), "path in quotes"),
        ] {
            let (_, messages) = read(tokens.clone());
            assert_eq!(messages.len(), 1, "{tokens}");
            assert!(messages[0].contains(part), "{tokens}: {}", messages[0]);
        }
    }

    #[test]
    fn the_limit_of_a_stop_has_a_unit() {
        const NODE: Attribute =
            Attribute { name: "#[ockam::node]", accepts: &["stop_timeout", "crate"] };
        let read = |tokens| {
            let mut problems = Problems::default();
            let arguments = Arguments::read(&NODE, tokens, &mut problems);
            (arguments.stop_timeout_ms, problems.into_messages())
        };
        for (tokens, limit) in [
            (quote!(), None),
            (quote!(stop_timeout = "0s"), Some(0)),
            (quote!(stop_timeout = "250ms"), Some(250)),
            (quote!(stop_timeout = "30s"), Some(30_000)),
            (quote!(stop_timeout = "2 m"), Some(120_000)),
            (quote!(stop_timeout = "1h"), Some(3_600_000)),
        ] {
            assert_eq!(read(tokens), (limit, Vec::new()));
        }
        for tokens in [
            quote!(stop_timeout = 30),
            quote!(stop_timeout = 30s),
            quote!(stop_timeout = "30"),
            quote!(stop_timeout = "s"),
            quote!(stop_timeout = ""),
            quote!(stop_timeout = "-1s"),
            quote!(stop_timeout = "1.5s"),
            quote!(stop_timeout = "3 days"),
            quote!(stop_timeout = "99999999999999999h"),
            quote!(stop_timeout),
        ] {
            let (limit, messages) = read(tokens.clone());
            assert_eq!((limit, messages.len()), (None, 1), "{tokens}");
            assert!(messages[0].contains("stop_timeout = \"30s\""), "{tokens}: {messages:?}");
        }
    }

    #[test]
    fn every_wrong_argument_is_reported() {
        let (_, messages) =
            read(quote!(timeout = 1, timeout = 2, timeuot = 3, colour = "red", "x",, crate = 1));
        let parts = [
            "twice",
            "did you mean `timeout`",
            "no argument `colour`",
            "this is not an argument",
            "this comma",
            "quotes",
        ];
        assert_eq!(messages.len(), parts.len(), "{messages:?}");
        for part in parts {
            assert!(messages.iter().any(|message| message.contains(part)), "{part}: {messages:?}");
        }
    }
}
