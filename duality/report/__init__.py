"""One self-contained HTML page of every claim: its verdict, its evidence, figures, and where it all comes from."""
