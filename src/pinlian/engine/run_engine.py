"""The engine process: relayer, indexer and upkeep. `python -m pinlian.engine.run_engine`"""

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    django.setup()
    from pinlian.engine.composition import compose_engine
    from pinlian.engine.lifeline import stop_event

    stop = stop_event()
    compose_engine().run(stop)


if __name__ == "__main__":
    main()
