"""Keys and deterministic signatures, by hand: no random numbers, so the same bytes every run,
and no library that would refuse to make what is wrong. Not for any other use."""

import hashlib
import hmac
import pathlib
from math import lcm

from .der import arcs, bits, integer, null, octets, oid, seq, tlv, context

PRIMES = dict(
    (name, int(value, 16))
    for name, value in (
        line.split()
        for line in (pathlib.Path(__file__).parent / "primes.txt").read_text().splitlines()
        if not line.startswith("#")
    )
)

HASHES = {"md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26",
          "sha224": "2.16.840.1.101.3.4.2.4", "sha256": "2.16.840.1.101.3.4.2.1",
          "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
RSA_WITH = {"md5": 4, "sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13, "sha224": 14}
ECDSA_WITH = {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1",
              "sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3",
              "sha512": "1.2.840.10045.4.3.4"}
RSA_OID = "1.2.840.113549.1.1.1"
PSS_OID = "1.2.840.113549.1.1.10"


def digest(name, message):
    return hashlib.new(name, message).digest()


class Rsa:
    """Any number of prime factors, so that wrong moduli have right signatures too."""

    def __init__(self, *names, e=65537, default="sha256"):
        factors = [PRIMES.get(name, name) for name in names]
        self.n, self.e, self.default = 1, e, default
        for factor in factors:
            self.n *= factor
        order = lcm(*(p - 1 for p in factors))
        if len(set(factors)) < len(factors):
            order = lcm(order, factors[0])
        try:
            self.d = pow(e, -1, order)
        except ValueError:
            self.d = 1

    def spki(self, parameters=None, oid_=RSA_OID, n=None, e=None):
        key = seq(integer(self.n if n is None else n), integer(self.e if e is None else e))
        return seq(seq(oid(oid_), null() if parameters is None else parameters), bits(key))

    def algorithm(self, hash_=None):
        return seq(oid(f"1.2.840.113549.1.1.{RSA_WITH[hash_ or self.default]}"), null())

    def sign(self, message, hash_=None):
        hash_ = hash_ or self.default
        info = seq(seq(oid(HASHES[hash_]), null()), octets(digest(hash_, message)))
        size = (self.n.bit_length() + 7) // 8
        block = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
        return pow(int.from_bytes(block, "big"), self.d, self.n).to_bytes(size, "big")

    def sign_pss(self, message, hash_="sha256", mgf="sha256", salt=32):
        """RFC 8017 9.1.1 with a salt that follows from the message."""
        bits_ = self.n.bit_length() - 1
        size = (bits_ + 7) // 8
        salted = (digest("sha512", b"salt" + message) * 4)[:salt]
        h = digest(hash_, bytes(8) + digest(hash_, message) + salted)
        db = bytes(size - salt - len(h) - 2) + b"\1" + salted
        mask = b"".join(digest(mgf, h + i.to_bytes(4, "big")) for i in range(size // 16))
        db = bytearray(a ^ b for a, b in zip(db, mask))
        db[0] &= 0xFF >> 8 * size - bits_
        block = int.from_bytes(bytes(db) + h + b"\xbc", "big")
        return pow(block, self.d, self.n).to_bytes((self.n.bit_length() + 7) // 8, "big")


def pss_parameters(hash_="sha256", mgf="sha256", salt=32, trailer=b""):
    hashed = lambda name: seq(oid(HASHES[name]), null())
    mgf1 = seq(oid("1.2.840.113549.1.1.8"), hashed(mgf))
    return seq(context(0, hashed(hash_)), context(1, mgf1), context(2, integer(salt)), trailer)


def pss_algorithm(*args, **kwargs):
    return seq(oid(PSS_OID), pss_parameters(*args, **kwargs))


class Curve:
    def __init__(self, oid_, p, a, b, generator, order):
        self.oid, self.p, self.a, self.b, self.n = oid_, p, a, b, order
        self.size = (p.bit_length() + 7) // 8
        g = bytes.fromhex(generator)
        self.g = int.from_bytes(g[:self.size], "big"), int.from_bytes(g[self.size:], "big")

    def add(self, one, two):
        if one is None or two is None:
            return one or two
        (x1, y1), (x2, y2), p = one, two, self.p
        if x1 == x2:
            if (y1 + y2) % p == 0:
                return None
            slope = (3 * x1 * x1 + self.a) * pow(2 * y1, -1, p)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, p)
        x = (slope * slope - x1 - x2) % p
        return x, (slope * (x1 - x) - y1) % p

    def times(self, k, point=None):
        point, total = point or self.g, None
        while k:
            if k & 1:
                total = self.add(total, point)
            point, k = self.add(point, point), k >> 1
        return total

    def encode(self, point, form=4):
        x, y = (v.to_bytes(self.size, "big") for v in point)
        if form in (2, 3):
            return bytes([2 | point[1] & 1]) + x
        return bytes([form if form == 4 else 6 | point[1] & 1]) + x + y

    def explicit(self, generator=None, b=None):
        """ECParameters (SEC 1 C.2): the curve written out, or one that imitates it."""
        field = seq(oid("1.2.840.10045.1.1"), integer(self.p))
        octet = lambda v: octets(v.to_bytes(self.size, "big"))
        curve = seq(octet(self.a), octet(self.b if b is None else b))
        return seq(integer(1), field, curve, octets(self.encode(generator or self.g)),
                   integer(self.n), integer(1))


def _nist(oid_, p, b, g, n):
    return Curve(oid_, p, p - 3, int(b, 16), g, int(n, 16))


P224 = _nist("1.3.132.0.33", 2**224 - 2**96 + 1,
    "B4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4",
    "B70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21"
    "BD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34",
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D")
P256 = _nist("1.2.840.10045.3.1.7", 2**256 - 2**224 + 2**192 + 2**96 - 1,
    "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
    "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
P384 = _nist("1.3.132.0.34", 2**384 - 2**128 - 2**96 + 2**32 - 1,
    "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF",
    "AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7"
    "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F",
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973")
P521 = _nist("1.3.132.0.35", 2**521 - 1,
    "0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00",
    "00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66"
    "011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650",
    "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409")
K256 = Curve("1.3.132.0.10", 2**256 - 2**32 - 977, 0, 7,
    "79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"
    "483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8",
    int("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", 16))
BRAINPOOL = Curve("1.3.36.3.3.2.8.1.1.7",
    int("A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377", 16),
    int("7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9", 16),
    int("26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6", 16),
    "8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262"
    "547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997",
    int("A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7", 16))


class Ec:
    def __init__(self, curve, seed, default=None):
        self.curve = curve
        self.d = int.from_bytes(digest("sha512", seed.encode()) * 2, "big") % curve.n
        self.q = curve.times(self.d)
        by_size = {32: "sha256", 48: "sha384", 66: "sha512"}
        self.default = default or by_size.get(curve.size, "sha256")

    def spki(self, point=None, parameters=None):
        parameters = oid(self.curve.oid) if parameters is None else parameters
        point = self.curve.encode(self.q) if point is None else point
        return seq(seq(oid("1.2.840.10045.2.1"), parameters), bits(point))

    def algorithm(self, hash_=None):
        return seq(oid(ECDSA_WITH[hash_ or self.default]))

    def numbers(self, message, hash_=None):
        """r and s with k from key and message, in the manner of RFC 6979."""
        n = self.curve.n
        h = digest(hash_ or self.default, message)
        e = int.from_bytes(h, "big") >> max(0, len(h) * 8 - n.bit_length())
        seed = self.d.to_bytes(self.curve.size, "big")
        k = int.from_bytes(hmac.digest(seed, h + b"k", "sha512") + hmac.digest(seed, h, "sha512"), "big")
        k = k % (n - 1) + 1
        r = self.curve.times(k)[0] % n
        return r, pow(k, -1, n) * (e + r * self.d) % n

    def sign(self, message, hash_=None):
        return seq(*map(integer, self.numbers(message, hash_)))


class Ed25519:
    """RFC 8032 5.1."""

    p = 2**255 - 19
    order = 2**252 + 27742317777372353535851937790883648493
    d25519 = -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)
    default = None

    def __init__(self, seed):
        h = hashlib.sha512(digest("sha256", seed.encode())).digest()
        self.a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = h[32:]
        self.public = self.encode(self.times(self.a))

    @classmethod
    def add(cls, one, two):
        (x1, y1), (x2, y2), p = one, two, cls.p
        t = cls.d25519 * x1 * x2 * y1 * y2 % p
        return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, p) % p,
                (y1 * y2 + x1 * x2) * pow(1 - t, -1, p) % p)

    @classmethod
    def x_of(cls, y, sign):
        p = cls.p
        square = (y * y - 1) * pow(cls.d25519 * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        if (x * x - square) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        return None if (x * x - square) % p else (p - x if x & 1 != sign else x)

    @classmethod
    def times(cls, k, point=None):
        if point is None:
            y = 4 * pow(5, -1, cls.p) % cls.p
            point = cls.x_of(y, 0), y
        total = (0, 1)
        while k:
            if k & 1:
                total = cls.add(total, point)
            point, k = cls.add(point, point), k >> 1
        return total

    @staticmethod
    def encode(point):
        return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")

    def spki(self, public=None, parameters=b""):
        return seq(seq(oid("1.3.101.112"), parameters), bits(public or self.public))

    def algorithm(self, hash_=None):
        return seq(oid("1.3.101.112"))

    def sign(self, message, hash_=None):
        number = lambda *parts: int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")
        r = number(self.prefix, message) % self.order
        big_r = self.encode(self.times(r))
        s = (r + number(big_r, self.public, message) * self.a) % self.order
        return big_r + s.to_bytes(32, "little")


class SmallOrder(Ed25519):
    """A public key of small order: its signatures verify without any private key, wherever the
    challenge is a multiple of 8."""

    def __init__(self, public):
        self.public = public

    def sign(self, message, hash_=None):
        number = lambda *parts: int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")
        for r in range(1, 200):
            big_r = self.encode(self.times(r))
            if number(big_r, self.public, message) % self.order % 8 == 0:
                return big_r + r.to_bytes(32, "little")
        raise AssertionError("no signature found")


class MixedOrder(Ed25519):
    """A good key plus a point of order 8. A signature verifies for everybody where the challenge
    is a multiple of 8, and for some verifiers only elsewhere."""

    def __init__(self, seed, y):
        super().__init__(seed)
        self.public = self.encode(self.add(self.times(self.a), (self.x_of(y, 0), y)))

    def sign(self, message, hash_=None):
        number = lambda *parts: int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")
        for r in range(1, 200):
            big_r = self.encode(self.times(r))
            challenge = number(big_r, self.public, message) % self.order
            if challenge % 8 == 0:
                return big_r + ((r + challenge * self.a) % self.order).to_bytes(32, "little")
        raise AssertionError("no signature found")
