"""The arithmetic of an estimate, the table that it goes by, and the sizes that Bicep makes."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shared.costs.estimate import ENDPOINTS, INSTANCE_GB, SIZES, ZONES, Profile, Use, active_seconds, estimate
from shared.costs.prices import TABLE, read_prices
from shared.errors import PricesUnreadable
from tests.conftest import REPOSITORY
from tests.processes import nothing_but

PRICES = read_prices()
MILLION = Use(calls=1e6, call_ms=200)


def usd(use: Use, profile: Profile = "dev") -> dict[str, float]:
    return {line.what: line.usd for line in estimate(use, profile, PRICES)}


def test_a_million_calls_each_alone_are_billed_for_a_second_each() -> None:
    lines = usd(MILLION)
    assert lines["calls, by time"] == pytest.approx(52.0)
    assert lines["calls, by number"] == pytest.approx(0.40)


def test_sixteen_at_a_time_share_the_instance() -> None:
    assert usd(replace(MILLION, concurrent=16))["calls, by time"] == pytest.approx(0.65)


def test_a_call_longer_than_a_second_is_billed_for_what_it_takes() -> None:
    assert active_seconds(Use(calls=10, call_ms=2500)) == pytest.approx(25)


def test_no_calls_cost_what_stands_there_and_nothing_else() -> None:
    lines = usd(Use(calls=0, instances=0, backup_gb=0))
    assert {what for what, cost in lines.items() if cost} == {
        "database",
        "its storage",
        "private endpoints",
        "private zones",
    }


def test_a_standby_is_a_second_database() -> None:
    one = PRICES["postgres_d4ds_v5_hour"].usd
    lines = usd(MILLION, "prod")
    assert lines["database"] == pytest.approx(2 * 730 * one)
    assert lines["its storage"] == pytest.approx(2 * 128 * PRICES["postgres_storage_gb_month"].usd)
    assert lines["instances always ready"] == pytest.approx(2 * 2 * 730 * 3600 * 0.000004)


@pytest.mark.parametrize("what", ["calls, by time", "telemetry and logs", "embeddings of searches"])
def test_twice_the_calls_cost_twice(what: str) -> None:
    assert usd(replace(MILLION, calls=2e6))[what] == pytest.approx(2 * usd(MILLION)[what])


def test_every_price_is_dated_and_says_how_it_is_known() -> None:
    for price in PRICES.values():
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", price.as_of), price
        assert price.how in ("looked up", "remembered"), price
        assert price.source, price
    used = {line.price.name for profile in SIZES for line in estimate(MILLION, profile, PRICES)}
    assert used == PRICES.keys()


@pytest.mark.parametrize(("profile", "at"), [("prod", 0), ("dev", 1)])
def test_sizes_are_those_of_bicep(profile: Profile, at: int) -> None:
    bicep = (REPOSITORY / "infra/bicep/main.bicep").read_text()
    size = SIZES[profile]

    def choice(name: str, value: str = r"\w+") -> str:
        found = re.search(rf"\b{name}: prod \? '?({value})'? : '?({value})'?", bicep)
        assert found, name
        return found.group(at + 1)

    sku = choice("skuName", r"Standard_[BDE]\d\w*")
    assert size.database == f"postgres_{sku.removeprefix('Standard_').lower()}_hour"
    assert size.storage_gb == int(choice("storageSizeGB"))
    assert size.always_ready == int(choice("alwaysReadyInstances"))
    assert ("gzrs" in size.blob) == (profile == "prod")
    assert "skuName: prod ? 'Standard_GZRS' : 'Standard_LRS'" in bicep
    always, _, _ = bicep.partition("prod && readReplica ? [")
    assert len(re.findall(r"zone: \d", always)) == ENDPOINTS
    assert len(re.findall(r"'privatelink\.", bicep)) == ZONES
    app = (REPOSITORY / "infra/bicep/modules/functionapp.bicep").read_text()
    assert f"instanceMemoryMB: {int(INSTANCE_GB * 1024) // 1024 * 1024}" in app


@pytest.mark.parametrize("text", ["", "name,usd\nx,much\n", TABLE.read_text().replace("0.40", "-1")])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    with pytest.raises(PricesUnreadable):
        estimate(MILLION, "dev", read_prices(path))


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared", "estimate-cost", *options]
    return subprocess.run(command, cwd=REPOSITORY, env=nothing_but({}), capture_output=True, text=True)


def test_the_command_prints_the_bill_and_how_far_to_trust_it() -> None:
    done = run("--calls-per-month", "1e6", "--profile", "prod")
    assert (done.returncode, done.stderr) == (0, "")
    assert "remembered and not looked up: database" in done.stdout
    printed = json.loads(run("--calls-per-month", "1e6", "--profile", "prod", "--json").stdout)
    assert printed["usd_a_month"] == pytest.approx(sum(usd(Use(calls=1e6), "prod").values()))


def test_another_table_is_taken_and_a_missing_one_told(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(TABLE.read_text().replace("postgres_b2s_hour,0.074", "postgres_b2s_hour,1"))
    done = run("--calls-per-month", "0", "--prices", str(table))
    assert "$730" in done.stdout
    done = run("--calls-per-month", "0", "--prices", str(tmp_path / "none.csv"))
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("number", ["-1", "many", "nan"])
def test_what_is_no_number_of_calls_is_refused(number: str) -> None:
    assert run(f"--calls-per-month={number}").returncode == 2
