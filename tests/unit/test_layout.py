"""The shape of the repository: what files may be called, and what lock files may say."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc", "lib"}
SOURCE_DIRS = ("src", "tests", "tools", "bench", "contracts", "frontend/src", "frontend/test")
SOURCE_SUFFIXES = {".py", ".pyi", ".ts", ".vy", ".vyi", ".sh"}


def source_files() -> list[Path]:
    return [
        path.relative_to(ROOT)
        for folder in SOURCE_DIRS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SOURCE_SUFFIXES
    ]


def test_source_names__say_what_the_file_is_for() -> None:
    files = source_files()
    drawers = [str(path) for path in files if DRAWERS & {part.split(".")[0] for part in path.parts[1:]}]
    assert Path("src/pinlian/config/settings.py") in files
    assert drawers == []


def imported_modules(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert all(node.level == 0 for node in nodes if isinstance(node, ast.ImportFrom)), f"relative import in {path}"
    return plain | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


def test_domain__imports_the_standard_library_and_keccak_only() -> None:
    domain = ROOT / "src/pinlian/domain"
    found = {
        (str(path.relative_to(domain)), module)
        for path in domain.rglob("*.py")
        for module in imported_modules(path)
        if module.split(".")[0] not in sys.stdlib_module_names and not module.startswith("pinlian.domain")
    }
    assert found <= {("keccak.py", "sha3")}


def test_python_lock__pins_every_package_by_hash() -> None:
    text = (ROOT / "requirements.lock").read_text()
    requirements = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(requirements) > 50
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+", requirement), requirement.splitlines()[0]
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


@pytest.mark.parametrize(
    "address", ["://", "--index-url", "--extra-index-url", "--find-links", "--trusted-host", " @ "]
)
def test_python_lock__names_no_place_to_download_from(address: str) -> None:
    assert address not in (ROOT / "requirements.lock").read_text()


def test_npm_lock__pins_every_package_by_hash_and_names_no_place_to_download_from() -> None:
    packages = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    downloaded = {path: entry for path, entry in packages.items() if path}
    assert len(downloaded) > 50
    for path, entry in downloaded.items():
        assert entry["integrity"].startswith("sha512-"), path
        assert "resolved" not in entry, path


def test_npm_lock__holds_what_package_json_asks_for() -> None:
    manifest = json.loads((ROOT / "frontend/package.json").read_text())
    packages = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    wanted = manifest["dependencies"] | manifest["devDependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
