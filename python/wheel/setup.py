"""Packs the Python client and the built server into one wheel; `npm run wheel` lays the files beside this one."""

import sys

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel


class ServerWheel(bdist_wheel):
    """Holds native code for one platform, and nothing that depends on the version of Python."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        platform = super().get_tag()[2]
        # The newest symbols that its native parts ask for are glibc 2.28's, as those of its Node.js are.
        if sys.platform == "linux":
            platform = platform.replace("linux_", "manylinux_2_28_", 1)
        return "py3", "none", platform


setup(cmdclass={"bdist_wheel": ServerWheel})
