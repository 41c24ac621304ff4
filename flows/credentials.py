"""Settings of a flow run: its parameters, the environment, and a secret from a Prefect block."""

from __future__ import annotations

from collections.abc import Mapping

from prefect.blocks.system import Secret

from regbulk.errors import SettingsError
from regbulk.settings import Settings, load_settings


async def settings_for(parameters: Mapping[str, object], *, api_key_block: str | None) -> Settings:
    """Settings from flow parameters (None = from the environment), the API key from a Secret block where one is named.

    Raises:
        SettingsError: a parameter is malformed, or the block cannot be read.
    """
    if api_key_block is None:
        return load_settings(parameters)
    try:
        block: Secret[str] = await Secret.aload(api_key_block)
    except ValueError:
        raise SettingsError(
            f"no Secret block {api_key_block!r}: make it in Prefect under Blocks, or set REGBULK_API_KEY"
        ) from None
    return load_settings({**parameters, "api_key": block.get()})
