"""A neighbourhood with what people cannot make on the pages alone: a pickup point, a leader and a verified merchant.

`python -m tests.journeys.neighbourhood` fills the instance of PINLIAN_HOME and publishes one offer, whose window is
short enough to be waited for.
"""

import os
import time

import django

PASSWORD = "green-basket-42"
LEADER_PHONE = "13800000021"
MERCHANT_PHONE = "13800000025"
OPERATOR_PHONE = "13800000024"
WINDOW_SECONDS = 90
PUBLISHED_SECONDS_MAX = 120


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "pinlian.config.settings"
    django.setup()
    from pinlian.apps.market import facade as market
    from pinlian.apps.people import facade as people
    from pinlian.chain.typed_data import digest, message_json
    from pinlian.config import wiring
    from pinlian.demo.wallet import DemoWallet
    from pinlian.domain.offer import Step, WindowKind
    from pinlian.relayer import facade as relayer

    point = people.add_pickup_point(
        code="osmanthus-east",
        name="桂花苑东门驿站",
        district="桂花苑",
        address="桂雨路 18 号",
        opening_hours="9:00-20:30",
    )

    def sign_up(phone: str, name: str, role: str) -> tuple[people.PersonView, DemoWallet]:
        person = people.sign_up(
            phone=phone,
            password=PASSWORD,
            display_name=name,
            home_pickup_point_id=point.id,
            roles=("resident", role),
        )
        wallet = DemoWallet.new(name)
        challenge = people.new_challenge(person.id)
        people.add_device_key(
            person.id,
            address=wallet.address,
            keystore=wallet.keystore(PASSWORD),
            encryption_key=wallet.public_encryption_key(),
            label="手机",
            challenge=challenge,
            proof=wallet.sign(people.challenge_digest(challenge)),
        )
        return person, wallet

    sign_up(LEADER_PHONE, "陈大姐", "leader")
    sign_up(OPERATOR_PHONE, "平台小何", "operator")
    farmer, wallet = sign_up(MERCHANT_PHONE, "吴志远", "merchant")
    account = f"0x{wallet.address.hex()}"
    shop = market.add_merchant(
        farmer.id, name="临安山里菜合作社", region="浙江临安", about="", account=account, verified=True
    )
    product = market.add_product(
        shop.id,
        market.ProductWords(
            category="vegetables",
            name_zh="高山小青菜",
            unit_zh="500 克",
            name_en="Mountain pak choi",
            unit_en="500 g",
            description_zh="早上摘，下午到。",
            description_en="Picked in the morning.",
            illustration="leafy-green",
        ),
    )
    offer = market.draft_offer(
        product.id,
        market.OfferPlan(
            stock_cap=50,
            ladder=(Step(1, 480), Step(3, 430)),
            window_kind=WindowKind.NO_REASON,
            window_seconds=WINDOW_SECONDS,
            leader_bps=800,
        ),
    )
    signature = wallet.sign(digest(offer, wiring.escrow().domain_separator()))
    promise = relayer.submit("offer", message_json(offer), f"0x{signature.hex()}", signer=account)
    deadline = time.monotonic() + PUBLISHED_SECONDS_MAX
    while (state := relayer.status(promise.id)) is None or state.stage != relayer.Stage.FINAL:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the offer is not published: {state}")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
