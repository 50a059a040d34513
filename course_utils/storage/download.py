"""Downloads that survive a cut line, a busy server and a kill; a file gets its name when its MD5 fits.

Own code over requests, since pooch starts anew after every cut and leaves its temporary file when killed.
"""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from .archive import first_line
from .locks import alone, lock_path, tidy

CONNECT_SECONDS, READ_SECONDS = 5, 60
TRIES = 3  # in a row without a single new byte
MOST_TRIES = 200  # in all: a line that is cut again and again still gets 12 GB through
LONGEST_WAIT = 30  # seconds between two tries
MOST_REDIRECTS = 5
CHUNK = 2**16
SLOWEST = 1000  # bytes a second, over READ_SECONDS
SPARE_BYTES = 100 * 10**6  # of disk, to be left free
LATER = (408, 425, 429, 500, 502, 503, 504)  # answers that another try may change


class Failed(Exception):  # noqa: N818 - an outcome, worded as a reason
    """Say why a download failed; `final` if another try from the same place is useless."""

    def __init__(self, why: str, *, final: bool = False, wait: float = 0):
        super().__init__(why)
        self.final, self.wait = final, wait


class _WrongSumError(Failed):
    """Say that all bytes came and are not the published ones."""


def download(urls: list[str], target: Path, md5: str, *, most_bytes: int, tries: int = TRIES) -> None:
    """Download a file from the first address that has it, going on where an earlier try was cut.

    The bytes go to `part_path(target, md5)`. That file is kept after a failure only if the server can
    continue it; the next call then does, from any address, since the checksum decides in the end. Proxies
    are taken from the environment (HTTPS_PROXY, NO_PROXY).

    Args:
        urls: the addresses to try, in this order.
        target: the final name; a file already there is left alone.
        md5: the checksum that the file must have, as hex.
        most_bytes: a file larger than this can't be right, and is not stored.
        tries: attempts in a row without a new byte, for each address.

    Raises:
        Failed: when no address gave the file; the message has each host's reason.
        OSError: when the folder can't be written to.
    """
    with alone(target, "downloading"):
        if target.exists():
            part_path(target, md5).unlink(missing_ok=True)
            return
        reasons = []
        for url in urls:
            try:
                _from_one(url, target, md5, most_bytes, tries)
                return
            except Failed as failure:
                reasons.append(str(failure))
        raise Failed("; ".join(dict.fromkeys(reasons)))


def finish(target: Path, md5: str) -> None:
    """Remove what a download left that was killed just after the file had got its name."""
    if lock_path(target).exists() or part_path(target, md5).exists():
        tidy(target, lambda: part_path(target, md5).unlink(missing_ok=True))


def part_path(target: Path, md5: str) -> Path:
    """Return where the bytes of an unfinished download lie; its name holds the start of the checksum."""
    return target.with_name(f"{target.name}.{md5[:8]}.part")


def _from_one(url: str, target: Path, md5: str, most_bytes: int, tries: int) -> None:
    part, failures = part_path(target, md5), 0
    # Whether the server can continue a file: it could if there is a part, else its answers will say so.
    ranges = {"kept": part.exists()}
    try:
        for attempt in range(MOST_TRIES):
            before = _size(part)
            try:
                _attempt(url, part, target.name, most_bytes, ranges)
                _check(part, md5, url)
            except Failed as failure:
                if isinstance(failure, _WrongSumError) and before:
                    continue  # it began with the bytes of an earlier try: one fresh start
                failures = 1 if _size(part) > before else failures + 1
                if failure.final or failures >= tries or attempt == MOST_TRIES - 1:
                    raise
                time.sleep(min(LONGEST_WAIT, max(failure.wait, 2 ** (failures - 1))))
            else:
                part.chmod(0o644)  # a classroom shares one folder
                part.replace(target)
                return
    finally:
        if part.exists() and not (ranges["kept"] and _size(part)):
            part.unlink()


