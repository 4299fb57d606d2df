"""``python -m streamdefocus``."""

from streamdefocus.cli.main import main

main()
