"""Who may include whom, what a header begins with, and how long things may be."""
import pathlib
import re

from source import Finding

RANKS = {
    'base': 0,
    'topology': 1, 'wire': 1, 'model': 1, 'net': 1,
    'contract': 2,
    'trust': 3, 'store': 3, 'fleet': 3, 'transport': 3,
    'hosting': 4,
    'roles': 5,
    'simulator': 6,
    'apps': 7,
}
ORDER = 'base < topology, wire, model, net < contract < trust, store, fleet, transport < hosting ' \
        '< roles < simulator < apps'
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)

# Which folders may see the headers of a library: the first pattern that matches decides.
LIBRARIES = [
    (re.compile(r'openssl/ssl\.h'), ('net',), 'OpenSSL\'s SSL_*'),
    (re.compile(r'openssl/'), ('base/os', 'trust', 'net'), 'OpenSSL'),
    (re.compile(r'boost/(asio|beast)|asio\.hpp|asio/'), ('net',), 'Asio and Beast'),
    (re.compile(r'sqlite3(ext)?\.h'), ('store',), 'SQLite'),
    (re.compile(r'libpq'), ('store',), 'libpq'),
    (re.compile(r'simdjson'), ('wire',), 'simdjson'),
    (re.compile(r'yaml\.h'), ('wire',), 'libyaml'),
    (re.compile(r'zstd|zdict'), ('wire',), 'zstd'),
    (re.compile(r'tao/pegtl'), ('model/query',), 'PEGTL'),
]

LONGEST_FILE = 600
LONG_FILE = 350
LONGEST_FUNCTION = 100
LONG_FUNCTION = 70
COMPONENTS_OF = ('site_server',)  # roles whose sub-folders are components that do not meet


def included(cpp):
    """(offset, bracket, path) of every #include that is no comment."""
    return [(m.start(2), m[1], m[2]) for m in INCLUDE.finditer(cpp.uncommented)]


def include_ranks(tree):
    """a file includes its own folder or a lower rank"""
    out = []
    for cpp in tree.product + [each for each in tree.cpp if each.folder[0] == 'tests']:
        own = cpp.folder[1:]
        if not own or (own[0] not in RANKS and cpp.folder[0] == 'src'):
            continue
        for offset, bracket, target in included(cpp):
            if bracket == '"':
                problem = refusal(cpp, own, pathlib.PurePosixPath(target).parts)
                if problem:
                    out += cpp.finding(offset, problem, 'include-ranks')
    return out


def refusal(cpp, own, target):
    """What is wrong with the include, or nothing."""
    if target[0] == 'tests':
        return 'a test\'s header in src; move what both need to src' if cpp.folder[0] == 'src' else None
    if target[0] not in RANKS:
        return f'"{"/".join(target)}" names no folder of src; include from src, or use <>'
    if cpp.folder[0] == 'tests':
        return test_refusal(own, target)
    rank, other = RANKS[own[0]], RANKS[target[0]]
    if other > rank or (other == rank and own[0] != target[0]):
        return f'{own[0]} must not include {target[0]}; the order is {ORDER}'
    if own[0] == 'roles' and target[0] == 'roles':
        if len(own) < 2 or target[1] != own[1]:
            return f'a role must not include the role {target[1]}; move what both need to hosting'
        if own[1] in COMPONENTS_OF and len(own) > 2 and len(target) > 3 and own[2] != target[2]:
            return f'a component must not include the component {target[2]}; use an event of model'
    if own[0] == 'apps' and target[0] == 'roles' and len(target) > 3:
        return f'apps see only the public header of roles/{target[1]}; put the logic into the role'
    return None


def test_refusal(own, target):
    """tests/FOLDER mirrors src/FOLDER; a role's tests stand in tests/ROLE."""
    if own[0] in RANKS:
        rank, other = RANKS[own[0]], RANKS[target[0]]
        if other > rank or (other == rank and own[0] != target[0]):
            return f'tests of {own[0]} must not include {target[0]}; the order is {ORDER}'
    return None


