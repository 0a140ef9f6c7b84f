//! Owns the expansion of `#[ockam::node]`: a `main` for the operating system around the user's
//! `main`. It does not know how a node is built; the facade does.

use crate::argument::{Arguments, Attribute};
use crate::function::{Function, Rules};
use crate::problem::Problems;
use proc_macro2::TokenStream;
use quote::quote;

const RULES: Rules = Rules {
    attribute: Attribute { name: "#[ockam::node]", accepts: &["stop_timeout", "crate"] },
    context: "ctx: Context",
    rival: "main",
    outer: &[],
};

/// Expands the attribute, or emits the item together with its errors.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::default();
    let Arguments { krate, stop_timeout_ms, .. } =
        Arguments::read(&RULES.attribute, arguments, &mut problems);
    let Some(function) = Function::read(&RULES, &item, &mut problems) else {
        let errors = problems.into_tokens();
        return quote!(#errors #item);
    };
    let context = function.check(&RULES, &mut problems);
    check_name(&function, &mut problems);
    if !problems.is_empty() {
        let (errors, function) = (problems.into_tokens(), function.mend(&RULES, item));
        return quote!(#errors #function);
    }
    let (attrs, inner) = function.split(&RULES);
    let (vis, name, output) = (&function.vis, &function.sig.ident, &function.sig.output);
    let call = context.call(name);
    let run = match stop_timeout_ms {
        Some(limit) => quote!(run_node_with_stop_timeout(#limit, #call)),
        None => quote!(run_node(#call)),
    };
    quote! {
        #attrs
        #vis fn #name() #output {
            #inner
            #krate::__private::#run
        }
    }
}

fn check_name(function: &Function, problems: &mut Problems) {
    let name = &function.sig.ident;
    if name != "main" {
        problems.at(
            name,
            format_args!("a node begins in the function `main`: rename `{name}` to `main`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proc_macro2::TokenStream;
    use quote::quote;

    fn expanded(item: TokenStream) -> String {
        expand(quote!(), item).to_string()
    }

    #[test]
    fn main_is_kept_inside_of_a_main_that_runs_the_node() {
        let actual = expanded(quote! {
            /// Documentation.
            #[inline]
            pub async fn main(mut ctx: ockam::Context) -> Result<()> { body }
        });
        let expected = quote! {
            /// Documentation.
            pub fn main() -> Result<()> {
                #[allow(clippy::unused_async)]
                #[inline]
                async fn main(mut ctx: ockam::Context) -> Result<()> { body }
                ::ockam::__private::run_node(|ctx| main(ctx))
            }
        };
        assert_eq!(actual, expected.to_string());
    }

    #[test]
    fn a_borrowed_context_and_none_at_all_are_accepted() {
        let borrowed = expanded(quote!(
            async fn main(ctx: &mut Context) {}
        ));
        let call = quote!(|mut ctx| async move { main(&mut ctx).await });
        assert!(borrowed.contains(&call.to_string()), "{borrowed}");
        let absent = expanded(quote!(
            async fn main() {}
        ));
        assert!(absent.contains(&quote!(|_| main()).to_string()), "{absent}");
    }

    #[test]
    fn the_facade_can_have_another_name() {
        let actual = expand(
            quote!(crate = "my::ockam"),
            quote!(
                async fn main() {}
            ),
        )
        .to_string();
        assert!(actual.contains("my :: ockam :: __private :: run_node"), "{actual}");
    }

    #[test]
    fn the_limit_of_the_stop_is_handed_on_in_milliseconds() {
        let actual = expand(
            quote!(stop_timeout = "30s"),
            quote!(
                async fn main() {}
            ),
        )
        .to_string();
        let call = quote!(::ockam::__private::run_node_with_stop_timeout(30000u64, |_| main()));
        assert!(actual.contains(&call.to_string()), "{actual}");
    }

    #[test]
    fn mistakes_are_reported_together_and_the_function_stays() {
        let actual = expanded(quote!(
            fn start<T>(words: Vec<String>, more: T) {
                body
            }
        ));
        for part in [
            "asynchronous",
            "type arguments",
            "context of the node",
            "nothing else",
            "rename `start`",
            "body",
        ] {
            assert!(actual.contains(part), "{part}: {actual}");
        }
    }

    #[test]
    fn an_item_that_is_no_function_is_emitted_as_it_was() {
        let actual = expanded(quote!(
            struct Main;
        ));
        assert!(
            actual.contains("this is a struct") && actual.ends_with("struct Main ;"),
            "{actual}"
        );
    }
}
