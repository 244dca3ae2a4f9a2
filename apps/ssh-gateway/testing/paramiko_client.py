"""An SSH client by paramiko: one command, its three streams, its exit status.

Usage: paramiko_client.py HOST PORT USER KEYFILE COMMAND
"""

import sys
import threading

import paramiko


def main(host: str, port: str, user: str, key_file: str, command: str) -> int:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(
        host, int(port), user, key_filename=key_file, look_for_keys=False, allow_agent=False
    )
    channel = client.get_transport().open_session()
    channel.exec_command(command)

    def send() -> None:
        while chunk := sys.stdin.buffer.read1(65536):
            channel.sendall(chunk)
        channel.shutdown_write()

    def receive(read, out) -> None:
        while chunk := read(65536):
            out.write(chunk)
            out.flush()

    threads = [
        threading.Thread(target=receive, args=(channel.recv, sys.stdout.buffer)),
        threading.Thread(target=receive, args=(channel.recv_stderr, sys.stderr.buffer)),
    ]
    # The sender may wait for input that never ends; the session ends all the same.
    threading.Thread(target=send, daemon=True).start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status = channel.recv_exit_status()
    client.close()
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
