"""What the shell offers after ``nasray run``: groups, their options, and settings of the skeleton."""

from importlib.resources import files


def complete_overrides(incomplete: str) -> list[str]:
    """Completions of an override that is being typed: ``strat`` -> ``strategy=``, ``strategy=r`` -> its options."""
    group, equals, typed = incomplete.partition("=")
    root = files("nasray.conf")
    if not equals:
        names = [entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("__")]
        return sorted(f"{name}=" for name in names if name.startswith(group))
    folder = root / group
    if not folder.is_dir():
        return []
    options = [entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return sorted(f"{group}={option}" for option in options if option.startswith(typed))
