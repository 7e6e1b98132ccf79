"""Numbers that stand in one place only: ports in topology/*.inc, error numbers in errors.h."""
import re

TABLE = ('src/topology/connections.inc', 'src/topology/extensions.inc')
SHIFT = 20000  # the unprivileged profile's
# Smaller ports are everyday numbers too: they count only on a line that speaks of sockets.
TELLING = 100

NUMBER = re.compile(r"(?<![\w.'])([1-9][\d']*)(?![\w.']|\s*\*\s*\d)")
SOCKETS = re.compile(r'port|listen|dial|bind|socket|\budp|\btcp|htons', re.IGNORECASE)
AFTER_WORD = re.compile(r"(?:\b|_|[a-z](?=P))(?:[a-z_]*_)?(?:k?[Pp]ort|[Ll]isten)s?_?"
                        r"\s*(?:=|\(|\{)\s*([1-9][\d']*)\b")
IN_TEXT = re.compile(r'(?:(?<=:)|\bport[ =])([1-9]\d{1,4})(?!\d|:|\.\d)')

# CONTRIBUTING.md, "Error numbers".
RANGES = {
    'base': (1000, 1099), 'wire': (1100, 1199), 'net': (1200, 1299), 'model': (1300, 1349),
    'topology': (1350, 1399), 'contract': (1400, 1499), 'trust': (1500, 1599),
    'store': (1600, 1699), 'fleet': (1700, 1799), 'transport': (1800, 1899),
    'hosting': (1900, 1999),
    'roles/management_point': (2000, 2099), 'roles/distribution_point': (2100, 2199),
    'roles/provider': (2200, 2299), 'roles/site_server': (2300, 2399),
    'roles/client': (2400, 2499), 'roles/console': (2500, 2599), 'roles/signer': (2600, 2699),
    'roles/server_locator_point': (2700, 2799), 'roles/fallback_status_point': (2800, 2899),
    'simulator': (2900, 2949),
}
KIND = re.compile(r'\bErrorKind\s+(\w+)\s*(?:=\s*)?\{\s*(\d+)\s*,\s*"([^"]*)"\s*,'
                  r'\s*((?:"(?:\\.|[^"\\])*"\s*)+),?\s*\}')


def table_ports(tree):
    """The table's port numbers and their shifted forms."""
    out = set()
    for path in TABLE:
        for call in re.findall(r'\b(?:port|either|both)\(([\d, ]+)\)', tree.text(path)):
            for number in call.split(','):
                out |= {int(number), int(number) + SHIFT}
    return out


def ports(tree):
    """no port number stands outside topology/*.inc"""
    table, out = table_ports(tree), []
    if not table:
        return out
    remedy = 'ask the table (topology/port_settings.h) by connection and protocol'
    for cpp in tree.product:
        if cpp.path in TABLE:
            continue
        offsets = {}
        if not cpp.path.endswith('errors.h'):  # its numbers are those of errors
            offsets = {m.start(1): m[1] for m in AFTER_WORD.finditer(cpp.code)}
            offsets |= numbers_of(cpp, table)
        for start, text in cpp.strings:
            for match in IN_TEXT.finditer(text):
                if int(match[1]) in table:
                    offsets[start + match.start(1)] = match[1]
        for offset, number in sorted(offsets.items()):
            out += cpp.finding(offset, f'port {number} outside the table; {remedy}', 'ports')
    return out


def numbers_of(cpp, table):
    """Literals of the code that are ports of the table, by offset."""
    out = {}
    for match in NUMBER.finditer(cpp.code):
        value = int(match[1].replace("'", ''))
        if value not in table:
            continue
        first = cpp.line_starts[cpp.line_of(match.start()) - 1]
        line = cpp.code[first:].split('\n', 1)[0]
        if value >= TELLING or SOCKETS.search(without_connections(line, match[1])):
            out[match.start(1)] = match[1]
    return out


def without_connections(line, number):
    """The line as it counts for `number`: "connection(9)" is a row of the table and no port."""
    if re.search(r'\b(?:connection|extension|Connection)\(' + number + r'\)', line):
        return ''
    return line


def error_kinds(tree):
    """(cpp, offset, name, number, text name, advice) of every ErrorKind in a header."""
    out = []
    for cpp in tree.product:
        if not cpp.is_header():
            continue
        for match in KIND.finditer(cpp.uncommented):
            advice = ''.join(re.findall(r'"((?:\\.|[^"\\])*)"', match[4]))
            out.append((cpp, match.start(1), match[1], int(match[2]), match[3], advice))
    return out


def range_of(cpp):
    """The numbers of the file's folder, and the folder."""
    parts = cpp.folder[1:]
    folder = '/'.join(parts[:2]) if parts and parts[0] == 'roles' else '/'.join(parts[:1])
    return folder, RANGES.get(folder)


def error_numbers(tree):
    """error numbers are unique and in their folder's range"""
    out, numbers = [], {}
    for cpp, offset, name, number, text, advice in error_kinds(tree):
        def found(what, at=(cpp, offset)):
            return at[0].finding(at[1], what, 'error-numbers')
        folder, bounds = range_of(cpp)
        if not re.search(r'(?:^|/|_)errors\.h$', cpp.path):
            out += found(f'{name} stands outside errors.h; move it there')
        if bounds is None:
            out += found(f'{folder} has no range; give it one in CONTRIBUTING.md and tools/check.d')
        elif not bounds[0] <= number <= bounds[1]:
            out += found(f'{name} has {number}; {folder} has {bounds[0]} to {bounds[1]}')
        if number in numbers:
            out += found(f'{name} has {number} as {numbers[number]} has; take a free number')
        numbers.setdefault(number, name)
        if not re.fullmatch(r'[a-z0-9]+(?:-[a-z0-9]+)*', text):
            out += found(f'"{text}" is not lower-case words joined by "-"; rename it')
        if len(advice.split()) < 2 or re.search(r'[^.]\.$', advice):
            out += found(f'the advice of {name} is not a sentence without its full stop; rewrite it')
    return out
