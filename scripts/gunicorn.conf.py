"""How gunicorn serves the application. The address comes from the settings like everything else."""

import multiprocessing

import wsgi  # noqa: F401 - loaded once, before the web processes are forked: faster, and they share the memory
from config import Settings

_settings = Settings.from_env()

bind = _settings.bind
worker_class = "gthread"
workers = max(2, multiprocessing.cpu_count())  # fewer processes with more threads are several times slower
threads = 4
timeout = 30
graceful_timeout = 2
keepalive = 5
control_socket_disable = True
forwarded_allow_ips = ""  # forwarding headers are judged by REPERTORY_TRUSTED_PROXY_HOPS alone
accesslog = None
loglevel = "warning" if _settings.log_level == "info" else _settings.log_level
