//! Owns the checked view of the `async fn` under `#[ockam::node]` and `#[ockam::test]`: how it
//! takes its context, and which of its attributes belong on the generated function. It does not
//! know what that function does. The body is passed through unread.

use crate::argument::Attribute as Macro;
use crate::context::Context;
use crate::item::Kind;
use crate::problem::{Problems, written};
use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Safety, Signature, Token, Visibility};

/// A function with an unparsed body.
pub(crate) struct Function {
    attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    body: Group,
}

/// The form of a correct function for one attribute, for the checks and their messages.
pub(crate) struct Rules {
    /// The attribute, such as `#[ockam::node]`.
    pub(crate) attribute: Macro,
    /// The argument to write, such as `ctx: Context`.
    pub(crate) context: &'static str,
    /// The name of the attributes of other runtimes that do the same: `main` as in `tokio::main`.
    pub(crate) rival: &'static str,
    /// The attributes that belong on the generated function, besides those that always do.
    pub(crate) outer: &'static [&'static str],
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Ok(Self {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl Function {
    /// Parses the item under an attribute, or reports why it is not a function.
    pub(crate) fn read(rules: &Rules, item: &TokenStream, problems: &mut Problems) -> Option<Self> {
        let error = match syn::parse2(item.clone()) {
            Ok(function) => return Some(function),
            Err(error) => error,
        };
        let attribute = rules.attribute.name;
        match Kind::of(item) {
            Some(kind) if !kind.is_function() => problems.at(
                &kind.keyword,
                format_args!("`{attribute}` belongs on an `async fn`, and this is {}", kind.name),
            ),
            _ => problems.add(error),
        }
        None
    }

    /// Runs the checks common to nodes and tests and returns how the function takes its context.
    pub(crate) fn check(&self, rules: &Rules, problems: &mut Problems) -> Context {
        let name = &self.sig.ident;
        if self.sig.asyncness.is_none() {
            problems.at(
                self.sig.fn_token,
                format_args!(
                    "`{name}` runs inside of a node, which is asynchronous: write `async fn {name}`"
                ),
            );
        }
        self.check_qualifiers(problems);
        self.check_generics(problems);
        self.check_attributes(rules, problems);
        self.check_inputs(rules, problems)
    }

    fn check_qualifiers(&self, problems: &mut Problems) {
        let name = &self.sig.ident;
        let mut refuse = |tokens: TokenStream| {
            let message =
                format!("`{name}` is called by the node as a plain `async fn`: remove `{tokens}`");
            problems.at(&tokens, message);
        };
        if let Some(constness) = &self.sig.constness {
            refuse(constness.to_token_stream());
        }
        if let Safety::Unsafe(safety) = &self.sig.safety {
            refuse(safety.to_token_stream());
        }
        if let Some(abi) = &self.sig.abi {
            refuse(abi.to_token_stream());
        }
    }

    fn check_generics(&self, problems: &mut Problems) {
        let name = &self.sig.ident;
        let generics = &self.sig.generics;
        let clause = generics.where_clause.as_ref().map(ToTokens::to_token_stream);
        let params = (!generics.params.is_empty()).then(|| generics.to_token_stream());
        // One message is enough: a `where` clause without parameters is rare, and one with
        // parameters goes away together with them.
        if let Some(tokens) = params.or(clause) {
            let message =
                format!("`{name}` is called without type arguments: remove `{}`", written(&tokens));
            problems.at(tokens, message);
        }
    }

    fn check_attributes(&self, rules: &Rules, problems: &mut Problems) {
        for attr in self.attrs.iter().filter(|attr| is_rival(rules, attr)) {
            let attribute = rules.attribute.name;
            let path = written(attr.path());
            problems.at(
                attr,
                format_args!("`{attribute}` does what `#[{path}]` does: remove `#[{path}]`"),
            );
        }
    }

    fn check_inputs(&self, rules: &Rules, problems: &mut Problems) -> Context {
        if let Some(receiver) = self.sig.receiver() {
            let message =
                "a node runs functions, and a function has no `self`: move it out of the `impl`";
            problems.at(receiver, message);
        }
        let mut arguments = self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(argument) => Some(argument),
            FnArg::Receiver(_) => None,
        });
        let context = arguments.next().map(|first| Context::of(&first.ty, rules.context, problems));
        for extra in arguments {
            let name = &self.sig.ident;
            let message =
                format!("`{name}` is given its context and nothing else: remove this argument");
            problems.at(extra, message);
        }
        context.unwrap_or(Context::Absent)
    }

    /// Returns the attributes for the generated function, and the user's function in a form that
    /// the generated one can call.
    pub(crate) fn split(&self, rules: &Rules) -> (TokenStream, TokenStream) {
        let (outer, inner): (Vec<_>, Vec<_>) =
            self.attrs.iter().partition(|attr| is_outer(rules, attr));
        // The attribute requires `async`, so a body without an `await` is not a mistake.
        let allow = quote!(#[allow(clippy::unused_async)]);
        let Self { sig, body, .. } = self;
        (quote!(#(#outer)*), quote!(#allow #(#inner)* #sig #body))
    }

    /// Returns a function with mistakes in a form that causes no further compiler errors: it is
    /// never called, and the function with its name is not asynchronous, as `main` must not be.
    pub(crate) fn mend(&self, rules: &Rules, item: TokenStream) -> TokenStream {
        if self.sig.receiver().is_some() {
            return item;
        }
        let (vis, name, body) = (&self.vis, &self.sig.ident, &self.body);
        let outer = self.attrs.iter().filter(|attr| is_lasting(attr));
        let inner =
            self.attrs.iter().filter(|attr| !is_outer(rules, attr) && !is_rival(rules, attr));
        let mut sig = self.sig.clone();
        sig.asyncness.get_or_insert(Token![async](sig.fn_token.span));
        sig.constness = None;
        quote! {
            #(#outer)*
            #[allow(dead_code, unused_variables, clippy::unused_async)]
            #vis fn #name() {
                #(#inner)*
                #sig #body
                ::core::unreachable!()
            }
        }
    }
}

/// Returns whether an attribute belongs on the generated function.
fn is_outer(rules: &Rules, attr: &Attribute) -> bool {
    is_lasting(attr) || rules.outer.iter().any(|name| attr.path().is_ident(name))
}

/// Returns whether an attribute belongs on the generated function even if that function does
/// nothing. Lint levels do, because they apply to its content.
fn is_lasting(attr: &Attribute) -> bool {
    const LASTING: [&str; 8] =
        ["cfg", "cfg_attr", "doc", "allow", "expect", "warn", "deny", "forbid"];
    LASTING.iter().any(|name| attr.path().is_ident(name))
}

fn is_rival(rules: &Rules, attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|segment| segment.ident == rules.rival)
}
