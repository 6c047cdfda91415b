# One image for every process: web, scheduler and workers (compose.yaml says which runs what).
# docs/operating.md tells how to pin the base image by its digest.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}

RUN apt-get update && apt-get install -y --no-install-recommends make tini && rm -rf /var/lib/apt/lists/*
# The numbers are those that they always had: volumes belong to them, and Kubernetes wants numbers (docs/kubernetes).
RUN useradd --system --uid 999 --user-group --create-home --home-dir /home/dashboard dashboard \
    && install -d -m 700 -o dashboard /data \
    && useradd --system --uid 998 --user-group --create-home browser && usermod --append --groups browser dashboard \
    && install -d -m 750 -o browser -g browser /browser
WORKDIR /app

# The two environments change seldom: a layer of their own. An image without the engine is of no use, so its
# absence, of which `make setup` only warns, ends the build here.
COPY Makefile requirements.lock requirements-s3.lock ./
COPY scans/engines/wapiti/driver/requirements.lock scans/engines/wapiti/driver/
RUN make setup PYTHON=python3 EXTRAS=s3 && .engine/bin/python -c "import wapitiCore"

COPY . .
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SCANS_VAR_DIR=/data \
    SCANS_CHROMIUM_SANDBOX=false \
    PORT=8000
USER dashboard
VOLUME /data
EXPOSE 8000

# Also where nobody else does: ended children of the browser are waited for.
ENTRYPOINT ["tini", "--"]
HEALTHCHECK CMD python -c "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz')"
CMD ["sh", "-c", "python manage.py first_run --bind 0.0.0.0 && exec python manage.py run_web --bind 0.0.0.0"]
