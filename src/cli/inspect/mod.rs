//! `inspect`: one file, shown as a person reads it, judged as a ceremony would judge it.

mod kind;
mod report;
mod request;

use super::args::{FileKind, InspectArgs};
use super::exit::Exit;
use super::output::show;
use super::trouble::Trouble;
use super::verify::root_certificate;
use crate::host::{read_named, shown};
use crate::x509::certificate::Certificate;
use report::Report;

/// The most octets that are read: as much as a ledger's largest file.
const LIMIT: u64 = 64 * 1024 * 1024;

/// A file that is looked at, with the issuer it is held against.
struct Object<'a> {
    /// Its path, escaped.
    path: &'a str,
    /// Its bytes.
    bytes: &'a [u8],
    /// The root that a person named.
    issuer: Option<&'a Certificate>,
}

/// Shows the file, and ends as its checks do.
pub fn inspect(args: &InspectArgs) -> Result<Exit, Trouble> {
    let issuer = args.issuer.as_deref().map(root_certificate).transpose()?;
    let bytes = read_named(&args.file, LIMIT)?;
    let path = shown(&args.file);
    let kind = kind::tell(args.kind, &bytes);
    let object = Object {
        path: &path,
        bytes: &bytes,
        issuer: issuer.as_ref(),
    };
    let judged = match kind.0 {
        FileKind::Request => request::judge(&object),
        _ => return Err(Trouble::new(Exit::Usage, "only requests so far")),
    };
    let report = Report::new(&object, kind, judged);
    show(&report, args.json);
    Ok(if report.is_accepted() {
        Exit::Done
    } else {
        Exit::Refused
    })
}
