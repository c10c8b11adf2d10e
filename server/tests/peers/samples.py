"""Prints each sample of an exposition on a line: the type of its metric, its name, its labels and its value."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(json.dumps([family.type, sample.name, sample.labels, repr(sample.value)]))
