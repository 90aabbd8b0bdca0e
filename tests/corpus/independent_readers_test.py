#!/usr/bin/python3
"""The samples, read by programs that share nothing with ours: olefile, gsf, tnef, Email::Outlook::Message.

usage: independent_readers_test.py /path/to/mapiguard-corpus

What INDEX.tsv says of a sample is looked for with these readers, and the rules of the file formats that a forgiving
reader does not check (the directory's red-black trees, LZFu's checksum, the hashes of named properties) are checked
here from the specifications. A reader that is not installed skips its tests; without any of them the exit code is 77.
"""
import binascii
import csv
import email
import email.policy
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

try:
    import olefile
except ImportError:
    olefile = None

GENERATOR = ''
FOLDER = ''
SAMPLES = []
SMALL = 1 << 20  # Email::Outlook::Message takes too long beyond
MANY_ENTRIES = {'recipients-10000.msg'}  # whose 80,000 entries olefile and gsf need a minute for


def needs(tool):
    return unittest.skipUnless(shutil.which(tool), tool + ' is not installed')


def path_of(sample):
    return os.path.join(FOLDER, sample['name'])


def sound(*kinds):
    return [s for s in SAMPLES if s['kind'] in kinds and s['outcome'] == 'converted']


def sound_and_small(*kinds):
    return [s for s in sound(*kinds) if os.path.getsize(path_of(s)) < SMALL]


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def open_strictly(sample):
    """olefile raises on everything that it calls incorrect."""
    return olefile.OleFileIO(path_of(sample), raise_defects=olefile.DEFECT_INCORRECT)


def children(ole, storage):
    """Entry IDs below a storage, in the order of its tree; checks the tree on the way (MS-CFB 2.6.4)."""
    order = []

    def walk(sid, parent_is_red):
        if sid == 0xFFFFFFFF:
            return 1
        entry = ole.direntries[sid] or ole._load_direntry(sid)
        red = entry.color == 0
        assert not (red and parent_is_red), 'a red entry below a red one: %r' % entry.name
        left = walk(entry.sid_left, red)
        order.append(entry)
        right = walk(entry.sid_right, red)
        assert left == right, 'unequal numbers of black entries below %r' % entry.name
        return left + (0 if red else 1)

    if storage.sid_child != 0xFFFFFFFF:
        assert ole.direntries[storage.sid_child].color == 1, 'the top of the tree is red'
    walk(storage.sid_child, False)
    keys = [(len(e.name.encode('utf-16-le')), e.name.upper()) for e in order]
    assert keys == sorted(keys), 'entries are out of order'
    assert len(set(keys)) == len(keys), 'two entries of one name'
    return order


class Storage:
    """One storage of a .msg: its streams and storages by name."""

    def __init__(self, ole, entry):
        self.ole = ole
        self.entries = {e.name: e for e in children(ole, entry)}

    def storage(self, name):
        return Storage(self.ole, self.entries[name])

    def storages(self, prefix):
        return [self.storage(n) for n in sorted(self.entries) if n.startswith(prefix)]

    def stream(self, name):
        entry = self.entries[name]
        return self.ole._open(entry.isectStart, entry.size).read()

    def property(self, tag):
        name = '__substg1.0_%08X' % tag
        return self.stream(name) if name in self.entries else None

    def fixed(self, tag, header):
        properties = self.stream('__properties_version1.0')
        for at in range(header, len(properties), 16):
            if struct.unpack_from('<I', properties, at)[0] == tag:
                return struct.unpack_from('<I', properties, at + 8)[0]
        return None

    def codec(self):
        by_locale = {0x0419: 1251}
        return codec_of(self.fixed(0x3FFD0003, 32) or by_locale.get(self.fixed(0x3FF10003, 32)))

    def text(self, number, codec):
        wide, narrow = self.property(number << 16 | 0x1F), self.property(number << 16 | 0x1E)
        if wide is not None:
            return wide.decode('utf-16-le', 'replace')
        return None if narrow is None else narrow.decode(codec)


LZFU_START = (b'{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor '
              b'MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0'
              b'\\fs20\\b\\i\\u\\tab\\tx')


