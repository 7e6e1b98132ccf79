"""clang-format over the files that differ from the last commit, or over all."""
import concurrent.futures
import re
import shutil
import subprocess

from source import Finding

FORMATTED = ('.h', '.cc')
VERSION = '14'  # Debian 12's; other versions break lines differently


def changed(tree):
    """Paths that differ from the last commit, and those that it does not have."""
    out = set(tree.git('diff', '--name-only', 'HEAD'))
    return out | set(tree.git('ls-files', '--others', '--exclude-standard'))


def run(program, tree, paths, *options):
    done = subprocess.run([program, *options, *paths], cwd=tree.top, capture_output=True, text=True,
                          check=False)
    return done.stderr


def clang_format(tree):
    """C++ is formatted by clang-format 14"""
    program = shutil.which('clang-format-14') or shutil.which('clang-format')
    if program is None:
        tree.notes.append('clang-format is not installed (apt install clang-format): '
                          'the format is not checked')
        return []
    version = subprocess.run([program, '--version'], capture_output=True, text=True, check=False)
    if not re.search(r'version ' + VERSION + r'\.', version.stdout):
        tree.notes.append(f'clang-format is not version {VERSION}: the format is not checked')
        return []
    paths = [cpp.path for cpp in tree.cpp if cpp.path.endswith(FORMATTED)]
    if not tree.format_all:
        differing = changed(tree)
        paths = [path for path in paths if path in differing]
    options = ['-i'] if tree.format_fix else ['--dry-run']
    batches = [paths[i:i + 20] for i in range(0, len(paths), 20)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda batch: run(program, tree, batch, *options), batches))
    first = {}
    for match in re.finditer(r'^(?:\./)?([^:\n]+):(\d+):\d+: (?:warning|error): ', ''.join(answers),
                             re.MULTILINE):
        first.setdefault(match[1], int(match[2]))
    return [Finding(path, line, 'is not formatted; run tools/check --fix')
            for path, line in sorted(first.items())]


RULES = {'format': clang_format}
