"""autobahn.py CLIENT: serves Autobahn's WebSocket cases to a client and counts the verdicts.

The exit status is 1 when a case failed or more than three were merely acceptable. Cases of a feature that
the client does not offer (compression) count for nothing.
"""

import asyncio
import collections
import sys

from kosoku import FailureError, run_fuzzingserver


async def main(client: str) -> int:
    async with run_fuzzingserver(port=0) as server:
        process = await asyncio.create_subprocess_exec(client, f"ws://127.0.0.1:{server.port}")
        if await process.wait() != 0:
            return 1
        try:
            results = await asyncio.wait_for(server.get_result(), timeout=60)
        except FailureError as error:
            # Raised for cases without a verdict of success, the unimplemented ones among them.
            results = error.results
    counts = collections.Counter()
    for case in results:
        verdicts = {case.behavior.value, case.behavior_close.value}
        worst = next(
            (v for v in ("FAILED", "ERROR", "UNCLEAN", "WRONG CODE", "FAILED BY CLIENT",
                         "UNIMPLEMENTED", "NON-STRICT", "INFORMATIONAL") if v in verdicts), "OK")
        counts[worst] += 1
        if worst not in ("OK", "INFORMATIONAL", "UNIMPLEMENTED"):
            print(f"{case.case_id}: {worst}")
    print(dict(counts))
    harmless = sum(counts[v] for v in ("OK", "INFORMATIONAL", "UNIMPLEMENTED", "NON-STRICT"))
    is_good = harmless == len(results) and counts["NON-STRICT"] <= 3 and counts["OK"] >= 290
    return 0 if is_good else 1


sys.exit(asyncio.run(main(sys.argv[1])))
