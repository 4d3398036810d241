"""WSGI entry point."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "feedback_system.settings")

application = get_wsgi_application()

from feedback_system.warm import warm_up  # noqa: E402 - needs the settings that the line above sets up

warm_up()

# Between two statements a thread waits for the interpreter, as long for each busy neighbour; whoever registers holds
# the counter of numbers meanwhile. The default is 5 ms.
sys.setswitchinterval(0.001)
