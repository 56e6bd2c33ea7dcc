"""Write the committed files that are made from others, or check that they are as their sources say.

python -m tools.generate            write them
python -m tools.generate --check    write nothing; name each file that differs and exit with status 1
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.contract_artifacts import contract_artifacts
from tools.device_files import device_files
from tools.message_catalogues import message_catalogues, message_sources
from tools.openapi_document import openapi_document
from tools.proof_bundles import example_proof

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Generator:
    """One kind of generated file.

    Attributes:
        owned: glob from the repository's root; every file that matches must come from `produce`.
        produce: takes the repository's root and gives the content of each file, by its path from the root.
    """

    owned: str
    produce: Callable[[Path], dict[Path, bytes]]


GENERATORS = (
    Generator("src/pinlian/chain/artifacts/*.json", contract_artifacts),
    Generator("frontend/**/generated/*.json", device_files),
    Generator("docs/openapi.json", openapi_document),
    Generator("docs/protocol/*.proof.json", example_proof),
    Generator("src/pinlian/**/locale/*/LC_MESSAGES/*.po", message_sources),
    Generator("src/pinlian/**/locale/*/LC_MESSAGES/*.mo", message_catalogues),
)


def differences(generator: Generator) -> dict[Path, bytes | None]:
    """Files that are not as they should be: their right content, or None for one that should not exist."""
    produced = generator.produce(ROOT)
    stale: dict[Path, bytes | None] = {
        path: content
        for path, content in produced.items()
        if not (ROOT / path).is_file() or (ROOT / path).read_bytes() != content
    }
    surplus = {path.relative_to(ROOT) for path in ROOT.glob(generator.owned)} - produced.keys()
    return stale | dict.fromkeys(surplus)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs")
    check = parser.parse_args().check

    stale = False
    for generator in GENERATORS:  # in their order: compiled catalogues are made from the collected ones
        for path, content in sorted(differences(generator).items()):
            stale = True
            if check:
                print(f"{path} is not as its source says; run `make generate`", file=sys.stderr)
            elif content is None:
                (ROOT / path).unlink()
                print(f"removed {path}")
            else:
                (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
                (ROOT / path).write_bytes(content)
                print(f"wrote {path}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
