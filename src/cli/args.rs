//! The command line: where things are, never what is done. Nothing is touched here.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde::Serialize;

use super::exit;
use crate::check::consumer::Consumer;

const FIRST_STEPS: &str = "\
First steps:
  anchorite new first-root > first-root.toml
  anchorite plan first-root.toml
  anchorite rehearse first-root.toml";

/// What stands below a verb's options: one example that works, and how it can end.
fn help(verb: &str, example: &str) -> String {
    let codes = exit::table(verb);
    format!("Example:\n  anchorite {example}\n\nExit codes:{codes}")
}

/// Root-CA key ceremonies on an air-gapped laptop.
#[derive(Parser, Debug)]
#[command(name = "anchorite", version, about, after_help = format!("{FIRST_STEPS}\n\nExit codes:{}", exit::table("")), max_term_width = 80)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Print a commented ceremony file to start from; at a terminal, ask for the names in it
    #[command(after_help = help("new", "new first-root > first-root.toml"))]
    New(NewArgs),
    /// Check a ceremony file and show each certificate-to-be; needs no token
    #[command(after_help = help("plan", "plan first-root.toml --lock"))]
    Plan(PlanArgs),
    /// Print the shell script that has Vault or OpenBao make the requests
    #[command(after_help = help("requests", "requests first-root.toml > requests.sh"))]
    Requests(RequestsArgs),
    /// Print the page people read aloud: the plan as one self-contained HTML file
    #[command(after_help = help("script", "script first-root.toml > script.html"))]
    Script(SourceArgs),
    /// Run the ceremony on a throw-away SoftHSM token; everything says REHEARSAL
    #[cfg(feature = "token")]
    #[command(after_help = help("rehearse", "rehearse first-root.toml --keep rehearsal"))]
    Rehearse(RehearseArgs),
    /// Run the ceremony
    #[cfg(feature = "token")]
    #[command(
        after_help = help("run", "run first-root.toml --ledger /media/ledger --site site.toml")
    )]
    Run(RunArgs),
    /// End an interrupted ceremony without its token
    #[command(after_help = help("abort", "abort 0002-clusters --ledger /media/ledger"))]
    Abort(AbortArgs),
    /// Verify a ceremony's folder, or a whole ledger, against a root
    #[command(after_help = help("verify", "verify /media/ledger --root root.pem"))]
    Verify(VerifyArgs),
    /// Print a document made from a verified ceremony or ledger
    #[command(after_help = help("report", "report /media/ledger --root root.pem --calendar > root.ics"))]
    Report(ReportArgs),
    /// Show a file as a person reads it, with the ceremony's checks
    #[command(after_help = help("inspect", "inspect etcd.csr --issuer root.pem"))]
    Inspect(InspectArgs),
    /// Show what the PKCS#11 module and its tokens hold, read-only
    #[cfg(feature = "token")]
    #[command(subcommand)]
    Token(TokenVerb),
    /// Print what completes the verbs and options in a shell
    #[command(after_help = help("completions", "completions bash > /etc/bash_completion.d/anchorite"))]
    Completions(CompletionsArgs),
    /// Write the manual, one page for each verb, into a folder
    #[command(after_help = help("man", "man /usr/local/share/man/man1"))]
    Man(ManArgs),
}

impl Verb {
    /// Whether the answer is wanted as JSON.
    pub fn wants_json(&self) -> bool {
        match self {
            Self::Plan(args) => args.json,
            Self::Verify(args) => args.json,
            Self::Inspect(args) => args.json,
            #[cfg(feature = "token")]
            Self::Token(TokenVerb::List(args)) => args.json,
            #[cfg(feature = "token")]
            Self::Token(TokenVerb::Show(args)) => args.module.json,
            _ => false,
        }
    }
}

/// `new`
#[derive(Args, Debug)]
pub struct NewArgs {
    /// Which file
    pub template: Template,
}

/// The templates of `new`: a root's life in its order, then whole systems.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// A new root, two intermediates for Vault, the first CRL
    FirstRoot,
    /// More intermediates and a new CRL under an existing root
    MoreIntermediates,
    /// The next CRL, with nothing newly revoked
    NextCrl,
    /// An intermediate is revoked
    Revoke,
    /// An intermediate's key is certified once more
    Renew,
    /// An intermediate is revoked, and gets a new key under its old name
    ReplaceAfterCompromise,
    /// Another CA is signed by this root too
    CrossSign,
    /// This root asks another CA for a certificate of its key
    RequestForOurRoot,
    /// A root that was made elsewhere goes on in a ledger
    AdoptRoot,
    /// A last CRL, and the root's key is destroyed
    EndOfRoot,
    /// A new root, an etcd CA and a Kubernetes CA for each cluster, the first CRL
    KubernetesClusters,
    /// The Kubernetes CA as people make it with cfssl and Vault, its root in a token
    CfsslMigration,
    /// Its Vault was broken into: revoked, CRL, a new intermediate under the same subject
    CfsslAttack,
    /// A root that cfssl made goes on in a ledger, and issues its first CRL
    CfsslAdopt,
    /// Linkerd's trust anchor, and the mount that signs its identity issuer
    Linkerd,
    /// Linkerd's next trust anchor, over the key that the mount has
    LinkerdNewAnchor,
    /// A new root and the mount that cert-manager gets its certificates from
    CertManager,
    /// A new root, and Vault's own server certificate below it
    VaultServerTls,
}

/// `plan`
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// What is planned
    #[command(flatten)]
    pub source: SourceArgs,
    /// Write plan and lock beside the file
    #[arg(long)]
    pub lock: bool,
    /// The same facts as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `script`, and what `plan` is made from
