"""The server's side of a replayed dialogue: what to do next, and whether the client says its part.

It obeys steps, and knows no socket and no clock: a shell asks `next` what to do now, does it, and
asks again; it tells `hear` of each message that the client sends. Messages of the server are
played up to where the client spoke. What the client says is matched as the body of a request is;
a difference is a MissError with the first path that differs.

    while not isinstance(action := player.next(now_us), Done):
        if isinstance(action, WaitUntil): ...  # wait, or until the client says something
        elif isinstance(action, Listen): ...   # the same, for at most `patience_s` where it is set;
                                               # then call `listen_no_longer`
        elif isinstance(action, Await): ...    # wait for another request, see `session.order`
        elif isinstance(action, Fail): ...     # end the connection as the ending says; it is over
        else: ...                              # Start, Emit, Send: give it to the client

A client may say a message later than was recorded, since it waits for an answer first: once
patience ends (see `session.patience`), the server goes on, and the message is matched when it
comes.

After Done nothing more comes of the server; the connection stays open until the client closes it,
or has been silent for `patience_s` where that is set (then call `listen_no_longer`). Asked again,
the player looks at what the client said since, which is a miss, too; and one that has waited in
vain, here or where the recorded client closed, gets a Fail that says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from streamtape.errors import MissError
from streamtape.playback.steps import (
    Await,
    Emit,
    Fail,
    Receive,
    Send,
    Start,
    Step,
    WaitUntil,
)
from streamtape.printable import printable
from streamtape.session.decisions import Redactor
from streamtape.session.difference import Difference
from streamtape.session.exchange import Progress
from streamtape.session.matching import Matcher
from streamtape.session.order import Order
from streamtape.session.patience import Patience
from streamtape.tape.messages import Message
from streamtape.tape.model import Ending, Request

CLOSE_CODE = 1008  # policy violation: what a peer is closed with after a miss
CLOSE_REASON = "streamtape: not what was recorded"
SWITCHING = 101


@dataclass(frozen=True, slots=True)
class Listen:
    """Do nothing before the client says something, or has been silent for `patience_s` seconds."""

    patience_s: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more comes of the server; the client may be silent for `patience_s` seconds more."""

    patience_s: float | None = None


# Given what a recorded message has to be like: the steps of another dialogue, and its name.
Choose = Callable[[Callable[[Message], bool]], tuple[Iterator[Step], str] | None]
Action = WaitUntil | Await | Start | Emit | Send | Fail | Listen | Done
_LISTEN, _DONE = Listen(), Done()
_MOST_DIFFERENCES, _MOST_SHOWN = 5, 200


