"""Long calls that go on as tasks: their rows, who works on them, and the protocol in which clients follow them."""

from shared.database.statement import Bounds
from shared.keys.signing import ContextSigner
from shared.services import Services
from shared.tasks.extension import Tasks
from shared.tasks.store import TaskStore
from shared.tasks.worker import Worker
from shared.tools.access import STATEMENT_SECONDS


def open_tasks(services: Services, *, call_seconds: float = STATEMENT_SECONDS) -> Tasks:
    """The tasks of one process. call_seconds: how long a call is waited for that cannot become a task."""
    settings = services.settings
    store = TaskStore(services.jobs_pool, ContextSigner(services.vault), services.components.component("tasks"))
    bounds = Bounds(plan_cost=settings.task_plan_cost, seconds=settings.task_seconds)
    worker = Worker(store, services.revocations, bounds, most=max(1, settings.pool_max_size // 4))
    return Tasks(
        store, worker, services.isolation, grace_seconds=settings.task_grace_seconds, call_seconds=call_seconds
    )
