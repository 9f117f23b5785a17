"""Validation only: each form turns what was typed into typed values."""
