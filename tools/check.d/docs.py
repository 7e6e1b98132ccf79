"""The generated pages: docs/errors.md is made here, the others by the project's own tests."""
import os
import pathlib
import subprocess

import numbers_rules
from source import Finding

ERRORS = 'docs/errors.md'
# The pages that tests named GeneratedDocs make, by the program of tests: from the table and the
# settings' declarations, from the codecs.
FROM_CODE = {'topology_tests': ('docs/connections.md', 'docs/settings.md'),
             'contract_tests': ('api/objects.schema.json',),
             'hosting_tests': ('docs/metrics.md',)}
SOURCES = {'topology_tests': ('src/topology/', 'src/base/settings', 'tests/connections/built.csv',
                              'tests/topology/docs_test.cc'),
           'contract_tests': ('src/contract/objects/', 'tests/contract/'),
           'hosting_tests': ('src/hosting/figures', 'src/hosting/metrics_page',
                             'tests/hosting/metrics_page_test.cc')}


def errors_page(tree):
    lines = ['<!-- Generated from every errors.h; run tools/check --regenerate. -->', '# Errors', '',
             'Every error says its number and name, then what happened to which thing.', '',
             '| number | name | folder | what to do |', '|---|---|---|---|']
    for cpp, _, _, number, name, advice in sorted(
            numbers_rules.error_kinds(tree), key=lambda each: each[3]):
        folder = '/'.join(cpp.folder[1:])
        advice = advice.replace('\\"', '"').replace('\\\\', '\\').replace('|', '\\|')
        lines.append(f'| M{number} | {name} | {folder} | {advice} |')
    return '\n'.join(lines) + '\n'


def newest_tests(tree, name):
    """The newest program of tests of this name in a build folder, or nothing."""
    if tree.build:
        folders = [pathlib.Path(tree.build)]
    else:
        folders = [tree.top / 'build', *(tree.top / 'build').glob('*')]
    found = [f / 'bin' / name for f in folders]
    found = [path for path in found if path.exists()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def is_current(tree, name, program):
    """Whether the program was built after the last change of what it renders."""
    sources = [path for path in tree.paths if path.startswith(SOURCES[name])]
    return all((tree.top / path).stat().st_mtime <= program.stat().st_mtime for path in sources)


def run_docs_tests(program, **environment):
    return subprocess.run([str(program), '--gtest_filter=GeneratedDocs.*'], capture_output=True,
                          text=True, check=False, env={**os.environ, **environment})


def generated_docs(tree):
    """the generated pages are what the code makes"""
    out = []
    if tree.text(ERRORS) != errors_page(tree):
        out.append(Finding(ERRORS, 1, 'is stale; run tools/check --regenerate'))
    for name, pages in FROM_CODE.items():
        for path in pages:
            if not (tree.top / path).exists():
                out.append(Finding(path, 1, 'is missing; run tools/check --regenerate'))
        program = newest_tests(tree, name)
        if program is None or not is_current(tree, name, program):
            tree.notes.append(f'{", ".join(pages)}: no current build, so ctest compares them')
            continue
        done = run_docs_tests(program)
        for line in done.stdout.splitlines():
            if 'run tools/check --regenerate' in line:
                out.append(Finding(line.split()[0], 1, 'is stale; run tools/check --regenerate'))
    return out


def regenerate(tree):
    (tree.top / ERRORS).write_text(errors_page(tree), encoding='utf-8')
    print(f'wrote {ERRORS}')
    for name, pages in FROM_CODE.items():
        program = newest_tests(tree, name)
        if program is None:
            print(f'tools/check: no build with {name}; build it, then run this again, '
                  'or name the folder with --build')
            return 1
        build = program.parent.parent
        built = subprocess.run(['cmake', '--build', str(build), '--target', name],
                               capture_output=True, text=True, check=False)
        if built.returncode != 0:
            print(built.stdout[-4000:])
            return 1
        done = run_docs_tests(program, MUSTER_REGENERATE='1')
        if done.returncode != 0:
            print(done.stdout[-4000:])
            return 1
        print(f'wrote {", ".join(pages)}')
    return 0


RULES = {'generated-docs': generated_docs}
