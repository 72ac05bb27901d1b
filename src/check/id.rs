//! The public ids of all checks. One grep for an id finds its rule, code, test and line in
//! `docs/checks.md`.

/// What can be said against a check that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing: it always refuses.
    Must,
    /// What the tool does by itself and the ceremony file can choose otherwise: told, and
    /// refused only where the policy says so.
    Default,
    /// It refuses, unless the ceremony file waives it with a reason and a name.
    Waivable,
}

impl Level {
    /// The word in `docs/checks.md`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Default => "default",
            Self::Waivable => "waivable",
        }
    }
}

impl CheckId {
    /// How strict it is.
    pub fn level(self) -> Level {
        match self {
            Self::RequestExtensions
            | Self::RequestRsaStrength
            | Self::RequestLookAlike
            | Self::RootKey
            | Self::RootSubject
            | Self::RootValidity
            | Self::ProfilePathLength
            | Self::ProfileValidity
            | Self::ProfileExtendedUsage
            | Self::ProfileConstraints
            | Self::ProfileCrlUrl
            | Self::LinkerdValidity
            | Self::CrlNextUpdate
            | Self::CrlPreviousGiven
            | Self::CrlFinal
            | Self::RevokeExpired
            | Self::AdoptKnown
            | Self::AdoptListed
            | Self::AdoptKeyOrigin
            | Self::AdoptKeyUses => Level::Default,
            Self::RequestSubjectRepeated
            | Self::RequestContradiction
            | Self::RequestGenerated
            | Self::CrossExpired
            | Self::CrossNameTaken
            | Self::ProfileExtendedUsageAny
            | Self::ProfileConstraintsForm
            | Self::CrlPreviousNewer
            | Self::AdoptCrl
            | Self::AdoptKeyHeld => Level::Waivable,
            _ => Level::Must,
        }
    }

    /// The public ids that a ceremony file may waive.
    pub fn waivable() -> Vec<&'static str> {
        Self::ALL
            .iter()
            .filter(|id| id.level() == Level::Waivable)
            .map(|id| id.public())
            .collect()
    }
}

