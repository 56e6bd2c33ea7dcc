"""The demo neighbourhood's people, places and goods, in the database and with keys."""

import itertools
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from pinlian.apps.market import facade as market
from pinlian.apps.people import facade as people
from pinlian.chain.keys import read_or_create
from pinlian.demo.neighbourhood import (
    GOODS,
    LEADERS,
    OPERATOR,
    PLACES,
    RESIDENTS,
    SHOPS,
    WAREHOUSE_KEEPER,
    Neighbour,
    Place,
)
from pinlian.demo.record import DemoPerson
from pinlian.demo.wallet import DemoWallet

ARBITER_KEY = "arbiter"
"""Name of the key, in PINLIAN_HOME/keys, that new offers name as arbiter."""
PHONE_FIRST = 13_900_000_001
SHOWN_RESIDENTS = 4


@dataclass
class Inhabitant:
    """A demo person with an opened key, and the next nonce of its account."""

    person_id: int
    name: str
    phone: str
    wallet: DemoWallet
    next_nonce: int = 0

    @property
    def account(self) -> str:
        """0x-hex."""
        return f"0x{self.wallet.address.hex()}"

    def take_nonce(self) -> int:
        self.next_nonce += 1
        return self.next_nonce - 1


class Population:
    """Everybody by what they do.

    Attributes:
        places: from a pickup point's code to the hash that leaders sign.
        products: from a good's key to the product's id.
    """

    def __init__(self, passphrase: str) -> None:
        """Sign everybody up, with `passphrase` as password and payment passphrase, and fill the shops."""
        self._passphrase = passphrase
        self._phones = itertools.count(PHONE_FIRST)
        points = {place.code: _open_pickup_point(place) for place in PLACES}
        self._points = points
        self.places = {code: point.commitment for code, point in points.items()}
        self.residents = [self._sign_up(neighbour, people.Role.RESIDENT) for neighbour in RESIDENTS]
        self.leaders = [self._sign_up(neighbour, people.Role.LEADER) for neighbour in LEADERS]
        # The operator's person holds the key that rules on cases, so that a ruling can be signed in the browser.
        arbiter = read_or_create(Path(settings.PINLIAN_HOME), ARBITER_KEY)
        self.operator = self._sign_up(OPERATOR, people.Role.OPERATOR, DemoWallet.of(arbiter))
        self.merchants: dict[str, Inhabitant] = {}
        merchant_ids = {}
        for shop in SHOPS:
            keeper = self._sign_up(Neighbour(shop.keeper, PLACES[0].code), people.Role.MERCHANT)
            self.merchants[shop.key] = keeper
            merchant_ids[shop.key] = market.add_merchant(
                keeper.person_id,
                name=shop.name,
                region=shop.region,
                about=shop.about,
                account=keeper.account,
                verified=True,
            ).id
        self.warehouse = self._sign_up(WAREHOUSE_KEEPER, people.Role.COURIER)
        self.products: dict[str, int] = {}
        for good in GOODS:
            words = market.ProductWords(
                category=good.category,
                name_zh=good.name[0],
                name_en=good.name[1],
                unit_zh=good.unit[0],
                unit_en=good.unit[1],
                description_zh=good.description[0],
                description_en=good.description[1],
                illustration=good.illustration,
            )
            self.products[good.key] = market.add_product(merchant_ids[good.shop], words).id

    def _sign_up(self, neighbour: Neighbour, role: str, wallet: DemoWallet | None = None) -> Inhabitant:
        phone = str(next(self._phones))
        person = people.sign_up(
            phone=phone,
            password=self._passphrase,
            display_name=neighbour.name,
            language=neighbour.language,
            home_pickup_point_id=self._points[neighbour.place].id,
            roles=tuple({people.Role.RESIDENT, role}),
        )
        wallet = wallet or DemoWallet.new(f"demo-{person.id}")
        challenge = people.new_challenge(person.id)
        people.add_device_key(
            person.id,
            address=wallet.address,
            keystore=wallet.keystore(self._passphrase),
            encryption_key=wallet.public_encryption_key(),
            label="演示手机",
            challenge=challenge,
            proof=wallet.sign(people.challenge_digest(challenge)),
        )
        return Inhabitant(person.id, neighbour.name, phone, wallet)

    def credited(self) -> list[Inhabitant]:
        """Who gets money to spend."""
        return [*self.residents, *self.leaders]

    def log_ins(self) -> list[DemoPerson]:
        """Whom to try."""
        shown = [("resident", person) for person in self.residents[:SHOWN_RESIDENTS]]
        shown += [("leader", person) for person in self.leaders]
        shown += [("merchant", person) for person in self.merchants.values()]
        shown += [("courier", self.warehouse), ("operator", self.operator)]
        return [DemoPerson(role, person.phone, person.name) for role, person in shown]


def _open_pickup_point(place: Place) -> people.PickupPointView:
    return people.add_pickup_point(
        code=place.code,
        name=place.name,
        district=place.district,
        address=place.address,
        opening_hours=place.opening_hours,
    )
