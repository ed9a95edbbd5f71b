"""What the Functions host loads: routes and timers, nothing else."""

import os

import azure.functions as func
from starlette.types import ASGIApp

from shared.asgi_bridge import AsgiBridge
from shared.logs.structured import set_up_logging


def _build() -> ASGIApp:
    # A second of import, of mcp mostly, which an instance for timers alone never needs.
    from shared.mcp_server import build_app
    from shared.settings import Settings

    return build_app(Settings.from_environ(os.environ))


set_up_logging(os.environ)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)  # callers bring a token, not a function key
bridge = AsgiBridge(_build)


@app.function_name("mcp")
@app.route(route="mcp", methods=["POST"])
async def mcp(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """The MCP endpoint (streamable HTTP, stateless)."""
    return await bridge.handle(req, context)


@app.function_name("mcp_without_stream")
@app.route(route="mcp", methods=["GET", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS"])
async def mcp_without_stream(req: func.HttpRequest) -> func.HttpResponse:
    """No session to end and no stream to open: a server without them answers 405."""
    return func.HttpResponse(status_code=405, headers={"Allow": "POST"})


@app.function_name("protected_resource")
@app.route(route=".well-known/oauth-protected-resource/{*resource}", methods=["GET"])
async def protected_resource(req: func.HttpRequest) -> func.HttpResponse:
    """Where clients learn which authorization server issues tokens (RFC 9728)."""
    return await bridge.handle(req)


@app.function_name("home")
@app.route(route="{nothing:maxlength(0)?}", methods=["GET", "HEAD"])  # an empty route would be the function's name
async def home(req: func.HttpRequest) -> func.HttpResponse:
    """A page for people."""
    return await bridge.handle(req)


@app.function_name("status")
@app.route(route="status", methods=["GET", "HEAD"])
async def status(req: func.HttpRequest) -> func.HttpResponse:
    """A page on which administrators look at /health."""
    return await bridge.handle(req)


@app.function_name("icons")
@app.route(route="icons/{name}", methods=["GET", "HEAD"])
async def icons(req: func.HttpRequest) -> func.HttpResponse:
    """What clients draw beside tools, prompts and resources."""
    return await bridge.handle(req)


@app.function_name("health_live")
@app.route(route="health/live", methods=["GET"])
async def health_live(req: func.HttpRequest) -> func.HttpResponse:
    """The process runs. Nothing else is looked at."""
    return func.HttpResponse('{"status": "live"}', mimetype="application/json")


@app.function_name("health_ready")
@app.route(route="health/ready", methods=["GET"])
async def health_ready(req: func.HttpRequest) -> func.HttpResponse:
    """Calls can be answered: 200, or 503 within two seconds."""
    return await bridge.handle(req)


@app.function_name("health")
@app.route(route="health", methods=["GET"])
async def health(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """What is up, busy and slow, for administrators."""
    return await bridge.handle(req, context)


@app.function_name("backup_full")
@app.timer_trigger(schedule="%BACKUP_FULL_SCHEDULE%", arg_name="timer")
async def backup_full(timer: func.TimerRequest) -> None:
    """Backs up every row."""
    from shared.jobs.back_up import back_up_as_set, back_up_full_once
    from shared.settings import Settings

    await back_up_as_set(Settings.from_environ(os.environ), back_up_full_once)


@app.function_name("backup_incremental")
@app.timer_trigger(schedule="%BACKUP_INCREMENTAL_SCHEDULE%", arg_name="timer")
async def backup_incremental(timer: func.TimerRequest) -> None:
    """Backs up what has changed since the last backup."""
    from shared.backups.incremental import back_up_incremental
    from shared.jobs.back_up import back_up_as_set
    from shared.settings import Settings

    await back_up_as_set(Settings.from_environ(os.environ), back_up_incremental)


@app.function_name("verify_backup")
@app.timer_trigger(schedule="%VERIFY_BACKUP_SCHEDULE%", arg_name="timer")
async def verify_backup(timer: func.TimerRequest) -> None:
    """Restores the newest backup into a database for verification and, if it holds, deletes those not needed."""
    from shared.jobs.verify_backup import verify_newest_as_set
    from shared.settings import Settings

    await verify_newest_as_set(Settings.from_environ(os.environ))


@app.function_name("refresh_embeddings")
@app.timer_trigger(schedule="%REFRESH_EMBEDDINGS_SCHEDULE%", arg_name="timer")
async def refresh_embeddings(timer: func.TimerRequest) -> None:
    """Embeds what is new or has another text."""
    from shared.jobs.refresh_embeddings import TIMER, refresh_as_set
    from shared.settings import Settings

    await refresh_as_set(Settings.from_environ(os.environ), TIMER)


@app.function_name("rotate_keys")
@app.timer_trigger(schedule="%ROTATE_KEYS_SCHEDULE%", arg_name="timer")
async def rotate_keys(timer: func.TimerRequest) -> None:
    """Brings new versions of our own keys into use and ends old ones."""
    from shared.jobs.rotate_keys import rotate_as_set
    from shared.settings import Settings

    await rotate_as_set(Settings.from_environ(os.environ))
