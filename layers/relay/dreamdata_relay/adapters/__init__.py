"""Adapters for SQS, Secrets Manager, Dreamdata over HTTPS, and Powertools. No other code imports boto3 or urllib3."""