def _attempt(url: str, part: Path, name: str, most_bytes: int, ranges: dict) -> None:
    """Ask once, from where the partial file ends, and append what comes."""
    import requests
    from tqdm.auto import tqdm

    host, have = urlsplit(url).netloc, _size(part)
    # identity: a packed transfer would make byte positions meaningless
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with requests.Session() as session:
            session.max_redirects = MOST_REDIRECTS
            wait = (CONNECT_SECONDS, READ_SECONDS)
            with session.get(url, headers=headers, stream=True, timeout=wait) as answer:
                start = _start(answer, have, host)
                if start is None:
                    return  # all bytes are here already
                ranges["kept"] = start > 0 or answer.headers.get("Accept-Ranges") == "bytes"
                length = _length(answer)
                _check_size(start + length, length, most_bytes, host, part.parent)
                bar = tqdm(desc=name, total=start + length or None, initial=start, unit="B",
                           unit_scale=True, disable=None)  # fmt: skip
                with bar, part.open("r+b" if start else "wb") as file:
                    file.seek(start)
                    for chunk in chunks(answer, host):
                        if file.tell() + len(chunk) > most_bytes:
                            ranges["kept"] = False
                            raise Failed(f"{host} sends more than the file can hold", final=True)
                        file.write(chunk)
                        bar.update(len(chunk))
                    file.truncate()
    except requests.RequestException as error:
        raise Failed(_why(error, host)) from error


def chunks(answer, host: str) -> Iterator[bytes]:
    """Yield an answer's bytes as they come, so that a cut line loses none; give up on a line that trickles.

    requests' own `iter_content` waits for whole pieces, drops the last one of a cut line, and a server that
    sends a byte a minute holds it for ever.
    """
    import urllib3

    since, got = time.monotonic(), 0
    try:
        while chunk := answer.raw.read1(CHUNK):
            yield chunk
            got += len(chunk)
            if (seconds := time.monotonic() - since) > READ_SECONDS:
                if got < SLOWEST * seconds:
                    raise Failed(f"{host} sent only {got:,} bytes in {seconds:.0f} s")
                since, got = time.monotonic(), 0
    except urllib3.exceptions.TimeoutError as error:
        raise Failed(f"{host} did not answer in time") from error
    except (urllib3.exceptions.HTTPError, ConnectionError) as error:
        raise Failed(f"no connection to {host}, or it broke off") from error


def _start(answer, have: int, host: str) -> int | None:
    """Return the position at which the answer's bytes begin; None if there are none left to send."""
    if answer.status_code == 206:
        match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
        if match and int(match[1]) == have:
            return have
        raise Failed(f"{host} sent another part than was asked for", final=True)
    if answer.status_code == 416 and have:
        return None
    if answer.status_code == 200:
        return 0
    why = f"{host} answered {answer.status_code} {answer.reason}"
    wait = answer.headers.get("Retry-After", "")
    raise Failed(why, final=answer.status_code not in LATER, wait=int(wait) if wait.isdecimal() else 0)


def _length(answer) -> int:
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


def _check_size(whole: int, coming: int, most_bytes: int, host: str, folder: Path) -> None:
    if whole > most_bytes:
        raise Failed(f"{host} announces {whole:,} bytes, more than the file can hold", final=True)
    free = shutil.disk_usage(folder).free
    if free < coming + SPARE_BYTES:
        raise OSError(f"{coming / 1e9:.1f} GB are to come and {free / 1e9:.1f} GB are free")


def _check(part: Path, md5: str, url: str) -> None:
    with part.open("r+b") as file:
        os.fsync(file.fileno())
        if hashlib.file_digest(file, "md5").hexdigest() == md5:
            return
    part.unlink()
    host = urlsplit(url).netloc
    raise _WrongSumError(f"what {host} sent has another checksum than the published file: thrown away")


def _why(error: Exception, host: str) -> str:
    """Say in a few words why a request failed; requests' own messages fill half a screen."""
    import requests

    if isinstance(error, requests.TooManyRedirects):
        return f"{host} redirects in circles"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"no way to {host} through the proxy that HTTP_PROXY or HTTPS_PROXY names"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"{host} did not answer in time"
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.InvalidURL):
        return f"{host or 'the address'} is no web address: {first_line(error)}"
    return f"no connection to {host}, or it broke off"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
