"""Linking: which words of a question name which columns, values, numbers and dates."""
