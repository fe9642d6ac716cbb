"""cdk-nag's AwsSolutions rules over the template as CloudFormation gets it; fails on any finding without a reason.

Run by the environment `.local/tools/nag` (cdk-nag needs node). A rule that does not fit is suppressed next to its
resource, in the template's ``Metadata: cdk_nag``, with the reason.
"""

import csv
import sys
import tempfile
from pathlib import Path

from aws_cdk import App, Aspects, Stack
from aws_cdk.cloudformation_include import CfnInclude
from cdk_nag import AwsSolutionsChecks, NagReportFormat


def main(template: Path) -> int:
    """Check ``template`` (JSON); print each finding; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = Stack(app, "Relay")
        CfnInclude(stack, "Template", template_file=str(template))
        Aspects.of(app).add(AwsSolutionsChecks(reports=True, report_formats=[NagReportFormat.CSV]))
        app.synth()
        reports = list(Path(folder).glob("*NagReport.csv"))
        rows = [row for report in reports for row in csv.DictReader(report.read_text().splitlines())]
    failed = [row for row in rows if row["Compliance"] not in ("Compliant", "Suppressed")]
    for row in failed:
        print(f"{row['Rule ID']} {row['Resource ID']}: {row['Rule Info']}")
    if not rows:
        print("cdk-nag reported nothing at all: it has not looked at the template")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
