"""Names of Poco, OpenSSL, zlib and hiredis appear only in the layer that hides them."""
import re

# What, how its header starts, how its names look in code, where it may be.
OWNERS = (
    ("OpenSSL", "openssl/", re.compile(r"\b(SSL|X509|BIO|EVP|ERR|OPENSSL|CRYPTO|RAND)_[A-Za-z]\w*\s*\("),
     ("core/io/",)),
    ("Poco::Net", "Poco/Net/", re.compile(r"\bPoco::Net\b"), ("core/io/",)),
    ("Poco::JSON", "Poco/JSON/", re.compile(r"\bPoco::(JSON|Dynamic)\b"), ("core/codec/json.", "core/codec/json_")),
    ("zlib", "zlib.h", re.compile(r"\b(inflate|deflate)(Init2?_?|End|Reset)?\s*\(|\bz_stream\b"), ("core/codec/",)),
    ("hiredis", "hiredis/", re.compile(r"\bredis(Reader|Reply|Format|Free)\w*\b|\bfreeReplyObject\b"), ("core/io/redis_",)),
)
# Poco::Exception is caught where exceptions of others are turned into values.
POCO = ("core/base/", "core/io/", "core/codec/json.", "core/codec/json_", "core/codec/websocket_handshake.", "capi/src/")


def check(tree):
    for name in tree.files("core", "capi"):
        for line, _, target in tree.includes(name):
            for what, prefix, _, places in OWNERS:
                if target.startswith(prefix) and not name.startswith(places):
                    tree.report(name, line, f"{what} belongs into {places[0]}*")
            if target.startswith("Poco/") and not name.startswith(POCO):
                tree.report(name, line, "Poco is hidden from this layer")
            if target.startswith(("Poco/Net/HTTPS", "Poco/Net/Secure", "Poco/Net/SSL", "Poco/Crypto/", "Poco/Util/")):
                tree.report(name, line, f"the library does without {target}")
        for line, text in tree.code_lines(name):
            for what, _, pattern, places in OWNERS:
                if pattern.search(text) and not name.startswith(places):
                    tree.report(name, line, f"{what} belongs into {places[0]}*")
