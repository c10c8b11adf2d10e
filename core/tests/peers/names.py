"""Prints for each exposition, which end with a record separator, how many different samples prometheus_client reads.

A line that begins with `refused` stands for one that it does not take.
"""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

for text in sys.stdin.read().split("\x1e")[:-1]:
    try:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        print(len({(sample.name, *sorted(sample.labels.items())) for sample in samples}))
    except ValueError as error:
        print("refused:", error)
