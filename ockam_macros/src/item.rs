//! Owns the detection of the kind of an item, for messages about attributes on the wrong kind. It
//! looks only at the first words of an item, so that it works on items that do not parse.

use proc_macro2::{Ident, TokenStream, TokenTree};

/// The keywords of the kinds of items, with the words for them in messages.
const KINDS: [(&str, &str); 11] = [
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("union", "a union"),
    ("trait", "a trait"),
    ("mod", "a module"),
    ("static", "a static"),
    ("type", "a type alias"),
    ("use", "an import"),
    ("impl", "an impl block"),
    ("fn", "a function"),
    ("const", "a constant"),
];

/// The kind of an item, and the keyword in the user's code.
pub(crate) struct Kind {
    /// The words for the item in messages, with the article.
    pub(crate) name: &'static str,
    /// The keyword, for the span of the message.
    pub(crate) keyword: Ident,
}

/// Returns whether a token ends the part of an item that can name its kind.
fn ends_head(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), ';' | '='))
}

impl Kind {
    /// Returns the kind according to the first words of an item, or `None` if it is unknown.
    pub(crate) fn of(item: &TokenStream) -> Option<Self> {
        let words: Vec<Ident> = item
            .clone()
            .into_iter()
            .take_while(|token| !ends_head(token))
            .filter_map(|token| match token {
                TokenTree::Ident(word) => Some(word),
                _ => None,
            })
            .collect();
        // `const fn` is a function and `unsafe impl` an impl block, while `impl Trait for fn()`
        // begins with `impl`: the first keyword decides, and only `const` gives way to a function
        // that follows it.
        let first =
            words.iter().position(|word| KINDS.iter().any(|(keyword, _)| word == keyword))?;
        let is_const_fn = words[first] == "const"
            && words.get(first + 1).is_some_and(|next| {
                ["fn", "async", "unsafe", "extern"].iter().any(|word| next == word)
            });
        let keyword = match is_const_fn {
            true => words.iter().find(|word| *word == "fn")?,
            false => &words[first],
        };
        let (_, name) = KINDS.iter().find(|(kind, _)| keyword == kind)?;
        Some(Self { name, keyword: keyword.clone() })
    }

    /// Returns whether the item is a function.
    pub(crate) fn is_function(&self) -> bool {
        self.keyword == "fn"
    }

    /// Returns whether the item is an impl block.
    pub(crate) fn is_impl(&self) -> bool {
        self.keyword == "impl"
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use quote::quote;

    #[test]
    fn the_first_keyword_names_the_kind() {
        for (item, name) in [
            (
                quote!(
                    pub(crate) struct Echoer;
                ),
                "a struct",
            ),
            (
                quote!(
                    #[derive(Debug)]
                    enum Choice {}
                ),
                "an enum",
            ),
            (
                quote!(
                    unsafe impl Worker for Echoer {}
                ),
                "an impl block",
            ),
            (quote!(impl Worker for fn() {}), "an impl block"),
            (
                quote!(
                    pub async fn main() {}
                ),
                "a function",
            ),
            (
                quote!(
                    const fn main() {}
                ),
                "a function",
            ),
            (
                quote!(
                    const F: fn() = main;
                ),
                "a constant",
            ),
            (
                quote!(
                    const LIMIT: u8 = 1;
                ),
                "a constant",
            ),
        ] {
            assert_eq!(Kind::of(&item).map(|kind| kind.name), Some(name), "{item}");
        }
    }

    #[test]
    fn unknown_items_have_no_kind() {
        assert!(Kind::of(&quote!(println!("hello"))).is_none());
    }
}
