"""What the server makes for demo people is opened by the code that runs in the browser."""

import json
import subprocess
from pathlib import Path

import pytest

from pinlian.demo.wallet import DemoWallet, seal_details

FRONTEND = Path(__file__).resolve().parents[3] / "frontend"
PASSPHRASE = "拼链 demo １"

BROWSER_CODE = """
import { open, WrongPassphrase } from "./src/keystore";
import { addressOf } from "./src/signing-key";
import { commitment, openDetails } from "./src/sealed-details";
import { fromHex } from "./src/hex";
const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
(async () => {
  const secrets = await open(given.keystore, given.passphrase, given.address);
  const refused = await open(given.keystore, "not the passphrase", given.address).catch((error) => error);
  console.log(JSON.stringify({
    address: addressOf(fromHex(secrets.signing, 32)),
    details: await openDetails(given.details.sealed, secrets.encryption),
    commitment: commitment(given.details),
    refused: refused instanceof WrongPassphrase,
  }));
})();
"""


@pytest.fixture(scope="module")
def browser_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("browser") / "open.cjs"
    subprocess.run(
        [
            FRONTEND / "node_modules/.bin/esbuild",
            "--bundle",
            "--platform=node",
            "--format=cjs",
            "--loader=ts",
            f"--outfile={program}",
        ],
        input=BROWSER_CODE.encode(),
        cwd=FRONTEND,
        check=True,
        capture_output=True,
    )
    return program


def test_demo_wallet__is_opened_by_the_browser(browser_program: Path) -> None:
    wallet, other_reader = DemoWallet.new("leader"), DemoWallet.new("buyer")
    details = {"name": "王秀兰", "phone": "13900000001", "wish": "少放塑料袋"}
    sealed = seal_details(details, [other_reader.public_encryption_key(), wallet.public_encryption_key()])

    given = {
        "keystore": wallet.keystore(PASSPHRASE),
        "passphrase": PASSPHRASE,
        "address": f"0x{wallet.address.hex()}",
        "details": {"salt": f"0x{sealed.salt.hex()}", "sealed": sealed.sealed},
    }
    answer = subprocess.run(
        ["node", browser_program], input=json.dumps(given).encode(), check=True, capture_output=True, timeout=60
    )

    assert json.loads(answer.stdout) == {
        "address": given["address"],
        "details": details,
        "commitment": f"0x{sealed.commitment.hex()}",
        "refused": True,
    }


def test_public_encryption_key__does_not_hold_the_private_one() -> None:
    assert set(DemoWallet.new("leader").public_encryption_key()) == {"kty", "crv", "x", "y"}
