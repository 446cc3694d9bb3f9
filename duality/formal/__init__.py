"""The Coq proofs: compiled from clean, and what Coq itself says of each theorem."""
