"""Limits that the processes of one user on one machine share through a file that the kernel locks."""
