//! The root's life before a ceremony, as its plan takes it: the same when planning, on the day
//! and years later.

use super::plan::Planned;
use super::previous::{Continued, PreviousContext, previous};
use super::revoke::{self, RevokeContext};
use crate::ledger::register::Register;
use crate::plan::Waiver;
use crate::plan::make::Draft;
use crate::plan::past::Past;
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;

/// What a ceremony file revokes and continues under an existing root, with what was found.
/// `register` is `None` where no ledger is known.
pub fn past<'a>(
    draft: &Draft<'_>,
    root: &Certificate,
    file: impl Fn(&str) -> &'a [u8],
    register: Option<&Register>,
) -> (Past, Vec<Planned>) {
    let mut planned = Vec::new();
    let mut continued = Continued::default();
    if let Some((step, _)) = draft.crl_step() {
        let waivers = draft.waivers();
        let waivers: Vec<&Waiver> = waivers.iter().filter(|one| one.step == step).collect();
        let context = PreviousContext {
            root,
            register,
            policy: draft.policy(),
            waivers: &waivers,
        };
        let given = draft.previous_crl().map(|(_, path)| (path, file(path)));
        let what = given.map_or("the CRL before".to_owned(), |(path, _)| {
            format!("previous CRL {}", escape(path))
        });
        let found = previous(given, &context).map(|(found, list)| {
            continued = found;
            list
        });
        planned.push(Planned { step, what, found });
    }
    let context = RevokeContext {
        root,
        register,
        revoked: &continued.carried,
        earlier: &[],
    };
    let (revoked, found) = revoke::all(&draft.wanted_revocations(), file, context);
    planned.extend(found);
    let past = Past {
        carried: continued.carried,
        previous: continued.previous,
        revoked: revoked.into_iter().collect(),
        // What the requests renew, only they can tell.
        ..Past::default()
    };
    (past, planned)
}
