//! What cert-manager must be told of a mount whose certificates it asks for: the hand-over writes
//! its ClusterIssuer from this, the mount and the root.

use serde::{Deserialize, Serialize};

use super::words::{HttpsUrl, KubernetesName, RoleId, VaultRole};

/// `cert_manager = { ... }` beside a mount.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table: { server = \"https://vault.example:8200\", role = \"...\" }"
)]
pub struct CertManagerFile {
    /// Where Kubernetes reaches the server.
    pub server: HttpsUrl,
    /// The mount's role.
    pub role: VaultRole,
    /// The ClusterIssuer's name.
    pub name: Option<KubernetesName>,
    /// The role id of its AppRole.
    pub role_id: Option<RoleId>,
}

/// The same with its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertManager {
    /// Where Kubernetes reaches Vault or OpenBao.
    pub server: String,
    /// Role of the mount that signs.
    pub role: String,
    /// `metadata.name` of the ClusterIssuer.
    pub name: String,
    /// Id of the AppRole that it logs in with, where it is chosen and not drawn by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_id: Option<String>,
}

/// The name in cert-manager's own examples.
const NAME: &str = "vault-issuer";

impl CertManager {
    /// As the file has it.
    pub(super) fn of(file: &CertManagerFile) -> Self {
        let name = file.name.as_ref();
        Self {
            server: file.server.0.clone(),
            role: file.role.0.clone(),
            name: name.map_or_else(|| NAME.to_owned(), |name| name.0.clone()),
            role_id: file.role_id.as_ref().map(|id| id.0.clone()),
        }
    }

    /// In one line, for people.
    pub fn words(&self) -> String {
        format!("{}, role {} at {}", self.name, self.role, self.server)
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::make::Draft;

    fn parse(tables: &str) -> Result<(), String> {
        let text = format!(
            "format = \"anchorite/ceremony/0\"\nid = \"x\"\ntitle = \"x\"\n\
             [token]\nlabel = \"x\"\n[root]\ncertificate = \"root.pem\"\n{tables}"
        );
        let read = Draft::parse(&text);
        read.map(|_| ()).map_err(|error| error.words)
    }

    fn one(fields: &str) -> Result<(), String> {
        parse(&format!(
            "[[step]]\ndo = \"issue-intermediate\"\nmount = \"pki\"\nrequest = \"a.csr\"\n\
             cert_manager = {{ {fields} }}\n"
        ))
    }

    #[test]
    fn addresses_and_names_at_both_sides_of_their_bounds() {
        let server = |text: &str| one(&format!("server = \"{text}\", role = \"r\""));
        let role = |text: &str| one(&format!("server = \"https://v\", role = \"{text}\""));
        let more = |field: &str, text: &str| {
            one(&format!(
                "server = \"https://v\", role = \"r\", {field} = \"{text}\""
            ))
        };
        let long = |start: &str, size: usize| format!("{start}{}", "a".repeat(size - start.len()));
        for good in [
            "https://v",
            "https://[::1]:8200/base",
            &long("https://", 500),
        ] {
            assert_eq!(server(good), Ok(()), "{good}");
        }
        for bad in [
            "http://v",
            "https://",
            "https:///v",
            "v:8200",
            &long("https://", 501),
        ] {
            assert!(server(bad).unwrap_err().contains("https://"), "{bad}");
        }
        for good in ["r", "_", "example-dot-com", "a.b_c", &long("", 100)] {
            assert_eq!(role(good), Ok(()), "{good}");
        }
        for bad in ["", "-a", "a-", ".a", "a.", "a/b", "a b", &long("", 101)] {
            assert!(role(bad).unwrap_err().contains("a role is"), "{bad}");
        }
        for good in ["v", "vault-issuer", "a.b", &long("", 253)] {
            assert_eq!(more("name", good), Ok(()), "{good}");
        }
        for bad in ["", "Vault", "-a", "a-", "a..b", "a_b", &long("", 254)] {
            assert!(
                more("name", bad).unwrap_err().contains("Kubernetes"),
                "{bad}"
            );
        }
        for good in ["291b9d21-8ff5", &long("", 200)] {
            assert_eq!(more("role_id", good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "a\\\"b", &long("", 201)] {
            assert!(
                more("role_id", bad).unwrap_err().contains("role id"),
                "{bad}"
            );
        }
        assert!(one("server = \"https://v\"").is_err());
    }

    #[test]
    fn each_issuer_has_its_own_name_and_a_mount() {
        let two = |names: [&str; 2]| {
            let request = |mount: &str, name: &str| {
                format!(
                    "[[step.request]]\nmount = \"{mount}\"\nrequest = \"{mount}.csr\"\n\
                     cert_manager = {{ server = \"https://v\", role = \"r\", name = \"{name}\" }}\n"
                )
            };
            let list = [request("a", names[0]), request("b", names[1])].concat();
            parse(&format!("[[step]]\ndo = \"issue-intermediate\"\n{list}"))
        };
        assert_eq!(two(["one", "two"]), Ok(()));
        assert!(two(["one", "one"]).unwrap_err().contains("this name"));
        let told = "cert_manager = { server = \"https://v\", role = \"r\" }";
        let crl = parse(&format!("[[step]]\ndo = \"issue-crl\"\n{told}\n"));
        assert!(crl.unwrap_err().contains("does not belong to this step"));
    }
}
