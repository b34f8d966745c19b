"""`python -m streamtape`: the command line."""

from streamtape.cli import main

if __name__ == "__main__":
    main()
