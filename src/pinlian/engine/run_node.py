"""The node process: the chain of an instance that has its own. `python -m pinlian.engine.run_node`"""

import logging.config
import os
import sys
import threading

CHECK_SECONDS = 1.0


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    from django.conf import settings

    from pinlian.chain.embedded import EmbeddedNode
    from pinlian.engine.lifeline import stop_event
    from pinlian.engine.preparation import fund_operator

    logging.config.dictConfig(settings.LOGGING)
    stop: threading.Event = stop_event()
    with EmbeddedNode(settings.PINLIAN_HOME / "chain", settings.PINLIAN_NODE_PORT) as node:
        fund_operator(node)
        while not stop.wait(CHECK_SECONDS):
            if not node.is_alive():
                sys.exit("the embedded node cannot go on")


if __name__ == "__main__":
    main()
