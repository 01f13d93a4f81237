"""A server of AWS for tests: moto on loopback, which evaluates signatures and IAM policies once told to.

moto evaluates actions and resources of user policies, no conditions of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, Self

import boto3
import urllib3
from botocore.config import Config
from tests.support.seaweed import free_ports

REGION = "us-east-1"
START_S = 60
KEY = "admin"  # of the account itself


class Moto:
    """`with Moto() as server:`, then `server.user(policy)`, and `server.enforce()` before what is tested."""

    def __init__(self) -> None:
        (self._port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def client(self, service: str, key: str = KEY, secret: str = KEY) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
        )

    def user(self, name: str, policy: Any) -> tuple[str, str]:
        """Access key id and secret access key of a new user with this policy. Not while policies are enforced."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=json.dumps(policy))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def enforce(self, *, enforced: bool = True) -> None:
        """Evaluate the policies of all requests from now on, or of none."""
        count = "0" if enforced else "inf"
        answer = urllib3.request("POST", f"{self.endpoint}/moto-api/reset-auth", body=count.encode())
        assert answer.status == 200

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port)],
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "inf"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_S
        while True:
            assert self._process.poll() is None
            try:
                urllib3.request("GET", f"{self.endpoint}/moto-api/", timeout=1, retries=False)
            except urllib3.exceptions.HTTPError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
