"""``make deploy STAGE=``: the data stack, the secret, the code; each change shown before it is made."""
