"""Secrets Manager in memory with versions and labels, so that two people can change a secret at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.aws import client_error

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


@dataclass
class VersionedSecrets:
    """By secret id: ``texts`` by version, the version of each label in ``labels``, when the text was put in ``put_at``.

    ``versions_put_at``: when versions before the current one were put; ``made_at``: when the secret was made.
    ``meanwhile`` happens after each read: what somebody else does between it and the write.
    """

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    put_at: dict[str, datetime] = field(default_factory=dict)
    versions_put_at: dict[str, datetime] = field(default_factory=dict)
    made_at: dict[str, datetime] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None

    def put(self, secret_id: str, text: str, labels: tuple[str, ...] = (CURRENT,)) -> str:
        """A new version with ``labels``; its id."""
        versions = self.texts.setdefault(secret_id, {})
        version = f"v{len(versions)}"
        versions[version] = text
        self.labels.setdefault(secret_id, {}).update(dict.fromkeys(labels, version))
        return version

    def current(self, secret_id: str) -> str:
        """The current text."""
        return self.texts[secret_id][self.labels[secret_id][CURRENT]]

    def get_secret_value(self, *, SecretId: str, VersionStage: str = CURRENT) -> dict[str, Any]:
        """As Secrets Manager."""
        if SecretId not in self.texts or VersionStage not in self.labels[SecretId]:
            raise client_error("ResourceNotFoundException", "GetSecretValue")
        if VersionStage != CURRENT:
            version = self.labels[SecretId][VersionStage]
            text = {"SecretString": self.texts[SecretId][version]}
            return text | ({"CreatedDate": self.versions_put_at[version]} if version in self.versions_put_at else {})
        answer: dict[str, Any] = {
            "SecretString": self.current(SecretId),
            "VersionId": self.labels[SecretId][CURRENT],
        }
        if SecretId in self.put_at:
            answer["CreatedDate"] = self.put_at[SecretId]
        self.meanwhile()
        return answer

    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:
        """As Secrets Manager: when the secret was made, for whoever may ask."""
        if SecretId not in self.made_at:
            raise client_error("AccessDeniedException", "DescribeSecret")
        return {"CreatedDate": self.made_at[SecretId]}

    def put_secret_value(
        self, *, SecretId: str, SecretString: str, VersionStages: list[str] | None = None
    ) -> dict[str, Any]:
        """As Secrets Manager: current unless other labels are given; what was current is then the previous."""
        if VersionStages is None and SecretId in self.texts:
            self.labels[SecretId][PREVIOUS] = self.labels[SecretId][CURRENT]
        return {"VersionId": self.put(SecretId, SecretString, tuple(VersionStages or (CURRENT,)))}

    def update_secret_version_stage(
        self, *, SecretId: str, VersionStage: str, RemoveFromVersionId: str, MoveToVersionId: str | None = None
    ) -> dict[str, Any]:
        """As Secrets Manager: refused where the label is not on the version that it is taken from."""
        labels = self.labels[SecretId]
        if labels.get(VersionStage) != RemoveFromVersionId:
            raise client_error("InvalidParameterException", "UpdateSecretVersionStage")
        if MoveToVersionId is None:
            del labels[VersionStage]
        else:
            labels[VersionStage] = MoveToVersionId
        return {}
