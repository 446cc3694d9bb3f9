"""Certified checks: the criteria next to rigorous bounds of their rounding errors, and data to try them on."""
