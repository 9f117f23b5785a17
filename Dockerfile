# One image for every process of the Procfile; without a command it is the web server.

FROM python:3.11-slim-bookworm AS build
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
RUN python -m venv /opt/venv
COPY requirements.txt ./
# crontab, a part of RQ's scheduler, is published as source alone.
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes \
    --only-binary :all: --no-binary crontab -r requirements.txt
COPY manage.py gunicorn.conf.py ./
COPY dashboard dashboard
COPY common common
COPY accounts accounts
COPY trail trail
COPY batches batches
COPY syllable syllable
COPY sandbox sandbox
COPY templates templates
COPY static static
# The settings ask for both; neither value outlives this line.
RUN SECRET_KEY=none SYLLABLE_API_KEY=none python manage.py collectstatic --noinput --verbosity 0
RUN python -m compileall -q dashboard common accounts trail batches syllable sandbox

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BIND=0.0.0.0 PORT=8000
WORKDIR /app
RUN useradd --uid 1000 --no-create-home --shell /usr/sbin/nologin dashboard
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# For SQLite, where no DATABASE_URL says otherwise, and for the volume of the exports.
RUN install -d -o dashboard -m 700 /app/var /app/var/exports
USER dashboard
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["python", "-m", "dashboard.probe"]
CMD ["gunicorn", "dashboard.wsgi"]
