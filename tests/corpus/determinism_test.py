#!/usr/bin/python3
"""The same inputs give the same bytes: twice, on one worker and on four, in every isolation.

usage: determinism_test.py /path/to/mapiguard FOLDER…      and $MAPIGUARD_CORPUS, where it is set
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

# What may differ from run to run: paths, and how long it took.
VOLATILE = ('input', 'output', 'milliseconds')
RUNS = [(isolation, jobs) for isolation in ('message', 'worker', 'none') for jobs in (1, 4)]


class Determinism(unittest.TestCase):
    def run_once(self, work, number, folder, isolation, jobs, form):
        output, report = os.path.join(work, f'{number}'), os.path.join(work, f'{number}.jsonl')
        state = os.path.join(work, f'{number}.state')
        done = subprocess.run([MAPIGUARD, 'convert', '--state', state, '--no-progress', '--isolation', isolation, '-j', str(jobs),
                               '--format', form, '--report', report, '-o', output, folder], capture_output=True, check=False)
        self.assertIn(done.returncode, (0, 65), done.stderr[-2000:])
        return self.outputs(output), self.reports(report)

    @staticmethod
    def outputs(folder):
        found = {}
        for parent, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(parent, name)
                with open(path, 'rb') as file:
                    found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
        return found

    @staticmethod
    def reports(path):
        with open(path, encoding='utf-8') as lines:
            rows = [json.loads(line) for line in lines]
        return {row['input']: {k: v for k, v in row.items() if k not in VOLATILE} for row in rows}

    def check(self, form):
        for folder in FOLDERS:
            with self.subTest(folder), tempfile.TemporaryDirectory(prefix='mapiguard-determinism-') as work:
                first = self.run_once(work, 0, folder, *RUNS[0], form)
                self.assertGreater(len(first[0]), 10, 'too few outputs to say anything')
                for number, (isolation, jobs) in enumerate(RUNS, 1):  # the first way comes twice
                    again = self.run_once(work, number, folder, isolation, jobs, form)
                    for kind, before, after in zip(('output', 'report'), first, again):
                        differing = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
                        self.assertEqual(differing, [], f'{kind} with --isolation {isolation} -j {jobs}')

    def test_mails_are_byte_identical(self):
        self.check('eml')

    def test_decoded_messages_are_byte_identical(self):
        self.check('json')


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    MAPIGUARD, FOLDERS = sys.argv[1], sys.argv[2:]
    if os.environ.get('MAPIGUARD_CORPUS'):
        FOLDERS.append(os.environ['MAPIGUARD_CORPUS'])
    unittest.main(argv=sys.argv[:1], verbosity=2)
