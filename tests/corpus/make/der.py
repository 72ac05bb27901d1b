"""A DER writer that can also write what is not DER."""


def length(n):
    """A definite length in its shortest form."""
    if n < 0x80:
        return bytes([n])
    octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag, *parts):
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    """In DER's order."""
    return tlv(0x31, *sorted(parts))


def set_as_given(*parts):
    return tlv(0x31, *parts)


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def enumerated(n):
    return tlv(10, bytes([n]))


def boolean(value):
    return tlv(1, b"\xff" if value else b"\0")


def bits(octets, unused=0):
    return tlv(3, bytes([unused]), octets)


def named_bits(*numbers):
    """A BIT STRING with these bits, zeros at its end left out."""
    top = max(numbers)
    octets = bytearray(top // 8 + 1)
    for n in numbers:
        octets[n // 8] |= 0x80 >> n % 8
    return bits(bytes(octets), 7 - top % 8)


def octets(content):
    return tlv(4, content)


def null():
    return tlv(5)


def arcs(dotted):
    first, second, *rest = [int(arc) for arc in dotted.split(".")]
    content = b""
    for arc in [first * 40 + second, *rest]:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(septets))
    return content


def oid(dotted):
    return tlv(6, arcs(dotted))


def text(tag, value):
    return tlv(tag, value if isinstance(value, bytes) else value.encode("utf-8"))


def utf8(value):
    return text(0x0C, value)


def printable(value):
    return text(0x13, value)


def ia5(value):
    return text(0x16, value)


def t61(value):
    return tlv(0x14, value if isinstance(value, bytes) else value.encode("latin-1"))


def bmp(value):
    return tlv(0x1E, value if isinstance(value, bytes) else value.encode("utf-16-be"))


def context(n, *parts, primitive=False):
    return tlv((0x80 if primitive else 0xA0) | n, *parts)


def utc(value):
    return tlv(0x17, value.encode())


def generalized(value):
    return tlv(0x18, value.encode())


def header(der):
    """Octets of an element's header."""
    return 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)


def content(der):
    return der[header(der):]


# What is not DER.

def long_length(der, count=None):
    """The same element with a length of more octets than it needs."""
    body = content(der)
    count = count or (len(length(len(body))) + 1)
    return der[:1] + bytes([0x80 | count]) + len(body).to_bytes(count, "big") + body


def indefinite(der):
    return der[:1] + b"\x80" + content(der) + b"\0\0"


def nested(depth, tag=0x30):
    der = b""
    for _ in range(depth):
        der = tlv(tag, der)
    return der


def padded_integer(n):
    return tlv(2, b"\0", content(integer(n)))
