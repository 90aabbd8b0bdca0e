#!/usr/bin/python3
"""Outputs that cannot be written, runs that are killed: nothing partial under a final name, nothing left for good."""
import os
import resource
import shutil
import signal
import subprocess
import unittest

from harness import CANNOT_CREATE, IO, PROGRAM, ToolTest, as_nobody, main

SLOWLY = "sh -c 'cat; sleep 30'"


# Root needs no user namespace of its own, in which there would be no nobody to become.
OWN_MOUNTS = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


def can_mount():
    """And start workers there."""
    done = subprocess.run([*OWN_MOUNTS, "sh", "-c", 'mount -t tmpfs none /mnt && "$0" doctor --state /mnt/s; test $? -lt 2', PROGRAM],
                          capture_output=True) if shutil.which("unshare") else None
    return done is not None and done.returncode == 0


class Trouble(ToolTest):
    @unittest.skipIf(as_nobody() is None, "setpriv is not there")
    def test_read_only_folder_is_an_error_before_anything_is_converted(self):
        (self.dir / "out").mkdir(mode=0o555)
        os.chmod(self.dir, 0o777)
        self.copy("in/a.msg")
        for words in [("-o", "out/x.eml", "in/a.msg"), ("-o", "out", "in"), ("--format", "mbox", "-o", "out/x.mbox", "in")]:
            done = self.convert(*words, "--report", "report.jsonl", code=CANNOT_CREATE, prefix=as_nobody())
            self.assertIn("Permission denied", done.errors)
        self.convert("--format", "maildir", "-o", "out/box", "in", code=CANNOT_CREATE, prefix=as_nobody())
        self.assertEqual(self.files_below("out"), [])

    def test_full_device_is_an_error(self):
        for words in [(), ("-o", "/dev/full")]:
            with open("/dev/full", "wb") as full:
                process = subprocess.run([PROGRAM, "convert", *words, str(self.sample())], stdout=full,
                                         stderr=subprocess.PIPE, env=self.environment(), timeout=60)
            self.assertEqual(process.returncode, IO, process.stderr)
            self.assertIn(b"No space left on device", process.stderr)

    @unittest.skipUnless(can_mount(), "no mounts in namespaces here")
    def test_full_disk_is_an_error_and_leaves_no_partial_file(self):
        self.write("big", self.mail(body=("x" * 70 + "\r\n") * 40_000))
        self.write("small", self.mail())
        (self.dir / "disk").mkdir()
        script = ('mount -t tmpfs -o size=1m none disk && "$0" convert -o disk big small --report report.jsonl; code=$?; ls -A disk > listing;'
                  '"$0" convert --format mbox -o disk/x.mbox big small; echo $? > second; ls -A disk > listing2; exit $code')
        done = subprocess.run([*OWN_MOUNTS, "sh", "-c", script, PROGRAM], capture_output=True, cwd=self.dir,
                              env=self.environment(), timeout=60)
        self.assertEqual(done.returncode, IO, done.stderr)
        self.assertIn(b"No space left on device", done.stderr)
        self.assertEqual((self.dir / "listing").read_text(), "small.eml\n")
        self.assertEqual([r["exit"] for r in self.reports()], [IO, 0])
        self.assertEqual((self.dir / "second").read_text(), f"{IO}\n")
        self.assertEqual((self.dir / "listing2").read_text(), "small.eml\n")

    def test_file_size_limit_of_the_caller_is_an_error_not_a_death(self):
        self.write("big", self.mail(body=("x" * 70 + "\r\n") * 40_000))

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        done = self.convert("-o", "out.eml", "big", code=None, preexec_fn=limit)
        self.assertNotIn(done.code, [0, -signal.SIGXFSZ])
        self.assertFalse((self.dir / "out.eml").exists())

    def test_reader_that_went_away_is_an_error(self):
        big = self.write("big", self.mail(body=("x" * 70 + "\r\n") * 40_000))
        process = self.start("convert", big)
        process.stdout.close()
        process.wait(60)
        self.assertEqual(process.returncode, IO)
        self.assertIn(b"Broken pipe", process.stderr.read())
        process.stdout = None

    def test_closed_standard_output_is_an_error(self):
        done = self.convert(str(self.sample()), code=IO, prefix=("sh", "-c", 'exec "$@" >&-', "sh"))
        self.assertIn("standard output", done.errors)

    def test_help_and_lists_notice_a_full_device_too(self):
        for words in [("--help",), ("convert", "--help"), ("settings", "list"), ("doctor",), ("poison", "list", "--json"), ("--version",)]:
            with open("/dev/full", "wb") as full:
                code = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.DEVNULL,
                                      env=self.environment(), timeout=60).returncode
            self.assertEqual(code, IO, words)

    def test_report_that_cannot_be_created_is_an_error(self):
        self.assertIn("the report", self.convert("--report", "no/such", str(self.sample()), code=CANNOT_CREATE).errors)

    def test_report_that_cannot_be_written_is_an_error_but_the_output_is_there(self):
        done = self.convert("-o", "x.eml", "--report", "/dev/full", str(self.sample()), code=IO)
        self.assertIn("the report", done.errors)
        self.assertTrue((self.dir / "x.eml").exists())


