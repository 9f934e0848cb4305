"""A layer's files, unpacked."""

import tarfile
from pathlib import Path

from ci.image.programs import unpack


def test_a_layer_is_unpacked_with_modes_and_an_empty_one_to_nothing(tmp_path: Path) -> None:
    full, empty = tmp_path / "full", tmp_path / "empty"
    for folder in (full, empty):
        folder.mkdir()
    (tmp_path / "dag.py").write_text("code")
    (tmp_path / "dag.py").chmod(0o775)
    with tarfile.open(full / "layer.tar.gz", "w:gz") as layer:
        layer.add(tmp_path / "dag.py", "opt/dag.py")
    for folder in (full, empty):
        unpack.main(folder, folder / "unpacked")
    (file,) = (path for path in (full / "unpacked").rglob("*") if path.is_file())
    assert (file.relative_to(full), file.read_text()) == (Path("unpacked/opt/dag.py"), "code")
    assert file.stat().st_mode & 0o777 == 0o775
    assert list((empty / "unpacked").iterdir()) == []
