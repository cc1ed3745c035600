"""Patients' episodes into areas and cells, on any engine that Ibis speaks to."""
