"""Writes a plan as a new folder that appears whole or not at all."""

import json
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relay_cli.errors import WrongInput

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MOST_SLUG_CHARACTERS = 80
# The order in which a reader looks for them; the rest follows by name.
_FIRST = ("$schema", "title", "x-event", "description", "type", "required", "properties")

type Key = tuple[str, str | None]


def files_of(schemas: Mapping[Key, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The files of a plan by what they are for: a type and a name, None for all of the type; ``common`` for all."""
    found: dict[str, dict[str, Any]] = {}
    for (kind, name), schema in sorted(schemas.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        whole = {**schema, "$schema": DIALECT}
        if name is None:
            found[f"{kind}.json"] = whole
        else:
            found[_free(f"{kind}/{slug(name)}", found)] = {**whole, "title": name}
    return found


def slug(name: str) -> str:
    """A file's name for an event's."""
    return re.sub("[^a-z0-9]+", "-", name.lower())[:_MOST_SLUG_CHARACTERS].strip("-") or "event"


def write_plan(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the files below ``folder``; raises WrongInput if there is anything there, or it cannot be written."""
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WrongInput(f"{folder} is there already; nothing is overwritten")
        for name, schema in files.items():
            path = aside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(_ordered(schema), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        # Fails if it is no longer empty.
        aside.rename(folder)
    except OSError as error:
        raise WrongInput(f"{folder} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _free(name: str, taken: Mapping[str, object]) -> str:
    file, number = f"{name}.json", 1
    while file in taken:
        number += 1
        file = f"{name}-{number}.json"
    return file


def _ordered(schema: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name in _FIRST if name in schema]
    return {name: schema[name] for name in [*names, *(name for name in schema if name not in names)]}
