"""What pyproject.toml cannot say: folders found by search, assets without code, conf/ shipped as nasray.conf."""

from setuptools import find_namespace_packages, find_packages, setup

setup(
    packages=[
        *find_packages(include=["nasray", "nasray.*"]),
        *find_namespace_packages(include=["hydra_plugins"]),  # where Hydra looks for launchers
        "nasray.conf",
        "nasray.assets",
    ],
    package_dir={"nasray.conf": "conf"},
)
