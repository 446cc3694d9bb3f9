"""Training harness: from a recipe to audited embeddings, on one processor or under torchrun."""
