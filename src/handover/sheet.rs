//! `HANDOVER.md`: the page for the administrator of the server. What is in the folder, the
//! same commands by hand, and what to look at when something fails.
//!
//! Foreign text stands only in indented blocks, where Markdown reads nothing into it.

use super::cert_manager::{self, CA_BUNDLE, ISSUER};
use super::mount::path_of;
use super::revoked;
use super::{
    CRL, CRL_DER, Handover, Intermediate, MountError, OutputFile, ROOT, TRUST_BUNDLE,
    TRUST_MANAGER, commands, cross_commands, mount_folder, request_path, shell_quote,
};
use crate::digest::Digest;
use crate::plan::Succession;
use crate::x509::escape::{escape, escape_once};
use crate::x509::show::{joined, wrapped};

/// The sheet's text; `delivered` is every other file of the folder.
pub(super) fn text(handover: &Handover, delivered: &[OutputFile]) -> Result<String, MountError> {
    let mut page = Page(String::new());
    head(&mut page, handover);
    contents(&mut page, delivered);
    let has_crosses = handover.crosses.iter().any(|one| one.mount.is_some());
    if has_crosses || !handover.intermediates.is_empty() {
        by_script(&mut page, handover);
    }
    if !handover.intermediates.is_empty() {
        by_hand(&mut page, handover)?;
        server_settings(&mut page, handover);
        after(&mut page, handover);
        trust(&mut page, handover)?;
        cert_managers(&mut page, handover)?;
    }
    crosses(&mut page, handover)?;
    trust_bundle(&mut page, handover);
    requests(&mut page, handover);
    revoked_there(&mut page, handover);
    crl(&mut page, handover);
    failures(&mut page);
    Ok(page.0)
}

fn head(page: &mut Page, handover: &Handover) {
    page.heading("# Hand-over");
    if handover.rehearsal {
        page.prose(
            "**REHEARSAL.** Everything here was signed by a throw-away key. It may go into a \
             test server and nowhere else.",
        );
    }
    page.fields(&[
        ("ceremony", escape(&handover.ceremony)),
        ("root", escape_once(&handover.root_subject)),
        ("sha-256", Digest::of(&handover.root_der).to_string()),
        ("root ends", handover.root_not_after.readable()),
    ]);
    page.prose(
        "The root's sha-256 is that of the certificate itself, not of the file. Compare it \
         with the paper that was read aloud before you trust this root: \
         `openssl x509 -in root.pem -noout -fingerprint -sha256` prints the same digits.",
    );
}

fn contents(page: &mut Page, delivered: &[OutputFile]) {
    page.heading("## What is in this folder");
    page.prose("Each file with its SHA-256, as `sha256sum` prints it:");
    for file in delivered {
        page.code(&file.path);
        page.code(&format!("  {}", Digest::of(&file.bytes)));
    }
    page.gap();
    page.prose(
        "`bundle.pem` is the intermediate and then the root: the file for `set-signed`, \
         with nothing after its last block (a server refuses it otherwise). \
         `intermediate.pem` is the intermediate alone; `root.pem` the root alone.",
    );
}

fn by_script(page: &mut Page, handover: &Handover) {
    page.heading("## With the script");
    let flag = if handover.rehearsal {
        " --rehearsal"
    } else {
        ""
    };
    page.prose("With `VAULT_ADDR` and `VAULT_TOKEN` set, in this folder:");
    page.code(&format!("sh handover.sh{flag} --dry-run"));
    page.code(&format!("sh handover.sh{flag}"));
    page.gap();
    page.prose(
        "It uses `vault` or `bao`, whichever is found. It checks the files first, stops at \
         the first error, says at the end what was done and what was not, and can be run \
         again. The token needs, in each mount: update on `intermediate/set-signed` (for a \
         cross-certificate on `issuers/import/cert`), read on `issuer/*`, read and update on \
         `config/issuers`.",
    );
}

fn by_hand(page: &mut Page, handover: &Handover) -> Result<(), MountError> {
    page.heading("## By hand");
    page.prose(
        "Three commands for each mount, in this order. For OpenBao write `bao` in place of \
         `vault`.",
    );
    page.prose(
        "The first answers with a `mapping` of issuers to keys. **Exactly one issuer must \
         have a key** there: its id is NEW below, the id with the empty key is ROOT. If \
         none has a key, stop: the mount does not hold the key of this certificate, and the \
         server will not say so until it must issue.",
    );
    page.prose(
        "The second must print `true` five times (`vault` before 1.13 does not have it). \
         The third is needed at every renewal: the old issuer stays the default until you \
         say otherwise.",
    );
    for (at, one) in handover.intermediates.iter().enumerate() {
        page.heading(&format!("### Mount {}", at + 1));
        page.fields(&[
            ("mount", escape(&one.mount)),
            ("subject", escape_once(&one.subject)),
            ("serial", escape(&one.serial)),
            ("key sha-256", one.spki_sha256.to_string()),
            ("ends", one.not_after.readable()),
            ("step", escape(&one.step)),
        ]);
        for line in commands(&one.mount)? {
            page.code(&line);
        }
        page.gap();
    }
    Ok(())
}

