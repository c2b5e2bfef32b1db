"""`vibefollow openapi`."""

from pathlib import Path
from typing import Annotated

import typer


def openapi(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to write; made when missing.")
    ] = Path("openapi"),
) -> None:
    """Write public.json and dashboard.json: both APIs, from the definitions that validate."""
    from vibefollow_server.ingest.openapi import public_openapi
    from vibefollow_server.ingest.openapi import render as render_public
    from vibefollow_server.web.dashboard.openapi import render as render_dashboard

    out.mkdir(parents=True, exist_ok=True)
    (out / "public.json").write_text(render_public(public_openapi()))
    (out / "dashboard.json").write_text(render_dashboard())
    typer.echo(f"{out / 'public.json'}\n{out / 'dashboard.json'}")
