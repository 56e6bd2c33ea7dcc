"""How we speak to an EVM chain: typed data, signatures, JSON-RPC, contract bindings, deployment, the embedded node."""
