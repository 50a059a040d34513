"""What nbgrader says while it works: kept apart, so that one sentence of it can be shown."""

import logging
import warnings


class _Keeper(logging.Handler):
    def __init__(self):
        super().__init__(logging.ERROR)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


def errors_of(converter) -> str:
    """Run one of nbgrader's converters quietly; return "" or its reason in one line.

    nbgrader logs the true error as a traceback and then raises a general one, so the traceback's last line is
    the reason.
    """
    log, keeper = logging.getLogger(f"course.{id(converter)}"), _Keeper()
    log.propagate = False
    log.addHandler(keeper)
    converter.log = log
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter.start()
    except (Exception, SystemExit) as error:
        return reason(keeper.said, error)
    return ""


def reason(said: list[str], error: BaseException) -> str:
    """Return the most telling line of what was logged before an error.

    Example:
        >>> reason(["Traceback (most recent call last):\\n ...\\nValueError: odd cell"], OSError("see log"))
        'odd cell'
    """
    for text in said:
        lines = [line for line in text.strip().splitlines() if line and not line.startswith(" ")]
        if lines and text.lstrip().startswith("Traceback"):
            return lines[-1].partition(": ")[2] or lines[-1]
    return (said or [str(error)])[0].strip().splitlines()[0] if (said or str(error)) else type(error).__name__
