"""Drills: faults made on real servers, diagnosed, remedied, and seen gone."""
