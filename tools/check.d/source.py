"""The tree as the rules see it: files, and C++ text with its comments and strings told apart."""
import bisect
import dataclasses
import functools
import os
import pathlib
import re
import subprocess

SKIPPED_FOLDERS = {'.git', 'build', 'node_modules', '.muster', '__pycache__'}
CPP_SUFFIXES = {'.h', '.cc', '.inc'}

# One alternative per kind of lexical element that hides text from the others.
ELEMENT = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9A-Fa-f])'(?:\\.[^']*|[^'\\\n])')",
    re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str


def blanked(text):
    """The text's length and lines without its characters."""
    return re.sub(r'[^\n]', ' ', text)


class Cpp:
    """One C++ file: `code` has comments, strings and characters blanked out, `uncommented` only
    comments; offsets are the same in all of them."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.strings = []   # (offset, inside)
        self.comments = []  # (offset, text)
        code, uncommented, last = [], [], 0
        for match in ELEMENT.finditer(text):
            between = text[last:match.start()]
            whole, empty = match.group(), blanked(match.group())
            code += [between, empty]
            uncommented += [between, empty if match['comment'] else whole]
            if match['comment']:
                self.comments.append((match.start(), whole))
            elif match['raw']:
                inside = whole.index('(') + 1
                self.strings.append((match.start() + inside, whole[inside:whole.rindex(')')]))
            elif match['string']:
                self.strings.append((match.start() + 1, whole[1:-1]))
            last = match.end()
        self.code = ''.join(code) + text[last:]
        self.uncommented = ''.join(uncommented) + text[last:]
        self.line_starts = [0] + [m.end() for m in re.finditer('\n', text)]

    def line_of(self, offset):
        return bisect.bisect_right(self.line_starts, offset)

    @functools.cached_property
    def allowed(self):
        """The (line, rule) pairs that a comment excepts."""
        out = set()
        for offset, comment in self.comments:
            for match in re.finditer(r'check-allow: ([\w-]+), ?\S', comment):
                line = self.line_of(offset)
                alone = not self.code[self.line_starts[line - 1]:offset].strip()
                out.add((line + 1 if alone else line, match[1]))
        return out

    def finding(self, offset, text, rule):
        """The finding, or nothing where a comment allows it."""
        line = self.line_of(offset)
        return [] if (line, rule) in self.allowed else [Finding(self.path, line, text)]

    @property
    def folder(self):
        """('src', 'roles', 'client') for src/roles/client/x.cc."""
        return pathlib.PurePosixPath(self.path).parts[:-1]

    def is_header(self):
        return self.path.endswith('.h')


class Tree:
    """All files of the project, read once."""

    def __init__(self, top, files=None):
        self.top = pathlib.Path(top)
        self.notes = []
        self.format_all = self.format_fix = False
        self.build = None
        self._given = files  # path to text: the self-test's tree

    @functools.cached_property
    def paths(self):
        if self._given is not None:
            return sorted(self._given)
        out = []
        for folder, folders, files in os.walk(self.top):
            folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
            relative = pathlib.PurePath(folder).relative_to(self.top)
            out += [(relative / name).as_posix() for name in sorted(files)]
        ignored = self.git('ls-files', '--others', '--ignored', '--exclude-standard')
        return sorted(set(out) - set(ignored))

    def text(self, path):
        """The file's text, '' for a file that is absent or not UTF-8."""
        if self._given is not None:
            return self._given.get(path, '')
        try:
            return (self.top / path).read_text(encoding='utf-8')
        except (OSError, UnicodeDecodeError):
            return ''

    def exists(self, path):
        return path in self._given if self._given is not None else (self.top / path).exists()

    def git(self, *arguments):
        """Lines of git's answer, none where this is no repository or git is not installed."""
        try:
            done = subprocess.run(['git', '-C', str(self.top), *arguments], capture_output=True,
                                  text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return []
        return done.stdout.splitlines() if done.returncode == 0 else []

    @functools.cached_property
    def cpp(self):
        """All C++ files of src, tests, bench and fuzz."""
        return [Cpp(path, self.text(path)) for path in self.paths
                if path.split('/')[0] in {'src', 'tests', 'bench', 'fuzz'}
                and pathlib.PurePosixPath(path).suffix in CPP_SUFFIXES]

    @functools.cached_property
    def product(self):
        return [each for each in self.cpp if each.path.startswith('src/')]

    @functools.cached_property
    def glossary(self):
        """The terms of docs/glossary.md, lower case with blanks."""
        return {match.lower() for match in
                re.findall(r'^\*\*([^*]+)\*\*', self.text('docs/glossary.md'), re.MULTILINE)}