fn server_settings(page: &mut Page, handover: &Handover) {
    page.heading("## Addresses in what the mounts issue");
    page.prose(
        "Set `config/urls` in each mount before it issues its first certificate: it fills \
         the CRL and issuer addresses of leaves, and of nothing issued before. It does not \
         reach the intermediate itself, whose addresses were fixed at the ceremony. In \
         place of vault.example write the name under which clients reach the server:",
    );
    for one in &handover.intermediates {
        let path = path_of(&one.mount);
        // The address is a URL, so the mount is percent-encoded in it.
        let address: String = one
            .mount
            .split('/')
            .map(url_part)
            .collect::<Vec<_>>()
            .join("/");
        page.code("vault write \\");
        page.code(&format!(
            "    {} \\",
            shell_quote(&format!("{path}/config/urls"))
        ));
        for (name, leaf) in [
            ("issuing_certificates", "ca"),
            ("crl_distribution_points", "crl"),
        ] {
            let more = if leaf == "ca" { " \\" } else { "" };
            page.code(&format!(
                "    {name}=https://vault.example/v1/{address}/{leaf}{more}"
            ));
        }
    }
    page.gap();
}

/// What else there is to do where a mount had an issuer before.
fn after(page: &mut Page, handover: &Handover) {
    let of = |wanted: Succession| {
        let all = handover.intermediates.iter();
        all.filter(move |one| one.succession == wanted)
            .map(|one| shell_quote(&format!("{}/config/issuers", path_of(&one.mount))))
            .collect::<Vec<_>>()
    };
    let (renewed, rekeyed) = (of(Succession::Renewal), of(Succession::NewKey));
    if !renewed.is_empty() {
        page.heading("## After a renewal");
        page.prose(
            "The new certificate has the key, the subject and the key identifier of the one \
             before it, so every leaf issued so far verifies under either. `set-signed` \
             leaves the old default: until `default=NEW` is written, leaves still come from \
             the old issuer and can live no longer than it. Give the new `intermediate.pem` \
             to whoever was given the old one.",
        );
        commands_of(page, &renewed);
    }
    if !rekeyed.is_empty() {
        page.heading("## After a new key");
        page.prose(
            "`set-signed` leaves the old default, so write `default=NEW` at once. Leaves of \
             the old issuer do not verify under the new one: leave the old issuer in the \
             mount until they are replaced, and issue them anew. Where its key is lost, only \
             the root's CRL stops it for everybody; `issuer/<old id>/revoke` reaches the \
             server alone.",
        );
        commands_of(page, &rekeyed);
    }
}

/// Cross-certificates: where they go, and what a chain over both roots breaks.
fn crosses(page: &mut Page, handover: &Handover) -> Result<(), MountError> {
    if handover.crosses.is_empty() {
        return Ok(());
    }
    page.heading("## Cross-certificates");
    page.prose(
        "A cross-certificate gives another CA's name and key a second way up, to this root. The \
         certificates below that CA stay as they are. Hand it out beside the chain of servers \
         whose clients know this root alone.",
    );
    for one in &handover.crosses {
        page.fields(&[
            ("subject", escape_once(&one.subject)),
            ("serial", escape(&one.serial)),
            ("ends", one.not_after.readable()),
            ("step", escape(&one.step)),
        ]);
        let Some(mount) = &one.mount else { continue };
        for line in cross_commands(mount)? {
            page.code(&line);
        }
        page.gap();
    }
    if handover.crosses.iter().any(|one| one.mount.is_some()) {
        page.prose(
            "`handover.sh` does the same. The mount then has two issuers of one key, each with its \
             own chain, and the default stays as it was. To change it, write \
             `config/issuers default=<id>`; a role takes one of them by `issuer_ref`. \
             `manual_chain` of an issuer would send both ways up at once. **Leave it alone where cert-manager is downstream:** it wants one line of \
             issuers, and refuses with `certificate chain is malformed or broken`; Vault's own \
             `root/sign-intermediate` fails with it too.",
        );
    }
    Ok(())
}

