#!/usr/bin/python3
"""Converts every sample and looks for what INDEX.tsv promises of it.

usage: promises_test.py /path/to/mapiguard /path/to/mapiguard-corpus
"""
import csv
import email
import email.policy
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SAMPLES = []
REPORTS = {}
OUTPUT = ''


def outermost_parts(mail):
    """The parts of a mail, without those of the messages inside it."""
    yield mail
    if mail.is_multipart() and mail.get_content_maintype() != 'message':
        for part in mail.iter_parts():
            yield from outermost_parts(part)


def text_of(part):
    text = part.get_content()
    if part.get_content_type() == 'text/html':
        text = html.unescape(re.sub(r'<[^>]*>', ' ', text))
    return re.sub(r'\s+', ' ', text)


def folded(text):
    return re.sub(r'\s+', ' ', text or '').strip()


class Promises(unittest.TestCase):
    def each(self, *outcomes):
        return [(s, REPORTS[s['name']]) for s in SAMPLES if not outcomes or s['outcome'] in outcomes]

    def mails(self):
        for sample, _ in self.each('converted', 'tolerated', 'degraded'):
            path = os.path.join(OUTPUT, sample['name'] + '.eml')
            if os.path.exists(path):
                with open(path, 'rb') as file:
                    yield sample, email.message_from_binary_file(file, policy=email.policy.default)

    def test_every_sample_ends_as_promised(self):
        allowed = {'damaged': {'damaged'}, 'either': {'converted', 'damaged'}}
        for sample, report in self.each():
            with self.subTest(sample['name']):
                self.assertIn(report['outcome'], allowed.get(sample['outcome'], {'converted'}), report)

    def test_sound_samples_have_no_defects(self):
        for sample, report in self.each('converted'):
            with self.subTest(sample['name']):
                self.assertEqual([d for d in report['defects'] if d['severity'] != 'info'], [])

    def test_what_is_amiss_is_reported(self):
        for sample, report in self.each('degraded'):
            with self.subTest(sample['name']):
                self.assertNotEqual(report['defects'], [])

    def test_subjects_and_recipients_are_kept(self):
        for sample, mail in self.mails():
            with self.subTest(sample['name']):
                if sample['subject'] != '-':
                    self.assertEqual(folded(mail['Subject']), folded(sample['subject']))
                if sample['recipients'] != '-':
                    addresses = [a for name in ('To', 'Cc', 'Bcc') for h in mail.get_all(name, []) for a in h.addresses]
                    self.assertEqual(len(addresses), int(sample['recipients']))

    def test_words_are_in_every_text_of_the_body(self):
        for sample, mail in self.mails():
            with self.subTest(sample['name']):
                texts = [text_of(part) for part in outermost_parts(mail)
                         if part.get_content_type() in ('text/plain', 'text/html') and not part.get_filename()]
                for text in texts if sample['words'] != '-' else []:
                    at = 0
                    for word in sample['words'].split():
                        at = text.find(word, at)
                        self.assertGreaterEqual(at, 0, (word, text[:300]))
                if sample['words'] != '-':
                    self.assertNotEqual(texts, [])

    def test_the_output_is_sound_mime(self):
        for sample, mail in self.mails():
            with self.subTest(sample['name']):
                self.assertEqual([d for part in mail.walk() for d in part.defects], [])

    def test_every_header_parses_without_a_defect(self):
        for sample, mail in self.mails():
            for part in mail.walk():
                for name, value in part.items():
                    with self.subTest(sample['name'], field=name):
                        self.assertEqual([str(d) for d in getattr(value, 'defects', ())], [], str(value)[:200])

    @unittest.skipUnless(shutil.which('openssl'), 'openssl is not installed')
    def test_signatures_still_verify(self):
        verified = 0
        for sample, mail in self.mails():
            is_signed = mail.get_content_type() == 'multipart/signed' or mail.get_param('smime-type') == 'signed-data'
            if not is_signed or sample['outcome'] != 'converted':
                continue
            with self.subTest(sample['name']):
                verify = subprocess.run(['openssl', 'cms', '-verify', '-noverify', '-out', os.devnull, '-in',
                                         os.path.join(OUTPUT, sample['name'] + '.eml')], capture_output=True)
                self.assertEqual(verify.returncode, 0, verify.stderr)
                verified += 1
        self.assertGreater(verified, 0)

    def test_line_ends_in_values_make_no_header(self):
        for sample, mail in self.mails():
            with self.subTest(sample['name']):
                self.assertFalse([name for part in mail.walk() for name in part.keys() if name.lower() == 'x-evil'])


def main():
    global OUTPUT
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    mapiguard, generator = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        samples, OUTPUT = os.path.join(folder, 'samples'), os.path.join(folder, 'output')
        subprocess.run([generator, '--output', samples], check=True)
        with open(os.path.join(samples, 'INDEX.tsv'), encoding='utf-8', newline='') as index:
            SAMPLES.extend(csv.DictReader(index, delimiter='\t', quoting=csv.QUOTE_NONE))
        os.remove(os.path.join(samples, 'INDEX.tsv'))
        report = os.path.join(folder, 'report.jsonl')
        subprocess.run([mapiguard, 'convert', '--state', os.path.join(folder, 'state'), '--report', report,
                        '--output', OUTPUT, samples], check=False)
        with open(report, encoding='utf-8') as lines:
            for line in lines:
                row = json.loads(line)
                REPORTS[os.path.basename(row['input'])] = row
        result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
    sys.exit(0 if result.wasSuccessful() else 1)


main()
