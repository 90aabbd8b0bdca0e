"""How much of a message is left in a mail: words of its subjects and bodies, pieces of its attachments."""
import email
import email.header
import email.policy
import hashlib
import html
import json
import os
import re

# A word is a run of three letters or more; of scripts without blanks, each pair of neighbours.
WORD = re.compile(r'[^\W\d_]{3,}')
DENSE = re.compile('[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+')
FEW = 5        # different words of the bodies that show that they are those
BLOCK = 64     # bytes compared at once, where compound files begin what they store
PIECE = 4      # blocks that show that they are an attachment's


def words_of(text):
    found = set()
    for word in WORD.findall((text or '').lower()):
        dense = DENSE.findall(word)
        for run in dense:
            found.update(run[i:i + 2] for i in range(len(run) - 1))
        if not dense:
            found.add(word)
    return found


def visible(markup):
    markup = re.sub(r'(?is)<(style|script|title)\b.*?</\1\s*>|<!--.*?-->', ' ', markup)
    return html.unescape(re.sub(r'(?s)<[^>]*>', ' ', markup))


def rtf_text(rtf):
    rtf = re.sub(r"\\'([0-9a-fA-F]{2})", lambda m: bytes.fromhex(m[1]).decode('cp1252', 'replace'), rtf)
    rtf = re.sub(r'\\u(-?\d+) ?\??', lambda m: chr(int(m[1]) % 0x10000), rtf)
    return re.sub(r'<[^>]*>', ' ', re.sub(r'[{}]|\\[a-z]+-?\d* ?|\\.', ' ', rtf))


def blocks_of(data):
    """The blocks of some bytes that are no padding."""
    blocks = (data[at:at + BLOCK] for at in range(0, len(data) - BLOCK + 1, BLOCK))
    return {block for block in blocks if len(set(block)) >= 12}


class Content:
    """What a message says: words of its subjects, of its bodies, and its attachments, at any depth."""

    def __init__(self):
        self.subject, self.body, self.hashes, self.blocks = set(), set(), set(), set()
        self.undamaged = None  # what the undamaged file's mail has of this

    def add_attachment(self, data):
        if data:
            self.hashes.add(hashlib.sha256(data).hexdigest())
            self.blocks |= blocks_of(data)

    def is_empty(self):
        return not (self.subject or self.body or self.hashes)

    @property
    def words(self):
        return self.subject | self.body


def decoded(header):
    try:
        return str(email.header.make_header(email.header.decode_header(header)))
    except (LookupError, ValueError):
        return header


def content_of_mail(raw):
    content = Content()
    mail = email.message_from_bytes(raw)
    for part in mail.walk():
        if 'Subject' in part:
            content.subject |= words_of(decoded(str(part['Subject'])))
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True) or b''
        kind = part.get_content_type()
        if part.get_filename() or not kind.startswith('text/'):
            content.add_attachment(data)
        if kind.startswith('text/') or kind == 'application/rtf':
            content.body |= words_of(text_of(part, kind, data))
    return content


def text_of(part, kind, data):
    charset = part.get_content_charset() or 'utf-8'
    try:
        text = data.decode(charset, 'replace')
    except LookupError:
        text = data.decode('latin-1')
    if kind == 'text/html':
        return visible(text)
    return rtf_text(text) if kind in ('text/rtf', 'application/rtf') else text


def add_facts(facts, content):
    """Takes the words that an independent reader found (facts/<sha256>.json beside the samples)."""
    content.subject |= words_of(facts.get('subject'))
    bodies = facts.get('bodies') or {}
    content.body |= words_of((bodies.get('plain') or {}).get('text'))
    for kind in ('html', 'rtf'):
        content.body |= words_of((bodies.get(kind) or {}).get('visible_text'))
    for attachment in facts.get('attachments') or ():
        if attachment.get('embedded'):
            add_facts(attachment['embedded'], content)


def reference(original, folder, mail):
    """What can be salvaged of a message: words from its facts, where there are any, else from the mail that the
    undamaged file gives; attachments from that mail. Texts that are attached have words too; they count as attachments."""
    content = content_of_mail(mail) if mail else Content()
    path = os.path.join(folder, 'facts', original.sha256 + '.json')
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            facts = json.load(file)
        if not facts.get('malformed'):
            content.subject, content.body = set(), set()
            add_facts(facts, content)
    content.undamaged = Salvage(content, mail)
    return content


class Salvage:
    """What a mail has of a message."""

    def __init__(self, wanted, mail):
        got = content_of_mail(mail) if mail else Content()
        subject, body = wanted.subject & got.words, wanted.body & got.body
        self.subject = bool(wanted.subject) and 2 * len(subject) >= len(wanted.subject)
        self.body = bool(wanted.body) and len(body) >= min(FEW, len(wanted.body))
        same_blocks = wanted.blocks & got.blocks
        self.attachment = bool(wanted.hashes & got.hashes) or len(same_blocks) >= PIECE
        self.words = len(wanted.words & got.words) / len(wanted.words) if wanted.words else 1.0
        self.pieces = len(same_blocks) / len(wanted.blocks) if wanted.blocks else 1.0
        self.undamaged = wanted.undamaged

    def __bool__(self):
        return self.subject or self.body or self.attachment

    @property
    def has_lost(self):
        """More than a damaged word here and there, of which no format could tell."""
        whole = self.undamaged
        return bool(whole) and (self.words < 0.9 * whole.words or self.pieces < 0.9 * whole.pieces)
