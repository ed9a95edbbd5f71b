"""Signing keys of a new deployment: the app makes them itself, in the network, where vault and database are.

Its timer rotate_keys makes those that are missing within the hour. This starts it at once, with the app's master key,
which is kept nowhere, and a bearer token, for the platform's sign-in stands before the app.
"""

from collections.abc import Callable
from contextlib import suppress

import httpx2

from infra.hooks.deployment import Deployment, HookRefused

MANAGEMENT_URL = "https://management.azure.com"
MANAGEMENT_SCOPE = "https://management.azure.com/.default"
API_VERSION = "2025-03-01"
FUNCTION = "rotate_keys"
SECONDS = 60

type TokenFor = Callable[[str], str]
"""A bearer token for a scope; raises HookRefused where nobody gives one."""


def seed_keys(
    deployment: Deployment, token_for: TokenFor, *, management_url: str = MANAGEMENT_URL, dry_run: bool = False
) -> list[str]:
    """What was done, a sentence each."""
    deployment.need(
        "azure_subscription_id", "azure_resource_group", "service_mcp_name", "mcp_url", "zava_auth_audience"
    )
    if dry_run:
        return [f"{FUNCTION} of {deployment.service_mcp_name} started, which makes keys that are missing"]
    key = _master_key(deployment, token_for(MANAGEMENT_SCOPE), management_url)
    headers = {"x-functions-key": key}
    with suppress(HookRefused):  # the answer says whether one is needed
        headers["authorization"] = f"Bearer {token_for(f'{deployment.zava_auth_audience}/.default')}"
    url = f"{deployment.base_url}/admin/functions/{FUNCTION}"
    status = _status("POST", url, headers)
    if status == 202:
        return [f"{FUNCTION} was started: keys that are missing are there in a minute"]
    if status in (401, 403):
        return [f"{url} answers {status}, so keys come with the hourly run: it wants a token of a client it knows"]
    raise HookRefused(f"{url} answers {status}")


def _master_key(deployment: Deployment, token: str, management_url: str) -> str:
    site = (
        f"/subscriptions/{deployment.azure_subscription_id}/resourceGroups/{deployment.azure_resource_group}"
        f"/providers/Microsoft.Web/sites/{deployment.service_mcp_name}"
    )
    url = f"{management_url}{site}/host/default/listKeys?api-version={API_VERSION}"
    try:
        response = httpx2.post(url, headers={"authorization": f"Bearer {token}"}, timeout=SECONDS)
        response.raise_for_status()
        return str(response.json()["masterKey"])
    except (httpx2.HTTPError, ValueError, KeyError) as error:
        raise HookRefused(f"the app's keys cannot be listed: {type(error).__name__}") from None


def _status(method: str, url: str, headers: dict[str, str]) -> int:
    try:
        return httpx2.request(method, url, headers=headers, json={"input": ""}, timeout=SECONDS).status_code
    except httpx2.HTTPError as error:
        raise HookRefused(f"{url} cannot be reached: {type(error).__name__}") from None
