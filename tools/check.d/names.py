"""Names that say nothing: of files, folders, types, namespaces, functions and members."""
import pathlib
import re

from source import Finding

EMPTY = {'util', 'helper', 'manager', 'common', 'misc', 'core', 'impl', 'processor', 'wrapper'}
REMEDY = 'name it by the noun of the field (docs/glossary.md), or by what it does'

DECLARED = [
    re.compile(r'\b(?:class|struct|union|enum(?:\s+class|\s+struct)?|namespace|concept)\s+'
               r'([A-Za-z_]\w*)'),
    re.compile(r'\busing\s+([A-Za-z_]\w*)\s*='),
    re.compile(r'#\s*define\s+([A-Za-z_]\w*)'),
    # A function: a name before '(' that a type stands in front of.
    re.compile(r'(?:[\w>]\s*[&*]*\s+[&*]*|::)([A-Za-z_]\w*)\s*\('),
]
NO_TYPE = re.compile(r'\b(?:return|else|throw|case|co_return|not|and|or|new|delete)\s+$')


def words_of(identifier):
    """'DistributionManager' and 'distribution_manager' are both ['distribution', 'manager']."""
    spaced = re.sub(r'([a-z0-9])([A-Z])', r'\1 \2', identifier).replace('_', ' ').replace('-', ' ')
    return spaced.lower().split()


def empty_word(identifier, glossary):
    """The banned word of the name that no term of the glossary holds, or nothing."""
    words = words_of(identifier)
    for at, word in enumerate(words):
        single = word[:-1] if word.endswith('s') and word[:-1] in EMPTY else word
        if single not in EMPTY and not (word == 'utility' or word == 'utilities'):
            continue
        if not any(in_term(words, at, term.split()) for term in glossary):
            return word
    return None


def in_term(words, at, term):
    """Whether the words around position `at` are the term's."""
    return any(
        words[start:start + len(term)] == term
        for start in range(max(0, at - len(term) + 1), at + 1))


def names(tree):
    """nothing is called util, helper, manager, common, misc, core, impl, processor or wrapper"""
    out, seen = [], set()
    for path in tree.paths:
        if path.split('/')[0] not in {'src', 'tests', 'bench', 'fuzz', 'tools', 'web', 'lab'}:
            continue
        for part in pathlib.PurePosixPath(path).parts:
            word = empty_word(part.split('.')[0], tree.glossary)
            if word and part not in seen:
                seen.add(part)
                out.append(Finding(path, 1, f'{part} says "{word}"; {REMEDY}'))
    for cpp in tree.cpp:
        for pattern in DECLARED:
            for match in pattern.finditer(cpp.code):
                word = empty_word(match[1], tree.glossary)
                before = cpp.code[max(0, match.start(1) - 12):match.start(1)]
                if word and not NO_TYPE.search(before) and not before.endswith('std::'):
                    out += cpp.finding(match.start(1), f'{match[1]} says "{word}"; {REMEDY}', 'names')
    return out
