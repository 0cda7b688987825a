"""Generate the IAM policy of each Lambda function from the code that the function can reach."""
