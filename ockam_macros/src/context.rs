//! Owns the argument of a function under `#[ockam::node]` or `#[ockam::test]`: whether it is
//! present, whether it is borrowed, and how the function is called with it. It does not know the
//! rest of the function.

use crate::problem::Problems;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

/// The way in which the function takes its context, with the span of its type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Context {
    /// No argument.
    Absent,
    /// `ctx: Context`.
    Owned(Span),
    /// `ctx: &mut Context`.
    Borrowed(Span),
}

impl Context {
    /// Determines how the context is taken from the type of the argument. A type that by its name is
    /// not a context is reported, with the form to write instead.
    pub(crate) fn of(ty: &Type, form: &str, problems: &mut Problems) -> Self {
        let (inner, context) = match bare(ty) {
            Type::Reference(reference) if reference.mutability.is_some() => {
                (&*reference.elem, Self::Borrowed(ty.span()))
            }
            Type::Reference(reference) if names_context(&reference.elem) => {
                problems.at(ty, "a context is borrowed mutably: write `&mut` in place of `&`");
                return Self::Borrowed(ty.span());
            }
            other => (other, Self::Owned(ty.span())),
        };
        if !names_context(inner) {
            problems.at(
                ty,
                format_args!("the one argument is the context of the node: write `{form}`"),
            );
        }
        context
    }

    /// Returns the closure that calls the function with the context that it takes. A type other than
    /// the facade's `Context` is an error at the tokens that the user wrote.
    pub(crate) fn call(self, name: &Ident) -> TokenStream {
        let at = |place| Span::mixed_site().located_at(place);
        match self {
            Self::Absent => quote!(|_| #name()),
            Self::Owned(place) => {
                let ctx = Ident::new("ctx", at(place));
                quote!(|#ctx| #name(#ctx))
            }
            Self::Borrowed(place) => {
                let ctx = Ident::new("ctx", at(place));
                let borrowed = quote_spanned!(at(place)=> &mut #ctx);
                quote!(|mut #ctx| async move { #name(#borrowed).await })
            }
        }
    }
}

/// Returns whether a type is a context according to its name. A renamed import has to keep the word
/// at the end of its name.
fn names_context(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident.to_string().ends_with("Context")),
        _ => false,
    }
}

/// Removes the invisible groups that declarative macros put around types, and parentheses.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::Context;
    use crate::problem::Problems;
    use syn::{Type, parse_quote};

    fn read(ty: Type) -> (Context, Vec<String>) {
        let mut problems = Problems::default();
        let context = Context::of(&ty, "ctx: Context", &mut problems);
        (context, problems.into_messages())
    }

    #[test]
    fn a_context_is_known_by_its_name() {
        let types: [Type; 4] = [
            parse_quote!(Context),
            parse_quote!(ockam::Context),
            parse_quote!((OckamContext)),
            parse_quote!(::my::facade::Context),
        ];
        for ty in types {
            assert!(matches!(read(ty), (Context::Owned(_), messages) if messages.is_empty()));
        }
    }

    #[test]
    fn a_borrowed_context_can_be_changed() {
        let (context, messages) = read(parse_quote!(&mut Context));
        assert!(matches!(context, Context::Borrowed(_)) && messages.is_empty());
        let (_, messages) = read(parse_quote!(&Context));
        assert!(messages[0].contains("`&mut` in place of `&`"), "{messages:?}");
    }

    #[test]
    fn anything_else_is_told_what_to_write() {
        let types: [Type; 4] = [
            parse_quote!(Vec<String>),
            parse_quote!(&mut u8),
            parse_quote!(&str),
            parse_quote!((u8, Context)),
        ];
        for ty in types {
            assert!(read(ty).1[0].contains("write `ctx: Context`"));
        }
    }
}