class Atomicity(ToolTest):
    def fill(self, count=300):
        for i in range(count):
            self.write(f"in/{i:03}", self.mail(str(i), body=("z" * 60 + "\r\n") * 500))

    def expected(self, i):
        return self.mail(str(i), body=("z" * 60 + "\r\n") * 500)

    def test_killed_run_leaves_whole_files_alone_and_the_next_run_finishes(self):
        self.fill()
        for enough in [1, 20, 60]:
            process = self.start("convert", "-o", "out", "in")
            self.wait_until(lambda: len(self.files_below("out")) >= enough or process.poll() is not None, "files appear")
            process.kill()
            process.wait()
            for name in self.files_below("out"):
                if not os.path.basename(name).startswith(".mapiguard-"):
                    self.assertEqual((self.dir / "out" / name).read_bytes(), self.expected(int(name[:3])))
        self.convert("-o", "out", "in")
        self.assertEqual(self.files_below("out"), [f"{i:03}.eml" for i in range(300)])

    def test_killed_run_leaves_no_mbox(self):
        self.fill(50)
        process = self.start("convert", "--format", "mbox", "-o", "x.mbox", "in", "--report", "report.jsonl")
        self.wait_until(lambda: (self.dir / "report.jsonl").exists() and len(self.reports()) > 3, "a few messages")
        process.kill()
        process.wait()
        self.assertFalse((self.dir / "x.mbox").exists() and process.returncode != 0)
        self.convert("--format", "mbox", "-o", "x.mbox", "in")
        self.assertEqual(self.temporaries("."), [])

    def interrupted_conversion(self, *words):
        process = self.start("convert", "--converter", SLOWLY, *words)
        self.wait_until(lambda: self.temporaries("."), "a temporary file")
        return process

    def test_temporaries_of_the_dead_are_removed_by_the_next_run(self):
        self.write("m", self.mail())
        (self.dir / "box" / "new").mkdir(parents=True)
        for words in [("-o", "out/", "m"), ("-o", "x.eml", "m"), ("--format", "mbox", "-o", "y.mbox", "m")]:
            process = self.interrupted_conversion(*words)
            process.kill()
            process.wait()
            self.assertTrue(self.temporaries("."))
            self.convert(*words)
            self.assertEqual(self.temporaries("."), [], words)

    def test_temporaries_of_the_living_are_left_alone(self):
        self.write("m", self.mail())
        self.write("n", self.mail("other"))
        living = self.interrupted_conversion("-o", "out/", "m")
        before = self.temporaries("out")
        self.convert("-o", "out/", "n")
        self.assertEqual(self.temporaries("out"), before)
        living.terminate()
        living.wait(30)
        self.assertEqual(self.files_below("out"), ["n.eml"])

    def test_temporaries_are_no_inputs(self):
        self.write("in/.mapiguard-1-2-3.tmp", b"half a mess")
        self.write("in/a", self.mail())
        self.convert("-o", "out", "in")
        self.assertEqual(self.files_below("out"), ["a.eml"])

    def test_failed_conversion_leaves_the_old_output(self):
        self.write("bad", b"")
        self.write("x.eml", b"old")
        self.convert("-o", "x.eml", "bad", code=65)
        self.convert("-o", "x.eml", "--converter", "sh -c 'cat; exit 3'", str(self.sample()), code=75)
        self.assertEqual((self.dir / "x.eml").read_bytes(), b"old")
        self.assertEqual(self.temporaries("."), [])

    def test_failed_conversion_prints_nothing(self):
        done = self.convert("--converter", "sh -c 'echo half; kill -SEGV $$'", str(self.sample()), code=75)
        self.assertEqual(done.out, b"")

    def test_durable_setting_is_obeyed(self):
        self.run_tool("settings", "set", "Mapiguard\\Durable", "1")
        self.convert("-o", "x.eml", str(self.sample()))
        if shutil.which("strace"):
            trace = subprocess.run(["strace", "-f", "-e", "trace=fsync,fdatasync", PROGRAM, "convert", "-o", "y.eml",
                                    str(self.sample())], capture_output=True, cwd=self.dir, env=self.environment(), timeout=60)
            if trace.returncode == 0:
                self.assertIn(b"sync(", trace.stderr)


if __name__ == "__main__":
    main()
