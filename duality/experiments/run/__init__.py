"""What makes results: the queue of cells, tuning, measuring, records with provenance."""
