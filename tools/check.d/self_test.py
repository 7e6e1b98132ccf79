"""Shows each rule a tree with one violation, which it must see, and the nearest lawful tree, which
it must let pass."""
import pathlib
import tempfile

import docs
from source import Tree

HEADER = '// What this is for, in a sentence.\n#pragma once\n'
TABLE = {'src/topology/connections.inc': 'LEG(c(1), Smb, Tcp, port(445))\nLEG(either(80, 8530))\n',
         'src/topology/extensions.inc': 'LEG(e(1), Https, Tcp, port(8443))\n'}
LONG_BODY = 'int f(int a) {\n' + '  ++a;\n' * 110 + '  return a;\n}\n'


def kind(name='kX', number=1000, text='bad-thing', advice='Mend the thing'):
    return HEADER + f'inline constexpr ErrorKind {name}{{\n    {number}, "{text}",\n    "{advice}"}};\n'


def include(path):
    return f'#include "{path}"\n'


# rule: (trees that it must refuse, trees that it must let pass)
CASES = {
    'include-ranks': (
        [{'src/model/a.cc': include('wire/json.h')},
         {'src/base/a.cc': include('model/ids.h')},
         {'src/roles/client/a.cc': include('roles/provider/provider.h')},
         {'src/roles/site_server/sender/a.cc': include('roles/site_server/wake/wake.h')},
         {'src/hosting/a.cc': include('roles/client/client.h')},
         {'src/apps/a.cc': include('roles/client/policy/policy.h')},
         {'src/net/a.cc': include('a.h')},
         {'src/net/a.cc': include('tests/net/a.h')},
         {'tests/model/a.cc': include('store/database.h')}],
        [{'src/model/a.cc': include('base/time.h') + include('model/ids.h') + '#include <vector>\n'},
         {'src/model/a.cc': '// #include "wire/json.h"\n'},
         {'src/roles/client/a.cc': include('roles/client/policy/b.h') + include('hosting/site.h')},
         {'src/apps/a.cc': include('roles/client/client.h')},
         {'tests/model/a.cc': include('model/ids.h') + include('tests/base/temporary_folder.h')}]),
    'library-headers': (
        [{'src/store/a.cc': '#include <openssl/evp.h>\n'},
         {'src/trust/a.cc': '#include <openssl/ssl.h>\n'},
         {'src/hosting/a.cc': '#include <boost/asio.hpp>\n'},
         {'src/fleet/a.cc': '#include <sqlite3.h>\n'},
         {'src/contract/a.cc': '#include <simdjson.h>\n'},
         {'src/store/a.cc': '#include <zstd.h>\n'},
         {'src/contract/a.cc': '#include <yaml.h>\n'},
         {'src/model/a.cc': '#include <tao/pegtl.hpp>\n'}],
        [{'src/trust/a.cc': '#include <openssl/evp.h>\n', 'src/net/a.cc': '#include <openssl/ssl.h>\n',
          'src/base/os/a.cc': '#include <openssl/evp.h>\n', 'src/store/x/a.cc': '#include <sqlite3.h>\n',
          'src/model/query/a.cc': '#include <tao/pegtl.hpp>\n'}]),
    'headers': (
        [{'src/net/a.h': '#pragma once\n'},
         {'src/net/a.h': '// net\n#pragma once\n'},
         {'src/net/a.h': '// A sentence about what it is for.\n'},
         {'src/net/a.h': '// A sentence about it.\n// #pragma once\n'}],
        [{'src/net/a.h': HEADER}, {'src/net/a.cc': 'int x;\n'}]),
    'file-length': (
        [{'src/net/a.cc': 'int x;\n' * 601}],
        [{'src/net/a.cc': 'int x;\n' * 600}]),
    'function-length': (
        [{'src/net/a.cc': LONG_BODY},
         {'src/net/a.cc': 'namespace a {\nclass B {\n B() : x_{1}, y_(2) {\n' + '  x();\n' * 110
                          + '}\n};\n}\n'},
         {'tests/net/a.cc': 'TEST(A, B) {\n  for (;;) {\n' + '    x();\n' * 110 + '  }\n}\n'}],
        [{'src/net/a.cc': 'namespace a {\n' + 'void f() {\n  x();\n}\n' * 60 + '}\n'},
         {'src/net/a.cc': 'const int kTable[] = {\n' + '  f(1),\n' * 300 + '};\n'},
         {'src/net/a.cc': 'void f() {\n  auto s = "{";\n}\n' + 'int x;\n' * 110},
         {'src/net/a.h': 'struct A {\n  A() : b{1} {}\n' + '  int x;\n' * 150 + '};\n'}]),
    'names': (
        [{'src/net/string_util.h': HEADER},
         {'src/common/a.cc': 'int x;\n'},
         {'src/net/a.cc': 'class ConnectionManager {};\n'},
         {'src/net/a.cc': 'void open_helper(int x);\n'},
         {'src/net/a.cc': 'struct Impl;\n'},
         {'src/net/a.cc': 'namespace utils {}\n'}],
        [{'src/roles/site_server/distribution_manager/distribution_manager.h': HEADER
          + 'class DistributionManager {};\n',
          'docs/glossary.md': '**distribution manager**: brings content to points.\n'},
         {'src/net/a.cc': '// a helper, says the comment\nint x = common_name(y);\nint score(int);\n'}]),
    'ports': (
        [{**TABLE, 'src/net/a.cc': 'int x = 445;\n'},
         {**TABLE, 'src/net/a.cc': 'int x = 28530;\n'},
         {**TABLE, 'src/net/a.cc': 'int http_port = 80;\n'},
         {**TABLE, 'src/net/a.cc': 'int port = 7777;\n'},
         {**TABLE, 'src/net/a.cc': 'constexpr int kPort{9999};\n'},
         {**TABLE, 'src/net/a.cc': 'listen(7777);\n'},
         {**TABLE, 'src/net/a.cc': 'f("http://host:8443/");\n'},
         {**TABLE, 'src/net/a.cc': 'f("port 445");\n'}],
        [{**TABLE, 'src/net/a.cc': '// port 445\nint columns = 80;\nint x = 0x445;\nf("445 rows");\n'},
         {**TABLE, 'src/net/a.cc': 'int port = 0;\nint x = 14450;\ndouble y = 8443.5;\n'},
         {**TABLE, 'src/net/a.cc': 'report(3);\nint x = 445;  // check-allow: ports, a status\n'},
         {**TABLE, 'tests/net/a.cc': 'int port = 445;\n'},
         {**TABLE, 'src/topology/errors.h': kind('kBadPort', 1355)}]),
    'error-numbers': (
        [{'src/base/errors.h': kind(), 'src/base/os/errors.h': kind('kY', 1000, 'other')},
         {'src/base/errors.h': kind(number=1100)},
         {'src/topology/errors.h': kind(number=1349)},
         {'src/base/time.h': kind()},
         {'src/base/errors.h': kind(text='Bad Thing')},
         {'src/base/errors.h': kind(advice='Mend it.')},
         {'src/base/errors.h': kind(advice='')},
         {'src/unknown/errors.h': kind()}],
        [{'src/base/errors.h': kind(), 'src/wire/json_errors.h': kind('kY', 1100, 'other'),
          'src/roles/client/software/errors.h': kind('kZ', 2450, 'third')}]),
    'json-keys': (
        [{'src/hosting/a.cc': include('wire/json.h') + 'auto x = json.at("name");\n'},
         {'src/hosting/a.cc': include('wire/json.h') + 'w.key("name");\n'},
         {'src/hosting/a.cc': include('wire/json.h') + 'x->find("name");\n'},
         {'src/hosting/a.cc': include('wire/node_fields.h')
          + 'NodeFields fields = y;\nfields.text("name");\n'},
         {'src/hosting/a.cc': 'f("{\\"name\\": 1}");\n'},
         {'src/hosting/a.cc': 'f(R"({"name":"x"})");\n'}],
        [{'src/contract/a.cc': include('wire/json.h') + 'json.at("name");\n',
          'src/roles/provider/api/a.cc': include('wire/json.h') + 'w.key("name");\n',
          'src/net/a.cc': 'headers.find("Range");\npath.find("://");\n',
          'src/hosting/a.cc': include('wire/json.h') + '// json.at("name")\ntext.find(": ");\n'}]),
    'log-events': (
        [{'src/net/a.cc': 'log::info("Started", "x");\n'},
         {'src/net/a.cc': 'log::failure(log::Level::Error, "net", error);\n'},
         {'src/net/a.cc': 'log::write(Level::Info,\n    "net.two words", "x");\n'}],
        [{'src/net/a.cc': 'log::info("net.accept.failed", "x");\n'
                          'log::failure(log::Level::Error, "client.run.not-supervised", e);\n'}]),
    'machine-names': (
        [{'docs/a.md': 'see /ho' + 'me/jane/x\n'},
         {'src/net/a.cc': '// in /wor' + 'k/main\n'},
         {'package-lock.json': '"resolved": "https://regis' + 'try.npmjs.org/x"\n'},
         {'CMakePresets.json': '"/tmp/bui' + 'ld-x"\n'}],
        [{'docs/a.md': 'in network/work/main, ./work/x and /var/lib/muster\n'}]),
    'licence': (
        [{'docs/decisions/0001-the-house.md': 'GPL-3.0-or-later'}, {'LICENSE': 'MIT'}],
        [{'LICENSE': 'GNU GENERAL PUBLIC LICENSE',
          'docs/decisions/0001-the-house.md': 'GPL-3.0-or-later'}]),
}


