"""How the verdict of a comparison judges real answers to one prompt, so that a person can judge it.

    python -m tools.corpus.verdicts [--most N] [--show VERDICT]

The archive of recorded streams names groups that answer one prompt. Neighbours in a group are
compared at level content: how many are the same, reworded, or behave otherwise, for which reasons.
`--show behaviour` prints each pair of that verdict, its reasons, and both answers.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import pairwise

import streamtape
from tests.archive import groups, recording

_SHOWN = 160


def shown(interaction: streamtape.Interaction) -> str:
    """What an answer says, in one line: its text, its calls, how it ended."""
    transcript = interaction.transcript()
    calls = ", ".join(f"{call.name}({call.arguments})" for call in transcript.tool_calls)
    ended = transcript.error or transcript.finish_reason or transcript.status
    parts = [
        f"{transcript.text[:_SHOWN]!r}",
        calls[:_SHOWN],
        f"refusal {transcript.refusal!r}"[:_SHOWN],
    ]
    return " | ".join([*parts[: 2 + bool(transcript.refusal)], str(ended)])


def main() -> None:
    """Compare neighbours, count verdicts and reasons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--most", type=int, default=4, help="answers of each group (default 4)")
    parser.add_argument("--show", default="", help="print the pairs of this verdict")
    given = parser.parse_args()
    verdicts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for group in groups():
        for one, other in pairwise(group[: given.most]):
            a, b = recording(one), recording(other)
            result = streamtape.diff(a, b, level="content")
            verdicts[str(result.verdict)] += 1
            reasons.update({str(reason).partition(":")[0] for reason in result.reasons})
            if given.show and given.show in str(result.verdict):
                print(f"{one}\n{other}")
                for reason in result.reasons[:4]:
                    print(f"   because {reason}")
                print(f"   A {shown(a)}\n   B {shown(b)}\n")
    if not verdicts:
        raise SystemExit("there is no archive of recorded streams here")
    for what, count in (("verdict", verdicts), ("reason", reasons)):
        for name, number in count.most_common():
            print(f"{number:5}  {what}: {name}")


if __name__ == "__main__":
    main()
