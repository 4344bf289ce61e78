"""Run with the peers' own Python: a PDS's firehose as lines of JSON, each an event as Jetstream has it.

Usage: bluesky_firehose.py wss://HOST/xrpc
"""

import json
import sys

from atproto import CAR, FirehoseSubscribeReposClient, models, parse_subscribe_repos_message


def tell(kind, did, **more):
    print(json.dumps({"kind": kind, "did": did, **more}, default=str), flush=True)


def plain(value):
    """A record as JSON has it: links to blobs as {"$link": …}."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else {"$link": str(value)}


def on_message(frame):
    message = parse_subscribe_repos_message(frame)
    match message:
        case models.ComAtprotoSyncSubscribeRepos.Commit():
            blocks = CAR.from_bytes(message.blocks).blocks if message.blocks else {}
            for op in message.ops:
                collection, _, rkey = op.path.partition("/")
                about = {"rev": message.rev, "operation": op.action, "collection": collection, "rkey": rkey}
                if op.cid is not None:
                    about |= {"record": plain(blocks[op.cid]), "cid": str(op.cid)}
                tell("commit", message.repo, **about)
        case models.ComAtprotoSyncSubscribeRepos.Account():
            account = {"active": message.active, "did": message.did, "seq": message.seq, "time": message.time}
            tell("account", message.did, account=account | ({"status": message.status} if message.status else {}))
        case models.ComAtprotoSyncSubscribeRepos.Identity():
            tell("identity", message.did, identity={"did": message.did, "handle": message.handle})


FirehoseSubscribeReposClient(models.ComAtprotoSyncSubscribeRepos.Params(cursor=0), base_uri=sys.argv[1]).start(
    on_message
)