/// Requests for the root's own key: who signs them, and what to do with what comes back.
fn requests(page: &mut Page, handover: &Handover) {
    if handover.requests.is_empty() {
        return;
    }
    page.heading("## Requests for the root's own key");
    page.prose(
        "Not for Vault. With such a request another CA gives this root's name and key a second \
         certificate, a cross-certificate: clients that trust that CA then accept what is below \
         this root, which stays as it is. Give the other CA the request and, by another way, the \
         digest of its key.",
    );
    for one in &handover.requests {
        page.fields(&[
            ("file", request_path(&one.step)),
            ("key sha-256", one.spki_sha256.to_string()),
            ("step", escape(&one.step)),
        ]);
        page.code(&format!(
            "openssl req -in {} -noout -verify -text",
            request_path(&one.step)
        ));
        page.gap();
    }
    page.prose(
        "It must print `verify OK`; its exit code is 0 either way. What comes back must have this \
         root's subject and key identifier, byte for byte, or no chain finds it: compare it with \
         `root.pem`. Servers then send it after their intermediate, in the place of the root.",
    );
}

fn commands_of(page: &mut Page, paths: &[String]) {
    for path in paths {
        page.code("vault write \\");
        page.code(&format!("    {path} \\"));
        page.code("    default=NEW");
    }
    page.gap();
}

fn trust(page: &mut Page, handover: &Handover) -> Result<(), MountError> {
    page.heading("## Who should trust what");
    page.prose(
        "Clients that check a server need `root.pem`. A server that checks its *clients* \
         should be given the `intermediate.pem` of the mount that issues them, not the \
         root: whoever trusts the root lets in the clients of every mount below it. An etcd \
         whose `--trusted-ca-file` is the root, for one, takes a certificate of any other \
         mount. When the intermediate is renewed, that file must change too.",
    );
    for one in &handover.intermediates {
        page.code(&format!("{}/intermediate.pem", mount_folder(&one.mount)?));
    }
    page.gap();
    Ok(())
}

/// The anchors of a change of roots: what goes to clients, and in which order.
fn trust_bundle(page: &mut Page, handover: &Handover) {
    let Some(trust) = &handover.trust else { return };
    page.heading("## The trust bundle");
    page.prose(&format!(
        "`{TRUST_BUNDLE}` is what clients are to trust: this root, and the anchors that the \
         ceremony file names beside it. `{TRUST_MANAGER}` is the same for trust-manager, which \
         writes it into a ConfigMap. Give one of the two to the cluster:"
    ));
    page.code(&format!("kubectl apply -f {TRUST_MANAGER}"));
    page.code(&format!(
        "kubectl create configmap {} \\",
        trust.bundle.name
    ));
    page.code(&format!(
        "    --from-file={}={TRUST_BUNDLE}",
        trust.bundle.key
    ));
    page.gap();
    if !trust.also.is_empty() {
        page.prose(
            "**First** this bundle, then a restart of whoever reads its anchors when it starts \
             (Linkerd's proxies do), and only then the first certificate below the new root. When \
             nothing lives below an old anchor any more, take its lines out and restart again.",
        );
    }
}

/// The mounts whose certificates cert-manager asks for.
fn cert_managers(page: &mut Page, handover: &Handover) -> Result<(), MountError> {
    let told = |one: &'_ Intermediate| one.cert_manager.is_some();
    if !handover.intermediates.iter().any(told) {
        return Ok(());
    }
    page.heading("## cert-manager");
    page.prose(&format!(
        "`{ISSUER}` beside a bundle is the ClusterIssuer of that mount. Its `caBundle` is \
         `root.pem` in base64 on one line, the same as `{CA_BUNDLE}`: cert-manager checks the \
         *server's own* certificate with it. Where that one does not stand below this root, put \
         the root that it stands below in its place.",
    ));
    page.prose(
        "After the import, and once the mount has the role (the first command shows it), these \
         give cert-manager an AppRole that may sign there and nothing else. `approle` is enabled \
         once in a server; the namespace is cert-manager's own.",
    );
    for one in &handover.intermediates {
        let Some(told) = &one.cert_manager else {
            continue;
        };
        page.fields(&[
            ("mount", escape(&one.mount)),
            ("server", escape(&told.server)),
        ]);
        for line in cert_manager::commands(one, told)? {
            page.code(&line);
        }
        page.gap();
    }
    page.prose(
        "A Secret of this issuer then has leaf and intermediate in `tls.crt`, and the root in \
         `ca.crt`. Where `ca.crt` is the intermediate, the mount has it without the root: import \
         `bundle.pem`. `certificate chain is malformed or broken`: the mount's issuer has a \
         `manual_chain` with more than one way up.",
    );
    Ok(())
}

