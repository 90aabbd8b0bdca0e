#!/usr/bin/python3
"""Wrong calls, help, manual pages."""
import re
import shutil
import subprocess
import unittest

from harness import ROOT, USAGE, ToolTest, main

VERBS = ["convert", "poison", "events", "settings", "ndr", "doctor", "analyze", "torture", "version"]
MAN = ROOT / "docs" / "man"


class Usage(ToolTest):
    def refused(self, *words, says):
        done = self.run_tool(*words, code=USAGE)
        self.assertEqual(done.out, b"")
        self.assertIn(says, done.errors)
        for line in done.errors.splitlines():
            self.assertTrue(line.startswith("mapiguard: "), line)

    def test_without_a_verb_the_help_is_shown_as_an_error(self):
        done = self.run_tool(code=USAGE)
        self.assertEqual(done.out, b"")
        self.assertIn("Usage: mapiguard", done.errors)

    def test_misspelt_verb_gets_a_suggestion(self):
        self.refused("convrt", says="did you mean 'convert'?")

    def test_misspelt_option_gets_a_suggestion(self):
        self.refused("convert", "--ouput", "x", "y", says="did you mean '--output'?")
        self.refused("convert", "--isolatoin=none", "y", says="did you mean '--isolation'?")

    def test_misspelt_action_gets_a_suggestion(self):
        self.refused("poison", "lsit", says="did you mean 'list'?")

    def test_misspelt_setting_gets_a_suggestion(self):
        self.refused("settings", "get", "PoisonTreshold", says="PoisonThreshold")

    def test_word_unlike_any_gets_no_suggestion(self):
        done = self.run_tool("xylophone", code=USAGE)
        self.assertNotIn("did you mean", done.errors)

    def test_option_without_its_value_is_named(self):
        self.refused("convert", "x.msg", "--timeout", says="--timeout")

    def test_switch_with_a_value_is_refused(self):
        for words in [
            ("convert", "--strict=maybe", "x"),
            ("convert", "--strict=false", "x"),
            ("poison", "list", "--json=1"),
            ("doctor", "--json="),
        ]:
            self.refused(*words, says="takes no value")

    def test_empty_word_is_an_input_that_is_not_there(self):
        done = self.run_tool("convert", "", code=66)
        self.assertIn("cannot open ''", done.errors)

    def test_option_given_twice_is_refused(self):
        self.refused("convert", "-o", "a", "--output", "b", "x.msg", says="2 times")

    def test_numbers_outside_their_range_are_refused(self):
        for option in ["--timeout=0", "--timeout=abc", "--timeout=-1", "--timeout=1.5", "--timeout=99999999999999999999", "--memory=1",
                       "--jobs=0", "--output-limit=0", "--retries=-1"]:
            self.refused("convert", option, "x.msg", says=option.split("=")[0])

    def test_unknown_choices_are_refused_with_the_list(self):
        self.refused("convert", "--format", "pdf", "x.msg", says="eml, mbox, maildir or json")
        self.refused("convert", "--isolation", "mesage", "x.msg", says="did you mean 'message'?")

    def test_too_many_or_too_few_words_are_refused(self):
        self.refused("convert", says="INPUT")
        self.refused("poison", "show", says="ID")
        self.refused("poison", "list", "x", says="no arguments")
        self.refused("settings", "set", "PoisonThreshold", says="NAME VALUE")
        self.refused("events", "x", says="no arguments")

    def test_option_of_another_action_is_refused(self):
        self.refused("poison", "list", "-o", "x", says="poison export")

    def test_empty_names_are_refused(self):
        self.refused("convert", "-o", "", "x.msg", says="empty")
        self.refused("convert", "--report=", "x.msg", says="empty")

    def test_unbalanced_quote_in_the_converter_is_refused(self):
        for line in ["sh -c 'exit", 'cat "x', "cat \\"]:
            self.refused("convert", "--converter", line, "x.msg", says="without its end")

    def test_empty_converter_is_refused(self):
        self.refused("convert", "--converter", "  ", "x.msg", says="needs a command")
        self.refused("convert", "--converter", "''", "x.msg", says="needs a command")

    def test_reject_exit_without_converter_is_refused(self):
        self.refused("convert", "--reject-exit", "1", "x.msg", says="--converter")

    def test_bad_reject_lists_are_refused(self):
        for bad in ["", ",", "1,", "a", "0", "256", "1;2"]:
            self.refused("convert", "--converter", "cat", "--reject-exit", bad, "x.msg", says="--reject-exit")

    def test_planting_a_fault_is_refused_by_a_release_build(self):
        done = self.run_tool("convert", "--plant", "crashed", str(self.sample()), code=None)
        if done.code == USAGE:
            self.assertIn("make faults", done.errors)
        else:
            self.assertEqual(done.code, 75)  # this is the build that plants them

    def test_envelope_with_several_inputs_is_refused(self):
        for option in ["--sender", "--recipient", "--message-id"]:
            self.refused("convert", option, "a@example.org", "-o", "out", str(self.sample()), str(self.sample("draft.msg")), says="one message")

    def test_line_breaks_in_the_envelope_are_refused(self):
        self.refused("convert", "--sender", "a@example.org\r\nBcc: x@example.org", "x.msg", says="one line")

    def test_words_behind_two_dashes_are_inputs(self):
        self.write("--help", self.mail())
        done = self.convert("--", "--help")
        self.assertEqual(done.out, self.mail())

    def test_bracketed_name_is_a_name(self):
        self.write("[a,b]", self.mail())
        self.assertEqual(self.convert("[a,b]").out, self.mail())

    def test_times_that_are_none_are_refused(self):
        for bad in ["yesterday", "2026-13-01", "5", "h", ""]:
            self.refused("events", "--since=" + bad, says="is no time")


