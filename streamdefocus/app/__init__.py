"""The desktop app: photos, videos and the camera in one window. Only this package imports Qt.

``model`` is plain logic that needs no Qt, ``work`` are the threads, ``parts`` the widgets that
pages share, ``pages`` what fills the window.
"""
