"""What pyproject.toml cannot say: folders found by search, and conf/ shipped inside the package as nasray.conf."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["nasray", "nasray.*"]), "nasray.conf"],
    package_dir={"nasray.conf": "conf"},
)
