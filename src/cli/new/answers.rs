//! What was answered, and the names that follow from it.

use crate::plan::file::TokenLabel;

/// The answers. What was not asked, or not given, stays as the template has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    /// Ceremony id.
    pub id: Option<String>,
    /// O of the root.
    pub organisation: Option<String>,
    /// C of the root.
    pub country: Option<String>,
    /// ST of the root; empty where it shall have none, and so the next two.
    pub state: Option<String>,
    /// L of the root.
    pub locality: Option<String>,
    /// OU of the root.
    pub unit: Option<String>,
    /// CN of the root; id and token label follow from it.
    pub root: Option<String>,
    /// Label of the token.
    pub label: Option<String>,
    /// Key word.
    pub key: Option<String>,
    /// Where the CRL will be published.
    pub crl_url: Option<String>,
    /// Where cert-manager reaches Vault.
    pub server: Option<String>,
    /// Mount paths.
    pub mounts: Vec<String>,
    /// Names of clusters.
    pub clusters: Vec<String>,
}

/// The longest id.
const ID_LIMIT: usize = 40;

impl Answers {
    /// The ceremony's id: as answered, or after the root.
    pub(super) fn ceremony_id(&self) -> Option<String> {
        let root = || Some(id_of(self.root.as_deref()?, ID_LIMIT, "root"));
        self.id.clone().or_else(root)
    }

    /// The token's label: as answered, or after the root.
    pub(super) fn token_label(&self) -> Option<String> {
        let root = || Some(id_of(self.root.as_deref()?, TokenLabel::LIMIT, "root"));
        self.label.clone().or_else(root)
    }

    /// Each mount with the id of its step. No two are the same, and none is one of `taken`.
    pub(super) fn steps(&self, taken: &[&str]) -> Vec<(String, &str)> {
        let mut steps: Vec<(String, &str)> = Vec::new();
        for mount in &self.mounts {
            let is_free = |id: &String| {
                !taken.contains(&id.as_str()) && steps.iter().all(|(other, _)| other != id)
            };
            let own: Vec<&str> = mount.split('/').filter(|part| *part != "pki").collect();
            // Room for a number stays.
            let id = id_of(&own.join("-"), ID_LIMIT - 6, "pki");
            let numbered = (2..).map(|number| format!("{id}-{number}"));
            let free = std::iter::once(id.clone()).chain(numbered).find(is_free);
            steps.push((free.unwrap_or(id), mount));
        }
        steps
    }
}

/// A name as an id: a-z, 0-9 and single dashes; `otherwise` where nothing is left of it.
fn id_of(name: &str, limit: usize, otherwise: &str) -> String {
    let mut id = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            id.push(character.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    id.truncate(limit);
    let id = id.trim_end_matches('-');
    if id.is_empty() { otherwise } else { id }.to_owned()
}
