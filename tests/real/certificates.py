"""Certificates of a test's own authorities, made by openssl."""

import subprocess


class Authority:
    """A certification authority; its certificate is `ca_file`."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.ca_file = folder / "ca.pem"
        self._run("req", "-x509", *self._new_key("ca"), "-out", self.ca_file,
                  "-subj", "/CN=Test Authority", "-days", "2",
                  "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", self.folder / f"{name}.key")

    def _run(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def issue(self, name):
        """(certificate, key) of the server `name`, as paths of files."""
        request = self.folder / f"{name}.csr"
        certificate = self.folder / f"{name}.pem"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:{name}\n"
                              "extendedKeyUsage=serverAuth\n")
        self._run("req", *self._new_key(name), "-out", request, "-subj",
                  f"/CN={name}")
        self._run("x509", "-req", "-in", request, "-CA", self.ca_file,
                  "-CAkey", self.folder / "ca.key", "-days", "2",
                  "-set_serial", "2", "-extfile", extensions, "-out",
                  certificate)
        return certificate, self.folder / f"{name}.key"
