"""Debian's slapd as an ordinary process on loopback, with a Chinese company in a folder of its own."""

import base64
import datetime
import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.identity.ldap.settings import LdapSettings
from tests.ports import take_port

SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=人员,{SUFFIX}"
READER = f"cn=reader,{SUFFIX}"
READER_PASSWORD = "reader's password"
PASSWORD = "春眠不觉晓 1"
START_WITHIN_S = 20.0
Tree = dict[str, "Tree"]
TREE: Tree = {
    "研发部": {"平台组": {"消息": {"投递": {}}, "存储": {}}, "前端组": {}},
    "市场部": {"华东区": {"上海": {}}, "华南区": {}},
    "人事部": {},
}
PER_DEPARTMENT = 20
"""11 departments make 220 people."""


@dataclass(frozen=True)
class Slapd:
    """A running server."""

    folder: Path
    port: int
    tls_port: int
    ca_pem: str

    def settings(self, **changes: object) -> LdapSettings:
        """How to reach it as the reader, in the clear: it is on this machine."""
        values: dict[str, object] = {
            "servers": (f"127.0.0.1:{self.port}",),
            "security": "plain",
            "bind_dn": READER,
            "people_base": PEOPLE,
            "departments_base": PEOPLE,
            "timeout_s": 5,
        }
        return LdapSettings(**{**values, **changes})  # type: ignore[arg-type]

    def change(self, ldif: str) -> None:
        """Change entries as the manager does."""
        command = ["ldapmodify", "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", f"cn=manager,{SUFFIX}", "-w", "top"]
        subprocess.run(command, input=ldif.encode(), check=True, capture_output=True, timeout=60)


def require_slapd() -> str:
    """Return where slapd is, or skip."""
    path = shutil.which("slapd") or shutil.which("/usr/sbin/slapd")
    if path is None or shutil.which("ldapmodify") is None:
        pytest.skip("needs Debian's slapd and ldap-utils (apt-get install slapd ldap-utils)")
    return path


def start(folder: Path) -> tuple[Slapd, "subprocess.Popen[bytes]"]:
    """Fill a new server and start it; the caller ends the process."""
    program = require_slapd()
    ca_pem = write_certificates(folder)
    port, tls_port = take_port(), take_port()
    (folder / "data").mkdir()
    configuration = folder / "slapd.conf"
    configuration.write_text(_configuration(folder))
    ldif = folder / "company.ldif"
    ldif.write_text("\n".join(company()))
    loader = str(Path(program).with_name("slapadd"))
    subprocess.run([loader, "-q", "-f", str(configuration), "-l", str(ldif)], check=True, timeout=60)
    process = subprocess.Popen(
        [program, "-f", str(configuration), "-d", "0", "-h", f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(port, process)
    return Slapd(folder, port, tls_port, ca_pem), process


def company() -> Iterable[str]:
    """The LDIF: a tree four deep, people in each unit, and groups."""
    yield f"dn: {SUFFIX}\nobjectClass: organization\nobjectClass: dcObject\no: 蓝海科技\ndc: example\n"
    yield _entry(PEOPLE, ["organizationalUnit"], ou="人员")
    yield _entry(READER, ["organizationalRole", "simpleSecurityObject"], cn="reader", userPassword=READER_PASSWORD)
    members: dict[str, list[str]] = {}
    number = 0
    for path in departments():
        dn = ",".join([*(f"ou={name}" for name in reversed(path)), PEOPLE])
        yield _entry(dn, ["organizationalUnit"], ou=path[-1])
        for _each in range(PER_DEPARTMENT):
            yield person(number, dn)
            members.setdefault(path[0], []).append(f"uid=user{number:03d},{dn}")
            number += 1
    yield _entry(f"ou=组,{SUFFIX}", ["organizationalUnit"], ou="组")
    for name, dns in members.items():
        yield _entry(f"cn={name},ou=组,{SUFFIX}", ["groupOfNames"], cn=name, member=dns)


def departments() -> list[tuple[str, ...]]:
    """Every department by its path, parents first."""

    def walk(tree: Tree, above: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
        for name, below in tree.items():
            yield (*above, name)
            yield from walk(below, (*above, name))

    return list(walk(TREE, ()))


def person(number: int, unit: str, **values: str) -> str:
    """One person's entry."""
    uid = values.pop("uid", f"user{number:03d}")
    name = values.pop("cn", f"员工{number:03d}")
    fields = {"sn": name[0], "mail": f"{uid}@example.com", "title": "工程师", "userPassword": PASSWORD, **values}
    return _entry(f"uid={uid},{unit}", ["inetOrgPerson"], uid=uid, cn=name, **fields)


def write_certificates(folder: Path, *, name: str = "localhost") -> str:
    """Write an authority and a server's certificate for `name` and 127.0.0.1; return the authority's, as PEM."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "imsite test authority")])

    def builder(subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(ca_name).public_key(public_key)
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))

    ca = builder(ca_name, ca_key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    certificate = builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
    addresses: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        addresses.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = certificate.add_extension(x509.SubjectAlternativeName(addresses), False)
    pem = ca.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    (folder / "server.pem").write_bytes(
        certificate.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem.decode()


def _entry(dn: str, classes: list[str], **values: str | list[str]) -> str:
    lines = [f"dn:: {_base64(dn)}", *(f"objectClass: {each}" for each in classes)]
    for name, value in values.items():
        lines += [f"{name}:: {_base64(each)}" for each in ([value] if isinstance(value, str) else value)]
    return "\n".join(lines) + "\n"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _configuration(folder: Path) -> str:
    schemas = "\n".join(f"include /etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
    return f"""{schemas}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
TLSVerifyClient never
database mdb
suffix "{SUFFIX}"
rootdn "cn=manager,{SUFFIX}"
rootpw top
directory {folder}/data
maxsize 33554432
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{READER}" read by anonymous auth by * none
limits dn.exact="{READER}" size=1000 size.pr=unlimited size.prtotal=unlimited
"""


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"slapd ended with {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    raise RuntimeError("slapd does not answer")


@pytest.fixture(scope="session")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """A directory that the tests only read."""
    yield from _running(tmp_path_factory.mktemp("slapd"))


@pytest.fixture
def own_slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """A directory that one test may change."""
    yield from _running(tmp_path_factory.mktemp("own-slapd"))


def _running(folder: Path) -> Iterator[Slapd]:
    server, process = start(folder)
    yield server
    process.terminate()
    process.wait(timeout=60)
