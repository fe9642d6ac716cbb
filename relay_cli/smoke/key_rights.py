"""The KMS keys that the stack was deployed with, and what each function does with them through which service."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from relay_cli.smoke.run import Run

_BOTH = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, slots=True)
class KeyUse:
    """``actions`` on the key ``arn`` of ``parameter``, called by ``service`` (its address) on the function's behalf.

    ``encryption`` is the encryption context that the service passes.
    """

    parameter: str
    arn: str
    service: str
    actions: tuple[str, ...] = ("kms:Decrypt",)
    encryption: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> list[dict[str, object]]:
        """Return the context entries for IAM's policy simulator."""
        values = {"kms:ViaService": self.service}
        values |= {f"kms:EncryptionContext:{name}": value for name, value in self.encryption.items()}
        return [
            {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for name, value in values.items()
        ]


def key_uses(run: Run, function: str) -> Iterator[KeyUse]:
    """Yield the key uses; none if the services' own encryption is used."""
    partition, region = (run.stack.output("QueueArn").split(":")[part] for part in (1, 3))
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    given = run.parameters
    if key := given.get("KmsKeyArn"):
        yield KeyUse("KmsKeyArn", key, f"sqs.{region}.{suffix}", _BOTH)
        yield KeyUse("KmsKeyArn", key, f"secretsmanager.{region}.{suffix}")
    if function != "deliver":
        return
    if key := given.get("FormerKmsKeyArn"):
        yield KeyUse("FormerKmsKeyArn", key, f"sqs.{region}.{suffix}")
    if key := given.get("DreamdataSecretKmsKeyArn"):
        secret = run.stack.output("DreamdataSecretArn")
        service = f"secretsmanager.{secret.split(':')[3]}.{suffix}"
        yield KeyUse("DreamdataSecretKmsKeyArn", key, service, encryption={"SecretARN": secret})
