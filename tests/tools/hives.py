"""Registry hives and .reg files for tests: an empty hive is written here, hivexsh puts keys and values into it."""
import shutil
import struct
import subprocess

HIVEXSH = shutil.which("hivexsh")


def _cell(content, size=None):
    size = size or (len(content) + 4 + 7) // 8 * 8
    return struct.pack("<i", -size) + content.ljust(size - 4, b"\0")


def empty_hive():
    """One page: a root key and its security descriptor. Layout: the register of the hive format in hivex(3)."""
    none = 0xFFFFFFFF
    root_name = b"ROOT"
    key_size = (4 + 76 + len(root_name) + 7) // 8 * 8
    security_at = 0x20 + key_size
    key = b"nk" + struct.pack("<HQIIIIIIIIIIIIIIIHH", 0x2C, 0, 0, none, 0, 0, none, none, 0, none, security_at, none, 0, 0, 0, 0, 0,
                              len(root_name), 0) + root_name
    descriptor = struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)
    security = b"sk" + struct.pack("<HIIII", 0, security_at, security_at, 1, len(descriptor)) + descriptor
    cells = _cell(key, key_size) + _cell(security)
    free = 0x1000 - 0x20 - len(cells)
    page = b"hbin" + struct.pack("<IIQQI", 0, 0x1000, 0, 0, 0) + cells + struct.pack("<i", free).ljust(free, b"\0")
    head = b"regf" + struct.pack("<IIQIIIIIII", 1, 1, 0, 1, 3, 0, 1, 0x20, 0x1000, 1)
    head = head.ljust(508, b"\0")
    checksum = 0
    for (word,) in struct.iter_unpack("<I", head):
        checksum ^= word
    return (head + struct.pack("<I", checksum)).ljust(0x1000, b"\0") + page


def _hex(data):
    return ",".join(f"{byte:02x}" for byte in data)


def _shell_value(value):
    """As hivexsh takes it: numbers are REG_DWORD, texts REG_SZ, lists REG_MULTI_SZ."""
    if isinstance(value, int):
        return f"dword:0x{value:08x}"
    if isinstance(value, str):
        return f"string:{value}" if value.isascii() else "hex:1:" + _hex((value + "\0").encode("utf-16-le"))
    data = "".join(text + "\0" for text in value).encode("utf-16-le") + b"\0\0"
    return "hex:7:" + _hex(data)


def make_hive(path, keys):
    """`keys`: {"Select": {"Current": 1}, "ControlSet001\\\\Services\\\\…": {…}}."""
    with open(path, "wb") as file:
        file.write(empty_hive())
    commands = []
    made = set()
    for key, values in keys.items():
        parts = key.split("\\")
        for depth in range(1, len(parts) + 1):
            if tuple(parts[:depth]) in made:
                continue
            made.add(tuple(parts[:depth]))
            commands += ["cd \\" + "\\".join(parts[:depth - 1]), "add " + parts[depth - 1]]
        commands += ["cd \\" + key, f"setval {len(values)}"]
        for name, value in values.items():
            commands += [name, _shell_value(value)]
    commands += ["commit", "quit"]
    done = subprocess.run([HIVEXSH, "-w", str(path)], input="\n".join(commands) + "\n", capture_output=True, text=True)
    if done.returncode != 0 or done.stderr.strip():
        raise RuntimeError(f"hivexsh: {done.stderr or done.stdout}")


def _text_value(value, is_ansi):
    if isinstance(value, int):
        return f"dword:{value:08x}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    joined = "".join(text + "\0" for text in value) + "\0"
    data = joined.encode("cp1252" if is_ansi else "utf-16-le")
    return "hex(7):" + ",\\\r\n  ".join(_hex(data[i:i + 16]) for i in range(0, len(data), 16))


def reg_text(keys, is_ansi=False, root="HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS"):
    """The bytes of a .reg file with `keys` below `root`, as regedit exports it."""
    lines = ["REGEDIT4" if is_ansi else "Windows Registry Editor Version 5.00", ""]
    for key, values in keys.items():
        lines.append(f"[{root}\\{key}]")
        for name, value in values.items():
            escaped = name.replace("\\", "\\\\")
            lines.append(f'"{escaped}"=' + _text_value(value, is_ansi))
        lines.append("")
    text = "\r\n".join(lines) + "\r\n"
    return text.encode("cp1252") if is_ansi else b"\xff\xfe" + text.encode("utf-16-le")
