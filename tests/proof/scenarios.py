"""The scenarios of the proof. Each has a template (how things stand before), a command that is killed at one of its steps,
what must hold right after the kill, and how the story must end when it goes on undisturbed."""
from world import INNOCENT, POISON_ID, promise


class Scenario:
    """Shared shape; `name` is what a row is called."""

    def prepare(self, world):
        raise NotImplementedError

    def command(self, world):
        raise NotImplementedError

    def after_kill(self, world):
        raise NotImplementedError

    def finish(self, world):
        raise NotImplementedError

    def check(self, world):
        self.after_kill(world)
        self.finish(world)


class Convert(Scenario):
    """A good message is converted: its output is whole or not there, nobody is charged, the next run finishes."""

    name = "convert"

    def prepare(self, world):
        pass  # no state directory yet: its making is part of it

    def command(self, world):
        return world.convert_command("innocent", "echo")

    def after_kill(self, world):
        world.output_is_whole("result", INNOCENT)
        promise(not world.events(9680), "a message was charged for the supervisor's death")

    def finish(self, world):
        promise(world.convert("innocent", "echo") == 0, "the next run did not convert it")
        promise(world.output_is_whole("result", INNOCENT), "the output is not there")
        world.no_trace_of_flight()
        promise(not world.events(9680) and world.poison()["suspects"] == 0, "a message was charged for the supervisor's death")


def kill_until_blocked(world):
    codes = []
    while 69 not in codes and len(codes) < 8:
        codes.append(world.convert("poison", "crash_on_marker"))
    promise(codes[-1] == 69, f"the message was never blocked: {codes}")
    promise(world.convert("poison", "crash_on_marker") == 69, "a blocked message was tried again")
    world.blocked_properly()


class Charge(Scenario):
    """The first death: charged with its event, or not at all; three charges block, however often we are killed."""

    name = "charge"
    deaths_before = 0

    def prepare(self, world):
        world.must("settings", "list")
        for _ in range(self.deaths_before):
            promise(world.convert("poison", "crash_on_marker") == 75, "a death did not end with 75")

    def command(self, world):
        return world.convert_command("poison", "crash_on_marker")

    def after_kill(self, world):
        row = world.agree()
        promise(row["crashes"] in (self.deaths_before, self.deaths_before + 1), f"{row['crashes']} charges after {self.deaths_before + 1} deaths")
        promise(not (world.out / "result").exists(), "a message that crashed its worker has an output")

    def finish(self, world):
        kill_until_blocked(world)


class Block(Charge):
    """The third death: charge, block, both events, quarantine and outbox row, all or nothing."""

    name = "block"
    deaths_before = 2

    def after_kill(self, world):
        super().after_kill(world)
        row = world.row()
        promise(row["blocked"] == (row["crashes"] == 3), f"blocked {row['blocked']} with {row['crashes']} charges")


class Ndr(Charge):
    """The report is delivered from the outbox: once, whole, however often delivery is killed."""

    name = "ndr"
    deaths_before = 2

    def prepare(self, world):
        world.must("settings", "set", "Mapiguard\\NDR Transport", "sendmail:/bin/false")
        super().prepare(world)
        promise(world.convert("poison", "crash_on_marker") == 69, "the third death did not block")
        promise(len(world.ndrs()) == 1 and not world.ndr_files(), "there is no report that waits for delivery")
        world.must("settings", "unset", "Mapiguard\\NDR Transport")

    def command(self, world):
        return world.command("ndr", "retry")

    def after_kill(self, world):
        promise(world.agree()["blocked"], "the message is no longer blocked")

    def finish(self, world):
        world.must("ndr", "retry")
        promise([n["state"] for n in world.ndrs()] == ["delivered"], f"the outbox says {world.ndrs()}")
        world.blocked_properly()


