//! Owns the form in which an impl block with mistakes is emitted. The messages have been written by
//! then; what is left is to keep the compiler from saying the same things again in words of its
//! own, and to keep every line of the user in a place where an editor can complete it. A mended
//! block never runs.

use crate::block::Block;
use crate::lifetime;
use crate::method::Checked;
use crate::part::Part;
use crate::role::Method;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{FnArg, ImplItem, ImplItemFn, Path, Stmt, Token, Type, parse_quote};

/// A block that is being mended.
pub(crate) struct Mending<'a> {
    pub(crate) krate: &'a Path,
    pub(crate) block: &'a Block,
}

impl Mending<'_> {
    /// Returns the block with what it lacked, and a block for the items that have no place in it.
    pub(crate) fn mend(&self) -> TokenStream {
        let mut item = lifetime::without_borrowed(self.block.item.clone());
        let (krate, role) = (self.krate, Ident::new(self.block.role.name, Span::call_site()));
        item.trait_.get_or_insert_with(|| (parse_quote!(#krate::#role), Default::default()));
        let (ours, strangers): (Vec<_>, Vec<_>) =
            item.items.drain(..).partition(|item| !matches!(self.block.part(item), Part::Stranger));
        item.items = ours.into_iter().map(|item| self.named(item)).collect();
        item.items
            .extend(self.block.missing_types().into_iter().map(|name| self.absent_type(name)));
        item.items.extend(
            self.block.missing_methods().into_iter().map(|method| self.absent_method(method)),
        );
        let strangers = self.apart(strangers);
        quote!(#item #strangers)
    }

    /// Puts the items that are not of the trait into a block of their own. An associated type
    /// cannot be there.
    fn apart(&self, mut strangers: Vec<ImplItem>) -> Option<TokenStream> {
        strangers.retain(|item| !matches!(item, ImplItem::Type(_)));
        let block = lifetime::without_borrowed(self.block.item.clone());
        let (generics, _, clause) = block.generics.split_for_impl();
        let ty = &block.self_ty;
        (!strangers.is_empty()).then(|| {
            quote! {
                #[allow(dead_code)]
                impl #generics #ty #clause { #(#strangers)* }
            }
        })
    }

    /// Gives an item the name that was meant, and a method the signature that was meant.
    fn named(&self, item: ImplItem) -> ImplItem {
        match (self.block.part(&item), item) {
            (Part::Type(name), ImplItem::Type(mut item)) => {
                item.ident = Ident::new(name, item.ident.span());
                ImplItem::Type(item)
            }
            (Part::Method(method), ImplItem::Fn(item)) => ImplItem::Fn(self.method(method, item)),
            (_, item) => item,
        }
    }

    fn method(&self, method: &'static Method, item: ImplItemFn) -> ImplItemFn {
        let mut mended = item.clone();
        let checked =
            Checked { role: self.block.role, method, item: &item, message: self.block.message() };
        mended.sig.ident = Ident::new(method.name, item.sig.ident.span());
        if !checked.is_asynchronous() {
            mended.sig.asyncness = Some(Token![async](item.sig.fn_token.span));
        }
        self.mend_output(&checked, &mut mended);
        self.mend_inputs(&checked, &mut mended);
        mended.attrs.push(parse_quote!(#[allow(unused_variables, unreachable_code, clippy::all)]));
        mended
    }

    /// Gives the arguments their types. One that cannot stay becomes a variable, for the body to go
    /// on using it.
    fn mend_inputs(&self, checked: &Checked<'_>, mended: &mut ImplItemFn) {
        let mut inputs: Vec<FnArg> = vec![match checked.has_receiver() {
            true => mended.sig.inputs[0].clone(),
            false => parse_quote!(&mut self),
        }];
        let mut variables: Vec<Stmt> = Vec::new();
        for (index, argument) in checked.arguments() {
            inputs.extend(
                (inputs.len() - 1..index).filter_map(|index| self.argument(checked.method, index)),
            );
            if index < checked.method.arity() && checked.correction(index, &argument.ty).is_none() {
                inputs.push(FnArg::Typed(argument.clone()));
                continue;
            }
            let (pat, ty) = (&argument.pat, &argument.ty);
            variables.push(parse_quote!(let #pat: #ty = ::core::unreachable!();));
            inputs.extend(self.argument(checked.method, index));
        }
        let arity = checked.method.arity();
        inputs.extend(
            (inputs.len() - 1..arity).filter_map(|index| self.argument(checked.method, index)),
        );
        mended.sig.inputs = inputs.into_iter().collect();
        mended.block.stmts.splice(0..0, variables);
    }

    /// Gives the method a return type. A body that answers something else is run for its errors,
    /// and its answer is lost.
    fn mend_output(&self, checked: &Checked<'_>, mended: &mut ImplItemFn) {
        let (krate, output) = (self.krate, &checked.item.sig.output);
        let answer: Type =
            syn::parse_str(checked.method.answer).unwrap_or_else(|_| parse_quote!(()));
        if let syn::ReturnType::Default = output {
            if !matches!(mended.block.stmts.last(), Some(Stmt::Expr(_, None))) {
                mended.block.stmts.push(parse_quote!(return ::core::unreachable!();));
            }
        } else if let (true, syn::ReturnType::Type(_, ty)) = (checked.has_wrong_answer(), output) {
            let body = &mended.block;
            mended.block = parse_quote!({
                let _: #ty = async #body.await;
                ::core::unreachable!()
            });
        } else {
            return;
        }
        mended.sig.output = parse_quote!(-> #krate::Result<#answer>);
    }

    fn argument(&self, method: &Method, index: usize) -> Option<FnArg> {
        let krate = self.krate;
        match index {
            0 => Some(parse_quote!(_: &mut Self::Context)),
            1 if method.takes_message => Some(parse_quote!(_: #krate::Routed<Self::Message>)),
            _ => None,
        }
    }

    fn absent_type(&self, name: &str) -> ImplItem {
        let krate = self.krate;
        let fallback = || {
            if name == "Context" { parse_quote!(#krate::Context) } else { parse_quote!(()) }
        };
        let (ty, name) = (
            self.block.inferred(name).unwrap_or_else(fallback),
            Ident::new(name, Span::call_site()),
        );
        parse_quote!(type #name = #ty;)
    }

    fn absent_method(&self, method: &'static Method) -> ImplItem {
        let (krate, name) = (self.krate, Ident::new(method.name, Span::call_site()));
        let inputs = (0..method.arity()).filter_map(|index| self.argument(method, index));
        let answer: Type = syn::parse_str(method.answer).unwrap_or_else(|_| parse_quote!(()));
        parse_quote! {
            async fn #name(&mut self, #(#inputs),*) -> #krate::Result<#answer> {
                ::core::unreachable!()
            }
        }
    }
}
