"""From a signed message to an acknowledged one: check, reserve, write to disk, promise."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import DatabaseError, close_old_connections

from pinlian.chain.rpc import RpcError, to_hex
from pinlian.chain.signatures import address_of
from pinlian.chain.typed_data import domain_separator, message_json
from pinlian.domain.account import AccountState, nonce_refusal
from pinlian.domain.group import Group
from pinlian.domain.order import Order
from pinlian.domain.pause import PauseState
from pinlian.domain.refusals import Refusal, Refused
from pinlian.durable.group_commit import GroupCommit
from pinlian.relayer import journal
from pinlian.relayer.candidate import (
    Candidate,
    Submission,
    Vouches,
    deadline_of,
    group_of,
    read_candidate,
    taken_by,
)
from pinlian.relayer.chain_view import ChainView, GroupView, OfferView
from pinlian.relayer.checks import Picture, Reserved, check
from pinlian.relayer.models import Message
from pinlian.relayer.promise import promise_domain_separator, sign_promise

GATHER_SECONDS = 0.006
MESSAGES_PER_COMMIT_MAX = 512


@dataclass(frozen=True, slots=True)
class Promise:
    """The operator's word that a message will be before the chain by `promised_by` (Unix seconds).

    Attributes:
        id: under which `status` finds the message.
        relayer: who signed `signature`, the typed data of relayer/promise.py.
    """

    id: str
    kind: str
    digest: str
    signer: str
    promised_by: int
    relayer: str
    signature: str


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """How the intake promises.

    Attributes:
        promise_seconds: within how many seconds a message will be before the chain.
        closing_margin_seconds: a message must still be good this many seconds from now.
    """

    promise_seconds: int = 60
    closing_margin_seconds: int = 2


class _Seen:
    """Groups, offers and pause as of one indexed block: many rounds of intake fall between two blocks.

    Used under the intake lock only, and asked for its position after what waits was read: see Intake._picture.
    """

    def __init__(self, position: tuple[int, str], view: ChainView) -> None:
        self.position = position
        self._view = view
        self._groups: dict[bytes, GroupView] = {}
        self._offers: dict[bytes, OfferView] = {}

    def as_of(self, view: ChainView) -> "_Seen":
        """This, if no block was indexed since; else an empty one."""
        position = view.position()
        return self if position == self.position else _Seen(position, view)

    @cached_property
    def pause(self) -> PauseState:
        return self._view.pause()

    def groups(self, groups: Collection[bytes]) -> dict[bytes, GroupView]:
        missing = [group for group in groups if group not in self._groups]
        if missing:
            self._groups.update(self._view.groups(missing))
        return {group: self._groups[group] for group in groups if group in self._groups}

    def offers(self, offers: Collection[bytes]) -> dict[bytes, OfferView]:
        missing = [offer for offer in offers if offer not in self._offers]
        if missing:
            self._offers.update(self._view.offers(missing))
        return {offer: self._offers[offer] for offer in offers if offer in self._offers}


class Intake:
    """Accepts messages for one escrow. Threads share one; it commits through one writer thread a process."""

    def __init__(
        self,
        *,
        view: ChainView,
        chain_id: int,
        escrow: bytes,
        relayer_key: bytes,
        clock: Callable[[], int],
        vouches: Vouches | None = None,
        settings: IntakeSettings | None = None,
    ) -> None:
        """
        Args:
            view: the indexed state.
            escrow: 20-byte address.
            relayer_key: the operator's 32-byte key that signs promises.
            clock: the chain's time in Unix seconds.
            vouches: asks a wallet that is a contract, in the submitter's own thread; None if they are not served.
        """
        self._view = view
        self._vouches = vouches
        self._escrow = escrow
        self._separator = domain_separator(chain_id, escrow)
        self._promise_separator = promise_domain_separator(chain_id, escrow)
        self._relayer_key = relayer_key
        self._relayer = to_hex(address_of(relayer_key))
        self._clock = clock
        self._settings = settings or IntakeSettings()
        self._seen = _Seen((-1, ""), view)
        self._writer: GroupCommit[Candidate, int | Refused] = GroupCommit(
            self._commit_round, gather_seconds=GATHER_SECONDS, items_max=MESSAGES_PER_COMMIT_MAX
        )

    def submit(self, submission: Submission) -> Promise:
        """Accept one message; on disk when this returns. Waits for a commit together with other threads' messages.

        Raises:
            Refused: the message is not accepted and nothing is stored; UNAVAILABLE if the journal cannot be written, or
                the node cannot be asked about a contract's signature.
        """
        candidate = self._read(submission)
        try:
            outcome = self._writer.submit(candidate)
        except DatabaseError as error:
            raise Refused(Refusal.UNAVAILABLE, detail=str(error)) from error
        if isinstance(outcome, Refused):
            raise outcome
        return self._promise(candidate, outcome)

    def submit_all(self, submissions: Iterable[Submission]) -> list[Promise | Refused]:
        """Accept many messages by few commits; an answer for each, in order.

        Raises:
            DatabaseError: the journal cannot be written; what went before may be accepted, and can be handed in again.
        """
        outcomes: list[Candidate | Refused] = []
        for submission in submissions:
            try:
                outcomes.append(self._read(submission))
            except Refused as refused:
                outcomes.append(refused)
        candidates = [outcome for outcome in outcomes if isinstance(outcome, Candidate)]
        committed = iter(
            [
                outcome
                for first in range(0, len(candidates), MESSAGES_PER_COMMIT_MAX)
                for outcome in self.commit(candidates[first : first + MESSAGES_PER_COMMIT_MAX])
            ]
        )
        answers: list[Promise | Refused] = []
        for outcome in outcomes:
            result = next(committed) if isinstance(outcome, Candidate) else outcome
            if isinstance(outcome, Candidate) and isinstance(result, int):
                answers.append(self._promise(outcome, result))
            elif isinstance(result, Refused):
                answers.append(result)
        return answers

    def _read(self, submission: Submission) -> Candidate:
        try:
            return read_candidate(submission, self._separator, self._vouches)
        except RpcError as error:
            raise Refused(Refusal.UNAVAILABLE, detail=str(error)) from error

    def _promise(self, candidate: Candidate, promised_by: int) -> Promise:
        return Promise(
            id=to_hex(candidate.message_id),
            kind=candidate.kind.value,
            digest=to_hex(candidate.digest),
            signer=to_hex(candidate.signer),
            promised_by=promised_by,
            relayer=self._relayer,
            signature=to_hex(
                sign_promise(
                    self._relayer_key, self._promise_separator, candidate.digest, candidate.signer, promised_by
                )
            ),
        )

    def _commit_round(self, candidates: list[Candidate]) -> list[int | Refused]:
        close_old_connections()
        return self.commit(candidates)

    def commit(self, candidates: Sequence[Candidate]) -> list[int | Refused]:
        """Check candidates against the state and each other and journal the good ones and what they bring, in one go.

        Returns:
            For each candidate by when it is promised, or why it is refused. One that is acknowledged already gets the
            promise that it had; one that the chain refused for good may try again.
        """
        received_at_ms = time.time_ns() // 1_000_000
        now = self._clock()
        outcomes: list[int | Refused] = []
        new: dict[bytes, journal.NewMessage] = {}
        revived: dict[bytes, journal.NewMessage] = {}
        with journal.intake_lock():
            known = journal.acknowledged({candidate.message_id for candidate in candidates})
            picture = self._picture(candidates, now)
            for candidate in candidates:
                key = candidate.message_id
                before = known.get(key)
                if key in new or key in revived:
                    outcomes.append((new.get(key) or revived[key]).promised_by)
                    continue
                if before is not None and (before.status != Message.Status.REFUSED or before.tx_is_open):
                    outcomes.append(before.promised_by)
                    continue
                try:
                    check(candidate, picture)
                except Refused as refused:
                    outcomes.append(refused)
                    continue
                picture.take(candidate)
                row = self._row(candidate, picture, now, received_at_ms)
                (new if before is None else revived)[key] = row
                outcomes.append(row.promised_by)
            journal.insert(list(new.values()))
            journal.revive(revived.values())
            journal.attach(
                row
                for candidate, outcome in zip(candidates, outcomes, strict=True)
                if not isinstance(outcome, Refused)
                for row in candidate.attachments
            )
        return outcomes

    def _picture(self, candidates: Sequence[Candidate], now: int) -> Picture:
        """What the checks need, by one query a table.

        The order of reading makes it safe that journal and read model are two databases: what waits is read first, so
        an order that is indexed meanwhile is seen twice rather than not at all; its nonce then tells that it is done.
        """
        signers = {candidate.signer for candidate in candidates}
        group_ids = {group for group in (group_of(candidate.message) for candidate in candidates) if group}
        offers_named = {taken.offer for taken in (taken_by(each.message) for each in candidates) if taken.offer}
        reservations = journal.reservations(signers)
        reserved_units = journal.reserved_units(offers_named)
        seen = self._seen = self._seen.as_of(self._view)
        groups = seen.groups(group_ids)
        accounts = dict(self._view.accounts(signers))
        height = seen.position[0]
        return Picture(
            now=now + self._settings.closing_margin_seconds,
            escrow=self._escrow,
            view=self._view,
            pause=seen.pause,
            accounts=accounts,
            offers=seen.offers({group.offer for group in groups.values()}),
            groups=groups,
            reserved=_reserved(reservations, accounts),
            reserved_units={
                offer: sum(units for block_number, units in parts if not 0 < block_number <= height)
                for offer, parts in reserved_units.items()
            },
        )

    def _row(self, candidate: Candidate, picture: Picture, now: int, received_at_ms: int) -> journal.NewMessage:
        message = candidate.message
        taken = taken_by(message)
        ends = [now + self._settings.promise_seconds, deadline_of(message)]
        if isinstance(message, Order):
            ends.append(picture.groups[message.group].state.closes_at - 1)
        elif isinstance(message, Group):
            ends.append(message.closes_at - 1)
        return journal.NewMessage(
            message_id=candidate.message_id,
            kind=candidate.kind,
            digest=candidate.digest,
            signer=candidate.signer,
            group=group_of(message),
            offer=taken.offer,
            nonce=taken.nonce,
            quantity=taken.quantity,
            amount=taken.amount,
            body=journal.body_text(message_json(message)),
            signature=candidate.signature,
            received_at_ms=received_at_ms,
            promised_by=min(end for end in ends if end is not None),
        )


def _reserved(
    reservations: Iterable[journal.Reservation], accounts: dict[bytes, AccountState]
) -> dict[bytes, Reserved]:
    """What is still to be taken: a nonce that the indexed account has used was taken already."""
    result: dict[bytes, Reserved] = {}
    for waiting in reservations:
        reserved = result.setdefault(waiting.signer, Reserved())
        reserved.bumped_to = max(reserved.bumped_to, waiting.bumped_to)
        if waiting.nonce is None:
            continue
        account = accounts.get(waiting.signer, AccountState())
        if nonce_refusal(account, waiting.nonce) is not Refusal.NONCE_USED:
            reserved.amount += waiting.amount
            reserved.nonces.add(waiting.nonce)
    return result
