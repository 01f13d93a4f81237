"""How long this process may still compute: whatever holds it longer, the kernel ends it, even if nobody watches."""

from __future__ import annotations

import math
import resource


def limit_cpu(seconds: float) -> None:
    """Let this process use `seconds` more of a processor, with all its threads, then end with SIGXCPU.

    Called before each piece of untrusted work, whose owner has a time limit of its own and may itself be stopped.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
