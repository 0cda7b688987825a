"""AWS, one adapter class a resource. Errors of AWS are raised as botocore raises them.

Each class has a constant `ARN`, and methods whose names no other class has: from these, `make policies` knows
which function can do what to which resource. The placeholders of an ARN are the stage's settings.
"""
