"""From results to verdicts: statistics that know nothing of the paper."""
