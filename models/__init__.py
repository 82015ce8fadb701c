# SPDX-License-Identifier: MIT
"""Recipes that make int8 networks from public packages; see models/README.md."""