def library_headers(tree):
    """a library's headers are seen by the folders that wrap it"""
    out = []
    for cpp in tree.product:
        folder = '/'.join(cpp.folder[1:]) + '/'
        for offset, _, target in included(cpp):
            for pattern, folders, library in LIBRARIES:
                if not pattern.match(target):
                    continue
                if not any(folder.startswith(f + '/') for f in folders):
                    out += cpp.finding(offset, f'{library} only in {", ".join(folders)}; '
                                               'use the header of that folder', 'library-headers')
                break
    return out


def headers(tree):
    """a header begins with a sentence and has #pragma once"""
    out = []
    for cpp in tree.product:
        if not cpp.is_header():
            continue
        lead = re.match(r'(?://[^\n]*\n)+', cpp.text)
        words = re.sub(r'^// ?', '', lead[0], flags=re.MULTILINE) if lead else ''
        if not re.match(r'["`]?[^\W_].*\S[.:]\s', words, re.DOTALL) or len(words.split()) < 4:
            out += cpp.finding(0, 'no sentence at the top; begin with "// What it is for."', 'headers')
        if not re.search(r'^#pragma once$', cpp.code, re.MULTILINE):
            out += cpp.finding(0, 'no #pragma once; add it under the sentence', 'headers')
    return out


def file_length(tree):
    """files have at most 600 lines"""
    out, long = [], 0
    for cpp in tree.cpp:
        lines = cpp.text.count('\n')
        if lines > LONGEST_FILE:
            out.append(Finding(cpp.path, lines, f'{lines} lines; split it, {LONGEST_FILE} is the most'))
        long += lines > LONG_FILE
    if long:
        tree.notes.append(f'{long} files are longer than {LONG_FILE} lines')
    return out


def function_length(tree):
    """functions have at most 100 lines; a note counts those over 70"""
    out, long = [], []
    for cpp in tree.cpp:
        for offset, lines in functions(cpp.code):
            if lines > LONGEST_FUNCTION:
                out += cpp.finding(offset, f'a function of {lines} lines; split it, '
                                           f'{LONG_FUNCTION} is the aim', 'function-length')
            elif lines > LONG_FUNCTION:
                long.append(f'{cpp.path}:{cpp.line_of(offset)}')
    if long:
        tree.notes.append(f'{len(long)} functions are longer than {LONG_FUNCTION} lines: '
                          + ', '.join(long[:10]))
    return out


DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.MULTILINE)
SCOPE = re.compile(r'(?:^|[^\w])(namespace|class|struct|union|enum|extern)\b(?![^()]*\))')
CONTROL = re.compile(r'^\s*(?:else\s+)?(if|for|while|switch|catch|do|else)\b')
INITIALISER = re.compile(r'\)[^{};]*:[^:][^;]*[\w>]\s*$', re.DOTALL)


def functions(code):
    """(offset, lines) of every outermost function body. Scopes are told from bodies by what stands
    before the brace, so code that does not compile may be counted wrongly."""
    code = DIRECTIVE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), code)
    out, stack, head = [], [], 0
    for match in re.finditer(r'[{};]', code):
        at, mark = match.start(), match[0]
        if mark == ';':
            if not open_function(stack) and not unclosed(code, head, at):
                head = at + 1
        elif mark == '{':
            kind = 'inside' if open_function(stack) else kind_of(code[head:at])
            stack.append((kind, first_word(code, head, at)))
            if kind not in ('inside', 'value'):
                head = at + 1
        elif stack:
            kind, start = stack.pop()
            if kind == 'function':
                out.append((start, code.count('\n', start, at) + 1))
            if kind not in ('inside', 'value'):
                head = at + 1
    return out


def open_function(stack):
    return any(kind == 'function' for kind, _ in stack)


def unclosed(code, head, at):
    return code.count('(', head, at) > code.count(')', head, at)


def first_word(code, head, at):
    match = re.compile(r'\S').search(code, head, at)
    return match.start() if match else at


def kind_of(head):
    """What the brace after `head` opens, outside any function."""
    if '(' not in head or SCOPE.search(head.split('(')[0] + ' '):
        return 'value' if re.search(r'=\s*$', head) else 'scope'
    if re.search(r'[=,(]\s*$|\breturn\s*$', head) or INITIALISER.search(head):
        return 'value'
    if CONTROL.match(head):
        return 'scope'
    return 'function'
