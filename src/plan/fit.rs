//! Whether an intermediate fits below its root: told when planning, for on the day the root may
//! be issued already.

use super::file::FileError;
use super::make::Draft;
use super::profile::Profile;
use super::{RootPlan, Validity, template};

impl Draft<'_> {
    /// A CA below a root with a path length needs room there, and the day must not find out.
    pub(super) fn check_room(
        &self,
        place: usize,
        profile: &Profile,
        root: &RootPlan,
    ) -> Result<(), FileError> {
        let room = match root {
            RootPlan::New(_) => None,
            RootPlan::Existing(root) => root
                .fields
                .basic_constraints()
                .and_then(|(_, length)| length),
        };
        let Some(room) = room else { return Ok(()) };
        if profile.path_length.is_some_and(|own| u32::from(own) < room) {
            return Ok(());
        }
        let words = if room == 0 {
            "the root has path length 0: it can sign no CA at all".to_owned()
        } else {
            format!(
                "the root has path length {room}: a CA below it needs path_length = {} or less",
                room - 1
            )
        };
        Err(self.at(place, &words))
    }

    /// Under a root that is made the same day, an intermediate that does not end before it would
    /// be refused only once the root is there.
    pub(super) fn check_nested(
        &self,
        place: usize,
        profile: &Profile,
        root: &RootPlan,
    ) -> Result<(), FileError> {
        let (RootPlan::New(new), Validity::For(_)) = (root, profile.validity) else {
            return Ok(());
        };
        let own = template::dates(profile.validity, root).end;
        if own < template::dates(Validity::For(new.validity), root).end {
            return Ok(());
        }
        let words = format!(
            "profile \"{}\" does not end before the root; shorten its validity, or write not_after = \"issuer\"",
            crate::x509::escape::escape_quoted(&profile.name)
        );
        Err(self.at(place, &words))
    }
}
