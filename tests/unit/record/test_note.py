"""Signed notes, against those of Go's sumdb/note and of logs and witnesses that are in service."""

import pytest

from pinlian.record.checkpoint import CheckpointBody, open_checkpoint
from pinlian.record.note import (
    Algorithm,
    NoteError,
    Signature,
    Signer,
    Verifier,
    from_base64,
    open_note,
    signed_note,
)

# From Go's golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = from_base64("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETERS_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCHS_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

# A checkpoint of a Certificate Transparency log with cosignatures of public witnesses, May 2026.
CT_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
CT_WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
CT_CHECKPOINT = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
"""  # noqa: E501

WITNESS = Signer("witness.example/w1", Algorithm.COSIGNATURE_V1, b"\x07" * 32)


def test_verifier__keys_in_service__are_read_and_spelt_the_same() -> None:
    for vkey in (PETER, ENOCH, CT_LOG, CT_WITNESS):
        assert Verifier.from_vkey(vkey).vkey == vkey
    assert Verifier.from_vkey(CT_WITNESS).algorithm is Algorithm.COSIGNATURE_V1


def test_verifier__any_other_spelling__is_refused() -> None:
    for start in range(len(PETER)):
        with pytest.raises(NoteError):
            Verifier.from_vkey(PETER[:start] + chr(ord(PETER[start]) + 1) + PETER[start + 1 :])
        with pytest.raises(NoteError):
            Verifier.from_vkey(PETER[:start])
    for vkey, why in [
        ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", "base64"),
        ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not an Ed25519 key"),
        (PETER.replace("PeterNeumann", "Peter Neumann"), "not a name"),
        (PETER.replace("c74f20a3", "C74F20A3"), "the key's id is c74f20a3"),
    ]:
        with pytest.raises(NoteError, match=why):
            Verifier.from_vkey(vkey)


def test_signed_note__key_of_the_reference__gives_its_note() -> None:
    signer = Signer("PeterNeumann", Algorithm.ED25519, PETER_SEED)
    assert signed_note(TEXT, signer) == TEXT + "\n" + PETERS_LINE
    assert signer.verifier.vkey == PETER
    assert PETER_SEED.hex() not in repr(signer)
    assert repr(PETER_SEED) not in repr(signer)


def test_open_note__some_keys_trusted__names_those_that_signed() -> None:
    peter, enoch = map(Verifier.from_vkey, (PETER, ENOCH))
    note = TEXT + "\n" + PETERS_LINE + ENOCHS_LINE
    assert open_note(note, [peter]).signatures == (Signature(peter, 0),)
    both = open_note(note, [enoch, peter])
    assert both.text == TEXT
    assert both.signatures == (Signature(peter, 0), Signature(enoch, 0))
    # A second line of a key says nothing new, whatever is in it.
    assert open_note(note + PETERS_LINE[:60] + "ABCD" + PETERS_LINE[60:], [peter]).signatures == (Signature(peter, 0),)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (TEXT, "not a note"),
        (TEXT + "\n", "not a note"),
        (TEXT + "\n" + PETERS_LINE[:-1], "not a note"),
        ("\x01" + TEXT + "\n" + PETERS_LINE, "control characters"),
        ("\udcff" + TEXT + "\n" + PETERS_LINE, "UTF-8"),
        (TEXT + "\n" + PETERS_LINE.replace("PeterNeumann", "Peter Neumann"), "not a signature line"),
        (TEXT + "\n" + PETERS_LINE.replace("— ", "-- "), "not a signature line"),
        (TEXT + "\n" + PETERS_LINE + "Unexpected line.\n", "not a signature line"),
        (TEXT + "\n" + PETERS_LINE * 101, "too many"),
        (TEXT + "\n" + ENOCHS_LINE, "signed by nobody that is trusted here, only by EnochRoot"),
        (
            TEXT + "\n" + PETERS_LINE[:60] + "ABCD" + PETERS_LINE[60:],
            "signature of PeterNeumann is not one of this text",
        ),
        (TEXT.replace("answer", "question") + "\n" + PETERS_LINE, "PeterNeumann is not one of this text"),
    ],
)
def test_open_note__malformed_or_false__says_why(note: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        open_note(note, [Verifier.from_vkey(PETER)])


def test_open_checkpoint__of_a_log_in_service__shows_who_witnessed_it_and_when() -> None:
    log, witness = map(Verifier.from_vkey, (CT_LOG, CT_WITNESS))
    found = open_checkpoint(CT_CHECKPOINT, log, [witness])
    assert found.body.size == 1_432_088_532
    assert found.body.text == CT_CHECKPOINT[: len(found.body.text)]
    assert found.cosignatures == (Signature(witness, 1_779_573_024),)
    for forged in (CT_CHECKPOINT.replace("1432088532", "42"), CT_CHECKPOINT.replace("2net5wAAAABq", "2net5wAAAABr")):
        with pytest.raises(NoteError, match="is not one of this text"):
            open_checkpoint(forged, log, [witness])


def test_open_checkpoint__cosigned__tells_when() -> None:
    log = Signer("log.example", Algorithm.ED25519, b"\x01" * 32)
    body = CheckpointBody("log.example", 3, b"\x02" * 32)
    note = signed_note(body.text, log, WITNESS, time=1_760_000_000)
    found = open_checkpoint(note, log.verifier, [WITNESS.verifier])
    assert found.body == body
    assert found.cosignatures == (Signature(WITNESS.verifier, 1_760_000_000),)
    assert open_checkpoint(note, log.verifier).cosignatures == ()


def test_open_checkpoint__not_the_logs_own__is_refused() -> None:
    log = Signer("log.example", Algorithm.ED25519, b"\x01" * 32)
    other = Signer("other.example", Algorithm.ED25519, b"\x01" * 32)
    note = signed_note(CheckpointBody("other.example", 3, bytes(32)).text, log, other)
    with pytest.raises(NoteError, match=r"a checkpoint of 'other\.example', not of 'log\.example'"):
        open_checkpoint(note, log.verifier)
    only_witnessed = signed_note(CheckpointBody("log.example", 3, bytes(32)).text, WITNESS)
    with pytest.raises(NoteError, match="not signed by the log"):
        open_checkpoint(only_witnessed, log.verifier, [WITNESS.verifier])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("log.example\n3\n", "not a checkpoint"),
        ("\n3\n" + "A" * 43 + "=\n", "not a checkpoint"),
        ("log.example\n03\n" + "A" * 43 + "=\n", "not the size"),
        ("log.example\n+3\n" + "A" * 43 + "=\n", "not the size"),
        ("log.example\n٣\n" + "A" * 43 + "=\n", "not the size"),
        ("log.example\n9223372036854775808\n" + "A" * 43 + "=\n", "not the size"),
        ("log.example\n3\nAAAA\n", "a root has 32 bytes, not 3"),
        ("log.example\n3\n" + "A" * 42 + "B=\n", "base64"),
    ],
)
def test_checkpoint__malformed__says_why(text: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        CheckpointBody.parse(text)
