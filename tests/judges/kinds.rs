//! Every root that can sign, and every request that is taken: the tables to add a line to.

/// A root: its name in tables, and its lines in the ceremony file.
pub struct RootType {
    pub name: &'static str,
    pub lines: &'static str,
}

/// Every root key, and RSA in the other ways it can sign.
pub const ROOTS: [RootType; 8] = [
    root("rsa:3072", "key = \"rsa:3072\""),
    root("rsa:4096", "key = \"rsa:4096\""),
    root("rsa:4096 sha256", "key = \"rsa:4096\"\ndigest = \"sha256\""),
    root("rsa:3072 pss", "key = \"rsa:3072\"\nsignature = \"pss\""),
    root("ec:P-256", "key = \"ec:P-256\""),
    root("ec:P-384", "key = \"ec:P-384\""),
    root("ec:P-521", "key = \"ec:P-521\""),
    root("ed25519", "key = \"ed25519\""),
];

const fn root(name: &'static str, lines: &'static str) -> RootType {
    RootType { name, lines }
}

/// A request: its name, how OpenSSL makes its key, and how it signs.
pub struct RequestType {
    pub name: &'static str,
    pub key: &'static str,
    pub signature: &'static str,
}

/// Every kind of request that is taken.
pub const REQUESTS: [RequestType; 7] = [
    request("rsa:2048", "RSA -pkeyopt rsa_keygen_bits:2048", "-sha256"),
    request("rsa:4096", "RSA -pkeyopt rsa_keygen_bits:4096", "-sha512"),
    request(
        "rsa:4096 pss",
        "RSA -pkeyopt rsa_keygen_bits:4096",
        "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest",
    ),
    request("ec:P-256", "EC -pkeyopt ec_paramgen_curve:P-256", "-sha256"),
    request("ec:P-384", "EC -pkeyopt ec_paramgen_curve:P-384", "-sha384"),
    request("ec:P-521", "EC -pkeyopt ec_paramgen_curve:P-521", "-sha512"),
    request("ed25519", "ED25519", ""),
];

const fn request(name: &'static str, key: &'static str, signature: &'static str) -> RequestType {
    RequestType {
        name,
        key,
        signature,
    }
}
