"""The parts of imagepress that app.py puts together."""
