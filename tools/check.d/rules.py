"""All rules about source text, by name. A rule takes a Tree and gives Findings."""
import layout
import names
import numbers_rules
import text_rules

RULES = {
    'include-ranks': layout.include_ranks,
    'library-headers': layout.library_headers,
    'headers': layout.headers,
    'file-length': layout.file_length,
    'function-length': layout.function_length,
    'names': names.names,
    'ports': numbers_rules.ports,
    'error-numbers': numbers_rules.error_numbers,
    'json-keys': text_rules.json_keys,
    'log-events': text_rules.log_events,
    'machine-names': text_rules.machine_names,
    'licence': text_rules.licence,
}
