#!/usr/bin/python3
"""Converts damaged variants of messages and counts what becomes of them: nothing may die, words must be left.

Of every .msg, .oft and TNEF file below FOLDER (default: $MAPIGUARD_CORPUS) it makes
  cut       the file cut off at --cuts points evenly apart (20: after 1/21, 2/21 … 20/21 of it)
  changed   --changes variants with random bytes changed to other values, in turn 1 byte, 2-8 bytes, 50 bytes, 0.1 %
            and 1 % of the bytes; never more than 1 % of a file, but at least one byte
and converts them by the folder, as `mapiguard convert` does in everyday work. --seed makes others; one seed always the same.

A variant is salvaged when the output has, of what the undamaged message has,
  half of the different words of the subjects, or
  5 different words of the bodies (all, where there are fewer), at any depth of embedded messages, or
  an attachment: the same SHA-256, or 4 pieces of 64 bytes of it that are no padding.
A word has three letters or more; in scripts without blanks each pair of letters is one. The words are those that
FOLDER/facts/<sha256>.json names (an independent reader's), else those of the mail that the undamaged file gives;
attachments are the latter's. Messages that have none of these are left out. `chance` is how many outputs would pass
for a variant of another message; `words` the share of all words that is left.
`told`: of the variants that were cut, or lost a tenth of the words or of the pieces of attachments that the undamaged
file gives, those with a Defect in the report. That one letter became another cannot be told by any reader of .msg, which has no checksums.

msgconvert (Email::Outlook::Message) converts a part of the same .msg variants, with 10 seconds each; of TNEF it reads
nothing. Its rows stand beside ours over the same variants.
"""
import argparse
import collections
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mutants_damage as damage  # noqa: E402
import mutants_measure as measure  # noqa: E402

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'mutants_peer.pl')
PEER_SECONDS = 10
BATCH = 256 << 20  # bytes of variants on the disk at once


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', nargs='?', default=os.environ.get('MAPIGUARD_CORPUS'), metavar='FOLDER')
    parser.add_argument('--mapiguard', default='build/release/mapiguard', metavar='PROGRAM')
    parser.add_argument('--cuts', type=int, default=20, metavar='N')
    parser.add_argument('--changes', type=int, default=50, metavar='N')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--peer', type=float, default=0.25, metavar='SHARE',
                        help='share of the .msg variants that msgconvert gets too (0.25; 0: none)')
    parser.add_argument('--at-least', type=float, default=85, metavar='PERCENT', help='salvaged, or the exit code is 1 (85)')
    parser.add_argument('--json', action='store_true', help='print the figures as one JSON object')
    parser.add_argument('--rows', metavar='FILE', help='write one JSON line a variant')
    parser.add_argument('--keep', metavar='DIR', help='keep the variants that were not salvaged, and that killed')
    arguments = parser.parse_args()
    if not arguments.folder:
        print('no FOLDER and no MAPIGUARD_CORPUS in the environment: nothing to convert')
        sys.exit(77)
    return arguments


def read(path):
    if not os.path.exists(path):
        return b''
    with open(path, 'rb') as file:
        return file.read()


