"""Prints what prometheus_client makes of an exposition.

Fields end with a unit separator and records with a record separator, so that nothing needs to be escaped.
"""

import importlib
import sys

parser = importlib.import_module(sys.argv[1])
text = sys.stdin.buffer.read().decode("utf-8")
records = []
for family in parser.text_string_to_metric_families(text):
    records.append(["#", family.name, family.type, family.unit, family.documentation])
    for sample in family.samples:
        labels = [part for key in sorted(sample.labels) for part in (key, sample.labels[key])]
        records.append([sample.name, *labels, repr(sample.value)])
fields = ("".join(field + "\x1f" for field in record) for record in records)
sys.stdout.buffer.write("".join(record + "\x1e" for record in fields).encode("utf-8"))
