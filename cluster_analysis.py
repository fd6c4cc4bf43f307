"""Cluster embeddings by PCA and HDBSCAN; say what each cluster is about; draw the map."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from errors import AssayError

_EXAMPLES = """\
examples:
  python extract_embeddings.py && python cluster_analysis.py              the embedded demo, offline
  python cluster_analysis.py sst2_clusters --min_cluster_size 40
  python cluster_analysis.py sst2_clusters --output_dir finer --min_samples 2
  python cluster_analysis.py --json > clusters.json

Then: python run.py --do_train --filter_clusters --cluster_dir DIR ...
"""
_OPTIONS = ("pca_dimensions", "min_cluster_size", "min_samples", "answer_weight", "max_noise", "max_fit_rows", "seed")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 2 a mistake of the user's, 130 interrupted."""
    flags = _parser().parse_args(arguments)
    try:
        summary = _cluster(flags)
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command starts anew", file=sys.stderr)
        return 130
    _report(flags, summary)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cluster_analysis.py",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("folder", nargs="?", help="--output_dir of extract_embeddings.py (default: cluster_output)")
    add("--output_dir", metavar="DIR", help="gets the clustering (default: the folder of the embeddings)")
    add("--embeddings_dir", metavar="DIR", help="embeddings elsewhere (default: embeddings/ in the folder)")
    add("--pca_dimensions", type=int, metavar="N", help="principal components that HDBSCAN reads (default: 50)")
    add("--min_cluster_size", type=int, metavar="N", help="fewest rows of a cluster (default: max(15, 0.5%% of rows))")
    add("--min_samples", type=int, metavar="N", help="density of a core; larger calls more rows noise (default: 5)")
    add("--max_noise", type=float, metavar="SHARE", help="rows beyond this join the nearest cluster (default: 0.3)")
    add("--answer_weight", type=float, metavar="W", help="qa: the answer's half beside [CLS] (default: 0.25)")
    add("--max_fit_rows", type=int, metavar="N", help="above it, fit to a sample and place the rest (default: 30000)")
    add("--seed", type=int, help="of PCA, sample and 2-D view (default: 0)")
    add("--view", default="auto", metavar="VIEW", help="2-D view: umap, pca, auto (UMAP where installed; default)")
    add("--json", action="store_true", help="print clusters.json instead of the table")
    return parser


def _out(flags: argparse.Namespace) -> Path:
    return Path(flags.output_dir or flags.folder or "cluster_output")


def _cluster(flags: argparse.Namespace) -> dict[str, Any]:
    from atomic_files import read_json
    from clustering import ClusteringOptions, cluster
    from clustering.preparation import EMBEDDINGS_FOLDER

    # Warnings are part of the summary, which is reported below, also when nothing had to be made anew.
    logging.getLogger("clustering").setLevel(logging.ERROR)
    options = ClusteringOptions(**{name: getattr(flags, name) for name in _OPTIONS if getattr(flags, name) is not None})
    out = _out(flags)
    embeddings = flags.embeddings_dir or Path(flags.folder or out) / EMBEDDINGS_FOLDER
    cluster(options, Path(embeddings), out, flags.view)
    summary: dict[str, Any] = read_json(out / "clusters.json")
    return summary


def _report(flags: argparse.Namespace, summary: dict[str, Any]) -> None:
    from rich.console import Console

    errors = Console(stderr=True, highlight=False)
    for warning in summary["warnings"]:
        errors.print(f"warning: {warning}", style="yellow", markup=False)
    if flags.json:
        print(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    from clustering.cluster_map import MAP_FILE
    from clustering.summary import table

    Console().print(table(summary))
    out = _out(flags)
    print(f"assignments: {out / 'cluster_assignments.csv'}\nmap: {out / MAP_FILE}")


if __name__ == "__main__":
    sys.exit(main())