class Evict(Scenario):
    """An eleventh message is charged: PoisonIDs holds ten, the newest, and each charge keeps its event."""

    name = "evict"

    @staticmethod
    def killer(world, number):
        path = world.inbox / f"killer-{number:02d}"
        path.write_bytes(b"POISON-MARKER %d" % number)
        return world.command("convert", "--no-progress", "--converter", world.bin / "crash_on_marker", "--message-id", f"<killer-{number:02d}@proof.example>",
                             "-o", world.out / path.name, path)

    def prepare(self, world):
        for number in range(1, 11):
            code, _, errors = world.run(self.killer(world, number))
            promise(code == 75, f"killer {number} ended with {code}: {errors[-200:]}")

    def command(self, world):
        return self.killer(world, 11)

    @staticmethod
    def view(world):
        return [r["message_id"] for r in world.poison()["poison_ids"]]

    @staticmethod
    def names(*numbers):
        return [f"<killer-{n:02d}@proof.example>" for n in numbers]

    def after_kill(self, world):
        charges, view = len(world.events(9680)), self.view(world)
        promise(charges in (10, 11), f"{charges} events 9680 after eleven deaths")
        expected = self.names(*range(charges, charges - 10, -1))
        promise(view == expected, f"PoisonIDs holds {view}, with {charges} charges")
        promise(world.poison()["suspects"] == charges, "the ledger and the events disagree")

    def finish(self, world):
        if len(world.events(9680)) == 10:
            code, _, _ = world.run(self.command(world))
            promise(code == 75, f"the eleventh killer ended with {code}")
        promise(self.view(world) == self.names(*range(11, 1, -1)), "the oldest was not dropped, or the order is wrong")
        world.exported_as_recorded()


class Release(Scenario):
    """A blocked message is released: blocked with its charges, or free with none; its copy is kept."""

    name = "release"

    def prepare(self, world):
        for code in (75, 75, 69):
            promise(world.convert("poison", "crash_on_marker") == code, f"a death did not end with {code}")

    def command(self, world):
        return world.command("poison", "release", POISON_ID)

    def after_kill(self, world):
        row = world.row()
        promise((row["blocked"], row["crashes"]) in ((True, 3), (False, 0)), f"blocked {row['blocked']} with {row['crashes']} charges")
        promise(len(world.events(9680)) == 3 and len(world.events(9681)) == 1, "events came or went")
        world.copy_is_whole()

    def finish(self, world):
        if world.row()["blocked"]:
            world.must("poison", "release", POISON_ID)
        world.copy_is_whole()
        promise(world.convert("poison", "echo") == 0, "a released message was not converted")
        world.no_trace_of_flight()


class Recover(Scenario):
    """After a supervisor's death its message is met again: tried alone, converted, charged to nobody."""

    name = "recover"

    def prepare(self, world):
        promise(world.kill_in_flight("innocent"), "the first supervisor could not be killed in flight")

    def command(self, world):
        return world.convert_command("innocent", "echo")

    def after_kill(self, world):
        world.output_is_whole("result", INNOCENT)
        promise(not world.events(9680), "a message was charged for the supervisor's death")

    def finish(self, world):
        promise(world.convert("innocent", "echo") == 0, "the message was not converted after all")
        promise(world.output_is_whole("result", INNOCENT), "the output is not there")
        world.no_trace_of_flight()
        promise(not world.events(9680) and not world.poison()["held"], "it was charged or held")


class Settle(Scenario):
    """The table of a dead supervisor is settled exactly once: a death alone counts neither twice nor not at all. Three in a
    row alone hold a message; the third death in flight is the second one alone, so one more must hold it, and not before."""

    name = "settle"

    def prepare(self, world):
        for _ in range(3):
            promise(world.kill_in_flight("poison"), "a supervisor could not be killed in flight")

    def command(self, world):
        return world.convert_command("innocent", "echo")

    def after_kill(self, world):
        world.output_is_whole("result", INNOCENT)
        promise(not world.events(9680), "a message was charged for the supervisor's death")
        promise(not world.poison()["held"], "held too early: a death was counted twice")

    def finish(self, world):
        promise(world.convert("innocent", "echo") == 0, "another message was not converted")
        promise(not world.poison()["held"], "held too early: a death was counted twice")
        promise(world.kill_in_flight("poison"), "it was refused before its third death alone: one was counted twice")
        promise(world.convert("poison", "echo") == 75, "it was not held after three deaths alone: one was forgotten")
        promise(world.poison()["held"], "it is held, and the list does not say so")
        promise(not world.events(9680), "a message was charged for the supervisor's death")


ALL = (Convert(), Charge(), Block(), Ndr(), Evict(), Release(), Recover(), Settle())
