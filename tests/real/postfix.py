"""A Postfix of the test's own, from an installed or an unpacked package.

    server = Postfix(folder, addresses)    # 127.0.0.1:server.port
    server.start()
    server.boxes.wait(127)
    server.stop()

All that it writes is in `folder`. Mail for `addresses` goes to Maildirs by its
`virtual` agent; other recipients are refused, and what it sends itself (its
notices to senders) is discarded. It is as strict about syntax as it can be.
"""

import os
import pathlib
import shutil
import subprocess

import servers

MASTER = "usr/lib/postfix/sbin/master"
ADDED = ("return-path", "x-original-to", "delivered-to", "received")
QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
          "incoming", "saved", "trace", "private")

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {top}/usr/sbin
daemon_directory = {top}/usr/lib/postfix/sbin
shlib_directory = {top}/usr/lib/postfix
meta_directory = {folder}/etc
mail_owner = {owner}
setgid_group = {group}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
import_environment = MAIL_CONFIG MAIL_LOGTAG POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH LANG=C
myhostname = mx.relay.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
default_transport = discard
relay_transport = discard
local_transport = discard
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
virtual_mailbox_domains = texthash:{folder}/etc/domains
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_mailbox_base = {folder}/queue/mail
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_error_sleep_time = 0
smtpd_data_restrictions = reject_unauth_pipelining
smtpd_forbid_unauth_pipelining = yes
smtpd_forbid_bare_newline = yes
strict_rfc821_envelopes = yes
strict_mime_encoding_domain = yes
strict_7bit_headers = yes
strict_8bitmime = yes
in_flow_delay = 0
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
"""


def why_not():
    return servers.why_not(MASTER)


class Postfix:
    """`settings` are further lines of main.cf, by name."""

    def __init__(self, folder, addresses, **settings):
        self.folder = pathlib.Path(folder)
        self.port = servers.free_port()
        self.boxes = servers.Mailboxes(self.folder / "queue" / "mail")
        self._process = None
        self._top, self._master = servers.find(MASTER)
        self._etc = self.folder / "etc"
        self._make_folders()
        (self._etc / "master.cf").write_text(MASTER_CF.format(port=self.port))
        (self._etc / "dynamicmaps.cf").write_text("")
        self.admit(addresses)
        self.configure(**settings)

    def _make_folders(self):
        for name in ("etc", "data", "queue/pid", "queue/mail", "queue/public",
                     "queue/maildrop", *(f"queue/{q}" for q in QUEUES)):
            (self.folder / name).mkdir(parents=True, mode=0o755)
        for name in ("data", "queue/mail", *(f"queue/{q}" for q in QUEUES)):
            (self.folder / name).chmod(0o700)
            shutil.chown(self.folder / name, servers.OWNER, servers.OWNER)
        for name, mode in (("public", 0o710), ("maildrop", 0o730)):
            (self.folder / "queue" / name).chmod(mode)
            shutil.chown(self.folder / "queue" / name, servers.OWNER,
                         servers.GROUP)

    def admit(self, addresses):
        """Have mailboxes for these alone; in force at the next start."""
        rows = [(a, *a.rpartition("@")[::2]) for a in addresses]
        (self._etc / "mailboxes").write_text("".join(
            f"{address} {domain}/{user}/\n" for address, user, domain in rows))
        domains = {domain for _, _, domain in rows}
        if (self._etc / "domains").exists():
            return
        (self._etc / "domains").write_text("".join(
            f"{domain} x\n" for domain in sorted(domains)))

    def configure(self, **settings):
        """Set main.cf; in force at the next start."""
        box = (self.folder / "queue" / "mail").stat()
        text = MAIN.format(folder=self.folder, top=str(self._top).rstrip("/"),
                           owner=servers.OWNER, group=servers.GROUP,
                           uid=box.st_uid, gid=box.st_gid)
        text += "".join(f"{k} = {v}\n" for k, v in settings.items())
        (self._etc / "main.cf").write_text(text)

    def start(self):
        environment = servers.environment(self._top)
        environment["MAIL_CONFIG"] = str(self._etc)
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self._master, "-c", self._etc, "-d"], env=environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True)
        try:
            servers.wait_for("Postfix to greet", self._is_up, 20)
        except BaseException:
            self.stop()
            raise RuntimeError(f"Postfix does not start:\n{self.log()}") \
                from None

    def _is_up(self):
        if self._process.poll() is not None:
            raise RuntimeError("master ended")
        return servers.greets(self.port)

    def stop(self):
        """Ends it as an operator would; harmless twice."""
        if self._process is not None:
            servers.end_group(self._process)
            self._process = None

    def log(self):
        """What it said so far."""
        return "".join(path.read_text(errors="replace") for path in
                       (self.folder / "output", self.folder / "log")
                       if os.path.exists(path))