class Run:
    def __init__(self, arguments, work):
        self.arguments, self.work, self.batches = arguments, work, 0
        peer_works = shutil.which('perl') and subprocess.run(['perl', '-MEmail::Outlook::Message', '-e', '1'],
                                                             capture_output=True, check=False).returncode == 0
        self.has_peer = bool(peer_works and arguments.peer > 0)

    def convert(self, folder):
        """Returns the report of each input by its name; outputs are NAME.eml in the second folder."""
        output, report = folder + '.out', folder + '.jsonl'
        subprocess.run([self.arguments.mapiguard, 'convert', '--state', os.path.join(self.work, 'state'), '--no-progress',
                        '--jobs', str(self.arguments.jobs), '--output', output, '--report', report, folder],
                       stderr=subprocess.DEVNULL, check=False)
        with open(report, encoding='utf-8') as lines:
            rows = [json.loads(line) for line in lines]
        return {os.path.basename(row['input']): row for row in rows}, output

    def write(self, named):
        folder = os.path.join(self.work, f'in-{self.batches}')
        self.batches += 1
        os.mkdir(folder)
        for name, data in named:
            with open(os.path.join(folder, name), 'wb') as file:
                file.write(data)
        return folder

    def references(self, originals):
        folder = self.write((f'{o.sha256}.{o.kind}', o.data) for o in originals)
        _, output = self.convert(folder)
        for original in originals:
            mail = read(os.path.join(output, f'{original.sha256}.{original.kind}.eml'))
            yield measure.reference(original, self.arguments.folder, mail)
        self.remove(folder)

    def remove(self, folder):
        shutil.rmtree(folder)
        shutil.rmtree(folder + '.out', ignore_errors=True)

    def measure_batch(self, batch, pool):
        """batch: (mutant, reference, another message's reference). Yields one row each."""
        folder = self.write((mutant.name, mutant.make()) for mutant, _, _ in batch)
        reports, output = self.convert(folder)
        peers = self.convert_by_peer(folder, [m for m, _, _ in batch if self.is_for_peer(m)])
        jobs = []
        for mutant, wanted, other in batch:
            peer_path = os.path.join(folder + '.peer', mutant.name) if mutant.name in peers else None
            jobs.append((os.path.join(output, mutant.name + '.eml'), peer_path, wanted, other))
        for (mutant, _, _), measured in zip(batch, pool.map(measure_outputs, jobs, chunksize=16)):
            row = describe(mutant, reports[mutant.name], measured, peers.get(mutant.name))
            self.keep(row, os.path.join(folder, mutant.name))
            yield row
        shutil.rmtree(folder + '.peer', ignore_errors=True)
        self.remove(folder)

    def keep(self, row, path):
        if self.arguments.keep and (not row['salvaged'] or row['outcome'] == 'died'):
            os.makedirs(self.arguments.keep, exist_ok=True)
            shutil.copy(path, self.arguments.keep)

    def is_for_peer(self, mutant):
        return self.has_peer and mutant.original.kind == 'msg' and \
            zlib.crc32(mutant.name.encode()) % 1000 < self.arguments.peer * 1000

    def convert_by_peer(self, folder, mutants):
        """One process a processor, each with a part of the variants. Returns the outcome by name."""
        output = folder + '.peer'
        os.mkdir(output)
        running = []
        for job in range(self.arguments.jobs):
            lines = ''.join(f'{os.path.join(folder, m.name)}\t{os.path.join(output, m.name)}\n'
                            for m in mutants[job::self.arguments.jobs])
            if lines:
                requests = tempfile.TemporaryFile('w+', encoding='utf-8')
                requests.write(lines)
                requests.seek(0)
                running.append(subprocess.Popen(['perl', PEER, str(PEER_SECONDS)], stdin=requests,
                                                stdout=subprocess.PIPE, text=True))
        outcomes = {}
        for process in running:
            for line in process.communicate()[0].splitlines():
                path, outcome = line.split('\t')
                outcomes[os.path.basename(path)] = outcome
        return outcomes


def measure_outputs(job):
    ours, peers, wanted, other = job
    mail = read(ours)
    return measure.Salvage(wanted, mail), bool(measure.Salvage(other, mail)), \
        measure.Salvage(wanted, read(peers)) if peers else None


def describe(mutant, report, measured, peer_outcome):
    salvage, is_chance, peer = measured
    defects = [d for d in report['defects'] if d['severity'] != 'info']
    return {'name': mutant.name, 'original': os.path.basename(mutant.original.path), 'kind': mutant.original.kind,
            'how': mutant.how, 'detail': mutant.detail, 'outcome': report['outcome'],
            'class': (report['verdict'] or {}).get('class'), 'salvaged': bool(salvage), 'subject': salvage.subject,
            'body': salvage.body, 'attachment': salvage.attachment, 'words': round(salvage.words, 4),
            'pieces': round(salvage.pieces, 4), 'chance': is_chance, 'defects': len(defects),
            'losses': sum(d['severity'] == 'loss' for d in defects),
            'must_tell': mutant.how == 'cut' or salvage.has_lost,
            'is_told': bool(defects) or report['outcome'] != 'converted',
            'peer_outcome': peer_outcome, 'peer_salvaged': bool(peer) if peer is not None else None,
            'peer_words': round(peer.words, 4) if peer is not None else None}


def percent(rows, test):
    rows = list(rows)
    return round(100 * sum(map(test, rows)) / len(rows), 2) if rows else None


