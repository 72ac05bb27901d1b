//! `inspect`: one file, shown as a person reads it, judged as a ceremony would judge it.

mod entries;
mod kind;
mod other;
mod report;
mod request;
mod signed;

use super::args::{FileKind, InspectArgs};
use super::exit::Exit;
use super::output::show;
use super::trouble::Trouble;
use super::verify::root_certificate;
use crate::check::consumer::Consumer;
use crate::host::{SystemClock, read_named, shown};
use crate::ports::Clock as _;
use crate::x509::certificate::Certificate;
use crate::x509::crl_file::CrlFile;
use crate::x509::request::Request;
use crate::x509::time::UtcTime;
use kind::Kind;
use report::Report;

/// The most octets that are read: no kind of file has more than a CRL.
const LIMIT: u64 = CrlFile::SIZE_LIMIT as u64;

/// A file that is looked at, with the issuer it is held against.
struct Object<'a> {
    /// Its path, escaped.
    path: &'a str,
    /// Its bytes.
    bytes: &'a [u8],
    /// The root that a person named.
    issuer: Option<&'a Certificate>,
    /// The request that a person named.
    request: Option<&'a Request>,
    /// Who reads it, as a person named them.
    consumers: &'a [Consumer],
    /// The laptop's clock.
    now: UtcTime,
}

/// Shows the file, and ends as its checks do.
pub fn inspect(args: &InspectArgs) -> Result<Exit, Trouble> {
    let issuer = args.issuer.as_deref().map(root_certificate).transpose()?;
    let bytes = read_named(&args.file, LIMIT)?;
    let path = shown(&args.file);
    let kind = kind::tell(args.kind, &bytes);
    if kind.0 != Kind::Judged(FileKind::Bundle)
        && (args.request.is_some() || !args.consumers.is_empty())
    {
        let words =
            "--request and --for are asked of a bundle alone: --as bundle says that it is one";
        return Err(Trouble::new(Exit::Usage, words).at_path(&args.file));
    }
    let request = args.request.as_deref().map(request::named).transpose()?;
    let object = Object {
        path: &path,
        bytes: &bytes,
        issuer: issuer.as_ref(),
        request: request.as_ref(),
        consumers: &args.consumers,
        now: SystemClock.now(),
    };
    let judged = match kind.0 {
        Kind::Judged(FileKind::Request) => request::judge(&object),
        Kind::Judged(FileKind::Certificate) => signed::certificate(&object),
        Kind::Judged(FileKind::Crl) => signed::crl(&object),
        Kind::Judged(FileKind::Bundle) => signed::bundle(&object),
        Kind::Judged(FileKind::Transcript) => entries::judge(&object),
        Kind::Other(other) => other.judge(),
    };
    let report = Report::new(&object, kind, judged);
    show(&report, args.json);
    Ok(if report.is_accepted() {
        Exit::Done
    } else {
        Exit::Refused
    })
}
