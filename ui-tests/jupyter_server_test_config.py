"""Server settings of the browser tests: no token, temporary folders, no news."""

import json
import tempfile
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

c = get_config()  # noqa: F821 - injected by traitlets
configure_jupyter_server(c)
c.ServerApp.allow_root = True
c.ServerApp.root_dir = tempfile.mkdtemp(prefix="locuscope-ui-")

settings = Path(tempfile.mkdtemp(prefix="locuscope-settings-"))
notification = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
notification.parent.mkdir(parents=True)
notification.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
c.LabApp.user_settings_dir = str(settings)
