"""The error taxonomy: every error a user can cause says what was got, the rule, and the remedy."""


class NasrayError(Exception):
    """A mistake in what was asked for, not in nasray: the command line prints it alone and exits with code 2."""


class ConfigError(NasrayError):
    """A setting has an impossible value, or two settings contradict each other."""


class CapabilityError(NasrayError):
    """A part needs something (a view, an operation, a column) that the part it was given does not offer."""


class InvalidArchitecture(NasrayError):
    """A genotype is not a member of its space. Caught by the search, which repairs and records it."""


class NotFinite(NasrayError, FloatingPointError):
    """A measured number is NaN or infinite. Raised in an evaluation, it becomes a Failure of that kind."""


class DataError(NasrayError):
    """A data file is missing, corrupt, foreign, or lacks a row or column that was asked for."""


class RecordError(NasrayError):
    """A run folder cannot be used: torn, edited, of a newer schema, or already in use; or the machine refuses."""


class JobLost(NasrayError):
    """A job after a search took its process down, or the machine did: which of them is to blame is not known."""


def require(condition: bool, message: str, error: type[NasrayError] = ConfigError) -> None:
    """Raise ``error(message)`` unless ``condition`` holds.

    Raises:
        NasrayError: of the given type, when the condition is false.
    """
    if not condition:
        raise error(message)
