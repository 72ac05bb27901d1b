//! `new`: a commented ceremony file to start from; in a terminal, with a person's names in it.

mod answers;
mod fill;
mod questions;
#[cfg(test)]
mod tests;

use super::args::Template;
use super::exit::Exit;
use super::trouble::Trouble;
use crate::host::{Terminal, print, wants_plain};

/// Prints the file. Where nobody can be asked it is the template as it stands in the tree.
pub fn new(template: Template) -> Result<Exit, Trouble> {
    let text = text(template);
    let Ok(mut terminal) = Terminal::open_beside_document(wants_plain()) else {
        print(text);
        return Ok(Exit::Done);
    };
    let asked = questions::of(template);
    let answers = questions::ask(text, asked, &mut terminal)
        .map_err(|error| Trouble::new(Exit::Stopped, error.to_string()))?;
    print(&fill::fill(text, &answers));
    Ok(Exit::Done)
}

/// The text of a template.
fn text(template: Template) -> &'static str {
    macro_rules! ready {
        ($name:literal) => {
            ready!($name, $name)
        };
        ($folder:literal, $name:literal) => {
            include_str!(concat!(
                "../../../ceremonies/",
                $folder,
                "/",
                $name,
                ".toml"
            ))
        };
    }
    match template {
        Template::FirstRoot => ready!("first-root"),
        Template::MoreIntermediates => ready!("more-intermediates"),
        Template::NextCrl => ready!("next-crl"),
        Template::Revoke => ready!("revoke"),
        Template::Renew => ready!("renew"),
        Template::ReplaceAfterCompromise => ready!("replace-after-compromise"),
        Template::CrossSign => ready!("cross-sign"),
        Template::RequestForOurRoot => ready!("request-for-our-root"),
        Template::AdoptRoot => ready!("adopt-root"),
        Template::EndOfRoot => ready!("end-of-root"),
        Template::KubernetesClusters => ready!("kubernetes-clusters"),
        Template::CfsslMigration => ready!("cfssl-migration"),
        Template::CfsslAttack => ready!("cfssl-migration", "cfssl-attack"),
        Template::CfsslAdopt => ready!("cfssl-migration", "cfssl-adopt"),
        Template::Linkerd => ready!("linkerd"),
        Template::LinkerdNewAnchor => ready!("linkerd", "linkerd-new-anchor"),
        Template::CertManager => ready!("cert-manager"),
        Template::VaultServerTls => ready!("vault-server-tls"),
    }
}
