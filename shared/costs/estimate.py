"""A month of a deployment: lines of quantity times price.

Not in it: taxes, discounts, support, data that leave the region, alerts, copies of the database's own backups in
another region, and free grants, of which a subscription has one for all it runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.costs.prices import Price
from shared.errors import PricesUnreadable

type Profile = Literal["dev", "prod"]

HOURS = 730.0
"""Of a month, as Azure counts."""
INSTANCE_GB = 2.0
SHORTEST_SECONDS = 1.0
"""That an instance is billed for at least, once it has woken for a call."""
TOKENS_A_SEARCH = 20.0
KEY_READS_A_MINUTE = 12.0
"""Of an instance in use: four secrets, each a list and two values (shared/vault.py)."""


@dataclass(frozen=True)
class Size:
    """What main.bicep makes of a profile. copies: of the database, with its standby."""

    database: str
    copies: int
    storage_gb: int
    always_ready: int
    blob: str


SIZES: Mapping[Profile, Size] = {
    "dev": Size("postgres_b2s_hour", 1, 32, 0, "blob_gb_month"),
    "prod": Size("postgres_d4ds_v5_hour", 2, 128, 2, "blob_gzrs_gb_month"),
}
ENDPOINTS, ZONES = 5, 4


@dataclass(frozen=True, kw_only=True)
class Use:
    """Of a month. concurrent: calls that an instance works on at a time, on average; 1 is each call alone.

    call_ms: from a call's arrival to its answer. searches: share of calls that embed their words. log_kb: a call.
    instances: in use on average. backup_gb: kept.
    """

    calls: float
    call_ms: float = 200.0
    concurrent: float = 1.0
    searches: float = 0.2
    log_kb: float = 2.0
    instances: float = 1.0
    backup_gb: float = 10.0


@dataclass(frozen=True)
class Line:
    """One line of the bill."""

    what: str
    quantity: float
    price: Price

    @property
    def usd(self) -> float:
        """A month."""
        return self.quantity * self.price.usd


def estimate(use: Use, profile: Profile, prices: Mapping[str, Price]) -> list[Line]:
    """The bill. Raises PricesUnreadable where a price is missing."""
    try:
        return list(_lines(use, SIZES[profile], prices))
    except KeyError as missing:
        raise PricesUnreadable(f"the table has no price {missing}") from missing


def active_seconds(use: Use) -> float:
    """That instances are billed for: calls side by side share a second, a call alone has at least one."""
    alone = use.concurrent <= 1
    a_call = max(use.call_ms / 1000, SHORTEST_SECONDS) if alone else use.call_ms / 1000 / use.concurrent
    return use.calls * a_call


def _lines(use: Use, size: Size, prices: Mapping[str, Price]) -> Iterator[Line]:
    yield Line("database", HOURS * size.copies, prices[size.database])
    yield Line("its storage", float(size.storage_gb * size.copies), prices["postgres_storage_gb_month"])
    yield Line("calls, by time", active_seconds(use) * INSTANCE_GB, prices["functions_gb_second"])
    yield Line("calls, by number", use.calls / 1e6, prices["functions_million_executions"])
    if size.always_ready:
        ready = size.always_ready * INSTANCE_GB * HOURS * 3600
        yield Line("instances always ready", ready, prices["functions_always_ready_gb_second"])
    yield Line("private endpoints", ENDPOINTS * HOURS, prices["private_endpoint_hour"])
    yield Line("private zones", float(ZONES), prices["private_dns_zone_month"])
    yield Line("telemetry and logs", use.calls * use.log_kb / 1e6, prices["log_analytics_gb"])
    reads = use.instances * HOURS * 60 * KEY_READS_A_MINUTE
    yield Line("key vault", reads / 10_000, prices["key_vault_10k_operations"])
    yield Line("backups", use.backup_gb, prices[size.blob])
    tokens = use.calls * use.searches * TOKENS_A_SEARCH
    yield Line("embeddings of searches", tokens / 1e6, prices["embedding_million_tokens"])
