"""An SSH server that lets one key in, and greets its user: ssh_server.py ADDRESS AUTHORIZED_KEYS."""

import asyncio
import sys

import asyncssh

address, authorized = sys.argv[1:]


def greet(process: asyncssh.SSHServerProcess) -> None:
    process.stdout.write(f"welcome {process.get_extra_info('username')}\n")
    process.exit(0)


async def main() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    await asyncssh.listen(
        address, 22, server_host_keys=[key], authorized_client_keys=authorized, process_factory=greet
    )
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
