"""What the server offers, each thing with its scopes: how it is added, found by name, and listed for whom."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts import Prompt as KeptPrompt
from mcp.server.mcpserver.resources import ResourceTemplate as KeptTemplate
from mcp.types import Icon, Prompt, Resource, ResourceTemplate, Tool

from shared.icons import served_at
from shared.identity.caller import current_caller
from shared.identity.scopes import Described, Kind, permits
from shared.prompts.definition import ScopedPrompt
from shared.resources.definition import ResourceDefinition


class Offers(MCPServer[Any]):
    """The SDK's server with lists that hold what the caller's token permits, and nothing else."""

    _sizes: Mapping[str, int | None] = MappingProxyType({})

    def offer(self, prompts: Iterable[ScopedPrompt], resources: Collection[ResourceDefinition]) -> None:
        """What there is beside tools."""
        for prompt in prompts:
            self.add_prompt(prompt)
        for resource in resources:
            self.resource(resource.uri, **resource.told())(resource.function)
        self._sizes = {resource.uri: resource.size for resource in resources}

    def add_prompt(self, prompt: KeptPrompt) -> None:
        """Raises TypeError for a prompt without scopes."""
        if not isinstance(prompt, ScopedPrompt):
            raise TypeError(f"The prompt {prompt.name} has no scope.")
        super().add_prompt(prompt)

    async def list_tools(self) -> list[Tool]:
        """See Offers."""
        return self._told(await super().list_tools())

    @cached_property
    def info_stamp(self) -> dict[str, Any]:
        """What answers of 2026-07-28 say of the server that gives them."""
        return self._lowlevel_server.server_info_stamp

    def tool_names(self) -> list[str]:
        """Of all tools, whoever asks."""
        return [tool.name for tool in self._tool_manager.list_tools()]

    async def all_tools(self) -> list[Tool]:
        """Whoever asks, and whatever the scopes."""
        return await super().list_tools()

    async def list_prompts(self) -> list[Prompt]:
        """See Offers. The SDK's prompts have no `_meta`."""
        scopes = {name: prompt.meta for name, prompt in self._prompts().items()}
        listed = await super().list_prompts()
        return self._told([prompt.model_copy(update={"meta": scopes[prompt.name]}) for prompt in listed])

    async def list_resources(self) -> list[Resource]:
        """See Offers. The SDK's resources have no size."""
        listed = await super().list_resources()
        return self._told([each.model_copy(update={"size": self._sizes.get(each.uri)}) for each in listed])

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """See Offers."""
        return self._told(await super().list_resource_templates())

    def described(self, kind: Kind, name: str) -> Described | None:
        """Whatever has this name, whoever asks."""
        match kind:
            case "tool":
                return self.tool_named(name)
            case "prompt":
                return self.prompt_named(name)
            case "resource":
                return self._resource_at(name)
            case "template":
                return self._templates().get(name)

    def tool_named(self, name: str) -> Described | None:
        """Any tool of the server, whoever asks. The public list would be built anew for each of a call's questions."""
        return self._tool_manager.get_tool(name)

    def prompt_named(self, name: str) -> ScopedPrompt | None:
        """The same of prompts."""
        return self._prompts().get(name)

    def offered_name(self, method: str, name: str) -> str | None:
        """Of what a request names: the server's own word for it, a template's for what the template reads."""
        match method:
            case "tools/call":
                return name if self.tool_named(name) else None
            case "prompts/get":
                return name if self.prompt_named(name) else None
            case "resources/read":
                found = self._resource_at(name)
                return found.uri_template if isinstance(found, KeptTemplate) else name if found else None
        return None

    def arguments_of(self, kind: Kind, name: str) -> Collection[str]:
        """What a prompt or a template takes."""
        if kind == "template":
            found = self._templates().get(name)
            return found.parsed_template.variable_names if found else ()
        prompt = self.prompt_named(name)
        return [argument.name for argument in prompt.arguments or []] if prompt else []

    def _prompts(self) -> dict[str, ScopedPrompt]:
        kept = self._prompt_manager.list_prompts()
        return {prompt.name: prompt for prompt in kept if isinstance(prompt, ScopedPrompt)}

    def _templates(self) -> dict[str, KeptTemplate]:
        return {template.uri_template: template for template in self._resource_manager.list_templates()}

    def _resource_at(self, uri: str) -> Described | None:
        for resource in self._resource_manager.list_resources():
            if resource.uri == uri:
                return resource
        for template in self._resource_manager.list_templates():
            if template.parsed_template.match(uri) is not None:
                return template
        return None

    def _told[T: (Tool, Prompt, Resource, ResourceTemplate)](self, listed: list[T]) -> list[T]:
        scopes = current_caller.get().scopes
        permitted = [each for each in listed if permits(scopes, each)]
        return [each.model_copy(update={"icons": self._served(each.icons)}) for each in permitted]

    def _served(self, icons: list[Icon] | None) -> list[Icon] | None:
        """None where the server has no address to serve them at."""
        return served_at(self.website_url, icons) if self.website_url else None
