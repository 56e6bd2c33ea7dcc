"""Which witnesses must have cosigned a head before one believes it (c2sp.org/tlog-policy).

A file of lines: `log VKEY [URL]`, `witness NAME VKEY [URL]`, `group NAME all|any|K NAME...`, `quorum NAME|none`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pinlian.record.note import Algorithm, NoteError, Verifier

NOBODY = "none"
"""The quorum of a policy that asks for no cosignature."""

LINES_MAX = 1_000


class PolicyError(ValueError):
    """The file cannot be used as a policy; the message names the line and says why."""


@dataclass(frozen=True, slots=True)
class Party:
    """A log or witness: its key, and where it is reached (None for whoever only verifies)."""

    verifier: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these witnesses and groups."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom one believes.

    Attributes:
        logs: any of them may have signed.
        witnesses, groups: by the names that the quorum uses.
        quorum: a witness, a group, or NOBODY.
    """

    logs: tuple[Party, ...]
    witnesses: Mapping[str, Party]
    groups: Mapping[str, Group]
    quorum: str

    @property
    def verifiers(self) -> list[Verifier]:
        """The keys of all witnesses."""
        return [party.verifier for party in self.witnesses.values()]

    @property
    def enough(self) -> int:
        """So many cosignatures meet it, whichever they are, of the witnesses that the quorum asks for."""
        if self.quorum == NOBODY:
            return 0
        return len(self.asked) - self._absent_min(self.quorum) + 1

    @property
    def asked(self) -> list[Verifier]:
        """The keys of the witnesses that count for the quorum."""
        return [] if self.quorum == NOBODY else self._below(self.quorum)

    def _below(self, name: str) -> list[Verifier]:
        if name in self.witnesses:
            return [self.witnesses[name].verifier]
        return [verifier for member in self.groups[name].members for verifier in self._below(member)]

    def _absent_min(self, name: str) -> int:
        """So many witnesses must be wanting before this one, or this group, is."""
        if name in self.witnesses:
            return 1
        group = self.groups[name]
        losses = sorted(map(self._absent_min, group.members))
        return sum(losses[: len(losses) - group.needed + 1])

    def is_met(self, cosigners: Collection[Verifier]) -> bool:
        """Whether these keys together make the quorum."""
        return self.quorum == NOBODY or self._is_witnessed_by(self.quorum, cosigners)

    def _is_witnessed_by(self, name: str, cosigners: Collection[Verifier]) -> bool:
        witness = self.witnesses.get(name)
        if witness is not None:
            return witness.verifier in cosigners
        group = self.groups[name]
        return sum(self._is_witnessed_by(member, cosigners) for member in group.members) >= group.needed


def policy_of(witnesses: Collection[Verifier], needed: int | None = None) -> Policy:
    """The policy that asks for so many of these witnesses; for all of them if not said."""
    if not witnesses:
        return Policy((), {}, {}, NOBODY)
    parties = {verifier.vkey: Party(verifier, None) for verifier in witnesses}
    group = Group(len(parties) if needed is None else needed, tuple(parties))
    return Policy((), parties, {"quorum": group}, "quorum")


def parse_policy(text: str) -> Policy:
    """Read a policy.

    Raises:
        PolicyError: a line is malformed, names what no line before it defines, or there is not just one quorum.
    """
    if any((mark < " " and mark not in "\t\n") or mark == "\x7f" for mark in text):
        raise PolicyError("a policy has no control characters but tabs and line ends")
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        raise PolicyError(f"more than {LINES_MAX} lines")
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        words = line.replace("\t", " ").split(" ")
        items = [word for word in words if word]
        if not items or items[0].startswith("#"):
            continue
        try:
            reader.take(items[0], items[1:])
        except (PolicyError, NoteError) as error:
            raise PolicyError(f"line {number}: {error}") from None
    return reader.policy()


class _Reader:
    def __init__(self) -> None:
        self._logs: list[Party] = []
        self._witnesses: dict[str, Party] = {}
        self._groups: dict[str, Group] = {}
        self._quorum: str | None = None
        self._used: set[str] = set()

    def take(self, what: str, items: list[str]) -> None:
        match what, items:
            case "log", [vkey, *url] if len(url) < 2:
                party = _party(vkey, url, Algorithm.ED25519)
                _refuse_twice(party, self._logs)
                self._logs.append(party)
            case "witness", [name, vkey, *url] if len(url) < 2:
                party = _party(vkey, url, Algorithm.COSIGNATURE_V1)
                _refuse_twice(party, self._witnesses.values())
                self._witnesses[self._new(name)] = party
            case "group", [name, needed, *members] if members:
                for member in members:
                    self._known(member)
                    if member in self._used:
                        raise PolicyError(f"{member} is a member of a group already")
                    self._used.add(member)
                self._groups[self._new(name)] = Group(_needed(needed, len(members)), tuple(members))
            case "quorum", [name]:
                if self._quorum is not None:
                    raise PolicyError("a second quorum")
                self._quorum = name if name == NOBODY else self._known(name)
            case _:
                raise PolicyError("not of the form log, witness, group or quorum")

    def policy(self) -> Policy:
        if self._quorum is None:
            raise PolicyError("there is no quorum line")
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum)

    def _new(self, name: str) -> str:
        if name == NOBODY or name in self._witnesses or name in self._groups:
            raise PolicyError(f"the name {name} is taken")
        return name

    def _known(self, name: str) -> str:
        if name not in self._witnesses and name not in self._groups:
            raise PolicyError(f"no line above defines {name}")
        return name


def _party(vkey: str, url: list[str], algorithm: Algorithm) -> Party:
    verifier = Verifier.from_vkey(vkey)
    if verifier.algorithm is not algorithm:
        raise PolicyError(f"the key of {verifier.name} is of kind {verifier.algorithm}, not {algorithm}")
    return Party(verifier, url[0] if url else None)


def _refuse_twice(party: Party, others: Collection[Party]) -> None:
    if any(party.verifier.public_key == other.verifier.public_key for other in others):
        raise PolicyError(f"the key of {party.verifier.name} is there twice")


def _needed(text: str, members: int) -> int:
    needed = {"any": 1, "all": members}.get(text)
    if needed is None:
        needed = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= needed <= members:
        raise PolicyError(f"all, any or 1 to {members} of {members} members, not {text!r}")
    return needed
