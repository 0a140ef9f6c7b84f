//! Owns the checks of a whole impl block under `#[ockam::worker]` or `#[ockam::processor]`: which
//! trait it implements, which items it has, and which it lacks. A correct block is emitted exactly
//! as it was written. How a block with mistakes is emitted is the business of `mend`.

use crate::argument::Arguments;
use crate::item::Kind;
use crate::lifetime;
use crate::mend::Mending;
use crate::method::Checked;
use crate::part::{Part, name};
use crate::problem::{Problems, written};
use crate::role::Role;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ImplItem, ItemImpl};

/// An impl block, read as an implementation of one role.
pub(crate) struct Block {
    pub(crate) role: &'static Role,
    pub(crate) item: ItemImpl,
}

/// Expands the attribute: checks the block and emits it, beside its errors if it has any.
pub(crate) fn expand(
    role: &'static Role,
    arguments: TokenStream,
    item: TokenStream,
) -> TokenStream {
    let mut problems = Problems::default();
    let Arguments { krate, .. } = Arguments::read(&role.attribute, arguments, &mut problems);
    let mended = match Block::read(role, &item, &mut problems) {
        Some(block) if block.is_ours(&mut problems) => {
            block.check(&mut problems);
            let (krate, block) = (&krate, &block);
            (!problems.is_empty()).then(|| Mending { krate, block }.mend())
        }
        _ => None,
    };
    let (errors, item) = (problems.into_tokens(), mended.unwrap_or(item));
    quote!(#errors #item)
}

impl Block {
    /// Reads the item under an attribute, or reports why it is no impl block.
    fn read(role: &'static Role, item: &TokenStream, problems: &mut Problems) -> Option<Self> {
        let error = match syn::parse2(item.clone()) {
            Ok(item) => return Some(Self { role, item }),
            Err(error) => error,
        };
        let (attribute, name) = (role.attribute.name, role.name);
        match Kind::of(item) {
            Some(kind) if !kind.is_impl() => problems.at(
                &kind.keyword,
                format_args!(
                    "`{attribute}` stands on the block `impl {name} for ..`, and this is {}",
                    kind.name
                ),
            ),
            _ => problems.add(error),
        }
        None
    }

    /// Checks which trait is implemented, and returns whether the rest of the block can be held
    /// against the role.
    fn is_ours(&self, problems: &mut Problems) -> bool {
        let (role, other) = (self.role, self.role.other());
        let Some((path, _)) = &self.item.trait_ else {
            let ty = &self.item.self_ty;
            let message = format!(
                "this block implements no trait: write `impl {} for {}`",
                role.name,
                written(ty)
            );
            problems.at(ty, message);
            return true;
        };
        let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        if name == role.name {
            return true;
        }
        let message = match name == other.name {
            true => format!(
                "`{name}` is checked by the other attribute: write `{}`",
                other.attribute.name
            ),
            false => format!(
                "`{}` checks `impl {} for ..`: remove it from `{name}`",
                role.attribute.name, role.name
            ),
        };
        problems.at(path, message);
        false
    }

    fn check(&self, problems: &mut Problems) {
        lifetime::check(&self.item, self.role.noun, problems);
        self.check_missing(problems);
        for item in &self.item.items {
            self.check_name(item, problems);
            if let (ImplItem::Fn(item), Part::Method(method)) = (item, self.part(item)) {
                Checked { role: self.role, method, item, message: self.message() }.check(problems);
            }
        }
    }

    fn check_missing(&self, problems: &mut Problems) {
        // Who is told about something that is not there: the trait that asks for it, or the type of
        // a block without one.
        let place = match &self.item.trait_ {
            Some((path, _)) => path.to_token_stream(),
            None => self.item.self_ty.to_token_stream(),
        };
        for name in self.missing_types() {
            let likely = if name == "Context" { "Context" } else { "String" };
            let example = self.inferred(name).map_or(likely.into(), |ty| written(&ty));
            let noun = self.role.noun;
            let message = match name {
                "Context" => format!(
                    "this {noun} does not name its context: add `type Context = {example};`"
                ),
                _ => format!(
                    "this {noun} does not say what it handles: add `type {name} = {example};`"
                ),
            };
            problems.at(&place, message);
        }
        for method in self.missing_methods() {
            let message = format!(
                "this {} has no `{}`: add `{}`",
                self.role.noun,
                method.name,
                method.form()
            );
            problems.at(&place, message);
        }
    }

    fn check_name(&self, item: &ImplItem, problems: &mut Problems) {
        let Some((name, keyword)) = name(item) else {
            return;
        };
        let (trait_name, word) = (self.role.name, name.to_string());
        let meant = match self.part(item) {
            Part::Type(meant) => Some(meant),
            Part::Method(method) => Some(method.name),
            Part::Stranger => None,
            Part::Opaque => return,
        };
        let message = match meant {
            Some(meant) if name == meant => return,
            Some(meant) => {
                format!(
                    "`{trait_name}` has no `{keyword} {name}`: did you mean `{keyword} {meant}`?"
                )
            }
            None if self.role.other().has(&word) && !self.role.has(&word) => {
                let other = self.role.other().name;
                format!(
                    "`{keyword} {name}` is of a `{other}`, and this is a `{trait_name}`: remove it"
                )
            }
            None if keyword == "type" => {
                format!("`{trait_name}` has no `type {name}`: declare it outside of the block")
            }
            None => {
                let ty = written(&self.item.self_ty);
                format!("`{trait_name}` has no `{keyword} {name}`: move it to a block `impl {ty}`")
            }
        };
        problems.at(name, message);
    }
}
