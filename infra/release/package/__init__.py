"""``make package STAGE=``: the zip that Lambda runs and the template that CloudFormation applies, into build/STAGE."""
