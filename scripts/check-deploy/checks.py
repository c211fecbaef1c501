"""One line for each thing that was checked, and a list of those that failed."""

import time

failures = []


def check(what, found, wanted):
    if found == wanted:
        print(f"  ok    {what}", flush=True)
        return
    failures.append(what)
    print(f"  FAIL  {what}\n          found  {found}\n          wanted {wanted}", flush=True)


def wait_for(read, is_wanted, seconds=60):
    """Reads until the value is the wanted one. The last value read, if it never is."""
    deadline = time.monotonic() + seconds
    while True:
        value = read()
        if is_wanted(value) or time.monotonic() > deadline:
            return value
        time.sleep(0.5)
