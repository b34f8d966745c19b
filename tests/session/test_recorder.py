"""What a recorder makes of the way in which a stream was left."""

from itertools import pairwise

import pytest

from streamtape.session.recorder import Recorder
from streamtape.tape.model import Ending


class Journal:
    """Takes down the endings that it gets."""

    def __init__(self) -> None:
        self.endings: list[Ending] = []

    def ending(self, number: int, ending: Ending) -> None:
        self.endings.append(ending)


def within(*errors: BaseException) -> BaseException:
    """The last error, raised while the others were handled, the first of them first."""
    for earlier, later in pairwise(errors):
        later.__context__ = earlier
    return errors[-1]


@pytest.mark.parametrize(
    ("during", "interrupted"),
    [
        (None, False),
        (ValueError("the program failed"), True),
        (KeyboardInterrupt(), True),
        (StopIteration(), False),
        (StopAsyncIteration(), False),
        (GeneratorExit(), False),
        (within(ValueError(), GeneratorExit()), True),
        (within(ValueError(), GeneratorExit(), GeneratorExit()), True),
        (within(StopIteration(), GeneratorExit()), False),
        (within(GeneratorExit(), GeneratorExit()), False),
        (within(GeneratorExit(), ValueError()), True),
    ],
    ids=repr,
)
def test_a_stream_left_in_an_error_is_interrupted(
    during: BaseException | None, interrupted: bool
) -> None:
    """The closing of generators says nothing, at any depth; the error around it does."""
    journal = Journal()
    recorder = Recorder(journal, 0, lambda error: None)  # type: ignore[arg-type]  # all it needs
    recorder.abandon(7, during)
    assert recorder.interrupted == interrupted
    assert journal.endings == [Ending("abandoned", 7)]
    recorder.abandon(8, ValueError())
    assert journal.endings == [Ending("abandoned", 7)]
