"""A witness at work on one log: answers its requests, reads it by itself, and stops at the first false head."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pinlian.record.checkpoint import SignedCheckpoint, open_checkpoint
from pinlian.record.log_client import LogClient, LogUnreachable, NotServed
from pinlian.record.note import NoteError, Signer, Verifier
from pinlian.record.tiles import TILE_WIDTH
from pinlian.record.tree import leaf_hash
from pinlian.record.witness import AddCheckpoint, Alarm, Judgement, Mirror, RequestError, judge
from pinlian.record.witness_home import WitnessHome

SIZE_TYPE = "text/x.tlog.size"
SUSPECTS_MAX = 1_000


class LogMisbehaved(Exception):
    """The log did what it must never do; the witness works for it no more."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__(str(alarm))
        self.alarm = alarm


@dataclass(frozen=True, slots=True)
class Answer:
    """To a request over HTTP."""

    status: int
    text: str
    content_type: str = "text/plain; charset=utf-8"


class WitnessedLog:
    """One log under the eyes of one witness. Threads may share it; `follow` and `patrol` are for one of them.

    Attributes:
        alarm: what the log was found to have done; from then on nothing is cosigned.
    """

    def __init__(
        self,
        signer: Signer,
        log: Verifier,
        home: WitnessHome,
        *,
        now: Callable[[], int],
        on_alarm: Callable[[], object],
        patience_seconds: int,
    ) -> None:
        """
        Args:
            now: Unix seconds.
            on_alarm: called once the evidence is on disk, by whichever thread found it.
            patience_seconds: how long the log may serve a smaller head than it had cosigned; it publishes a head only
                after it has collected cosignatures.

        Raises:
            NoteError: the home is that of a witness of another log.
        """
        self._signer = signer
        self._log = log
        self._home = home
        self._now = now
        self._on_alarm = on_alarm
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._mirror = home.read_mirror()
        note = home.read_head()
        self._newest = open_checkpoint(note, log, [signer.verifier]) if note else None
        self._suspects: list[SignedCheckpoint] = []
        """Heads that the log signed and that nobody proved, of more leaves than were seen yet."""
        self._agreed = self._agreed_before()
        """So many leaves lead to a head that was cosigned, and to all cosigned after it."""
        self._since: dict[str, int] = {}
        """Since when the log does what may pass."""
        self._patrolled = 0
        self.alarm = home.read_alarm()

    def _agreed_before(self) -> int:
        """What the process before this one was sure of, by what it kept."""
        head = self._newest.body if self._newest else None
        return head.size if head and head.size <= self._mirror.size and self._mirror.leads_to(head) else 0

    @property
    def newest(self) -> SignedCheckpoint | None:
        """The newest head that was cosigned here."""
        return self._newest

    def add_checkpoint(self, text: str) -> Answer:
        """Answer a POST to /add-checkpoint; what is cosigned is on disk before this returns."""
        try:
            request = AddCheckpoint.parse(text)
        except RequestError as error:
            return Answer(400, f"{error}\n")
        if request.note.split("\n", 1)[0] != self._log.name:
            return Answer(404, f"this witness knows the log {self._log.name} only\n")
        try:
            found = open_checkpoint(request.note, self._log)
        except NoteError as error:
            return Answer(403, f"{error}\n")
        with self._lock:
            if self.alarm is not None:
                return Answer(403, f"this witness works for the log no more: {self.alarm}\n")
            newest = self._newest
            judgement = judge(newest.body if newest else None, request, found.body)
            if judgement is Judgement.COSIGN:
                return Answer(200, self._cosign(found))
            self._look_into(found)
        if judgement in {Judgement.NOT_FROM_NEWEST, Judgement.FORKED}:
            return Answer(409, f"{newest.body.size if newest else 0}\n", SIZE_TYPE)
        return Answer(400 if judgement is Judgement.OLD_SIZE_TOO_LARGE else 422, f"{judgement}\n")

    def follow(self, client: LogClient) -> bool:
        """Read the log's newest head and the leaves that are new below it; whether there were any.

        Raises:
            LogUnreachable
            NoteError: what the log serves is not a checkpoint that it signed.
            LogMisbehaved: the evidence is kept.
        """
        found = open_checkpoint(client.checkpoint(), self._log)
        size = found.body.size
        more = client.leaf_hashes(self._mirror.size, size) if size > self._mirror.size else []
        with self._lock:
            if self.alarm is not None:
                raise LogMisbehaved(self.alarm)
            known = self._mirror.size
            self._mirror.extend(more)
            self._compare(found, known, client)
            self._home.keep_leaves(more)
            newest = self._newest
            if newest is None or size > newest.body.size:
                self._cosign(found)
                self._agreed = size
            self._watch_for_shrinking(found)
        return bool(more)

    def patrol(self, client: LogClient) -> bool:
        """Read the next 256 leaves again, from the first to the last and then anew; whether more follow in this round.

        Raises:
            LogUnreachable
            LogMisbehaved: a leaf is not what it was, or is served no more; the evidence is kept.
        """
        newest, size, first = self._newest, self._mirror.size, self._patrolled
        if newest is None or size == 0:
            return False
        end = min(first + TILE_WIDTH, size)
        lost, is_altered = self._first_lost(client, first, end)
        if lost is not None:
            with self._lock:
                if is_altered or self._lasts("lost"):
                    self._sound(Alarm("a recorded fact was altered or dropped", (lost, lost), (newest.note,)))
            return False
        self._since.pop("lost", None)
        self._patrolled = end if end < size else 0
        return end < size

    def _first_lost(self, client: LogClient, first: int, end: int) -> tuple[int | None, bool]:
        """The first of these leaves that is served otherwise than it was seen, or not at all; whether it is served."""
        good, missing, width = 0, end - first + 1, end - first
        while missing - good > 1:
            try:
                entries = client.entries(first // TILE_WIDTH, first + width)
            except NotServed:
                missing = width
            else:
                index = self._mirror.first_difference(map(leaf_hash, entries), first)
                if index is not None or len(entries) < width:
                    return first + len(entries) if index is None else index, True
                good = width
            width = (good + missing) // 2
        return None if good == end - first else first + good, False

    # --- Under the lock ---

    def _cosign(self, found: SignedCheckpoint) -> str:
        line = self._signer.signature_line(found.body.text, time=self._now())
        note = found.note + line
        self._home.keep_head(note)
        self._newest = SignedCheckpoint(found.body, note, ())
        return line

    def _compare(self, found: SignedCheckpoint, known: int, client: LogClient) -> None:
        """Hold a served head, and any other that the log signed, against all leaves seen, `known` of them before."""
        newest = self._newest
        if not self._mirror.leads_to(found.body):
            self._tell_apart(found, known, client)
        self._since.pop("odd", None)
        if newest is not None and newest.body.size <= self._mirror.size:
            self._hold_against(newest, found, self._agreed)
            self._agreed = newest.body.size
        ripe = [suspect for suspect in self._suspects if suspect.body.size <= self._mirror.size]
        self._suspects = [suspect for suspect in self._suspects if suspect not in ripe]
        for suspect in ripe:
            self._hold_against(suspect, found, 0)

    def _hold_against(self, other: SignedCheckpoint, found: SignedCheckpoint, agreed: int) -> None:
        if not self._mirror.leads_to(other.body):
            facts = (agreed, other.body.size - 1)
            self._sound(Alarm("the log signed two histories", facts, (other.note, found.note)))

    def _tell_apart(self, found: SignedCheckpoint, known: int, client: LogClient) -> None:
        """A head that the leaves do not lead to: of another history than the one seen, or the leaves came wrong.

        Raises:
            LogMisbehaved: the former, or it has gone on for too long.
            LogUnreachable: perhaps the latter.
        """
        # Only leaves that a head has led to are on disk.
        self._mirror = self._home.read_mirror()
        try:
            served = client.leaf_hashes(0, found.body.size)
        except LogUnreachable:
            if found.body.size > known:
                raise
            served = []
        first = self._mirror.first_difference(served[:known])
        what = "the log's head is not that of the leaves it serves" if first is None else "the log was rewritten"
        if found.body.size <= known or Mirror(served).leads_to(found.body) or self._lasts("odd"):
            notes = (self._newest.note, found.note) if self._newest else (found.note,)
            self._sound(Alarm(what, None if first is None else (first, first), notes))
        raise LogUnreachable(what)

    def _look_into(self, found: SignedCheckpoint) -> None:
        """A head that the log signed and that is not cosigned: at odds with what is known, or to be seen when it is."""
        newest = self._newest
        if newest is not None and found.body.size == newest.body.size and found.body.root != newest.body.root:
            what = "the log signed two heads of one size"
            self._keep_alarm(Alarm(what, (0, found.body.size - 1), (newest.note, found.note)))
        elif found.body.size > self._mirror.size:
            if len(self._suspects) < SUSPECTS_MAX and found.body not in [suspect.body for suspect in self._suspects]:
                self._suspects.append(found)
        elif newest is not None and not self._mirror.leads_to(found.body):
            what = "the log signed two histories"
            self._keep_alarm(Alarm(what, (0, found.body.size - 1), (newest.note, found.note)))

    def _watch_for_shrinking(self, found: SignedCheckpoint) -> None:
        newest = self._newest
        if newest is None or found.body.size >= newest.body.size:
            self._since.pop("behind", None)
        elif self._lasts("behind"):
            facts = (found.body.size, newest.body.size - 1)
            self._sound(Alarm("the log shrank", facts, (newest.note, found.note)))

    def _lasts(self, what: str) -> bool:
        """Whether this has gone on for as long as one waits."""
        return self._now() - self._since.setdefault(what, self._now()) >= self._patience_seconds

    def _keep_alarm(self, alarm: Alarm) -> None:
        self._home.keep_alarm(alarm)
        self.alarm = alarm
        self._on_alarm()

    def _sound(self, alarm: Alarm) -> None:
        self._keep_alarm(alarm)
        raise LogMisbehaved(alarm)
