"""Deaths that come from outside: signals, stops, the supervisor's own death and the machine's. Nobody is charged for any of
them. Each story takes a hosts.Case and returns what came of it."""
import os
import shutil
import signal
import subprocess
import time

import campaign
from world import promise

PATIENCE = 30
WAITS = ["--plant", "hung.idle", "--timeout", "20"]  # in our own converter, until somebody ends it
RESTARTS_TO_HOLD = 4  # the first is not one of the three alone


def tree_of(pid):
    """All descendants, whatever their names."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task") if os.path.exists(f"/proc/{pid}/task") else []:
        try:
            with open(f"/proc/{pid}/task/{task}/children") as children:
                below = [int(child) for child in children.read().split()]
        except OSError:
            continue
        for child in below:
            found += [child, *tree_of(child)]
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def await_flight(case, run):
    deadline = time.monotonic() + PATIENCE
    while not case.poison()["in_flight"]:
        promise(run.poll() is None and time.monotonic() < deadline, "the message never came into flight")


def strike_until_over(case, arguments, number):
    """Sends all workers the signal again and again until mapiguard gives up."""
    run = case.start(case.convert_words(*arguments))
    await_flight(case, run)
    deadline = time.monotonic() + PATIENCE
    while run.poll() is None and time.monotonic() < deadline:
        send(campaign.processes_of(run.pid), number)
        time.sleep(0.1)
    promise(run.poll() is not None, "it never gave up")
    return case.end(run)


def held_not_charged(case, code, report, death_class):
    case.nobody_is_charged()
    promise(code == 75 and report["outcome"] == "held", f"exit {code}, {report and report['outcome']}: {case.errors}")
    promise(report["verdict"]["class"] == death_class, f"class {report['verdict']['class']} instead of {death_class}")
    promise(len(case.poison()["held"]) == 1, "it is not listed as held")
    case.neighbour_is_converted()
    return "held, not charged"


def struck_by(number, death_class):
    return lambda case: held_not_charged(case, *strike_until_over(case, WAITS, number), death_class)


def stopped_worker(case):
    """The plant works and then waits, for which it would be charged, were it not stopped."""
    arguments = ["--plant", "hung", "--timeout", "1"]
    return held_not_charged(case, *strike_until_over(case, arguments, signal.SIGSTOP), "unexplained_kill")


def stopped_command(case):
    """Stopped once, past its time limit; the next try is left alone."""
    run = case.start(case.convert_words("--converter", f"{case.programs / 'bin' / 'echo_slowly'} 1000", "--timeout", "2"))
    await_flight(case, run)
    time.sleep(0.2)
    commands = [pid for pid in tree_of(run.pid) if campaign.pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "echo_slowly"]
    promise(commands, "there is no command to stop")
    send(commands, signal.SIGSTOP)
    return converted_after_all(case, run)


def converted_after_all(case, run):
    code, _ = case.end(run)
    case.nobody_is_charged()
    promise(code == 0, f"it ended with {code}: {case.errors}")
    promise(not case.poison()["held"], "it was held")
    return "converted, not charged"


def stop_host(run):
    """Everything stands still for longer than the time limit, as with a virtual machine that is paused."""
    processes = [run.pid, *tree_of(run.pid)]
    send(processes, signal.SIGSTOP)
    time.sleep(2.5)
    send(reversed(processes), signal.SIGCONT)


def stopped_host_of_command(case):
    run = case.start(case.convert_words("--converter", f"{case.programs / 'bin' / 'echo_slowly'} 1000", "--timeout", "2"))
    await_flight(case, run)
    stop_host(run)
    return converted_after_all(case, run)


def stopped_host(case):
    """Our own converter is in the middle of many large messages when everything stands still, three times."""
    inbox, outbox = case.here / "inbox", case.here / "outbox"
    campaign.write_messages(inbox, 24, padding=2 << 20)
    case.host.give(inbox)
    run = case.start(case.words("convert", "--no-progress", "--timeout", "1", "-o", outbox, inbox))
    for _ in range(3):
        time.sleep(0.15)
        if run.poll() is None:
            stop_host(run)
    told = converted_after_all(case, run)
    promise(len(campaign.tree(outbox)) == 24, "outputs are missing")
    return told


def suspect(case):
    """What the ledger holds against the message once the dead supervisor's table has been settled."""
    case.neighbour_is_converted()  # which settles it
    case.nobody_is_charged()
    standing = case.standing()
    promise(standing and standing[0] == 0 and standing[1] == 1, f"it is not on record as one to be run alone: {standing}")
    return standing


def supervisor_died(case):
    code, _ = case.convert("--plant", "supervisor_died")
    promise(code == -signal.SIGKILL, f"the supervisor ended with {code}")
    suspect(case)
    code, _ = case.convert()
    promise(code == 0, f"the message ended with {code} at the next start: {case.errors}")
    case.nobody_is_charged()
    return "run alone, not charged"


def supervisor_died_again(case):
    for number in range(RESTARTS_TO_HOLD):
        code, _ = case.convert("--plant", "supervisor_died")
        promise(code == -signal.SIGKILL, f"the supervisor ended with {code} at try {number + 1}")
    return held_in_the_end(case)


def held_in_the_end(case):
    promise(suspect(case)[2] == 1, "it is not held after three in a row alone")
    code, report = case.convert()
    promise(code == 75 and report["outcome"] == "held", f"it ended with {code} after three in a row alone")
    case.nobody_is_charged()
    return "held, not charged"


def lose_power(case):
    """The disk as it is while the message is in flight, and no process of before: the files are other files, nothing is locked."""
    run = case.start(case.convert_words(*WAITS))
    await_flight(case, run)
    after = case.here / "disk"
    subprocess.run(["cp", "-a", str(case.state), str(after)], check=True)
    processes = [run.pid, *tree_of(run.pid)]
    send(processes, signal.SIGKILL)
    run.communicate()
    promise(campaign.wait_until_gone(processes, 5), "a process outlived the supervisor")
    shutil.rmtree(case.state)
    after.rename(case.state)


def be_durable(case):
    done = subprocess.run(case.words("settings", "set", "Mapiguard\\Durable", "1"), capture_output=True, timeout=60)
    promise(done.returncode == 0, "Mapiguard\\Durable could not be set")


def machine_restarted(case):
    be_durable(case)
    lose_power(case)
    suspect(case)
    code, _ = case.convert()
    promise(code == 0, f"the message ended with {code} after the restart: {case.errors}")
    case.nobody_is_charged()
    return "run alone, not charged"


def machine_restarted_again(case):
    be_durable(case)
    for _ in range(RESTARTS_TO_HOLD):
        lose_power(case)
    return held_in_the_end(case)


ALL = (
    ("killed_by_operator", "SIGTERM from outside", struck_by(signal.SIGTERM, "killed_by_operator")),
    ("killed_by_operator", "SIGSEGV from outside", struck_by(signal.SIGSEGV, "killed_by_operator")),
    ("unexplained_kill", "SIGKILL from outside", struck_by(signal.SIGKILL, "unexplained_kill")),
    ("unexplained_kill", "SIGSTOP to the worker", stopped_worker),
    ("unexplained_kill", "SIGSTOP to the command, once", stopped_command),
    ("none", "SIGSTOP to the host", stopped_host),
    ("none", "SIGSTOP to the host, a command", stopped_host_of_command),
    ("supervisor_died", "plant supervisor_died", supervisor_died),
    ("supervisor_died", "plant supervisor_died, four times", supervisor_died_again),
    ("supervisor_died", "the machine restarts", machine_restarted),
    ("supervisor_died", "the machine restarts four times", machine_restarted_again),
)
