"""Thirty nights in a row, with everything going wrong that a night can meet."""
