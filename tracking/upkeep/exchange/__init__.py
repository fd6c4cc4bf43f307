"""Experiments in one file: written for other programs and other stores, and taken in from there."""