def figures(rows):
    must_tell = [r for r in rows if r['must_tell']]
    out = {'variants': len(rows), 'died': sum(r['outcome'] == 'died' for r in rows),
           'salvaged': percent(rows, lambda r: r['salvaged']), 'words': percent(rows, lambda r: r['words']),
           'told': percent(must_tell, lambda r: r['is_told']), 'chance': percent(rows, lambda r: r['chance'])}
    shared = [r for r in rows if r['peer_outcome']]
    if shared:
        out['msgconvert'] = {'variants': len(shared), 'salvaged': percent(shared, lambda r: r['peer_salvaged']),
                             'words': percent(shared, lambda r: r['peer_words']),
                             'outcomes': collections.Counter(r['peer_outcome'] for r in shared),
                             'mapiguard_salvaged': percent(shared, lambda r: r['salvaged']),
                             'mapiguard_words': percent(shared, lambda r: r['words'])}
    return out


def groups(rows):
    """Titles and rows of the table."""
    yield 'all', rows
    for kind in ('msg', 'tnef'):
        yield kind, [r for r in rows if r['kind'] == kind]
    for kind in ('msg', 'tnef'):
        for how in ('cut', 'changed'):
            some = [r for r in rows if r['kind'] == kind and r['how'] == how]
            yield f'{kind} {how}', some
            for detail in dict.fromkeys(r['detail'] for r in some):
                yield f'{kind} {how} {detail}', [r for r in some if r['detail'] == detail]


def print_table(result):
    print(f"{'':22}{'variants':>9}{'died':>6}{'salvaged':>10}{'words':>8}{'told':>8}{'chance':>8}"
          f"   {'same, by msgconvert':>20}{'words':>8}{'   ours':>8}{'words':>8}")
    for title, row in result['groups'].items():
        text = f"{title:22}{row['variants']:9}{row['died']:6}"
        for name, width in (('salvaged', 10), ('words', 8), ('told', 8), ('chance', 8)):
            text += f"{'-' if row[name] is None else format(row[name], '.2f'):>{width}}"
        peer = row.get('msgconvert')
        if peer:
            text += f"   {peer['variants']:9} {peer['salvaged']:9.2f} %{peer['words']:8.2f}" \
                    f"{peer['mapiguard_salvaged']:8.2f}{peer['mapiguard_words']:8.2f}"
        print(text)
    print('outcomes:', ', '.join(f'{k} {v}' for k, v in result['outcomes'].items()))
    print('classes of deaths:', ', '.join(f'{k} {v}' for k, v in result['classes'].items()) or 'none')
    print(f"messages: {result['messages']}, left out for want of words and attachments: {len(result['left_out'])}")


def main():
    arguments = parse_arguments()
    rows, left_out, pending, size = [], [], [], 0
    with tempfile.TemporaryDirectory(prefix='mapiguard-mutants-') as work, multiprocessing.Pool(arguments.jobs) as pool:
        run = Run(arguments, work)
        originals = list(damage.find(arguments.folder))
        references = list(run.references(originals))
        sound = [(o, r) for o, r in zip(originals, references) if not r.is_empty()]
        left_out = [o.path for o, r in zip(originals, references) if r.is_empty()]
        for i, (original, wanted) in enumerate(sound):
            other = sound[(i + len(sound) // 2) % len(sound)][1]  # neighbours are often versions of one message
            for mutant in damage.variants(original, arguments.cuts, arguments.changes, arguments.seed):
                pending.append((mutant, wanted, other))
                size += len(original.data)
            if size > BATCH or i == len(sound) - 1:
                rows += run.measure_batch(pending, pool)
                pending, size = [], 0
                if sys.stderr.isatty():
                    print(f'{i + 1} of {len(sound)} messages', file=sys.stderr)
    finish(arguments, rows, len(sound), left_out)


def finish(arguments, rows, messages, left_out):
    if arguments.rows:
        with open(arguments.rows, 'w', encoding='utf-8') as file:
            file.writelines(json.dumps(row) + '\n' for row in rows)
    result = {'messages': messages, 'left_out': left_out, 'outcomes': collections.Counter(r['outcome'] for r in rows),
              'classes': collections.Counter(r['class'] for r in rows if r['class']),
              'groups': {title: figures(some) for title, some in groups(rows) if some}}
    print(json.dumps(result, indent=1)) if arguments.json else print_table(result)
    total = result['groups'].get('all')
    is_good = total and total['died'] == 0 and total['salvaged'] >= arguments.at_least
    sys.exit(0 if is_good else 1)


if __name__ == '__main__':
    main()
