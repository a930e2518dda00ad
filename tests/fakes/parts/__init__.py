"""What the fake code hosts share: everything that knows nothing of one host in particular.

`running.RunningFake` is the object that a test holds, `core.BaseCore` what its parts share, `control.Control` the
endpoints below /_fake/, `application.BaseApplication` the WSGI callable, `command` the command line of
`python -m tests.fakes.X`. A host adds its own world, rights, answers, pages and hook events.
"""
