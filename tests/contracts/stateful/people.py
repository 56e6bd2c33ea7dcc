"""Who takes part: everybody has a key, and with it an account."""

from dataclasses import dataclass
from functools import cached_property

from pinlian.chain.signatures import address_of, sign
from pinlian.domain.keccak import keccak256


@dataclass(frozen=True)
class Person:
    name: str

    @cached_property
    def key(self) -> bytes:
        return keccak256(self.name.encode())

    @cached_property
    def account(self) -> bytes:
        return address_of(self.key)

    def sign(self, digest: bytes) -> bytes:
        return sign(self.key, digest)


BUYERS = [Person(f"buyer {number}") for number in range(1, 7)]
LEADERS = [Person("leader 1"), Person("leader 2")]
MERCHANTS = [Person("merchant 1"), Person("merchant 2")]
ARBITER = Person("arbiter")
CARRIER = Person("carrier")
PAUSERS = [Person("pauser 1"), Person("pauser 2")]
TREASURY = Person("treasury")
STRANGER = Person("stranger")
EVERYBODY = [*BUYERS, *LEADERS, *MERCHANTS, ARBITER, CARRIER, *PAUSERS, TREASURY, STRANGER]
BY_ACCOUNT = {person.account: person for person in EVERYBODY}
