"""Rules about what strings and files say: JSON keys, log events, names of machines, licences."""
import re

from source import Finding

KEY = r'[A-Za-z_@$][\w@$-]*'
# Folders that may name JSON keys: documents, the codecs and the provider's interface.
KEYED = ('src/contract/', 'src/wire/', 'src/roles/provider/api/')
READS_DOCUMENTS = re.compile(r'#include "(?:wire/(?:json|node|yaml)|contract/fields)[\w]*\.h"')
ACCESS = re.compile(r'(?:\.|->)(?:at|find|key)\(\s*"(' + KEY + r')"')
FIELDS = re.compile(r'\bNodeFields\s*&?\s+(\w+)')
WRITTEN = re.compile(r'\\?"' + KEY + r'\\?"\s*:')

EVENT = re.compile(r'\blog::(?:debug|info|warning|failure|write)\s*\(\s*(?:(?:log::)?Level::\w+\s*,\s*)?'
                   r'"([^"]*)"')
EVENT_FORM = re.compile(r'[a-z][a-z0-9]*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*){1,3}')

REGISTRIES = [r'registry\.npmjs', r'registry\.yarnpkg', r'pypi\.(?:org|python)', r'pythonhosted\.',
              r'proxy\.golang', r'static\.crates', r'deb\.debian', r'snapshot\.debian',
              r'repo1?\.maven', r'artifactory', r'jfrog', r'nexus[.-]']
MACHINE = re.compile(r'(?<![\w.-])/(?:home|Users)/(?!USER|you|operator\b)[a-z][\w-]*'
                     r'|(?<![\w./-])/(?:work|workspace|builds)/\w+'
                     r'|(?<![\w./-])/tmp/build[\w-]*'
                     r'|' + '|'.join(REGISTRIES), re.IGNORECASE)
TEXT_SUFFIXES = ('.h', '.cc', '.inc', '.md', '.txt', '.cmake', '.json', '.yaml', '.yml', '.py',
                 '.sh', '.sql', '.csv', '.ts', '.tsx', '.css', '.html', '.conf', '.service')


def json_keys(tree):
    """JSON keys stand in contract/ and in the provider's api folder"""
    out = []
    remedy = 'read or write the document in contract/'
    for cpp in tree.product:
        if cpp.path.startswith(KEYED):
            continue
        if READS_DOCUMENTS.search(cpp.uncommented):
            offsets = [(m.start(1), m[1]) for m in ACCESS.finditer(cpp.uncommented)]
            for name in set(FIELDS.findall(cpp.code)):
                reader = re.compile(r'\b' + name + r'\.\w+\(\s*"(' + KEY + ')"')
                offsets += [(m.start(1), m[1]) for m in reader.finditer(cpp.uncommented)]
            for offset, key in sorted(set(offsets)):
                out += cpp.finding(offset, f'the JSON key "{key}" outside contract/; {remedy}',
                                   'json-keys')
        if cpp.path.startswith('src/base/log'):
            continue  # a log line is no document
        for start, text in cpp.strings:
            match = WRITTEN.search(text)
            if match and '{' in text:
                out += cpp.finding(start, f'JSON written by hand, {match[0]}; {remedy}', 'json-keys')
    return out


def log_events(tree):
    """event ids are lower-case words joined by dots, two to four of them"""
    out = []
    for cpp in tree.product:
        for match in EVENT.finditer(cpp.uncommented):
            if not EVENT_FORM.fullmatch(match[1]):
                out += cpp.finding(match.start(1), f'event id "{match[1]}" is not of the form '
                                   '"mp.enrolment.refused"; rename it', 'log-events')
    return out


def machine_names(tree):
    """no file names a package registry's host or a path of one machine"""
    out = []
    for path in tree.paths:
        named = path.endswith(TEXT_SUFFIXES) or '.' not in path.rsplit('/', 1)[-1]
        if not named or path.startswith('tools/check'):
            continue
        text = tree.text(path)
        for match in MACHINE.finditer(text):
            line = text[text.rfind('\n', 0, match.start()) + 1:].split('\n', 1)[0]
            if 'check-allow: machine-names, ' not in line:
                out.append(Finding(path, text.count('\n', 0, match.start()) + 1,
                                   f'"{match[0]}" belongs to one machine or to a registry; '
                                   'write a relative path, or a setting'))
    return out


def licence(tree):
    """the licence and the record of dependencies are there"""
    wanted = {
        'LICENSE': 'GNU GENERAL PUBLIC LICENSE',
        'docs/decisions/0001-the-house.md': 'GPL-3.0-or-later',
    }
    return [Finding(path, 1, f'is missing, or does not say "{phrase}"; restore it')
            for path, phrase in wanted.items() if phrase not in tree.text(path)]
