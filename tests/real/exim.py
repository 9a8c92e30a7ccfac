"""An Exim of the test's own, from an unpacked package.

    server = Exim(folder, addresses)       # 127.0.0.1:server.port
    server.start()
    server.boxes.wait(127)
    server.stop()

All that it writes is in `folder`. Mail for `addresses` goes to Maildirs; other
recipients are refused. The user that the package would have made is lent by
libnss_wrapper, so that nothing of the system changes.
"""

import pathlib
import pwd
import shutil
import subprocess

import servers

BINARY = "usr/sbin/exim4"
WRAPPER = "libnss_wrapper.so"
ADDED = ("return-path", "envelope-to", "delivery-date", "received")
USER = "Debian-exim"

CONFIG = """\
exim_path = {binary}
exim_user = {user}
exim_group = {user}
primary_hostname = exim.relay.example
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/pid
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
deliver_drop_privilege = true
never_users =
host_lookup =
rfc1413_hosts =
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = recipient
acl_smtp_data = accept
{settings}
begin acl
recipient:
  deny {deny}
    message = 5.7.0 authentication required
  require message = 5.1.1 no such mailbox
    verify = recipient
  accept
begin routers
box:
  driver = accept
  condition = ${{lookup{{$local_part@$domain}}lsearch{{{folder}/mailboxes}}{{yes}}{{no}}}}
  address_data = ${{lookup{{$local_part@$domain}}lsearch{{{folder}/mailboxes}}}}
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail/$address_data
  create_directory
  maildir_format
  delivery_date_add
  envelope_to_add
  return_path_add
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{username}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""


def why_not():
    missing = servers.why_not(BINARY)
    if not missing and servers.library(WRAPPER) is None:
        missing = f"no {WRAPPER}: `make test-real` fetches it"
    return missing


class Exim:
    """Plain, or with a (certificate, key) and a (user, password) without
    which nobody may send."""

    def __init__(self, folder, addresses, certificate=None, login=None,
                 settings=""):
        self.folder = pathlib.Path(folder)
        self.port = servers.free_port()
        self.boxes = servers.Mailboxes(self.folder / "mail")
        self._process = None
        top, self._binary = servers.find(BINARY)
        self._environment = servers.environment(top)
        self._lend_user()
        for name in ("spool", "log", "mail"):
            (self.folder / name).mkdir()
            shutil.chown(self.folder / name, servers.OWNER, servers.OWNER)
        (self.folder / "mailboxes").write_text("".join(
            "{0}: {2}/{1}\n".format(a, *a.split("@")) for a in addresses))
        if certificate:
            settings += ("tls_advertise_hosts = *\n"
                         f"tls_certificate = {certificate[0]}\n"
                         f"tls_privatekey = {certificate[1]}\n")
            for file in certificate:
                shutil.chown(file, servers.OWNER)
        else:
            settings += "tls_advertise_hosts =\n"
        username, password = login or ("", "")
        (self.folder / "config").write_text(CONFIG.format(
            folder=self.folder, port=self.port, user=USER, settings=settings,
            binary=self._binary, username=username, password=password,
            deny="!authenticated = *" if login else "condition = no"))

    def _lend_user(self):
        """Makes the package's user a second name of an existing one."""
        self.folder.mkdir(parents=True)
        owner = pwd.getpwnam(servers.OWNER)
        own = {"passwd": f"{USER}:x:{owner.pw_uid}:{owner.pw_gid}::/:/bin/false",
               "group": f"{USER}:x:{owner.pw_gid}:"}
        for name, line in own.items():
            known = pathlib.Path("/etc", name).read_text()
            (self.folder / name).write_text(f"{line}\n{known}")
            self._environment[f"NSS_WRAPPER_{name.upper()}"] = \
                str(self.folder / name)
        self._environment["LD_PRELOAD"] = str(servers.library(WRAPPER))

    def start(self):
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self._binary, "-C", self.folder / "config", "-bdf"],
                env=self._environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True)
        try:
            servers.wait_for("Exim to greet", self._is_up, 20)
        except BaseException:
            self.stop()
            raise RuntimeError(f"Exim does not start:\n{self.log()}") from None

    def _is_up(self):
        if self._process.poll() is not None:
            raise RuntimeError("exim ended")
        return servers.greets(self.port)

    def stop(self):
        """Ends it as an operator would; harmless twice."""
        if self._process is not None:
            servers.end_group(self._process)
            self._process = None

    def log(self):
        """What it said so far."""
        files = [self.folder / "output", *sorted((self.folder / "log").iterdir())]
        return "".join(f.read_text(errors="replace") for f in files
                       if f.exists())