fn revoked_there(page: &mut Page, handover: &Handover) {
    if handover.revoked.is_empty() {
        return;
    }
    page.heading("## What is revoked");
    page.prose(&format!(
        "**First publish `{CRL_DER}`** as the next part says: only the root's CRL reaches \
         clients, and as long as the old one is served, what is revoked still passes."
    ));
    for url in revoked::addresses(handover) {
        page.code(&url);
    }
    page.gap();
    page.prose(
        "Then, in the mount of each. `handover.sh` prints these commands and runs none of \
         them. OLD is the issuer whose certificate has the serial number below (the second \
         command shows it, `openssl x509 -noout -serial` reads it). The third stops it from \
         issuing at once, and tells no client: for keyCompromise do it now, otherwise it may \
         wait until the new issuer is the default. The fourth makes a new key and a request; \
         give it the subject that the old one had. A ceremony signs that request (with \
         `rekey = true`, for the subject is taken), its own hand-over imports it with \
         `intermediate/set-signed`, and the last command makes it the default: the server does \
         not do that by itself.",
    );
    for one in &handover.revoked {
        page.fields(&one.fields());
        for line in one.commands() {
            page.code(&line);
        }
        page.gap();
    }
    page.prose(
        "Everything that a revoked intermediate issued is dead with it: issue those \
         certificates anew from the new one.",
    );
}

fn crl(page: &mut Page, handover: &Handover) {
    page.heading("## The root's CRL");
    match &handover.crl {
        Some(crl) => {
            page.fields(&[
                ("CRL number", crl.number.to_string()),
                ("next due", crl.next_update.readable()),
            ]);
            page.prose(&format!(
                "Put `{CRL_DER}` (DER) on a static web server under the address that the \
                 intermediates name as their CRL distribution point; `{CRL}` is the same in \
                 PEM, for tools that want a file. Neither Vault nor OpenBao can hold or \
                 serve the root's CRL. Replace the old file: as long as it is served it \
                 still passes.",
            ));
            page.prose(
                "The next CRL needs the root's token, so plan its ceremony before that \
                 date: from then on clients that check revocation refuse every certificate \
                 below this root.",
            );
        }
        None => page.prose(
            "This ceremony issued no CRL; the one published last stays in force until its \
             own date. Neither Vault nor OpenBao can hold or serve the root's CRL.",
        ),
    }
    page.prose(&format!(
        "To check a CRL: `openssl crl -in {CRL} -CAfile {ROOT} -noout` must print \
         `verify OK`; its exit code is 0 either way.",
    ));
}

fn failures(page: &mut Page) {
    page.heading("## When something fails");
    for item in [
        "After **any** error of `set-signed` list the mount's `issuers` and read them. \
         Vault 1.13 keeps what it had imported before the error; OpenBao takes it back.",
        "`no default issuer currently configured`, when a leaf is asked for: the import had \
         no key. The certificate belongs to another mount, or the key is gone; then a new \
         request and a new ceremony are needed.",
        "`invalid PEM data` or `provided PEM block contained no data`: the file was edited \
         or pasted on its way. Copy it again and compare its SHA-256.",
        "`permission denied`: the token lacks one of the rights named above.",
        "The same import twice is harmless: the server answers `existing_issuers`.",
        "New leaves still come from the old issuer: `config/issuers` has the old default.",
    ] {
        page.item(item);
    }
}

fn url_part(part: &str) -> String {
    part.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Columns of the page.
const WIDTH: usize = 80;

/// Markdown, wrapped.
struct Page(String);

impl Page {
    fn heading(&mut self, text: &str) {
        self.gap();
        self.line(text);
        self.gap();
    }

    /// Our own words, wrapped at spaces.
    fn prose(&mut self, text: &str) {
        self.0.push_str(&joined(&wrapped("", text)));
        self.gap();
    }

    fn item(&mut self, text: &str) {
        self.0.push_str(&joined(&wrapped("- ", text)));
    }

    /// A line of an indented block, as it is.
    fn code(&mut self, text: &str) {
        self.line(&format!("    {text}"));
    }

    /// Names and values in an indented block; long values go on in the next line.
    fn fields(&mut self, fields: &[(&str, String)]) {
        for (name, value) in fields {
            let mut name = *name;
            // Values come escaped; a line break that slipped through would leave the block.
            let value: Vec<char> = value.chars().filter(|c| !c.is_control()).collect();
            for piece in value.chunks(WIDTH - 4 - 12) {
                let piece: String = piece.iter().collect();
                self.code(format!("{name:<12}{piece}").trim_end());
                name = "";
            }
        }
        self.gap();
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// An empty line, never two and never at the start.
    fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }
}
