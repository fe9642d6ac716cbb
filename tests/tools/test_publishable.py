"""What is published in the Serverless Application Repository has whole metadata."""

import pytest
from cfnlint.decode import cfn_yaml

from tools.publishable import with_addresses
from tools.transform import TEMPLATE

SOURCE, HOME = "https://git.example.com/relay", "https://example.com/relay"
# What the repository's console shows of an application that others can find.
WHOLE = {
    "Author", "Description", "HomePageUrl", "Labels", "LicenseUrl", "Name", "ReadmeUrl", "SemanticVersion",
    "SourceCodeUrl", "SpdxLicenseId",
}  # fmt: skip


def test_the_metadata_is_whole() -> None:
    template = cfn_yaml.loads(with_addresses(TEMPLATE.read_text(), SOURCE, HOME))
    application = template["Metadata"]["AWS::ServerlessRepo::Application"]
    assert set(application) == WHOLE
    assert (application["SourceCodeUrl"], application["HomePageUrl"]) == (SOURCE, HOME)


@pytest.mark.parametrize("address", ["", "http://example.com", "example.com", "https://a b", "https://a\nName: other"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no https address"):
        with_addresses(TEMPLATE.read_text(), SOURCE, address)


def test_a_template_without_the_metadata_is_refused() -> None:
    with pytest.raises(ValueError, match="SemanticVersion"):
        with_addresses("Resources: {}\n", SOURCE, HOME)
