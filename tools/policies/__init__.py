"""Least-privilege policies for the Lambda functions of a Chalice app, made from its code: `make policies`.

`source` reads the app, `handlers` finds its functions, `analysis` follows each through it, `grants` turns calls of AWS
into actions and ARNs (`s3`, `arns`), `generator` writes the files.

Of the analysis, `syntax` knows Python's statements (upon `definitions`, `expressions`, `operators`, `assignments`);
`values`, `containers`, `scopes`, `objects`, `sdk` and `registering` what there is, `construction` how objects come about;
`library` and `strangers` what is outside the app, and `escapes` what that does; `facts` what has been learnt.
"""
