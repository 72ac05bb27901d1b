//! `[handover] trust_bundle`: the anchors that clients are to trust while one root follows
//! another, as the hand-over writes them for trust-manager.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::file::TrustBundleFile;
use super::make::Draft;

/// The bundle, as the plan has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustBundle {
    /// Name of the Bundle, and of the ConfigMap that trust-manager makes of it.
    pub name: String,
    /// Key in the ConfigMap's data.
    pub key: String,
    /// Labels of the namespaces that get it; none for all of them.
    pub namespaces: BTreeMap<String, String>,
    /// Paths of the anchors beside this ceremony's root.
    pub also: Vec<String>,
}

/// The bundle with the anchors' files.
#[derive(Clone, Debug)]
pub struct TrustPlan {
    /// The bundle.
    pub bundle: TrustBundle,
    /// The anchors' bytes, in the order of their paths in it.
    pub anchors: Vec<Vec<u8>>,
}

impl TrustPlan {
    /// Path and bytes of each anchor beside the root.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let paths = self.bundle.also.iter().map(String::as_str);
        paths.zip(self.anchors.iter().map(Vec::as_slice))
    }
}

impl Draft<'_> {
    fn trust_bundle(&self) -> Option<&TrustBundleFile> {
        self.file
            .handover
            .trust_bundle
            .as_ref()
            .map(Spanned::get_ref)
    }

    /// Paths of the anchors that are trusted beside this ceremony's root.
    pub(super) fn trust_inputs(&self) -> impl Iterator<Item = String> {
        let files = self.trust_bundle().into_iter().flat_map(|file| &file.also);
        files.map(|path| path.0.clone())
    }

    pub(super) fn trust(&self, inputs: &BTreeMap<String, Vec<u8>>) -> Option<TrustPlan> {
        let file = self.trust_bundle()?;
        let also: Vec<String> = self.trust_inputs().collect();
        let bytes = |path: &String| inputs.get(path).cloned().unwrap_or_default();
        Some(TrustPlan {
            anchors: also.iter().map(bytes).collect(),
            bundle: TrustBundle {
                name: file.name.0.clone(),
                key: file
                    .key
                    .as_ref()
                    .map_or_else(|| "ca-bundle.crt".to_owned(), |key| key.0.clone()),
                namespaces: file
                    .namespaces
                    .as_ref()
                    .map(|labels| labels.0.clone())
                    .unwrap_or_default(),
                also,
            },
        })
    }
}
