"""Every error that streamdefocus raises on purpose.

::

    StreamDefocusError
    ├── ConfigError     an option, a configuration file or a combination of options is wrong
    ├── InputError      a photo, video or camera cannot be opened, decoded or is not one
    │   └── CameraError     the camera is missing, busy, not permitted or stopped
    ├── OutputError     a result cannot be written: folder, codec, container, device
    ├── ModelError      a model is unknown, missing, corrupted or of another architecture
    └── EngineError     an inference engine is not installed or cannot run here

A message says what failed, what was received and what to try, in one line. Errors of other
libraries are turned into these at the module that calls the library (``raise ... from error``);
only the command line turns them into exit codes. Anything else that escapes is a bug.
"""


class StreamDefocusError(Exception):
    """Base of all errors that a user can cause and mend."""


class ConfigError(StreamDefocusError):
    """An option, a configuration file or a combination of options is wrong."""


class InputError(StreamDefocusError):
    """A photo or video cannot be opened, cannot be decoded, or holds no picture."""


class CameraError(InputError):
    """A camera is missing, busy, not permitted, or has stopped."""


class OutputError(StreamDefocusError):
    """A result cannot be written where or how it was asked for."""


class ModelError(StreamDefocusError):
    """A model is unknown, missing, corrupted, or of another architecture."""


class EngineError(StreamDefocusError):
    """An inference engine is not installed, or cannot run on this machine."""
