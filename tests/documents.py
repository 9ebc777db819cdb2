"""PDFs for tests: the smallest that are whole, each with its own words; and ZIPs of them."""

import zipfile

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n% {}\n%%EOF\n"


def pdf(words="avis"):
    return PDF.replace(b"{}", words.encode())


def write_zip(path, files, compression=zipfile.ZIP_DEFLATED):
    """A ZIP of `files`, contents by name."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path, files):
    """A folder of `files`, contents by name, and the folders that their names need."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path
