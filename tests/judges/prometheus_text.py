"""Reads /metrics from stdin with Prometheus' own Python library; writes the families as JSON.

Run by the system's python3, which has Debian's python3-prometheus-client.
"""
import json
import sys

from prometheus_client.parser import text_string_to_metric_families

json.dump([{"name": family.name, "kind": family.type, "help": family.documentation,
            "samples": [{"name": sample.name, "labels": sample.labels, "value": sample.value}
                        for sample in family.samples]}
           for family in text_string_to_metric_families(sys.stdin.read())], sys.stdout)
