"""IAM and STS for tests: ministack on loopback, which evaluates trust policies and external ids."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import boto3
import urllib3
from botocore.config import Config
from tests.support.seaweed import free_ports

REGION = "us-east-1"
START_S = 60
KEY = "test"  # of the account itself


class Ministack:
    """`with Ministack() as server:`, then `server.client("iam")` for what is set up."""

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
            config=Config(retries={"max_attempts": 0}),
        )

    def user(self, name: str) -> tuple[str, str, str]:
        """ARN, access key id and secret access key of a new user who may assume any role that trusts it."""
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
        }
        iam.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=json.dumps(policy))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return arn, made["AccessKeyId"], made["SecretAccessKey"]

    def role(self, name: str, trust: Any) -> str:
        """The ARN of a new role with this trust policy."""
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return str(made["Role"]["Arn"])

    def __enter__(self) -> Self:
        program = shutil.which("ministack", path=str(Path(sys.executable).parent)) or "ministack"
        self._process = subprocess.Popen(
            [program],
            env={**os.environ, "AUTH": "true", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self._port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_S
        while True:
            assert self._process.poll() is None
            try:
                answer = urllib3.request("GET", f"{self.endpoint}/_ministack/health", timeout=1, retries=False)
            except urllib3.exceptions.HTTPError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                assert "enabled" in str(answer.json()["auth"]), answer.data
                return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
