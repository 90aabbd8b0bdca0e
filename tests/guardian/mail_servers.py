"""Servers of a test's own, on loopback, from Debian's packages: Postfix that delivers into Maildirs, Dovecot that knows its
passwords. Each has its own configuration, queue and ports in a temporary folder; the machine's own servers are not touched.

Postfix's master must be started by root, and needs the accounts that its package makes."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

POSTFIX, DOVECOT = "/usr/sbin/postfix", "/usr/sbin/dovecot"
NOBODY = 65534


def reason_to_skip(*programs):
    """Why such servers cannot be had here, None when they can."""
    if os.geteuid() != 0:
        return "Postfix can only be started by root"
    missing = [program for program in programs if not os.path.exists(program)]
    return f"not installed: {', '.join(missing)} (cmake/install-packages.sh servers)" if missing else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"never happened: {what}")


def make_certificate(folder):
    """A certificate for localhost that vouches for itself; returns (certificate, key)."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
127.0.0.1:{wrapped} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes -o smtpd_tls_security_level=encrypt
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
myhostname = mx.test.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:local mail is disabled
virtual_mailbox_domains = test.example
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = texthash:{home}/config/boxes
virtual_minimum_uid = 1
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
smtpd_recipient_restrictions = check_recipient_access regexp:{home}/config/access, permit_mynetworks, reject
smtpd_tls_cert_file = {home}/certificate.pem
smtpd_tls_key_file = {home}/key.pem
smtpd_tls_security_level = {tls}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/auth
smtpd_peername_lookup = no
smtpd_client_connection_rate_limit = 0
# Each connection reads the tables anew, so that a test can change them.
max_use = 1
"""


class Postfix:
    """Takes mail for ada@test.example and later@test.example, puts the latter off (450), and knows no nobody@ (550)."""

    def __init__(self, folder, tls="none"):
        self.home = pathlib.Path(folder)
        self.port, self.submission, self.wrapped = free_port(), free_port(), free_port()
        self.config = self.home / "config"
        for name in ("config", "queue", "data", "mail"):
            (self.home / name).mkdir(parents=True)
        os.chmod(self.home, 0o755)
        os.chown(self.home / "data", pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(self.home / "mail", NOBODY, NOBODY)
        self.certificate, _ = make_certificate(self.home)
        values = dict(home=self.home, nobody=NOBODY, tls=tls, port=self.port, submission=self.submission, wrapped=self.wrapped)
        (self.config / "main.cf").write_text(MAIN.format(**values))
        (self.config / "master.cf").write_text(MASTER.format(**values))
        (self.config / "boxes").write_text("".join(f"{user}@test.example {user}/\n" for user in ("ada", "later")))
        (self.config / "access").write_text("/^nobody@/ 550 5.1.1 no such user\n/^later@/ 450 4.2.1 mailbox busy\n")
        self.master = None

    def start(self):
        self.master = subprocess.Popen([POSTFIX, "-c", self.config, "start-fg"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})
        try:
            wait_until(lambda: self.master.poll() is not None or answers(self.port), "Postfix answers")
        except AssertionError:
            self.stop()
            raise
        if self.master.poll() is not None:
            raise AssertionError(f"Postfix did not start: {self.master.stdout.read().decode()}\n{self.log()}")

    def stop(self):
        """Ends the master that we started, which ends its children."""
        if self.master is None:
            return
        self.master.terminate()
        try:
            self.master.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.master.kill()
            self.master.wait()
        self.master.stdout.close()
        self.master = None

    def log(self):
        path = self.home / "mail.log"
        return path.read_text() if path.exists() else ""

    def mail(self, user):
        """What lies in the Maildir of `user`."""
        folder = self.home / "mail" / user / "new"
        return [p.read_bytes() for p in sorted(folder.iterdir())] if folder.is_dir() else []

    def queue_is_empty(self):
        return not any(p.is_file() for name in ("incoming", "active", "deferred") for p in (self.home / "queue" / name).rglob("*"))


DOVECOT_CONF = """
base_dir = {home}/dovecot
state_dir = {home}/dovecot
protocols =
log_path = {home}/dovecot.log
ssl = no
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/passwords
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home=/nonexistent
}}
service auth {{
  unix_listener {home}/auth {{
    mode = 0666
  }}
}}
"""


class Dovecot:
    """Only its authentication, on a socket beside Postfix's configuration."""

    def __init__(self, home, users):
        self.home, self.process = pathlib.Path(home), None
        (self.home / "passwords").write_text("".join(f"{user}:{password}\n" for user, password in users.items()))
        os.chmod(self.home / "passwords", 0o644)
        (self.home / "dovecot.conf").write_text(DOVECOT_CONF.format(home=self.home, nobody=NOBODY))

    def start(self):
        self.process = subprocess.Popen([DOVECOT, "-F", "-c", self.home / "dovecot.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        wait_until(lambda: self.process.poll() is not None or (self.home / "auth").exists(), "Dovecot makes its socket")
        if self.process.poll() is not None:
            raise AssertionError(f"Dovecot did not start: {(self.home / 'dovecot.log').read_text()}")

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
