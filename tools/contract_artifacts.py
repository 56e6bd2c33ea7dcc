"""What Python needs of each contract: its interface and its code, as JSON."""

import json
from pathlib import Path

from vyper.cli.vyper_compile import compile_files

ARTIFACTS = Path("src/pinlian/chain/artifacts")


def contract_artifacts(root: Path) -> dict[Path, bytes]:
    """Compile what is deployed, and what benchmarks compare with, to `{"contract", "abi", "bytecode"}` each."""
    artifacts = {}
    contracts = root / "contracts"
    for source in sorted([*contracts.glob("*.vy"), *contracts.glob("bench/*.vy")]):
        compiled = compile_files([str(source)], ["abi", "bytecode"], paths=[str(contracts)])
        (output,) = (formats for path, formats in compiled.items() if Path(path).name == source.name)
        artifact = {"contract": source.stem, "abi": output["abi"], "bytecode": output["bytecode"]}
        text = json.dumps(artifact, indent=1, ensure_ascii=False) + "\n"
        artifacts[ARTIFACTS / f"{source.stem}.json"] = text.encode()
    return artifacts
