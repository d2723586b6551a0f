"""What pyproject.toml cannot say: folders found by search, assets without code, conf/ shipped as nasray.conf."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["nasray", "nasray.*"]), "nasray.conf", "nasray.assets"],
    package_dir={"nasray.conf": "conf"},
)
