"""What the chain layer needs of each contract: its interface and its code, as JSON."""

import json
from pathlib import Path

from vyper.cli.vyper_compile import compile_files

ARTIFACTS = Path("src/pinlian/chain/artifacts")


def contract_artifacts(root: Path) -> dict[Path, bytes]:
    """Compile every file of contracts/ (not of its sub-folders) to `{"contract", "abi", "bytecode"}`."""
    artifacts = {}
    for source in sorted((root / "contracts").glob("*.vy")):
        compiled = compile_files([str(source)], ["abi", "bytecode"], paths=[str(root / "contracts")])
        (output,) = (formats for path, formats in compiled.items() if Path(path).name == source.name)
        artifact = {"contract": source.stem, "abi": output["abi"], "bytecode": output["bytecode"]}
        text = json.dumps(artifact, indent=1, ensure_ascii=False) + "\n"
        artifacts[ARTIFACTS / f"{source.stem}.json"] = text.encode()
    return artifacts
