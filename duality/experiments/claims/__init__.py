"""The paper's empirical claims, one after another, and its own numbers."""
