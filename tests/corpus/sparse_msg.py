"""Writes a .msg with one huge attachment, most of which is a hole in the file: MS-CFB version 4, MS-OXMSG."""
import struct

SECTOR, MINI = 4096, 64
FREE, END, FAT, DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
STORAGE, STREAM, ROOT = 1, 2, 5
STRING, INTEGER, BINARY = 0x1F, 0x03, 0x0102


def utf16(text):
    return text.encode('utf-16-le')


def record(tag, value):
    return struct.pack('<IIQ', tag, 6, value)


def entry(name, kind, child=FREE, right=FREE, start=0, size=0):
    raw = utf16(name) + b'\0\0'
    return raw.ljust(64, b'\0') + struct.pack('<HBBIII16xI16xIQ', len(raw), kind, 1, FREE, right, child, 0, start, size)


def text_stream(property_id, text):
    return f'__substg1.0_{property_id:04X}001F', utf16(text), record(property_id << 16 | STRING, len(utf16(text)) + 2)


def write(path, size, subject, body, name, marks):
    """marks: (offset, bytes) to write into the attachment; the rest of it are zeros."""
    top = [text_stream(0x001A, 'IPM.Note'), text_stream(0x0037, subject), text_stream(0x1000, body)]
    inner = [text_stream(0x3707, name)]
    inner_records = b''.join(r for _, _, r in inner) + record(0x37050003, 1) + record(0x37010102, size)
    top_records = b''.join(r for _, _, r in top)
    small = [(n, data) for n, data, _ in top] + [('__properties_version1.0', bytes(16) + struct.pack('<II8x', 0, 1) + top_records)]
    small_inner = [(n, data) for n, data, _ in inner] + [('__properties_version1.0', bytes(8) + inner_records)]

    mini, mini_links, starts = b'', [], []
    for _, data in small + small_inner:
        count = -(-len(data) // MINI)
        first = len(mini_links)
        starts.append(first)
        mini_links += [first + i + 1 for i in range(count - 1)] + [END]
        mini += data.ljust(count * MINI, b'\0')

    data_sectors, mini_sectors = -(-size // SECTOR), -(-len(mini) // SECTOR)
    others = 1 + 1 + mini_sectors  # directory, mini FAT, mini stream
    fat_sectors = difat_sectors = 0
    while True:
        total = others + fat_sectors + difat_sectors + data_sectors
        needed = -(-total // 1024)
        needed_difat = max(0, -(-(needed - 109) // 1023))
        if (needed, needed_difat) == (fat_sectors, difat_sectors):
            break
        fat_sectors, difat_sectors = needed, needed_difat
    first_fat = others
    first_difat = first_fat + fat_sectors
    first_data = first_difat + difat_sectors

    links = [END, END] + [2 + i + 1 for i in range(mini_sectors - 1)] + [END]
    links += [FAT] * fat_sectors + [DIFAT] * difat_sectors
    links += list(range(first_data + 1, first_data + data_sectors)) + [END]
    links += [FREE] * (fat_sectors * 1024 - len(links))

    entries = [entry('Root Entry', ROOT, child=1, start=2, size=len(mini))]
    members = [(n, STREAM, s, len(d)) for (n, d), s in zip(small, starts)] + [('__attach_version1.0_#00000000', STORAGE, 0, 0)]
    inners = [(n, STREAM, s, len(d)) for (n, d), s in zip(small_inner, starts[len(small):])]
    inners.append(('__substg1.0_37010102', STREAM, first_data, size))
    first_inner = 1 + len(members)
    for group, first in ((members, 1), (inners, first_inner)):
        for i, (n, kind, start, length) in enumerate(group):
            right = first + i + 1 if i + 1 < len(group) else FREE
            entries.append(entry(n, kind, first_inner if kind == STORAGE else FREE, right, start, length))

    fat_numbers = list(range(first_fat, first_fat + fat_sectors))
    header = bytes.fromhex('d0cf11e0a1b11ae1') + bytes(16)
    header += struct.pack('<HHHHH', 0x3E, 4, 0xFFFE, 12, 6) + bytes(6)
    header += struct.pack('<IIIIIIIII', 1, fat_sectors, 0, 0, 4096, 1, 1, first_difat if difat_sectors else END, difat_sectors)
    header += struct.pack('<109I', *(fat_numbers + [FREE] * 109)[:109])

    with open(path, 'wb') as file:
        def put(sector, data):
            file.seek((sector + 1) * SECTOR)
            file.write(data)

        file.write(header)
        directory = b''.join(entries)
        assert len(directory) <= SECTOR and len(mini_links) <= 1024
        put(0, directory + bytes(SECTOR - len(directory)))
        put(1, struct.pack('<1024I', *(mini_links + [FREE] * (1024 - len(mini_links)))))
        put(2, mini)
        put(first_fat, struct.pack(f'<{len(links)}I', *links))
        for i in range(difat_sectors):
            numbers = fat_numbers[109 + i * 1023:109 + (i + 1) * 1023]
            following = first_difat + i + 1 if i + 1 < difat_sectors else END
            put(first_difat + i, struct.pack('<1024I', *(numbers + [FREE] * (1023 - len(numbers))), following))
        for offset, data in marks:
            file.seek((first_data + 1) * SECTOR + offset)
            file.write(data)
        file.truncate((first_data + data_sectors + 1) * SECTOR)
