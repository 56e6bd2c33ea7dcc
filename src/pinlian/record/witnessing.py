"""The log's side of witnessing (c2sp.org/tlog-witness): asks the policy's witnesses to cosign each new head."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import httpx
from django.conf import settings

from pinlian.record import heads, identity, log
from pinlian.record.checkpoint import CheckpointBody, open_checkpoint
from pinlian.record.note import NoteError, Verifier, split_note
from pinlian.record.policy import NOBODY, Party, Policy, parse_policy
from pinlian.record.witness import AddCheckpoint

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5.0
PAUSE_SECONDS = 15.0
"""A witness that did not cosign is asked again after so long, or when there is a newer head and this has passed."""


class WitnessRefused(Exception):
    """A witness did not cosign; the message says what it answered."""


def policy_path(home: Path) -> Path:
    """The policy of the instance in `home`."""
    return home / "record" / "policy"


def read_policy(home: Path) -> Policy:
    """The policy of the instance in `home`; one that asks for no witness if it has none.

    Raises:
        PolicyError: the file cannot be used.
    """
    return parse_policy(_policy_text(home))


class Witnessing:
    """Carries heads to witnesses and cosignatures back; one a log."""

    def __init__(self, policy: Policy, log_key: Verifier, *, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            clock: seconds, from any start.
        """
        self._policy = policy
        self._log_key = log_key
        self._clock = clock
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)
        self._sizes: dict[Verifier, int] = {}
        """The size of the newest head that each witness has cosigned, as far as it was told."""
        self._asks_at: dict[Verifier, float] = {}

    def step(self) -> bool:
        """Ask every witness that lacks on the newest head; whether any of them cosigned it."""
        head = heads.newest()
        cosigners = self._cosigners(head.checkpoint)
        lines = []
        for party in self._policy.witnesses.values():
            if party.url is None or party.verifier in cosigners or self._clock() < self._asks_at.get(party.verifier, 0):
                continue
            try:
                lines.append(self._ask(party, head.checkpoint))
            except (WitnessRefused, httpx.HTTPError) as error:
                self._asks_at[party.verifier] = self._clock() + PAUSE_SECONDS
                logger.warning("witness %s did not cosign: %s", party.verifier.name, error)
        if lines or (not head.witnessed and self._policy.is_met(cosigners)):
            heads.cosign(head.size, lambda note: self._cosigned(note + "".join(lines)))
        return bool(lines)

    def _cosigners(self, note: str) -> set[Verifier]:
        found = open_checkpoint(note, self._log_key, self._policy.verifiers)
        return {signature.verifier for signature in found.cosignatures}

    def _cosigned(self, note: str) -> tuple[str, bool]:
        return note, self._policy.is_met(self._cosigners(note))

    def _ask(self, party: Party, note: str) -> str:
        """The witness's signature line.

        Raises:
            WitnessRefused
            httpx.HTTPError: it did not answer.
        """
        text, lines = split_note(note)
        body = CheckpointBody.parse(text)
        # A witness must look for the log's signature, and may refuse a note with more than it needs.
        bare = text + "\n" + lines[0]
        for _ in range(2):
            old_size = self._sizes.get(party.verifier, 0)
            if old_size > body.size:
                old_size = 0
            proof = tuple(log.consistency_proof(old_size, body.size))
            request = AddCheckpoint(old_size, proof, bare)
            answer = self._client.post(f"{(party.url or '').rstrip('/')}/add-checkpoint", content=request.text)
            if answer.status_code == httpx.codes.OK:
                self._sizes[party.verifier] = body.size
                return self._line_of(party.verifier, bare, answer.text)
            if answer.status_code != httpx.codes.CONFLICT or not answer.text.strip().isdecimal():
                break
            known = int(answer.text)
            if known > body.size:
                raise WitnessRefused(f"it has cosigned {known} facts, and this record has {body.size}: facts were lost")
            if known == old_size:
                raise WitnessRefused(f"it has cosigned another head of {known} facts: this record was rewritten")
            self._sizes[party.verifier] = known
        raise WitnessRefused(f"status {answer.status_code}, {answer.text[:200].strip()!r}")

    def _line_of(self, verifier: Verifier, note: str, answer: str) -> str:
        for line in answer.splitlines(keepends=True):
            try:
                if open_checkpoint(note + line, self._log_key, [verifier]).cosignatures:
                    return line
            except NoteError:
                continue
        raise WitnessRefused("its answer has no cosignature of the key that the policy names")


def witness_step() -> bool:
    """Ask the witnesses of this instance's policy, read anew when it has changed; whether any of them cosigned.

    Raises:
        PolicyError: the policy cannot be used.
    """
    return _witnessing(_policy_text(settings.PINLIAN_HOME), identity.log_signer().verifier).step()


@lru_cache(maxsize=1)
def _witnessing(policy_text: str, log_key: Verifier) -> Witnessing:
    return Witnessing(parse_policy(policy_text), log_key)


@dataclass(frozen=True, slots=True)
class PolicyView:
    """What a reader's device needs to ask for the same: verifier keys, and how many witnesses must have cosigned."""

    log: str
    witnesses: tuple[str, ...]
    needed: int


def witness_policy() -> PolicyView:
    """The policy of this instance, for those who check its record.

    Raises:
        PolicyError: the policy cannot be used.
    """
    policy = parse_policy(_policy_text(settings.PINLIAN_HOME))
    vkeys = tuple(verifier.vkey for verifier in policy.asked)
    return PolicyView(identity.log_signer().verifier.vkey, vkeys, policy.enough)


def _policy_text(home: Path) -> str:
    path = policy_path(home)
    return path.read_text(encoding="utf-8") if path.exists() else f"quorum {NOBODY}\n"
