"""The contracts that the sandbox speaks, by name."""

from sandbox import contract_2025_04, contract_current

CONTRACTS = {contract.name: contract for contract in (contract_2025_04.CONTRACT, contract_current.CONTRACT)}
