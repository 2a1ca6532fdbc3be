"""From a result to checked sentences and a chart."""
