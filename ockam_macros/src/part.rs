//! Owns the classification of the items of a block: the part of the role that each one is, which
//! parts are missing, and what the missing ones would be. It reports nothing.

use crate::block::Block;
use crate::role::Method;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::{FnArg, GenericArgument, ImplItem, ImplItemFn, PathArguments, Type};

/// The part of a role that an item of the block is.
pub(crate) enum Part {
    /// An associated type of the role, by its correct name.
    Type(&'static str),
    /// A method of the role.
    Method(&'static Method),
    /// Not a part of the role.
    Stranger,
    /// A macro, which may expand to anything.
    Opaque,
}

impl Block {
    /// Classifies an item. An unknown name counts as the name that it resembles, unless the block
    /// has that one as well.
    pub(crate) fn part(&self, item: &ImplItem) -> Part {
        let Some((name, keyword)) = name(item) else {
            return Part::Opaque;
        };
        let (written, is_type) = (name.to_string(), keyword == "type");
        let meant = match self.role.has(&written)
            || self.role.other().has(&written)
            || keyword == "const"
        {
            true => None,
            false => self.role.meant_by(&written, is_type).filter(|meant| !self.has(meant)),
        };
        let resolved = meant.unwrap_or(&written);
        match is_type {
            true => self
                .role
                .types
                .iter()
                .find(|known| **known == resolved)
                .map_or(Part::Stranger, |known| Part::Type(known)),
            false => self.role.method(resolved).map_or(Part::Stranger, Part::Method),
        }
    }

    fn has(&self, wanted: &str) -> bool {
        self.item.items.iter().filter_map(name).any(|(name, _)| name == wanted)
    }

    fn parts(&self) -> impl Iterator<Item = Part> {
        self.item.items.iter().map(|item| self.part(item))
    }

    fn may_hide_items(&self) -> bool {
        self.parts().any(|part| matches!(part, Part::Opaque))
    }

    /// Returns the associated types that the block lacks.
    pub(crate) fn missing_types(&self) -> Vec<&'static str> {
        let is_there = |wanted: &str| {
            self.parts().any(|part| matches!(part, Part::Type(name) if name == wanted))
        };
        self.role
            .types
            .iter()
            .copied()
            .filter(|name| !self.may_hide_items() && !is_there(name))
            .collect()
    }

    /// Returns the required methods that the block lacks.
    pub(crate) fn missing_methods(&self) -> Vec<&'static Method> {
        let is_there = |wanted: &str| {
            self.parts().any(|part| matches!(part, Part::Method(method) if method.name == wanted))
        };
        let required = self.role.methods.iter().filter(|method| method.is_required);
        required.filter(|method| !self.may_hide_items() && !is_there(method.name)).collect()
    }

    /// Returns the type of the block's `Message`.
    pub(crate) fn message(&self) -> Option<&Type> {
        self.item.items.iter().find_map(|item| match (item, self.part(item)) {
            (ImplItem::Type(item), Part::Type("Message")) => Some(&item.ty),
            _ => None,
        })
    }

    /// Guesses a missing associated type from the arguments of the methods.
    pub(crate) fn inferred(&self, name: &str) -> Option<Type> {
        let methods = self.item.items.iter().filter_map(|item| match (item, self.part(item)) {
            (ImplItem::Fn(item), Part::Method(_)) => Some(item),
            _ => None,
        });
        let index = if name == "Context" { 1 } else { 2 };
        let mut types = methods.filter_map(|method| argument_type(method, index).and_then(inner));
        types
            .find(|ty| !ty.to_token_stream().into_iter().any(|token| token.to_string() == "Self"))
            .cloned()
    }
}

/// Returns the name of an item and the keyword before it.
pub(crate) fn name(item: &ImplItem) -> Option<(&Ident, &'static str)> {
    match item {
        ImplItem::Type(item) => Some((&item.ident, "type")),
        ImplItem::Fn(item) => Some((&item.sig.ident, "fn")),
        ImplItem::Const(item) => Some((&item.ident, "const")),
        _ => None,
    }
}

fn argument_type(method: &ImplItemFn, index: usize) -> Option<&Type> {
    match method.sig.inputs.get(index)? {
        FnArg::Typed(argument) => Some(&argument.ty),
        FnArg::Receiver(_) => None,
    }
}

/// Returns `C` of `&mut C`, and `M` of `Routed<M>`.
fn inner(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(reference) => Some(&reference.elem),
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Routed")?;
            let PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return None;
            };
            match arguments.args.first()? {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            }
        }
        _ => None,
    }
}
