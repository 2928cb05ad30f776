#!/usr/bin/env python3
"""Each rule must catch what it is there for: it is shown one good and several bad files."""
import os
import sys
import tempfile
import unittest

import documentation
import error_codes
import folders
import formatting
import includes
import names
import reached
import text
from tree import Tree

ERROR_CODES = {
    "core/base/error_code.hpp": "enum class ErrorCode : int {\n  ok = 0,\n  timeout = 401,\n};\n",
    "core/base/error_code.cpp": '{ok, "OK", "", false},\n{timeout, "TIMEOUT", "", true},\n',
}
ERROR_H = "capi/include/pepperpy/network/error.h"


class Rules(unittest.TestCase):
    def found(self, rule, files):
        with tempfile.TemporaryDirectory() as root:
            for name, content in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(content)
            tree = Tree(root)
            rule.check(tree)
            return tree.found

    def test_downward_includes_are_fine(self):
        self.assertEqual(self.found(includes, {
            "core/client/a.cpp": '#include "http/pool.hpp"\n#include "base/error.hpp"\n#include <thread>\n',
            "core/codec/a.cpp": '#include "base/error.hpp"\n#include <string>\n#include <algorithm>\n',
            "capi/src/a.cpp": '#include "client/client.hpp"\n#include <pepperpy/network.h>\n',
            "capi/include/pepperpy/a.h": '#include <stdint.h>\n#include "b/c.h"\n',
            "capi/include/pepperpy/b/c.h.in": '#include "../a.h"\n',
            "capi/include/pepperpy/a.hpp": '#include <pepperpy/network.h>\n#include <string_view>\n#include "b.hpp"\n',
            "capi/include/pepperpy/b.hpp": "#include <future>\n",
        }), [])

    def test_other_includes_are_found(self):
        for name, line in (("core/base/a.hpp", '#include "io/socket.hpp"'),
                           ("core/codec/a.hpp", '#include "policy/retry.hpp"'),
                           ("core/io/a.cpp", '#  include "http/pool.hpp"'),
                           ("core/codec/a.cpp", "#include <thread>"),
                           ("core/policy/a.cpp", "#include <sys/socket.h>"),
                           ("core/policy/a.cpp", "auto t = std::chrono::steady_clock::now();"),
                           ("core/extra/a.cpp", ""),
                           ("core/io/a.cpp", "#include <pepperpy/network.h>"),
                           ("capi/include/pepperpy/a.h", "#include <stdbool.h>"),
                           ("capi/include/pepperpy/a.h", '#include "b.h"'),
                           ("capi/include/pepperpy/version.h.in", "#include <stdio.h>"),
                           ("capi/include/pepperpy/a.hpp", '#include "b.hpp"'),
                           ("capi/include/pepperpy/a.hpp", '#include <sys/socket.h>'),
                           ("capi/include/pepperpy/a.hpp", '#include <pepperpy/network/client.h>'),
                           ("tests/cpp/a.cpp", '#include "http/pool.hpp"'),
                           ("examples/c/a.c", '#include "base/error.hpp"'),
                           ("tests/capi/a.c", '#include "client/client.hpp"')):
            self.assertEqual(len(self.found(includes, {name: line})), 1, (name, line))

    def test_bindings_include_the_public_headers_and_themselves(self):
        tree = {"capi/include/pepperpy/network.h": "", "core/base/error.hpp": "", "capi/src/a.hpp": "",
                "tests/support/a.hpp": "", "examples/server/a.hpp": "", "bindings/swig/shim/a.hpp": ""}
        for name, line in (("bindings/swig/shim/b.cpp", '#include "a.hpp"'), ("bindings/swig/b.cpp", '#include "shim/a.hpp"'),
                           ("bindings/swig/a.i", '%include "shim/a.hpp"'), ("bindings/swig/a.i", '%include "stdint.i"'),
                           ("bindings/swig/a.i", "%include <pepperpy/network.h>"), ("bindings/go/a.go", "// #include <errno.h>"),
                           ("bindings/go/a.go", "#include <pepperpy/network.h>"),
                           ("bindings/java/a.cpp", "#include <memory>")):
            self.assertEqual(self.found(includes, tree | {name: line}), [], (name, line))
        for name, line in (("bindings/swig/shim/b.cpp", '#include "../../../core/base/error.hpp"'),
                           ("bindings/swig/a.i", '%include "../../capi/src/a.hpp"'),
                           ("bindings/swig/a.i", "%import <support/a.hpp>"), ("bindings/go/a.go", '// #include "server/a.hpp"'),
                           ("bindings/go/a.go", '#include "src/a.hpp"'), ("bindings/java/a.cpp", '#include "support/a.hpp"')):
            self.assertEqual(len(self.found(includes, tree | {name: line})), 1, (name, line))
        self.assertTrue(self.found(includes, tree | {"bindings/java/a.cpp": '#include "base/error.hpp"'}))

    def test_foreign_names_are_found_outside_their_layer(self):
        self.assertEqual(self.found(names, {
            "core/io/tls.cpp": "#include <openssl/ssl.h>\n#include <Poco/Net/StreamSocket.h>\nSSL_read(s);\n",
            "core/codec/json.cpp": "#include <Poco/JSON/Parser.h>\n",
            "core/http/a.cpp": "// Poco::Net is hidden below\nauto text = \"SSL_read(\";\n",
        }), [])
        for name, line in (("core/http/a.cpp", "#include <openssl/ssl.h>"), ("core/http/a.cpp", "SSL_read(s, b, n);"),
                           ("core/client/a.cpp", "Poco::Net::SocketAddress a;"),
                           ("core/codec/url.cpp", "#include <Poco/URI.h>"), ("capi/src/a.cpp", "Poco::JSON::Parser p;"),
                           ("core/io/a.cpp", "#include <Poco/Net/SecureStreamSocket.h>"),
                           ("core/http/a.cpp", "z_stream s;")):
            self.assertEqual(len(self.found(names, {name: line})), 1, (name, line))

    def test_undocumented_declarations_are_found(self):
        name = "capi/include/pepperpy/a.h"
        declaration = "PPN_API void PPN_CALL ppn_a(void);\n"
        good = ("/** Does a thing.\n *  @return nothing. Thread: any. Blocks: never. May be called\n"
                " *  from: any callback. Since 0.1. */\n")
        self.assertEqual(self.found(documentation, {name: good + declaration}), [])
        for bad in (declaration, "typedef void(PPN_CALL *ppn_x_cb)(void *user_data);", good + "\n" + declaration,
                    good.replace("Blocks: never. ", "") + declaration, good + declaration + declaration):
            self.assertEqual(len(self.found(documentation, {name: bad})), 1, bad)

    def test_stray_files_and_missing_readmes_are_found(self):
        good = {"README.md": "x", "core/README.md": "x", ".gitignore": ""}
        self.assertEqual(self.found(folders, good), [])
        self.assertEqual(len(self.found(folders, good | {"scripts/a.sh": ""})), 1)
        self.assertEqual(len(self.found(folders, good | {"core/io/a.cpp": ""})), 1)
        self.assertEqual(len(self.found(folders, good | {"core/README.md": "x\n" * 200})), 1)
        of_java = good | {"bindings/README.md": "x", "bindings/java/A.java": ""}
        self.assertEqual(len(self.found(folders, of_java)), 1)
        self.assertEqual(self.found(folders, of_java | {"bindings/java/README.md": "x\n" * 400}), [])
        self.assertEqual(len(self.found(folders, of_java | {"bindings/java/README.md": "x\n" * 401})), 1)
        self.assertEqual(len(self.found(folders, good | {"examples/README.md": "x", "examples/go/a.go": ""})), 1)

    def test_long_and_unfinished_files_are_found(self):
        self.assertEqual(self.found(text, {"core/io/a.cpp": "int a;\n" * 400}), [])
        self.assertEqual(self.found(text, {"capi/a.h": "// Generated by capi/a.py\n" + "int a;\n" * 401}), [])
        self.assertIn("400", self.found(text, {"capi/a.h": "int a;\n" * 401 + "// Generated by capi/a.py\n"})[0])
        for name in ("bindings/java/A.java", "bindings/csharp/A.cs", "bindings/swig/a.i", "examples/go/a.go"):
            self.assertEqual(self.found(text, {name: "a\n" * 400}), [])
            self.assertEqual(len(self.found(text, {name: "a\n" * 401})), 1, name)
        self.assertEqual(self.found(text, {"bindings/java/target/A.java": "a\n" * 401}), [])
        for content in ("int a;\n" * 401, "// TO" + "DO: later\n", "// caf\u00e9\n"):
            self.assertEqual(len(self.found(text, {"core/io/a.cpp": content})), 1)

    def test_error_codes_that_drift_are_found(self):
        good = "#define PPN_OK 0\n#define PPN_E_TIMEOUT 401\n"
        self.assertEqual(self.found(error_codes, ERROR_CODES | {ERROR_H: good}), [])
        enumeration = "enum {\n  PPN_OK = 0, /**< fine */\n  PPN_E_TIMEOUT = 401\n};\n"
        self.assertEqual(self.found(error_codes, ERROR_CODES | {ERROR_H: enumeration}), [])
        for bad in (good.replace("401", "402"), good + "#define PPN_E_NEW 999\n", "#define PPN_OK 0\n"):
            self.assertEqual(len(self.found(error_codes, ERROR_CODES | {ERROR_H: bad})), 1, bad)

    def test_codes_that_no_test_reaches_are_found(self):
        rehearsal, case = reached.REHEARSAL
        tree = ERROR_CODES | {
            rehearsal: f"BOOST_AUTO_TEST_CASE({case}) {{}}\n",
            "tests/a.cpp": "BOOST_AUTO_TEST_CASE(late) { x(PPN_E_TIMEOUT); }\nBOOST_AUTO_TEST_CASE(other) {}\n",
        }
        for good in ("TIMEOUT tests/a.cpp:late\n", "# why\n\nTIMEOUT   rehearsed\n"):
            self.assertEqual(self.found(reached, tree | {reached.LIST: good}), [])
        for bad in ("# none\n", "TIMEOUT tests/a.cpp:other\n", "TIMEOUT tests/a.cpp:gone\n", "TIMEOUT tests/b.cpp:late\n",
                    "TIMEOUT rehearsed\nTIMEOUT rehearsed\n", "TIMEOUT rehearsed\nLATE rehearsed\n"):
            self.assertEqual(len(self.found(reached, tree | {reached.LIST: bad})), 1, bad)
        rehearsed = tree | {reached.LIST: "TIMEOUT rehearsed\n"}
        made = rehearsed | {"core/io/a.cpp": "return Failure(ErrorCode::timeout);\n"}
        self.assertEqual(len(self.found(reached, made)), 1)
        asked = rehearsed | {"core/io/a.cpp": "case ErrorCode::timeout: break;\n"}
        self.assertEqual(self.found(reached, asked), [])
        self.assertEqual(len(self.found(reached, rehearsed | {rehearsal: ""})), 1)

    @unittest.skipUnless(formatting.find_tool(), "clang-format 14 is not here")
    def test_wrong_format_is_found(self):
        self.assertEqual(self.found(formatting, {"core/io/a.cpp": "int a;\n"}), [])
        self.assertTrue(self.found(formatting, {"core/io/a.cpp": "int   a ;\n"}))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
