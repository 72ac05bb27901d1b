//! Who is not the root, and signs a seal all the same.

use anchorite::ledger::layout;
use anchorite::x509::cms;
use anchorite::x509::public_key::SignatureAlgorithm;

use crate::envelope::Envelope;
use crate::held::{Folder, Held};

/// Name, and the deed on a folder whose digests are all made anew.
pub type Forgery = (&'static str, fn(&Held, &Folder));

/// In the form of every root but an Ed25519 one.
pub const ENVELOPES: &[Forgery] = &[
    ("a leaf", |held, folder| {
        write(folder, &by(held, folder, "leaf"));
    }),
    ("a leaf that brings its chain", |held, folder| {
        let mut envelope = by(held, folder, "leaf");
        envelope
            .certificates
            .push(held.signer("intermediate").certificate.der);
        write(folder, &envelope);
    }),
    (
        "a leaf that brings its chain and the root",
        |held, folder| {
            let mut envelope = by(held, folder, "leaf");
            envelope
                .certificates
                .push(held.signer("intermediate").certificate.der);
            envelope.certificates.push(held.root.der.clone());
            write(folder, &envelope);
        },
    ),
    ("a leaf that calls itself the root", |held, folder| {
        let leaf = held.signer("leaf");
        let attributes = folder.attributes(leaf.algorithm);
        let signature = leaf.sign(&attributes);
        write(
            folder,
            &Envelope::of(&held.root, leaf.algorithm, &attributes, signature),
        );
    }),
    ("an intermediate", |held, folder| {
        write(folder, &by(held, folder, "intermediate"));
    }),
    ("an intermediate that brings the root", |held, folder| {
        let mut envelope = by(held, folder, "intermediate");
        envelope.certificates.push(held.root.der.clone());
        write(folder, &envelope);
    }),
    ("another key under the root's name", |held, folder| {
        write(folder, &by(held, folder, "same-name"));
    }),
    (
        "another key under the root's name, beside the root",
        |held, folder| {
            let mut envelope = by(held, folder, "same-name");
            envelope.certificates.insert(0, held.root.der.clone());
            write(folder, &envelope);
        },
    ),
    ("the root, without signed attributes", |held, folder| {
        let mut envelope = Envelope::of(&held.root, held.algorithm, &[], Vec::new());
        envelope.attributes = None;
        envelope.signature = held.sign(&folder.read(layout::SEAL));
        write(folder, &envelope);
    }),
    LIFTED,
];

/// What the root signed of the true seal stands in for the content, and has no attributes.
const LIFTED: Forgery = ("attributes lifted out as content", |held, folder| {
    let good = held.copy();
    let attributes = good.attributes(held.algorithm);
    let mut envelope = Envelope::of(&held.root, held.algorithm, &[], Vec::new());
    envelope.attributes = None;
    envelope.signature = cms::signature_of(&good.read(layout::ROOT_SIGNATURE)).unwrap();
    folder.write(layout::SEAL, attributes);
    write(folder, &envelope);
});

/// The same below an Ed25519 root.
pub const BARE: &[Forgery] = &[
    ("a leaf", |held, folder| bare(held, folder, "leaf")),
    ("an intermediate", |held, folder| {
        bare(held, folder, "intermediate");
    }),
    ("another key under the root's name", |held, folder| {
        bare(held, folder, "same-name");
    }),
    ("a leaf's envelope in place of it", |held, folder| {
        folder.remove(layout::ROOT_ATTRIBUTES);
        folder.remove(layout::ROOT_BARE_SIGNATURE);
        let mut envelope = by(held, folder, "leaf");
        envelope
            .certificates
            .push(held.signer("intermediate").certificate.der);
        write(folder, &envelope);
    }),
    ("the root, without signed attributes", |held, folder| {
        let seal = folder.read(layout::SEAL);
        folder.write(layout::ROOT_BARE_SIGNATURE, held.sign(&seal));
        folder.write(layout::ROOT_ATTRIBUTES, seal);
    }),
    ("another seal's attributes", |_, _| {
        // Attributes and signature stay, and are true: of the seal before the change.
    }),
    ("attributes lifted out as content", |_, folder| {
        folder.write(layout::SEAL, folder.read(layout::ROOT_ATTRIBUTES));
    }),
    ("the envelope of the root itself", |held, folder| {
        folder.remove(layout::ROOT_ATTRIBUTES);
        folder.remove(layout::ROOT_BARE_SIGNATURE);
        let attributes = folder.attributes(held.algorithm);
        let signature = held.sign(&attributes);
        write(
            folder,
            &Envelope::of(&held.root, held.algorithm, &attributes, signature),
        );
    }),
];

/// The form under this root.
pub fn forgeries(held: &Held) -> &'static [Forgery] {
    if held.algorithm == SignatureAlgorithm::Ed25519 {
        BARE
    } else {
        ENVELOPES
    }
}

fn write(folder: &Folder, envelope: &Envelope) {
    folder.write(layout::ROOT_SIGNATURE, envelope.der());
}

fn by(held: &Held, folder: &Folder, name: &str) -> Envelope {
    let signer = held.signer(name);
    let attributes = folder.attributes(signer.algorithm);
    let signature = signer.sign(&attributes);
    Envelope::of(
        &signer.certificate,
        signer.algorithm,
        &attributes,
        signature,
    )
}

fn bare(held: &Held, folder: &Folder, name: &str) {
    let attributes = folder.attributes(held.algorithm);
    let signature = held.signer(name).sign(&attributes);
    folder.write(layout::ROOT_ATTRIBUTES, attributes);
    folder.write(layout::ROOT_BARE_SIGNATURE, signature);
}
