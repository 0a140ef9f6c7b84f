//! Owns the lifetimes of an impl block: which of them a worker cannot have, because it outlives the
//! function that starts it, and the block without them.

use crate::problem::{Problems, written};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericParam, ItemImpl, Lifetime, parse_quote};

/// Reports each lifetime of the block of a worker or a processor, as `noun` says, but `'static`.
pub(crate) fn check(item: &ItemImpl, noun: &str, problems: &mut Problems) {
    let ty = match &*item.self_ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        other => Some(written(other)),
    };
    for lifetime in borrowed(item) {
        let message = format!(
            "a {noun} outlives the function that starts it, so `{}` cannot borrow: remove \
             `{lifetime}` and own the data, as `String` does in place of `&str`",
            ty.as_deref().unwrap_or(noun)
        );
        problems.at(lifetime, message);
    }
}

/// Makes every such lifetime `'static`, so that the compiler does not report it again.
pub(crate) fn without_borrowed(mut item: ItemImpl) -> ItemImpl {
    let borrowed: Vec<_> = borrowed(&item).into_iter().map(|lifetime| lifetime.ident).collect();
    if borrowed.is_empty() {
        return item;
    }
    let ty = with_static(item.self_ty.to_token_stream(), &borrowed);
    *item.self_ty = parse_quote!(#ty);
    let params = std::mem::take(&mut item.generics.params);
    item.generics.params =
        params.into_iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))).collect();
    // In what is left, `'_` is not the type's.
    let named: Vec<_> = borrowed.into_iter().filter(|name| name != "_").collect();
    syn::parse2(with_static(item.to_token_stream(), &named)).unwrap_or(item)
}

/// Returns the lifetimes that the block declares, and those that its type leaves open.
fn borrowed(item: &ItemImpl) -> Vec<Lifetime> {
    let declared = item.generics.lifetimes().map(|param| param.lifetime.clone());
    let mut open = Vec::new();
    collect_open(item.self_ty.to_token_stream(), &mut open);
    declared.chain(open).collect()
}

fn collect_open(tokens: TokenStream, open: &mut Vec<Lifetime>) {
    let mut apostrophe = None;
    for token in tokens {
        match (&token, apostrophe.take()) {
            (TokenTree::Ident(name), Some(apostrophe)) if name == "_" => {
                open.push(Lifetime { apostrophe, ident: name.clone() });
            }
            (TokenTree::Punct(punct), _) if punct.as_char() == '\'' => {
                apostrophe = Some(punct.span());
            }
            (TokenTree::Group(group), _) => collect_open(group.stream(), open),
            _ => {}
        }
    }
}

fn with_static(tokens: TokenStream, names: &[Ident]) -> TokenStream {
    let mut is_lifetime = false;
    let replaced = tokens.into_iter().map(|token| {
        let was_apostrophe = std::mem::take(&mut is_lifetime);
        match token {
            TokenTree::Ident(name) if was_apostrophe && names.contains(&name) => {
                Ident::new("static", name.span()).into()
            }
            TokenTree::Group(group) => {
                let mut inner =
                    proc_macro2::Group::new(group.delimiter(), with_static(group.stream(), names));
                inner.set_span(group.span());
                inner.into()
            }
            other => {
                is_lifetime = matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '\'');
                other
            }
        }
    });
    replaced.collect()
}
