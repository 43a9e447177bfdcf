"""The WSGI entry: `gunicorn wsgi:app`."""

from oms.web import create_app
from workers import doorbell

app = create_app(ring=doorbell.ring)