def crc(data):
    """CRC-32 without its inversions (MS-OXRTFCP 2.1.3.1.2)."""
    return binascii.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def decompress_rtf(packed):
    packed_size, raw_size, kind, checksum = struct.unpack_from('<II4sI', packed)
    assert packed_size == len(packed) - 4, 'the packed size is wrong'
    if kind == b'MELA':
        return packed[16:16 + raw_size]
    assert kind == b'LZFu' and crc(packed[16:]) == checksum, 'the checksum is wrong'
    ring, place, out, at = bytearray(LZFU_START.ljust(4096, b' ')), len(LZFU_START), bytearray(), 16
    while True:
        flags = packed[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                word = struct.unpack_from('>H', packed, at)[0]
                at += 2
                if word >> 4 == place % 4096:
                    assert at == len(packed) and len(out) == raw_size, 'the end mark is not at the end'
                    return bytes(out)
                piece = [(word >> 4) + i for i in range((word & 15) + 2)]
            else:
                piece = None
                literal = packed[at]
                at += 1
            for i in piece if piece is not None else [None]:
                byte = literal if i is None else ring[i % 4096]
                out.append(byte)
                ring[place % 4096] = byte
                place += 1


CODECS = {874: 'cp874', 932: 'cp932', 936: 'gbk', 949: 'cp949', 950: 'big5', 20866: 'koi8-r', 28591: 'latin-1',
          50220: 'iso2022_jp', 54936: 'gb18030', 65001: 'utf-8'}


def codec_of(codepage):
    return CODECS.get(codepage, 'cp%d' % codepage if codepage else 'cp1252')


def visible(html):
    return re.sub(r'\s+', ' ', re.sub(r'&nbsp;', ' ', re.sub(r'<[^>]*>', ' ', html)))


def bodies(message):
    """Every body of a message as text; RTF roughly: its ASCII words."""
    plain = message.text(0x1000, message.codec())
    if plain is not None:
        yield 'plain', plain
    if message.property(0x10130102) is not None:
        yield 'html', visible(message.property(0x10130102).decode(codec_of(message.fixed(0x3FDE0003, 32))))
    if message.property(0x1013001F) is not None:
        yield 'html', visible(message.property(0x1013001F).decode('utf-16-le'))
    if message.property(0x10090102) is not None:
        rtf = decompress_rtf(message.property(0x10090102)).decode('latin-1')
        yield 'rtf', re.sub(r"\{\\\*\\htmltag[^{}]*\}|\\[a-z]+-?\d* ?|[{}]", '', rtf)


def contains_in_order(text, words):
    at = 0
    for word in words:
        at = text.find(word, at)
        if at < 0:
            return False
    return True


@unittest.skipUnless(olefile, 'python3-olefile is not installed')
class Olefile(unittest.TestCase):
    def check_each(self, check):
        for sample in sound_and_small('msg', 'oft'):
            with self.subTest(sample['name']), open_strictly(sample) as ole:
                check(sample, Storage(ole, ole.root))

    def test_sound_files_have_no_defects(self):
        for sample in sound('msg', 'oft'):
            if sample['name'] not in MANY_ENTRIES:
                with self.subTest(sample['name']):
                    open_strictly(sample).close()

    def test_every_directory_is_a_valid_red_black_tree(self):
        def walk(storage):
            for entry in storage.entries.values():
                if entry.entry_type == olefile.STGTY_STORAGE:
                    walk(Storage(storage.ole, entry))
                else:
                    self.assertEqual(len(storage.stream(entry.name)), entry.size)

        self.check_each(lambda sample, message: walk(message))

    def test_facts_of_the_index_are_in_the_files(self):
        def check(sample, message):
            if sample['subject'] != '-':
                self.assertEqual(message.text(0x0037, message.codec()), sample['subject'])
            for field, prefix in (('recipients', '__recip_version1.0_#'), ('attachments', '__attach_version1.0_#')):
                if sample[field] != '-':
                    self.assertEqual(len(message.storages(prefix)), int(sample[field]), field)

        self.check_each(check)

    def test_words_of_the_index_are_in_every_body(self):
        def check(sample, message):
            words = sample['words'].split() if sample['words'] != '-' else []
            for kind, body in bodies(message):
                if kind != 'rtf' or sample['words'].isascii():
                    self.assertTrue(contains_in_order(body, words), kind + ': ' + body[:300])

        self.check_each(check)

    def test_named_properties_are_found_by_their_hash(self):
        def check(_, message):
            names = message.storage('__nameid_version1.0')
            entries, strings = names.property(0x00030102), names.property(0x00040102)
            for at in range(0, len(entries), 8):
                value, kind = struct.unpack_from('<II', entries, at)
                if kind & 1:
                    length = struct.unpack_from('<I', strings, value)[0]
                    value = crc(strings[value + 4:value + 4 + length])
                bucket = 0x1000 + (value ^ kind & 0xFFFF) % 0x1F
                found = names.property(bucket << 16 | 0x0102)
                self.assertIn(struct.pack('<II', value, kind), [found[i:i + 8] for i in range(0, len(found), 8)])

        self.check_each(check)

    def test_streams_of_many_sectors_hold_their_bytes(self):
        def noise(size, seed, count):
            mask, out = (1 << 64) - 1, b''
            for block in range(count // 8):
                z = ((seed ^ block * 0x9E3779B97F4A7C15 & mask) + 0x9E3779B97F4A7C15) & mask
                z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
                z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
                out += struct.pack('<Q', z ^ z >> 31)
            return out

        for name, number, size, seed in (('attachment-8mb.msg', 0, 8 << 20, 64), ('attachment-big-streams.msg', 0, 9001, 17),
                                         ('attachment-big-streams.msg', 1, 4096, 18),
                                         ('attachment-big-streams.msg', 2, 4095, 19)):
            with olefile.OleFileIO(os.path.join(FOLDER, name)) as ole:
                data = ole.openstream(['__attach_version1.0_#%08X' % number, '__substg1.0_37010102']).read()
            self.assertEqual(len(data), size)
            self.assertEqual(data[:4000], noise(size, seed, 4000))

    def test_the_8_mb_file_needs_difat_sectors(self):
        with open(os.path.join(FOLDER, 'attachment-8mb.msg'), 'rb') as file:
            header = file.read(512)
        self.assertGreater(struct.unpack_from('<I', header, 72)[0], 0)


class Gsf(unittest.TestCase):
    @needs('gsf')
    def test_lists_every_sound_file(self):
        for sample in sound('msg', 'oft'):
            if sample['name'] not in MANY_ENTRIES:
                with self.subTest(sample['name']):
                    listed = run('gsf', 'list', path_of(sample))
                    self.assertEqual(listed.returncode, 0, listed.stderr)
                    self.assertIn(b'__properties_version1.0', listed.stdout)

    @needs('gsf')
    @unittest.skipUnless(olefile, 'python3-olefile is not installed')
    def test_reads_the_same_bytes_as_olefile(self):
        for name in ('plain-v4.msg', 'attachment-big-streams.msg', 'nested-3.msg', 'attachment-ole.msg'):
            with olefile.OleFileIO(os.path.join(FOLDER, name)) as ole:
                for entry in ole.listdir():
                    with self.subTest(name + ': ' + '/'.join(entry)):
                        read = run('gsf', 'cat', os.path.join(FOLDER, name), '/'.join(entry))
                        self.assertEqual(read.stdout, ole.openstream(entry).read())


class Tnef(unittest.TestCase):
    def attachments_of(self, path):
        listed = run('tnef', '-t', '-f', path)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        return len(listed.stdout.splitlines())

    @needs('tnef')
    def test_lists_the_attachments_of_the_index(self):
        for sample in sound('tnef'):
            with self.subTest(sample['name']):
                self.assertEqual(self.attachments_of(path_of(sample)), int(sample['attachments']))

    @needs('tnef')
    def test_finds_winmail_dat_in_mails(self):
        for sample in sound('eml'):
            with self.subTest(sample['name']), open(path_of(sample), 'rb') as file:
                mail = email.message_from_binary_file(file, policy=email.policy.default)
                self.assertEqual(mail['Subject'], sample['subject'])
                self.assertFalse([d for part in mail.walk() for d in part.defects])
                tnef = [part for part in mail.walk() if (part.get_filename() or '').startswith('winmail')]
                self.assertEqual(len(tnef), 0 if sample['name'] == 'mail-without.eml' else 1)
                for part in tnef:
                    with tempfile.NamedTemporaryFile() as winmail:
                        winmail.write(part.get_payload(decode=True))
                        winmail.flush()
                        self.assertEqual(self.attachments_of(winmail.name), int(sample['attachments']))


class EmailOutlookMessage(unittest.TestCase):
    """The Perl module behind msgconvert."""

    # OLE::Storage_Lite, which it writes OLE objects with, dies of streams without a time; none has one.
    UNSUPPORTED = {'attachment-ole.msg'}

    @staticmethod
    def readings(subject):
        """It takes 8-bit strings for Latin-1; what they are in other code pages."""
        yield subject
        if all(ord(c) < 256 for c in subject):
            for codec in {*CODECS.values(), 'cp1250', 'cp1251', 'cp1253', 'cp1254', 'cp1256'}:
                yield subject.encode('latin-1').decode(codec, 'replace')

    @needs('perl')
    def test_converts_letters(self):
        if run('perl', '-MEmail::Outlook::Message', '-e', '1').returncode != 0:
            self.skipTest('libemail-outlook-message-perl is not installed')
        script = ('use open ":std", ":utf8"; for (@ARGV) { my $mail = eval { '
                  'Email::Outlook::Message->new($_)->to_email_mime }; my $s = $mail ? $mail->header("Subject") : "FAILED $@"; '
                  '$s =~ s/[\\r\\n]+/ /g; print "$s\\n" }')
        samples = [s for s in sound_and_small('msg') if s['name'] not in self.UNSUPPORTED]
        converted = run('perl', '-MEmail::Outlook::Message', '-e', script, *[path_of(s) for s in samples])
        subjects = converted.stdout.decode('utf-8', 'replace').splitlines()
        self.assertEqual(len(subjects), len(samples), converted.stderr[-2000:])
        for sample, subject in zip(samples, subjects):
            with self.subTest(sample['name']):
                self.assertFalse(subject.startswith('FAILED'), subject)
                if sample['subject'] != '-':
                    self.assertIn(sample['subject'], self.readings(subject))


def main():
    global GENERATOR, FOLDER
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    GENERATOR = sys.argv[1]
    with tempfile.TemporaryDirectory() as FOLDER:
        subprocess.run([GENERATOR, '--output', FOLDER], check=True)
        with open(os.path.join(FOLDER, 'INDEX.tsv'), encoding='utf-8', newline='') as index:
            SAMPLES.extend(csv.DictReader(index, delimiter='\t', quoting=csv.QUOTE_NONE))
        result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    if len(result.skipped) == result.testsRun:
        sys.exit(77)


main()
