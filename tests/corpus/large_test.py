#!/usr/bin/python3
"""Messages that are deep, or large, or have very many recipients.

usage: large_test.py /path/to/mapiguard /path/to/mapiguard-corpus

The attachment has 128 MiB, which takes the road of large messages as any above 64 MiB does; MAPIGUARD_LARGE_MIB=1024
asks for a gigabyte.
"""
import base64
import email
import email.policy
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

import sparse_msg

MIB = 1 << 20
LARGE = int(os.environ.get('MAPIGUARD_LARGE_MIB', '128')) * MIB
MOST_WORKER_MEMORY = 48 * MIB


def workers():
    """Status fields of each process that is a worker, of this run or another's."""
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/status', encoding='utf-8') as file:
                fields = dict(line.split(':', 1) for line in file if ':' in line)
        except OSError:
            continue
        if fields['Name'].strip() == 'mapiguard-worke' and 'VmHWM' in fields:  # cut at 15 characters
            yield int(pid), fields


def is_descendant(fields, ancestor):
    for _ in range(16):
        parent = fields['PPid'].strip()
        if int(parent) == ancestor:
            return True
        try:
            with open(f'/proc/{parent}/status', encoding='utf-8') as file:
                fields = dict(line.split(':', 1) for line in file if ':' in line)
        except OSError:
            return False
    return False


class Large(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='mapiguard-large-')
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def sample(self, name):
        subprocess.run([GENERATOR, '--only', name, '--output', self.folder.name], check=True, stdout=subprocess.DEVNULL)
        return self.path(name)

    def start(self, name):
        return subprocess.Popen([MAPIGUARD, 'convert', '--state', self.path('state'), '--report', self.path('report'), '--timeout', '300',
                                 '-o', self.path(name + '.eml'), self.path(name)])

    def convert(self, name):
        self.start(name).wait(timeout=400)
        return self.report()

    def report(self):
        with open(self.path('report'), encoding='utf-8') as file:
            return json.loads(file.read())

    def mail(self, name):
        with open(self.path(name + '.eml'), 'rb') as file:
            return email.message_from_binary_file(file, policy=email.policy.default)

    @staticmethod
    def depth(mail):
        levels = 1
        while True:
            inner = [part for part in mail.walk() if part.get_content_type() == 'message/rfc822']
            if not inner:
                return levels
            mail, levels = inner[0].get_content(), levels + 1

    def test_thirty_levels_are_converted_without_a_loss(self):
        self.sample('nested-30.msg')
        report = self.convert('nested-30.msg')
        self.assertEqual(report['outcome'], 'converted')
        self.assertEqual([d for d in report['defects'] if d['severity'] == 'loss'], [])
        self.assertEqual(self.depth(self.mail('nested-30.msg')), 30)

    def test_two_hundred_levels_are_reported_and_the_outer_ones_kept(self):
        self.sample('nested-200.msg')
        report = self.convert('nested-200.msg')
        self.assertEqual(report['outcome'], 'converted')
        self.assertTrue([d for d in report['defects'] if d['severity'] == 'loss' and 'deep' in d['what']])
        self.assertGreaterEqual(self.depth(self.mail('nested-200.msg')), 32)

    def test_a_hundred_thousand_recipients_are_all_in_the_output_in_linear_time(self):
        self.sample('recipients-10000.msg')
        self.sample('recipients-100000.msg')
        few = min(self.convert('recipients-10000.msg')['milliseconds'] for _ in range(2))
        report = self.convert('recipients-100000.msg')
        self.assertEqual(report['defects'], [])
        with open(self.path('recipients-100000.msg.eml'), encoding='ascii') as file:
            head = file.read().split('\n\n', 1)[0]
        numbers = [int(number) for number in re.findall(r'<member\.(\d+)@example\.net>', head)]
        self.assertEqual(sorted(numbers), list(range(100_000)))
        self.assertLess(report['milliseconds'], 40 * max(few, 20))  # ten times as many; quadratic would be a hundred

    def test_ten_megabytes_of_braces_are_no_trouble(self):
        self.sample('rtf-nested-10mb.msg')
        self.assertEqual(self.convert('rtf-nested-10mb.msg')['outcome'], 'converted')

    def test_the_memory_of_a_worker_stays_flat_however_large_the_attachment(self):
        marks = [(0, b'the first bytes'), (LARGE // 2, b'in the middle'), (LARGE - 8, b'the end.')]
        sparse_msg.write(self.path('large.msg'), LARGE, 'A large file', 'It is attached.', 'large.bin', marks)
        running = self.start('large.msg')
        most = {}
        while running.poll() is None:
            for _, fields in workers():
                if is_descendant(fields, running.pid):
                    for name in ('VmHWM', 'RssAnon'):
                        most[name] = max(most.get(name, 0), int(fields[name].split()[0]) << 10)
            time.sleep(0.01)
        report = self.report()
        self.assertEqual(report['outcome'], 'converted', report)
        self.assertIn('VmHWM', most, 'no worker was seen')
        print(f"worker at most {most['VmHWM'] / MIB:.0f} MiB, {most['RssAnon'] / MIB:.1f} MiB of it its own, for {LARGE // MIB} MiB")
        self.assertLess(most['VmHWM'], MOST_WORKER_MEMORY)
        self.check_attachment(marks)

    def check_attachment(self, marks):
        """Reads the mail line by line: it may be larger than what a test should hold."""
        wanted, found, offset, is_inside, is_named = dict(marks), {}, 0, False, False
        with open(self.path('large.msg.eml'), 'rb') as mail:
            for line in mail:
                if not is_inside:
                    is_named = is_named or b'large.bin' in line
                    is_inside = is_named and line in (b'\n', b'\r\n')
                    continue
                if line.startswith(b'--'):
                    break
                text = line.rstrip(b'\r\n')
                if text.count(b'A') < len(text):
                    found[offset] = base64.b64decode(text)
                offset += len(text.rstrip(b'=')) * 3 // 4
        self.assertEqual(offset, LARGE)
        for at, mark in wanted.items():
            near = b''.join(data for begin, data in sorted(found.items()) if at - 100 < begin <= at + len(mark))
            self.assertIn(mark, near, f'at {at}')


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    MAPIGUARD, GENERATOR = sys.argv[1:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
