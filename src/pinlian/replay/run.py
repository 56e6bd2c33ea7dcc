"""The replay process: `python -m pinlian.replay.run`, in a home of its own that `pinlian replay` makes for it.

Reads its task as JSON from the arguments; progress goes to standard error, the summary as JSON to standard output.
"""

import json
import logging.config
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

MISMATCHES_LISTED_MAX = 20


@dataclass(frozen=True, slots=True)
class Task:
    """What to replay.

    Attributes:
        files: of group buys, or directories with such files.
        limit: of groups of each file; None for all.
        vegetables: directory of the goods' names and prices; None for plain goods.
    """

    files: tuple[str, ...]
    limit: int | None
    vegetables: str | None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Task":
        content = json.loads(text)
        return cls(tuple(content["files"]), content["limit"], content["vegetables"])


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "pinlian.config.settings"
    import django

    django.setup()

    from django.conf import settings

    from pinlian.apps.insight.facade import audit
    from pinlian.chain.embedded import EmbeddedNode
    from pinlian.chain.keys import read_or_create
    from pinlian.config import wiring
    from pinlian.engine.composition import compose_engine
    from pinlian.engine.preparation import DEPLOYER, fund_operator, prepare_chain, prepare_databases
    from pinlian.replay.goods import Goods
    from pinlian.replay.group_buys import read_group_buys
    from pinlian.replay.outcome import Outcome, gas_per_order
    from pinlian.replay.play import Player, Progress

    logging.config.dictConfig(settings.LOGGING)
    logging.getLogger().setLevel(os.environ.get("PINLIAN_LOG_LEVEL", "WARNING"))
    task = Task.from_json(sys.argv[1])
    buys = [buy for file in task.files for buy in read_group_buys(Path(file), task.limit)]
    goods = Goods.from_vegetables(Path(task.vegetables) if task.vegetables else None)
    began = time.monotonic()

    def report(progress: Progress) -> None:
        _show(f"{progress.groups}/{progress.groups_total} groups, {progress.orders} orders: {progress.step}", began)

    report(Progress(0, len(buys), 0, "starting a chain"))
    prepare_databases()
    with EmbeddedNode(
        settings.PINLIAN_HOME / "chain", settings.PINLIAN_NODE_PORT, genesis_time=int(time.time()), manual_clock=True
    ) as node:
        fund_operator(node)
        wiring.use_clock(node.now)
        deployment = prepare_chain(wiring.rpc(), read_or_create(settings.PINLIAN_HOME, DEPLOYER))
        escrow = wiring.escrow()
        engine = compose_engine(waiting_ms_max=0)
        played = Player(node=node, escrow=escrow, engine=engine, goods=goods, report=report).play(buys)
        outcome = Outcome.read(escrow.events(deployment.block, wiring.rpc().block_number()))
        mismatches = outcome.mismatches(played.groups)
        audited = audit(escrow, deployment.block, progress=lambda part: _show(f"audit: {part}", began))
        summary = {
            "groups": len(played.groups),
            "succeeded": len(outcome.settled),
            "failed": len(outcome.failed),
            "orders": outcome.orders_total,
            "returns": played.returns,
            "mismatches": len(mismatches),
            "mismatches_found": [
                {**asdict(mismatch), "group": f"0x{mismatch.group.hex()}"}
                for mismatch in mismatches[:MISMATCHES_LISTED_MAX]
            ],
            "refunded_minor": outcome.refunded_minor,
            "returned_minor": outcome.returned_minor,
            "settled_minor": outcome.settled_minor,
            "gas_per_order": gas_per_order(wiring.rpc(), outcome),
            "orders_per_second": round(outcome.orders_total / played.order_seconds, 1) if played.order_seconds else 0.0,
            "seconds": round(time.monotonic() - began, 1),
            "audit": {
                "ok": audited.ok,
                "checked": audited.checked,
                "differences": [asdict(difference) for difference in audited.differences],
            },
        }
    _show("", began, last=True)
    sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n")


def _show(text: str, began: float, *, last: bool = False) -> None:
    """One line that is written over on a terminal, and a line a step elsewhere."""
    line = f"{time.monotonic() - began:7.1f} s  {text}"
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" if last else f"\r\x1b[K{line}")
    elif not last:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
