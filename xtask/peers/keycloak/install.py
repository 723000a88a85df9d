"""Gets Keycloak by Maven into this directory, and builds it for PostgreSQL, as its guide to production asks."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import java

HERE = Path(__file__).parent
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"

version = tomllib.loads((HERE / "peer.toml").read_text())["version"]
archive = HERE / f"keycloak-quarkus-dist-{version}.zip"
unpacked = HERE / f"keycloak-{version}"
java_home = java.home()

if not shutil.which("mvn"):
    sys.exit("Keycloak comes by Maven, and there is no `mvn` here. Not measured.")
artifact = f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{version}:zip"
subprocess.run(["mvn", "--batch-mode", "--quiet", COPY, artifact, f"-DoutputDirectory={HERE}"], check=True)
with archive.open("rb") as file:
    if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
        sys.exit(f"{archive.name} is not the one that was reviewed.")

shutil.rmtree(unpacked, ignore_errors=True)
shutil.unpack_archive(archive, HERE)
archive.unlink()
# The format keeps who may execute a file, but this unpacking does not.
program = unpacked / "bin" / "kc.sh"
program.chmod(0o755)
subprocess.run([program, "build", "--db=postgres"], env={**os.environ, "JAVA_HOME": str(java_home)}, check=True)
