"""The flow, pure: history → modules → distributions → closure → release → cluster → serving → desired.

What enters: values. What leaves: values. It knows no Django, no files, no network and no clock; what it needs
from outside it names as a port (`Protocol`), which the packages around it fill.
"""