def run(known):
    failures = []
    for name, (refused, passed) in CASES.items():
        for wanted, trees in ((True, refused), (False, passed)):
            for files in trees:
                found = known[name](Tree('.', files))
                if bool(found) != wanted:
                    failures.append(f'{name}: {"missed" if wanted else "refused"} {files!r:.300}'
                                    + ''.join(f'\n    {f.path}:{f.line}: {f.text}' for f in found))
    failures += docs_failures(known) + format_failures(known)
    missing = set(known) - set(CASES) - {'generated-docs', 'format'}
    failures += [f'{name}: has no self-test' for name in sorted(missing)]
    print('\n'.join(failures) if failures else f'all {len(known)} rules see what they are there for')
    return 1 if failures else 0


def docs_failures(known):
    """The page of errors goes stale with an advice."""
    with tempfile.TemporaryDirectory() as top:
        files = {'src/base/errors.h': kind(), **{path: 'x' for path in docs.FROM_CODE}}
        files[docs.ERRORS] = docs.errors_page(Tree(top, files))
        fresh = known['generated-docs'](Tree(top, files))
        files['src/base/errors.h'] = kind(advice='Do something else')
        stale = known['generated-docs'](Tree(top, files))
    out = [f'generated-docs: refused a fresh page: {fresh}'] if fresh else []
    return out + ([] if stale else ['generated-docs: missed a stale page'])


def format_failures(known):
    """A crooked file is found, and straightened by --fix."""
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        (top / 'src').mkdir()
        (top / '.clang-format').write_text('BasedOnStyle: Google\n', encoding='utf-8')
        (top / 'src/a.cc').write_text('int  x=1 ;\n', encoding='utf-8')
        counts = []
        for fix in (False, True, False):
            tree = Tree(top)
            tree.format_all, tree.format_fix = True, fix
            counts.append(len(known['format'](tree)))
            if tree.notes:
                print(f'note: {tree.notes[0]}')
                return []
    return [] if counts == [1, 0, 0] else [f'format: findings before, at and after --fix: {counts}']
