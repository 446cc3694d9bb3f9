"""Judgements as tables and pictures."""
