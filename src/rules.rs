//! Rules with public ids: one place declares how an id, its rule and its hint belong together.

/// Declares an enum of rules: each variant with its public id, its rule in one sentence, and
/// what a person can do where it fails.
macro_rules! rules {
    (
        $(#[$doc:meta])*
        $name:ident;
        $($variant:ident = $public:literal, $rule:literal, $hint:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $rule] $variant,)*
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The public id.
            pub fn public(self) -> &'static str {
                match self { $(Self::$variant => $public,)* }
            }

            /// The rule in one sentence.
            pub fn rule(self) -> &'static str {
                match self { $(Self::$variant => $rule,)* }
            }

            /// What a person can do where it fails.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}
