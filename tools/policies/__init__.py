"""Least-privilege policies for the Lambda functions of a Chalice app, made from its code: `make policies`.

`source` reads the app, `analysis` follows each function through it (`syntax` knows Python, `values` what is known of a
value, `facts` what has been learnt), `grants` turns calls of AWS into actions and ARNs, `generator` writes the files.
"""
