"""The variables of azd's environment: given to hooks, and told back what a step has made."""

import subprocess
from collections.abc import Mapping

from infra.hooks.deployment import Deployment, HookRefused


class AzdEnvironment:
    """Later steps of a run go by what earlier ones told."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    @property
    def deployment(self) -> Deployment:
        """As it is now."""
        return Deployment.from_environ(self._environ)

    def get(self, name: str) -> str:
        """Empty where it is not set."""
        return self._environ.get(name, "")

    def remember(self, name: str, value: str) -> bool:
        """False where it is so already. Raises HookRefused."""
        if self.get(name) == value:
            return False
        try:
            subprocess.run(["azd", "env", "set", name, value], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise HookRefused(f"azd does not take {name}; run: azd env set {name} {value}") from None
        self._environ[name] = value
        return True
