"""The version that clients and health reports see."""

VERSION = "0.1.0"
