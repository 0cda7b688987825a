"""What stops the generator."""


class PolicyError(Exception):
    """A policy cannot be written; the message says where in the code, why, and what to do."""
