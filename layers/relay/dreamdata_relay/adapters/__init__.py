"""The edges: SQS, Secrets Manager, Dreamdata over HTTPS, and Powertools. Nothing else imports boto3 or urllib3."""
