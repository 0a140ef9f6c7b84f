//! Owns the expansion of `#[derive(Message)]`: an empty `impl`. It refuses to know what the trait
//! asks of a type; the compiler says so at the type's name.

use crate::argument::{Arguments, Attribute};
use crate::problem::Problems;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, GenericParam, Meta, Path, TypeParam, parse_quote};

const ATTRIBUTE: Attribute = Attribute { name: "#[message]", accepts: &["crate"] };

/// Expands the derive to the check, or to the errors.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut problems = Problems::default();
    let krate = facade(&item, &mut problems);
    check(&item, &mut problems);
    match problems.is_empty() {
        true => implementation(&krate, item),
        false => problems.into_tokens(),
    }
}

/// Reads the attributes `#[message(..)]`, as many as there are, as one list of arguments.
fn facade(item: &DeriveInput, problems: &mut Problems) -> Path {
    let mut tokens = TokenStream::new();
    for attr in item.attrs.iter().filter(|attr| attr.path().is_ident("message")) {
        match &attr.meta {
            Meta::List(list) => {
                let arguments = &list.tokens;
                tokens.extend(if tokens.is_empty() {
                    quote!(#arguments)
                } else {
                    quote!(, #arguments)
                });
            }
            other => problems.at(
                other,
                "`#[message]` names the facade: write `#[message(crate = \"::ockam\")]`",
            ),
        }
    }
    Arguments::read(&ATTRIBUTE, tokens, problems).krate
}

fn check(item: &DeriveInput, problems: &mut Problems) {
    let name = &item.ident;
    if let Data::Union(data) = &item.data {
        let message =
            format!("a union cannot be encoded, so `{name}` cannot be a message: write an `enum`");
        problems.at(data.union_token, message);
    }
    for param in item.generics.lifetimes() {
        let lifetime = &param.lifetime;
        let message = format!(
            "a message outlives the function that sends it, so `{name}` cannot borrow: \
             remove `{lifetime}` and own the data, as `String` does in place of `&str`"
        );
        problems.at(lifetime, message);
    }
}

/// Returns the `impl`, in which the type parameters are messages themselves.
fn implementation(krate: &Path, mut item: DeriveInput) -> TokenStream {
    for param in &mut item.generics.params {
        if let GenericParam::Type(TypeParam { bounds, .. }) = param {
            bounds.push(parse_quote!(#krate::Message));
        }
    }
    let (name, (params, arguments, clause)) = (&item.ident, item.generics.split_for_impl());
    quote! {
        #[automatically_derived]
        impl #params #krate::Message for #name #arguments #clause {}
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proc_macro2::TokenStream;
    use quote::quote;

    fn expanded(item: TokenStream) -> String {
        expand(item).to_string()
    }

    #[test]
    fn the_trait_is_implemented() {
        let actual = expanded(quote!(
            #[serde(other)]
            struct Reading {
                celsius: f32,
            }
        ));
        assert!(
            actual.contains(&quote!(impl ::ockam::Message for Reading {}).to_string()),
            "{actual}"
        );
    }

    #[test]
    fn type_parameters_are_messages_themselves() {
        let actual = expanded(quote!(
            enum Tree<T: Ord = u8, const N: usize>
            where
                T: Copy,
            {
                Leaf([T; N]),
            }
        ));
        let expected = quote!(::ockam::Message for Tree<T, N> where T: Copy, {});
        assert!(actual.contains(&expected.to_string()), "{actual}");
        let params = quote!(impl<T: Ord + ::ockam::Message, const N: usize>);
        assert!(actual.contains(&params.to_string()), "{actual}");
    }

    #[test]
    fn the_facade_can_have_another_name() {
        let actual = expanded(quote!(
            #[message(crate = "my::ockam")]
            struct Reading;
        ));
        assert!(
            actual.contains(&quote!(impl my::ockam::Message for Reading {}).to_string()),
            "{actual}"
        );
    }

    #[test]
    fn every_mistake_is_reported() {
        let actual = expanded(quote! {
            #[message] #[message(crate = 1)] #[message(crates = "x")]
            union Word<'a, 'b> { text: &'a str }
        });
        for part in [
            "names the facade",
            "path in quotes",
            "did you mean",
            "union",
            "remove `'a`",
            "remove `'b`",
        ] {
            assert!(actual.contains(part), "{part}: {actual}");
        }
    }
}
