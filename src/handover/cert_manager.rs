//! What cert-manager is told of a mount: its ClusterIssuer, the root as its `caBundle`, and what
//! the sheet says of the two.

use super::mount::{mount_folder, path_of, shell_quote};
use super::{Intermediate, MountError, OutputFile, mark, root_text};
use crate::plan::cert_manager::CertManager;
use crate::x509::pem;

/// The root's PEM file in base64, on one line.
pub(super) const CA_BUNDLE: &str = "ca-bundle.b64";
/// The ClusterIssuer.
pub(super) const ISSUER: &str = "cluster-issuer.yaml";

/// Stands in the ClusterIssuer where the server draws the role id.
const ROLE_ID: &str = "ROLE_ID";

/// `<mount>/ca-bundle.b64` and `<mount>/cluster-issuer.yaml`.
pub(super) fn files(
    told: &CertManager,
    mount: &str,
    root_der: &[u8],
    rehearsal: bool,
) -> Result<Vec<OutputFile>, MountError> {
    let folder = mount_folder(mount)?;
    let bundle = pem::base64(root_text(root_der, rehearsal).as_bytes());
    let issuer = issuer(told, mount, &bundle, rehearsal);
    Ok(vec![
        OutputFile::new(format!("{folder}/{CA_BUNDLE}"), format!("{bundle}\n")),
        OutputFile::new(format!("{folder}/{ISSUER}"), issuer),
    ])
}

fn issuer(told: &CertManager, mount: &str, bundle: &str, rehearsal: bool) -> String {
    let name = quoted(&told.name);
    let server = quoted(&told.server);
    let path = quoted(&sign_path(told, mount));
    let bundle = quoted(bundle);
    let role_id = quoted(told.role_id.as_deref().unwrap_or(ROLE_ID));
    let secret = quoted(&secret(told));
    let mark = mark(rehearsal);
    format!(
        "{mark}apiVersion: cert-manager.io/v1\n\
         kind: ClusterIssuer\n\
         metadata:\n  \
           name: {name}\n\
         spec:\n  \
           vault:\n    \
             server: {server}\n    \
             path: {path}\n    \
             # Checks the server's own certificate: the root of this ceremony.\n    \
             caBundle: {bundle}\n    \
             auth:\n      \
               appRole:\n        \
                 path: \"approle\"\n        \
                 roleId: {role_id}\n        \
                 secretRef:\n          \
                   name: {secret}\n          \
                   key: \"secretId\"\n"
    )
}

/// Where the mount signs a request.
fn sign_path(told: &CertManager, mount: &str) -> String {
    format!("{mount}/sign/{}", told.role)
}

/// The Kubernetes Secret with the AppRole's secret id.
fn secret(told: &CertManager) -> String {
    format!("{}-approle", told.name)
}

/// Text in double quotes as YAML, JSON and the server's policies read it, in ASCII.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match (character, u32::from(character)) {
            ('"' | '\\', _) => quoted.extend(['\\', character]),
            (' '..='~', _) => quoted.push(character),
            (_, code @ 0..=0xffff) => quoted.push_str(&format!("\\u{code:04x}")),
            (_, code) => quoted.push_str(&format!("\\U{code:08x}")),
        }
    }
    quoted.push('"');
    quoted
}

/// What stands on the sheet, for each mount that cert-manager is told of.
pub(super) fn commands(one: &Intermediate, told: &CertManager) -> Result<Vec<String>, MountError> {
    let policy = format!(
        "path {} {{ capabilities = [\"create\", \"update\"] }}",
        quoted(&sign_path(told, &one.mount))
    );
    let issuer = format!("{}/{ISSUER}", mount_folder(&one.mount)?);
    let (name, secret) = (&told.name, secret(told));
    let role = format!("auth/approle/role/{name}");
    let mut lines = vec![
        format!(
            "vault read {}",
            shell_quote(&format!("{}/roles/{}", path_of(&one.mount), told.role))
        ),
        format!("printf '%s\\n' {} |", shell_quote(&policy)),
        format!("    vault policy write {name} -"),
        "vault auth enable approle".to_owned(),
        format!("vault write {role} \\"),
        format!("    token_policies={name} token_ttl=20m"),
    ];
    match &told.role_id {
        Some(id) => {
            lines.push(format!("vault write {role}/role-id \\"));
            lines.push(format!("    role_id={id}"));
        }
        None => lines.push(format!(
            "role_id=$(vault read -field=role_id {role}/role-id)"
        )),
    }
    lines.extend([
        format!("vault write -f -field=secret_id {role}/secret-id |"),
        format!("    kubectl -n cert-manager create secret generic {secret} \\"),
        "        --from-file=secretId=/dev/stdin".to_owned(),
    ]);
    match &told.role_id {
        Some(_) => lines.push(format!("kubectl apply -f {issuer}")),
        None => {
            lines.push(format!("sed \"s/{ROLE_ID}/$role_id/\" {issuer} |"));
            lines.push("    kubectl apply -f -".to_owned());
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(role_id: Option<&str>) -> CertManager {
        CertManager {
            server: "https://vault.acme.example:8200".to_owned(),
            role: "example-dot-com".to_owned(),
            name: "vault-issuer".to_owned(),
            role_id: role_id.map(str::to_owned),
        }
    }

    fn text(told: &CertManager, mount: &str, rehearsal: bool) -> (String, String) {
        let files = files(told, mount, &[0x30; 100], rehearsal).unwrap();
        let mut texts = files
            .into_iter()
            .map(|file| String::from_utf8(file.bytes).unwrap());
        (texts.next().unwrap(), texts.next().unwrap())
    }

    #[test]
    fn the_cluster_issuer() {
        let (bundle, issuer) = text(&told(None), "pki_int", false);
        insta::assert_snapshot!(issuer);
        assert_eq!(bundle.lines().count(), 1);
        assert!(issuer.contains(&format!("caBundle: \"{}\"\n", bundle.trim_end())));
    }

    #[test]
    fn a_rehearsal_says_so_in_both() {
        let (bundle, issuer) = text(&told(None), "pki_int", true);
        assert!(issuer.starts_with("# REHEARSAL"));
        // "# REHE", "ARSAL:"
        assert!(bundle.starts_with("IyBSRUhFQVJTQUw6"));
    }

    #[test]
    fn a_role_id_that_is_chosen_needs_no_edit() {
        let (_, issuer) = text(&told(Some("cert-manager")), "pki_int", false);
        assert!(issuer.contains("roleId: \"cert-manager\"\n"));
        assert!(!issuer.contains(ROLE_ID));
    }

    #[test]
    fn a_mount_cannot_leave_its_quotes() {
        let mount = "a\"\\\u{202e}\u{1f511} b: {x}";
        let (_, issuer) = text(&told(None), mount, false);
        let (_, plain) = text(&told(None), "pki_int", false);
        assert_eq!(issuer.lines().count(), plain.lines().count());
        let line = "    path: \"a\\\"\\\\\\u202e\\U0001f511 b: {x}/sign/example-dot-com\"";
        assert!(issuer.lines().any(|found| found == line), "{issuer}");
    }
}