rules! {
    /// A check.
    CheckId;
    RequestSize = "REQ-SIZE", "a request file has at most 64 KiB, and 16 KiB of DER in it",
        "export the request again; a real one has a few hundred octets";
    RequestPrivateKey = "REQ-PRIVATE-KEY", "a request file holds no private key",
        "the key has travelled and must be replaced: delete this file everywhere, generate a new key with generate/internal, and export its request";
    RequestContainer = "REQ-CONTAINER", "a request file holds one request, PEM or DER, and nothing after it",
        "export the request again, alone in its file: with -field=csr Vault prints nothing else";
    RequestDer = "REQ-DER", "the request is a PKCS#10 request in DER (RFC 2986) down to its leaves, nested at most 16 deep, with at most 64 attributes and extensions",
        "export the request again; one that Vault, OpenBao or OpenSSL wrote is DER";
    RequestAttributes = "REQ-ATTRIBUTES", "the request has its attributes field, if only an empty one (RFC 2986 4.1)",
        "some tools leave the field out: make the request again with Vault, OpenBao or OpenSSL";
    RequestKeyType = "REQ-KEY-TYPE", "the key is RSA, P-256, P-384, P-521 or Ed25519",
        "generate the mount's key again with key_type=ec key_bits=256, 384 or 521, key_type=rsa or key_type=ed25519";
    RequestKeyEncoding = "REQ-KEY-ENCODING", "the key is in its one canonical encoding: rsaEncryption with NULL, a named curve, an uncompressed point",
        "such an encoding does not come from Vault or OpenBao: find out who made it";
    RequestKeyPoint = "REQ-KEY-POINT", "an EC or Ed25519 key is a point on its curve, in range, and of no small order",
        "such a key does not come from Vault or OpenBao: find out who made it";
    RequestRsaSize = "REQ-KEY-RSA-SIZE", "an RSA key has 2048 to 8192 bits, a multiple of 8",
        "generate the mount's key again with key_bits=4096, or use key_type=ec";
    RequestRsaStrength = "REQ-KEY-RSA-STRENGTH", "an RSA key of a CA has 3072 bits or more",
        "Vault's default is 2048: key_bits=3072 or 4096, or key_type=ec, lasts longer";
    RequestRsaExponent = "REQ-KEY-RSA-EXPONENT", "an RSA key's exponent is odd, at least 65537 and below 2^256",
        "such a key does not come from Vault or OpenBao: find out who made it";
    RequestRsaModulus = "REQ-KEY-RSA-MODULUS", "an RSA modulus is positive, odd, not prime, no power of a number, and has no prime factor below 65537",
        "such a key does not come from Vault or OpenBao: find out who made it";
    RequestRsaClose = "REQ-KEY-RSA-CLOSE", "an RSA modulus is not found as two close primes in 1000 rounds of Fermat's method",
        "the key can be computed from the request: generate it again, with another generator";
    RequestRoca = "REQ-KEY-ROCA", "an RSA modulus has not the form of CVE-2017-15361 (ROCA)",
        "the chip that made this key makes weak ones: generate it elsewhere";
    RequestDebian = "REQ-KEY-DEBIAN", "an RSA key is not on the list of Debian's weak keys (CVE-2008-0166)",
        "the key is publicly known: generate it again on another machine";
    RequestShared = "REQ-KEY-SHARED", "an RSA modulus has no factor in common with the root's, a registered one or another request's",
        "two machines had the same random numbers: both keys are lost, generate both again";
    RequestBlocked = "REQ-KEY-BLOCKED", "the key is not on the list that the ceremony file names",
        "somebody put this key on the list: ask who and why, and generate another key";
    RequestSpki = "REQ-SPKI", "the key is the one whose digest the ceremony file names",
        "this is not the request that was exported: compare the digest beside Vault, and export again";
    RequestSpkiList = "REQ-SPKI-LIST", "the key is the one whose digest the list beside the requests has for this file",
        "this is not the request that left Vault: compare the list's own digest with the one read aloud there, and bring requests and list again";
    RequestGenerated = "REQ-GENERATED", "key and subject of the request are those that the ceremony file has Vault make",
        "run the script of anchorite requests in place of a call by hand; or write into generate what was meant";
    RequestLinkerd = "REQ-KEY-LINKERD", "under the profile linkerd the key is P-256 or RSA: Linkerd takes an identity issuer that is signed with ECDSA-SHA256 or SHA256-RSA",
        "generate the mount's key again with key_type=ec key_bits=256; for anything but Linkerd take the profile vault-issuing-cas";
    RequestAlgorithm = "REQ-ALGORITHM", "the request is signed with SHA-256 or longer by an algorithm that fits its key",
        "export the request again with signature_bits=256 or more; PSS with a salt as long as its hash";
    RequestPossession = "REQ-POP", "the request's own signature verifies under its own key",
        "export the request again; a request edited by hand fails this check";
    RequestSubjectEmpty = "REQ-SUBJECT-EMPTY", "the certificate's subject is not empty",
        "export the request again with a common_name, or give the profile a subject";
    RequestSubjectForm = "REQ-SUBJECT-FORM", "the subject is at most 64 attributes of 1 to 64 (some 128) visible characters in valid strings, none twice in an RDN",
        "export the request again with plain names, or give the profile a subject";
    RequestSubjectRepeated = "REQ-SUBJECT-REPEATED", "no attribute type but DC and OU comes twice in the subject",
        "readers disagree which of the two they show: export the request again, or give the profile a subject";
    RequestLookAlike = "REQ-SUBJECT-LOOKALIKE", "the subject looks like no other name, and has no word of mixed scripts and no space at an end",
        "compare the subject letter by letter with what was asked for";
    RequestSubjectIssuer = "REQ-SUBJECT-ISSUER", "the subject is not the root's name, nor looks like it",
        "give the intermediate a name of its own";
    RequestSubjectTaken = "REQ-SUBJECT-TAKEN", "no certificate of this root has a subject that looks like it",
        "for the same key again write renew = true, for a new key rekey = true; otherwise give the intermediate a name of its own, or take the other request out of this ceremony";
    RequestKeyIssuer = "REQ-KEY-ISSUER", "the key is not the root's own",
        "this request was made with the root key: find out how, before anything else";
    RequestKeyTaken = "REQ-KEY-TAKEN", "the key has not been certified by this root before, nor comes twice in this ceremony",
        "this key has its certificate already: write renew = true to certify it again, or generate a new key in the mount";
    RequestRenewal = "REQ-RENEW", "a renewal has key and subject of a registered certificate, byte for byte",
        "compare the request with the certificate that it renews; for a new key write rekey = true";
    RequestRenewalRevoked = "REQ-RENEW-REVOKED", "no certificate of a renewed key is revoked",
        "what is revoked stays so: generate a new key in the mount and write rekey = true";
    RequestNewKey = "REQ-REKEY", "a new key takes over the subject of a registered certificate, byte for byte",
        "without rekey = true a new name needs no earlier certificate; otherwise give the request the earlier subject";
    RequestContradiction = "REQ-CONTRADICTION", "the request does not say that it is for no CA (basicConstraints CA:FALSE)",
        "this request was made for a leaf: export the right one, with add_basic_constraints=true or without any";
    RequestExtensions = "REQ-EXTENSIONS", "what the request asks for beside key and subject is listed and dropped",
        "what the certificate says comes from the profile";
    CrossSignature = "CROSS-SIGNATURE", "the signature of a certificate to be cross-signed verifies: it is self-signed, or its issuer is given",
        "write issuer = \"...\" with the certificate that signed it";
    CrossExpired = "CROSS-EXPIRED", "a certificate to be cross-signed has not expired",
        "ask its owner for the certificate that is in use";
    CrossName = "CROSS-NAME", "a certificate to be cross-signed has not the root's name, unless it is a self-signed root of that name with another key",
        "is this the right file? a root does not cross-sign itself";
    CrossNameTaken = "CROSS-NAME-TAKEN", "no other key that this root has certified has the name of a certificate to be cross-signed",
        "find out which of the two is in use; revoke the other, or waive this";
    CrossKey = "CROSS-KEY", "the key of a certificate to be cross-signed is not the root's nor a request's, and is registered under no other name",
        "is this the right file? one key has one name";
    CrossRevoked = "CROSS-REVOKED", "no certificate of a cross-signed key is revoked",
        "what is revoked stays so: its owner needs a new key";
    CrossPathLength = "CROSS-PATH-LENGTH", "a cross-certificate's path length is no larger than the existing certificate's",
        "lower the profile's path_length, or leave profile out: then it is the existing one's";
    CrossExtendedUsage = "CROSS-EKU", "a cross-certificate's extended key usages lie within the existing certificate's",
        "take only usages that it has, or leave profile out: then they are the existing one's";
    CrossConstraints = "CROSS-CONSTRAINTS", "a cross-certificate's name constraints are the existing certificate's or narrower",
        "leave permitted and excluded out: then they are carried over";
    RootKey = "ROOT-KEY", "a root's key is of a kind that every client knows",
        "take ec:P-384, or make sure that no such client will meet this root";
    RootSubject = "ROOT-SUBJECT", "a root's subject has C, O and CN, and no OU (BR 7.1.2.1.2)",
        "write the subject as { C = \"DE\", O = \"Acme\", CN = \"Acme Root G1\" }";
    RootValidity = "ROOT-VALIDITY", "a root is valid for 2922 to 9132 days (BR 7.1.2.1.1)",
        "write a validity from 8y to 25y";
    ProfilePathLength = "PROFILE-PATH-LENGTH", "a profile has a path length",
        "write path_length = 0 for a mount that issues leaves";
    ProfileValidity = "PROFILE-VALIDITY", "an intermediate is valid for at most 8 years",
        "shorten the profile's validity: a key is easier renewed than recalled";
    ProfileExtendedUsage = "PROFILE-EKU", "a profile's extended key usages are serverAuth and clientAuth",
        "write extended_key_usage = [\"serverAuth\", \"clientAuth\"]; under webtrust serverAuth must be there, and nothing but clientAuth beside it";
    ProfileExtendedUsageAny = "PROFILE-EKU-ANY", "a profile has no anyExtendedKeyUsage",
        "name the usages, or leave the extension out with extended_key_usage = []";
    ProfileExtendedUsageNested = "PROFILE-EKU-NESTED", "a profile's extended key usages lie within the root's, where that has them",
        "take only usages that the root certificate has";
    ProfileConstraintsForm = "PROFILE-CONSTRAINTS-FORM", "a DNS name constraint has no leading dot",
        "write \"svc.example\": it covers the name itself and all below it";
    ProfileConstraints = "PROFILE-CONSTRAINTS", "name constraints leave what they permit, and leave IP addresses free only where the file says so",
        "compare permitted and excluded; give ip ranges, or excluded.ip = []";
    ProfilePolicies = "PROFILE-POLICIES", "under webtrust a profile has a policy (BR 7.1.2.6)",
        "write policies = [{ oid = \"...\" }] with the policy of your practice statement";
    ProfileCrlUrl = "PROFILE-CRL-URL", "a profile says where the root's CRL is published",
        "write crl_url = \"http://...\" and publish each CRL there";
    LinkerdAnchor = "PROFILE-LINKERD-ANCHOR", "under the profile linkerd the root is a trust anchor that Linkerd takes: P-256 signed with ECDSA-SHA256, or RSA of 2048 or 4096 bits signed with SHA256-RSA",
        "write key = \"ec:P-256\", or \"rsa:4096\" with digest = \"sha256\"; for anything but Linkerd take the profile vault-issuing-cas";
    LinkerdPathLength = "PROFILE-LINKERD-PATH-LENGTH", "under the profile linkerd the path length is 1 or more, or none: Linkerd's identity issuer is a CA below",
        "leave path_length out: linkerd has 1";
    LinkerdValidity = "PROFILE-LINKERD-VALIDITY", "under the profile linkerd an intermediate is valid for at least 60 days",
        "linkerd check warns of what ends within 60 days: write a longer validity";
    TrustAnchors = "TRUST-ANCHORS", "each anchor of a trust bundle is a root that could be this ceremony's own, and none stands there twice",
        "name in also the root certificates that are trusted beside this ceremony's, each once";
    CrlNextUpdate = "CRL-NEXT-UPDATE", "a CRL's nextUpdate is at most 365 days away (BR 7.2)",
        "write next_update = \"6mo\", or \"365d\" at most";
    CopyToken = "COPY-TOKEN", "a copy of the root key is in another token than the ceremony's own",
        "put in the token that holds the copy; two slots of one token are one token";
    CopyKey = "COPY-KEY", "the second token holds the root key, once",
        "is this the token that the key was copied to? anchorite token show LABEL --keys lists its keys";
    CopyKept = "COPY-KEPT", "a copy of the root key is CKA_SENSITIVE and not CKA_EXTRACTABLE, and none of its secrets can be read",
        "destroy this copy and copy the key again, as sensitive and not extractable";
    DestroyFinalCrl = "DESTROY-FINAL-CRL", "the root key is destroyed only after the final CRL: nobody can issue the next one",
        "put issue-crl with final = true before destroy-key, or in a ceremony before this one";
    LedgerNote = "LEDGER-NOTE", "the token's note, where it has one, names a seal of this ledger",
        "find the newest copy of the ledger; where it is lost, adopt-root with lost_ledger rebuilds it";
    KeyUnique = "KEY-UNIQUE", "exactly one private key in the token matches",
        "remove the other key, or give the new root another label";
    KeySensitive = "KEY-SENSITIVE", "the root key is CKA_SENSITIVE and always was, and none of its secrets can be read",
        "use a key that was generated in the token by this tool";
    KeyExtractable = "KEY-EXTRACTABLE", "the root key is not CKA_EXTRACTABLE and never was",
        "use a key that was generated in the token by this tool";
    KeyLocal = "KEY-LOCAL", "the root key is CKA_LOCAL: it was generated in this token",
        "an imported key can be taken over by adopt-root only, and is written down as imported";
    KeySignOnly = "KEY-SIGN-ONLY", "the root key may sign and nothing else: no decrypt, unwrap or derive",
        "use a key that was generated in the token by this tool";
    KeyFixed = "KEY-FIXED", "the root key's attributes cannot be changed: not CKA_MODIFIABLE",
        "use a key that was generated in the token by this tool";
    KeySpki = "KEY-SPKI", "the token's key is the one in the root certificate, or of the type the plan names",
        "this is the wrong token or the wrong key: compare the token's serial and label";
    TbsDer = "TBS-DER", "two independent readers read the same from the bytes to be signed",
        "this is a fault of the tool: nothing must be signed with it";
    TbsSerial = "TBS-SERIAL", "the serial number has 16 octets from 0x40 to 0x7f on and is not in the register",
        "if this comes again, the random numbers of laptop and token are stuck: stop the ceremony";
    TbsAlgorithm = "TBS-ALGORITHM", "the signature algorithm is the root's own",
        "this is a fault of the tool: nothing must be signed with it";
    TbsIssuer = "TBS-ISSUER", "the issuer is the root's subject, byte for byte",
        "this is a fault of the tool: nothing must be signed with it";
    TbsValidity = "TBS-VALIDITY", "the dates are those of the plan from now: not before is at most 24 hours old and not in the future",
        "compare the laptop's clock with a watch";
    TbsNested = "TBS-NESTED", "the certificate does not begin before the root nor outlive it",
        "shorten the profile's validity, or write not_after = \"issuer\"";
    TbsSpki = "TBS-SPKI", "the key is the request's, byte for byte",
        "this is a fault of the tool: nothing must be signed with it";
    TbsKeyIds = "TBS-KEY-IDS", "the authority key identifier is the root's subject key identifier; the subject key identifier follows from the key by the planned method",
        "this is a fault of the tool: nothing must be signed with it";
    TbsConstraints = "TBS-CONSTRAINTS", "basic constraints are critical and say CA; a root has no path length; an intermediate's fits below the root's",
        "lower the profile's path_length; a root with path length 0 can sign no CA at all";
    TbsKeyUsage = "TBS-KEY-USAGE", "key usage is critical and has keyCertSign and cRLSign",
        "this is a fault of the tool: nothing must be signed with it";
    TbsExtendedUsage = "TBS-EKU", "extended key usage is not critical, lies within the issuer's, and is not in a root",
        "take only usages that the root certificate has";
    TbsNames = "TBS-NAMES", "name constraints are critical and hold DNS, IP, email and URI names alone, without minimum and maximum",
        "this is a fault of the tool: nothing must be signed with it";
    TbsPolicies = "TBS-POLICIES", "policies are not critical, come once each, and have a CPS at most",
        "this is a fault of the tool: nothing must be signed with it";
    TbsExtensions = "TBS-EXTENSIONS", "there are exactly the planned extensions, none of them unknown",
        "this is a fault of the tool: nothing must be signed with it";
    TbsTemplate = "TBS-TEMPLATE", "with its marks put in, the body is the template that was approved, byte for byte",
        "the plan is not for this day's inputs: plan again";
    OwnRequestSubject = "OWN-REQUEST-SUBJECT", "the subject of a request for the root's own key is the root's, byte for byte",
        "this is a fault of the tool: nothing must be signed with it";
    OwnRequestKey = "OWN-REQUEST-KEY", "the key of a request for the root's own key is the root's, byte for byte",
        "this is a fault of the tool: nothing must be signed with it";
    OwnRequestWishes = "OWN-REQUEST-WISHES", "a request for the root's own key asks for the root's key usage (critical), its subject key identifier and basic constraints (critical) that say CA without a path length, and for nothing else",
        "this is a fault of the tool: nothing must be signed with it";
    CrlDates = "CRL-DATES", "thisUpdate is at most 24 hours old and not in the future, later than the last CRL's; nextUpdate is the plan's and within the root's life",
        "compare the laptop's clock with a watch; wait a second after the last CRL";
    ClockProgram = "CLOCK-PROGRAM", "the clock is not before the day this version of the program was written",
        "set the laptop's clock by a watch and another clock, then begin again: its battery may be empty";
    ClockLedger = "CLOCK-LEDGER", "the clock is not before the end of the last completed ceremony, nor before the last entry of the one that is resumed",
        "set the laptop's clock by a watch; if it was an earlier session's clock that was wrong, end that ceremony with abort";
    ClockCrl = "CLOCK-CRL", "the clock is not before the newest CRL's thisUpdate",
        "set the laptop's clock by a watch; a CRL of the future must first be reached";
    ClockRoot = "CLOCK-ROOT", "the clock is within the root's validity",
        "set the laptop's clock by a watch; a root that has expired signs nothing any more";
    CrlNumber = "CRL-NUMBER", "the CRL number is the register's next one",
        "plan again for this ledger";
    CrlEntries = "CRL-ENTRIES", "revoked certificates are listed in the order of their serial numbers, none twice, none later than thisUpdate, and two readers agree on each; the list is absent when empty",
        "this is a fault of the tool: nothing must be signed with it";
    CrlContinuity = "CRL-CONTINUITY", "every entry of the CRLs before stands in the new one, byte for byte: nothing is silently un-revoked",
        "plan again for this ledger, and give the last published CRL as previous";
    CrlRevoked = "CRL-REVOKED", "what is listed for the first time is what this ceremony revokes, dated thisUpdate, with a reason of 1, 3, 4, 5 or 9 that is not critical",
        "this is a fault of the tool: nothing must be signed with it";
    CrlPreviousGiven = "CRL-PREVIOUS-GIVEN", "where a CRL was published before, the file names it as previous",
        "fetch the CRL from where clients get it, and write previous = \"root.crl\"";
    CrlPreviousNumber = "CRL-PREVIOUS-NUMBER", "the published CRL's number leaves room for the next one in 64 bits",
        "no number here grows beyond 2^64: this root needs a successor";
    CrlPreviousFork = "CRL-PREVIOUS-FORK", "the ledger knows no other CRL of the published one's number, and lists nothing in another way",
        "two ledgers of one root have gone apart: stop, and find out who signed the other CRL";
    CrlPreviousStale = "CRL-PREVIOUS-STALE", "the published CRL is not older than the newest that this ledger signed",
        "clients still get a stale CRL: publish the ledger's newest one, and give that as previous";
    CrlPreviousNewer = "CRL-PREVIOUS-NEWER", "the ledger knows the published CRL",
        "this is an old copy of the ledger: find the newest; if it is lost, waive this, and all that the published CRL lists is carried over";
    CrlFinal = "CRL-FINAL", "the final CRL lists everything that was issued and has not expired",
        "revoke it first: after the final CRL nothing can be revoked any more";
    CrlAfterFinal = "CRL-AFTER-FINAL", "nothing is issued or revoked after the final CRL",
        "this root has ended: make a new one";
    RevokeCertificate = "REVOKE-CERTIFICATE", "the certificate to be revoked can be read",
        "give the certificate alone in its file, PEM or DER, or its serial number";
    RevokeIssuer = "REVOKE-ISSUER", "a certificate to be revoked is this root's: its issuer byte for byte, and its signature",
        "only its own issuer can revoke a certificate";
    RevokeRoot = "REVOKE-ROOT", "what is revoked is not the root itself",
        "a root ends with a final CRL, and by being taken out of trust stores";
    RevokeKnown = "REVOKE-KNOWN", "what is revoked is in the register, with this very body, or the file says foreign = true",
        "compare the serial number with the register; foreign = true is for what this root issued elsewhere";
    RevokeForeign = "REVOKE-FOREIGN", "foreign = true stands only where the register does not know the serial number",
        "leave foreign out";
    RevokeTwice = "REVOKE-TWICE", "what is revoked is not revoked already",
        "its entry stays as it is, with its date and reason: take this step out";
    RevokeRepeated = "REVOKE-REPEATED", "no serial number is revoked by two steps of a ceremony",
        "take one of the two steps out";
    RevokeExpired = "REVOKE-EXPIRED", "what is revoked has not expired",
        "an expired certificate is refused everywhere already; an entry does no harm";
    RevokeDate = "REVOKE-DATE", "an invalidity date is not in the future, nor before the certificate's first second",
        "write the moment from which on the key is not to be trusted, in UTC";
    IssuedSame = "ISSUED-SAME", "what was put together holds the signed bytes, and another library reads and writes it as it stands",
        "this is a fault of the tool: keep the ceremony's folder and report it";
    IssuedSignature = "ISSUED-SIGNATURE", "the token's signature verifies in software under the root's key",
        "the token gave a wrong signature: do not trust it; nothing was kept";
    SealAttributes = "SEAL-ATTRIBUTES", "the seal's signed attributes are a SET that follows from SEAL.txt alone",
        "this is a fault of the tool: nothing must be signed with it";
    AdoptLedger = "ADOPT-LEDGER", "adopt-root takes a root over into a ledger that has none",
        "use the ledger that is there; for a root that is new to it, begin another ledger";
    AdoptCertificates = "ADOPT-CERTIFICATES", "each given certificate names the adopted root as its issuer, byte for byte, and verifies under its key",
        "take out what another CA issued; is this the right root?";
    AdoptAgrees = "ADOPT-AGREES", "given certificates and index agree on subject, expiry and state of each serial number, and no serial number has two certificates",
        "find out which of them is wrong, and correct or leave out that one: both describe one certificate";
    AdoptKnown = "ADOPT-KNOWN", "everything that an adopted root has issued is known by its certificate",
        "give the certificates, from backups or from those who use them; anchorite verify --seen finds strangers later";
    AdoptCrl = "ADOPT-CRL", "the last published CRL of an adopted root is given",
        "get it from where it is published; waive this only for a root that never published one";
    AdoptListed = "ADOPT-LISTED", "what the index calls revoked is on the last CRL, and the other way round",
        "issue a CRL in the same ceremony: it lists everything that either of them calls revoked";
    AdoptKeyHeld = "ADOPT-KEY-HELD", "an adopted root key is CKA_SENSITIVE and not CKA_EXTRACTABLE, and none of its secrets can be read",
        "set the attributes, or import the key again with them; waive this only until a new root has taken over";
    AdoptKeyOrigin = "ADOPT-KEY-ORIGIN", "an adopted root key was generated in its token and never left it",
        "plan a new root, whose key is generated in a token, and cross-sign it";
    AdoptKeyUses = "ADOPT-KEY-USES", "an adopted root key may sign and nothing else, and its attributes cannot be changed",
        "nothing signs with it but what a ceremony cleared, as long as nobody else has the PIN";
    PossessionAttributes = "POSSESSION-ATTRIBUTES", "the signed attributes of a proof of possession are a SET that follows from its random number alone",
        "this is a fault of the tool: nothing must be signed with it";
    PossessionTime = "POSSESSION-TIME", "the signing time of a proof of possession is at most 24 hours old and not in the future",
        "compare the laptop's clock with a watch";
    CertificateSize = "CERT-SIZE", "a certificate file has at most 64 KiB, and 16 KiB of DER in it",
        "export the certificate again, alone in its file; a real one has a few kilobytes";
    CertificatePrivateKey = "CERT-PRIVATE-KEY", "a certificate file holds no private key",
        "the key has travelled: delete this file everywhere, and replace the key and its certificate";
    CertificateContainer = "CERT-CONTAINER", "a certificate file holds one certificate, PEM or DER, and nothing after it",
        "export the certificate again, alone in its file";
    CertificateDer = "CERT-DER", "the certificate is an X.509 certificate in strict DER, at every level (RFC 5280 4.1)",
        "get the certificate again from where it was issued; a damaged or hand-made one fails this check";
    CertificateVersion = "CERT-VERSION", "the certificate has version 3",
        "an older certificate cannot say that it is a CA: have it issued again";
    CertificateSerial = "CERT-SERIAL", "the serial number is positive and has at most 20 octets",
        "have the certificate issued again with a random serial number of 16 octets";
    CertificateAlgorithm = "CERT-ALGORITHM", "both algorithm fields are the same, in exact DER, with SHA-256 or longer, and fit the key that signed",
        "have the certificate issued again with SHA-256 or longer";
    CertificateKey = "CERT-KEY", "the certificate's key is one that a request may have",
        "replace the key: no certificate over it should stay in use";
    CertificateNames = "CERT-NAMES", "subject and issuer are not empty and have the form that a request's subject must have",
        "have the certificate issued again with plain names";
    CertificateValidity = "CERT-VALIDITY", "the dates follow each other, as UTCTime to 2049 and GeneralizedTime from 2050, with seconds and Z",
        "have the certificate issued again; a date in another form is read differently by different software";
    CertificateUniqueIds = "CERT-UNIQUE-IDS", "there are no unique identifiers",
        "have the certificate issued again without them (RFC 5280 4.1.2.8)";
    CertificateConstraints = "CERT-CONSTRAINTS", "basic constraints are there, critical, and say CA",
        "this is no CA certificate: is it the right file?";
    CertificateKeyUsage = "CERT-KEY-USAGE", "key usage is there and has keyCertSign",
        "this certificate may not sign others: is it the right file?";
    CertificateExtendedUsage = "CERT-EXTENDED-USAGE", "extended key usage, where there is one, lists each purpose once",
        "have the certificate issued again with serverAuth and clientAuth, or without extended key usage";
    CertificateNameConstraints = "CERT-NAME-CONSTRAINTS", "name constraints, where there are any, are critical, not empty, and hold nothing that common verifiers refuse: directoryName, registeredID, minimum, maximum, a leading dot",
        "have the certificate issued again with DNS names without a leading dot, IP ranges, e-mail or URI hosts";
    CertificateExtensions = "CERT-EXTENSIONS", "every extension can be read, none comes twice, and none is critical that verifiers do not know",
        "have the certificate issued again without the named extension";
    CertificateKeyIds = "CERT-KEY-IDS", "there is a subject key identifier, and the authority key identifier is the issuer's",
        "have the certificate issued again: verifiers find the issuer by these";
    CertificateSignature = "CERT-SIGNATURE", "the signature verifies under the issuer's key, or under its own where it is its own issuer",
        "get the certificate again from where it was issued: this one was changed, or another key signed it";
    CertificateIssuer = "CERT-ISSUER", "the issuer is a CA of exactly this name, with room below it, and its dates and purposes hold this certificate's",
        "is this the issuer's certificate? otherwise have this one issued again";
    BundleContainer = "BUNDLE-CONTAINER", "a bundle is a PEM file of at most 64 KiB with certificates alone, none twice, no private key, and nothing after the last",
        "write the certificates one after the other, as anchorite writes bundle.pem";
    BundleOrder = "BUNDLE-ORDER", "a bundle begins with the intermediate, and each certificate is followed by its issuer",
        "put the intermediate first, then what signed it, up to the root";
    BundleLink = "BUNDLE-LINK", "each certificate of a bundle was issued by the next one: name, key identifiers, signature, dates, path length",
        "set-signed takes a broken chain without a word: find the certificate that really signed this one";
    BundleRoot = "BUNDLE-ROOT", "a bundle ends in its root, and in the given one where one is given",
        "add the root as the last certificate: without it ca_chain and cert-manager's ca.crt lack it";
    BundleDates = "BUNDLE-DATES", "every certificate of a bundle is valid now",
        "compare the clock with a watch; otherwise have the named certificate issued again: set-signed takes it, and nothing below it works";
    BundleRequest = "BUNDLE-REQUEST", "a bundle's first certificate is over the key of the request, where one is given",
        "set-signed takes another key without a word, and the mount has no issuer then: find the certificate that answers this request";
    BundleVault = "BUNDLE-VAULT", "Vault and OpenBao can read every key and signature of a bundle, and make a CRL with its first certificate",
        "have the named certificate issued again, with a key and usages that Vault can work with";
    BundleLinkerd = "BUNDLE-LINKERD", "Linkerd takes a bundle: root of P-256 or RSA 2048 or 4096, signed with SHA-256; a mount's key of P-256 or RSA with room for a CA below; serverAuth and clientAuth",
        "the linkerd profile and a root with key = \"ec:P-256\" give such a bundle";
    BundleCertManager = "BUNDLE-CERT-MANAGER", "cert-manager takes a bundle: one line of certificates that ends in the root, each readable by Go",
        "put the root last, and nothing beside the line: ca.crt is what stands at its end";
    BundleEtcd = "BUNDLE-ETCD", "etcd takes a bundle: every key and signature readable by Go, serverAuth and clientAuth",
        "have the named certificate issued again: each member is server and client at once";
    BundleGo = "BUNDLE-GO", "Go's crypto/x509 can read every key and signature of a bundle",
        "have the named certificate issued again with RSA, P-256, P-384, P-521 or Ed25519, and SHA-256 or longer";
    CrlFileSize = "CRL-FILE-SIZE", "a CRL file has at most 128 MiB",
        "get the CRL again from where it is published";
    CrlFilePrivateKey = "CRL-FILE-PRIVATE-KEY", "a CRL file holds no private key",
        "the key has travelled: delete this file everywhere, and replace the key";
    CrlFileContainer = "CRL-FILE-CONTAINER", "a CRL file holds one CRL, PEM or DER, and nothing after it",
        "get the CRL again, alone in its file";
    CrlFileDer = "CRL-FILE-DER", "the CRL is a CertificateList in strict DER, at every level (RFC 5280 5.1)",
        "get the CRL again from where it is published; a damaged or hand-made one fails this check";
    CrlFileVersion = "CRL-FILE-VERSION", "the CRL has version 2",
        "a CRL of version 1 has no number: take the last one of version 2";
    CrlFileAlgorithm = "CRL-FILE-ALGORITHM", "both algorithm fields are the same, in exact DER, with SHA-256 or longer, and fit the issuer's key",
        "have the CRL issued again with SHA-256 or longer";
    CrlFileIssuer = "CRL-FILE-ISSUER", "the issuer is the given certificate's subject, byte for byte, and may sign CRLs",
        "is this the issuer's certificate? take the CRL that this issuer published";
    CrlFileDates = "CRL-FILE-DATES", "thisUpdate is not in the future, nextUpdate is there and later, both as UTCTime to 2049 and GeneralizedTime from 2050",
        "compare the clock with a watch; otherwise have the CRL issued again";
    CrlFileNumber = "CRL-FILE-NUMBER", "there is a CRL number, not critical, from 0 to 2^159 - 1",
        "have the CRL issued again with a number: without one nobody can tell which CRL is newer";
    CrlFileKeyId = "CRL-FILE-KEY-ID", "the authority key identifier is there and is the issuer's subject key identifier",
        "is this the issuer's certificate? take the CRL that this issuer published";
    CrlFileEntries = "CRL-FILE-ENTRIES", "the list of revoked certificates is absent when empty; no serial comes twice; each is positive, of at most 20 octets, and revoked before thisUpdate",
        "have the CRL issued again; a list that contradicts itself is read differently by different software";
    CrlFileReasons = "CRL-FILE-REASONS", "a reason, where there is one, ends a certificate for good: not 6 (hold), 7, 8 (removeFromCRL) or 10",
        "have the CRL issued again: 6 and 8 belong to holds and delta CRLs, 7 is no reason, 10 is for attribute certificates";
    CrlFileScope = "CRL-FILE-SCOPE", "the CRL covers all certificates of its issuer: it is no delta, not indirect, and leaves nothing out",
        "take the issuer's full CRL";
    CrlFileExtensions = "CRL-FILE-EXTENSIONS", "every extension of list and entries can be read, none comes twice, and none is critical that verifiers do not know",
        "have the CRL issued again without the named extension";
    CrlFileSignature = "CRL-FILE-SIGNATURE", "the signature verifies under the issuer's key",
        "get the CRL again from where it is published: this one was changed, or another key signed it";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_documented() {
        let page = include_str!("../../docs/checks.md");
        let mut seen = BTreeSet::new();
        for id in CheckId::ALL {
            assert!(seen.insert(id.public()), "{} twice", id.public());
            let line = format!(
                "| `{}` | {} | {} |",
                id.public(),
                id.level().word(),
                id.rule()
            );
            assert!(page.contains(&line), "docs/checks.md lacks:\n{line}");
        }
        // The verifier's own ids stand on the same page; its room counts them.
        let ours = |line: &&str| line.starts_with("| `") && !line.starts_with("| `VERIFY-");
        let lines = page.lines().filter(ours).count();
        assert_eq!(
            lines,
            CheckId::ALL.len(),
            "docs/checks.md has a line too many"
        );
    }
}
