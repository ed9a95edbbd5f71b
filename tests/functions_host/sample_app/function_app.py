"""A function app with one function for each thing that the host has to get right."""

import asyncio
import hashlib
import json
import subprocess
import sys
import time
from typing import Any

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

runs: dict[str, list[dict[str, Any]]] = {}


def record(name: str, **facts: Any) -> None:
    runs.setdefault(name, []).append(facts)


def reply(document: Any, status_code: int = 200) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(document), status_code=status_code, mimetype="application/json")


@app.route(route="runs/{name}", methods=["GET"])
async def runs_of(req: func.HttpRequest) -> func.HttpResponse:
    return reply(runs.get(req.route_params["name"], []))


@app.route(route="echo/{*rest}")
async def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    body = req.get_body()
    return reply(
        {
            "method": req.method,
            "url": req.url,
            "query": dict(req.params),
            "route": dict(req.route_params),
            "headers": dict(req.headers),
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "trace_parent": context.trace_context.trace_parent,
            "invocation_id": context.invocation_id,
            "function_name": context.function_name,
        }
    )


@app.route(route="orders/latest", methods=["GET"])
async def latest_order(req: func.HttpRequest) -> func.HttpResponse:
    return reply("latest")


@app.route(route="orders/{id:int}", methods=["GET"])
async def order_by_id(req: func.HttpRequest) -> func.HttpResponse:
    return reply({"id": req.route_params["id"]})


@app.route(route="orders/{name}", methods=["GET", "HEAD"])
def order_by_name(req: func.HttpRequest) -> func.HttpResponse:
    return reply({"name": req.route_params["name"]})


@app.route(route="orders", methods=["POST"])
async def new_order(req: func.HttpRequest) -> func.HttpResponse:
    return reply("created", 201)


@app.route(route="cookies", methods=["GET"])
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(status_code=204, headers={"X-Kept": "yes", "Content-Length": "7"})
    response.headers.add("Set-Cookie", 'plain="a b"')
    response.headers.add(
        "Set-Cookie",
        "full=1; Path=/x; Max-Age=60; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Secure; HttpOnly; SameSite=Lax",
    )
    return response


@app.route(route="text", methods=["GET"])
async def text(req: func.HttpRequest) -> str:
    return "grüße"


@app.route(route="broken", methods=["GET"])
async def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise LookupError("a reason that only the log may know")


@app.route(route="exits", methods=["GET"])
async def exits(req: func.HttpRequest) -> func.HttpResponse:
    sys.exit(3)


@app.route(route="answers", methods=["GET"])
async def answers(req: func.HttpRequest) -> func.HttpResponse:
    headers = {"X-Header": req.params["header"]} if "header" in req.params else None
    return func.HttpResponse("body", status_code=int(req.params.get("status", "200")), headers=headers)


@app.route(route="sleeps/{milliseconds:int}", methods=["GET"])
async def sleeps(req: func.HttpRequest) -> func.HttpResponse:
    record("sleeps", begun=True)
    await asyncio.sleep(int(req.route_params["milliseconds"]) / 1000)
    record("sleeps_finished", ended=True)
    return reply("awake")


@app.route(route="blocks/{milliseconds:int}", methods=["GET"])
def blocks(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(int(req.route_params["milliseconds"]) / 1000)
    return reply("awake")


@app.route(route="prints", methods=["GET"])
async def prints(req: func.HttpRequest) -> func.HttpResponse:
    print("printed by the function")
    subprocess.run(["echo", "printed by its child process"], check=True)
    return reply("printed")


@app.route(route="retired", methods=["GET"])
async def retired(req: func.HttpRequest) -> func.HttpResponse:
    return reply("still here")


@app.route(route="locked", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def locked(req: func.HttpRequest) -> func.HttpResponse:
    return reply("function")


@app.route(route="vault", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def vault(req: func.HttpRequest) -> func.HttpResponse:
    return reply("admin")


def record_timer(name: str, timer: func.TimerRequest) -> None:
    # azure.functions publishes the abstract class, whose type knows past_due only.
    status, schedule = timer.schedule_status, timer.schedule  # type: ignore[attr-defined]
    record(name, at=time.time(), past_due=timer.past_due, status=status, schedule=schedule)


@app.timer_trigger(schedule="*/1 * * * * *", arg_name="timer", use_monitor=True)
def every_second(timer: func.TimerRequest) -> None:
    record_timer("every_second", timer)


@app.timer_trigger(schedule="*/1 * * * * *", arg_name="timer", use_monitor=False)
def fails_every_second(timer: func.TimerRequest) -> None:
    record_timer("fails_every_second", timer)
    raise RuntimeError("this run failed")


@app.timer_trigger(schedule="00:00:01", arg_name="timer", use_monitor=False)
async def slower_than_its_schedule(timer: func.TimerRequest) -> None:
    begun = time.monotonic()
    await asyncio.sleep(1.05)
    record("slower_than_its_schedule", begun=begun, ended=time.monotonic())


@app.timer_trigger(schedule="%HOURLY_SCHEDULE%", arg_name="timer", use_monitor=True)
def hourly(timer: func.TimerRequest) -> None:
    record_timer("hourly", timer)


@app.timer_trigger(schedule="0 0 0 30 FEB *", arg_name="timer", run_on_startup=True, use_monitor=False)
def at_start_only(timer: func.TimerRequest) -> None:
    record_timer("at_start_only", timer)
