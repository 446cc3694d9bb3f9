"""What is planned: scales, arms, cells, and what was declared before anything ran."""
