//! The commented ceremony files that `new` writes.

use super::args::Template;

/// The text of a template.
pub fn text(template: Template) -> &'static str {
    match template {
        Template::FirstRoot => include_str!("../../ceremonies/first-root/first-root.toml"),
        Template::MoreIntermediates => {
            include_str!("../../ceremonies/more-intermediates/more-intermediates.toml")
        }
    }
}
