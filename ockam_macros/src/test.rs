//! Owns the expansion of `#[ockam::test]`: a `#[test]` around the user's function. It does not know
//! how a test is run and what makes it fail; the facade does.

use crate::argument::{Arguments, Attribute};
use crate::context::Context;
use crate::function::{Function, Rules};
use crate::problem::Problems;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ReturnType;
use syn::ext::IdentExt;

const RULES: Rules = Rules {
    attribute: Attribute { name: "#[ockam::test]", accepts: &["timeout", "crate"] },
    context: "ctx: &mut Context",
    rival: "test",
    outer: &["should_panic", "ignore"],
};

/// Expands the attribute, or emits the item together with its errors.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::default();
    let arguments = Arguments::read(&RULES.attribute, arguments, &mut problems);
    let Some(function) = Function::read(&RULES, &item, &mut problems) else {
        let errors = problems.into_tokens();
        return quote!(#errors #item);
    };
    let context = function.check(&RULES, &mut problems);
    check_output(&function, &mut problems);
    if !problems.is_empty() {
        let (errors, function) = (problems.into_tokens(), function.mend(&RULES, item));
        return quote!(#errors #function);
    }
    test_around(&arguments, &function, context)
}

fn test_around(arguments: &Arguments, function: &Function, context: Context) -> TokenStream {
    let Arguments { krate, timeout_ms, .. } = arguments;
    let (attrs, inner) = function.split(&RULES);
    let (vis, name) = (&function.vis, &function.sig.ident);
    let (call, title) = (context.call(name), name.unraw().to_string());
    quote! {
        #[::core::prelude::v1::test]
        #attrs
        #vis fn #name() {
            #inner
            #krate::__private::run_test(#title, #timeout_ms, #call);
        }
    }
}

fn check_output(function: &Function, problems: &mut Problems) {
    if let ReturnType::Default = function.sig.output {
        let name = &function.sig.ident;
        problems.at(
            name,
            format_args!("the test `{name}` does not say that it can fail: write `-> Result<()>`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use quote::quote;

    #[test]
    fn the_function_is_kept_inside_of_a_test() {
        let item = quote! {
            #[should_panic]
            #[inline]
            async fn fails(ctx: &mut Context) -> Result<()> { body }
        };
        let expected = quote! {
            #[::core::prelude::v1::test]
            #[should_panic]
            fn fails() {
                #[allow(clippy::unused_async)]
                #[inline]
                async fn fails(ctx: &mut Context) -> Result<()> { body }
                ::ockam::__private::run_test("fails", 5000u64, |mut ctx| async move {
                    fails(&mut ctx).await
                });
            }
        };
        assert_eq!(expand(quote!(timeout = 5_000), item).to_string(), expected.to_string());
    }

    #[test]
    fn a_raw_name_is_printed_without_its_mark() {
        let actual = expand(
            quote!(),
            quote!(
                async fn r#move() -> Result<()> {
                    body
                }
            ),
        )
        .to_string();
        assert!(actual.contains("(\"move\" , 30000u64 , | _ | r#move ())"), "{actual}");
    }

    #[test]
    fn mistakes_of_the_arguments_and_the_function_are_reported_together() {
        let item = quote!(
            #[tokio::test]
            fn quick(ctx: &Context) {
                body
            }
        );
        let actual = expand(quote!(timeout = "fast"), item).to_string();
        for part in
            ["whole number", "asynchronous", "does what", "`&mut` in place", "can fail", "{ body }"]
        {
            assert!(actual.contains(part), "{part}: {actual}");
        }
        assert!(!actual.contains("prelude"), "a test with mistakes is not run: {actual}");
    }
}
