"""The process that listens to sensors. `python -m pinlian.engine.run_sensors`"""

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    django.setup()
    from pinlian.apps.capture.facade import listen_to_sensors
    from pinlian.engine.lifeline import stop_event

    listen_to_sensors(stop_event())


if __name__ == "__main__":
    main()
