"""`vibefollow doctor`."""

import typer

from .common import DatabaseUrl, DataDir, Host, Port, run_to_end, settings_from


def doctor(
    data_dir: DataDir = None, database_url: DatabaseUrl = None, host: Host = None, port: Port = None
) -> None:
    """Say what is well and what is wrong. Starts nothing and changes nothing.

    Exit code 0: nothing is wrong; 1: something is.
    """
    settings = settings_from(data_dir, database_url, host, port)
    from vibefollow_server.operate.doctor.examination import examine

    findings = run_to_end(examine(settings, port_given=port is not None))
    for finding in findings:
        typer.echo(finding.text())
    wrong = sum(finding.mark == "✗" for finding in findings)
    typer.echo(f"\n{wrong} wrong." if wrong else "\nNothing is wrong.")
    raise typer.Exit(1 if wrong else 0)
