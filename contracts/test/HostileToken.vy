# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title A token that strikes back, for tests only
@license AGPL-3.0-only
@author Pinlian
@notice While it moves money it calls whatever it was told to; it can also pretend that a transfer failed.
"""


# --- State ---

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])

target: address
data: Bytes[1024]
answer: bool
# What became of the last call into the target.
entered: public(bool)
tried: public(bool)


# --- Constructor ---

@deploy
def __init__():
    self.answer = True


# --- External ---

@external
def mint(account: address, amount: uint256):
    self.balanceOf[account] += amount


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True


@external
def strike(target: address, data: Bytes[1024]):
    """
    @notice Call `target` with `data` in every transfer from now on.
    """
    self.target = target
    self.data = data


@external
def refuse():
    """
    @notice Answer false to every transfer from now on.
    """
    self.answer = False


@external
def transfer(to: address, amount: uint256) -> bool:
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount
    return self._strike()


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self.allowance[owner][msg.sender] -= amount
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
    return self._strike()


# --- Internal ---

@internal
def _strike() -> bool:
    if self.target != empty(address):
        self.tried = True
        self.entered = raw_call(self.target, self.data, revert_on_failure=False)
    return self.answer