#[derive(Args, Debug)]
pub struct SourceArgs {
    /// The ceremony file
    pub file: PathBuf,
    /// The ledger (or a copy of it) that the ceremony will be run on
    #[arg(long, value_name = "DIR")]
    pub ledger: Option<PathBuf>,
    /// The root certificate that the ledger must belong to
    #[arg(long, value_name = "PEM")]
    pub root: Option<PathBuf>,
}

/// `requests`
#[derive(Args, Debug)]
pub struct RequestsArgs {
    /// The ceremony file
    pub file: PathBuf,
}

/// `rehearse`
#[derive(Args, Debug)]
pub struct RehearseArgs {
    /// The ceremony file
    pub file: PathBuf,
    /// Keep token and ledger of the rehearsal here, and go on from what is there
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Let a person answer the questions
    #[arg(long)]
    pub interactive: bool,
    /// The SoftHSM module, where it is not found by itself
    #[arg(long, value_name = "PATH")]
    pub module: Option<PathBuf>,
}

/// `run`
#[derive(Args, Debug)]
pub struct RunArgs {
    /// The ceremony file
    pub file: PathBuf,
    /// The ledger's folder
    #[arg(long, value_name = "DIR")]
    pub ledger: PathBuf,
    /// What differs per laptop: module and token
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// The PKCS#11 module, in place of a site file
    #[arg(long, value_name = "PATH", conflicts_with = "site")]
    pub module: Option<PathBuf>,
    /// Go on with the interrupted ceremony
    #[arg(long)]
    pub resume: bool,
    /// A second copy of the ledger on another medium, synced before each signature
    #[arg(long, value_name = "DIR")]
    pub mirror: Option<PathBuf>,
}

/// `abort`
#[derive(Args, Debug)]
pub struct AbortArgs {
    /// The ceremony's id, or its folder
    pub ceremony: String,
    /// The ledger's folder
    #[arg(long, value_name = "DIR")]
    pub ledger: PathBuf,
    /// The second copy of the ledger
    #[arg(long, value_name = "DIR")]
    pub mirror: Option<PathBuf>,
}

/// `verify`
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// A ceremony's folder, or the ledger with all of them
    pub path: PathBuf,
    /// The root certificate, from a channel of your own
    #[arg(long, value_name = "PEM")]
    pub root: PathBuf,
    /// What was read aloud or printed: 64 hex digits, or 32 words
    #[arg(long, value_name = "WORDS|HEX")]
    pub expect: Option<String>,
    /// Certificates from the wild, PEM or DER: does the ledger know them?
    #[arg(long, value_name = "CERT", num_args = 1..)]
    pub seen: Vec<PathBuf>,
    /// The same facts as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `report`
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// A ceremony's folder, or the ledger with all of them
    pub path: PathBuf,
    /// The root certificate, from a channel of your own
    #[arg(long, value_name = "PEM")]
    pub root: PathBuf,
    /// What is due, as a calendar (.ics): the next CRL, the expiries
    #[arg(long, required = true)]
    pub calendar: bool,
}

/// `inspect`
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// The file
    pub file: PathBuf,
    /// What the file is, where its content is not to tell
    #[arg(long = "as", value_name = "KIND")]
    pub kind: Option<FileKind>,
    /// The root certificate it is held against
    #[arg(long, value_name = "PEM")]
    pub issuer: Option<PathBuf>,
    /// The request that a bundle answers
    #[arg(long, value_name = "CSR")]
    pub request: Option<PathBuf>,
    /// Who reads a bundle, besides Vault; may come again
    #[arg(long = "for", value_name = "CONSUMER", value_parser = consumer())]
    pub consumers: Vec<Consumer>,
    /// The same facts as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The words of [`Consumer`], listed by `--help` and completed by shells.
fn consumer() -> impl TypedValueParser<Value = Consumer> {
    PossibleValuesParser::new(Consumer::ALL.map(Consumer::word))
        .try_map(|word| Consumer::parse(&word).ok_or("no such consumer"))
}

/// The kinds of files that `inspect` shows.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A certification request (CSR)
    Request,
    /// One certificate
    Certificate,
    /// A certificate revocation list
    Crl,
    /// Certificates for set-signed: the intermediate first, the root last
    Bundle,
    /// A ceremony's transcript
    Transcript,
}

impl FileKind {
    /// Its word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Certificate => "certificate",
            Self::Crl => "CRL",
            Self::Bundle => "bundle",
            Self::Transcript => "transcript",
        }
    }
}

/// `token`
#[cfg(feature = "token")]
#[derive(Subcommand, Debug)]
pub enum TokenVerb {
    /// List the tokens of a module
    #[command(after_help = help("token list", "token list --site site.toml"))]
    List(ModuleArgs),
    /// Show one token; its keys too, where a PIN is given at the prompt
    #[command(after_help = help("token show", "token show acme-root-g1 --keys"))]
    Show(ShowArgs),
}

/// Where the module is.
#[cfg(feature = "token")]
#[derive(Args, Debug)]
pub struct ModuleArgs {
    /// What differs per laptop: module and token
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// The PKCS#11 module
    #[arg(long, value_name = "PATH", conflicts_with = "site")]
    pub module: Option<PathBuf>,
    /// The same facts as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `token show`
#[cfg(feature = "token")]
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Label of the token
    pub label: String,
    /// Log in, and show the keys too
    #[arg(long)]
    pub keys: bool,
    /// Where the module is
    #[command(flatten)]
    pub module: ModuleArgs,
}

/// `completions`
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Which shell
    pub shell: Shell,
}

/// `man`
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The folder; pages that are there already are never overwritten
    pub folder: PathBuf,
}
