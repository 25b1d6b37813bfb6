"""`/healthz` and `/readyz`: answered before Flask makes any context, to any Host.

`/healthz` says that the process answers, nothing else. `/readyz` asks every probe that a battery contributed.
"""

import hmac
import json
import threading
import time
from dataclasses import dataclass, field

from flask import Flask, Request, Response

from demijohn.contributions import Probe
from demijohn.loopback import is_loopback_environ
from demijohn.observability.settings import ObservabilitySettings
from demijohn.state import state_of

PATHS = ("/healthz", "/readyz")


@dataclass
class Run:
    """One asking of a probe, in a thread of its own."""

    done: threading.Event = field(default_factory=threading.Event)
    problem: str | None = None


class Prober:
    """Asks probes side by side; one that hangs is waited for, never asked twice at once, so threads do not pile up."""

    def __init__(self, app: Flask, *, wait_seconds: float) -> None:
        self.app = app
        self.wait_seconds = wait_seconds
        self.lock = threading.Lock()
        self.running: dict[str, Run] = {}

    def ask(self) -> dict[str, str | None]:
        """Probe -> None if well, else one line; takes at most `wait_seconds` in all."""
        probes = [probe for _, probe in state_of(self.app).contributed("probes")]
        runs = {probe.name: self._run_of(probe) for probe in probes}
        until = time.monotonic() + self.wait_seconds
        return {name: self._outcome(run, until) for name, run in runs.items()}

    def _outcome(self, run: Run, until: float) -> str | None:
        if run.done.wait(max(0.0, until - time.monotonic())):
            return run.problem
        return f"no answer within {self.wait_seconds:g} s"

    def _run_of(self, probe: Probe) -> Run:
        with self.lock:
            run = self.running.get(probe.name)
            if run is None:
                run = self.running[probe.name] = Run()
                name = f"demijohn-probe-{probe.name}"
                threading.Thread(target=self._work, args=(probe, run), name=name, daemon=True).start()
            return run

    def _work(self, probe: Probe, run: Run) -> None:
        try:
            with self.app.app_context():
                run.problem = probe.run(self.app)
        except Exception as error:
            run.problem = f"failed ({type(error).__name__})"  # its text may hold an address with a password
            self.app.logger.exception("The probe %r failed.", probe.name)
        finally:
            with self.lock:
                self.running.pop(probe.name, None)
            run.done.set()


class Health:
    """Answers the two addresses of one application."""

    def __init__(self, app: Flask, section: ObservabilitySettings) -> None:
        self.app = app
        self.section = section
        self.prober = Prober(app, wait_seconds=section.probe_seconds)
        self.taken: frozenset[str] | None = None

    def answer(self, environ: dict[str, object]) -> Response | None:
        """The response if this request is ours; None if not, or if the application has a view there itself."""
        path = environ.get("PATH_INFO")
        if path not in PATHS or path in self.taken_by_application():
            return None
        if environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return plain({"status": "method not allowed"}, 405, Allow="GET, HEAD")
        return plain({"status": "alive"}) if path == "/healthz" else self.ready(environ)

    def ready(self, environ: dict[str, object]) -> Response:
        outcomes = self.prober.ask()
        vital = {probe.name for _, probe in state_of(self.app).contributed("probes") if probe.is_vital}
        is_ready = not any(problem for name, problem in outcomes.items() if name in vital)
        is_whole = not any(outcomes.values())
        body: dict[str, object] = {"status": "ready" if is_whole else "degraded" if is_ready else "not ready"}
        if self.may_see_detail(environ):
            body["probes"] = {name: problem or "ready" for name, problem in outcomes.items()}
        return plain(body) if is_ready else plain(body, 503, **{"Retry-After": "5"})

    def may_see_detail(self, environ: dict[str, object]) -> bool:
        """Whoever sits at this machine while developing, and whoever holds the token."""
        if state_of(self.app).environment != "production" and is_loopback_environ(environ):
            return True
        token = self.section.health_token.get_secret_value() if self.section.health_token else ""
        kind, _, given = Request(environ).headers.get("Authorization", "").partition(" ")
        return bool(token) and kind.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())

    def taken_by_application(self) -> frozenset[str]:
        if self.taken is None:
            self.taken = frozenset(rule.rule for rule in self.app.url_map.iter_rules() if rule.rule in PATHS)
        return self.taken


def plain(body: dict[str, object], status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(body), status, {"Cache-Control": "no-store", **headers}, mimetype="application/json")