class Help(ToolTest):
    def test_help_goes_to_standard_output_with_examples(self):
        for verb in VERBS:
            for words in [(verb, "--help"), (verb, "-h"), ("help", verb), ("--help", verb)]:
                done = self.run_tool(*words)
                self.assertIn("Usage: mapiguard " + verb, done.text)
                self.assertIn("Examples:\n  mapiguard ", done.text)
                self.assertIn("--state DIR", done.text)
                self.assertEqual(done.err, b"")

    def test_general_help_names_every_verb(self):
        text = self.run_tool("--help").text
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} ")

    def test_lines_are_short_enough_for_a_terminal(self):
        for verb in VERBS:
            for line in self.run_tool(verb, "--help").text.splitlines():
                self.assertLessEqual(len(line), 120, line)

    def test_version_is_a_word_and_a_number(self):
        self.assertRegex(self.run_tool("--version").text, r"^mapiguard \d+\.\d+\.\d+ \(converter .+\)\n$")
        self.assertEqual(set(self.run_tool("version", "--json").json()), {"version", "build"})


class ManualPages(ToolTest):
    def page(self, name):
        return (MAN / f"{name}.1").read_text()

    @staticmethod
    def plain(roff):
        return re.sub(r"\\f[BIRP]|\\&", "", roff).replace("\\-", "-").replace("\\(aq", "'").replace("\\ ", " ")

    def test_every_option_and_action_of_the_help_is_in_the_page(self):
        for verb in VERBS:
            text = self.plain(self.page(f"mapiguard-{verb}"))
            help_text = self.run_tool(verb, "--help").text
            options = set(re.findall(r"(?m)^  (?:-\w, |    )(--[a-z-]+)", help_text))
            self.assertIn("--help", options)
            for option in options:
                self.assertIn(option, text, f"mapiguard-{verb}.1 says nothing of {option}")
            actions = re.search(r"Actions:\n((?:  .*\n)+)", help_text)
            for action in re.findall(r"(?m)^  ([a-z-]+)\b", actions.group(1) if actions else ""):
                self.assertRegex(text, rf"\.B {action}\n", f"mapiguard-{verb}.1 says nothing of {action}")

    def test_every_option_of_the_page_is_in_the_help(self):
        for verb in VERBS:
            section = re.search(r"(?s)\.SH OPTIONS\n(.*?)\n\.SH ", self.page(f"mapiguard-{verb}")).group(1)
            help_text = self.run_tool(verb, "--help").text
            for option in set(re.findall(r"(?m)^\.(?:B|BI|BR) .*?(--[a-z-]+)", self.plain(section))):
                self.assertIn(option, help_text, f"mapiguard-{verb}.1 promises {option}")

    def test_every_verb_and_exit_code_is_in_the_main_page(self):
        text = self.plain(self.page("mapiguard"))
        for verb in VERBS:
            self.assertIn(f"mapiguard-{verb} (1)", text)
        for code in [64, 65, 66, 69, 70, 73, 74, 75, 78, 130]:
            self.assertRegex(text, rf"(?m)^{code}\b")

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_pages_have_no_roff_errors(self):
        for page in sorted(MAN.glob("*.1")):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(page)], capture_output=True)
            self.assertEqual(done.stderr, b"", page.name)


if __name__ == "__main__":
    main()