class DialoguePlayer:
    """One replayed dialogue. Times are microseconds from the arrival of the handshake.

    `where` is how messages call the dialogue; `refuse` makes the MissError of a text, after which
    `close_reason` names the first path that differs, for the close with CLOSE_CODE. What was
    given and heard is noted in `progress`. `choose` is called with the client's first message,
    where the server said nothing before: another dialogue of an equal handshake may begin with it.
    With `has_equals` there are such dialogues, so that message is waited for however long it takes.
    """

    def __init__(
        self,
        steps: Iterator[Step],
        matcher: Matcher,
        redactor: Redactor,
        progress: Progress,
        *,
        where: str,
        order: Order | None = None,
        refuse: Callable[[str], MissError] = MissError,
        choose: Choose | None = None,
        has_equals: bool = False,
    ) -> None:
        self._steps = steps
        self._matcher = matcher
        self._redactor = redactor
        self._progress = progress
        self._where = where
        self._order = order
        self._refuse = refuse
        self._choose = choose
        self._has_equals = has_equals
        self._pending: Step | None = None
        self._overdue: deque[Receive] = deque()  # messages that the client has yet to send
        self._patience = Patience()
        self._heard: deque[tuple[Message, int]] = deque()
        self._shift_us = 0
        self._given: list[Step] = []
        self._n_heard = 0
        self._over = False
        self._is_closed = False  # by the client, where it closed when recorded
        self._is_open = False  # the handshake was accepted, and nobody has closed
        self.close_reason = CLOSE_REASON
        progress.given = self._given

    @property
    def has_heard(self) -> bool:
        """Whether the client has sent something that was not looked at yet."""
        return bool(self._heard)

    def hear(self, message: Message, now_us: int) -> None:
        """Take the client's messages: whole ones and its close; pings and pongs are ignored."""
        if message.is_data or message.kind == "close":
            self._heard.append((message, now_us))

    def next(self, now_us: int) -> Action:
        """What to do now. MissError where the client did not say what was recorded: it is over."""
        while not self._over:
            if self._overdue and self._heard:
                self._match(self._late(self._overdue.popleft()), *self._heard.popleft())
                continue
            step = self._take()
            if step is None:
                return self._at_the_end()
            if isinstance(step, Receive) and self._heard:
                self._match(step, *self._heard.popleft())
            elif (patience_s := self._silence_needed_s(step, now_us)) != 0:
                self._pending = step
                return Listen(patience_s) if patience_s else _LISTEN
            elif isinstance(step, Receive) and step.message.kind == "close":
                self._progress.end("failed")
                return self._waited_in_vain("the recorded client closed the connection here")
            elif isinstance(step, Receive):
                self._skip(step, now_us)
            elif isinstance(step, Fail):
                self._over = True
                self._progress.end("failed")
                return step
            elif self._is_closed_early():
                break
            elif isinstance(step, WaitUntil | Await):
                if (wait := self._wait(step, now_us)) is not None:
                    self._pending = step
                    return wait
            else:
                self._note(step)
                return step
        return _DONE

    def listen_no_longer(self, patience_s: float) -> None:
        """Go on though the client has sent nothing for so long: since `next` gave a Listen."""
        self._patience.wait(patience_s)

    def wait_no_longer(self, now_us: int) -> None:
        """Go on though the other request that was awaited has not come."""
        if isinstance(step := self._pending, Await):
            self._pending = None
            self._shift_us += max(0, now_us - step.at_us - self._shift_us)

    def close(self, now_us: int) -> None:
        """Say that the client has closed, and that the connection has ended with it."""
        while not isinstance(action := self.next(now_us), Listen | Fail | Done):
            if isinstance(action, WaitUntil):
                now_us = action.at_us
            elif isinstance(action, Await | Send) and not self._is_closed:
                break
        self.leave()

    def leave(self) -> None:
        """Say that the client is gone, without a close."""
        self._over = True
        self._progress.end("closed")

    def _silence_needed_s(self, step: Step, now_us: int) -> float | None:
        """How long the client has to be silent before a step; 0 where that does not matter."""
        is_reply = isinstance(step, Send | Fail)
        if not (isinstance(step, Receive) or (is_reply and self._overdue)):
            return 0
        spoke = any(isinstance(given, Send | Receive) for given in self._given[:3])
        if self._has_equals and not spoke:
            return None
        last = self._given[-1] if self._given else None
        left_s = self._patience.left_s(step, last, overdue=bool(self._overdue))
        if left_s and isinstance(step, Receive) and step.at_us is not None:
            left_s += max(0, step.at_us + self._shift_us - now_us) / 1e6
        return left_s

    def _late(self, step: Receive) -> Receive:
        """The message with a time no earlier than what the server has sent: times never go back."""
        times = (one.message.at_us or 0 for one in reversed(self._given) if isinstance(one, Send))
        message = step.message
        if message.at_us is None or (at_us := next(times, 0)) <= message.at_us:
            return step
        return replace(step, message=message._replace(at_us=at_us))

    def _skip(self, step: Receive, now_us: int) -> None:
        """Go on without what the client was to say; it may say it later."""
        self._overdue.append(step)
        if step.at_us is not None:
            self._shift_us += max(0, now_us - step.at_us - self._shift_us)

    def _wait(self, step: WaitUntil | Await, now_us: int) -> WaitUntil | Await | None:
        """What is to be waited for, if it is still to come."""
        due_us = step.at_us + self._shift_us
        if isinstance(step, WaitUntil):
            return WaitUntil(due_us) if due_us > now_us else None
        if self._order is not None and not self._order.has_arrived(step.number):
            return step
        self._shift_us += max(0, now_us - due_us)
        return None

    def _note(self, step: Step) -> None:
        if self._overdue and isinstance(step, Send):
            self._patience.give()
        self._progress.n_chunks += isinstance(step, Send | Receive)
        if isinstance(step, Start):
            self._is_open = step.head.status == SWITCHING
        elif isinstance(step, Send | Receive) and step.message.kind == "close":
            self._is_open = False
        self._given.append(step)

    def _take(self) -> Step | None:
        step, self._pending = self._pending, None
        return next(self._steps, None) if step is None else step

    def _at_the_end(self) -> Action:
        """All was played: the client may close, and say nothing more than is overdue."""
        if self._overdue:
            return _LISTEN
        if self._heard:
            message, _ = self._heard.popleft()
            if message.is_data:
                raise self._miss(None, message, [])
            self._over = True
        self._progress.end("complete")
        if self._over or not self._is_open:
            return _DONE
        left_s = self._patience.left_at_end_s(overdue=False)
        return Done(left_s) if left_s else self._waited_in_vain("the recording ends here")

    def _waited_in_vain(self, why: str) -> Fail:
        """The end for a client that waits for a message, where none is to come."""
        self._over = True
        sent = (one.message for one in reversed(self._given) if isinstance(one, Send))
        last = next((one.text or one.kind for one in sent), "nothing")
        text = (
            f"{why}; this one still waits for a message\n\n  dialogue  {self._where}\n"
            f"  last      {last[:_MOST_SHOWN]}\n"
            "Close the connection after it, or record it again with a client that reads on"
        )
        return Fail(Ending("abandoned", message=printable(text)))

    def _is_closed_early(self) -> bool:
        """Whether the client closes before the server has sent all, as it may live."""
        if self._heard and self._heard[0][0].kind == "close":
            self.leave()
        return self._over

    def _chosen(self, step: Receive, heard: Message) -> Receive:
        """The step that the first message is for: of this dialogue, or of one with that opening."""
        choose, self._choose = self._choose, None
        spoke = any(isinstance(given, Send) for given in self._given)
        if choose is None or spoke or not heard.is_data:
            return step
        chosen = choose(lambda recorded: not self._differences(recorded, heard))
        if chosen is None:
            return step
        self._steps, self._where = chosen
        return next((other for other in self._steps if isinstance(other, Receive)), step)

    def _match(self, step: Receive, reason: Message, at_us: int) -> None:
        step = self._chosen(step, reason)
        recorded = step.message
        if reason.kind == "close" and recorded.is_data:
            self.leave()
            return
        differences = self._differences(recorded, reason)
        if differences:
            raise self._miss(recorded, reason, differences)
        if step.at_us is not None:
            self._shift_us = at_us - step.at_us
        self._n_heard += 1
        self._is_closed = recorded.kind == "close"
        self._patience.reset(overdue=bool(self._overdue))
        self._note(step)

    def _differences(self, recorded: Message, reason: Message) -> list[Difference]:
        if recorded.kind != reason.kind:
            return [Difference("kind", recorded.kind, reason.kind)]
        if recorded.kind == "close":  # its code is the library's choice
            return []
        return self._matcher.message_differences(recorded.data, self._masked(reason.data))

    def _masked(self, data: bytes) -> bytes:
        return self._redactor.redact_request(Request("", "", (), data))[0].body

    def _miss(
        self, recorded: Message | None, reason: Message, differences: list[Difference]
    ) -> MissError:
        self._over = True
        self._progress.end("failed")
        if differences:
            self.close_reason = f"{CLOSE_REASON}: {differences[0].where}"
        if recorded is None:
            head = "the client says more than was recorded"
            text = self._masked(reason.data).decode("utf-8", "backslashreplace")
            lines = [f"  says      {text[:_MOST_SHOWN]}"]
        else:
            head = "the client does not say what was recorded"
            lines = []
            for number, difference in enumerate(differences[:_MOST_DIFFERENCES]):
                lines.append(f"  {'differs' if not number else '       '}   {difference.where}")
                lines.append(f"              recorded  {difference.recorded}")
                lines.append(f"              said      {difference.requested}")
        place = f"  message   {self._n_heard} of the client (they count from 0)"
        text = "\n".join((head, "", f"  dialogue  {self._where}", place, *lines))
        return self._refuse(printable(text))
