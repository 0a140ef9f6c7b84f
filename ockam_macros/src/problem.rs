//! Owns the mistakes found in one item, in the order in which they were found, and how their
//! messages quote the user's code. It does not know what a correct item looks like, nor what is
//! emitted besides the messages.

use core::fmt::Display;
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects mistakes, so that all of them are reported together.
#[derive(Default)]
pub(crate) struct Problems(Option<syn::Error>);

impl Problems {
    /// Adds a mistake at the given tokens of the user.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that already has a span, such as one found by the parser.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    /// Returns whether no mistake was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns one `compile_error!` for each mistake.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(|errors| errors.into_compile_error()).unwrap_or_default()
    }

    /// Returns only the messages, for tests.
    #[cfg(test)]
    pub(crate) fn into_messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }
}

/// Formats tokens as a user writes them, without the extra spaces of token streams.
pub(crate) fn written(tokens: impl ToTokens) -> String {
    const TIGHT: [(&str, &str); 8] = [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" : ", ": "),
        ("& ", "&"),
    ];
    let text = tokens.to_token_stream().to_string();
    TIGHT.iter().fold(text, |text, (spaced, tight)| text.replace(spaced, tight))
}

#[cfg(test)]
mod tests {
    use super::{Problems, written};
    use quote::quote;

    #[test]
    fn nothing_wrong_expands_to_nothing() {
        let problems = Problems::default();
        assert!(problems.is_empty());
        assert!(problems.into_tokens().is_empty());
    }

    #[test]
    fn every_mistake_becomes_one_error_in_the_order_of_finding() {
        let mut problems = Problems::default();
        problems.at(quote!(first), "one");
        problems.at(quote!(second), "two");
        assert!(!problems.is_empty());
        let expansion = problems.into_tokens().to_string();
        assert_eq!(expansion.matches("compile_error").count(), 2);
        assert!(expansion.find("one") < expansion.find("two"));
    }

    #[test]
    fn tokens_are_written_as_a_user_writes_them() {
        for (tokens, text) in [
            (quote!(ockam::Context), "ockam::Context"),
            (quote!(Generic<Vec<u8>, &str>), "Generic<Vec<u8>, &str>"),
            (quote!(<T: Send, U>), "<T: Send, U>"),
            (quote!(extern "C"), "extern \"C\""),
        ] {
            assert_eq!(written(tokens), text);
        }
    }
}
