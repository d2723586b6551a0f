"""``nasray data``: which tables there are, whether they are whole, and how to get them."""

from pathlib import Path
from typing import Annotated

import typer

from nasray.app.exit_codes import exit_codes
from nasray.core.errors import DataError

data = typer.Typer(
    help="Benchmark tables: list, verify, fetch, import.", no_args_is_help=True, rich_markup_mode="markdown"
)

Name = Annotated[str, typer.Argument(help="A name in `nasray data list`.", show_default=False)]


@data.command("list")
def list_() -> None:
    """Every known table: whether it is here, what was measured on which split, for how long and how often, by whom.

    Example: `nasray data list`
    """
    from nasray.app.catalogs import default_catalog

    with exit_codes():
        tables = default_catalog().listing()
        width = max(len(table.name) for table in tables)
        for table in tables:
            print(f"{table.name:<{width}} {table.rows:>8,} cells   {table.state:<10} {table.problem or table.path}")
            for line in (*table.contents, f"from {table.provenance}; licence {table.licence}"):
                print(f"    {line}")


@data.command()
def verify(
    name: Annotated[
        str | None, typer.Argument(help="A name in `nasray data list`; without one, all that are here.")
    ] = None,
) -> None:
    """Read every byte of a table, or of all that are here, and compare its checksum.

    Example: `nasray data verify nasbench201`
    """
    from nasray.app.catalogs import default_catalog

    with exit_codes():
        catalog = default_catalog()
        names = [name] if name else [table.name for table in catalog.listing() if catalog.has(table.name)]
        damaged: list[str] = []
        for each in names:
            try:
                print(f"{each} is whole: SHA-256 {catalog.verify(each)}")
            except DataError as error:
                damaged.append(str(error))
        if damaged:
            raise DataError("; ".join(damaged))


@data.command()
def fetch(
    name: Name, address: Annotated[str | None, typer.Option("--from", help="An http(s) or file address.")] = None
) -> None:
    """Take a table's source file from the mirror, or download it; check it, import it.

    Example: `nasray data fetch nasbench201`
    """
    from nasray.app.catalogs import default_catalog, space_named

    with exit_codes():
        catalog = default_catalog()
        table = catalog.fetch(name, space_named(catalog.entry(name).space), address)
        print(f"{name}: {len(table):,} cells in {table.path}")


@data.command("import")
def import_(
    name: Name, source: Annotated[Path, typer.Argument(help="The benchmark's file.", show_default=False)]
) -> None:
    """Import a table from a file.

    Example: `nasray data import nasbench201 nasbench201_accuracy.csv.gz`
    """
    from nasray.app.catalogs import default_catalog, space_named

    with exit_codes():
        catalog = default_catalog()
        table = catalog.import_file(name, source, space_named(catalog.entry(name).space))
        print(f"{name}: {len(table):,} cells in {table.path}")


@data.command("build-gettext-corpus")
def build_gettext_corpus(
    source: Annotated[str, typer.Option(help="Language that is translated.")] = "en",
    target: Annotated[str, typer.Option(help="Language that is translated to.")] = "de",
    root: Annotated[Path, typer.Option(help="Where programs keep their messages.")] = Path("/usr/share"),
    output: Annotated[Path | None, typer.Option(help="A folder; without one, in the folder of tables.")] = None,
) -> None:
    """Make a parallel corpus out of what this machine's programs say in two languages; for `dataset=parallel_text`.

    Example: `nasray data build-gettext-corpus --source en --target de`
    """
    from nasray.app.catalogs import default_catalog
    from nasray.data.gettext_corpus import GettextCorpus

    with exit_codes():
        corpus = GettextCorpus.found_in(root, source, target)
        folder = output or default_catalog().folder / f"gettext_{source}_{target}"
        corpus.write(folder)
        n_files = sum(map(len, corpus.catalogues.values()))
        print(
            f"{n_files} message catalogues of {len(corpus.catalogues)} programs under {root}; torn: {len(corpus.torn)}"
        )
        for part, programs in corpus.parts.items():
            largest = sorted(programs, key=lambda name: -len(programs[name]))[:5]
            named = ", ".join(f"{name} {len(programs[name]):,}" for name in largest)
            print(f"{part:<6} {corpus.size(part):>7,} pairs of {len(programs)} programs: {named}, …")
        for line in corpus.torn:
            print(line)
        print(
            f"written to {folder}, its origin to origin.json; use it with dataset=parallel_text dataset.folder={folder}"
        )
