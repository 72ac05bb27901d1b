//! Bytes to values and back: requests, certificates, CRLs, names, keys, times.
//!
//! What identifies something (names, public keys, key identifiers) is kept as the bytes it
//! came as and never decoded and encoded again.

pub mod algorithm;
pub mod certificate;
pub mod certificate_policy;
pub mod cms;
pub mod crl;
pub mod crl_entry;
pub mod crl_file;
pub mod crl_number;
pub mod edwards;
pub mod escape;
pub mod extension;
pub mod extension_encode;
mod extension_strict;
mod extension_text;
pub mod facts;
pub mod general_name;
pub mod hash;
pub mod index_txt;
pub mod issuing_point;
pub mod key_identifier;
pub mod key_kind;
mod key_refusal;
pub mod key_usage;
pub mod name;
pub mod name_constraints;
pub mod name_folded;
pub mod network;
pub mod oid;
pub mod pem;
pub mod possession;
pub mod private_key;
mod private_key_text;
mod pss;
pub mod public_key;
pub mod raw;
pub mod reason;
pub mod request;
pub mod root;
pub mod root_key;
pub mod rsa;
pub mod serial;
pub mod show;
pub mod sniff;
pub mod strict;
mod string;
pub mod tbs;
pub mod template;
pub mod time;
pub mod tlv;
