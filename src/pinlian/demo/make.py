"""Makes the demo neighbourhood of a new home. `python -m pinlian.demo.make`

Everything goes the way of real people's doings: signed with their keys, through the facades and the relayer, into the
contracts. Only the clock is ours: the chain starts three weeks ago, and each block gets the time of its story.
"""

import os
import shutil
import sys
import time
from pathlib import Path

import django

PASSPHRASE = "pinlian-demo"  # noqa: S105 -- told to everybody


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    django.setup()
    from django.conf import settings

    from pinlian.apps.people import facade as people
    from pinlian.chain.embedded import EmbeddedNode
    from pinlian.chain.keys import read_or_create
    from pinlian.config import wiring
    from pinlian.demo.goods_history import GoodsHistory
    from pinlian.demo.history import History, seconds
    from pinlian.demo.population import Population
    from pinlian.demo.quick_hasher import QuickHasher
    from pinlian.demo.record import begin_demo, demo_was_interrupted, finish_demo
    from pinlian.demo.stories import BEGINNING
    from pinlian.engine.composition import compose_engine
    from pinlian.engine.preparation import (
        DEPLOYER,
        fund_operator,
        prepare_chain,
        prepare_databases,
        prepare_static_files,
    )

    # What everybody knows need not be guarded well, and 29 people are signed up; a log-in hashes it anew.
    settings.PASSWORD_HASHERS = [f"{QuickHasher.__module__}.QuickHasher", *settings.PASSWORD_HASHERS]
    home: Path = settings.PINLIAN_HOME
    began, now = time.monotonic(), int(time.time())
    is_again = demo_was_interrupted(home)
    say("databases")
    prepare_databases(empty=is_again)
    if any(people.people_with_role(role) for role in people.Role.values):
        say("not made: there are people in the database")
        return
    begin_demo(home)
    _clear(home)
    prepare_static_files()
    genesis_time = now + seconds(BEGINNING)
    with EmbeddedNode(home / "chain", settings.PINLIAN_NODE_PORT, genesis_time=genesis_time, manual_clock=True) as node:
        fund_operator(node)
        prepare_chain(wiring.rpc(), read_or_create(home, DEPLOYER))
        wiring.use_clock(node.now)
        say("people")
        population = Population(PASSPHRASE)
        engine = compose_engine(waiting_ms_max=0)
        separator = wiring.escrow().domain_separator()
        told = Progress("group buys")
        history = History(population, engine, now=now, separator=separator, set_time=node.set_time, say=told)
        history.run()
        say("the way of the goods")
        GoodsHistory(population, engine, now=now).run(history.deliveries())
        node.catch_up()
        engine.settle()
    finish_demo(home, PASSPHRASE, population.log_ins())
    say(f"done in {time.monotonic() - began:.0f} s")


class Progress:
    """Says how far something is, every tenth."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next_percent = 0

    def __call__(self, percent: int) -> None:
        if percent >= self._next_percent:
            say(f"{self._what} {percent} %")
            self._next_percent = percent - percent % 10 + 10


def _clear(home: Path) -> None:
    """Forget the chain that an interrupted making left."""
    for name in ("chain", "deployments"):
        shutil.rmtree(home / name, ignore_errors=True)


def say(text: str) -> None:
    sys.stdout.write(f"making the demo neighbourhood: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
