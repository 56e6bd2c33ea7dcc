"""The settlement token: what any ERC-20 offers, and what the treasury of our own may do besides."""

from pinlian.chain.abi import account_word, arguments, number, word
from pinlian.chain.rpc import Rpc
from pinlian.domain.keccak import keccak256


def _call(signature: str, *parts: bytes) -> bytes:
    return keccak256(signature.encode())[:4] + arguments(*parts)


def approve(spender: bytes, amount: int) -> bytes:
    """Let `spender` take `amount` of the sender's tokens."""
    return _call("approve(address,uint256)", account_word(spender), word(amount))


def transfer(to: bytes, amount: int) -> bytes:
    """Send `amount` of the sender's tokens."""
    return _call("transfer(address,uint256)", account_word(to), word(amount))


def mint(to: bytes, amount: int) -> bytes:
    """Make new tokens; the sender must be a minter."""
    return _call("mint(address,uint256)", account_word(to), word(amount))


def burn(amount: int) -> bytes:
    """Destroy the sender's own tokens."""
    return _call("burn(uint256)", word(amount))


class Yuan:
    """A token on a chain; amounts in minor units."""

    def __init__(self, rpc: Rpc, address: bytes) -> None:
        self.rpc = rpc
        self.address = address

    def _number(self, signature: str, *parts: bytes, block: int | str = "latest") -> int:
        return number(self.rpc.read(self.address, _call(signature, *parts), block))

    def balance(self, account: bytes, block: int | str = "latest") -> int:
        return self._number("balanceOf(address)", account_word(account), block=block)

    def allowance(self, owner: bytes, spender: bytes) -> int:
        return self._number("allowance(address,address)", account_word(owner), account_word(spender))

    def total_supply(self, block: int | str = "latest") -> int:
        return self._number("totalSupply()", block=block)

    def decimals(self) -> int:
        return self._number("decimals()")

    def is_minter(self, account: bytes) -> bool:
        return bool(self._number("is_minter(address)", account_word(account)))
