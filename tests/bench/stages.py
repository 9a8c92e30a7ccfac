"""Stages: what a message costs at each thread of the sender, and which of them
limits it."""

import re

# The thread that a process begins with drives the connections.
WIRE = "wire"
REST = "start and end"
ALL_BUSY = 0.93
ENGAGED = 0.85


def name_stage(thread, first):
    """compose.0 and compose.1 are one stage."""
    return WIRE if first else re.sub(r"\W?\d+$", "", thread.name)


def cost(run, count):
    """{stage: {"us", "user_us", "kernel_us", "engaged", "threads"}}, CPU µs a
    message; what was not sampled is called REST."""
    stages, seen = {}, 0.0
    for number, thread in enumerate(run.threads()):
        stage = stages.setdefault(name_stage(thread, number == 0), {
            "us": 0.0, "user_us": 0.0, "kernel_us": 0.0, "engaged": 0.0,
            "threads": 0})
        ticks = thread.user_s + thread.system_s
        user = thread.user_s / ticks if ticks else 0
        us = thread.run_s / count * 1e6
        seen += thread.run_s
        stage["us"] += us
        stage["user_us"] += us * user
        stage["kernel_us"] += us * (1 - user)
        stage["threads"] += 1
        stage["engaged"] = max(stage["engaged"], thread.engaged(run.seconds))
    rest = max(run.cpu_s - seen, 0) / count * 1e6
    stages[REST] = {"us": rest, "user_us": 0.0, "kernel_us": 0.0,
                    "engaged": 0.0, "threads": 0}
    return {name: {key: round(value, 3) for key, value in stage.items()}
            for name, stage in stages.items()}


def find_limit(run, stages, delay_ms=0):
    """What the run waited for most: all CPUs, one stage, or somebody else."""
    busiest = max(stages, key=lambda name: stages[name]["engaged"])
    share = f"{stages[busiest]['engaged']:.0%}"
    if run.machine_busy >= ALL_BUSY:
        return f"the machine ({busiest} {share})"
    if stages[busiest]["engaged"] >= ENGAGED:
        return f"{busiest} ({share})"
    if delay_ms:
        return f"the server ({busiest} {share})"
    return f"waiting for one another ({busiest} {share})"


def describe(stages):
    """One line for people."""
    parts = []
    for name, stage in stages.items():
        if name == REST:
            parts.append(f"{name} {stage['us']:.1f}")
            continue
        times = f" x{stage['threads']}" if stage["threads"] > 1 else ""
        parts.append(f"{name}{times} {stage['us']:.1f} "
                     f"({stage['user_us']:.0f} user "
                     f"{stage['kernel_us']:.0f} kernel, "
                     f"{stage['engaged']:.0%})")
    return " · ".join(parts)
