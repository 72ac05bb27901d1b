//! What a token is asked for when it generates a key: locked in, for signing alone.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;

use super::point::{edwards_name, edwards_oid};
use crate::ports::KeySpec;
use crate::x509::oid;
use crate::x509::public_key::KeyKind;

/// What `C_GenerateKeyPair` is given.
pub(super) struct Templates {
    /// `CKM_RSA_PKCS_KEY_PAIR_GEN`, `CKM_EC_KEY_PAIR_GEN` or `CKM_EC_EDWARDS_KEY_PAIR_GEN`
    pub mechanism: Mechanism<'static>,
    /// Of the public key.
    pub public: Vec<Attribute>,
    /// Of the private key.
    pub private: Vec<Attribute>,
}

impl Templates {
    /// What no key is made without.
    pub(super) fn essential(spec: &KeySpec) -> Self {
        let mut public = vec![
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::Encrypt(false),
            Attribute::Wrap(false),
            Attribute::Modifiable(false),
            Attribute::Label(spec.label.clone().into_bytes()),
            Attribute::Id(spec.id.0.clone()),
        ];
        let mechanism = match spec.key.kind() {
            KeyKind::Rsa { bits } => {
                public.push(Attribute::ModulusBits((bits as u64).into()));
                public.push(Attribute::PublicExponent(vec![1, 0, 1]));
                Mechanism::RsaPkcsKeyPairGen
            }
            KeyKind::Ec(curve) => {
                public.push(Attribute::EcParams(oid::der(curve.oid())));
                Mechanism::EccKeyPairGen
            }
            KeyKind::Ed25519 => {
                public.push(Attribute::EcParams(edwards_oid()));
                Mechanism::EccEdwardsKeyPairGen
            }
        };
        let private = vec![
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Modifiable(false),
            Attribute::Label(spec.label.clone().into_bytes()),
            Attribute::Id(spec.id.0.clone()),
        ];
        Self {
            mechanism,
            public,
            private,
        }
    }

    /// The same, and every other use forbidden in words. Some tokens refuse to be told.
    pub(super) fn full(spec: &KeySpec) -> Self {
        let mut templates = Self::essential(spec);
        templates.public.push(Attribute::VerifyRecover(false));
        templates.private.extend([
            Attribute::SignRecover(false),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::Copyable(false),
        ]);
        templates
    }

    /// What to ask for in turn, until a token takes one: some refuse attributes that only say
    /// what is so by default, and PKCS#11 3.0 has a second name for edwards25519.
    pub(super) fn attempts(spec: &KeySpec) -> Vec<Self> {
        let both = || [Self::full(spec), Self::essential(spec)];
        let mut attempts = Vec::from(both());
        if spec.key.kind() == KeyKind::Ed25519 {
            attempts.extend(both().map(Self::with_edwards_name));
        }
        attempts
    }

    fn with_edwards_name(mut self) -> Self {
        for attribute in &mut self.public {
            if matches!(attribute, Attribute::EcParams(_)) {
                *attribute = Attribute::EcParams(edwards_name());
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::KeyId;
    use crate::x509::public_key::RootKey;

    #[test]
    fn an_edwards_key_is_asked_for_by_both_its_names() {
        let spec = |key| KeySpec {
            key,
            label: "root".to_owned(),
            id: KeyId(vec![1, 2]),
        };
        let named = |name: Vec<u8>| {
            let attempts = Templates::attempts(&spec(RootKey::Ed25519));
            let wanted = Attribute::EcParams(name);
            attempts
                .iter()
                .filter(|one| one.public.contains(&wanted))
                .count()
        };
        assert_eq!((named(edwards_oid()), named(edwards_name())), (2, 2));
        assert_eq!(Templates::attempts(&spec(RootKey::P384)).len(), 2);
    }

    #[test]
    fn the_essential_template_still_locks_the_key_in() {
        for key in RootKey::ALL {
            let spec = KeySpec {
                key,
                label: "root".to_owned(),
                id: KeyId(vec![1, 2]),
            };
            for templates in Templates::attempts(&spec) {
                for demanded in [
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Modifiable(false),
                    Attribute::Sign(true),
                ] {
                    assert!(templates.private.contains(&demanded), "{demanded:?}");
                }
                assert!(templates.public.contains(&Attribute::Verify(true)));
                assert!(templates.public.contains(&Attribute::Encrypt(false)));
            }
        }
    }
}
