"""The relay on one machine: an AWS emulator, a sandbox that stands for Dreamdata, and the samples sent through both."""
